/** The canary's health check on the built action: metrics that are good, bad or missing, and hostile responses. */

import { describe, expect, test } from 'vitest';
import { newPlace } from '../support/in-process.ts';
import { HEALTH_URL, modelPortal, ours, runOnModel } from '../support/model-portal.ts';
import { annotation, withScene } from '../support/scene.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';
import { type Reply, type Seen, startWire } from '../support/wire.ts';

runShareOfTables();

const TOKEN = 'health-t0ken/4711=';
const RAMP = {
  stage: 'grayscale',
  version: '1.1.0',
  'grayscale-ratio': '5, 20',
  'grayscale-soak': '1s',
  'health-interval': '1s',
  'health-when': 'data.result.0.value.1 < 0.01',
  'health-token': TOKEN,
} as const;
const PORTAL = { seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } } as const;

const vector = (value: string): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1.5, value] }] } },
});

/** A scene with a monitoring server beside the portal. */
function withMonitoring(
  respond: (seen: Seen, nth: number) => Reply | 'reset',
  act: (scene: Parameters<Parameters<typeof withScene>[1]>[0], url: string, seen: readonly Seen[]) => Promise<void>,
): Promise<void> {
  return withScene({ portal: PORTAL }, async (scene) => {
    const monitoring = await startWire(respond);
    try {
      await act(
        scene,
        `${monitoring.url}/api/v1/query?query=errors{v="{version}"}&at={ratio}&from={since}`,
        monitoring.seen,
      );
    } finally {
      await monitoring.close();
    }
  });
}

describe.concurrent('a ramp that is held while its metric is good', () => {
  thoroughTest('is increased, and every value is seen in log, summary and report', async () => {
    const startS = Math.floor(Date.now() / 1_000);
    await withMonitoring(
      (_, nth) => vector(nth % 2 === 0 ? '0.004' : '2e-3'),
      async ({ portal, step }, url, seen) => {
        const result = await step({ ...RAMP, 'health-url': url });
        expect([result.outputs.verdict, portal.effects()]).toEqual([
          'succeeded',
          ['setRatio 5', 'startGrayscale', 'setRatio 20', 'startGrayscale'],
        ]);
        const ratios = new Set(seen.map(({ path }) => new URL(path, 'http://x').searchParams.get('at')));
        expect([...ratios]).toEqual(['0', '5', '20']);
        for (const { path, headers } of seen) {
          expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
          const query = new URL(path, 'http://x').searchParams;
          expect(query.get('query')).toBe('errors{v="1.1.0"}');
          expect(Math.abs(Number(query.get('from')) - startS)).toBeLessThan(60);
        }
        expect(result.log).toContain('the health check is good: data.result.0.value.1 < 0.01 (0.004)');
        expect(result.summary).toContain('### Health check');
        expect(result.summary).toMatch(/\| 20% \| [▁▃]+ limit █ \|/);
        expect(result.report.health).toMatchObject({
          verdict: 'good',
          responses: seen.length,
          conditions: [{ text: 'data.result.0.value.1 < 0.01', verdict: 'good' }],
        });
        expect(result.everything).not.toContain(TOKEN);
        expect(result.everything).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, -4));
        for (const { headers } of seen) expect(headers.cookie).toBeUndefined();
      },
    );
  });
});

test.concurrent('the token goes to the health URL alone, and is not sent on by a redirect', async () => {
  const other = await startWire(() => vector('0'));
  try {
    await withMonitoring(
      () => ({ status: 302, headers: { location: `${other.url}/stolen` } }),
      async ({ wire, step }, url) => {
        const result = await step({ ...RAMP, 'health-url': url, 'health-failures': '1' });
        expect(result.outputs.verdict).toBe('halted');
        expect(annotation(result)).toContain('Last response: HTTP 302.');
        expect(other.seen).toEqual([]);
        for (const { headers } of wire.seen) expect(headers.authorization).toBeUndefined();
      },
    );
  } finally {
    await other.close();
  }
});

thoroughTest.concurrent('a bad metric halts the ramp where it is, and says which value it was', async () => {
  await withMonitoring(
    ({ path }) => vector(path.includes('at=5') ? '0.25' : '0'),
    async ({ portal, step }, url) => {
      const result = await step({ ...RAMP, 'health-url': url, 'health-failures': '2' });
      expect([result.outputs.verdict, result.exitCode, result.outputs['grayscale-ratio']]).toEqual(['halted', 1, '5']);
      expect(portal.effects()).toEqual(['setRatio 5', 'startGrayscale']);
      expect(annotation(result)).toContain(
        'The health check failed, so the rollout was halted. 1.1.0 is in grayscale rollout at 5%',
      );
      expect(annotation(result)).toContain('Last response: data.result.0.value.1 < 0.01 (0.25).');
      expect(result.report.health?.conditions).toEqual([
        { text: 'data.result.0.value.1 < 0.01', verdict: 'bad', value: '0.25' },
      ]);
    },
  );
});

