/** The drive against a portal in memory, in fake time: waits, soaks, health, lost answers and late effects. */

import { describe, expect, test } from 'vitest';
import type { DriveContext } from '../../src/drive/context.ts';
import { driveStage } from '../../src/drive/driver.ts';
import type { Health } from '../../src/drive/health.ts';
import { type GateOptions, HealthGate } from '../../src/drive/health-gate.ts';
import { observe } from '../../src/drive/observe.ts';
import { createObserver } from '../../src/drive/observer.ts';
import { pollGapMs } from '../../src/drive/wait.ts';
import type { ReleaseError } from '../../src/lib/errors.ts';
import type { Portal } from '../../src/portal/port.ts';
import type { Stage } from '../../src/release/lifecycle.ts';
import type { PlanOptions } from '../../src/release/plan.ts';
import type { Release } from '../../src/release/release.ts';
import type { Snapshot } from '../../src/release/snapshot.ts';
import { type FakeClock, fakeClock, START_MS } from '../support/fake-clock.ts';
import {
  type MemoryPortal,
  type MemoryPortalOptions,
  memoryPortal,
  notAllowed,
  unauthorized,
  unexpected,
  unreachable,
  VERSION,
} from '../support/memory-portal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Scene {
  readonly clock: FakeClock;
  readonly portal: MemoryPortal;
  readonly log: string[];
  changes: number;
  /** What is known of the release after the last reading. */
  snapshot: Snapshot | undefined;
  drive(stage: Stage, context?: Partial<DriveContext>): ReturnType<typeof driveStage>;
}

function scene(options: Omit<MemoryPortalOptions, 'clock'>, plan: Partial<PlanOptions> = {}): Scene {
  const clock = fakeClock({ random: () => 0.5 });
  const portal = memoryPortal({ clock, ...options });
  const log: string[] = [];
  const here: Scene = {
    clock,
    portal,
    log,
    changes: 0,
    snapshot: undefined,
    async drive(stage, context = {}) {
      const spoken = context.portal ?? (portal as Portal);
      here.snapshot = await observe(portal, VERSION);
      return driveStage(stage, {
        portal: spoken,
        observer: createObserver(here.snapshot, spoken, clock, (snapshot) => {
          here.snapshot = snapshot;
        }),
        clock,
        signal: new AbortController().signal,
        plan: {
          targetApp: 'GOPAY',
          allowDowngrade: false,
          reapply: false,
          ratios: [],
          soakMs: 0,
          soakMode: 'wait',
          show: String,
          ...plan,
        },
        approvalTimeoutMs: HOUR,
        releaseNotes: '',
        userIds: ['a', 'b', 'c', 'd', 'e'],
        log: (line) => log.push(line),
        show: String,
        emit: async ({ kind }) => {
          if (kind === 'changed') here.changes++;
        },
        ...context,
      });
    },
  };
  return here;
}

const failed = (promise: Promise<unknown>) =>
  promise.then(
    (value) => expect.fail(`it did not fail: ${JSON.stringify(value)}`),
    (error: ReleaseError) => error.code,
  );

