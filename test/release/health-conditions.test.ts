/** The conditions and the address of the canary's health check (src/release/health-conditions.ts). */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readInputs } from '../../src/action/read-inputs.ts';
import { fillAddress, judge, parseConditions, placeholdersIn, verdictOf } from '../../src/release/health-conditions.ts';

function judged(json: unknown, line: string) {
  const { conditions, faults } = parseConditions(line);
  expect(faults).toEqual([]);
  const [first] = judge(json, conditions);
  return first;
}
const verdict = (json: unknown, lines: string) => verdictOf(judge(json, parseConditions(lines).conditions));

const prometheus = (value: unknown) => ({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [1_800_000_000.1, value] }] },
});
const RATE = 'data.result.0.value.1';

describe('a condition that is read', () => {
  test.each([
    ['a < 0.01', { place: ['a'], operator: '<', value: 0.01 }],
    ['a.0.b<=1e-3', { place: ['a', '0', 'b'], operator: '<=', value: 0.001 }],
    ['  a\t>  -5 ', { operator: '>', value: -5, text: 'a > -5' }],
    ['a>=.5', { operator: '>=', value: 0.5 }],
    ['a == ok', { operator: '==', value: 'ok' }],
    ['a == true', { operator: '==', value: 'true' }],
    ['a != No Data', { operator: '!=', value: 'No Data' }],
    ['a == "5"', { value: '5', valueText: '5' }],
    ['data.0.failure_rate() < 0.1', { place: ['data', '0', 'failure_rate()'] }],
  ])('%s', (line, condition) => {
    expect(parseConditions(line).conditions).toMatchObject([condition]);
  });

  test('every fault is told at once with its line, and blank lines count as lines', () => {
    const { faults } = parseConditions(
      '\na < 0.01\r\na = 3\n\na\nb < 5%\nc < ok\nd < 1,5\n.e < 1\na b < 1\nf === 1\n< 3\ng <',
    );
    expect(faults.map((fault) => /^line (\d+) /.exec(fault)?.[1])).toEqual('3 5 6 7 8 9 10 11 12 13'.split(' '));
    expect(faults[0]).toContain('write == for equal');
    expect(faults[1]).toContain('the operators are < <= > >= == !=');
    expect(faults[2]).toContain('takes a number');
  });

  test.each([
    'a =< 3',
    'a => 3',
    'a <> 3',
    'a !== 3',
    'a ~ 3',
    'a <',
    '> 3',
    'a < NaN',
    'a < 0x10',
    'a..b < 1',
    'a. < 1',
  ])('%s is a fault', (line) =>
    expect(parseConditions(line)).toMatchObject({ conditions: [], faults: [expect.stringMatching(/^line 1 /)] }),
  );

  test('eleven conditions, or one of 201 characters, are too many', () => {
    expect(parseConditions('a < 1\n'.repeat(10)).faults).toEqual([]);
    expect(parseConditions('a < 1\n'.repeat(11)).faults).toHaveLength(1);
    expect(parseConditions(`${'a'.repeat(197)} < 1`).faults).toHaveLength(1);
  });

  test('any text is read or is a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab.01<>=!" \n%') }), (text) => {
        const { conditions, faults } = parseConditions(text);
        const lines = text.split('\n').filter((line) => line.trim() !== '');
        expect(conditions.length + faults.filter((fault) => fault.startsWith('line')).length).toBe(lines.length);
      }),
    );
  });
});

