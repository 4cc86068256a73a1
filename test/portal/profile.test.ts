/** The check of a profile file: what it may say, what an enemy may not, and that faults name their place. */

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkProfile, loadProfile } from '../../src/portal/profile/load.ts';
import { assertSupported, openProfile } from '../../src/portal/profile/open.ts';
import { defaultProfile, templateIn } from '../../src/portal/profile/profile.ts';
import { fill, fillPath, fillText, placeholdersOf } from '../../src/portal/profile/template.ts';
import { OPERATIONS, type Stage } from '../../src/release/lifecycle.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const faultsOf = (changes: unknown) => checkProfile(changes).faults.join('\n');
const operation = (name: string, changes: unknown) => ({ operations: { [name]: changes } });

test('the default profile is profiles/superapp.json', () => {
  const file = fileURLToPath(new URL('../../profiles/superapp.json', import.meta.url));
  expect(defaultProfile).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});

describe('a template', () => {
  const values = { version: '1.0/2', ratio: 20, userIds: ['a', 'b'] };
  test.each<[unknown, unknown]>([
    ['{ratio}', 20],
    ['{userIds}', ['a', 'b']],
    ['{ratio} %', '20 %'],
    ['{unknown}', undefined],
    [{ a: ['{ratio}', null, true, 7] }, { a: [20, null, true, 7] }],
  ])('%j is filled as %j', (template, filled) => expect(fill(template, values)).toEqual(filled));

  test('of a text or a path has nothing for a missing value, and a path is encoded', () => {
    expect(fillText('v{version}{unknown}', values)).toBe('v1.0/2');
    expect(fillPath('/v/{version}{unknown}', values)).toBe('/v/1.0%2F2');
  });

  test('names its placeholders, however deep they are', () => {
    expect(placeholdersOf({ a: ['{ratio}-{version}'], b: null, c: '{b c}' })).toEqual(['ratio', 'version']);
  });
});

describe('the profile of a run', () => {
  test('is the default one where no file is named', async () => {
    expect(await openProfile(undefined, '/nowhere', '/nowhere')).toBe(defaultProfile);
    expect(await openProfile('', '/nowhere', '/nowhere')).toBe(defaultProfile);
  });

  test.each<[readonly Stage[], boolean, Record<string, null>, string | undefined]>([
    [['release'], false, {}, undefined],
    [['release'], false, { goOnline: null, skipPilot: null }, 'skipPilot, goOnline, which release needs'],
    [['status'], false, { goOnline: null, login: null }, undefined],
    [['status'], true, { login: null }, 'login, which status needs'],
    [['status'], false, { findRelease: null }, undefined],
    [['status'], false, { findRelease: null, listReleases: null }, 'findRelease, which status needs'],
  ])('supports %j (login needed: %j) without %j: what is missing is %j', (stages, needsLogin, operations, missing) => {
    const { profile = defaultProfile } = checkProfile({ operations });
    const check = () => assertSupported(profile, stages, needsLogin);
    if (missing === undefined) expect(check).not.toThrow();
    else
      expect(check).toThrow(
        expect.objectContaining({ code: 'profile-invalid', found: expect.stringContaining(missing) }),
      );
  });
});

