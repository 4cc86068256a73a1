/**
 * Dialects of the sandbox's portal, as data: how each call, field and word is written. A dialect is served in front of
 * the sandbox's portal, and a person's way through the guide on it is recorded as a browser would record it.
 */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultProfile, templatesOf } from '../../src/portal/profile/profile.ts';
import type { Operation } from '../../src/release/lifecycle.ts';
import { answer, newPortal, type SandboxState } from '../../src/sandbox/portal.ts';

type Json = unknown;

/** A call: method and path, and what it carries, with `{placeholders}`. `also` are operations done by it, in order. */
export interface DialectCall {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, Json>>;
  readonly body?: Readonly<Record<string, Json>>;
  readonly does?: readonly Operation[];
  readonly isUpload?: boolean;
  /** Its pages are counted from 0. */
  readonly isFromZero?: true;
}

export interface Dialect {
  readonly name: string;
  readonly base: string;
  readonly calls: Readonly<Partial<Record<Operation, DialectCall>>>;
  /** Operations that have no call of their own. */
  readonly folds: Readonly<Partial<Record<Operation, string>>>;
  readonly words: Readonly<Record<string, string | number>>;
  /** The portal's field -> the dialect's place, with dots on the way to it; empty where it has none. */
  readonly fields: Readonly<Record<string, string>>;
  readonly ratio?: 'text' | 'fraction';
  readonly time?: 'seconds' | 'text' | 'ISO';
  /** How it shows and takes the ticket of a release; as the sandbox where absent. */
  readonly ticket?: (publishId: string) => string | number;
  /** The HTTP status of a refusal; 200 where absent. */
  readonly refusalStatus?: number;
  /** No more rows on a page than these, whatever is asked for. */
  readonly pageSize?: number;
  /** What makes the recording of a person's way hard: `recordGuide`. */
  readonly trouble?: true;
  /** Bodies are forms (`application/x-www-form-urlencoded`), and no other body is understood. */
  readonly form?: true;
  /** A change returns the release. */
  readonly echoes?: true;
  readonly envelope: (data: Json, code: string, message: string) => Json;
  readonly list: (items: readonly Json[], one: boolean, operation: Operation) => Json;
}

export const APP = '2088000000000000000001';
export const SPACE = '2088000000000000000002';
export const TARGET = 'GOPAY';
export const USERS = ['tester-4711', 'tester-4712'];
export const NOTES = 'Secret notes of the release';
export const REASON = 'Jane found a fault on the second page';

const OLD = Object.fromEntries(
  templatesOf(defaultProfile).map(([name, call]) => [name, { ...call, body: call.form ?? call.body } as DialectCall]),
) as Record<Operation, DialectCall>;
const RELEASE = { appId: '{appId}', sourceSpaceId: '{spaceId}', channelCode: '{channelCode}', version: '{version}' };
const post = (path: string, more: Record<string, Json> = {}): DialectCall => ({
  method: 'POST',
  path,
  body: { ...RELEASE, ...more },
});
const usual = {
  base: '/rest/intercnn',
  folds: {},
  fields: {},
  envelope: (data: Json, errorCode: string, errorMsg: string) => ({
    success: errorCode === '',
    data,
    errorCode,
    errorMsg,
    traceId: 'trace-0815',
  }),
  list: (list: readonly Json[]) => ({ list, total: list.length }),
} as const;
const WORDS = {
  INIT: 'DRAFTED',
  APPROVE: 'APPROVE',
  REJECTED: 'SENT_BACK',
  CANCELLED: 'TAKEN_BACK',
  PASSED: 'CLEARED',
  BETA: 'SMALL_CIRCLE',
  GRAY_WAIT: 'WAIT_GRAY',
  GRAY: 'PARTIAL',
  ONLINE: 'EVERYWHERE',
  ARCHIVED: 'OLD_ONE',
};
const RENAMED: Dialect['calls'] = {
  ...OLD,
  addWhitelist: post('/app/publish/version/whiteTest/members', { uidList: '{userIds}' }),
  startPilot: post('/app/publish/version/whiteTest/begin'),
  setRatio: post('/app/publish/version/gray/updateStrategy', { grayScaleRate: '{ratio:text}' }),
  startGrayscale: post('/app/publish/version/gray/run'),
  cancelApproval: post('/app/publish/version/apply/revoke'),
  cancelRelease: post('/app/publish/version/terminate'),
  rollback: post('/app/publish/version/recover'),
  login: { method: 'POST', path: '/account/signIn', body: { loginName: '{username}', pwd: '{password}' } },
};
const REST = '/apps/{appId}/channels/{channelCode}/releases/{version}';
const rest = (method: string, path: string, body: Record<string, Json> = {}): DialectCall => ({
  method,
  path: REST + path,
  body: { workspaceId: '{spaceId}', ...body },
});

