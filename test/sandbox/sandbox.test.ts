import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { State } from '../../src/release/lifecycle.ts';
import { parseSandboxUrl } from '../../src/sandbox/options.ts';
import { answer, newPortal, type Review, SandboxState, type Seed } from '../../src/sandbox/portal.ts';
import { type Sandbox, SandboxInvalid, type ServerOptions, startSandbox } from '../../src/sandbox/server.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const NOW = Date.UTC(2025, 0, 1);
const APP = '2088000000000000000001';
const SEED: Seed = { appId: APP, spaceId: 'space', channelCode: 'GOPAY' };
const AT_ONCE: Review = { mode: 'approve', afterMs: 0 };

// docs/portal.md, "Operations": spelt again by hand, so that a slip in the portal's own table shows.
const PATHS = {
  listVersions: 'GET /app/version/query',
  uploadPackage: 'POST /app/version/uploadResource',
  createVersion: 'POST /app/version/create',
  createRelease: 'POST /app/publish/version/create',
  startApproval: 'POST /app/publish/version/startApprove',
  findRelease: 'GET /app/publish/version/query',
  listReleases: 'GET /app/publish/version/query',
  releaseHistory: 'GET /app/publish/version/history/query',
  skipPilot: 'POST /app/publish/version/gray/skipBeta',
  goOnline: 'POST /app/publish/online',
  addWhitelist: 'POST /app/publish/version/gray/whitelist/add',
  startPilot: 'POST /app/publish/version/gray/startBeta',
  setRatio: 'POST /app/publish/version/gray/setRatio',
  startGrayscale: 'POST /app/publish/version/gray/start',
  cancelApproval: 'POST /app/publish/version/cancelApprove',
  cancelRelease: 'POST /app/publish/version/cancel',
  rollback: 'POST /app/publish/rollback',
  login: 'POST /user/login',
};
type Name = keyof typeof PATHS;
type Fields = Record<string, unknown>;

/** A portal in hand: `send` answers the errorCode, or `ok`. */
function portal(seed: Partial<Seed> = {}, review: Review = AT_ONCE) {
  let state = newPortal({ ...SEED, ...seed }, NOW);
  const ask = (name: Name, fields: Fields, nowMs = NOW, file?: { name: string; bytes: number; sha256: string }) => {
    const [method = '', url] = PATHS[name].split(' ');
    const call = { method, path: `/rest/intercnn${url}`, fields, ...(file && { file }) };
    const result = answer(state, call, nowMs, { review });
    state = result.state;
    return result.response;
  };
  const full = (fields: Fields) => ({ ...asRelease('1.1.0'), ...fields });
  return {
    ask,
    state: () => state,
    send: (name: Name, fields: Fields = {}, nowMs = NOW) => {
      const { success, errorCode } = ask(name, full(fields), nowMs).body;
      return success ? 'ok' : errorCode;
    },
    find: (version = '1.1.0', nowMs = NOW) =>
      listOf(ask('findRelease', { ...asRelease(version), currentPage: '1', pageSize: '10' }, nowMs).body.data)[0],
    status: (version = '1.1.0', nowMs = NOW) =>
      listOf(ask('findRelease', { ...asRelease(version), currentPage: '1', pageSize: '10' }, nowMs).body.data)[0]?.[
        'versionStatus'
      ],
  };
}

function asRelease(version: string) {
  return { appId: APP, sourceSpaceId: 'space', channelCode: 'GOPAY', version };
}

function listOf(data: unknown): Record<string, unknown>[] {
  return (data as { list: Record<string, unknown>[] }).list;
}

function newRelease(version = '1.1.0') {
  const artifactList = [`app/version/${APP}/${version}/${APP}_v${version}.zip`];
  return { appId: APP, channelCode: 'GOPAY', version, changelog: '', artifactType: 'FILE', artifactList };
}

