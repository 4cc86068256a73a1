/** Forms of values on the way out and back, items elsewhere, and what a profile may fold. */

import { describe, expect, test } from 'vitest';
import { createHttpPortal } from '../../src/portal/calls.ts';
import { encode, writeValues } from '../../src/portal/codec.ts';
import { decodeReleases } from '../../src/portal/lists.ts';
import { checkProfile } from '../../src/portal/profile/load.ts';
import type { WriteOperation } from '../../src/release/lifecycle.ts';
import { codecWith } from '../support/codec.ts';
import { fakeClock } from '../support/fake-clock.ts';

const faultsOf = (operations: unknown, more: object = {}) => checkProfile({ operations, ...more }).faults.join('\n');

function bodyOf(operation: WriteOperation, body: object, fields: object, more: object = {}): string {
  const none = { appId: null, sourceSpaceId: null, channelCode: null, version: null, userIds: null, ratio: null };
  const codec = codecWith({ operations: { [operation]: { body: { ...none, ...body } } }, ...more });
  const request = encode(codec, operation, writeValues(codec, operation, { version: '1.1.0', ...fields }));
  return request.body?.kind === 'json' ? JSON.stringify(request.body.value) : '';
}

describe('forms on the way out', () => {
  test.each([
    ['{ratio}', 7, '7'],
    ['{ratio:text}', 7, '"7"'],
    ['{ratio:fraction}', 7, '0.07'],
    ['{ratio:fraction}', 29, '0.29'],
    ['{ratio:fraction}', 100, '1'],
    ['{ratio:fraction-text}', 29, '"0.29"'],
    ['{ratio}%', 29, '"29%"'],
  ])('%s of %i percent is sent as %s', (rate, ratioPercent, sent) => {
    expect(bodyOf('setRatio', { rate }, { ratioPercent })).toBe(`{"rate":${sent}}`);
  });

  test.each([
    ['{userIds}', '["a","b"]'],
    ['{userIds:,}', '"a,b"'],
    ['{userIds:|}', '"a|b"'],
    ['{userIds: }', '"a b"'],
    ['{userIds:\n}', '"a\\nb"'],
    [[{ userId: '{userIds:each}', kind: 1 }], '[{"userId":"a","kind":1},{"userId":"b","kind":1}]'],
  ])('user IDs as %j are sent as %s', (users, sent) => {
    expect(bodyOf('addWhitelist', { users }, { userIds: ['a', 'b'] })).toBe(`{"users":${sent}}`);
  });

  test('one user ID for each call', () => {
    const body = bodyOf('addWhitelist', { user: '{userId}' }, { userIds: ['a'] }, { whitelistBatch: 1 });
    expect(body).toBe('{"user":"a"}');
    expect(faultsOf({ addWhitelist: { body: { user: '{userId}' } } })).toContain('so whitelistBatch must be 1');
  });

  test('an id as a number keeps all its digits, and one that has other characters is refused', () => {
    expect(bodyOf('goOnline', { app: '{appId:number}' }, {})).toBe('{"app":2088517340291664370013}');
    expect(() => bodyOf('goOnline', { app: '{channelCode:number}' }, {})).toThrow('takes an id as a number');
  });

  test.each([
    ['{ratio:half}', 'operations.setRatio.body.rate: unknown form of {ratio}: half; takes "{ratio:text}"'],
    ['{version:text}', 'operations.setRatio.body.rate: unknown form of {version}: text; takes none.'],
  ])('%s is a fault with its place', (rate, fault) => {
    expect(faultsOf({ setRatio: { body: { rate } } })).toContain(fault);
  });

  test('an item for each user ID stands in a list', () => {
    expect(faultsOf({ addWhitelist: { body: { users: '{userIds:each}' } } })).toContain(
      'stands in a list with one item',
    );
  });
});

