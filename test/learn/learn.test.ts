/** `learn read` on recordings of a person's way through the guide, on dialects of the sandbox's portal. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answers, Learned } from '../../src/learn/findings.ts';
import { readHars } from '../../src/learn/har.ts';
import { learn } from '../../src/learn/learner.ts';
import { isExplained, reportOf } from '../../src/learn/report.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import type { Operation } from '../../src/release/lifecycle.ts';
import { APP, DIALECTS, type Har, NOTES, REASON, recordGuide, SPACE, TARGET, USERS } from '../support/dialects.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const PROGRAM = fileURLToPath(new URL('../../dist/learn.js', import.meta.url));

let folder: string;
const recordings = new Map<string, Har>();
const lives = new Map<string, Learned>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'learn-'));
  for (const dialect of DIALECTS) {
    const har = await recordGuide(dialect);
    recordings.set(dialect.name, har);
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function save(content: unknown): string {
  const file = join(folder, `${files++}.har`);
  writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return file;
}
function recording(name: string): Har {
  const har = recordings.get(name);
  if (!har) throw new Error(`no dialect ${name}`);
  return structuredClone(har);
}
function learned(har: unknown, answers: Answers = {}): Learned {
  return learn([readHars([save(har)])], defaultProfile, answers);
}
/** What is learned from the whole life on a dialect. */
function lifeOn(name: string): Learned {
  const life = lives.get(name) ?? learned(recording(name));
  lives.set(name, life);
  return life;
}
function faultOf(content: unknown): string {
  try {
    learned(content);
    return 'no fault';
  } catch (error) {
    return (error as Error).message;
  }
}
interface Entry {
  startedDateTime: string;
  request: { method: string; url: string; postData?: { mimeType: string; text?: string; params?: unknown[] } };
  response: { status: number; content: { text?: string; encoding?: string; mimeType: string } };
}
const entriesOf = (har: Har) => har.log.entries as Entry[];

describe.each(DIALECTS)('the dialect $name', (dialect) => {
  test('all operations and status words are learned from one life', () => {
    const { operations, words, ids, unexplained, warnings } = lifeOn(dialect.name);
    expect(warnings).toEqual([]);
    expect(unexplained).toEqual([]);
    expect(ids).toEqual({ appId: APP, spaceId: SPACE, channelCode: TARGET });
    expect(operations.filter(({ verdict }) => verdict === 'unsure' || verdict === 'not seen')).toEqual([]);
    for (const [operation, call] of Object.entries(dialect.calls)) {
      const path = dialect.base + (call?.path ?? '');
      const found = operations.find((one) => one.operation === operation)?.call;
      expect(path.endsWith(found?.split(' ')[1] ?? '?'), `${operation}: ${found}`).toBe(true);
      expect(found).toMatch(new RegExp(`^${call?.method} `));
    }
    for (const { word, state, verdict } of words) {
      const [portal = ''] = Object.entries(dialect.words).find(([, one]) => String(one) === word) ?? [];
      expect([word, state, verdict]).toEqual([
        word,
        defaultProfile.statuses[portal]?.state,
        expect.not.stringMatching('unsure'),
      ]);
    }
    expect(words.length).toBeGreaterThanOrEqual(9);
  });

  test('the profile says its folds, forms and fields', () => {
    const { changes } = lifeOn(dialect.name);
    const operations = changes['operations'] as Record<string, { body?: Record<string, unknown> } | string>;
    for (const [operation, fold] of Object.entries(dialect.folds)) expect(operations[operation]).toBe(fold);
    for (const operation of ['setRatio', 'addWhitelist'] as const) {
      const sent = dialect.calls[operation]?.body;
      if (!sent) continue;
      const merged = {
        ...(defaultProfile.operations[operation] as { body: object }).body,
        ...(operations[operation] as { body?: object })?.body,
      };
      expect(Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))).toEqual(sent);
    }
    const release = { ...defaultProfile.release, ...(changes['release'] as object) };
    const at = (name: string) => dialect.fields[name] ?? name;
    expect(release).toMatchObject({
      status: { at: at('versionStatus') },
      version: { at: at('version') },
      publishId: { at: at('publishId') },
      comment: { at: at('approveComment') },
      ratio: { at: at('grayRatio'), ...(dialect.ratio === 'fraction' && { form: 'fraction' }) },
      modifiedAt: {
        at: at('gmtModified'),
        ...(dialect.time && { form: dialect.time }),
        ...(dialect.time === 'text' && { zone: '+07:00' }),
      },
    });
  });

  test('no value leaves it but the three ids', () => {
    const result = lifeOn(dialect.name);
    const text = reportOf(result).join('\n');
    const profile = JSON.stringify(result.changes);
    const secrets = [
      ...USERS,
      NOTES,
      REASON,
      'jane.doe',
      'Jane',
      'hunter2',
      'trace-0815',
      'request-0815',
      '1.1.0',
      '1.2.0',
      '.zip',
      '20885173',
      'sandbox-dev',
    ];
    for (const secret of secrets) for (const one of [text, profile]) expect(one).not.toContain(secret);
    for (const id of [APP, SPACE]) expect(profile).not.toContain(id);
  });
});