describe('the rules: each operation in each state', () => {
  const STATES: State[] = [
    'none',
    'created',
    'in-review',
    'rejected',
    'withdrawn',
    'approved',
    'whitelist-testing',
    'rollout-ready',
    'grayscale',
    'released',
    'archived',
  ];
  // What the portal allows, and the status after it. What is not here is refused.
  const ALLOWED: Partial<Record<Name, Partial<Record<State, string>>>> = {
    startApproval: { created: 'APPROVE', rejected: 'APPROVE', withdrawn: 'APPROVE' },
    cancelApproval: { 'in-review': 'CANCELLED' },
    cancelRelease: {
      approved: 'CANCELLED',
      'whitelist-testing': 'CANCELLED',
      'rollout-ready': 'CANCELLED',
      grayscale: 'CANCELLED',
    },
    addWhitelist: { approved: 'PASSED', 'whitelist-testing': 'BETA' },
    startPilot: { approved: 'BETA', 'whitelist-testing': 'BETA' },
    skipPilot: { approved: 'GRAY_WAIT', 'whitelist-testing': 'GRAY_WAIT' },
    setRatio: { 'rollout-ready': 'GRAY_WAIT', grayscale: 'GRAY' },
    startGrayscale: { 'rollout-ready': 'GRAY', grayscale: 'GRAY' },
    goOnline: { 'rollout-ready': 'ONLINE', grayscale: 'ONLINE' },
    rollback: { archived: 'ONLINE' },
  };
  const FIELDS: Partial<Record<Name, Fields>> = { addWhitelist: { userIds: ['a'] }, setRatio: { ratio: 50 } };
  /** What has to be done first, where the state allows it, for the operation to have something to do. */
  const FIRST: Partial<Record<Name, Name>> = { startPilot: 'addWhitelist', startGrayscale: 'setRatio' };
  const never: Review = { mode: 'never' };

  const cases = (Object.keys(ALLOWED) as Name[]).flatMap((name) => STATES.map((state) => ({ name, state })));
  test.each(cases)('$name, $state', ({ name, state }) => {
    const here = portal({ live: '1.0.0', version: '1.1.0', ...(state !== 'none' && { state }) }, never);
    const first = FIRST[name];
    if (first) here.send(first, FIELDS[first]);
    const before = here.find();
    const to = ALLOWED[name]?.[state];
    const nothingArchived = name === 'rollback' && state !== 'released';
    const code = nothingArchived ? 'NO_PREVIOUS_RELEASE' : 'STATUS_NOT_ALLOWED';
    expect(here.send(name, FIELDS[name])).toBe(to ? 'ok' : state === 'none' ? 'RELEASE_NOT_FOUND' : code);
    if (to) expect(here.status()).toBe(to);
    else expect(here.find()).toEqual(before);
  });

  test('createVersion', () => {
    const here = portal({ versions: ['1.0.0'] });
    const fields = { ...newRelease(), name: '1.1.0', source: 'UPLOAD' };
    expect(here.send('createVersion', fields)).toBe('PACKAGE_NOT_FOUND');
    const file = { name: `${APP}_v1.1.0.zip`, bytes: 3, sha256: 'abc' };
    const upload = { appId: APP, spaceId: 'space', version: '1.1.0' };
    expect(here.ask('uploadPackage', upload, NOW, { ...file, name: 'x.txt' }).body.errorCode).toBe('PARAM_INVALID');
    expect(here.ask('uploadPackage', upload, NOW, file).body.data).toEqual({ path: newRelease().artifactList[0] });
    expect(here.send('createVersion', { ...fields, artifactList: ['elsewhere.zip'] })).toBe('PACKAGE_NOT_FOUND');
    expect(here.send('createVersion', fields)).toBe('ok');
    expect(here.send('createVersion', fields)).toBe('VERSION_EXISTS');
    expect(here.state().apps[0]?.versions.at(-1)).toMatchObject({ version: '1.1.0', bytes: 3, sha256: 'abc' });
  });

  test('createRelease', () => {
    const here = portal({ versions: ['1.1.0'] });
    expect(here.send('createRelease', newRelease('9.9.9'))).toBe('VERSION_NOT_FOUND');
    expect(here.send('createRelease', { ...newRelease(), artifactList: ['elsewhere.zip'] })).toBe('PARAM_INVALID');
    expect(here.send('createRelease', newRelease())).toBe('ok');
    expect(here.status()).toBe('INIT');
    expect(here.send('createRelease', newRelease())).toBe('RELEASE_EXISTS');
    expect(here.send('createRelease', { ...newRelease(), channelCode: 'OTHER' })).toBe('ok');
  });

  test.each([
    ['in-review', 'ANOTHER_RELEASE_IN_PROGRESS'],
    ['approved', 'ANOTHER_RELEASE_IN_PROGRESS'],
    ['whitelist-testing', 'ANOTHER_RELEASE_IN_PROGRESS'],
    ['rollout-ready', 'ANOTHER_RELEASE_IN_PROGRESS'],
    ['grayscale', 'ANOTHER_RELEASE_IN_PROGRESS'],
    ['created', 'ok'],
    ['rejected', 'ok'],
    ['withdrawn', 'ok'],
    ['released', 'ok'],
    ['archived', 'ok'],
  ] as const)('startApproval while another version is %s: %s', (state, expected) => {
    const here = portal({ versions: ['1.1.0'], live: '0.9.0', version: '1.0.0', state }, { mode: 'never' });
    here.send('createRelease', newRelease());
    expect(here.send('startApproval')).toBe(expected);
  });

  test('another target app, or another miniapp, is no matter', () => {
    const here = portal({ versions: ['1.1.0'], version: '1.0.0', state: 'in-review' }, { mode: 'never' });
    here.send('createRelease', { ...newRelease(), channelCode: 'OTHER' });
    expect(here.send('startApproval', { channelCode: 'OTHER' })).toBe('ok');
  });

  test('a first release can only be official', () => {
    const here = portal({ version: '1.1.0', state: 'approved' });
    expect(here.send('addWhitelist', { userIds: ['a'] })).toBe('FIRST_RELEASE');
    expect(here.send('startPilot')).toBe('FIRST_RELEASE');
    expect(here.send('skipPilot')).toBe('ok');
    expect(here.send('setRatio', { ratio: 5 })).toBe('FIRST_RELEASE');
    expect(here.send('startGrayscale')).toBe('FIRST_RELEASE');
    expect(here.send('goOnline')).toBe('ok');
  });

  test('goOnline archives the live version, rollback swaps them', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'rollout-ready' });
    here.send('goOnline');
    expect([here.status('1.0.0'), here.status()]).toEqual(['ARCHIVED', 'ONLINE']);
    expect(here.send('rollback', { version: '1.0.0' })).toBe('ok');
    expect([here.status('1.0.0'), here.status()]).toEqual(['ONLINE', 'ARCHIVED']);
  });

  test('no rollback while a version is in grayscale', () => {
    const here = portal({ versions: ['1.2.0'], live: '1.0.0', version: '1.1.0', state: 'rollout-ready' });
    here.send('goOnline');
    here.send('createRelease', newRelease('1.2.0'));
    const next = { version: '1.2.0' };
    expect([here.send('startApproval', next), here.send('skipPilot', next)]).toEqual(['ok', 'ok']);
    expect([here.send('setRatio', { ...next, ratio: 5 }), here.send('startGrayscale', next)]).toEqual(['ok', 'ok']);
    expect(here.send('rollback', { version: '1.0.0' })).toBe('STATUS_NOT_ALLOWED');
    expect(here.send('cancelRelease', next)).toBe('ok');
    expect(here.send('rollback', { version: '1.0.0' })).toBe('ok');
  });

  test('a ratio is set, takes effect at startGrayscale, and only rises', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'rollout-ready' });
    const ratio = () => here.find()?.['grayRatio'];
    expect(here.send('startGrayscale')).toBe('RATIO_MISSING');
    for (const wrong of [0, 101, -1, 2.5]) expect(here.send('setRatio', { ratio: wrong })).toBe('RATIO_INVALID');
    expect(here.send('setRatio', { ratio: '20' })).toBe('PARAM_INVALID');
    expect([here.send('setRatio', { ratio: 20 }), here.send('setRatio', { ratio: 20 }), ratio()]).toEqual([
      'ok',
      'ok',
      0,
    ]);
    expect([here.send('startGrayscale'), ratio()]).toEqual(['ok', 20]);
    expect(here.send('startGrayscale')).toBe('STATUS_NOT_ALLOWED');
    for (const low of [19, 20]) expect(here.send('setRatio', { ratio: low })).toBe('RATIO_MUST_INCREASE');
    expect([here.send('setRatio', { ratio: 100 }), ratio()]).toEqual(['ok', 20]);
    expect([here.send('startGrayscale'), ratio()]).toEqual(['ok', 100]);
    expect([here.send('cancelRelease'), ratio()]).toEqual(['ok', 0]);
    expect([here.send('startApproval'), here.send('skipPilot')]).toEqual(['ok', 'ok']);
    expect(here.send('startGrayscale')).toBe('RATIO_MISSING');
  });

  test('the whitelist is a count: no ID is kept, duplicates in a request count once, and the test needs one', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
    const userIds = ['6281234567890', '6281234567891', '6281234567890'];
    expect(here.send('startPilot')).toBe('WHITELIST_EMPTY');
    expect(here.send('addWhitelist', { userIds })).toBe('ok');
    expect(here.find()?.['whitelistCount']).toBe(2);
    expect([here.send('startPilot'), here.send('startPilot')]).toEqual(['ok', 'STATUS_NOT_ALLOWED']);
    expect([here.send('addWhitelist', { userIds: ['x'] }), here.send('startPilot')]).toEqual(['ok', 'ok']);
    expect(JSON.stringify(here.state())).not.toContain('62812345');
  });

  test('a state that holds hashes of user IDs, as earlier ones did, is none', () => {
    const state = portal({ live: '1.0.0' }).state();
    const [app] = state.apps;
    const withHashes = app?.releases.map(({ whitelistCount: _, ...release }) => ({
      ...release,
      whitelist: ['0'.repeat(16)],
    }));
    expect(SandboxState.safeParse(state).success).toBe(true);
    expect(SandboxState.safeParse({ ...state, apps: [{ ...app, releases: withHashes }] }).success).toBe(false);
  });

  test('the state is the same whichever user IDs were added', () => {
    const stateAfter = (userIds: readonly string[]) => {
      const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
      here.send('addWhitelist', { userIds });
      return here.state();
    };
    expect(stateAfter(['7', '8'])).toEqual(stateAfter(['355762', 'someone']));
  });

  test.each([0, 500, 501])('%i user IDs in a call', (length) => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
    const userIds = Array.from({ length }, (_, i) => `u${i}`);
    expect(here.send('addWhitelist', { userIds })).toBe(length === 500 ? 'ok' : 'PARAM_INVALID');
  });
});

