/** A portal without an envelope: the HTTP status says whether a call succeeded. */

import { expect, test } from 'vitest';
import { decodeSuccess, loginRefusalIn } from '../../src/portal/codec.ts';
import { decodeReleases } from '../../src/portal/lists.ts';
import { codecWith } from '../support/codec.ts';

const codec = codecWith({
  envelope: { success: 'http-status', errorCode: 'error' },
  operations: { findRelease: { answer: ['$'] }, listReleases: { answer: ['$'] } },
  refusals: { TAKEN: 'exists-already' },
});
const response = (status: number, json?: unknown, isHtml = false) => ({ status, json, isHtml, headers: {} });
const failure = (...given: Parameters<typeof response>) => {
  try {
    decodeSuccess(codec, 'goOnline', response(...given));
    return 'no failure';
  } catch (error) {
    return error;
  }
};

test('a write is accepted by its status, with or without a body', () => {
  expect(failure(204)).toBe('no failure');
  expect(failure(200, { anything: 1 })).toBe('no failure');
});

test('a refusal is told by its status, and its code by the profile', () => {
  expect(failure(409, { error: 'TAKEN' })).toMatchObject({ code: 'portal-refused', refusal: 'exists-already' });
  expect(failure(422, {})).toMatchObject({ code: 'portal-refused', effect: 'unlikely' });
  expect(failure(404, {})).toMatchObject({ code: 'portal-unexpected' });
});

test('a page is no success', () => {
  expect(failure(202, undefined, true)).toMatchObject({ code: 'portal-refused' });
});

test('the whole response is the list or the release, and 404 to findRelease means that there is none', () => {
  const item = { version: '1.1.0', versionStatus: 'ONLINE' };
  const read = (operation: 'findRelease' | 'listReleases', status: number, json: unknown) =>
    decodeReleases(codec, operation, decodeSuccess(codec, operation, response(status, json)).json).items;
  expect(read('listReleases', 200, [item])).toHaveLength(1);
  expect(read('findRelease', 200, item)).toMatchObject([{ state: 'released' }]);
  expect(read('findRelease', 200, {})).toEqual([]);
  expect(read('findRelease', 404, undefined)).toEqual([]);
  expect(() => read('listReleases', 404, undefined)).toThrow('does not know the call');
});

test('a refused password is told by its status, and a server that is busy refuses nothing', () => {
  for (const status of [400, 401, 403, 422]) expect(loginRefusalIn(codec, response(status))).toBeDefined();
  for (const status of [200, 204, 429, 503]) expect(loginRefusalIn(codec, response(status))).toBeUndefined();
});