export const DIALECTS: readonly Dialect[] = [
  { ...usual, name: 'renamed', calls: RENAMED, words: WORDS, fields: { grayRatio: 'grayScaleRate' }, ratio: 'text' },
  {
    ...usual,
    name: 'folded',
    calls: {
      ...without(RENAMED, ['addWhitelist', 'skipPilot', 'setRatio']),
      startPilot: {
        ...post('/app/publish/trial/open', { userIds: '{userIds}' }),
        does: ['addWhitelist', 'startPilot'],
      },
      startGrayscale: {
        ...post('/app/publish/gray/start', { ratio: '{ratio}' }),
        does: ['skipPilot', 'setRatio', 'startGrayscale'],
      },
      goOnline: { ...OLD.goOnline, does: ['skipPilot', 'goOnline'] },
    },
    folds: { addWhitelist: 'startPilot', setRatio: 'startGrayscale', skipPilot: 'none' },
    words: WORDS,
  },
  {
    ...usual,
    name: 'REST',
    base: '/api/v2',
    calls: {
      listVersions: { method: 'GET', path: '/apps/{appId}/versions', query: { pageNo: '{page}', size: '{pageSize}' } },
      uploadPackage: {
        method: 'POST',
        path: '/apps/{appId}/files',
        body: { spaceId: '{spaceId}', version: '{version}' },
      },
      createVersion: {
        method: 'POST',
        path: '/apps/{appId}/versions',
        body: { version: '{version}', artifactList: '{artifacts}', origin: 'UPLOAD' },
      },
      createRelease: {
        method: 'PUT',
        path: REST,
        body: { workspaceId: '{spaceId}', artifactList: '{artifacts}', changelog: '{releaseNotes}' },
      },
      findRelease: { method: 'GET', path: REST },
      listReleases: {
        method: 'GET',
        path: '/apps/{appId}/channels/{channelCode}/releases',
        query: { pageNo: '{page}', size: '{pageSize}' },
      },
      releaseHistory: { method: 'GET', path: `${REST}/history` },
      startApproval: rest('POST', '/request'),
      cancelApproval: rest('DELETE', '/request'),
      addWhitelist: rest('PATCH', '/testers', { userIds: '{userIds}' }),
      startPilot: rest('PUT', '/pilot'),
      skipPilot: rest('DELETE', '/pilot'),
      setRatio: rest('PATCH', '/share', { percent: '{ratio}' }),
      startGrayscale: rest('PUT', '/share'),
      goOnline: rest('PUT', '/everyone'),
      cancelRelease: rest('DELETE', ''),
      rollback: rest('POST', '/restore'),
      login: { method: 'POST', path: '/session', body: { username: '{username}', password: '{password}' } },
    },
    words: WORDS,
  },
  {
    ...usual,
    name: 'numbers',
    calls: RENAMED,
    words: Object.fromEntries(Object.keys(WORDS).map((word, index) => [word, 11 + index * 3])),
    envelope: (result, code, msg) => ({ code: code === '' ? 0 : 4711, result, msg, requestId: 'request-0815' }),
  },
  {
    ...usual,
    name: 'other fields',
    calls: RENAMED,
    words: WORDS,
    fields: {
      version: 'ver',
      versionStatus: 'phaseCode',
      publishId: 'ticketNo',
      gmtModified: 'updatedAt',
      grayRatio: 'rolloutShare',
      approveComment: 'reviewerNote',
      artifactList: 'files',
    },
    time: 'seconds',
    list: (items, one) => (one ? { release: items[0] ?? null } : { rows: items }),
  },
  {
    ...usual,
    name: 'fractions',
    calls: {
      ...RENAMED,
      addWhitelist: post('/app/publish/version/whiteTest/members', { members: [{ userId: '{userIds:each}' }] }),
      setRatio: post('/app/publish/version/gray/updateStrategy', { share: '{ratio:fraction}' }),
    },
    words: WORDS,
    ratio: 'fraction',
    time: 'text',
  },
];