describe('a value', () => {
  test.each([
    [0.004, 'good'],
    ['0.004', 'good'],
    [' 4e-3 ', 'good'],
    ['-Inf', 'good'],
    [0.01, 'bad'],
    ['0.02', 'bad'],
    ['+Inf', 'bad'],
    ['Infinity', 'bad'],
    [Number.POSITIVE_INFINITY, 'bad'],
    ['ten', 'bad'],
    [true, 'bad'],
    [['x'], 'bad'],
    [{ a: 1 }, 'bad'],
    [null, 'no data'],
    ['NaN', 'no data'],
    ['nan', 'no data'],
    ['-NaN', 'no data'],
    [Number.NaN, 'no data'],
    ['', 'no data'],
    [' \n', 'no data'],
    [[], 'no data'],
    [{}, 'no data'],
  ])('%j below 0.01 is %s', (value, expected) => {
    expect(judged(prometheus(value), `${RATE} < 0.01`)?.verdict).toBe(expected);
  });

  test.each([
    ['an empty result', { data: { result: [] } }],
    ['no data at all', {}],
    ['null', null],
    ['a text', 'OK'],
    ['a number', 5],
    ['an error', { status: 'error', error: 'x' }],
    ['a list that is too short', { data: { result: [{ value: [1] }] } }],
  ])('%s at the place of a value is no data', (_, json) => {
    expect(judged(json, `${RATE} < 0.01`)).toMatchObject({ verdict: 'no data', missing: 'absent' });
  });

  test.each([
    [{ a: 'ok' }, 'a == ok', 'good'],
    [{ a: 'OK' }, 'a == ok', 'bad'],
    [{ a: 'ok' }, 'a == "ok"', 'good'],
    [{ a: 'ok' }, 'a != ok', 'bad'],
    [{ a: 'No Data' }, 'a != No Data', 'bad'],
    [{ a: true }, 'a == true', 'good'],
    [{ a: 'true' }, 'a == true', 'good'],
    [{ a: false }, 'a == true', 'bad'],
    [{ a: false }, 'a != true', 'good'],
    [{ a: 0 }, 'a == 0', 'good'],
    [{ a: '0.0' }, 'a == 0', 'good'],
    [{ a: '5' }, 'a == "5"', 'good'],
    [{ a: 5 }, 'a != 5', 'bad'],
    [{ a: 'x' }, 'a == 5', 'bad'],
    [{ a: 'x' }, 'a != 5', 'good'],
    [{ a: null }, 'a != 5', 'no data'],
    [{ a: [1] }, 'a != 5', 'bad'],
    [{ a: '2088000000000000000001' }, 'a == 2088000000000000000002', 'bad'],
    [{ a: '2088000000000000000001' }, 'a == 2088000000000000000001', 'good'],
    [{ a: 1 }, 'a >= 1', 'good'],
    [{ a: 1 }, 'a <= 1', 'good'],
    [{ a: 1 }, 'a > 1', 'bad'],
  ])('%j: %s is %s', (json, line, expected) => {
    expect(judged(json, line)?.verdict).toBe(expected);
  });

  test('a name may hold dots, and nothing is found on a prototype or as the length of a list', () => {
    expect(judged({ data: [{ 'p95(transaction.duration)': 120 }] }, 'data.0.p95(transaction.duration) < 300')).toEqual({
      verdict: 'good',
      value: '120',
    });
    expect(judged({ a: { x: 1 }, 'a.b': 2 }, 'a.b == 2')?.verdict).toBe('good');
    for (const place of ['constructor', '__proto__', 'data.length', 'data.toString', 'text.0', 'text.length']) {
      expect(judged({ data: [], text: 'abc' }, `${place} != 1`)?.verdict).toBe('no data');
    }
  });

  test('one condition that does not hold is bad, even beside one without data', () => {
    const json = { a: 1, b: null };
    expect(verdict(json, 'a < 2')).toBe('good');
    expect(verdict(json, 'a < 2\nb < 2')).toBe('no data');
    expect(verdict(json, 'b < 2\na < 1')).toBe('bad');
  });
});

describe('the address', () => {
  const values = {
    version: '1.1.0-rc.1',
    'miniapp-id': '2088',
    'target-app': 'GO&PAY/..',
    ratio: '5',
    since: '1800000000',
  };

  test('takes each value encoded, as often as it is named', () => {
    const address = 'https://example.com/{target-app}/x?v={version}&m={miniapp-id}&r={ratio}&s={since}&again={version}';
    expect(fillAddress(address, values)).toBe(
      'https://example.com/GO%26PAY%2F../x?v=1.1.0-rc.1&m=2088&r=5&s=1800000000&again=1.1.0-rc.1',
    );
  });

  test('braces of a query language stay', () => {
    const query = 'sum(rate(errors{version="{version}",job=~"a{2}"}[5m]))';
    expect(placeholdersIn(query)).toEqual(['version']);
    expect(fillAddress(query, values)).toBe('sum(rate(errors{version="1.1.0-rc.1",job=~"a{2}"}[5m]))');
  });
});

describe('the recipes of docs/health.md', () => {
  const doc = readFileSync(fileURLToPath(new URL('../../docs/health.md', import.meta.url)), 'utf8');
  const recipes = [...doc.matchAll(/```yaml\n(health-url(?:(?!```)[\s\S])*)```\n\n```json\n([\s\S]*?)```/g)].map(
    ([, yaml = '', json = '']) => ({
      inputs: parse(yaml) as Record<string, string>,
      json: JSON.parse(json) as unknown,
    }),
  );

  test('are four that show a response, which their conditions read as good', async () => {
    expect(recipes).toHaveLength(4);
    for (const { inputs, json } of recipes) {
      const { conditions, faults } = parseConditions(inputs['health-when'] ?? '');
      expect([faults, verdictOf(judge(json, conditions))], inputs['health-when']).toEqual([[], 'good']);
      expect(verdictOf(judge({}, conditions))).toBe('no data');
    }
  });

  test('have addresses that the input takes, as they stand', async () => {
    const texts = [...doc.matchAll(/```yaml\n(health-url(?:(?!```)[\s\S])*)```/g)].map(([, yaml = '']) => parse(yaml));
    expect(texts).toHaveLength(5);
    for (const inputs of texts) {
      const environment = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
      const { faults } = await readInputs({ ...Object.fromEntries(environment), 'INPUT_HEALTH-TOKEN': 'abc' });
      expect(faults.filter((fault) => fault.startsWith('health'))).toEqual([]);
    }
  });
});