describe('the answers', () => {
  test.each([
    ['a missing field', 'startApproval', { sourceSpaceId: undefined }],
    ['a number for an identifier', 'startApproval', { appId: 2.088e21 }],
    ["another's space", 'startApproval', { sourceSpaceId: 'theirs' }],
    ['page 0', 'findRelease', { currentPage: '0', pageSize: '10' }],
    ['no page', 'listReleases', { version: undefined }],
    ['a page too large', 'listReleases', { version: undefined, currentPage: '1', pageSize: '101' }],
    ['no field of its own', 'createRelease', {}],
  ] as const)('%s is PARAM_INVALID', (_, name, fields) => {
    expect(portal({ version: '1.1.0', state: 'created' }).send(name, fields)).toBe('PARAM_INVALID');
  });

  test('an unreadable body is PARAM_INVALID, an unknown path or method 404', () => {
    const at = (method: string, url: string, fields: unknown) =>
      answer(newPortal(SEED, NOW), { method, path: url, fields }, NOW, { review: AT_ONCE }).response;
    expect(at('POST', '/rest/intercnn/app/publish/online', undefined).body.errorCode).toBe('PARAM_INVALID');
    for (const [method, url] of [
      ['GET', '/rest/intercnn/app/publish/online'],
      ['POST', '/app/publish/online'],
    ] as const)
      expect(at(method, url, {})).toMatchObject({ status: 404, body: { success: false, errorCode: 'NOT_FOUND' } });
  });

  test('each has a trace id of its own', () => {
    const here = portal();
    const ids = [1, 2, 3].map(() => here.ask('goOnline', {}).body.traceId);
    expect(new Set(ids).size).toBe(3);
  });

  test('lists are paged from 1, newest first', () => {
    const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'];
    const here = portal({ versions });
    for (const version of versions) here.send('createRelease', newRelease(version));
    for (const name of ['listVersions', 'listReleases'] as const) {
      const page = (currentPage: string) =>
        listOf(
          here.ask(name, { appId: APP, spaceId: 'space', channelCode: 'GOPAY', currentPage, pageSize: '2' }).body.data,
        ).map((item) => item['version']);
      expect([page('1'), page('2'), page('3'), page('4')]).toEqual([
        ['1.4.0', '1.3.0'],
        ['1.2.0', '1.1.0'],
        ['1.0.0'],
        [],
      ]);
    }
  });

  test('a publishId has 19 to 22 digits that a number would lose, and is one of its kind', () => {
    const versions = Array.from({ length: 12 }, (_, i) => `1.${i}.0`);
    const here = portal({ versions });
    for (const version of versions) here.send('createRelease', newRelease(version));
    const ids = versions.map((version) => String(here.find(version)?.['publishId']));
    expect(new Set(ids).size).toBe(12);
    for (const id of ids) {
      expect(id).toMatch(/^\d{18,21}[1-9]$/);
      expect(BigInt(Number(id))).not.toBe(BigInt(id));
    }
  });

  test('gmtModified rises with each change of status or ratio, within a millisecond too, and with nothing else', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
    const modified = () => Number(here.find()?.['gmtModified']);
    const steps: [Name, Fields, boolean][] = [
      ['addWhitelist', { userIds: ['a'] }, false],
      ['startPilot', {}, true],
      ['skipPilot', {}, true],
      ['setRatio', { ratio: 5 }, false],
      ['startGrayscale', {}, true],
      ['setRatio', { ratio: 20 }, false],
      ['startGrayscale', {}, true],
      ['goOnline', {}, true],
      ['goOnline', {}, false],
    ];
    for (const [name, fields, changes] of steps) {
      const before = modified();
      here.send(name, fields);
      expect([name, modified() > before]).toEqual([name, changes]);
    }
  });

  test('the history says who did what, newest first', () => {
    const here = portal({ versions: ['1.1.0'] }, { mode: 'reject', afterMs: 1000, reason: 'blurred icon' });
    here.send('createRelease', { ...newRelease(), changelog: 'new icon' });
    here.send('startApproval');
    const { list } = here.ask('releaseHistory', asRelease('1.1.0'), NOW + 5000).body.data as { list: unknown[] };
    expect(list).toEqual([
      { type: 'REJECT', operator: 'sandbox-administrator', time: NOW + 1000, comment: 'blurred icon' },
      { type: 'APPLY', operator: 'sandbox-developer', time: NOW, comment: '' },
      { type: 'CREATE', operator: 'sandbox-developer', time: NOW, comment: 'new icon' },
    ]);
  });
});