describe('what a profile may say', () => {
  test('the default profile is valid and supports every operation', () => {
    expect(checkProfile({})).toEqual({ profile: defaultProfile, faults: [] });
    expect(Object.keys(defaultProfile.operations).sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  test('objects merge, arrays and scalars replace, null takes away', () => {
    const { profile } = checkProfile({
      pageSize: 20,
      envelope: { success: { at: 'code', equals: 0 }, notLoggedIn: { httpStatuses: [403] } },
      operations: { listReleases: null, setRatio: { body: { ratio: null, percent: '{ratio}' } } },
      headers: { Referer: null, 'Logger-Space': '{spaceId}' },
      statuses: { 3: { state: 'busy', mark: 'observed' } },
    });
    expect(profile?.pageSize).toBe(20);
    expect(profile?.envelope.success).toEqual({ at: 'code', equals: 0 });
    expect(profile?.envelope.notLoggedIn).toEqual({ ...defaultProfile.envelope.notLoggedIn, httpStatuses: [403] });
    expect(profile?.operations.listReleases).toBeUndefined();
    expect(Object.keys((profile && templateIn(profile, 'setRatio'))?.body ?? {})).toEqual([
      'appId',
      'sourceSpaceId',
      'channelCode',
      'version',
      'percent',
    ]);
    expect(profile?.headers).toEqual({ Origin: '{origin}', 'Logger-Space': '{spaceId}' });
    expect(profile?.statuses['3']).toEqual({ state: 'busy', mark: 'observed' });
    expect(profile?.statuses['APPROVE']?.state).toBe('in-review');
  });

  test.each([
    ['a header credential', { credential: { in: 'header', name: 'X-Token' }, operations: { login: null } }],
    [
      'a bearer token from the login',
      {
        credential: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' },
        operations: { login: { answer: ['data.token'] } },
      },
    ],
    ['a query credential', { credential: { in: 'query', name: 'token' }, operations: { login: null } }],
    ['a login by the browser', { login: { by: 'browser' } }],
    ['one login page', { login: { by: 'browser', page: '/login' } }],
    ['several login pages', { login: { by: 'browser', page: ['/login', '/app#/login?from=ci'] } }],
    [
      'static hosts of a login page',
      { login: { by: 'browser', staticHosts: ['cdn.example.com', 'CDN2.example.com:8443', 'localhost'] } },
    ],
    ['another scheme of the preview', { preview: { scheme: 'other-app', hosts: { 'test.example': 'otherapp.test' } } }],
    ['an empty base path', { basePath: '' }],
    ['a placeholder in a path', operation('releaseHistory', { path: '/releases/{version}/history' })],
    [
      'a read that is a POST',
      operation('findRelease', { method: 'POST', path: '/find', query: null, body: { v: '{version}' } }),
    ],
  ])('%s', (_, changes) => expect(faultsOf(changes)).toBe(''));
});

test.each(['portal', 'login'])('the profiles in docs/%s.md are valid', (name) => {
  const page = readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), 'utf8');
  const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json));
  expect(examples.length).toBeGreaterThan(1);
  // The line to complete holds dots in place of the state.
  const complete = examples.map((example) => JSON.parse(JSON.stringify(example).replace('"..."', '"in-review"')));
  for (const example of complete) expect(faultsOf(example)).toBe('');
});

describe('faults name their place, all at once', () => {
  test('an unknown placeholder, a misspelt key and a wrong state', () => {
    expect(faultsOf(operation('setRatio', { body: { ratio: '{ratioo}' } }))).toBe(
      'operations.setRatio.body.ratio: unknown placeholder {ratioo}; known here: {appId}, {spaceId}, {channelCode}, {version}, {publishId}, {ratio}.',
    );
    const faults = faultsOf({
      basepath: '/x',
      operations: { setRatoi: {}, goOnline: { pth: '/x' } },
      statuses: { 3: { state: 'live', mark: 'observed' } },
      refusals: { E1: 'because' },
      pageSize: 0,
    });
    expect(faults).toContain('basepath: unknown; did you mean basePath?');
    expect(faults).toContain('operations.setRatoi: unknown; did you mean setRatio?');
    expect(faults).toContain('operations.goOnline.pth: unknown; did you mean path?');
    expect(faults).toMatch(/^statuses\.3\.state: got "live"; takes created, .*busy\.$/m);
    expect(faults).toMatch(/^refusals\.E1: got "because"; takes not-allowed-in-state/m);
    expect(faults).toMatch(/^pageSize: got 0;/m);
  });
});