describe('what a recording does not determine', () => {
  test('half a release: nothing is written of what was not pressed', () => {
    const har = recording('renamed');
    const end = entriesOf(har).findIndex(({ request }) => request.url.includes('whiteTest'));
    har.log.entries = har.log.entries.slice(0, end);
    const { operations, changes, stages } = learned(har);
    const verdictOf = (name: Operation) => operations.find(({ operation }) => operation === name)?.verdict;
    expect(verdictOf('startApproval')).toBe('confirmed');
    for (const name of ['addWhitelist', 'setRatio', 'goOnline', 'rollback'] as const)
      expect(verdictOf(name)).toBe('not seen');
    expect(changes['operations']).not.toHaveProperty('setRatio');
    expect(stages.find(({ stage }) => String(stage) === 'rollback')).toMatchObject({ certain: false });
    const statuses = changes['statuses'] as object;
    expect(statuses).not.toHaveProperty('PARTIAL');
  });

  test('what is unsure is settled by the user, and a wrong name is refused', () => {
    // It ends with a call from the approved release, before the release was read again.
    const har = recording('renamed');
    const last = entriesOf(har).findIndex(({ request }) => request.url.endsWith('whiteTest/begin'));
    har.log.entries = har.log.entries.slice(0, last + 1);
    for (const { request } of entriesOf(har)) request.url = request.url.replace('whiteTest/begin', 'step/a');
    const before = learned(har);
    expect(before.operations.find(({ operation }) => operation === 'startPilot')).toMatchObject({
      verdict: 'unsure',
      candidates: ['POST /app/publish/version/step/a'],
    });
    expect(isExplained(before)).toBe(false);
    expect(JSON.stringify(before.changes)).not.toContain('step/a');
    expect(reportOf(before).join('\n')).toContain("--is startPilot='POST /app/publish/version/step/a'");
    const after = learned(har, { is: { startPilot: 'POST /app/publish/version/step/a' } });
    expect(after.changes['operations']).toMatchObject({ startPilot: { path: '/app/publish/version/step/a' } });
    expect(() => learned(har, { is: { skipPilot: 'POST /nowhere' } })).toThrow('the recording has no such call');
    expect(() => learned(har, { is: { nothing: 'POST /nowhere' } })).toThrow('no such operation');
  });

  test('a second recording confirms the first, and a contradiction is named', () => {
    const [word = ''] = Object.entries(DIALECTS[0]?.words ?? {}).flatMap(([portal, one]) =>
      portal === 'BETA' ? [String(one)] : [],
    );
    const before = {
      ...defaultProfile,
      statuses: { ...defaultProfile.statuses, [word]: { state: 'released', mark: 'observed' } as const },
    };
    const { warnings, words } = learn([readHars([save(recording('renamed'))])], before);
    expect(words.find((one) => one.word === word)?.state).toBe('whitelist-testing');
    expect(warnings).toEqual([expect.stringContaining(`${word} is released; this recording shows whitelist-testing`)]);
  });

  test('bad input is named', () => {
    expect(faultOf('not json')).toContain('no HAR');
    expect(faultOf('')).toContain('no HAR');
    expect(faultOf({})).toContain('no log.entries');
    expect(faultOf({ log: { entries: [] } })).toContain('The recording is empty');
    const silent = recording('renamed');
    for (const { response } of entriesOf(silent)) delete response.content.text;
    expect(faultOf(silent)).toContain('No response was recorded');
    const out = recording('renamed');
    for (const { response } of entriesOf(out)) response.status = 401;
    expect(faultOf(out)).toContain('logged out');
    const other = JSON.stringify(recording('renamed'))
      .replaceAll(APP, '2088000000000000000777')
      .replaceAll('1.1.0', '3.1.0');
    const two = recording('renamed');
    two.log.entries.push(...(JSON.parse(other) as Har).log.entries);
    expect(faultOf(two)).toContain('two miniapps');
    expect(() => readHars([save(recording('renamed'))], 'elsewhere.example')).toThrow('no calls of elsewhere.example');
  });
});

