/** The codec by itself: templates -> requests, and responses -> releases, refusals and the end of the session. */

import { describe, expect, test } from 'vitest';
import { ReleaseError } from '../../src/lib/errors.ts';
import {
  type Codec,
  decodeCredential,
  decodeReceipt,
  decodeSuccess,
  encode,
  loginRefusalIn,
  packageTooLarge,
  sessionEndIn,
  writeValues,
} from '../../src/portal/codec.ts';
import { decodeHistory, decodeReleases, decodeVersions } from '../../src/portal/lists.ts';
import { defaultProfile, type Profile } from '../../src/portal/profile/profile.ts';
import { type OtherPage, ResponseError, type WireResponse } from '../../src/portal/response.ts';
import { codecWith } from '../support/codec.ts';

const codecOf = (changes: object) => codecWith(changes, { miniappId: '2088', show: (text) => text.toUpperCase() });
const CODEC = codecOf({});

const callTo = (operation: string, changes: unknown) => codecOf({ operations: { [operation]: changes } });

function response(json: unknown, status = 200, isHtml = false): WireResponse {
  return { status, headers: {}, json, isHtml };
}

function pageInstead(page: OtherPage): ResponseError {
  return new ResponseError('portal-unexpected', { found: 'a page.', effect: 'unknown' }, { status: 200, page });
}