/** Each begins with what must not be shown, since a value is cut off after 100 characters. */
const HOSTILE = [
  `${TOKEN} ${encodeURIComponent(TOKEN)} ::set-env name=X::1`,
  `${Buffer.from(`Bearer ${TOKEN}`).toString('base64')} \r\n::error::boo\n##[error]no \u001b[31mred`,
  '| cell | @victim closes #12 <img src=x> [a](javascript:alert(1)) https://evil.example `$(touch PWNED)`',
  '\n::stop-commands::x',
];

test.concurrent.each(HOSTILE)(
  'a hostile value runs no command, leaks no secret and breaks no view (%#)',
  async (value) => {
    await withMonitoring(
      () => vector(value),
      async ({ step }, url) => {
        const result = await step({ ...RAMP, 'health-url': url, 'health-failures': '1' });
        expect(result.outputs.verdict).toBe('halted');
        for (const form of [TOKEN, encodeURIComponent(TOKEN), Buffer.from(`Bearer ${TOKEN}`).toString('base64')]) {
          expect(result.everything).not.toContain(form);
        }
        expect(result.log).not.toMatch(/^\s*::(set-env|stop-commands|error::boo)|##\[/m);
        expect(result.everything).not.toContain('\u001b');
        expect(result.summary).not.toMatch(/@victim|<img|\]\(javascript|https:\/\/evil/);
        const row = result.summary.split('\n').find((line) => line.includes('data.result.0'));
        expect(row?.match(/\|/g)).toHaveLength(4);
      },
    );
  },
);

test.concurrent('faults of the inputs are found together, before anything is sent', async () => {
  await withMonitoring(
    () => vector('0'),
    async ({ wire, step }, _, seen) => {
      const result = await step({
        ...RAMP,
        'health-url': 'https://{version}.example.com/',
        'health-when': 'a = 1',
        'health-token': `Bearer ${TOKEN}`,
        'health-interval': '0s',
        'health-failures': '0',
      });
      expect(result.outputs['error-code']).toBe('input-invalid');
      for (const name of ['url', 'when', 'token', 'interval', 'failures']) {
        expect(annotation(result)).toMatch(new RegExp(`^- health-${name}: `, 'm'));
      }
      expect(result.everything).not.toContain(TOKEN);
      expect([wire.seen, seen]).toEqual([[], []]);
    },
  );
});

describe.concurrent('a metric that has no data', () => {
  const place = newPlace();
  const noData = '{"status":"success","data":{"resultType":"vector","result":[]}}';
  const inputs = {
    ...RAMP,
    'grayscale-soak': '30m',
    'health-interval': '30s',
    'health-url': `${HEALTH_URL}?at={ratio}`,
    'miniapp-id': '2088000000000000000001',
  };

  test.each([
    ['halts the ramp after the hold period and ten minutes', 'wait', 'halted', 40],
    ['halts a resumed ramp that is long due', 'resume', 'halted', 2],
  ] as const)('%s, in another sentence than a bad one', async (_, mode, verdict, minutes) => {
    const changedAgoMs = mode === 'wait' ? 0 : 86_400_000;
    const portal = modelPortal({ releases: ours('GRAY', { ratio: 5, changedAgoMs }), health: () => noData });
    const ran = await runOnModel({ ...inputs, 'soak-mode': mode }, portal, place);
    expect(ran.report.verdict, ran.log).toBe(verdict);
    expect(ran.report.message).toMatch(/^The health check returned no data, so nothing was increased or released\. /);
    expect(ran.log).toContain('the health check has no data: data.result.0.value.1 < 0.01 (absent)');
    expect(portal.received()).toEqual([]);
    expect(Math.round((portal.clock.now() - portal.startMs) / 60_000)).toBe(minutes);
    expect(ran.report.health?.samples.length).toBeLessThanOrEqual(16);
  });

  test('leaves a resumed ramp pending while a later run may find some', async () => {
    const portal = modelPortal({
      releases: ours('GRAY', { ratio: 5, changedAgoMs: 31 * 60_000 }),
      health: () => noData,
    });
    const ran = await runOnModel({ ...inputs, 'soak-mode': 'resume' }, portal, place);
    expect([ran.report.verdict, portal.received()], ran.log).toEqual(['pending', []]);
    expect(ran.report.message).toContain('waiting for a good response of the health check');
  });
});