describe('the administrator', () => {
  const applied = (review: Review) => {
    const here = portal({ versions: ['1.1.0'] }, review);
    here.send('createRelease', newRelease());
    here.send('startApproval');
    return here;
  };

  test('approves when it is due, whenever somebody asks', () => {
    const here = applied({ mode: 'approve', afterMs: 60_000 });
    expect(here.status('1.1.0', NOW + 59_999)).toBe('APPROVE');
    expect(here.find('1.1.0', NOW + 3_600_000)).toMatchObject({ versionStatus: 'PASSED', gmtModified: NOW + 60_000 });
  });

  test('has acted before a withdrawal that comes too late', () => {
    const here = applied({ mode: 'approve', afterMs: 60_000 });
    expect(here.send('cancelApproval', {}, NOW + 60_000)).toBe('STATUS_NOT_ALLOWED');
  });

  test('does not decide on a withdrawn request', () => {
    const here = applied({ mode: 'approve', afterMs: 60_000 });
    here.send('cancelApproval', {}, NOW + 1);
    expect(here.status('1.1.0', NOW + 90_000)).toBe('CANCELLED');
  });

  test('rejects with a reason, which a new request clears', () => {
    const here = applied({ mode: 'reject', afterMs: 1000, reason: 'blurred icon' });
    expect(here.find('1.1.0', NOW + 1000)).toMatchObject({ versionStatus: 'REJECTED', approveComment: 'blurred icon' });
    expect(here.send('startApproval', {}, NOW + 2000)).toBe('ok');
    expect(here.find('1.1.0', NOW + 2000)).toMatchObject({ versionStatus: 'APPROVE', approveComment: '' });
  });

  test('may never come', () => {
    expect(applied({ mode: 'never' }).status('1.1.0', NOW + 1e12)).toBe('APPROVE');
  });
});

describe('the journal', () => {
  test('holds each write, accepted or refused; reads are counted', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
    here.send('addWhitelist', { userIds: ['a', 'b'] });
    here.send('setRatio', { ratio: 20 }, NOW + 5);
    here.send('login', { username: 'somebody', password: 'hunter2hunter2' });
    for (let i = 0; i < 50; i += 1) here.find();
    const { journal, reads } = here.state();
    const on = { appId: APP, channelCode: 'GOPAY', version: '1.1.0' };
    expect(journal).toEqual([
      { operation: 'addWhitelist', timeMs: NOW, traceId: 'sandbox-00000001', errorCode: '', ...on, userIdCount: 2 },
      {
        operation: 'setRatio',
        timeMs: NOW + 5,
        traceId: 'sandbox-00000002',
        errorCode: 'STATUS_NOT_ALLOWED',
        ...on,
        ratioPercent: 20,
      },
      { operation: 'login', timeMs: NOW, traceId: 'sandbox-00000003', errorCode: '' },
    ]);
    expect(reads).toEqual({ findRelease: 50 });
    expect(JSON.stringify(here.state())).not.toMatch(/hunter2|somebody/);
  });

  test('a request leaves the state that it was given as it was', () => {
    const before = newPortal({ ...SEED, version: '1.1.0', state: 'created' }, NOW);
    const copy = structuredClone(before);
    const call = {
      method: 'POST',
      path: '/rest/intercnn/app/publish/version/startApprove',
      fields: asRelease('1.1.0'),
    };
    expect(answer(before, call, NOW, { review: AT_ONCE }).response.body.success).toBe(true);
    expect(before).toEqual(copy);
  });

  test('a request copies no line of the journal or the history, so that its cost does not grow with them', () => {
    const here = portal({ live: '1.0.0', version: '1.1.0', state: 'approved' });
    here.send('addWhitelist', { userIds: ['a'] });
    const before = here.state();
    here.send('addWhitelist', { userIds: ['b'] });
    const after = here.state();
    expect([before.journal.length, after.journal.length]).toEqual([1, 2]);
    expect(after.journal[0]).toBe(before.journal[0]);
    const historyOf = (state: SandboxState) => state.apps[0]?.releases[1]?.history;
    expect(historyOf(after)).toHaveLength((historyOf(before)?.length ?? 0) + 1);
    expect(historyOf(after)?.[0]).toBe(historyOf(before)?.[0]);
  });
});