describe('an enemy may not', () => {
  const paths = (...values: string[]) => values.map((path) => [path]);

  test.each(
    paths(
      '//evil.example/x',
      'https://evil.example/x',
      'evil.example',
      '/\\evil.example',
      '/x@evil.example/',
      '/../../x',
      '/a/./b',
      '/a?x=1',
      '/a#b',
      '/a%2fonline',
      '/a;b=c',
      '/a//b',
      '/a b',
      '/a\nb',
    ),
  )('lead an address away by %j', (path) => {
    expect(faultsOf(operation('findRelease', { path }))).toContain('operations.findRelease.path: ');
    expect(faultsOf({ basePath: path })).toContain('basePath: ');
  });

  test.each(
    paths(
      '/app/publish/online',
      '/APP/publish/Online/',
      '/app/publish/online.do',
      '/app/publish/online.json',
      '/app/publish/online.1',
      '/app/publish/online.v1',
      '/app/publish/online.json.do',
      '/app/publish/online..json',
      '/app/publish/online.',
      '/app/publish/ONLINE.Json/',
      '/app/publish.v2/online',
      '/app/publish/online/.json',
      '/app/publish/.online',
      '/app/publish/..online.json',
      '/x/app/publish/online',
      '/app/publish/{channelCode}',
      '/app/{spaceId}/online',
    ),
  )('spell a read as a write by %s, whatever the method', (path) => {
    for (const method of ['GET', 'POST']) {
      const faults = faultsOf(operation('findRelease', { method, path }));
      expect(faults).toContain('operations.findRelease.path: is the address of goOnline');
    }
  });

  test('spell a read as a write of its own, or by another base path', () => {
    const own = { goOnline: { path: '/my/own' }, findRelease: { path: '/My/own/' } };
    expect(faultsOf({ operations: own })).toContain('findRelease.path: is the address of goOnline, which is a write');
    for (const path of ['/my/own.1', '/my.do/own', '/my/own/..json']) {
      const suffixed = { goOnline: { path: '/my/own.do' }, findRelease: { path } };
      expect(faultsOf({ operations: suffixed })).toContain('is the address of goOnline, which is a write');
    }
    const split = { basePath: '/rest/intercnn/app', ...operation('findRelease', { path: '/publish/online' }) };
    expect(faultsOf(split)).toContain('operations.findRelease.path: is the address of goOnline');
  });

  test('swap two writes, or spell two alike', () => {
    expect(faultsOf(operation('startApproval', { path: '/app/publish/online' }))).toContain(
      'operations.startApproval.path: is the address of goOnline (a write) in the default profile',
    );
    expect(faultsOf(operation('login', { path: '/app/publish/rollback' }))).toContain('is the address of rollback');
    const alike = { startApproval: { path: '/do' }, goOnline: { path: '/do' } };
    expect(faultsOf({ operations: alike })).toContain('is the same call as');
  });

  test.each([
    ...['Cookie', 'authorization', 'Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'X-Original-URL'],
    ...['X-Rewrite-Url', 'X-HTTP-Method-Override', 'X-Forwarded-Host', 'Proxy-Authorization', 'Accept-Encoding'],
    ...['a b', 'x\r\ny', '__proto__x:'],
  ])('set the header %j', (header) => {
    expect(faultsOf({ headers: { [header]: 'x' } })).toContain('headers.');
    if (header !== 'authorization') {
      expect(faultsOf({ credential: { in: 'header', name: header } })).toContain('credential.name');
    }
  });

  test('put the credential into a header without a name', () => {
    const faults = faultsOf({ credential: { in: 'header' }, operations: { login: null } });
    expect(faults).toBe('credential.name: missing; the header that carries the credential.');
  });

  test('break a header, or carry the password or user IDs in an address', () => {
    expect(faultsOf({ headers: { 'X-A': 'a\r\nHost: evil' } })).toContain('headers.X-A: takes visible');
    expect(faultsOf({ headers: { 'X-A': '{password}' } })).toContain('headers.X-A: unknown placeholder {password}');
    expect(faultsOf(operation('login', { query: { p: '{password}' } }))).toContain(
      '{password} may stand in the body only',
    );
    expect(faultsOf(operation('login', { path: '/login/{username}' }))).toContain('may stand in the body only');
    expect(faultsOf(operation('addWhitelist', { query: { ids: '{userIds}' } }))).toContain(
      'may stand in the body only',
    );
  });

  test('make every response the end of the session, or every read a DELETE', () => {
    expect(faultsOf({ envelope: { notLoggedIn: { httpStatuses: [200] } } })).toContain('notLoggedIn.httpStatuses.0');
    expect(faultsOf({ envelope: { notLoggedIn: { messageContains: [' '] } } })).toContain('messageContains.0');
    expect(faultsOf(operation('findRelease', { method: 'DELETE' }))).toContain('a read takes GET or POST');
  });

  test('reach prototypes', () => {
    const evil = JSON.parse(
      '{"__proto__":{"polluted":1},"operations":{"__proto__":{"x":1},"constructor":{"path":"/x"}}}',
    );
    const faults = faultsOf(evil);
    expect(faults).toContain('__proto__: is no name for anything here');
    expect(faults).toContain('operations.constructor: unknown');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('type the password elsewhere, or wait for nothing', () => {
    expect(faultsOf({ login: { by: 'browser', page: '//evil.example/' } })).toContain('login.page');
    expect(faultsOf({ login: { by: 'browser', page: 'https://evil.example/' } })).toContain('login.page');
    for (const page of [[], ['/', 'https://evil.example/'], ['//evil.example/'], '/../x', 7, null]) {
      expect(faultsOf({ login: { by: 'browser', page } })).toContain('login.page');
    }
    expect(faultsOf({ login: { by: 'browser', done: '' } })).toContain('login.done');
    expect(faultsOf({ login: { by: 'browser', username: '::-p-xpath(//a)' } })).toContain('login.username');
  });

  test.each(['https', 'javascript', 'data', 'file', 'tel', 'Gopay', 'go pay', 'gopay:', '', 7])(
    'make the preview a link of the scheme %j',
    (scheme) => {
      expect(faultsOf({ preview: { scheme } })).toContain('preview.scheme');
      expect(faultsOf({ preview: { hosts: { 'portal.example': scheme } } })).toContain('preview.hosts.portal.example');
    },
  );

  test.each([
    'https://cdn.example.com',
    'cdn.example.com/files',
    '*.example.com',
    '*',
    '.example.com',
    'a b',
    '',
    'u@cdn.example.com',
    '[::1]',
  ])('name %j as a static host', (host) => {
    expect(faultsOf({ login: { by: 'browser', staticHosts: ['cdn.example.com', host] } })).toContain(
      'login.staticHosts.1',
    );
  });
});

describe('the file', () => {
  let workspace: string;
  beforeAll(() => {
    workspace = mkdtempSync(join(tmpdir(), 'profile-'));
  });
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));
  const load = (content: string | Buffer) => {
    writeFileSync(join(workspace, 'p.json'), content);
    return loadProfile('p.json', workspace);
  };

  test('is named after itself where it has no name', async () => {
    expect((await load('\uFEFF{"pageSize": 7}')).name).toBe('p.json');
    expect((await load('{"name": "other"}')).name).toBe('other');
  });

  test.each([
    ['{"a": "s3cret",\n "b" 1}', 'is not JSON; the fault is on line 2'],
    [`{"name": "${'x'.repeat(300_000)}"}`, 'is larger than 256 KiB'],
    [`${'['.repeat(100)}`, 'nested deeper'],
    ['[]', 'takes a JSON object'],
    ['{"pageSize": 0, "whitelistBatch": 0}', '2 faults'],
  ])('%.20s', async (content, found) => {
    const error = await load(content).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'profile-invalid' });
    expect(error.found).toContain(found);
    expect(error.message).not.toContain('s3cret');
  });

  test('may be written in UTF-16, as PowerShell does', async () => {
    expect((await load(Buffer.from('\uFEFF{"name": "other"}', 'utf16le'))).name).toBe('other');
  });

  test('may lie in the workspace or, named absolutely, in RUNNER_TEMP; another place is refused by naming both', async () => {
    const temp = mkdtempSync(join(tmpdir(), 'profile-temp-'));
    writeFileSync(join(temp, 't.json'), '{"name": "of-temp"}');
    writeFileSync(join(workspace, 'p.json'), '{"name": "of-workspace"}');
    symlinkSync('/etc/hostname', join(workspace, 'link.json'));
    symlinkSync('/etc/hostname', join(temp, 'link.json'));
    try {
      expect((await loadProfile(join(temp, 't.json'), workspace, temp)).name).toBe('of-temp');
      expect((await loadProfile(join(workspace, 'p.json'), workspace, temp)).name).toBe('of-workspace');
      for (const path of ['../x.json', '/etc/hostname', 'link.json', join(temp, 'link.json')]) {
        await expect(loadProfile(path, workspace, temp)).rejects.toMatchObject({
          code: 'profile-invalid',
          found: expect.stringMatching(/leaves the workspace; allowed are the workspace and.*RUNNER_TEMP/),
        });
      }
    } finally {
      rmSync(temp, { recursive: true });
    }
  });
});