function thrownBy(act: () => unknown): ReleaseError {
  try {
    act();
  } catch (error) {
    if (error instanceof ReleaseError) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe('a template becomes a request', () => {
  test('with the ids, the values and the headers of the profile', () => {
    const { method, url, headers, body } = encode(CODEC, 'setRatio', { version: '1.1.0', ratio: 20 });
    expect(method).toBe('POST');
    expect(url.href).toBe('https://portal.example/rest/intercnn/app/publish/version/gray/setRatio');
    expect(headers).toEqual({
      accept: 'application/json',
      'user-agent': 'test',
      origin: 'https://portal.example',
      referer: 'https://portal.example/superapp',
    });
    const value = { appId: '2088', sourceSpaceId: '77', channelCode: 'GOPAY', version: '1.1.0', ratio: 20 };
    expect(body).toEqual({ kind: 'json', value });
  });

  test('with a query, which is encoded', () => {
    const { url, body } = encode(CODEC, 'findRelease', { version: '1.1 & 2', page: 1, pageSize: 50 });
    expect(url.search).toBe('?appId=2088&channelCode=GOPAY&version=1.1+%26+2&currentPage=1&pageSize=50');
    expect(body).toBeUndefined();
  });

  test('with a form, whose file has its name', () => {
    expect(encode(CODEC, 'uploadPackage', { version: '1.1.0' }).body).toEqual({
      kind: 'form',
      fields: [
        ['spaceId', '77'],
        ['appId', '2088'],
        ['version', '1.1.0'],
      ],
      file: { field: 'file', name: '2088_v1.1.0.zip', contentType: 'application/zip' },
    });
  });

  test.each<[string, unknown, unknown]>([
    ['a list', '{userIds}', ['a', 'b']],
    ['a number', { n: ['{ratio}'] }, { n: [5] }],
    ['a text around a value', 'v{version}', 'v1.0.0'],
    ['a constant', 7, 7],
  ])('whose body has %s', (_, template, value) => {
    const profile = {
      ...defaultProfile,
      operations: { addWhitelist: { mark: 'observed', method: 'POST', path: '/x', body: { value: template } } },
    } satisfies Profile;
    const values = { version: '1.0.0', userIds: ['a', 'b'], ratio: 5 };
    expect(encode({ ...CODEC, profile }, 'addWhitelist', values).body).toEqual({ kind: 'json', value: { value } });
  });

  test.each<[string, unknown, string, Record<string, string>]>([
    ['a header', { in: 'header', name: 'X-Token' }, '', { 'x-token': 'secret' }],
    [
      'a bearer',
      { in: 'header', name: 'Authorization', value: 'Bearer {credential}' },
      '',
      { authorization: 'Bearer secret' },
    ],
    ['the query', { in: 'query', name: 'token' }, '?appId=2088&token=secret', {}],
  ])('with the credential in %s', (_, credential, search, headers) => {
    const read = { query: { appId: search ? '{appId}' : null, spaceId: null, currentPage: null, pageSize: null } };
    const operations = { login: null, listVersions: read };
    const request = encode(codecOf({ credential, operations }), 'listVersions', {}, 'secret');
    expect(request.url.search).toBe(search);
    expect(request.headers).toMatchObject(headers);
  });

  test('a form has its lists as JSON in one field, or as repeated fields where the profile says so', () => {
    const fieldsOf = (userIds: string) => {
      const body = { version: '{version}', userIds };
      const codec = callTo('addWhitelist', { bodyType: 'form', body });
      return encode(codec, 'addWhitelist', { version: '1.1.0', userIds: ['a', 'b'] }).body;
    };
    const ids = Object.entries({ appId: '2088', sourceSpaceId: '77', channelCode: 'GOPAY', version: '1.1.0' });
    expect(fieldsOf('{userIds}')).toEqual({ kind: 'urlencoded', fields: [...ids, ['userIds', '["a","b"]']] });
    const repeated = [
      ['userIds', 'a'],
      ['userIds', 'b'],
    ];
    expect(fieldsOf('{userIds:repeat}')).toEqual({ kind: 'urlencoded', fields: [...ids, ...repeated] });
  });

  test('without the credential where it is a cookie', () => {
    expect(JSON.stringify(encode(CODEC, 'goOnline', { version: '1.0.0' }, 'SESSION=4711'))).not.toContain('4711');
  });

  test.each(['..', '%2e%2e', '../../x'])('and a value of a path cannot lead elsewhere: %s', (version) => {
    const codec = callTo('releaseHistory', { path: '/releases/{version}/history' });
    const encoded = () => encode(codec, 'releaseHistory', { version }).url.pathname;
    if (version.length === 2) expect(thrownBy(encoded).code).toBe('profile-invalid');
    else expect(encoded()).toBe(`/rest/intercnn/releases/${encodeURIComponent(version)}/history`);
  });

  test('an operation that the profile does not have is refused by its name', () => {
    const error = thrownBy(() => encode(callTo('rollback', null), 'rollback', { version: '1.0.0' }));
    expect(error).toMatchObject({ code: 'portal-unexpected', found: expect.stringContaining('rollback') });
  });
});

describe('the values of a write', () => {
  const fields = { version: '1.1.0' };
  test.each<[string, 'createRelease' | 'createVersion', readonly string[] | undefined, readonly string[] | undefined]>([
    ['have the artifacts that the portal listed', 'createRelease', ['a.zip', 'b.zip'], ['a.zip', 'b.zip']],
    ['have the usual path where it listed none', 'createRelease', [], ['app/version/2088/1.1.0/2088_v1.1.0.zip']],
    ['have no path of their own in another write', 'createVersion', [], []],
    ['have no artifacts where none are given', 'createRelease', undefined, undefined],
  ])('%s', (_, operation, artifacts, expected) => {
    const values = writeValues(CODEC, operation, { ...fields, ...(artifacts && { artifacts }) });
    expect(values['artifacts']).toEqual(expected);
    expect(values['artifact']).toBe(expected && (expected[0] ?? ''));
  });
});

describe('an envelope', () => {
  test('of a success gives the content and the trace id', () => {
    const json = { success: true, traceId: 't1', data: {} };
    expect(decodeSuccess(CODEC, 'goOnline', response(json))).toEqual({ json, traceId: 'T1' });
  });

  test.each([0, 'OK'])('may call success %j', (equals) => {
    const codec = codecOf({ envelope: { success: { at: 'head.code', equals } } });
    const json = { head: { code: equals } };
    expect(decodeSuccess(codec, 'goOnline', response(json)).json).toBe(json);
    expect(thrownBy(() => decodeSuccess(codec, 'goOnline', response({ head: { code: 'no' } })))).toMatchObject({
      code: 'portal-refused',
    });
  });

  test.each<[string, unknown, number, object]>([
    [
      'with a code that the profile maps is a refusal without effect',
      { success: false, errorCode: 'STATUS_NOT_ALLOWED', errorMsg: 'no', traceId: 't' },
      200,
      {
        code: 'portal-refused',
        refusal: 'not-allowed-in-state',
        effect: 'none',
        found: 'goOnline: STATUS_NOT_ALLOWED, NO.',
        traceId: 'T',
      },
    ],
    [
      'with another code is a refusal that may have had an effect',
      { success: false, errorCode: 'toString' },
      200,
      { code: 'portal-refused', refusal: undefined, effect: 'unlikely', found: 'goOnline: TOSTRING.' },
    ],
    [
      'without a code says so',
      { success: false },
      200,
      { code: 'portal-refused', effect: 'unlikely', found: 'goOnline: no reason given.' },
    ],
    ['of a success with HTTP 403 is a refusal', { success: true }, 403, { code: 'portal-refused' }],
    [
      'without success is not understood, and the effect is unknown',
      { data: 1 },
      200,
      { code: 'portal-unexpected', effect: 'unknown', found: expect.stringContaining('has no success') },
    ],
    [
      'with HTTP 404 is a call that the portal does not know',
      { success: false },
      404,
      { code: 'portal-unexpected', effect: 'none', found: expect.stringContaining('does not know the call') },
    ],
    [
      'with HTTP 404 and a code that the profile maps is a refusal',
      { success: false, errorCode: 'RELEASE_NOT_FOUND' },
      404,
      { code: 'portal-refused', refusal: 'release-not-found' },
    ],
  ])('%s', (_, json, status, expected) => {
    expect(thrownBy(() => decodeSuccess(CODEC, 'goOnline', response(json, status)))).toMatchObject(expected);
  });

  test('an HTML page with HTTP 405 is a firewall', () => {
    const error = thrownBy(() => decodeSuccess(CODEC, 'goOnline', response(undefined, 405, true)));
    expect(error).toMatchObject({ code: 'portal-unexpected', effect: 'unknown' });
    expect(error.found).toContain('POST /rest/intercnn/app/publish/online) got 405 with an HTML page: a firewall');
  });

  test('an error of an inferred call says so, but not one of an observed call or of the sandbox', () => {
    const errorOf = (codec: Codec, operation: 'setRatio' | 'goOnline') =>
      thrownBy(() => decodeSuccess(codec, operation, pageInstead({ html: '<p>' })));
    expect(errorOf(CODEC, 'setRatio').found).toBe(
      'a page. The call setRatio is inferred, not published by the vendor.',
    );
    expect(errorOf(CODEC, 'setRatio')).toMatchObject({
      effect: 'unknown',
      todo: expect.stringContaining('docs/portal.md'),
    });
    expect(errorOf(CODEC, 'goOnline').found).toBe('a page.');
    expect(errorOf({ ...CODEC, sandbox: true }, 'setRatio').found).toBe('a page.');
  });

  test('HTTP 413 to an upload names the size of the package', () => {
    const source = { sizeBytes: 2_500_000, sha256: '', open: async function* () {} };
    const error = packageTooLarge(CODEC, 'uploadPackage', source, { json: { traceId: 't' } });
    expect(error).toMatchObject({ code: 'portal-refused', traceId: 'T', found: expect.stringContaining('2.5 MB') });
  });
});

describe('the receipt of a write', () => {
  test.each<[string, unknown, object]>([
    ['has the path that the portal gave', { data: { path: 'p.zip' } }, { artifacts: ['p.zip'] }],
    ['has the usual path where it gave none', {}, { artifacts: ['app/version/2088/1.1.0/2088_v1.1.0.zip'] }],
    [
      'has the usual path where it gave no text',
      { data: { path: 7 } },
      { artifacts: ['app/version/2088/1.1.0/2088_v1.1.0.zip'] },
    ],
  ])('%s', (_, json, expected) => {
    expect(decodeReceipt(CODEC, 'uploadPackage', { json, traceId: undefined }, { version: '1.1.0' })).toEqual(expected);
  });

  test('has the trace id alone where the profile names no path', () => {
    expect(decodeReceipt(CODEC, 'goOnline', { json: {}, traceId: 't' }, { version: '1.1.0' })).toEqual({
      traceId: 't',
    });
  });
});

const ROW = { version: '1.0.0', versionStatus: 'PASSED' };
const releasesIn = (json: unknown, codec = CODEC) => decodeReleases(codec, 'listReleases', json);

describe('a release', () => {
  const RELEASE = { version: '1.0.0', state: 'approved', portalStatus: 'PASSED' };
  test.each<[string, object, object]>([
    ['has version, state and status', {}, RELEASE],
    [
      'has an unknown state for a status that the profile does not map',
      { versionStatus: 'NEW' },
      { ...RELEASE, state: 'unknown', portalStatus: 'NEW' },
    ],
    [
      'has no state of an inherited name',
      { versionStatus: 'constructor' },
      { ...RELEASE, state: 'unknown', portalStatus: 'constructor' },
    ],
    [
      'has a status that is a number as text',
      { versionStatus: 3 },
      { ...RELEASE, state: 'unknown', portalStatus: '3' },
    ],
    ['has its ratio as a number', { grayRatio: 20 }, { ...RELEASE, ratioPercent: 20 }],
    ['has its ratio as digits', { grayRatio: '20' }, { ...RELEASE, ratioPercent: 20 }],
    ['has no ratio where it is null', { grayRatio: null }, RELEASE],
    [
      'keeps a publish id of 22 digits',
      { publishId: '1234567890123456789012' },
      { ...RELEASE, publishId: '1234567890123456789012' },
    ],
    ['drops a publish id that is no id', { publishId: 'a/../b' }, RELEASE],
    ['has a comment as it came', { approveComment: ' <b>no' }, { ...RELEASE, comment: ' <b>no' }],
    [
      'has count and time as numbers or digits',
      { whitelistCount: '3', gmtModified: 1700000000000 },
      { ...RELEASE, whitelistCount: 3, modifiedAtMs: 1700000000000 },
    ],
    [
      'has neither where they cannot be read, and says so of the time',
      { whitelistCount: -1, gmtModified: 'yesterday' },
      {
        ...RELEASE,
        unreadableTime: { profileKey: 'release.modifiedAt', field: 'gmtModified', value: '"yesterday"' },
      },
    ],
    ['has neither where there is nothing', { whitelistCount: null, gmtModified: '' }, RELEASE],
    ['has no time where it is 0', { gmtModified: 0 }, { ...RELEASE, modifiedAtMs: 0 }],
  ])('%s', (_, more, expected) => {
    expect(releasesIn({ data: [{ ...ROW, ...more }] }).items).toEqual([expected]);
  });

  test.each([101, -1, 12.5, 'half', '', true, { value: 20 }, [20]])('with the ratio %j is unreadable', (grayRatio) => {
    const value = grayRatio === '' ? 'nothing' : JSON.stringify(grayRatio);
    const [release] = releasesIn({ data: [{ ...ROW, grayRatio }] }).items;
    expect(release?.ratioPercent).toBeUndefined();
    expect(release?.unreadableRatio).toEqual({ profileKey: 'release.ratio', field: 'grayRatio', value });
  });

  test.each<[object, string]>([
    [{ version: undefined }, 'has no version or name in item 2 (found NOTHING; profile key release.version)'],
    [{ version: { a: 1 } }, 'has no version or name in item 2 (found {"A":1}; profile key release.version)'],
    [
      { versionStatus: '' },
      'has no versionStatus or status or approveStatus or publishStatus in item 2 (found NOTHING; profile key release.status)',
    ],
  ])('without version or status is a fault that names the item: %j', (more, found) => {
    const error = thrownBy(() => releasesIn({ data: [ROW, { ...ROW, ...more }] }));
    expect(error).toMatchObject({ code: 'portal-unexpected', found: expect.stringContaining(found) });
  });

  test.each<[object, number]>([
    [{ channelCode: 'gopay' }, 1],
    [{ channelCode: 'OTHER' }, 0],
    [{ appId: 2088 }, 1],
    [{ appId: '2089' }, 0],
  ])('of %j is in the page %i times', (more, times) => {
    const page = releasesIn({ data: [{ ...ROW, ...more }] });
    expect(page.items).toHaveLength(times);
    expect(page.rows).toBe(1);
  });
});

describe('a list', () => {
  test.each<[string, unknown, number]>([
    ['at the first place', { data: { list: [ROW, ROW] } }, 2],
    ['at the second place', { data: [ROW] }, 1],
    ['of one item in the place of the list', { data: ROW }, 1],
    ['that is null', { data: null }, 0],
    ['that nothing is left of', { data: { total: 0 } }, 0],
    ['without any data', {}, 0],
  ])('%s', (_, json, rows) => expect(releasesIn(json).rows).toBe(rows));

  test.each<[string, unknown]>([
    ['beside its place', { data: { rows: [ROW] } }],
    ['that was counted and left out', { data: { total: 3 } }],
    ['that is a text', { data: 'none' }],
  ])('%s is not understood', (_, json) => {
    expect(thrownBy(() => releasesIn(json)).found).toContain('has no list at data.list or data');
  });

  test('says whether it is full, the last, and how many rows there are', () => {
    const codec = codecOf({ pageSize: 2 });
    expect(releasesIn({ data: { list: [ROW, ROW], total: '7' } }, codec)).toMatchObject({
      full: true,
      last: false,
      total: 7,
    });
    expect(releasesIn({ data: [] }, codec)).toEqual({ items: [], rows: 0, full: false, last: true });
  });

  test.each<[string, unknown, object]>([
    ['a list of paths', ['a.zip', 'b.zip'], { artifacts: ['a.zip', 'b.zip'] }],
    ['one path', 'a.zip', { artifacts: ['a.zip'] }],
    ['nothing', null, { artifacts: [] }],
    ['a list of empty texts', ['', null], { artifacts: [] }],
    [
      'a list of objects',
      [{ p: 'a' }],
      {
        artifacts: [],
        unreadableArtifacts: { profileKey: 'version.artifacts', field: 'artifactList', value: '[{"p":"a"}]' },
      },
    ],
  ])('of versions has artifacts from %s', (_, artifactList, expected) => {
    const { items } = decodeVersions(CODEC, { data: [{ version: '1.0.0', artifactList }] });
    expect(items).toEqual([{ version: '1.0.0', ...expected }]);
  });

  test('of history has empty texts for what the portal does not say, and is never one item', () => {
    const { items } = decodeHistory(CODEC, { data: [{ type: 'APPROVE', time: 5 }] });
    expect(items).toEqual([{ type: 'APPROVE', operator: '', time: '5', comment: '' }]);
    expect(thrownBy(() => decodeHistory(CODEC, { data: ROW })).code).toBe('portal-unexpected');
  });
});

describe('the end of the session', () => {
  test.each<[string, WireResponse]>([
    ['HTTP 401', response({}, 401)],
    ['a code', response({ success: false, errorCode: '401' })],
    ['a part of the message, in any letter case', response({ success: false, errorMsg: 'User NOT LOGIN.' })],
    ['the address of the login', response({ success: true, data: { loginUrl: '/login' } })],
  ])('is shown by %s', (_, given) => {
    expect(sessionEndIn(CODEC, 'goOnline', given, false)).toMatchObject({
      found: expect.stringMatching(/^goOnline: /),
    });
  });

  test.each<[string, WireResponse]>([
    ['a success', response({ success: true, data: { loginUrl: null } })],
    ['a refusal', response({ success: false, errorCode: 'STATUS_NOT_ALLOWED' })],
    ['HTTP 403', response({}, 403)],
  ])('is not shown by %s', (_, given) => expect(sessionEndIn(CODEC, 'goOnline', given, true)).toBeUndefined());

  test.each<[string, OtherPage, boolean, boolean]>([
    ['a page with a password field', { html: "<input type = 'PASSWORD'>" }, false, true],
    ['another page', { html: '<p>Maintenance' }, true, false],
    ['a redirect to the login page', { location: '/superapp#/login' }, false, true],
    ['a redirect to a path of a login', { location: '/sso/Signin?to=x' }, false, true],
    ['a redirect elsewhere', { location: '/home' }, true, false],
    ['a redirect whose query alone names a login', { location: '/home?from=login' }, true, false],
    [
      'a redirect to the login of another host after a call has worked',
      { location: 'https://sso.example/login' },
      true,
      true,
    ],
    ['the same before any call has worked', { location: 'https://sso.example/login' }, false, false],
    ['a redirect to no address', { location: 'https://' }, true, false],
  ])('%s may be the login page', (_, page, hasWorked, isLogin) => {
    const error = pageInstead(page);
    const end = sessionEndIn(CODEC, 'goOnline', error, hasWorked);
    expect(end?.page).toEqual({ isLogin, error });
    expect(end?.found.includes('the session has ended')).toBe(isLogin);
  });
});

describe('a login', () => {
  test.each<[string, unknown, number, string | undefined]>([
    ['accepted', { success: true }, 200, undefined],
    ['without an envelope', {}, 500, undefined],
    ['refused with a reason', { success: false, errorCode: 'E1', errorMsg: 'wrong' }, 200, 'refused: E1, WRONG'],
    ['refused with HTTP 500', { success: false }, 500, 'refused: HTTP 500'],
    ['refused with HTTP 401', undefined, 401, 'refused: HTTP 401'],
  ])('%s', (_, json, status, found) => {
    const error = loginRefusalIn(CODEC, response(json, status));
    if (found === undefined) expect(error).toBeUndefined();
    else expect(error).toMatchObject({ code: 'portal-unauthorized', found: expect.stringContaining(found) });
  });

  test('gives the first value that can be sent in a header', () => {
    const credential = { in: 'header', name: 'X-Token' };
    const codec = codecOf({ credential, operations: { login: { answer: ['data.a', 'data.b', 'data.c'] } } });
    expect(decodeCredential(codec, { data: { a: 7, b: 'two\nlines', c: 'token' } })).toBe('token');
    expect(thrownBy(() => decodeCredential(codec, { data: { a: '' } })).found).toContain('has no value at data.a or');
  });
});