function without(calls: Dialect['calls'], names: readonly Operation[]): Dialect['calls'] {
  return Object.fromEntries(Object.entries(calls).filter(([name]) => !names.includes(name as Operation)));
}

// --- The server ------------------------------------------------------------------------------------------------------

export interface ServedDialect {
  readonly url: string;
  readonly state: () => SandboxState;
  /** Its clock, which goes on with each request. */
  readonly nowMs: () => number;
  /** The next call fails, and does nothing. */
  fail(): void;
  /** What the target app's administrator decides next. */
  decide(mode: 'approve' | 'reject' | 'never'): void;
  close(): Promise<void>;
}

export async function serveDialect(dialect: Dialect, live = '1.0.0'): Promise<ServedDialect> {
  let nowMs = Date.parse('2026-03-01T09:00:00Z');
  let state = newPortal({ appId: APP, spaceId: SPACE, channelCode: TARGET, live }, nowMs);
  let mode: 'approve' | 'reject' | 'never' = 'never';
  let uploads = 0;
  let fails = false;
  const run = (operation: Operation, values: Record<string, Json>) => {
    const old = OLD[operation];
    const fields = { ...(fill(old.query ?? {}, values) as object), ...(fill(old.body ?? {}, values) as object) };
    const isUpload = operation === 'uploadPackage';
    const form = { appId: APP, spaceId: SPACE, version: values['version'] };
    const review =
      mode === 'reject' ? { mode, afterMs: 0, reason: REASON } : mode === 'approve' ? { mode, afterMs: 0 } : { mode };
    const result = answer(
      state,
      {
        method: old.method,
        path: usual.base + old.path,
        fields: isUpload ? form : fields,
        ...(isUpload && { file: { name: `${APP}_v${values['version']}.zip`, bytes: 9, sha256: `${uploads++}` } }),
      },
      nowMs,
      { review },
    );
    state = result.state;
    return result.response.body;
  };
  const server: Server = createServer(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://portal');
    const text = (await readAll(req)).toString('utf8');
    const isUrlencoded = req.headers['content-type']?.includes('urlencoded') === true;
    const isMultipart = text.startsWith('--');
    const understood = isMultipart || isUrlencoded === (dialect.form === true);
    const body = !understood
      ? {}
      : isUrlencoded
        ? urlencoded(text)
        : isMultipart
          ? formOf(text)
          : JSON.parse(text || '{}');
    const sent = { ...Object.fromEntries(url.searchParams), ...body };
    const found = callFor(dialect, req.method ?? '', url.pathname, sent);
    nowMs += 20_000;
    const reply = (body: Json, status = 200) => {
      res.statusCode = status;
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(body));
    };
    if (fails) {
      fails = false;
      return reply(dialect.envelope(null, 'SYSTEM_ERROR', 'Try again later'), dialect.refusalStatus ?? 200);
    }
    if (!found) return reply(dialect.envelope({ name: 'Jane Doe', menu: ['home'], version: '9.9.9' }, '', ''));
    const { operation } = found;
    const values: Record<string, Json> = found.values;
    let result = { success: true, data: null as Json, errorCode: '', errorMsg: '' };
    const { publishId } = values;
    if (publishId !== undefined) {
      const shown = (id: string) => String(dialect.ticket?.(id) ?? id);
      const named = state.apps[0]?.releases.find((one) => shown(one.publishId) === String(publishId));
      values['version'] = values['version'] ?? named?.version ?? 'none';
      if (named?.version !== values['version']) values['version'] = 'none';
    }
    if (dialect.pageSize) values['pageSize'] = String(Math.min(Number(values['pageSize']), dialect.pageSize));
    if (values['offset'] !== undefined)
      values['page'] = String(Math.ceil(Number(values['offset']) / Number(values['pageSize'])) + 1);
    if (dialect.calls[operation]?.isFromZero) values['page'] = String(Number(values['page']) + 1);
    const steps = dialect.calls[operation]?.does ?? [operation];
    for (const step of steps) {
      const one = run(step, values);
      const isPassed = /STATUS_NOT_ALLOWED|RELEASE_EXISTS/.test(one.errorCode) && step !== steps.at(-1);
      if (!isPassed) result = one;
      if (!one.success && !isPassed) break;
    }
    if (dialect.echoes && result.success && result.data === null && operation !== 'login')
      result = { ...run('findRelease', { ...values }) };
    const list = (result.data as { list?: Record<string, Json>[] } | null)?.list;
    const data = list
      ? dialect.list(
          list.map((item) => itemOf(item, dialect)),
          operation === 'findRelease' || (dialect.echoes === true && !/^list/.test(operation)),
          operation,
        )
      : result.data;
    const isRefused = result.errorCode !== '' && dialect.refusalStatus !== undefined;
    reply(dialect.envelope(data, result.errorCode, result.errorMsg), isRefused ? dialect.refusalStatus : 200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state: () => state,
    nowMs: () => nowMs,
    fail: () => {
      fails = true;
    },
    decide: (next) => {
      mode = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The fields of a form, of which some hold lists as JSON. */
function urlencoded(text: string): Record<string, Json> {
  const fields = [...new URLSearchParams(text)];
  return Object.fromEntries(fields.map(([name, value]) => [name, value.startsWith('[') ? JSON.parse(value) : value]));
}

/** The fields of a multipart form. */
function formOf(text: string): Record<string, string> {
  const fields = text.matchAll(/name="(\w+)"\r\n\r\n([^\r\n]*)/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}

function itemOf(item: Record<string, Json>, dialect: Dialect): Json {
  const result: Record<string, Json> = {};
  for (const [name, value] of Object.entries(item)) {
    let shown = value;
    if (name === 'versionStatus') shown = dialect.words[String(value)];
    if (name === 'publishId') shown = dialect.ticket?.(String(value)) ?? value;
    if (name === 'grayRatio' && dialect.ratio === 'text') shown = String(value);
    if (name === 'grayRatio' && dialect.ratio === 'fraction') shown = Number(value) / 100;
    if (name === 'gmtModified' && dialect.time === 'seconds') shown = Math.floor(Number(value) / 1000);
    if (name === 'gmtModified' && dialect.time === 'ISO') shown = new Date(Number(value)).toISOString();
    if (name === 'gmtModified' && dialect.time === 'text')
      shown = new Date(Number(value) + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const place = dialect.fields[name] ?? name;
    if (place !== '') put(result, place, shown);
  }
  return result;
}

function put(target: Record<string, Json>, place: string, value: Json): void {
  const [name = '', ...rest] = place.split('.');
  if (rest.length === 0) target[name] = value;
  else {
    target[name] ??= {};
    put(target[name] as Record<string, Json>, rest.join('.'), value);
  }
}

/** Fills a template; forms of the ratio and of the user IDs are written as the placeholder says. */
export function fill(template: Json, values: Readonly<Record<string, Json>>): Json {
  if (typeof template === 'string') {
    const [, name = '', form] = PLACEHOLDER.exec(template) ?? [];
    if (name === '') return template;
    const value = values[name];
    if (form === 'text') return String(value);
    if (form === 'fraction') return Number(value) / 100;
    if (form === 'fraction-text') return String(Number(value) / 100);
    if (form === 'number') return (JSON as unknown as { rawJSON(text: string): Json }).rawJSON(String(value));
    return form !== undefined && Array.isArray(value) ? value.join(form) : value;
  }
  if (Array.isArray(template)) {
    const [first] = template;
    const key = Object.keys(Object(first))[0] ?? '';
    if (Object(first)[key] === '{userIds:each}') return (values['userIds'] as string[]).map((one) => ({ [key]: one }));
    return template.map((one) => fill(one, values));
  }
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, values)]));
}

/** What goes wrong at the first try, in a recording with trouble. */
const TROUBLED: readonly Operation[] = ['startApproval', 'startPilot', 'setRatio', 'startGrayscale', 'goOnline'];

const PLACEHOLDER = /^\{(\w+)(?::([^{}]+))?\}$/;

/** The values of the placeholders of a template in what was sent; undefined where it is something else. */
function match(template: Json, sent: Json): Record<string, Json> | undefined {
  if (sent === undefined) return undefined;
  if (typeof template === 'string') {
    const [, name, form] = PLACEHOLDER.exec(template) ?? [];
    if (name === undefined) return template === sent ? {} : undefined;
    if (form === 'text') return typeof sent === 'string' ? { [name]: Number(sent) } : undefined;
    if (form?.startsWith('fraction')) {
      const isRight = typeof sent === (form === 'fraction' ? 'number' : 'string');
      return isRight ? { [name]: Math.round(Number(sent) * 100) } : undefined;
    }
    if (form === 'number') return typeof sent === 'number' || typeof sent === 'bigint' ? { [name]: sent } : undefined;
    if (form !== undefined) return typeof sent === 'string' ? { [name]: sent.split(form) } : undefined;
    if (name === 'userId') return { userIds: [sent] };
    if (name === 'ratio' || name === 'userIds') {
      const isRight = name === 'ratio' ? typeof sent === 'number' : Array.isArray(sent);
      return isRight ? { [name]: sent } : undefined;
    }
    return { [name]: sent };
  }
  if (Array.isArray(template) && JSON.stringify(template).includes('{userIds:each}'))
    return Array.isArray(sent) ? { userIds: sent.map((user) => Object.values(Object(user))[0]) } : undefined;
  if (template === null || typeof template !== 'object')
    return JSON.stringify(template) === JSON.stringify(sent) ? {} : undefined;
  const found: Record<string, Json> = {};
  for (const [name, one] of Object.entries(template)) {
    const inner = match(one, Object(sent)[name]);
    if (!inner) return undefined;
    Object.assign(found, inner);
  }
  return found;
}

function callFor(dialect: Dialect, method: string, path: string, sent: Record<string, Json>) {
  const fitting = (Object.entries(dialect.calls) as [Operation, DialectCall][]).flatMap(([operation, call]) => {
    const source = (dialect.base + call.path).replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const groups = call.method === method ? new RegExp(`^${source}$`).exec(path) : null;
    if (!groups) return [];
    const template = { ...call.query, ...call.body };
    const found = match(template, sent);
    if (!found) return [];
    const named = { ...groups.groups, ...found } as Record<string, Json>;
    const zip = named['artifact'] ?? `app/version/${APP}/${named['version']}/${APP}_v${named['version']}.zip`;
    const ids = { appId: APP, spaceId: SPACE, channelCode: TARGET };
    for (const id of Object.keys(ids)) delete named[id];
    const values = { ...ids, page: '1', pageSize: '50', artifacts: [zip] };
    for (const one of ['page', 'pageSize'] as const) if (named[one] !== undefined) named[one] = String(named[one]);
    return [{ operation, values: { ...values, ...named }, size: Object.keys(template).length }];
  });
  return fitting.sort((a, b) => b.size - a.size)[0];
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// --- The person ------------------------------------------------------------------------------------------------------

export interface Har {
  log: { version: string; entries: Json[] };
}

/**
 * Walks the whole guide on a dialect, with the noise of a page, and gives what a browser's network panel recorded. `isBrief`: one version, approved at
 * once and released.
 */
export async function recordGuide(dialect: Dialect, isBrief = false): Promise<Har> {
  const portal = await serveDialect(dialect);
  const entries: Json[] = [];
  const send = async (method: string, path: string, query: Json, body: Json, isUpload = false): Promise<Json> => {
    const url = new URL(path, portal.url);
    for (const [name, value] of Object.entries(Object(query))) url.searchParams.set(name, String(value));
    const hasBody = body !== undefined && method !== 'GET';
    const asForm = dialect.form && hasBody;
    const fields = Object.entries(Object(body)).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const content = asForm ? new URLSearchParams(fields) : JSON.stringify(body);
    const headers = { 'content-type': asForm ? 'application/x-www-form-urlencoded' : 'application/json' };
    const response = await fetch(url, { method, ...(hasBody && { headers, body: content }) });
    const text = await response.text();
    const postData = isUpload
      ? {
          mimeType: 'multipart/form-data; boundary=x',
          params: [
            ...Object.entries(Object(body)).map(([name, value]) => ({ name, value })),
            { name: 'file', fileName: 'a.zip' },
          ],
        }
      : { mimeType: headers['content-type'], text: String(content) };
    entries.push({
      startedDateTime: new Date(portal.nowMs()).toISOString(),
      request: {
        method,
        url: url.href.replace(portal.url, 'https://portal.example.com'),
        headers: [],
        ...(hasBody && { postData }),
      },
      response: { status: response.status, headers: [], content: { mimeType: 'application/json', text } },
    });
    return JSON.parse(text);
  };
  const call = async (operation: Operation, values: Record<string, Json>) => {
    const found = dialect.calls[operation];
    if (!found) return;
    const release = portal.state().apps[0]?.releases.find(({ version }) => version === values['version']);
    const publishId = release && (dialect.ticket?.(release.publishId) ?? release.publishId);
    const all = {
      publishId,
      appId: APP,
      spaceId: SPACE,
      channelCode: TARGET,
      page: found.isFromZero ? '0' : '1',
      pageSize: '50',
      offset: '0',
      releaseNotes: NOTES,
      userIds: USERS,
      username: 'jane.doe',
      password: 'hunter2-hunter2',
      artifacts: [`app/version/${APP}/${values['version']}/${APP}_v${values['version']}.zip`],
      userId: USERS[0],
      artifact: `app/version/${APP}/${values['version']}/${APP}_v${values['version']}.zip`,
      ...values,
    };
    const path =
      dialect.base + found.path.replace(/\{(\w+)\}/g, (_, name: string) => String((all as Record<string, Json>)[name]));
    await send(
      found.method,
      path,
      fill(found.query ?? {}, all),
      found.body && fill(found.body, all),
      operation === 'uploadPackage' || found.isUpload,
    );
  };
  const look = async (version: string) => {
    // Pages poll.
    for (let poll = dialect.trouble ? 3 : 0; poll > 0; poll--)
      await call(dialect.calls.findRelease ? 'findRelease' : 'listReleases', { version });
    await call(dialect.calls.findRelease ? 'findRelease' : 'listReleases', { version });
    await send('GET', `${dialect.base}/user/info`, {}, undefined);
  };
  const press = async (operation: Operation, values: Record<string, Json>) => {
    if (!dialect.calls[operation]) return;
    if (dialect.trouble && TROUBLED.includes(operation)) {
      portal.fail();
      await call(operation, values);
      await call('login', {});
      for (const page of ['1', '2'])
        await call('listReleases', { page, ...(dialect.pageSize && { pageSize: `${dialect.pageSize}` }) });
    }
    await call(operation, values);
    await send('POST', '/telemetry/collect', {}, { event: 'click', page: '/overview' });
    if (values['version'] && !/^(uploadPackage|createVersion)$/.test(operation)) await look(String(values['version']));
    if (operation === 'createVersion') await call('listVersions', {});
  };
  try {
    await call('login', {});
    await call('listVersions', {});
    await call('listReleases', {});
    for (const version of isBrief ? ['1.1.0'] : ['1.1.0', '1.2.0']) {
      for (const operation of ['uploadPackage', 'createVersion'] as const) await press(operation, { version });
      await look(version);
      await press('createRelease', { version });
      await press('startApproval', { version });
      if (isBrief) {
        await look(version);
      } else if (version === '1.1.0') {
        portal.decide('reject');
        await look(version);
        portal.decide('never');
        await press('startApproval', { version });
      } else {
        await press('cancelApproval', { version });
        await press('startApproval', { version });
      }
      portal.decide('approve');
      await look(version);
      portal.decide('never');
      if (version === '1.2.0') continue;
      await press('addWhitelist', { version });
      await press('startPilot', { version });
      await press('skipPilot', { version });
      for (const ratio of [20, 50]) {
        await press('setRatio', { version, ratio });
        await press('startGrayscale', { version, ratio });
      }
      await call('setRatio', { version, ratio: 10 });
      await press('goOnline', { version });
      await call('listReleases', {});
      await call('releaseHistory', { version });
    }
    if (isBrief) return { log: { version: '1.2', entries } };
    await press('cancelRelease', { version: '1.2.0' });
    await look('1.0.0');
    await press('rollback', { version: '1.0.0' });
    await call('listReleases', {});
  } finally {
    await portal.close();
  }
  return { log: { version: '1.2', entries } };
}