describe('the seed', () => {
  test('a version cannot be both live and something else', () => {
    const seed = { ...SEED, live: '1.1.0', version: '1.1.0', state: 'approved' } as const;
    expect(() => newPortal(seed, NOW)).toThrow(SandboxInvalid);
  });

  test('without a target app, the first one that is named takes the seeded releases over', () => {
    const { channelCode: _, ...seed } = { ...SEED, live: '1.0.0' };
    let state = newPortal(seed, NOW);
    for (const channelCode of ['GOPAY', 'OTHER']) {
      const fields = { appId: APP, channelCode, currentPage: '1', pageSize: '10' };
      const call = { method: 'GET', path: '/rest/intercnn/app/publish/version/query', fields };
      const result = answer(state, call, NOW, { review: AT_ONCE });
      state = result.state;
      expect(listOf(result.response.body.data)).toHaveLength(channelCode === 'GOPAY' ? 1 : 0);
    }
  });
});

describe('the server', () => {
  let folder: string;
  const open: Sandbox[] = [];
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const seed: Seed = { ...SEED, live: '1.0.0', version: '1.1.0', state: 'approved' };
  const start = async (options: Partial<ServerOptions> = {}) => {
    const sandbox = await startSandbox({ rules: { review: AT_ONCE }, seed, now: () => NOW, ...options });
    open.push(sandbox);
    return sandbox;
  };
  const call = async (sandbox: { url: string }, name: Name, fields: Fields, headers: Record<string, string> = {}) => {
    const [method = '', url] = PATHS[name].split(' ');
    const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>)}` : '';
    const response = await fetch(`${sandbox.url}/rest/intercnn${url}${query}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: JSON.stringify(fields) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
  const find = { appId: APP, channelCode: 'GOPAY', version: '1.1.0', currentPage: '1', pageSize: '10' };
  const statusOf = async (sandbox: Sandbox) =>
    listOf((await call(sandbox, 'findRelease', find)).body.data)[0]?.['versionStatus'];

  test('two servers share one file, which is private, and a later seed is not looked at', async () => {
    const file = path.join(folder, 'deep', 'state.json');
    const [one, two] = [await start({ file }), await start({ file, seed: SEED })];
    expect((await call(one, 'skipPilot', asRelease('1.1.0'))).body.success).toBe(true);
    expect(await statusOf(two)).toBe('GRAY_WAIT');
    expect(two.read().journal).toHaveLength(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['state.json']);
  });

  test('a file that was changed from outside is read again, even with the same size, time and inode', async () => {
    const file = path.join(folder, 'state.json');
    const sandbox = await start({ file });
    expect(await statusOf(sandbox)).toBe('PASSED');
    const before = statSync(file);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"PASSED"', '"ONLINE"'));
    utimesSync(file, before.atime, before.mtime);
    expect([statSync(file).size, statSync(file).ino]).toEqual([before.size, before.ino]);
    expect(await statusOf(sandbox)).toBe('ONLINE');
  });

  test('what a killed process left behind is passed over', async () => {
    const file = path.join(folder, 'state.json');
    await start({ file });
    writeFileSync(`${file}.99999-0a0b0c0d.tmp`, '{"kind":"gopay-mini');
    writeFileSync(`${file}.lock`, '');
    utimesSync(`${file}.lock`, 0, 0);
    expect(await statusOf(await start({ file }))).toBe('PASSED');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  describe('a file that is no state is an error that says which, and is left alone', () => {
    const SECRET = 'hunter2hunter2';
    const whole = JSON.stringify(newPortal(seed, NOW));
    const FILES: [string, (file: string) => void, RegExp][] = [
      ['truncated', (file) => writeFileSync(file, whole.slice(0, -20)), /is not JSON, or was cut off/],
      ['empty', (file) => writeFileSync(file, ''), /is not JSON, or was cut off/],
      [
        'foreign JSON',
        (file) => writeFileSync(file, JSON.stringify({ [SECRET]: SECRET })),
        /not the state of a sandbox/,
      ],
      [
        'of another schema',
        (file) => writeFileSync(file, whole.replace('"schemaVersion":1', '"schemaVersion":2')),
        /not the state of a sandbox \(at schemaVersion\)/,
      ],
      [
        'with a key too many',
        (file) => writeFileSync(file, whole.replace('"uploads"', `"${SECRET}":1,"uploads"`)),
        /not the state of a sandbox \(at apps.0\)/,
      ],
      ['a folder', (file) => mkdirSync(file), /is not a regular file/],
      [
        'a symbolic link',
        (file) => {
          writeFileSync(`${file}.real`, whole);
          symlinkSync(`${file}.real`, file);
        },
        /is a symbolic link/,
      ],
      ['a dangling link', (file) => symlinkSync(`${file}.real`, file), /is a symbolic link/],
    ];
    test.each(FILES)('%s', async (_, make, message) => {
      const file = path.join(folder, 'state.json');
      make(file);
      const before = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : '';
      const error: unknown = await start({ file }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SandboxInvalid);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain('"state.json"');
      expect(String(error)).not.toMatch(new RegExp(`${SECRET}|${folder}`));
      if (before) expect(readFileSync(file, 'utf8')).toBe(before);
    });

    test.each([
      ['turns invalid', (file: string) => writeFileSync(file, '{}')],
      ['goes away', (file: string) => rmSync(file)],
    ])('while serving, where it %s', async (_, harm) => {
      const file = path.join(folder, 'state.json');
      const sandbox = await start({ file });
      harm(file);
      const { status, body } = await call(sandbox, 'findRelease', find);
      expect([status, body.success, body.errorCode]).toEqual([500, false, 'SANDBOX_INVALID']);
      expect(sandbox.failure).toBeInstanceOf(SandboxInvalid);
      expect(() => sandbox.read()).toThrow(SandboxInvalid);
    });
  });

  thoroughTest(
    'processes that write at the same time lose nothing, and an open sandbox holds none of them',
    async () => {
      const file = path.join(folder, 'state.json');
      const first = await start({ file });
      const script = `
      const { startSandbox } = await import(${JSON.stringify(new URL('../../src/sandbox/server.ts', import.meta.url).href)});
      const sandbox = await startSandbox({ file: ${JSON.stringify(file)}, rules: { review: { mode: 'never' } }, seed: ${JSON.stringify(SEED)} });
      await Promise.all(Array.from({ length: 40 }, (_, i) => fetch(sandbox.url + '/rest/intercnn/app/publish/version/gray/whitelist/add', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...${JSON.stringify(asRelease('1.1.0'))}, userIds: [process.pid + '-' + i] }),
      }).then((response) => response.text())));`;
      const runs = [0, 1, 2].map(() => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        children.push(child);
        return once(child, 'exit');
      });
      expect(await Promise.all(runs)).toEqual([
        [0, null],
        [0, null],
        [0, null],
      ]);
      const { apps, journal } = first.read();
      expect(journal).toHaveLength(120);
      expect(apps[0]?.releases.find((r) => r.version === '1.1.0')?.whitelistCount).toBe(120);
      expect(readdirSync(folder)).toEqual(['state.json']);
    },
  );

  /** Sends a form as chunks that need not be what they seem to be cut for. */
  const sendForm = async (sandbox: Sandbox, chunks: Iterable<Buffer>, type = 'multipart/form-data; boundary=XX') => {
    const req = httpRequest(`${sandbox.url}/rest/intercnn/app/version/uploadResource`, {
      method: 'POST',
      headers: { 'content-type': type },
    });
    const answered = once(req, 'response');
    for (const chunk of chunks) if (!req.write(chunk)) await once(req, 'drain');
    req.end();
    const [response] = await answered;
    let text = '';
    for await (const part of response) text += part;
    return JSON.parse(text);
  };
  const field = (name: string, value: string) =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = `${field('spaceId', 'space')}${field('appId', APP)}${field('version', '2.0.0')}--XX\r\nContent-Disposition: form-data; name="file"; filename="${APP}_v2.0.0.zip"\r\nContent-Type: application/zip\r\n\r\n`;
  const tail = '\r\n--XX--\r\n';

  test('an upload as fetch sends it', async () => {
    const sandbox = await start();
    const form = new FormData();
    // A file that contains what looks like a delimiter, and fields behind it.
    const content = '\r\n--\r\n--formdata\r\n\r\n--X';
    form.append('file', new Blob([content], { type: 'application/zip' }), `${APP}_v2.0.0.zip`);
    for (const [name, value] of Object.entries({ spaceId: 'space', appId: APP, version: '2.0.0' }))
      form.append(name, value);
    const response = await fetch(`${sandbox.url}/rest/intercnn/app/version/uploadResource`, {
      method: 'POST',
      body: form,
    });
    const { data } = (await response.json()) as { data: { path: string } };
    expect(data.path).toBe(newRelease('2.0.0').artifactList[0]);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(sandbox.read().apps[0]?.uploads).toEqual([
      { version: '2.0.0', path: data.path, bytes: content.length, sha256 },
    ]);
  });

  test('an upload that arrives byte by byte', async () => {
    const sandbox = await start();
    const bytes = Buffer.from(`${head}PK\r\n--X\r\n${tail}`);
    const answered = await sendForm(
      sandbox,
      Array.from(bytes, (byte) => Buffer.from([byte])),
    );
    expect(answered.success).toBe(true);
    expect(sandbox.read().apps[0]?.uploads[0]?.bytes).toBe('PK\r\n--X\r\n'.length);
  });

  test.each([
    ['cut off', `${head}PK`, undefined],
    ['cut off in its head', head.slice(0, -10), undefined],
    ['empty', `${head}${tail}`, undefined],
    [
      'without a file',
      `${field('spaceId', 'space')}${field('appId', APP)}${field('version', '2.0.0')}--XX--`,
      undefined,
    ],
    ['no form', `${head}PK${tail}`, 'application/json'],
    ['without a boundary', `${head}PK${tail}`, 'multipart/form-data'],
    ['with a head without end', `--XX\r\n${'x'.repeat(200_000)}`, undefined],
    ['with parts without end', `${field('x', 'y').repeat(50)}${head}PK${tail}`, undefined],
  ])('an upload %s is refused', async (_, text, type) => {
    const sandbox = await start();
    expect((await sendForm(sandbox, [Buffer.from(text)], type)).errorCode).toBe('PARAM_INVALID');
    expect(sandbox.read().apps[0]?.uploads).toEqual([]);
  });

  test.each([
    ['file', head, true],
    ['field', head.replace(/; filename.*/, ''), false],
    ['head', head.slice(0, -4), false],
  ])('a form with a %s of 200 MB passes through and is not held', async (_, before, accepted) => {
    const sandbox = await start();
    const mebibyte = Buffer.alloc(1024 * 1024, '\r\n--X');
    const held = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const heldBefore = held();
    let most = 0;
    const chunks = function* () {
      yield Buffer.from(before);
      for (let i = 0; i < 200; i += 1) {
        most = Math.max(most, held() - heldBefore);
        yield mebibyte;
      }
      yield Buffer.from(tail);
    };
    expect((await sendForm(sandbox, chunks())).success).toBe(accepted);
    expect(sandbox.read().apps[0]?.uploads[0]?.bytes).toBe(accepted ? 200 * 1024 * 1024 : undefined);
    expect(most).toBeLessThan(100 * 1024 * 1024);
  });

  test('a JSON body over 8 MiB is refused', async () => {
    const sandbox = await start();
    const fields = (length: number) => ({ ...newRelease('1.1.0'), channelCode: 'X', changelog: 'x'.repeat(length) });
    expect((await call(sandbox, 'createRelease', fields(8 * 1024 * 1024))).body.errorCode).toBe('PARAM_INVALID');
    expect((await call(sandbox, 'createRelease', fields(8 * 1024 * 1024 - 1000))).body.success).toBe(true);
  });

  test('a client that leaves in the middle of a request changes nothing and breaks nothing', async () => {
    const sandbox = await start();
    const req = httpRequest(`${sandbox.url}/rest/intercnn/app/publish/online`, { method: 'POST' });
    req.on('error', () => {});
    await new Promise((resolve) => req.write('{', resolve));
    req.destroy();
    expect(await statusOf(sandbox)).toBe('PASSED');
    expect([sandbox.failure, sandbox.read().journal]).toEqual([undefined, []]);
  });

  test('close waits neither for connections that are kept alive nor for half a request', async () => {
    const sandbox = await startSandbox({ rules: { review: AT_ONCE }, seed });
    const agent = new Agent({ keepAlive: true });
    const req = httpRequest(`${sandbox.url}/nowhere`, { agent }).end();
    const [response] = await once(req, 'response');
    response.resume();
    await once(response, 'end');
    expect(response.statusCode).toBe(404);
    const half = httpRequest(`${sandbox.url}/rest/intercnn/app/publish/online`, { method: 'POST' });
    half.on('error', () => {});
    await new Promise((resolve) => half.write('{', resolve));
    await sandbox.close();
    agent.destroy();
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });

  test('with a user name and password: a session that ends', async () => {
    let nowMs = NOW;
    const credentials = { username: 'u', password: 'p', sessionTtlMs: 60_000 };
    const sandbox = await start({ now: () => nowMs, credentials });
    expect((await call(sandbox, 'login', { username: 'u', password: 'wrong' })).body.errorCode).toBe('LOGIN_FAILED');
    const cookie = (await call(sandbox, 'login', { username: 'u', password: 'p' })).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^SESSION=[0-9a-f]{32}; Path=\/; HttpOnly$/);
    const headers = { cookie: `other=1; ${cookie.split(';')[0]}` };
    expect((await call(sandbox, 'findRelease', find, headers)).body.success).toBe(true);
    nowMs += 60_000;
    for (const late of [headers, {}]) {
      const { status, body } = await call(sandbox, 'skipPilot', asRelease('1.1.0'), late);
      expect([status, body.success, body.errorMsg]).toEqual([200, false, 'user not login']);
    }
    expect(sandbox.read().journal.map((line) => [line.operation, line.errorCode])).toEqual([
      ['login', 'LOGIN_FAILED'],
      ['login', ''],
      ['skipPilot', 'NOT_LOGIN'],
      ['skipPilot', 'NOT_LOGIN'],
    ]);
  });

  test('with a cookie: that one, and no login', async () => {
    const sandbox = await start({ credentials: { cookie: 'SESSION=abc', notLoggedIn: 401 } });
    expect((await call(sandbox, 'findRelease', find, { cookie: 'SESSION=abc' })).body.success).toBe(true);
    expect((await call(sandbox, 'findRelease', find, { cookie: 'SESSION=abcd' })).status).toBe(401);
    expect((await call(sandbox, 'login', { username: 'u', password: 'p' })).body.errorCode).toBe('LOGIN_FAILED');
  });

  test('an identifier as a bare integer keeps its digits', async () => {
    const text = (sandbox: Sandbox) => call(sandbox, 'findRelease', find).then((answered) => answered.text);
    expect(await text(await start())).toMatch(/"publishId":"\d{22}"/);
    expect(await text(await start({ bareIds: true }))).toMatch(/"publishId":\d{22},/);
  });
});