describe('waiting for the administrator', () => {
  test('polls with gaps up to 2 s, then from 2 s to 10 s, then a sixteenth of the time waited, at most 5 min', () => {
    const at = (random: number) => fakeClock({ random: () => random });
    expect([0, 0.5, 0.999].map((random) => pollGapMs(0, true, at(random)))).toEqual([0, 1_000, 1_998]);
    const waited = [0, 20_000, 40_000, 160_000, 16 * MINUTE, 80 * MINUTE, DAY];
    expect(waited.map((ms) => pollGapMs(ms, false, at(0.7)))).toEqual([
      2_000,
      6_000,
      10_000,
      10_000,
      MINUTE,
      5 * MINUTE,
      5 * MINUTE,
    ]);
  });

  test('ends with the approval and logs a line for each poll', async () => {
    const here = scene({ state: 'in-review', timeline: [{ atMs: 50_000, becomes: { state: 'approved' } }] });
    const end = await here.drive('approval');
    expect(end).toMatchObject({ kind: 'reached', awaited: true });
    expect([here.portal.sent, here.changes]).toEqual([[], 0]);
    expect(here.log[0]).toBe('check 1: in review; waited 1 s, 59 min 59 s left');
    expect(here.portal.looksMs.at(-1)).toBeLessThan(50_000 + 10_000);
  });

  test('ends at approval-timeout, and no sleep is longer than the time left', async () => {
    const here = scene({ state: 'in-review' });
    expect(await here.drive('apply', { approvalTimeoutMs: 90_500 })).toMatchObject({ kind: 'pending' });
    expect(here.portal.looksMs.at(-1)).toBe(90_500);
    expect(here.portal.sent).toEqual([]);
  });

  test('with 0s polls once', async () => {
    const here = scene({ state: 'in-review' });
    expect(await here.drive('approval', { approvalTimeoutMs: 0 })).toMatchObject({ kind: 'pending' });
    expect([here.portal.looksMs, here.clock.sleeps]).toEqual([[0], []]);
  });

  test('lasts ten days in sleeps that a timer can hold', async () => {
    const here = scene({ state: 'created', timeline: [{ atMs: 9 * DAY, becomes: { state: 'approved' } }] });
    expect(await here.drive('apply', { approvalTimeoutMs: 10 * DAY })).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(['startApproval']);
    expect(Math.max(...here.clock.sleeps)).toBe(5 * MINUTE);
  });

  test.each([
    ['unreachable', unreachable()],
    ['not understood', unexpected()],
  ])('a portal that is %s for an hour does not end it', async (_, error) => {
    const here = scene({
      state: 'in-review',
      outages: [{ fromMs: 1, toMs: HOUR, error }],
      timeline: [{ atMs: 30 * MINUTE, becomes: { state: 'approved' } }],
    });
    expect(await here.drive('apply', { approvalTimeoutMs: 6 * HOUR })).toMatchObject({ kind: 'reached' });
    expect(here.log.join('\n')).toContain('the check failed');
  });

  test('an outage to the end of the time is pending, not failed', async () => {
    const here = scene({ state: 'in-review', outages: [{ fromMs: 1, toMs: DAY, error: unreachable() }] });
    const end = await here.drive('approval');
    expect(end).toMatchObject({ kind: 'pending' });
    expect(here.snapshot?.release?.state).toBe('in-review');
    // What is reported is as old as the last reading that succeeded.
    expect(end).toMatchObject({ failed: { why: 'reset.', lastGoodMs: here.clock.now() - HOUR } });
    expect(end.kind === 'pending' && end.failed?.count).toBeGreaterThan(20);
  });

  test('credentials that are no longer accepted end it', async () => {
    const here = scene({ state: 'in-review', outages: [{ fromMs: MINUTE, toMs: DAY, error: unauthorized() }] });
    expect(await failed(here.drive('approval'))).toBe('portal-unauthorized');
    expect(here.portal.looksMs.at(-1)).toBeLessThan(2 * MINUTE);
  });

  test.each([
    ['rejected', 'rejected'],
    ['withdrawn', 'withdrawn'],
    // A portal may put a withdrawn request back to where it came from.
    ['created', 'withdrawn'],
  ] as const)('a release that is %s meanwhile ends it as %s', async (state, kind) => {
    const here = scene({ state: 'created', timeline: [{ atMs: 10 * MINUTE, becomes: { state } }] }, { reapply: true });
    expect(await here.drive('apply')).toMatchObject({ kind });
    expect(here.portal.sent).toEqual(['startApproval']);
    expect(here.portal.looksMs.at(-1)).toBeLessThan(12 * MINUTE);
  });

  test.each([
    ['unknown', 150_000],
    ['busy', 30 * MINUTE],
  ] as const)('a status that is %s for a while does not end it', async (state, approvedMs) => {
    const here = scene({
      state: 'created',
      timeline: [
        { atMs: MINUTE, becomes: { state, portalStatus: 'UAT' } },
        { atMs: approvedMs, becomes: { state: 'approved' } },
      ],
    });
    expect(await here.drive('apply')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(['startApproval']);
    expect(here.log.join('\n')).toContain(`${state} (the portal says UAT)`);
  });

  test.each(['apply', 'approval'] as const)('a status that stays unmapped ends %s within minutes', async (stage) => {
    const here = scene({
      state: stage === 'apply' ? 'created' : 'in-review',
      timeline: [
        { atMs: 10 * MINUTE, becomes: { state: 'unknown', portalStatus: 'UAT' } },
        { atMs: 30 * MINUTE, becomes: { state: 'approved' } },
      ],
    });
    expect(await here.drive(stage)).toEqual({ kind: 'unknown-status' });
    expect(here.portal.looksMs.at(-1)).toBeGreaterThan(12 * MINUTE);
    expect(here.portal.looksMs.at(-1)).toBeLessThan(15 * MINUTE);
  });

  test('a status that is not mapped right after the application is waited on for two minutes', async () => {
    const timeline = [
      { atMs: 1, becomes: { state: 'unknown', portalStatus: 'UAT' } },
      { atMs: 90_000, becomes: { state: 'approved' } },
    ] as const;
    const here = scene({ state: 'created', timeline, onWrite: () => 'lost' });
    expect(await here.drive('apply')).toMatchObject({ kind: 'reached', awaited: true });
  });

  test.each([
    ['approval', { kind: 'unknown-status' }],
    ['apply', { kind: 'unknown-status' }],
    ['release', { kind: 'unknown-status' }],
  ] as const)('%s of a release in an unknown status', async (stage, end) => {
    const here = scene({ state: 'unknown', status: 'UAT' });
    expect(await here.drive(stage)).toMatchObject(end);
    expect(here.portal.sent).toEqual([]);
  });

  test('a rejection right after the resubmission ends apply as rejected', async () => {
    const here = scene(
      {
        state: 'rejected',
        timeline: [{ atMs: 1, becomes: { state: 'rejected' } }],
        onWrite: () => 'lost, but it took',
      },
      { reapply: true },
    );
    expect(await here.drive('apply')).toMatchObject({ kind: 'rejected' });
  });
});

describe('a release in a transitional status', () => {
  test('is polled until the status has changed', async () => {
    const timeline = [{ atMs: MINUTE, becomes: { state: 'grayscale', ratioPercent: 20 } }] as const;
    const here = scene({ state: 'busy', status: 'DEPLOYING', timeline });
    expect(await here.drive('release')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(['goOnline']);
  });

  test('is polled for two minutes, then the step ends as effect-not-seen', async () => {
    const here = scene({ state: 'busy', status: 'DEPLOYING' });
    expect(await failed(here.drive('release'))).toBe('effect-not-seen');
    expect([here.portal.sent, here.portal.looksMs.at(-1)]).toEqual([[], 2 * MINUTE]);
  });
});

test.each([
  ['accepted', undefined],
  ['accepted, and its response lost', 'lost, but it took'],
] as const)('each write that is %s is reported as one change', async (_, trouble) => {
  const here = scene({ state: 'approved', onWrite: (_, sending) => (sending === 1 ? trouble : undefined) });
  await here.drive('release');
  expect(here.portal.now().state).toBe('released');
  expect(here.changes).toBe(2);
});

describe('a ramp', () => {
  const RAMP = { ratios: [5, 20, 50], soakMs: 30 * MINUTE } as const;
  const STEPS = [
    'setRatio 5',
    'startGrayscale 5',
    'setRatio 20',
    'startGrayscale 20',
    'setRatio 50',
    'startGrayscale 50',
  ];

  test.each([{}, { withoutTimes: true }] as const)('holds each ratio, the last one too %j', async (options) => {
    const here = scene({ state: 'approved', ...options }, RAMP);
    const startMs = here.clock.now();
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect(here.snapshot?.release?.ratioPercent).toBe(50);
    expect(here.portal.sent).toEqual(['skipPilot', ...STEPS]);
    const tookMs = here.clock.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(3 * RAMP.soakMs);
    expect(tookMs).toBeLessThan(3 * RAMP.soakMs + MINUTE);
  });

  test('continues from the ratio in effect after the rest of its hold period', async () => {
    const here = scene({ state: 'grayscale', ratioPercent: 20 }, RAMP);
    here.clock.advance(20 * MINUTE);
    const startMs = here.clock.now();
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(STEPS.slice(4));
    expect(Math.round((here.clock.now() - startMs) / MINUTE)).toBe(40);
  });

  test("counts the hold period from our own clock where the portal's clock is ahead", async () => {
    const here = scene(
      { state: 'grayscale', ratioPercent: 50, timeline: [{ atMs: 0, becomes: { modifiedAtMs: 4e12 } }] },
      RAMP,
    );
    const startMs = here.clock.now();
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect(here.clock.now() - startMs).toBe(RAMP.soakMs);
  });

  test.each([{}, { withoutTimes: true }] as const)(
    'another ratio that somebody sets is held anew %j',
    async (options) => {
      const timeline = [{ atMs: 20 * MINUTE, becomes: { ratioPercent: 50 } }];
      const here = scene({ state: 'grayscale', ratioPercent: 20, timeline, ...options }, RAMP);
      const startMs = here.clock.now();
      expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
      expect(here.portal.sent).toEqual([]);
      expect(here.clock.now() - startMs).toBeGreaterThanOrEqual(50 * MINUTE);
    },
  );

  test('of a release that is withdrawn meanwhile is refused', async () => {
    const here = scene({ state: 'approved', timeline: [{ atMs: 10 * MINUTE, becomes: { state: 'withdrawn' } }] }, RAMP);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'refused' });
    expect(here.portal.sent).toEqual(['skipPilot', ...STEPS.slice(0, 2)]);
  });

  test('resumed too early ends pending, and goes on when the time is over', async () => {
    const here = scene({ state: 'approved' }, { ...RAMP, soakMode: 'resume' });
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'pending', what: 'the hold period at 5%' });
    here.clock.advance(29 * MINUTE);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'pending' });
    here.clock.advance(2 * MINUTE);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'pending', what: 'the hold period at 20%' });
    expect(here.portal.sent).toEqual(['skipPilot', ...STEPS.slice(0, 4)]);
  });

  test.each(['approved', 'grayscale'] as const)(
    'cannot be resumed from %s where the portal does not tell the time',
    async (state) => {
      const here = scene({ state, ratioPercent: 1, withoutTimes: true }, { ...RAMP, soakMode: 'resume' });
      expect(await here.drive('grayscale')).toMatchObject({ kind: 'refused', todo: 'Use soak-mode: wait.' });
      expect(here.portal.sent).toEqual([]);
    },
  );

  test('that reads back another ratio than the requested one fails', async () => {
    const here = scene({ state: 'rollout-ready', ratioOverride: 7 }, RAMP);
    expect(await failed(here.drive('grayscale'))).toBe('effect-not-seen');
    expect(here.portal.sent).toEqual(STEPS.slice(0, 2));
  });

  test('survives an outage during a hold period', async () => {
    const outages = [{ fromMs: MINUTE, toMs: 29 * MINUTE, error: unexpected() }];
    const here = scene({ state: 'grayscale', ratioPercent: 50, outages }, RAMP);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
  });
});