describe('pages', () => {
  const query = (template: string, values: object) => {
    const codec = codecWith({ operations: { listReleases: { query: { p: template } } } });
    return encode(codec, 'listReleases', { page: 3, pageSize: 50, offset: 40, ...values }).url.searchParams.get('p');
  };
  test.each([
    ['{page}', '3'],
    ['{page:zero-based}', '2'],
    ['{offset}', '40'],
  ])('the third page after 40 rows as %s is %s', (template, sent) => {
    expect(query(template, {})).toBe(sent);
  });

  test('an offset counts the rows that came, where a portal gives fewer on a page than it was asked for', async () => {
    const offsets: (string | null)[] = [];
    const portal = createHttpPortal({
      ...codecWith({ operations: { listReleases: { query: { p: '{offset}' } } } }),
      transport: {
        send: async ({ url }) => {
          offsets.push(url.searchParams.get('p'));
          const list = ['1.2.0', '1.1.0'].map((version) => ({ version, versionStatus: 'ARCHIVED' }));
          return { status: 200, headers: {}, json: { success: true, data: { list } }, isHtml: false };
        },
        close: () => {},
      },
      credentials: { session: 'a=b' },
      clock: fakeClock(),
      signal: new AbortController().signal,
      onCall: () => {},
      onCredential: () => {},
    });
    for (const page of [1, 2, 3, 1]) await portal.listReleases(page);
    expect(offsets).toEqual(['0', '2', '4', '0']);
  });

  const none = { currentPage: null, pageSize: null };
  const rows = [{ version: '1.1.0', versionStatus: 'ONLINE' }];
  const read = (paging: object, more: object) => {
    const codec = codecWith({ operations: { listReleases: { query: { ...none, ...paging }, answer: ['data.list'] } } });
    return decodeReleases(codec, 'listReleases', { data: { list: rows, ...more } }).total ?? 0;
  };
  test('a list that goes on by a cursor is never known to its end', () => {
    expect(read({}, { nextCursor: 'abc' })).toBeGreaterThan(1_000_000);
    expect(read({}, { paging: { hasMore: true } })).toBeGreaterThan(1_000_000);
    expect(read({}, { nextCursor: '', hasMore: false })).toBe(0);
    expect(read({ p: '{page}' }, { hasMore: true })).toBe(0);
  });
});

describe('forms on the way back', () => {
  const item = { version: '1.1.0', versionStatus: 'GRAY' };
  const readBack = (release: object, row: object, more: object = {}) =>
    decodeReleases(codecWith({ release, ...more }), 'findRelease', { data: { list: [{ ...item, ...row }] } }).items[0];

  test.each([
    ['percent', 7, 7],
    ['percent', '7', 7],
    ['fraction', 0.07, 7],
    ['fraction', '0.29', 29],
    ['fraction', 0.29, 29],
    ['fraction', 1, 100],
    ['fraction', 0, 0],
  ])('the ratio as %s: %j is read as %i percent', (form, grayRatio, percent) => {
    expect(readBack({ ratio: { form } }, { grayRatio })?.ratioPercent).toBe(percent);
  });

  test.each([
    ['percent', 0.05],
    ['percent', '0.05'],
    ['percent', '5%'],
    ['percent', 101],
    ['percent', true],
    ['percent', [5]],
    ['fraction', 5],
    ['fraction', '5'],
    ['fraction', '5%'],
    ['fraction', 1.5],
    ['fraction', -0.05],
    ['fraction', '.05'],
  ])('the ratio as %s: %j is unreadable, and named with its place', (form, grayRatio) => {
    const read = readBack({ ratio: { form } }, { grayRatio });
    const value = JSON.stringify(grayRatio);
    expect(read).toMatchObject({ unreadableRatio: { profileKey: 'release.ratio', field: 'grayRatio', value } });
    expect(read?.ratioPercent).toBeUndefined();
  });

  test.each([0.075, 7, 'x'])('the fraction %j is no whole percentage', (grayRatio) => {
    const read = readBack({ ratio: { form: 'fraction' } }, { grayRatio });
    expect(read?.ratioPercent).toBeUndefined();
    expect(read?.unreadableRatio).toBeDefined();
  });

  const AT_MS = Date.UTC(2026, 0, 31, 2, 30);
  test.each([
    ['milliseconds', undefined, AT_MS, AT_MS],
    ['seconds', undefined, AT_MS / 1000, AT_MS],
    ['seconds', undefined, `${AT_MS / 1000}`, AT_MS],
    ['text', '+07:00', '2026-01-31 09:30:00', AT_MS],
    ['text', '+07:00', '2026-01-31T09:30:00.250', AT_MS + 250],
    ['text', '+07:00', '2026-01-31T02:30:00Z', AT_MS],
    ['text', undefined, '2026-01-31 09:30:00+0700', AT_MS],
  ])('the time as %s in %s: %j', (form, zone, gmtModified, ms) => {
    const modifiedAt = { form, ...(zone && { zone }) };
    expect(readBack({ modifiedAt }, { gmtModified })?.modifiedAtMs).toBe(ms);
  });

  test.each([
    ['milliseconds', AT_MS / 1000],
    ['milliseconds', '2026-01-31 09:30:00'],
    ['seconds', AT_MS],
    ['seconds', '2026-01-31 09:30:00'],
    ['text', AT_MS],
    ['text', AT_MS / 1000],
    ['text', '2026-01-31 09:30:00'],
    ['text', '31/01/2026 09:30'],
  ])('the time as %s: %j is unreadable, and named with its place', (form, gmtModified) => {
    const value = JSON.stringify(gmtModified);
    expect(readBack({ modifiedAt: { form } }, { gmtModified })).toMatchObject({
      unreadableTime: { profileKey: 'release.modifiedAt', field: 'gmtModified', value },
    });
  });

  test.each([
    ['publishId', 2088517340291664, '2088517340291664'],
    ['publishId', '2088517340291664370013', '2088517340291664370013'],
  ])('the id %s as %j keeps its digits', (name, id, text) => {
    expect(readBack({}, { [name]: id })).toMatchObject({ [name]: text });
  });

  test.each([
    [7, '7'],
    [true, 'true'],
    ['7', '7'],
  ])('the status %j is mapped by its text', (versionStatus, word) => {
    const statuses = { [word]: { state: 'grayscale', mark: 'observed' } };
    expect(readBack({}, { versionStatus }, { statuses })?.state).toBe('grayscale');
  });

  test('of several places the first that has a value counts', () => {
    const status = { at: ['versionStatus', 'status'] };
    expect(readBack({ status }, { versionStatus: '', status: 'ONLINE' })?.state).toBe('released');
    expect(readBack({ status }, { versionStatus: 'GRAY', status: 'ONLINE' })?.state).toBe('grayscale');
  });

  test('a list, one object, and an object keyed by version hold the same items', () => {
    const row = { versionStatus: 'GRAY' };
    for (const data of [[{ version: '1.1.0', ...row }], { version: '1.1.0', ...row }, { '1.1.0': row }]) {
      const { items } = decodeReleases(codecWith({}), 'findRelease', { data });
      expect(items).toMatchObject([{ version: '1.1.0', state: 'grayscale' }]);
    }
  });
});