describe('the options', () => {
  const options = (text: string) => {
    const parsed = parseSandboxUrl(text);
    return parsed.ok ? parsed.options : parsed.faults;
  };

  test('what they mean', () => {
    expect(options('sandbox')).toEqual({ review: { mode: 'approve', afterMs: 2000 }, versions: [] });
    expect(options('sandbox?')).toEqual(options('sandbox'));
    expect(options('sandbox?review=reject&reason=The+icon%20is+blurred&after=15m&file=s/state.json')).toEqual({
      review: { mode: 'reject', afterMs: 900_000, reason: 'The icon is blurred' },
      versions: [],
      file: 's/state.json',
    });
    expect(options('sandbox?review=never&versions=1.0.0,1.1.0-rc.1&live=1.0.0&state=grayscale')).toEqual({
      review: { mode: 'never' },
      versions: ['1.0.0', '1.1.0-rc.1'],
      live: '1.0.0',
      state: 'grayscale',
    });
  });

  test.each([
    ['0s', 0],
    ['90s', 90_000],
    ['15m', 900_000],
    ['6h', 21_600_000],
    ['2d', 172_800_000],
  ])('after=%s', (after, afterMs) => {
    expect(options(`sandbox?after=${after}`)).toMatchObject({ review: { afterMs } });
  });

  test.each([
    ['sandbox:', /is not "sandbox"/],
    ['sandboxes', /is not "sandbox"/],
    [
      'sandbox?revew=never',
      /unknown option "revew"; known are after, dialect, file, live, reason, review, state, versions/,
    ],
    ['sandbox?review=maybe', /review is "maybe", and takes approve, reject, never/],
    ['sandbox?after=2', /after is "2", and takes a duration/],
    ['sandbox?after=-2s', /after is/],
    ['sandbox?after=9999999d', /after is/],
    ['sandbox?live=1.0', /live is "1.0", and takes a version/],
    ['sandbox?live=', /live is ""/],
    ['sandbox?versions=1.0.0,,1.1.0', /versions is/],
    ['sandbox?state=none', /state is "none", and takes created, in-review/],
    ['sandbox?state=toString', /state is/],
    ['sandbox?file=../state.json', /file is "..\/state.json", and takes a path inside the workspace/],
    ['sandbox?file=a/../../b', /file is/],
    ['sandbox?file=', /file is/],
    ['sandbox?reason=because', /reason needs review=reject/],
    ['sandbox?live=1.0.0&live=1.1.0', /live is given more than once/],
    ['sandbox?__proto__=1', /unknown option/],
  ])('%s', (text, fault) => {
    expect(options(text)).toEqual([expect.stringMatching(fault)]);
  });

  test('every fault at once', () => {
    expect(options('sandbox?x=1&review=maybe&after=soon&live=1&state=gone&versions=a')).toHaveLength(6);
  });
});

