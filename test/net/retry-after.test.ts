import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/net/retry-after.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

test.each<[string | number | undefined, number | undefined]>([
  ['7', 7_000],
  [7, 7_000],
  ['0', 0],
  ['3600', 3_600_000],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2020 12:00:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j asks for a pause of %j ms', (header, ms) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(ms);
});