describe('the health check', () => {
  const RAMP = { ratios: [5, 20], soakMs: 10 * MINUTE } as const;
  const RESUME = { ...RAMP, soakMode: 'resume' } as const;
  type Answer = Health['verdict'];

  /** A health check whose verdict depends on the time since the start and on the ratio in effect. */
  function checked(
    here: Scene,
    verdictAt: (atMs: number, ratioPercent: number) => Answer,
    options: Partial<GateOptions> = {},
  ) {
    const startMs = here.clock.now();
    const calls: { atMs: number; ratioPercent: number; heldMs: number; sent: number; verdict: Answer }[] = [];
    const gate = new HealthGate({
      check: async ({ ratioPercent, sinceMs }) => {
        const atMs = here.clock.now() - startMs;
        const verdict = verdictAt(atMs, ratioPercent);
        calls.push({ atMs, ratioPercent, heldMs: here.clock.now() - sinceMs, sent: here.portal.sent.length, verdict });
        return { verdict, why: `said ${verdict}` };
      },
      clock: here.clock,
      signal: new AbortController().signal,
      intervalMs: 30_000,
      failures: 3,
      soakMs: RAMP.soakMs,
      soakMode: 'wait',
      log: (line) => here.log.push(line),
      ...options,
    });
    return { calls, gate };
  }
  const between = (verdict: Answer, fromMs: number, toMs: number) => (atMs: number) =>
    atMs >= fromMs && atMs < toMs ? verdict : 'good';
  const FIRST = ['setRatio 5', 'startGrayscale 5'];
  const ALL = [...FIRST, 'setRatio 20', 'startGrayscale 20'];

  test('is called once an interval and before each increase', async () => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const { calls, gate } = checked(here, () => 'good');
    expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'reached' });
    const times = calls.map(({ atMs }) => atMs);
    expect(times[0]).toBe(0);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBe(30_000);
    expect(gaps.filter((gap) => gap > 0 && gap < 30_000)).toEqual([]);
    for (const [index] of ALL.entries()) expect(calls.some(({ sent }) => sent === index)).toBe(true);
  });

  test('is called at the interval that was asked for', async () => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const { calls, gate } = checked(here, () => 'good', { intervalMs: 2 * MINUTE });
    await here.drive('grayscale', { gate });
    const times = [...new Set(calls.map(({ atMs }) => atMs / MINUTE))];
    expect(times).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  });

  test('is told the ratio in effect and since when, by the clock of the run that increased it', async () => {
    const here = scene({ state: 'rollout-ready', withoutTimes: true }, RAMP);
    const { calls, gate } = checked(here, () => 'good');
    await here.drive('grayscale', { gate });
    for (const { atMs, ratioPercent, heldMs } of calls) {
      expect([0, 5, 20]).toContain(ratioPercent);
      expect(heldMs).toBe(ratioPercent === 20 ? atMs - RAMP.soakMs : atMs);
    }
    // Also in a later stage of the same step.
    calls.length = 0;
    await here.drive('release', { gate });
    expect(calls).toMatchObject([{ ratioPercent: 20, heldMs: RAMP.soakMs }]);
  });

  test("is told the portal's time of a ratio that an earlier run set", async () => {
    const here = scene({ state: 'grayscale', ratioPercent: 5 }, RAMP);
    here.clock.advance(4 * MINUTE);
    const { calls, gate } = checked(here, () => 'good');
    await here.drive('grayscale', { gate });
    expect(calls[0]).toMatchObject({ ratioPercent: 5, heldMs: 4 * MINUTE });
  });

  test.each([1, 3, 10])('%i bad responses in a row, an interval apart, halt it', async (failures) => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const { calls, gate } = checked(here, between('bad', 4 * MINUTE, DAY), { failures });
    const end = await here.drive('grayscale', { gate });
    expect(end).toMatchObject({ kind: 'halted', why: 'bad' });
    expect(here.portal.sent).toEqual(FIRST);
    expect(here.log).toContain(`the health check is bad (${failures} of ${failures}): said bad`);
    const bad = calls.filter(({ verdict }) => verdict === 'bad').map(({ atMs }) => atMs);
    expect(bad).toEqual(Array.from({ length: failures }, (_, index) => 4 * MINUTE + index * 30_000));
    expect(here.portal.now()).toMatchObject({ state: 'grayscale', ratioPercent: 5 });
  });

  test('fewer bad responses do not, and the release is read again before the increase', async () => {
    const timeline = [{ atMs: 45_000, becomes: { ratioPercent: 20 } }];
    const here = scene({ state: 'grayscale', ratioPercent: 5, timeline }, { ratios: [5, 20], soakMs: 0 });
    const { gate } = checked(here, between('bad', 0, MINUTE), { soakMs: 0 });
    expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual([]);
  });

  test('bad responses around the end of a hold period count once an interval', async () => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const { calls, gate } = checked(here, between('bad', RAMP.soakMs - 30_000, DAY));
    expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'bad' });
    expect(calls.slice(-3).map(({ atMs }) => atMs - RAMP.soakMs)).toEqual([-30_000, 0, 30_000]);
  });

  test('a hold period that ends between two intervals makes no bad response count early', async () => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const options = { intervalMs: 4 * MINUTE };
    const { calls, gate } = checked(here, between('bad', 8 * MINUTE, DAY), options);
    expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'bad' });
    expect(calls.slice(-3).map(({ atMs }) => atMs / MINUTE)).toEqual([8, 12, 16]);
  });

  test('guards the first increase and the official release, in the next run too', async () => {
    for (const [stage, state] of [
      ['grayscale', 'rollout-ready'],
      ['release', 'grayscale'],
    ] as const) {
      for (const verdict of ['bad', 'no data'] as const) {
        const here = scene({ state, ratioPercent: 1 }, RAMP);
        const { gate } = checked(here, () => verdict);
        expect(await here.drive(stage, { gate })).toMatchObject({ kind: 'halted', why: verdict });
        expect(here.portal.sent).toEqual([]);
      }
    }
  });

  describe('without data', () => {
    test.each([
      ['the first increase', 0, [], 20],
      ['the second increase', 5, FIRST, 20],
      ['the end of the last hold period', 20, ALL, 30],
    ] as const)('%s is halted after the hold period and ten minutes', async (_, from, sent, minutes) => {
      const here = scene({ state: 'rollout-ready' }, RAMP);
      const { gate } = checked(here, (_, ratioPercent) => (ratioPercent === from ? 'no data' : 'good'));
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'no data' });
      expect(here.portal.sent).toEqual(sent);
      expect(here.clock.now()).toBe(START_MS + minutes * MINUTE);
      expect(here.log).toContain('the health check has no data: said no data');
    });

    test('what others did to the release meanwhile is seen at the end', async () => {
      const timeline = [{ atMs: 5 * MINUTE, becomes: { state: 'withdrawn' } }] as const;
      const here = scene({ state: 'rollout-ready', timeline }, RAMP);
      const { gate } = checked(here, () => 'no data');
      expect(await here.drive('grayscale', { gate })).toEqual({ kind: 'halted', why: 'no data' });
      expect(here.snapshot?.release?.state).toBe('withdrawn');
    });

    test('a good response after the hold period lets it go on', async () => {
      const here = scene({ state: 'rollout-ready' }, RAMP);
      const { gate } = checked(here, between('no data', 1, 18 * MINUTE));
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'reached' });
      expect(here.portal.sent).toEqual(ALL);
    });

    test('one good response since the increase is enough', async () => {
      const here = scene({ state: 'rollout-ready' }, RAMP);
      const { gate } = checked(here, (atMs) =>
        atMs % (5 * MINUTE) === 0 && atMs % (10 * MINUTE) > 0 ? 'good' : atMs > 0 ? 'no data' : 'good',
      );
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'reached' });
      expect(here.portal.sent).toEqual(ALL);
    });

    test('a good response at an earlier ratio is none for this one', async () => {
      const here = scene({ state: 'rollout-ready' }, RAMP);
      const { gate } = checked(here, (_, ratioPercent) => (ratioPercent === 0 ? 'good' : 'no data'));
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'no data' });
      expect(here.portal.sent).toEqual(FIRST);
    });

    test('a bad response is not forgotten: the row goes on after it', async () => {
      const here = scene({ state: 'rollout-ready' }, RAMP);
      const bad = [2, 4, 6].map((minutes) => minutes * MINUTE);
      const { gate } = checked(here, (atMs) => (bad.includes(atMs) ? 'bad' : atMs > MINUTE ? 'no data' : 'good'));
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'bad' });
      expect(here.clock.now()).toBe(START_MS + 6 * MINUTE);
    });
  });

  describe('with soak-mode resume', () => {
    const resumed = (verdictAt: Parameters<typeof checked>[1], heldMs: number, options: Partial<GateOptions> = {}) => {
      const here = scene({ state: 'grayscale', ratioPercent: 5 }, RESUME);
      here.clock.advance(heldMs);
      return { here, ...checked(here, verdictAt, { soakMode: 'resume', ...options }) };
    };

    test('a run that comes too early calls it once', async () => {
      const { here, calls, gate } = resumed(() => 'good', MINUTE);
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'pending', what: 'the hold period at 5%' });
      expect(calls).toHaveLength(1);
    });

    test.each([
      ['comes too early', MINUTE],
      ['is due', 11 * MINUTE],
    ])('a run that %s halts within two minutes where it is bad', async (_, heldMs) => {
      for (const options of [{}, { failures: 10 }, { failures: 3, intervalMs: HOUR }]) {
        const { here, calls, gate } = resumed(() => 'bad', heldMs, options);
        expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'bad' });
        expect(calls).toHaveLength(options.failures ?? 3);
        expect(calls.at(-1)?.atMs).toBeLessThanOrEqual(2 * MINUTE);
        expect(here.portal.sent).toEqual([]);
      }
    });

    test('a run that is due and finds no data for two minutes is pending, and later halted', async () => {
      for (const [heldMs, end] of [
        [10 * MINUTE, { kind: 'pending', what: 'a good response of the health check' }],
        [19 * MINUTE, { kind: 'halted', why: 'no data' }],
        [DAY, { kind: 'halted', why: 'no data' }],
      ] as const) {
        const { here, calls, gate } = resumed(() => 'no data', heldMs);
        expect(await here.drive('grayscale', { gate })).toMatchObject(end);
        expect([here.portal.sent, calls.at(-1)?.atMs]).toEqual([[], 2 * MINUTE]);
      }
    });

    test('a run that would begin the rollout and finds no data for two minutes is halted', async () => {
      const here = scene({ state: 'rollout-ready' }, RESUME);
      const { calls, gate } = checked(here, () => 'no data', { soakMode: 'resume' });
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'no data' });
      expect([here.portal.sent, calls.at(-1)?.atMs]).toEqual([[], 2 * MINUTE]);
    });

    test('a run that is due and finds data meanwhile goes on', async () => {
      const { here, gate } = resumed(between('no data', 0, MINUTE), 11 * MINUTE);
      expect(await here.drive('grayscale', { gate })).toMatchObject({
        kind: 'pending',
        what: 'the hold period at 20%',
      });
      expect(here.portal.sent).toEqual(['setRatio 20', 'startGrayscale 20']);
    });

    test('the end of the last hold period is guarded as well', async () => {
      const here = scene({ state: 'grayscale', ratioPercent: 20 }, RESUME);
      here.clock.advance(11 * MINUTE);
      const { gate } = checked(here, () => 'bad', { soakMode: 'resume' });
      expect(await here.drive('grayscale', { gate })).toMatchObject({ kind: 'halted', why: 'bad' });
    });
  });
});