describe('the one public client', () => {
  // The calls and fields of NTA24/smartapp1, deploy-api.js, in its order; only the address is the sandbox's.
  const ACCOUNT = { username: 'releaser', password: 'correct-horse' };
  const NAME = `${APP}_v1.0.1_poc.zip`;
  const PATH = `app/version/${APP}/1.0.1/${NAME}`;

  async function clientOf(sandbox: Sandbox) {
    const login = await fetch(`${sandbox.url}/rest/intercnn/user/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ACCOUNT),
    });
    const headers = {
      cookie: login.headers.getSetCookie().map((one) => one.split(';')[0])[0] ?? '',
      origin: sandbox.url,
      referer: `${sandbox.url}/superapp`,
      'bx-v': '2.5.36',
      'logger-account': '',
    };
    const send = async (address: string, init: RequestInit = {}) => {
      const response = await fetch(`${sandbox.url}/rest/intercnn${address}`, {
        ...init,
        headers: { ...headers, ...(init.headers as object) },
      });
      return { http: response.status, ...((await response.json()) as { success: boolean; data: unknown }) };
    };
    return {
      get: (address: string, query: Record<string, string>) => send(`${address}?${new URLSearchParams(query)}`),
      post: (address: string, body: unknown) =>
        send(address, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      form: (address: string, body: FormData) => send(address, { method: 'POST', body }),
    };
  }

  test('releases a version in its own sequence of calls', async () => {
    const sandbox = await startSandbox({
      rules: { review: AT_ONCE },
      seed: { ...SEED, versions: ['1.0.0'] },
      credentials: ACCOUNT,
    });
    const client = await clientOf(sandbox);
    const ids = { appId: APP, channelCode: 'GOPAY', version: '1.0.1' };
    const release = { ...ids, sourceSpaceId: 'space' };
    const page = { currentPage: '1', pageSize: '10' };
    const succeeded = { http: 200, success: true };

    const versions = await client.get('/app/version/query', { ...page, appId: APP, spaceId: 'space' });
    expect(listOf(versions.data)[0]?.['version']).toBe('1.0.0');
    const form = new FormData();
    for (const [name, value] of [
      ['spaceId', 'space'],
      ['appId', APP],
      ['version', '1.0.1'],
    ] as const) {
      form.append(name, value);
    }
    form.append('file', new Blob(['zip'], { type: 'application/zip' }), NAME);
    expect(await client.form('/app/version/uploadResource', form)).toMatchObject({
      ...succeeded,
      data: { path: PATH },
    });
    const artifact = { artifactList: [PATH], artifactType: 'FILE' };
    const version = { appId: APP, ...artifact, name: '1.0.1', source: 'UPLOAD', version: '1.0.1' };
    expect(await client.post('/app/version/create', version)).toMatchObject(succeeded);
    expect(await client.post('/app/publish/version/create', { ...ids, changelog: '', ...artifact })).toMatchObject(
      succeeded,
    );
    const description = { name: 'Shop', icon: 'icon/app/a.jpg', iconPublicUrl: 'https://files.example/a.jpg' };
    expect(await client.post('/app/update', { appId: APP, description })).toMatchObject(succeeded);
    expect(await client.post('/app/publish/version/startApprove', release)).toMatchObject(succeeded);
    const found = await client.get('/app/publish/version/query', { ...ids, currentPage: '1', pageSize: '20' });
    expect(listOf(found.data)[0]).toMatchObject({ version: '1.0.1', versionStatus: 'PASSED' });
    const history = await client.get('/app/publish/version/history/query', ids);
    expect(listOf(history.data).map(({ type }) => type)).toEqual(['PASS', 'APPLY', 'CREATE']);
    expect(await client.post('/app/publish/version/gray/skipBeta', release)).toMatchObject(succeeded);
    expect(await client.post('/app/publish/online', release)).toMatchObject(succeeded);

    expect(sandbox.read().apps[0]?.releases.map((one) => `${one.version} ${one.status}`)).toEqual(['1.0.1 ONLINE']);
    expect(sandbox.read().journal.map(({ operation, errorCode }) => operation + errorCode)).toEqual([
      'login',
      'uploadPackage',
      'createVersion',
      'createRelease',
      'startApproval',
      'skipPilot',
      'goOnline',
    ]);
    await sandbox.close();
  });

  test('finds the login form at each address at which clients look for it', async () => {
    const sandbox = await startSandbox({ rules: { review: AT_ONCE }, seed: SEED, credentials: ACCOUNT });
    for (const address of ['/', '/login', '/superapp#/login']) {
      const response = await fetch(`${sandbox.url}${address}`);
      expect(response.headers.get('content-type'), address).toContain('text/html');
      const html = await response.text();
      for (const part of ['id="username"', 'id="password"', '#/overview']) expect(html, address).toContain(part);
    }
    await sandbox.close();
  });

  test('may not change name and icon without a session', async () => {
    const sandbox = await startSandbox({ rules: { review: AT_ONCE }, seed: SEED, credentials: ACCOUNT });
    const response = await fetch(`${sandbox.url}/rest/intercnn/app/update`, { method: 'POST' });
    expect(await response.json()).toMatchObject({ success: false, errorCode: 'NOT_LOGIN' });
    await sandbox.close();
  });
});
