/** Two runs at once on one portal, in seeded interleavings: each ends in a right verdict, every effect comes once. */

import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { type FakeClock, fakeClock, seeded } from '../support/fake-clock.ts';
import { createFaultLink } from '../support/fault-link.ts';
import { newPlace, runInProcess } from '../support/in-process.ts';
import { type InProcessPortal, openPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);
const LIVE = { versions: ['1.0.0', '1.1.0'], live: '0.9.0', version: '1.0.0' };
const place = newPlace();
let interleavings = 0;
afterAll(() => {
  place.close();
  console.log('interleavings run:', interleavings);
});

type Inputs = Readonly<Record<string, string>>;

interface Race {
  readonly reports: readonly [Report, Report];
  readonly effects: readonly string[];
  readonly portal: InProcessPortal;
  readonly what: string;
}

/** Each request of both waits a seeded while before it reaches the portal. */
async function race(
  seed: number,
  options: TestPortalOptions,
  pair: readonly [Inputs, Inputs],
  before: readonly Inputs[] = [],
): Promise<Race> {
  const clock = fakeClock({ seed });
  const portal = await openPortal({ now: clock.now, ...options });
  const base = { ...portal.inputs, version: '1.0.0' };
  for (const inputs of before)
    await runInProcess(
      { ...base, ...inputs },
      { clock, place, exchange: createFaultLink(portal, () => undefined).exchange },
    );
  const doneBefore = portal.effects().length;
  const [one, other] = await Promise.all(
    pair.map((inputs, index) => delayed({ ...base, ...inputs }, seed * 2 + index, portal, clock)),
  );
  interleavings++;
  if (!one || !other) throw new Error('two runs');
  const effects = portal.effects().slice(doneBefore);
  const what = `seed ${seed}: ${effects.join(', ')}\n${one.log}\n---\n${other.log}`;
  for (const { report } of [one, other]) expect(report.error?.code, what).not.toBe('internal');
  return { reports: [one.report, other.report], effects, portal, what };
}

async function delayed(inputs: Inputs, seed: number, portal: InProcessPortal, clock: FakeClock) {
  const random = seeded(seed);
  const { exchange } = createFaultLink(portal, () => async ({ response, forward }) => {
    for (let ticks = Math.floor(random() * random() * 60); ticks > 0; ticks--) await tick();
    const answer = await forward();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  return runInProcess(inputs, { clock, place, exchange });
}

const ratioAtEnd = (portal: InProcessPortal) => {
  const release = portal.read().apps[0]?.releases.find(({ version }) => version === '1.0.0');
  return release?.grayRatio ?? 0;
};

describe('the same stage twice', () => {
  test.each([
    ['submit', { ...LIVE, version: '0.9.0' }, ['createRelease']],
    ['apply', { ...LIVE, state: 'created' }, ['startApproval']],
    ['release', { ...LIVE, state: 'approved' }, ['skipPilot', 'goOnline']],
    ['withdraw', { ...LIVE, state: 'in-review' }, ['cancelApproval']],
    ['withdraw', { ...LIVE, state: 'grayscale' }, ['cancelRelease']],
    ['rollback', { ...LIVE, state: 'released' }, ['rollback']],
  ] as const)('%s, %o: both reach the end, and each effect comes once', async (stage, seedOfPortal, effects) => {
    const { version: _, ...withoutVersion } = seedOfPortal;
    const portalSeed = 'state' in seedOfPortal ? seedOfPortal : withoutVersion;
    const review = { mode: 'approve' as const, afterMs: stage === 'withdraw' ? 1e9 : 0 };
    const inputs = { stage, ...(stage === 'rollback' && { version: '0.9.0' }) };
    for (const seed of SEEDS) {
      const ran = await race(seed, { seed: portalSeed, rules: { review } }, [inputs, inputs]);
      expect(ran.effects, ran.what).toEqual(effects);
      for (const report of ran.reports) expect(report.complete, ran.what).toBe(true);
    }
  });
});

describe('two runs that conflict', () => {
  thoroughTest('20 against 50 percent: neither run reports a ratio that is not in effect', async () => {
    const grayscale = (ratio: string) => ({ stage: 'grayscale', 'grayscale-ratio': ratio, 'grayscale-soak': '0s' });
    for (const seed of SEEDS) {
      const pair = [grayscale('20'), grayscale('50')] as const;
      const { reports, effects, portal, what } = await race(seed, { seed: { ...LIVE, state: 'approved' } }, pair);
      expect(
        effects.filter((effect) => effect === 'skipPilot'),
        what,
      ).toHaveLength(1);
      for (const [index, ratio] of [20, 50].entries()) {
        const report = reports[index];
        if (report?.complete) expect(ratioAtEnd(portal), what).toBeGreaterThanOrEqual(ratio);
        else expect(['refused', 'failed'], what).toContain(report?.verdict);
        if (report?.verdict === 'failed') expect(report.error?.code, what).toBe('effect-not-seen');
      }
      expect(
        reports.some((report) => report.complete),
        what,
      ).toBe(true);
    }
  });

  test('release against withdraw: one of them succeeds, and the other reports that', async () => {
    const winners = new Set<string | undefined>();
    for (const seed of SEEDS) {
      const pair = [{ stage: 'release' }, { stage: 'withdraw' }] as const;
      const { reports, effects, what } = await race(seed, { seed: { ...LIVE, state: 'approved' } }, pair);
      const ends = effects.filter((effect) => effect === 'goOnline' || effect === 'cancelRelease');
      expect(ends, what).toHaveLength(1);
      winners.add(ends[0]);
      const [release, withdraw] = reports;
      const isLive = ends[0] === 'goOnline';
      expect(release.complete, what).toBe(isLive);
      expect(withdraw.complete, what).toBe(!isLive);
      const loser = isLive ? withdraw : release;
      expect(['refused', 'withdrawn'], what).toContain(loser.verdict);
    }
    expect(winners.size, 'the interleavings differ').toBe(2);
  });

  test('a withdrawal in the middle of a ramp: no ratio is increased after it', async () => {
    const ramp = { stage: 'grayscale', 'grayscale-ratio': '5, 20, 50', 'grayscale-soak': '1m' };
    for (const seed of SEEDS) {
      const { reports, effects, what } = await race(seed, { seed: { ...LIVE, state: 'approved' } }, [
        ramp,
        { stage: 'withdraw' },
      ]);
      expect(
        effects.filter((effect) => effect === 'cancelRelease'),
        what,
      ).toHaveLength(1);
      expect(effects.at(-1), what).toBe('cancelRelease');
      expect(reports[1].complete, what).toBe(true);
      // A ramp that had reached its end by then is complete.
      if (!reports[0].complete) expect(['refused', 'withdrawn'], what).toContain(reports[0].verdict);
    }
  });

  thoroughTest('a rollback in the middle of a ramp: refused, or done before the rollout began', async () => {
    const ramp = { stage: 'grayscale', version: '1.1.0', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1m' };
    const before = [{ stage: 'release' }, { stage: 'submit apply', version: '1.1.0' }];
    for (const seed of SEEDS) {
      const pair = [ramp, { stage: 'rollback', version: '' }] as const;
      const { reports, effects, what } = await race(seed, { seed: { ...LIVE, state: 'approved' } }, pair, before);
      expect(reports[0].complete, what).toBe(true);
      const rollbacks = effects.filter((effect) => effect === 'rollback');
      expect(rollbacks, what).toHaveLength(reports[1].complete ? 1 : 0);
      if (!reports[1].complete) expect(reports[1].verdict, what).toBe('refused');
    }
  });
});