describe('a write whose response is lost', () => {
  test.each([
    ['apply', 'created', 'startApproval'],
    ['release', 'grayscale', 'goOnline'],
    ['withdraw', 'grayscale', 'cancelRelease'],
    ['withdraw', 'in-review', 'cancelApproval'],
  ] as const)('%s: a write that took effect is not sent again', async (stage, state, operation) => {
    const here = scene({ state, onWrite: (_, sending) => (sending === 1 ? 'lost, but it took' : undefined) });
    await here.drive(stage);
    expect([here.portal.sent, here.changes > 0]).toEqual([[`${operation} (lost)`], true]);
  });

  test('a write without effect is sent again only after three readings', async () => {
    const here = scene({ state: 'grayscale', onWrite: (_, sending) => (sending < 3 ? 'lost' : undefined) });
    const looks: number[] = [];
    const portal = { ...here.portal, write: spy(here.portal, () => looks.push(here.portal.looksMs.length)) };
    expect(await here.drive('release', { portal })).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(['goOnline (lost)', 'goOnline (lost)', 'goOnline']);
    // Three readings show that it did not take before it is sent again.
    expect(looks).toEqual([1, 4, 7]);
  });

  test('a refused repetition counts as success where the first write took effect but is not shown yet', async () => {
    const onWrite: MemoryPortalOptions['onWrite'] = (_, sending) => (sending === 1 ? 'lost, but it took' : undefined);
    const here = scene({ state: 'grayscale', effectDelayMs: 30_000, onWrite });
    expect(await here.drive('release')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual(['goOnline (lost)', 'goOnline (refused)']);
    expect(here.changes).toBeGreaterThan(0);
  });

  test('a write that never takes effect fails the step as portal-unreachable', async () => {
    const here = scene({ state: 'grayscale', onWrite: () => 'lost' });
    expect(await failed(here.drive('release'))).toBe('portal-unreachable');
    expect([here.changes, here.portal.now().state]).toEqual([0, 'grayscale']);
  });

  test('user IDs and a ratio are sent again without a reading', async () => {
    const whitelist = scene({ state: 'approved', onWrite: (_, sending) => (sending === 2 ? 'lost' : undefined) });
    await whitelist.drive('whitelist');
    expect(whitelist.portal.sent).toEqual([
      'addWhitelist a+b',
      'addWhitelist c+d (lost)',
      'addWhitelist c+d',
      'addWhitelist e',
      'startPilot',
    ]);
    const onWrite: MemoryPortalOptions['onWrite'] = (operation, sending) =>
      operation === 'setRatio' && sending === 1 ? 'lost, but it took' : undefined;
    const ratio = scene({ state: 'rollout-ready', onWrite }, { ratios: [20] });
    await ratio.drive('grayscale');
    expect(ratio.portal.sent).toEqual(['setRatio 20 (lost)', 'setRatio 20', 'startGrayscale 20']);
  });
});

describe('the effect of a write', () => {
  test.each([
    ['apply', 'created', ['startApproval'], 'pending'],
    ['grayscale', 'approved', ['skipPilot', 'setRatio 20', 'startGrayscale 20'], 'reached'],
    ['release', 'approved', ['skipPilot', 'goOnline'], 'reached'],
    ['withdraw', 'approved', ['cancelRelease'], 'reached'],
  ] as const)('%s: shown 110 s late, with a new time at once, is waited for', async (stage, state, sent, kind) => {
    const here = scene({ state, effectDelayMs: 110_000 }, { ratios: [20] });
    expect(await here.drive(stage)).toMatchObject({ kind });
    expect(here.portal.sent).toEqual(sent);
  });

  test('that is never shown ends the step as effect-not-seen after two minutes', async () => {
    const here = scene({ state: 'grayscale', onWrite: () => 'ignored' });
    expect(await failed(here.drive('release'))).toBe('effect-not-seen');
    expect([here.portal.sent, here.portal.looksMs.at(-1)]).toEqual([['goOnline'], 2 * MINUTE]);
  });

  test('an outage after an accepted write does not send it again', async () => {
    const outages = [{ fromMs: 0, toMs: 2 * MINUTE + 1, error: unreachable() }];
    const here = scene({ state: 'grayscale', onWrite: () => 'ignored' });
    const first = await observe(here.portal, VERSION);
    const dark = memoryPortal({ clock: here.clock, state: 'grayscale', outages, onWrite: () => 'ignored' });
    expect(await failed(driveFrom(first, dark, here))).toBe('effect-not-seen');
    expect(dark.sent).toEqual(['goOnline']);
  });

  test('an unmapped status after a write is reported, and nothing more is written', async () => {
    const timeline = [{ atMs: 0, becomes: { state: 'approved' } }] as const;
    const here = scene({ state: 'approved', timeline, onWrite: () => 'ignored' });
    const listReleases = unknownOnceWritten(here);
    const findRelease: Portal['findRelease'] = async (version) =>
      (await listReleases(1)).items.filter((release) => release.version === version);
    const portal = { ...here.portal, listReleases, findRelease };
    expect(await here.drive('release', { portal })).toMatchObject({ kind: 'unknown-status' });
    expect(here.portal.sent).toEqual(['skipPilot']);
  });

  test('the same write of another run right before ours ends as reached, without a change of ours', async () => {
    for (const [stage, state, operation] of [
      ['release', 'grayscale', 'goOnline'],
      ['withdraw', 'approved', 'cancelRelease'],
      ['apply', 'created', 'startApproval'],
    ] as const) {
      const timeline = stage === 'apply' ? [{ atMs: MINUTE, becomes: { state: 'approved' } as const }] : [];
      const here = scene({ state, timeline, onWrite: () => 'done by another' });
      expect(await here.drive(stage)).toMatchObject({ kind: 'reached' });
      expect([here.portal.sent, here.changes]).toEqual([[`${operation} (refused)`], 0]);
    }
  });

  test('an increase by another run meanwhile makes the stage plan again', async () => {
    const timeline = [{ atMs: 1, becomes: { ratioPercent: 20 } }];
    const onWrite: MemoryPortalOptions['onWrite'] = (operation) => {
      here.clock.advance(2);
      return operation === 'setRatio' ? notAllowed() : undefined;
    };
    const here: Scene = scene({ state: 'grayscale', ratioPercent: 5, timeline, onWrite }, { ratios: [10, 20] });
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect([here.portal.sent, here.changes]).toEqual([['setRatio 10 (refused)'], 0]);
  });

  test("a refusal that no reading explains ends as refused, with the portal's reason", async () => {
    const here = scene({ state: 'grayscale', onWrite: notAllowed });
    expect(await here.drive('release')).toMatchObject({
      kind: 'refused',
      found: expect.stringContaining('STATUS_NOT'),
    });
    expect(here.portal.sent).toEqual(['goOnline (refused)']);
  });
});

test('a ratio that follows the state of its rollout is waited for', async () => {
  const here = scene({ state: 'rollout-ready' }, { ratios: [20], soakMs: 0 });
  let lateUntilMs = 0;
  const asShown = (item: Release): Release => {
    if (lateUntilMs === 0) return item;
    const isLate = here.clock.now() < lateUntilMs;
    return { ...item, modifiedAtMs: lateUntilMs - 4_000, ...(isLate && { ratioPercent: 0 }) };
  };
  const portal: Portal = {
    ...here.portal,
    async write(operation, fields) {
      if (operation === 'startGrayscale') lateUntilMs = here.clock.now() + 5_000;
      return here.portal.write(operation, fields);
    },
    async listReleases(page) {
      const { items, last } = await here.portal.listReleases(page);
      return { items: items.map(asShown), last };
    },
    findRelease: async (version) => (await here.portal.findRelease(version)).map(asShown),
  };
  expect(await here.drive('grayscale', { portal })).toMatchObject({ kind: 'reached' });
  expect(here.portal.sent).toEqual(['setRatio 20', 'startGrayscale 20']);
});

/** Drives a release from a look that was made elsewhere. */
async function driveFrom(first: Awaited<ReturnType<typeof observe>>, portal: Portal, here: Scene) {
  return driveStage('release', {
    portal,
    observer: createObserver(first, portal, here.clock, () => {}),
    clock: here.clock,
    signal: new AbortController().signal,
    plan: {
      targetApp: 'GOPAY',
      allowDowngrade: false,
      reapply: false,
      ratios: [],
      soakMs: 0,
      soakMode: 'wait',
      show: String,
    },
    approvalTimeoutMs: 0,
    releaseNotes: '',
    userIds: [],
    log: () => {},
    show: String,
    emit: async () => {},
  });
}

function spy(portal: MemoryPortal, before: () => void): Portal['write'] {
  return (operation, fields) => {
    before();
    return portal.write(operation, fields);
  };
}

function unknownOnceWritten({ portal }: Scene): Portal['listReleases'] {
  return async (page) => {
    const { items, last } = await portal.listReleases(page);
    if (portal.sent.length === 0) return { items, last };
    const odd = (item: (typeof items)[number]) =>
      item.version === VERSION ? { ...item, state: 'unknown' as const, portalStatus: 'GRAY_PREPARED' } : item;
    return { items: items.map(odd), last };
  };
}
