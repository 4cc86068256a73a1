/** Recordings as they come: bad ones, halves, the HAR files of each browser, and what is said of them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAbout } from '../../src/learn/ask.ts';
import { successOf } from '../../src/learn/envelope.ts';
import type { Answers, Learned } from '../../src/learn/findings.ts';
import { readHars } from '../../src/learn/har.ts';
import { learn } from '../../src/learn/learner.ts';
import { isExplained, reportOf } from '../../src/learn/report.ts';
import { checkProfile } from '../../src/portal/profile/load.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { APP, DIALECTS, type Dialect, type Har, recordGuide, TARGET } from '../support/dialects.ts';
import { RESOURCES } from '../support/resource-dialects.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

interface Entry {
  startedDateTime: string;
  request: {
    method?: string;
    url: string;
    headers: { name: string; value: string }[];
    postData?: { mimeType: string; text?: string; params?: { name: string; value?: string; fileName?: string }[] };
  };
  response: { status: number; content: { text?: string; encoding?: string; mimeType: string } };
}

let folder: string;
let har: Har;
let brief: Har;
/** What the whole recording says. */
let whole: Learned;
const dialect = DIALECTS[0] as Dialect;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  har = await recordGuide(dialect);
  brief = await recordGuide(dialect, true);
  whole = learned(har);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function save(content: unknown): string {
  const file = join(folder, `${files++}.har`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
function learned(content: unknown, answers: Answers = {}, base = defaultProfile): Learned {
  return learn([readHars([save(content)])], base, answers);
}
/** A recording of which each entry was changed. */
function changed(change: (entry: Entry) => void, of: Har = har): Har {
  const copy = structuredClone(of);
  for (const entry of copy.log.entries as Entry[]) change(entry);
  return copy;
}
function renamed(names: Readonly<Record<string, string>>, shiftMs = 0): Har {
  let text = JSON.stringify(har);
  for (const [from, to] of Object.entries(names)) text = text.replaceAll(from, to);
  const copy = JSON.parse(text) as Har;
  for (const entry of copy.log.entries as Entry[])
    entry.startedDateTime = new Date(Date.parse(entry.startedDateTime) + shiftMs).toISOString();
  return copy;
}
const joined = (...hars: Har[]) => ({ log: { entries: hars.flatMap(({ log }) => log.entries) } });
const verdicts = ({ operations }: Learned) => operations.map(({ operation, verdict }) => `${operation} ${verdict}`);
const operationsIn = ({ changes }: Learned) => changes['operations'] as Record<string, Record<string, unknown>>;

describe('the day of the recording', () => {
  test('stands in each call that was confirmed or learned, and in no other', () => {
    const operations = operationsIn(learned(brief));
    expect(operations['startApproval']).toEqual({ mark: 'observed', confirmedOn: '2026-03-01' });
    expect(operations['setRatio']).toMatchObject({ confirmedOn: '2026-03-01' });
    expect(operations).not.toHaveProperty('rollback');
  });

  thoroughTest('is renewed by a later recording, and not set back by an earlier one', () => {
    const first = checkProfile({ name: 'first', ...whole.changes }).profile;
    if (!first) throw new Error('no profile');
    expect(learned(har, {}, first).changes).toEqual({});
    expect(learned(renamed({}, -9e8), {}, first).changes).toEqual({});
    const later = operationsIn(learned(renamed({}, 9e8), {}, first));
    expect(later['setRatio']).toEqual({ mark: 'observed', confirmedOn: '2026-03-11' });
  });

  thoroughTest('is left out where the recording has no times', () => {
    const timeless = changed((entry) => {
      entry.startedDateTime = '';
    });
    expect(JSON.stringify(learned(timeless).changes)).not.toContain('confirmedOn');
  });
});

describe('a bad recording says what it is', () => {
  const bad: Record<string, () => [unknown, string]> = {
    'an empty file': () => ['', 'The file is empty'],
    'no JSON': () => ['Hello', 'no HAR'],
    'JSON that is no HAR': () => [{ a: [1] }, 'no log.entries'],
    'no responses': () => [
      changed(({ response }) => {
        delete response.content.text;
      }),
      'No response was recorded. Export it again',
    ],
    'pages only': () => [
      changed(({ response }) => {
        response.content = { mimeType: 'text/html', text: '<form><input type=password></form>' };
      }),
      'holds pages (HTML)',
    ],
    'a session that was logged out, by HTTP status': () => [
      changed(({ response }) => {
        response.status = 401;
      }),
      'logged out',
    ],
    'a session that was logged out, in the envelope': () => [
      changed(({ response }) => {
        response.content.text = JSON.stringify({ success: false, errorCode: '401', errorMsg: 'not login' });
      }),
      'logged out',
    ],
    'another site': () => [
      changed((entry) => {
        entry.request.url = entry.request.url.replace(/\/rest\/.*/, '/shop/cart?item=9');
        entry.response.content.text = JSON.stringify({ success: true, data: { cart: [{ price: 9 }] } });
        if (entry.request.postData) entry.request.postData = { mimeType: 'application/json', text: '{"item":9}' };
      }),
      'portal.example.com has no call about a version or a release',
    ],
    'two miniapps': () => [joined(har, renamed({ [APP]: '2088000000000000000077' }, 7_000)), 'of two miniapps'],
    'two target apps': () => [joined(har, renamed({ [TARGET]: 'OTHER' }, 7_000)), 'of two target apps'],
  };
  test.each(Object.keys(bad))('%s', (name) => {
    const [content, message] = bad[name]?.() ?? [];
    expect(() => learned(content)).toThrow(message);
  });

  test('two target apps in the paths of a REST portal', async () => {
    const rest = await recordGuide(DIALECTS.find(({ name }) => name === 'REST') as Dialect);
    const other = JSON.parse(JSON.stringify(rest).replaceAll(TARGET, 'OTHER')) as Har;
    expect(() => learned(joined(rest, other))).toThrow('of two target apps');
  });

  thoroughTest('two releases of one version establish nothing', () => {
    const mixed = learned(joined(har, renamed({}, 7_000)));
    expect(mixed.warnings.join()).toContain('contradicts itself');
    expect(isExplained(mixed)).toBe(false);
    expect(mixed.changes).not.toHaveProperty('statuses');
    const written = Object.keys(operationsIn(mixed));
    expect(written.filter((name) => !/^(list|find|login|releaseHistory)/.test(name))).toEqual([]);
  });

  test('a file that ends in the middle is read up to there, with a note', () => {
    const text = JSON.stringify(har);
    const { warnings } = readHars([save(text.slice(0, text.length / 2))]);
    expect(warnings).toEqual([expect.stringMatching(/ends in the middle.*Export the recording again/)]);
  });
});

describe('two halves of a release', () => {
  thoroughTest('the second begins from the first, and both say what the whole says', () => {
    const all = learned(brief);
    const entries = brief.log.entries as Entry[];
    const middle = entries.findIndex(({ request }) => request.url.includes('skipBeta'));
    const first = learned({ log: { entries: entries.slice(0, middle) } });
    const base = checkProfile({ name: 'first', ...first.changes }).profile;
    expect(verdicts(first)).toContain('goOnline not seen');
    // The page reads its lists again when it is opened.
    const start = entries.slice(0, 3);
    const second = learned({ log: { entries: [...start, ...entries.slice(middle)] } }, {}, base);
    const names = [...new Set([first, second].flatMap((one) => Object.keys(operationsIn(one) ?? {})))].sort();
    expect(names).toEqual(Object.keys(operationsIn(all)).sort());
    const merged = { ...(first.changes['statuses'] as object), ...(second.changes['statuses'] as object) };
    expect(merged).toEqual(all.changes['statuses']);
    expect(second.warnings).toEqual([expect.stringContaining('changed once without a recorded request')]);
  });
});

thoroughTest('a call that an earlier recording held otherwise is a contradiction that is named', () => {
  const first = checkProfile({ name: 'first', ...whole.changes }).profile;
  const moved = renamed({ 'gray/updateStrategy': 'gray/elsewhere' }, 9e8);
  expect(learned(moved, {}, first).warnings).toEqual([
    expect.stringMatching(
      /of 2026-03-01, that setRatio is POST .*updateStrategy; this recording shows POST .*elsewhere/,
    ),
  ]);
});

thoroughTest('a change that names the release by its ticket alone is learned', () => {
  const ids = new Map<string, string>();
  const tickets = changed(({ request, response }) => {
    for (const item of JSON.parse(response.content.text ?? '{}').data?.list ?? [])
      if (item.publishId) ids.set(item.version, item.publishId);
    const { postData } = request;
    const sent = JSON.parse(postData?.text ?? '{}');
    if (!postData || !request.url.endsWith('gray/run')) return;
    postData.text = JSON.stringify({ ticket: ids.get(sent.version) });
  });
  const result = learned(tickets);
  expect(isExplained(result)).toBe(true);
  expect(result.changes['operations']).toMatchObject({ startGrayscale: { body: { ticket: '{publishId}' } } });
});

thoroughTest('a change that names the release by a ticket that no list shows is not passed over', () => {
  const tickets = changed(({ request, response }) => {
    const answer = JSON.parse(response.content.text ?? '{}');
    for (const item of answer.data?.list ?? []) delete item.publishId;
    if (request.url.endsWith('/publish/version/create')) answer.data = { rolloutId: 'R-4711' };
    response.content.text = JSON.stringify(answer);
    if (request.postData && request.url.endsWith('gray/run')) request.postData.text = '{"id":"R-4711"}';
  });
  const result = learned(tickets);
  expect(result.unexplained.join()).toMatch(/gray\/run: names the release by a ticket \(data.rolloutId\) that no/);
  expect(isExplained(result)).toBe(false);
});

thoroughTest('a release that is only ever read by its ticket is not passed over', async () => {
  const [dialect] = RESOURCES;
  if (!dialect) throw new Error('no dialect');
  const { listReleases: _, ...calls } = dialect.calls;
  const findRelease = { method: 'GET', path: '/releases/{publishId}' };
  const result = learned(await recordGuide({ ...dialect, calls: { ...calls, findRelease } }, true));
  expect(result.unexplained.join()).toContain('GET /releases/{publishId}: reads the release by its ticket');
  expect(isExplained(result)).toBe(false);
});

describe('what the user says', () => {
  /** Ends with a call from the approved release, before the release was read again. */
  const open = () => {
    const entries = structuredClone(har.log.entries) as Entry[];
    const last = entries.findIndex(({ request }) => request.url.endsWith('whiteTest/begin'));
    for (const { request } of entries) request.url = request.url.replace('whiteTest/begin', 'step/a');
    return { log: { entries: entries.slice(0, last + 1) } };
  };
  const CALL = 'POST /app/publish/version/step/a';

  test('answers that the recording cannot follow are faults that name what it has', () => {
    const faultOf = (answers: Answers) => {
      try {
        learned(open(), answers);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(faultOf({ is: { startPilot: CALL, skipPilot: CALL } })).toMatch(/startPilot and to skipPilot.*step\/a/);
    expect(faultOf({ is: { nothing: CALL } })).toMatch(/no such operation. Known: .*startPilot/);
    expect(faultOf({ is: { startPilot: 'POST /nowhere' } })).toMatch(/no such call. Known: .*step\/a/);
    expect(faultOf({ means: { CLEARED: 'nice' } })).toMatch(/no such state. Known: .*approved.*busy/);
    expect(faultOf({ means: { NEVER_MET: 'approved' } })).toMatch(/no such status word. Met: .*CLEARED/);
  });

  test('a word is what the user says, a transitional one too', () => {
    const { words, changes } = learned(open(), { means: { CLEARED: 'busy' } });
    expect(words.find(({ word }) => word === 'CLEARED')).toMatchObject({ state: 'busy', evidence: 'you said so' });
    expect(changes['statuses']).toMatchObject({ CLEARED: { state: 'busy', mark: 'observed' } });
  });

  test('a terminal asks, with the candidates; an answer and the end of the input are taken', async () => {
    const unsure = learned(open());
    const terminal = (isTTY: boolean) => ({
      stdin: Object.assign(new PassThrough(), { isTTY }),
      stdout: Object.assign(new PassThrough(), { isTTY }),
    });
    const answering = terminal(true);
    let asked = '';
    answering.stdout.on('data', (text) => {
      asked += text;
      if (/open: $/.test(String(text))) answering.stdin.write(String(text).includes('is startPilot?') ? '1\n' : '\n');
    });
    expect((await askAbout(unsure, {}, answering)).is).toEqual({ startPilot: CALL });
    expect(asked).toContain(`Which call is startPilot?\n  1  ${CALL}\n`);
    const silent = terminal(true);
    silent.stdin.end();
    expect(await askAbout(unsure, {}, silent)).toEqual({ is: {}, means: {} });
    const none = terminal(false);
    const before = { is: {} };
    expect(await askAbout(unsure, before, none)).toBe(before);
    expect(none.stdout.read()).toBeNull();
  });
});

describe('the HAR files of browsers give the same profile', () => {
  const multipart = (params: NonNullable<NonNullable<Entry['request']['postData']>['params']>) =>
    params
      .map(({ name, value, fileName }) => {
        const file = fileName ? `; filename="${fileName}"\r\nContent-Type: application/zip` : '';
        return `--x\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value ?? ''}\r\n`;
      })
      .join('');
  const browsers: Record<string, (entry: Entry, index: number) => void> = {
    Chrome: (entry) => {
      Object.assign(entry, { _initiator: { type: 'script' }, _priority: 'High', _resourceType: 'fetch' });
      entry.request.headers.push({ name: ':method', value: entry.request.method ?? '' });
      const { postData } = entry.request;
      if (postData?.params)
        entry.request.postData = { mimeType: 'multipart/form-data; boundary=x', text: multipart(postData.params) };
    },
    'Chrome without forms': ({ request }) => {
      if (request.postData?.params) request.postData = { mimeType: 'multipart/form-data; boundary=x' };
    },
    Edge: ({ request, response }) => {
      response.content.mimeType = 'application/json;charset=UTF-8';
      if (request.postData?.params)
        request.postData.params = request.postData.params.map(({ name, value, fileName }) =>
          fileName ? { name, value: '(binary)' } : { name, value: value ?? '' },
        );
    },
    Firefox: (entry) => {
      Object.assign(entry, { _securityState: 'secure' });
      entry.startedDateTime = entry.startedDateTime.replace(/T(\d\d)(.*)Z$/, (_, hours: string, rest: string) => {
        const local = Number(hours) + 7;
        if (local > 23) return `T${hours}${rest}Z`;
        return `T${String(local).padStart(2, '0')}${rest}+07:00`;
      });
      entry.response.content.text = Buffer.from(entry.response.content.text ?? '').toString('base64');
      entry.response.content.encoding = 'base64';
    },
    Safari: (entry) => {
      if (entry.request.postData && !entry.request.postData.params) entry.request.postData.mimeType = '';
      entry.response.content.mimeType = 'text/plain';
      entry.response.content.text = `\uFEFF${entry.response.content.text}`;
    },
    'HTTP/2 without a method of its own': ({ request }) => {
      request.headers.push({ name: ':method', value: request.method ?? '' });
      delete request.method;
    },
  };
  test.each(Object.keys(browsers))('%s', (name) => {
    let index = 0;
    const theirs = changed((entry) => browsers[name]?.(entry, index++));
    const text = name === 'Safari' ? `\uFEFF${JSON.stringify(theirs, null, 1)}` : theirs;
    expect(learned(text).changes).toEqual(whole.changes);
  });

  thoroughTest('several files in any order, with entries that stand in two', () => {
    const { entries } = har.log;
    const parts = [entries.slice(60), entries.slice(0, 40), entries.slice(30, 70)].map((own) =>
      save({ log: { entries: own } }),
    );
    const recording = readHars(parts);
    expect(recording.exchanges).toHaveLength(readHars([save(har)]).exchanges.length);
    expect(learn([recording], defaultProfile).changes).toEqual(whole.changes);
  });
});

describe('privacy', () => {
  test('no value that was sent or received as data leaves, but the three ids', () => {
    const text = JSON.stringify(brief);
    const value = fc.stringMatching(/^[a-z]{4,8}-[0-9]{4,8}[A-Za-z ]{0,12}$/);
    fc.assert(
      fc.property(value, value, value, (user, notes, name) => {
        const own = text
          .replaceAll('tester-4711', user)
          .replaceAll('Secret notes of the release', notes)
          .replaceAll('Jane Doe', name);
        const result = learned(own);
        const left = `${reportOf(result).join('\n')}\n${JSON.stringify(result.changes)}`;
        for (const secret of [user, notes, name, 'hunter2', 'trace-0815', '1.1.0']) expect(left).not.toContain(secret);
      }),
      { numRuns: 2 },
    );
  });
});

test('a list of releases that nobody opened is not seen, and without it no stage is certain', () => {
  const isRead = ({ request }: Entry) => request.method === 'GET' && request.url.includes('/publish/version/query');
  const namesVersion = ({ request }: Entry) => new URL(request.url).searchParams.has('version');
  const all = structuredClone(har.log.entries) as Entry[];
  expect(all.some((entry) => isRead(entry) && !namesVersion(entry))).toBe(true);
  const entries = all.filter((entry) => !isRead(entry) || namesVersion(entry));
  const { operations, stages } = learned({ log: { entries } });
  expect(whole.stages.every(({ certain }) => certain)).toBe(true);
  expect(operations.find(({ operation }) => operation === 'listReleases')?.verdict).toBe('not seen');
  expect(stages.filter(({ certain }) => certain)).toEqual([]);
});

test('what a page asks for besides has an envelope, and is more than a portal without one: it is not its envelope', () => {
  const entry = (path: string, answer: unknown) => ({
    startedDateTime: '2026-03-01T00:00:00.000Z',
    request: { method: 'GET', url: `https://portal.example/${path}`, headers: [] },
    response: { status: 200, headers: [], content: { mimeType: 'application/json', text: JSON.stringify(answer) } },
  });
  const menus = Array.from({ length: 9 }, (_, at) => entry('menu', { code: 0, data: [at] }));
  const lists = Array.from({ length: 3 }, (_, at) => entry('releases', { rows: [{ id: at, version: '1.1.0' }] }));
  const { exchanges } = readHars([save({ log: { entries: [...menus, ...lists] } })]);
  expect(successOf(exchanges, defaultProfile)).toBe('http-status');
});

test('a change that is sent with GET is learned, with its parameters in the query', () => {
  const byGet = changed(({ request }) => {
    const { postData } = request;
    if (!postData?.text || !/whiteTest\/begin|gray\/run|terminate|recover/.test(request.url)) return;
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(JSON.parse(postData.text))) url.searchParams.set(name, String(value));
    Object.assign(request, { method: 'GET', url: url.href, postData: undefined });
  });
  const result = learned(byGet);
  expect(isExplained(result)).toBe(true);
  expect(result.words).toEqual(whole.words);
  const query = { appId: '{appId}', sourceSpaceId: '{spaceId}', channelCode: '{channelCode}', version: '{version}' };
  for (const operation of ['startPilot', 'startGrayscale', 'cancelRelease', 'rollback'])
    expect(operationsIn(result)[operation]).toMatchObject({ method: 'GET', query, body: null });
  expect(checkProfile({ name: 'by GET', ...result.changes }).faults).toEqual([]);
});

thoroughTest('a look at the releases on another target app teaches nothing', () => {
  const entries = structuredClone(har.log.entries) as Entry[];
  const at = entries.findIndex(({ request, response }) => /"PARTIAL"/.test(response.content.text ?? '') && request.url);
  const look = structuredClone(entries[at]) as Entry;
  look.request.url = look.request.url.replace(TARGET, 'OTHER').replace(/&version=[^&]*/, '');
  look.response.content.text = look.response.content.text?.replaceAll('1.1.0', '7.0.0') ?? '';
  expect(learned({ log: { entries: entries.toSpliced(2, 0, look) } })).toEqual({ ...whole, calls: whole.calls + 1 });
});

test('a form that repeats a field for each user ID is learned as one', () => {
  const forms = changed(({ request }) => {
    const { postData } = request;
    if (!postData?.text || !request.url.endsWith('whiteTest/members')) return;
    const sent = new URLSearchParams();
    for (const [name, value] of Object.entries(JSON.parse(postData.text)))
      for (const one of [value].flat()) sent.append(name, String(one));
    request.postData = { mimeType: 'application/x-www-form-urlencoded', text: String(sent) };
  });
  const result = learned(forms);
  expect(isExplained(result)).toBe(true);
  expect(operationsIn(result)['addWhitelist']).toMatchObject({
    bodyType: 'form',
    body: { uidList: '{userIds:repeat}' },
  });
  expect(checkProfile({ name: 'form', ...result.changes }).faults).toEqual([]);
});

thoroughTest('a reason that stays after the release was applied for again is the reason of the rejection', () => {
  const reasons = new Map<string, string>();
  const staying = changed(({ response }) => {
    const answer = JSON.parse(response.content.text ?? '{}');
    for (const item of answer.data?.list ?? []) {
      if (!item.versionStatus) continue;
      if (item.approveComment) reasons.set(item.version, item.approveComment);
      item.approveComment = reasons.get(item.version) ?? '';
      item.reviewedAt = reasons.has(item.version) ? '2026-03-01 10:00:00' : '';
    }
    response.content.text = JSON.stringify(answer);
  });
  expect(learned(staying).fields['comment']).toEqual({ at: 'approveComment' });
});

thoroughTest('the report says the form of the ratio and the count of the whitelist', () => {
  const text = reportOf(whole).join('\n');
  expect(text).toMatch(/^ {2}ratio +grayScaleRate \(whole percent as text\)$/m);
  expect(text).toMatch(/^ {2}whitelistCount +whitelistCount$/m);
});

test.each([
  ['a cursor', { nextCursor: 'bmV4dA' }, 'goes on by a cursor'],
  ['no page', { total: 99 }, 'is cut, and the request has no page'],
])('a list that goes on with %s is warned of', (_, more, message) => {
  const lists = changed(({ request, response }) => {
    const answer = JSON.parse(response.content.text ?? '{}');
    if (!answer.data?.list) return;
    const url = new URL(request.url);
    for (const name of ['currentPage', 'pageSize']) url.searchParams.delete(name);
    request.url = url.href;
    delete answer.data.total;
    Object.assign(answer.data, more);
    response.content.text = JSON.stringify(answer);
  });
  expect(learned(lists).warnings).toEqual([
    expect.stringContaining(`listVersions (GET /app/version/query): the list ${message}`),
    expect.stringContaining(`listReleases (GET /app/publish/version/query): the list ${message}`),
  ]);
});

describe('rules of the learner, each with the recording that needs it', () => {
  thoroughTest('two words on one state are both unsure', () => {
    const entries = structuredClone(har.log.entries) as Entry[];
    const half = Math.floor(entries.length / 2);
    for (const { response } of entries.slice(half))
      response.content.text = response.content.text?.replaceAll('"EVERYWHERE"', '"EVERYWHERE_TWO"') ?? '';
    const { words, changes } = learned({ log: { entries } });
    const of = (name: string) => words.find(({ word }) => word === name);
    expect([of('EVERYWHERE'), of('EVERYWHERE_TWO')]).toMatchObject([{ verdict: 'unsure' }, { verdict: 'unsure' }]);
    expect(Object.keys(changes['statuses'] as object)).not.toContain('EVERYWHERE');
  });

  thoroughTest('the page of another version is no list of releases', () => {
    const isRead = ({ request }: Entry) => request.method === 'GET' && request.url.includes('/publish/version/query');
    const own = (har.log.entries as Entry[]).filter(
      (entry) => !isRead(entry) || new URL(entry.request.url).searchParams.has('version'),
    );
    const page = structuredClone(own.find(isRead)) as Entry;
    page.request.url = page.request.url.replace(/version=[\d.]+/, 'version=0.4.0');
    page.response.content.text = JSON.stringify({
      success: true,
      data: { list: [{ version: '0.4.0', versionStatus: 'OLD_ONE', publishId: '2026030199999999999' }] },
    });
    const { operations } = learned({ log: { entries: [...own, page] } });
    expect(operations.find(({ operation }) => operation === 'listReleases')?.verdict).toBe('not seen');
  });
});

/** The items of releases in a recorded response, changed. */
function withItems({ response }: Entry, change: (item: Record<string, unknown>) => void): void {
  const answer = JSON.parse(response.content.text || '{}');
  const list = answer.data?.list;
  if (!Array.isArray(list)) return;
  for (const item of list) if (item.gmtModified !== undefined) change(item);
  response.content.text = JSON.stringify(answer);
}
const sends = ({ request }: Entry, path: string) => request.method === 'POST' && request.url.endsWith(path);

describe('what a stranger portal does', () => {
  test('a field whose value is not kept is no explained call', () => {
    const result = learned(
      changed((entry) => {
        const { postData } = entry.request;
        if (postData?.text && sends(entry, 'gray/run'))
          postData.text = JSON.stringify({ ...JSON.parse(postData.text), basisPoints: 700 });
      }),
    );
    expect(reportOf(result).join('\n')).toContain('basisPoints: its value is not kept');
    expect(isExplained(result)).toBe(false);
  });

  thoroughTest('a status that changed without a recorded request is said, and is not explained', () => {
    const entries = (har.log.entries as Entry[]).filter((entry) => !/version\/recover/.test(entry.request.url));
    const result = learned({ log: { entries } });
    expect(result.gaps).toBeGreaterThan(0);
    expect(result.warnings.join()).toContain('without a recorded request');
    expect(isExplained(result)).toBe(false);
  });

  test('a credential in a header is that of the login, and a token that nothing explains is said', () => {
    const result = learned(
      changed((entry) => {
        entry.request.headers.push({ name: 'Authorization', value: 'Bearer tok.abc.def' });
        entry.request.headers.push({ name: 'X-XSRF-TOKEN', value: 'from-a-cookie' });
        if (/signIn/.test(entry.request.url))
          entry.response.content.text = JSON.stringify({ success: true, data: { token: 'tok.abc.def' } });
      }),
    );
    expect(result.changes['credential']).toEqual({
      in: 'header',
      name: 'authorization',
      value: 'Bearer {credential}',
    });
    expect(operationsIn(result)['login']).toMatchObject({ answer: ['data.token'] });
    expect(result.unexplained).toEqual([expect.stringContaining('the header x-xsrf-token')]);
    expect(JSON.stringify(result)).not.toMatch(/tok\.abc|from-a-cookie/);
    expect(checkProfile({ name: 'bearer', ...result.changes }).faults).toEqual([]);
  });

  test('a change without body and response is learned', () => {
    const result = learned(
      changed((entry) => {
        if (!sends(entry, 'whiteTest/begin')) return;
        const { version } = JSON.parse(entry.request.postData?.text ?? '{}');
        Object.assign(entry.request, { method: 'PUT', url: `${entry.request.url}/${version}`, postData: undefined });
        entry.response = { status: 204, content: { mimeType: 'x-unknown', text: '' } };
      }),
    );
    expect(operationsIn(result)['startPilot']).toMatchObject({
      method: 'PUT',
      path: expect.stringMatching(/begin\/\{version\}$/),
    });
    expect(result.words).toEqual(whole.words);
  });

  test('the clock of the portal is no time of a change, and a counter no status', () => {
    let views = 0;
    const result = learned(
      changed((entry) =>
        withItems(entry, (item) => {
          item['sysTime'] = Date.parse(entry.startedDateTime) + views;
          item['viewStatus'] = views++ % 1000;
        }),
      ),
    );
    expect(result.fields).toEqual(whole.fields);
    expect(result.words).toEqual(whole.words);
  });

  test('status words and names of the login may be Chinese', () => {
    const word = whole.words.find(({ state }) => state === 'in-review')?.word ?? '';
    const result = learned(renamed({ [`"${word}"`]: '"审核中"', [`\\"${word}\\"`]: '\\"审核中\\"', pwd: 'mima' }));
    expect(result.words).toContainEqual(expect.objectContaining({ word: '审核中', state: 'in-review' }));
    expect(operationsIn(result)['login']).toMatchObject({ body: { mima: '{password}' } });
  });

  test('a page of a version that is looked at again and again changes nothing', () => {
    const entries = structuredClone(har.log.entries) as Entry[];
    const looks = entries.flatMap((entry) => {
      if (!/publish\/version\/query.*version=/.test(entry.request.url)) return [entry];
      const page = structuredClone(entry);
      page.request.url = page.request.url.replace('publish/version/query', 'quota/left');
      page.response.content.text = '{"success":true,"data":{"left":3}}';
      const again = [page, entry].map((one, at) => ({
        ...one,
        startedDateTime: new Date(Date.parse(entry.startedDateTime) + 10 + at).toISOString(),
      }));
      return [page, entry, ...again];
    });
    expect(learned({ log: { entries: looks } }).unexplained).toEqual([]);
  });

  /** The ratio of all calls that set it, at a name that does not say so, and of the releases. */
  const withRatio = (sent: (ratio: number) => unknown, shown: (ratio: number) => unknown) =>
    changed((entry) => {
      withItems(entry, (item) => {
        item['part'] = shown(Number(item['grayScaleRate'] ?? item['grayRatio'] ?? 0));
        delete item['grayScaleRate'];
        delete item['grayRatio'];
      });
      const { postData } = entry.request;
      if (!postData?.text || !sends(entry, 'updateStrategy')) return;
      const { grayScaleRate, ...rest } = JSON.parse(postData.text);
      postData.text = JSON.stringify({ ...rest, part: sent(Number(grayScaleRate)) });
    });

  test('a ratio in a form of its own is said, and its call is not written', () => {
    const result = learned(
      withRatio(
        (ratio) => ratio * 100,
        (ratio) => ratio * 100,
      ),
    );
    expect(verdicts(result)).toContain('setRatio unsure');
    expect(operationsIn(result)).not.toHaveProperty('setRatio');
    expect(isExplained(result)).toBe(false);
  });

  test('one ratio at a name that does not say so is known by the release that shows it', () => {
    const result = learned(
      withRatio(
        () => 33,
        (ratio) => (ratio > 0 ? 33 : 0),
      ),
    );
    expect(operationsIn(result)['setRatio']).toMatchObject({ body: { part: '{ratio}' } });
  });

  test('the page of another version, as in a second tab, does not say that a release is missing', () => {
    const entries = (structuredClone(har.log.entries) as Entry[]).flatMap((entry) => {
      if (!/publish\/version\/query.*version=1\.1\.0/.test(entry.request.url)) return [entry];
      const page = structuredClone(entry);
      page.request.url = page.request.url.replace('version=1.1.0', 'version=0.7.0');
      page.response.content.text = '{"success":true,"data":{"list":[]}}';
      return [page, entry];
    });
    const result = learned({ log: { entries } });
    expect([result.gaps, result.words]).toEqual([0, whole.words]);
  });
});
