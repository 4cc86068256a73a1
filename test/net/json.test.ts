import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/net/json.ts';

describe('JSON whose integers a number can hold', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!hasUnsafeInteger(value));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('is read as JSON.parse reads it in strings that look like JSON', () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ',',
      ':',
      '2088000000000000000001',
      '-',
      '.',
      'e',
      ' ',
      'a',
    );
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (key, value) => {
        const json = JSON.stringify([{ [key]: value }, value]);
        expect(parseJson(json)).toEqual(JSON.parse(json));
      }),
    );
  });
});

test('invalid JSON is refused as JSON.parse refuses it', () => {
  const piece = fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '2088000000000000000001', '-', '1', '01', ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const isJson = works(() => JSON.parse(text));
      expect(works(() => parseJson(text))).toBe(isJson);
    }),
    { numRuns: 2_000 },
  );
  // Not even where quotes around the digits would make it JSON.
  expect(() => parseJson('{2088000000000000000001:1}')).toThrow(SyntaxError);
});

describe('an integer that a number cannot hold', () => {
  test('keeps every digit, wherever it is in the JSON', () => {
    const digits = fc.bigInt({ min: 2n ** 53n + 1n, max: 10n ** 40n }).map((big) => big * 2n + 1n);
    fc.assert(
      fc.property(digits, fc.boolean(), fc.string(), (big, isNegative, text) => {
        const integer = `${isNegative ? '-' : ''}${big}`;
        const json = `{"a":${integer},"b":[${integer} ,"${integer}",1],${JSON.stringify(text)}: ${integer}}`;
        const expected = { a: integer, b: [integer, integer, 1], [text]: integer };
        expect(parseJson(json)).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
    expect(parseJson('2088517340291664370013')).toBe('2088517340291664370013');
  });

  test.each([
    '9007199254740991',
    '-9007199254740991',
    '1.2345678901234567890',
    '12345678901234567890e-3',
    '1e21',
    '-0',
  ])('%s is none', (text) => expect(parseJson(text)).toBe(JSON.parse(text)));
});

describe('the depth of JSON', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  test('64 levels of JSON are read, and 65 are an error that says so', () => {
    expect(parseJson(nested(64))).toEqual(JSON.parse(nested(64)));
    expect(() => parseJson(nested(65))).toThrow(new RangeError('nested deeper than 64 levels'));
    expect(() => parseJson('{"a":'.repeat(65))).toThrow(RangeError);
  });

  test('brackets in strings and closed brackets do not count as levels of JSON', () => {
    expect(parseJson(JSON.stringify(nested(100)))).toBe(nested(100));
    expect(parseJson(`[${Array(100).fill('[{}]').join(',')}]`)).toHaveLength(100);
    expect(parseJson(`["\\"${'['.repeat(100)}"]`)).toEqual([`"${'['.repeat(100)}`]);
  });
});

test('a response of 8 MiB of escapes is read with every digit', () => {
  const text = `["${'\\"'.repeat(4 * 1024 * 1024 - 20)}",2088517340291664370013]`;
  expect((parseJson(text) as unknown[])[1]).toBe('2088517340291664370013');
});

function works(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function hasUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return value !== null && typeof value === 'object' && Object.values(value).some(hasUnsafeInteger);
}
