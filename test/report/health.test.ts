/** What the report keeps of the health check's responses, and their section of the summary (src/report/health.ts). */

import { describe, expect, test } from 'vitest';
import { createRedactor, shownBy } from '../../src/lib/redaction/redactor.ts';
import { type HealthReport, type HealthSample, healthSummary, withSample } from '../../src/report/health.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { withoutSecrets } from '../../src/report/report.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { someReport } from '../support/github.ts';

const sample = (ratioPercent: number, value: string, verdict: HealthSample['verdict'] = 'good'): HealthSample => ({
  at: '2027-01-15T08:00:00.000Z',
  ratioPercent,
  verdict,
  values: [value],
});
const health = (fields: Partial<HealthReport> = {}): HealthReport => ({
  verdict: 'good',
  why: 'rate < 0.01 (0.004)',
  responses: 3,
  conditions: [{ text: 'rate < 0.01', verdict: 'good', value: '0.004' }],
  samples: [],
  ...fields,
});

describe('the samples of the health check', () => {
  test('are the last 16 of each ratio and the last 50 of all', () => {
    let samples: HealthSample[] = [];
    for (let nth = 0; nth < 100; nth++) samples = withSample(samples, sample(5, String(nth)));
    expect(samples.map(({ values }) => Number(values[0]))).toEqual(Array.from({ length: 16 }, (_, at) => at + 84));
    for (const ratio of [10, 20, 30, 40]) {
      for (let nth = 0; nth < 100; nth++) samples = withSample(samples, sample(ratio, String(nth)));
    }
    expect(samples).toHaveLength(50);
    expect(samples.filter(({ ratioPercent }) => ratioPercent === 5)).toHaveLength(0);
    expect(samples.filter(({ ratioPercent }) => ratioPercent === 40)).toHaveLength(16);
  });
});

describe('the health section of the summary', () => {
  test('draws the values of each ratio as blocks, with the limit on the same scale', () => {
    const samples = [
      sample(0, '0'),
      ...['0.001', '0.002', '0.005'].map((value) => sample(5, value)),
      sample(20, '', 'no data'),
      sample(20, '0.02', 'bad'),
      sample(20, '+Inf', 'bad'),
    ];
    const text = healthSummary(health({ samples }));
    expect(text).toContain('| <code>rate &#60; 0.01</code> | <code>0.004</code> | ✅ good |');
    expect(text).toContain('| before the first | ▁ limit █ | ✅ | 0 |');
    expect(text).toContain('| 5% | ▁▂▄ limit █ | ✅✅✅ | 0.001, 0.005 |');
    expect(text).toContain('| 20% | ·██ limit ▁ | ⚪❌❌ | 0.02, Infinity |');
  });

  test('shows the verdicts where no value is a number, and the last response where there is no condition', () => {
    const samples = [sample(5, '', 'bad'), sample(5, '')];
    expect(healthSummary(health({ samples }))).toContain('| 5% |  | ❌✅ |  |  |');
    const plain = health({ conditions: [], verdict: 'bad', why: 'HTTP 503', responses: 1 });
    expect(healthSummary(plain)).toBe('### Health check\n\nThe last of 1 response: ❌ bad. HTTP 503');
    expect(summaryOf(someReport())).not.toContain('Health check');
  });

  test('one value that equals its limit, and values without a number as limit, are drawn as well', () => {
    const equal = health({ samples: [sample(5, '0.01')] });
    expect(healthSummary(equal)).toContain('| 5% | ▁ limit ▁ |');
    const conditions = [{ text: 'build != 7', verdict: 'good', value: '8' }] as const;
    const named = [{ text: 'build == "x y"', verdict: 'bad', value: '8' }] as const;
    expect(healthSummary(health({ conditions, samples: [sample(5, '8')] }))).toContain('| 5% | █ limit ▁ |');
    expect(healthSummary(health({ conditions: named, samples: [sample(5, '8')] }))).toContain('| 5% | ▁ |');
  });
});

test('a secret in a response of the health check is in neither report nor summary, even where it is a number', () => {
  const redactor = createRedactor();
  redactor.addAll(['628111222333', 'tok-secret-1'], 'credential');
  const report = someReport({
    health: health({
      why: 'a == 1 (tok-secret-1)',
      conditions: [{ text: 'a == 1', verdict: 'bad', value: 'tok-secret-1' }],
      samples: [sample(5, '628111222333', 'bad')],
    }),
  });
  const safe = withoutSecrets(report, { show: shownBy(redactor), redactSentence: redactor.redactSentence });
  for (const text of [JSON.stringify(safe), summaryOf(safe)]) {
    expect(text).not.toContain('628111222333');
    expect(text).not.toContain('tok-secret-1');
  }
  expect(safe.health?.samples[0]?.values).toEqual(['***']);
});

test('the largest health report is kept whole in the output report, whatever the length of the lists', () => {
  const largest = health({
    why: '審'.repeat(500),
    conditions: Array.from({ length: 10 }, () => ({ text: '審'.repeat(200), verdict: 'bad', value: '"'.repeat(100) })),
    samples: Array.from({ length: 50 }, () => ({ ...sample(5, ''), values: Array(10).fill('9'.repeat(32)) })),
  });
  const history = Array.from({ length: 5_000 }, () => ({
    type: 'A',
    operator: 'x',
    time: 't',
    comment: '審'.repeat(300),
  }));
  const text = outputsOf(someReport({ health: largest, history }), '').report;
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100_000);
  expect(JSON.parse(text)).toMatchObject({ health: largest, truncated: { history: expect.any(Number) } });
});
