import { describe, expect, test } from 'vitest';
import {
  highest,
  isBelow,
  isComparable,
  isPrintableVersion,
  isVersion,
  versionIn,
} from '../../src/release/versions.ts';

describe('a version to release', () => {
  test('has at most 15 digits a number, 40 characters of suffix, and 64 characters in all', () => {
    expect(isVersion(`1.2.3-${'a'.repeat(40)}`)).toBe(true);
    expect(isVersion(`1.2.3-${'a'.repeat(41)}`)).toBe(false);
    expect(isVersion(`${'1'.repeat(16)}.2.3`)).toBe(false);
    expect(isVersion(`${'1'.repeat(15)}.2.3-${'a'.repeat(40)}`)).toBe(true);
    expect(isVersion(`${'1'.repeat(15)}.${'1'.repeat(15)}.3-${'a'.repeat(40)}`)).toBe(false);
  });

  test('is what follows the prefix of a tag', () => {
    expect(versionIn('shop-v1.2.3', 'shop-v')).toBe('1.2.3');
    expect(versionIn('1.2.3', '')).toBe('1.2.3');
    expect(versionIn('v1.2.3', 'shop-v')).toBeUndefined();
    expect(versionIn('v1.2', 'v')).toBeUndefined();
  });
});

describe('the order of versions', () => {
  test('goes by each number, and a suffix comes before the version without one', () => {
    expect(isBelow('1.9.0', '1.10.0')).toBe(true);
    expect(isBelow('1.2.3', '1.2.3.1')).toBe(true);
    expect(isBelow('1.2.3-rc.2', '1.2.3')).toBe(true);
    expect(isBelow('1.2.3', '1.2.3')).toBe(false);
  });

  test.each(['1.x', '1.2.*', 'latest', '', `${'1'.repeat(16)}.0.0`])('%j has no place in it', (text) => {
    expect(isComparable(text)).toBe(false);
    expect(isBelow(text, '9.9.9')).toBe(false);
    expect(isBelow('0.0.0', text)).toBe(false);
  });

  test('has a highest one among those that can be compared', () => {
    expect(highest(['1.9.0', 'nightly', '1.10.0', '1.2.0'])).toBe('1.10.0');
    expect(highest(['nightly'])).toBeUndefined();
    expect(highest([])).toBeUndefined();
  });
});

test('a version is printed as it is only where it has no character that needs cleaning', () => {
  for (const text of ['1.2', '1.2.3.4', '1.2.3-rc_1']) expect(isPrintableVersion(text), text).toBe(true);
  for (const text of ['1', '1.2.3-`a`', '1.2.3 4', 'v1.2.3', '1.2.3+5'])
    expect(isPrintableVersion(text), text).toBe(false);
});