describe('folds of a profile', () => {
  test.each([
    ['goOnline', 'skipPilot', 'operations.goOnline: '],
    ['setRatio', 'goOnline', 'operations.setRatio: got "goOnline"; takes a call, or "startGrayscale".'],
    ['setRatio', 'none', 'operations.setRatio: got "none"; takes a call'],
  ])('%s as %s is a fault with its place', (operation, target, fault) => {
    expect(faultsOf({ [operation]: target })).toContain(fault);
  });

  test('a target that is itself folded, or missing, is a fault', () => {
    expect(faultsOf({ setRatio: 'startGrayscale', skipPilot: 'setRatio' })).toContain(
      'operations.skipPilot: got "setRatio", which is itself folded into startGrayscale',
    );
    expect(faultsOf({ setRatio: 'startGrayscale', startGrayscale: null })).toContain(
      'operations.setRatio: got "startGrayscale", for which the profile has no call.',
    );
  });

  test('what is folded into a call brings its placeholders', () => {
    const start = { body: { rate: '{ratio:text}' } };
    expect(faultsOf({ setRatio: 'startGrayscale', startGrayscale: start })).toBe('');
    const pilot = { body: { users: '{userIds:,}' } };
    expect(faultsOf({ addWhitelist: 'startPilot', startPilot: pilot })).toBe('');
    expect(faultsOf({ startPilot: pilot })).toContain('unknown placeholder {userIds}');
  });

  test('an upload that is folded into createVersion makes that call a form with the file', () => {
    const file = { field: 'zip', name: '{version}.zip', contentType: 'application/zip' };
    const createVersion = { body: null, form: { version: '{version}' }, file };
    expect(faultsOf({ uploadPackage: 'createVersion', createVersion })).toBe('');
    expect(faultsOf({ uploadPackage: 'createVersion' })).toContain('operations.createVersion.file: missing');
  });
});
