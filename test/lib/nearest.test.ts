import { expect, test } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

test.each([
  ['a misspelt letter', 'versoin', 'version'],
  ['another letter case', 'VERSION', 'version'],
  ['words joined otherwise', 'target__app', 'target-app'],
  ['words in camel case', 'targetApp', 'target-app'],
])('the nearest name is found despite %s', (_, given, expected) => {
  expect(nearest(given, ['stage', 'version', 'target-app'])).toBe(expected);
});

test('a name that resembles none of the known ones has no nearest', () => {
  expect(nearest('completely-different', ['stage', 'version'])).toBeUndefined();
  expect(nearest('version', [])).toBeUndefined();
});

test('two changes are tolerated in a short name, and a third of the characters in a long one', () => {
  expect(nearest('stxxe', ['stage'])).toBe('stage');
  expect(nearest('sxxxe', ['stage'])).toBeUndefined();
  expect(nearest('grayxxxxx-ratio', ['grayscale-ratio'])).toBe('grayscale-ratio');
  expect(nearest('grayxxxxxxratio', ['grayscale-ratio'])).toBeUndefined();
});

test('the tolerance may be stricter', () => {
  expect(nearest('stxxe', ['stage'], (known) => known.length / 3)).toBeUndefined();
});