describe('HAR files of browsers', () => {
  const operationsOf = (result: Learned) => result.operations.map(({ operation, verdict }) => [operation, verdict]);

  test('BOM, base64 bodies, own fields and several files in any order give the same', () => {
    const plain = lifeOn('renamed');
    const har = recording('renamed');
    for (const entry of entriesOf(har)) {
      Object.assign(entry, { _initiator: { type: 'script' }, _priority: 'High' });
      const { content } = entry.response;
      content.text = Buffer.from(content.text ?? '').toString('base64');
      content.encoding = 'base64';
      if (entry.request.postData?.params) entry.request.postData = { mimeType: 'multipart/form-data; boundary=x' };
    }
    expect(operationsOf(learned(`\uFEFF${JSON.stringify(har)}`))).toEqual(operationsOf(plain));
    const half = Math.floor(har.log.entries.length / 2);
    const parts = [har.log.entries.slice(half), har.log.entries.slice(0, half)].map((entries) =>
      save({ log: { entries } }),
    );
    expect(operationsOf(learn([readHars(parts)], defaultProfile))).toEqual(operationsOf(plain));
  });

  test('entries of many pieces, escapes and strings with braces are cut where they end', () => {
    const har = recording('renamed');
    const noise = {
      request: { method: 'GET', url: 'https://cdn.example.com/a.js' },
      response: { status: 200, content: { text: '}]"\\'.repeat(700_000), mimeType: 'text/javascript' } },
    };
    har.log.entries.splice(5, 0, noise);
    const { exchanges, warnings } = readHars([save(JSON.stringify(har, null, 2))]);
    expect(exchanges).toHaveLength(har.log.entries.length - 1);
    expect(warnings).toEqual([]);
  });

  test('a file that ends in the middle is read up to there', () => {
    const text = JSON.stringify(recording('renamed'));
    const { warnings, exchanges } = readHars([save(text.slice(0, text.length / 2))]);
    expect(warnings).toEqual([expect.stringContaining('ends in the middle')]);
    expect(exchanges.length).toBeGreaterThan(20);
  });
});

describe('the program', () => {
  function run(cwd: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd,
      encoding: 'utf8',
    });
    const file = join(cwd, 'portal-profile.json');
    return { status, out: stdout, err: stderr, written: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
  }
  const newFolder = () => {
    const cwd = join(folder, `run-${files++}`);
    mkdirSync(cwd);
    return cwd;
  };

  test('writes a profile, confirms it with the next recording, and writes over nothing unasked', () => {
    const cwd = newFolder();
    const file = save(recording('renamed'));
    const first = run(cwd, 'read', file);
    expect([first.status, first.err]).toEqual([0, '']);
    expect(first.out).toContain('Wrote portal-profile.json.');
    expect(first.out).toContain(`miniapp-id: '${APP}'`);
    expect(first.out).toMatch(/^ {2}rollback: certain$/m);
    expect(JSON.parse(first.written ?? '').statuses.PARTIAL).toEqual({ state: 'grayscale', mark: 'observed' });
    expect(run(cwd, 'read', file).out).toContain('was left alone');
  });

  thoroughTest('writes the profile although nobody reads the report to its end', () => {
    const cwd = newFolder();
    const command = `"${process.execPath}" "${PROGRAM}" read "${save(recording('renamed'))}"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', `${command} | head -1`], { cwd, encoding: 'utf8' });
    expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
    expect(JSON.parse(readFileSync(join(cwd, 'portal-profile.json'), 'utf8'))).toHaveProperty('statuses');
  });

  thoroughTest('says how it is used, and ends with 1 where nothing could be read', () => {
    const cwd = newFolder();
    expect(run(cwd, '--help')).toMatchObject({
      status: 0,
      out: expect.stringContaining('Usage: node dist/learn.js watch'),
    });
    expect(run(cwd)).toMatchObject({ status: 1, out: expect.stringContaining('Usage') });
    expect(run(cwd, 'read', 'missing.har')).toMatchObject({ status: 1, written: undefined });
    expect(run(cwd, 'read', save('not json'))).toMatchObject({ status: 1, written: undefined });
  });

  test('an unknown word is a line of JSON in a code block, with the allowed states', () => {
    const result = lifeOn('renamed');
    const unsure = { word: 'ODD_ONE', verdict: 'unsure' as const, evidence: '', candidates: ['approved'] };
    const text = reportOf({ ...result, words: [unsure] }).join('\n');
    const line = /```json\n(.*)\n/.exec(text)?.[1] ?? '';
    expect(JSON.parse(line)).toEqual({ statuses: { ODD_ONE: { state: 'approved', mark: 'observed' } } });
    expect(text).toContain('Allowed states: created, in-review');
    expect(isExplained({ ...result, words: [unsure] })).toBe(false);
    expect(isExplained(result)).toBe(true);
  });
});
