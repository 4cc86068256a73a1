/**
 * What the action promises, held on a portal that lags, slips, caps and responds oddly. The portal is a model with a true
 * state (test/support/model-portal.ts), so a test compares what the run did and said with what is true.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { newPlace } from '../support/in-process.ts';
import {
  archived,
  HEALTH_URL,
  LIVE_ROW,
  LIVE_VERSION,
  type ModelOptions,
  type ModelPortal,
  type ModelRun,
  modelPortal,
  ours,
  type Quirks,
  type RatioForm,
  type ReadInfo,
  runOnModel,
  type SeedRow,
  type Slip,
  type Status,
  type TimeForm,
  VERSION,
  type WireRow,
  type WriteName,
} from '../support/model-portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const place = newPlace();
afterAll(place.close);

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Inputs = Readonly<Record<string, string>>;
const run = (inputs: Inputs, options: ModelOptions | ModelPortal = {}) => runOnModel(inputs, options, place);

/** What a failed expectation prints: what the portal saw, and how the run ended. */
const told = ({ portal, report }: ModelRun) =>
  [...portal.trace().slice(-60), `${report.verdict}: ${report.message} ${report.error?.found ?? ''}`].join('\n');

function expectSent(ran: ModelRun, writes: readonly string[]): void {
  expect(ran.portal.received(), told(ran)).toEqual(writes);
}

function expectReport(ran: ModelRun, facts: Partial<ModelRun['report']>): void {
  expect(ran.report, told(ran)).toMatchObject(facts);
}

/** The words of the run for a person: its error, its notices and what to do. */
const words = ({ report }: ModelRun) =>
  [report.message, report.error?.found, report.error?.todo, report.todo, ...report.notices].join('\n');

const APPROVES = { afterMs: MINUTE_MS, verdict: 'approve' } as const;
const RAMP = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1h' };
/** Long enough that the gaps between readings are the longest, five minutes, for two thirds of it. */
const HOLD_MS = 3 * HOUR_MS;
const HOLD_RAMP = { ...RAMP, 'grayscale-soak': '3h' };

/** Each stage with the writes that lead to its end, from where it begins. */
const STAGES: readonly {
  readonly stage: string;
  readonly inputs?: Inputs;
  readonly releases: readonly SeedRow[];
  readonly versions?: readonly string[];
  readonly writes: readonly string[];
  readonly ends: Status;
}[] = [
  { stage: 'submit', releases: [LIVE_ROW], versions: [VERSION], writes: ['createRelease'], ends: 'INIT' },
  { stage: 'apply', releases: ours('INIT'), writes: ['startApproval'], ends: 'PASSED' },
  {
    stage: 'apply',
    inputs: { reapply: 'true' },
    releases: ours('REJECTED', { comment: 'no icon' }),
    writes: ['startApproval'],
    ends: 'PASSED',
  },
  {
    stage: 'whitelist',
    inputs: { 'whitelist-ids': 'user-0001 user-0002' },
    releases: ours('PASSED'),
    writes: ['addWhitelist', 'startPilot'],
    ends: 'BETA',
  },
  {
    stage: 'grayscale',
    inputs: { 'grayscale-ratio': '5, 20', 'grayscale-soak': '10m' },
    releases: ours('PASSED'),
    writes: ['skipPilot', 'setRatio 5', 'startGrayscale', 'setRatio 20', 'startGrayscale'],
    ends: 'GRAY',
  },
  { stage: 'release', releases: ours('PASSED'), writes: ['skipPilot', 'goOnline'], ends: 'ONLINE' },
  { stage: 'release', releases: ours('GRAY', { ratio: 20 }), writes: ['goOnline'], ends: 'ONLINE' },
  { stage: 'withdraw', releases: ours('APPROVE'), writes: ['cancelApproval'], ends: 'CANCELLED' },
  { stage: 'withdraw', releases: ours('GRAY', { ratio: 20 }), writes: ['cancelRelease'], ends: 'CANCELLED' },
  {
    stage: 'rollback',
    inputs: { version: LIVE_VERSION },
    releases: [
      { version: VERSION, status: 'ONLINE' },
      { version: LIVE_VERSION, status: 'ARCHIVED' },
    ],
    writes: ['rollback'],
    ends: 'ONLINE',
  },
];

const titled = STAGES.map((row) => [`${row.stage} from ${row.releases[0]?.status}`, row] as const);

async function runStage(row: (typeof STAGES)[number], quirks: Quirks): Promise<ModelRun> {
  const { stage, inputs, releases, versions = [] } = row;
  return run({ stage, ...inputs }, { releases, versions, review: APPROVES, quirks });
}

function expectReached(ran: ModelRun, { writes, ends, inputs }: (typeof STAGES)[number]): void {
  expectSent(ran, writes);
  expectReport(ran, { verdict: 'succeeded', complete: true, changed: true });
  expect(ran.portal.row(inputs?.['version'])?.status, told(ran)).toBe(ends);
}

const TIMES: readonly TimeForm[] = ['milliseconds', 'absent', 'constant'];

test.each(titled)('the model itself: %s reaches its end on a portal that behaves', async (_, row) => {
  expectReached(await runStage(row, {}), row);
});

// --- Issue 11, writes ------------------------------------------------------------------------------------------------

describe('1: an accepted write is not sent again', () => {
  const behindAfter = (operation: WriteName, lagMs: number, reads: number) => (read: ReadInfo) =>
    read.lastWrite === operation && read.sinceWrite <= reads ? lagMs : 0;

  test.each(TIMES)('one read of an older state after goOnline (times: %s)', async (times) => {
    const ran = await run(
      { stage: 'release' },
      { quirks: { times, lagMs: behindAfter('goOnline', 5 * SECOND_MS, 1) } },
    );
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true, state: 'released' });
  });

  test.each(TIMES)('a replica that lags by a minute after goOnline (times: %s)', async (times) => {
    const lagMs = (read: ReadInfo) => (read.lastWrite === 'goOnline' ? MINUTE_MS : 0);
    const ran = await run({ stage: 'release' }, { quirks: { times, lagMs } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test.each(TIMES)('a replica that never shows goOnline ends in effect-not-seen (times: %s)', async (times) => {
    const lagMs = (read: ReadInfo) => (read.lastWrite === 'goOnline' ? HOUR_MS : 0);
    const ran = await run({ stage: 'release' }, { quirks: { times, lagMs } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, {
      verdict: 'failed',
      changed: true,
      error: expect.objectContaining({ code: 'effect-not-seen' }),
    });
  });

  test.each(TIMES)('after skipPilot an older state is polled past (times: %s)', async (times) => {
    const ran = await run(
      { stage: 'release' },
      { quirks: { times, lagMs: behindAfter('skipPilot', 20 * SECOND_MS, 4) } },
    );
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  describe.each(titled)('%s', (_, row) => {
    test.each(TIMES)('every second read is 40 s old (times: %s)', async (times) => {
      const lagMs = ({ nth }: ReadInfo) => (nth % 2 === 0 ? 40 * SECOND_MS : 0);
      expectReached(await runStage(row, { times, lagMs }), row);
    });

    test.each(TIMES)('every read after a write is 30 s old (times: %s)', async (times) => {
      const lagMs = ({ lastWrite }: ReadInfo) => (lastWrite ? 30 * SECOND_MS : 0);
      expectReached(await runStage(row, { times, lagMs }), row);
    });
  });

  test('what the portal accepted and never did is not sent a second time', async () => {
    const trouble: Quirks['trouble'] = ({ operation }) =>
      operation === 'goOnline' ? { effect: 'never', response: 'success' } : undefined;
    const ran = await run({ stage: 'release' }, { quirks: { trouble } });
    expectSent(ran, ['skipPilot', 'goOnline (no effect)']);
    expectReport(ran, { verdict: 'failed', released: false });
    expect(ran.report.error?.code).toBe('effect-not-seen');
  });

  test('a write that takes effect half a minute after it was accepted is waited for', async () => {
    const trouble: Quirks['trouble'] = () => ({ effect: 30 * SECOND_MS, response: 'success' });
    const ran = await run({ stage: 'release' }, { quirks: { trouble } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test('a withdrawal by somebody else after skipPilot ends the release without another write', async () => {
    const ran = await run(
      { stage: 'release' },
      {
        timeline: [{ atMs: SECOND_MS, does: 'cancelRelease' }],
        quirks: { lagMs: behindAfter('skipPilot', 2 * MINUTE_MS, 3), latencyMs: () => 100 },
      },
    );
    expectSent(ran, ['skipPilot']);
    expectReport(ran, { released: false, complete: false, state: 'withdrawn' });
  });

  test('a rollback by somebody else right after goOnline is not undone, and not told as released', async () => {
    const timeline = [{ atMs: 9 * SECOND_MS, does: 'rollback', version: LIVE_VERSION } as const];
    const lagMs = behindAfter('goOnline', 30 * SECOND_MS, 6);
    const ran = await run({ stage: 'release' }, { timeline, quirks: { lagMs, latencyMs: () => 500 } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { released: false, complete: false, changed: true });
  });

  test('the stages of one step share what was accepted: submit, apply, grayscale and release on a lagging replica', async () => {
    const lagMs = ({ nth, lastWrite }: ReadInfo) => (lastWrite && nth % 3 !== 0 ? 25 * SECOND_MS : 0);
    const ran = await run(
      { stage: 'submit apply grayscale release', 'grayscale-ratio': '10', 'grayscale-soak': '5m' },
      { releases: [LIVE_ROW], versions: [VERSION], review: APPROVES, quirks: { lagMs } },
    );
    expectSent(ran, ['createRelease', 'startApproval', 'skipPilot', 'setRatio 10', 'startGrayscale', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test('an upload whose version the list shows half a minute later is created once', async () => {
    const { mkdirSync, writeFileSync } = await import('node:fs');
    const { join } = await import('node:path');
    mkdirSync(join(place.workspace, 'app'), { recursive: true });
    writeFileSync(join(place.workspace, 'app', 'index.html'), '<!doctype html>');
    const lagMs = ({ atMs }: ReadInfo) => (atMs > 0 ? 30 * SECOND_MS : 0);
    const ran = await run(
      { stage: 'upload submit', package: 'app' },
      { releases: [LIVE_ROW], quirks: { lagMs, latencyMs: () => 50 } },
    );
    expectSent(ran, ['uploadPackage', 'createVersion', 'createRelease']);
    expectReport(ran, { verdict: 'succeeded', state: 'created' });
  });
});

describe('2: a stale or empty read ends nothing', () => {
  const STALE: readonly (readonly [string, Slip])[] = [
    ['INIT, older than the application', { status: 'INIT', agoMs: 2 * HOUR_MS }],
    ['REJECTED, older than the application', { status: 'REJECTED', agoMs: 2 * HOUR_MS }],
    ['CANCELLED, older than the application', { status: 'CANCELLED', agoMs: 2 * HOUR_MS }],
    ['an empty list', 'empty list'],
    ['data: null', 'data null'],
    ['a list without the release', 'without ours'],
    ['another shape', 'other shape'],
  ];

  describe.each(['milliseconds', 'absent'] as const)('while waiting in review (times: %s)', (times) => {
    test.each(STALE)('approval waits on after one read of %s', async (_, slip) => {
      const quirks: Quirks = { times, slip: ({ nth }) => (nth === 3 ? slip : undefined) };
      const ran = await run(
        { stage: 'approval', 'approval-timeout': '1h' },
        { releases: ours('APPROVE'), timeline: [{ atMs: 5 * MINUTE_MS, does: 'approve' }], quirks },
      );
      expectSent(ran, []);
      expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    });

    test.each(STALE)('apply waits on after one read of %s, and applies once', async (_, slip) => {
      const quirks: Quirks = {
        times,
        slip: ({ sinceWrite, lastWrite }) => (lastWrite && sinceWrite === 4 ? slip : undefined),
      };
      const ran = await run(
        { stage: 'apply', 'approval-timeout': '1h' },
        { releases: ours('INIT'), review: { afterMs: 5 * MINUTE_MS, verdict: 'approve' }, quirks },
      );
      expectSent(ran, ['startApproval']);
      expectReport(ran, { verdict: 'succeeded', state: 'approved', changed: true });
    });

    test.each(STALE)('every fourth read of %s ends no wait', async (_, slip) => {
      const quirks: Quirks = { times, slip: ({ nth }) => (nth % 4 === 3 ? slip : undefined) };
      const ran = await run(
        { stage: 'approval', 'approval-timeout': '1h' },
        { releases: ours('APPROVE'), timeline: [{ atMs: 20 * MINUTE_MS, does: 'approve' }], quirks },
      );
      expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    });
  });

  test.each(['milliseconds', 'absent'] as const)(
    'a true rejection is told, with its reason (times: %s)',
    async (times) => {
      const review = { afterMs: 5 * MINUTE_MS, verdict: 'reject', reason: 'no icon' } as const;
      const ran = await run(
        { stage: 'apply', 'approval-timeout': '1h' },
        { releases: ours('INIT'), review, quirks: { times } },
      );
      expectReport(ran, { verdict: 'rejected', reason: 'no icon' });
      expectSent(ran, ['startApproval']);
    },
  );

  test('a true rejection is told although every second read is a minute old', async () => {
    const lagMs = ({ nth }: ReadInfo) => (nth % 2 === 0 ? MINUTE_MS : 0);
    const ran = await run(
      { stage: 'approval', 'approval-timeout': '1h' },
      {
        releases: ours('APPROVE'),
        timeline: [{ atMs: 5 * MINUTE_MS, does: 'reject', reason: 'no icon' }],
        quirks: { lagMs },
      },
    );
    expectReport(ran, { verdict: 'rejected', reason: 'no icon' });
  });

  test('a request that somebody withdraws ends the wait as withdrawn', async () => {
    const ran = await run(
      { stage: 'approval', 'approval-timeout': '1h' },
      { releases: ours('APPROVE'), timeline: [{ atMs: 5 * MINUTE_MS, does: 'cancelApproval' }] },
    );
    expectReport(ran, { verdict: 'withdrawn', state: 'withdrawn' });
  });

  test('two reads in a row of an older CANCELLED do not end the wait', async () => {
    const ran = await run(
      { stage: 'approval', 'approval-timeout': '1h' },
      {
        releases: ours('APPROVE'),
        timeline: [{ atMs: 20 * MINUTE_MS, does: 'approve' }],
        quirks: {
          slip: ({ nth }) => (nth === 3 || nth === 4 ? { status: 'CANCELLED', agoMs: 3 * HOUR_MS } : undefined),
        },
      },
    );
    expectReport(ran, { verdict: 'succeeded', state: 'approved' });
  });

  const AFTER_ONLINE: readonly (readonly [string, Slip])[] = [
    ['an empty list', 'empty list'],
    ['data: null', 'data null'],
    ['a list without the release', 'without ours'],
    ['APPROVE', { status: 'APPROVE', agoMs: HOUR_MS }],
    ['INIT', { status: 'INIT', agoMs: HOUR_MS }],
    ['REJECTED', { status: 'REJECTED', agoMs: 2 * HOUR_MS }],
    ['CANCELLED', { status: 'CANCELLED', agoMs: 2 * HOUR_MS }],
    ['ARCHIVED', { status: 'ARCHIVED', agoMs: HOUR_MS }],
  ];

  describe.each(['milliseconds', 'absent'] as const)('after an accepted goOnline (times: %s)', (times) => {
    // Without a time, five seconds of ARCHIVED are what a rollback by somebody else looks like.
    const lasting = AFTER_ONLINE.filter(([name]) => name !== 'ARCHIVED' || times === 'milliseconds');
    test.each(lasting)('reads of %s for five seconds do not end it', async (_, slip) => {
      const quirks: Quirks = {
        times,
        slip: ({ lastWrite, sinceWriteMs }) =>
          lastWrite === 'goOnline' && sinceWriteMs < 5 * SECOND_MS ? slip : undefined,
      };
      const ran = await run({ stage: 'release' }, { quirks });
      expectSent(ran, ['skipPilot', 'goOnline']);
      expectReport(ran, { verdict: 'succeeded', released: true, state: 'released', liveVersion: VERSION });
    });

    test.each(AFTER_ONLINE)('one read of %s does not end it', async (_, slip) => {
      const quirks: Quirks = {
        times,
        slip: ({ lastWrite, sinceWrite }) => (lastWrite === 'goOnline' && sinceWrite === 1 ? slip : undefined),
      };
      const ran = await run({ stage: 'release' }, { quirks });
      expectSent(ran, ['skipPilot', 'goOnline']);
      expectReport(ran, { verdict: 'succeeded', released: true });
    });
  });

  describe.each(titled)('%s', (_, row) => {
    test.each(['empty list', 'data null', 'without ours'] as const)(
      'two reads of "%s" after each write',
      async (slip) => {
        const ran = await runStage(row, {
          slip: ({ lastWrite, sinceWrite }) => (lastWrite && sinceWrite <= 2 ? slip : undefined),
        });
        expectReached(ran, row);
      },
    );
  });

  test.each(['empty list', 'data null', 'without ours'] as const)(
    'a withdrawal that was lost is not taken for done because of "%s"',
    async (slip) => {
      let isLost = false;
      const portal = modelPortal({
        releases: ours('PASSED'),
        quirks: {
          trouble: ({ sending }) => {
            isLost = sending === 1;
            return isLost ? { effect: 'never', response: 'reset' } : undefined;
          },
          slip: ({ nth }) => (isLost && nth <= 4 ? slip : undefined),
        },
      });
      const ran = await run({ stage: 'withdraw' }, portal);
      expectSent(ran, ['cancelRelease (lost)', 'cancelRelease']);
      expectReport(ran, { verdict: 'succeeded', state: 'withdrawn' });
    },
  );

  test.each(['empty list', 'data null', 'without ours'] as const)(
    'withdraw says nothing of withdrawn where it sent nothing and the first read shows "%s"',
    async (slip) => {
      const ran = await run({ stage: 'withdraw' }, { quirks: { slip: () => slip } });
      expectSent(ran, []);
      expectReport(ran, { changed: false, complete: false });
      expect(ran.report.verdict).not.toBe('succeeded');
      expect(ran.report.state).not.toBe('withdrawn');
    },
  );

  test.each(['empty list', 'data null', 'without ours'] as const)(
    'a first look at "%s" is read again before a release is called not submitted',
    async (slip) => {
      const ran = await run({ stage: 'release' }, { quirks: { slip: ({ nth }) => (nth <= 2 ? slip : undefined) } });
      expectSent(ran, ['skipPilot', 'goOnline']);
      expectReport(ran, { verdict: 'succeeded', released: true });
    },
  );
});

describe('3: an unclear refusal is checked by readings before it is reported', () => {
  const CODES = ['SYSTEM_ERROR', 'E10086', ''] as const;
  const isRepeatable = (operation: WriteName) => ['addWhitelist', 'setRatio'].includes(operation);

  describe.each(CODES)('success: false with the code "%s" after the effect', (code) => {
    test.each(titled)('%s', async (_, row) => {
      const trouble: Quirks['trouble'] = ({ operation, sending }) =>
        sending === 1 && !isRepeatable(operation) ? { effect: 'now', response: { code } } : undefined;
      const ran = await runStage(row, { trouble });
      const plain = ran.portal.received().map((name) => name.replace(' (took)', ''));
      expect(plain, told(ran)).toEqual(row.writes);
      expectReport(ran, { verdict: 'succeeded', complete: true, changed: true });
    });

    test('goOnline, and reads that lag by eight seconds', async () => {
      const ran = await run(
        { stage: 'release' },
        {
          quirks: {
            trouble: ({ operation }) => (operation === 'goOnline' ? { effect: 'now', response: { code } } : undefined),
            lagMs: ({ lastWrite }) => (lastWrite === 'goOnline' ? 8 * SECOND_MS : 0),
          },
        },
      );
      expect(
        ran.portal.writes.filter(({ operation }) => operation === 'goOnline'),
        told(ran),
      ).toHaveLength(1);
      expectReport(ran, { verdict: 'succeeded', changed: true, released: true });
    });

    test('goOnline without effect stays portal-refused, and the report claims no change', async () => {
      const trouble: Quirks['trouble'] = () => ({ effect: 'never', response: { code } });
      const ran = await run({ stage: 'release' }, { releases: ours('GRAY', { ratio: 20 }), quirks: { trouble } });
      expectReport(ran, { verdict: 'failed', changed: false, released: false, state: 'grayscale' });
      expect(ran.report.error?.code, told(ran)).toBe('portal-refused');
    });
  });

  test('a clear refusal is reported as what it is: another release is in progress', async () => {
    const ran = await run(
      { stage: 'apply' },
      {
        releases: ours('INIT'),
        quirks: { trouble: () => ({ effect: 'never', response: { code: 'ANOTHER_RELEASE_IN_PROGRESS' } }) },
      },
    );
    expectReport(ran, { verdict: 'refused', changed: false });
    expect(ran.portal.writes).toHaveLength(1);
  });
});

describe('4: a ratio that cannot be read is not 0', () => {
  const UNREADABLE: readonly RatioForm[] = ['percent', 'fraction', 'object'];

  test.each(UNREADABLE)('a lower ratio over 50 percent, told as %s: nothing is sent', async (ratios) => {
    const ran = await run(
      { stage: 'grayscale', 'grayscale-ratio': '20', 'grayscale-soak': '0s' },
      { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios } },
    );
    expectSent(ran, []);
    expectReport(ran, { verdict: 'failed', changed: false });
    expect(ran.report.error?.code).toBe('portal-unexpected');
    expect(words(ran)).toContain('grayRatio');
    expect(words(ran)).toContain('release.ratio');
  });

  test.each(UNREADABLE)('a higher ratio over 20 percent, told as %s: nothing is sent', async (ratios) => {
    const ran = await run(
      { stage: 'grayscale', 'grayscale-ratio': '50', 'grayscale-soak': '0s' },
      { releases: ours('GRAY', { ratio: 20 }), quirks: { ratios } },
    );
    expectSent(ran, []);
    expectReport(ran, { verdict: 'failed', changed: false });
  });

  test.each(['decimal as text', 'empty text'] as const)(
    'a lower ratio over 50 percent, told as %s: nothing is sent',
    async (ratios) => {
      const ran = await run(
        { stage: 'grayscale', 'grayscale-ratio': '20', 'grayscale-soak': '0s' },
        { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios } },
      );
      expectSent(ran, []);
      expect(['refused', 'failed'], told(ran)).toContain(ran.report.verdict);
    },
  );

  test.each(['null', 'absent'] as const)('a ratio over one that is %s is refused before any write', async (ratios) => {
    const ran = await run(
      { stage: 'grayscale', 'grayscale-ratio': '20', 'grayscale-soak': '0s' },
      { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios } },
    );
    expectSent(ran, []);
    expectReport(ran, { verdict: 'refused', changed: false });
    expect(words(ran)).toContain('release.ratio');
  });

  test('a ratio as digits in text is read: a lower one is refused, a higher one is set', async () => {
    const options: ModelOptions = { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios: 'digits as text' } };
    const lower = await run({ stage: 'grayscale', 'grayscale-ratio': '20', 'grayscale-soak': '0s' }, options);
    expectSent(lower, []);
    expectReport(lower, { verdict: 'refused', ratioPercent: 50 });
    const higher = await run({ stage: 'grayscale', 'grayscale-ratio': '60', 'grayscale-soak': '0s' }, options);
    expectSent(higher, ['setRatio 60', 'startGrayscale']);
    expectReport(higher, { verdict: 'succeeded', ratioPercent: 60 });
  });

  test.each(['null', 'absent'] as const)('release and withdraw need no ratio: %s is a notice', async (ratios) => {
    for (const [stage, write] of [
      ['release', 'goOnline'],
      ['withdraw', 'cancelRelease'],
    ] as const) {
      const ran = await run({ stage }, { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios } });
      expectSent(ran, [write]);
      expectReport(ran, { verdict: 'succeeded' });
      expect(ran.report.notices.join(' '), told(ran)).toMatch(/ratio/i);
    }
  });

  test.each(['null', 'absent'] as const)(
    'status shows a rollout whose ratio is %s, and claims none',
    async (ratios) => {
      const ran = await run({ stage: 'status' }, { releases: ours('GRAY', { ratio: 50 }), quirks: { ratios } });
      expectReport(ran, { verdict: 'unchanged', state: 'grayscale' });
      expect(ran.report.ratioPercent).toBeUndefined();
      expect(ran.report.message).not.toMatch(/ 0%|NaN|undefined/);
    },
  );

  test.each(['null', 'absent'] as const)(
    'the first start needs no ratio shown: its effect is the state (%s)',
    async (ratios) => {
      const ran = await run(
        { stage: 'grayscale', 'grayscale-ratio': '20', 'grayscale-soak': '0s' },
        { quirks: { ratios } },
      );
      expectSent(ran, ['skipPilot', 'setRatio 20', 'startGrayscale']);
      expectReport(ran, { verdict: 'succeeded', state: 'grayscale' });
    },
  );
});

/** How long a ratio was truly in effect, from its start to the next change of ratio or status, or until now. */
function heldMs({ portal }: ModelRun, ratio: number): number {
  const states = portal.states().map(({ atMs, truth }) => {
    const row = truth.releases.find(({ version }) => version === VERSION);
    return { atMs, isHeld: row?.status === 'GRAY' && row.ratio === ratio };
  });
  const from = states.findIndex(({ isHeld }) => isHeld);
  const end = states.find(({ isHeld }, index) => index > from && !isHeld);
  return (end?.atMs ?? portal.clock.now() - portal.startMs) - Math.max(states[from]?.atMs ?? Number.NaN, 0);
}

describe('5: a time of the portal counts only where it is plausible', () => {
  const ODD: readonly TimeForm[] = [
    'seconds',
    'minutes',
    'date as text',
    'zero',
    'null',
    'absent',
    'behind',
    'ahead',
    'constant',
    'now',
  ];
  const MINUTE_OLD = ours('GRAY', { ratio: 5, changedAgoMs: MINUTE_MS });
  const DAY_RAMP = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1d' };

  test.each(ODD)('a ramp that the runner holds keeps each ratio for its hold period (%s)', async (times) => {
    const ran = await run(HOLD_RAMP, { quirks: { times } });
    expectSent(ran, ['skipPilot', 'setRatio 5', 'startGrayscale', 'setRatio 20', 'startGrayscale']);
    expectReport(ran, { verdict: 'succeeded' });
    for (const ratio of [5, 20]) expect(heldMs(ran, ratio), told(ran)).toBeGreaterThanOrEqual(HOLD_MS);
    expect(heldMs(ran, 5)).toBeLessThan(HOLD_MS + HOUR_MS);
  });

  test.each(['seconds', 'minutes', 'date as text', 'zero', 'null', 'absent', 'ahead'] as const)(
    'a ratio that is a minute old is held for its hold period by the runner (%s)',
    async (times) => {
      const ran = await run(HOLD_RAMP, { releases: MINUTE_OLD, quirks: { times } });
      expectSent(ran, ['setRatio 20', 'startGrayscale']);
      expect(heldMs(ran, 5), told(ran)).toBeGreaterThanOrEqual(HOLD_MS - MINUTE_MS);
      expect(heldMs(ran, 5), told(ran)).toBeLessThan(HOLD_MS + HOUR_MS);
    },
  );

  test.each(['seconds', 'minutes', 'date as text', 'zero', 'null', 'absent', 'ahead'] as const)(
    'soak-mode resume raises nothing over a ratio whose time it cannot trust (%s)',
    async (times) => {
      const ran = await run({ ...DAY_RAMP, 'soak-mode': 'resume' }, { releases: MINUTE_OLD, quirks: { times } });
      expectSent(ran, []);
      expectReport(ran, { verdict: 'refused', changed: false });
    },
  );

  test.each(['seconds', 'zero', 'constant', 'behind', 'now', 'ahead', 'date as text'] as const)(
    'soak-mode resume never raises twice in a run (%s)',
    async (times) => {
      const ran = await run(
        { stage: 'grayscale', 'grayscale-ratio': '5, 20, 50, 100', 'grayscale-soak': '1d', 'soak-mode': 'resume' },
        { releases: ours('GRAY', { ratio: 5, changedAgoMs: 3 * DAY_MS }), quirks: { times } },
      );
      const raises = ran.portal.writes.filter(({ operation }) => operation === 'startGrayscale');
      expect(raises.length, told(ran)).toBeLessThanOrEqual(1);
      expect(['pending', 'refused'], told(ran)).toContain(ran.report.verdict);
    },
  );

  test('soak-mode resume goes on where the portal’s time is plausible and the day is over', async () => {
    const ran = await run(
      { ...DAY_RAMP, 'soak-mode': 'resume' },
      { releases: ours('GRAY', { ratio: 5, changedAgoMs: DAY_MS + MINUTE_MS }) },
    );
    expectSent(ran, ['setRatio 20', 'startGrayscale']);
    expectReport(ran, { verdict: 'pending' });
  });

  test('a system clock that jumps by an hour does not move the clock of a run', () => {
    const real = Date.now;
    const before = systemClock.now();
    try {
      Date.now = () => real() + HOUR_MS;
      expect(systemClock.now() - before).toBeLessThan(MINUTE_MS);
      Date.now = () => real() - HOUR_MS;
      expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    } finally {
      Date.now = real;
    }
  });
});

// --- Issue 11, what is known -----------------------------------------------------------------------------------------

describe('6: what is live is known, or nothing is written', () => {
  const OLD = '1.9.0';
  const HIGHER_LIVE: SeedRow = { version: '2.0.0', status: 'ONLINE', changedAgoMs: 100 * DAY_MS };
  const newer = (count: number): SeedRow[] =>
    Array.from({ length: count }, (_, index) => ({ version: `3.${count - index}.0`, status: 'INIT' }));
  const behind = (count: number, status: Status = 'PASSED'): SeedRow[] => [
    { version: OLD, status },
    ...newer(count),
    HIGHER_LIVE,
  ];
  const PAGES: readonly (readonly [string, Quirks])[] = [
    ['pages of 50', {}],
    ['pages of 50, with totals', { total: true }],
    ['pages capped at 10', { pageCap: 10 }],
    ['pages capped at 10, with totals', { pageCap: 10, total: true }],
    ['pages capped at 3', { pageCap: 3 }],
    ['pages capped at 1', { pageCap: 1 }],
  ];

  describe.each(PAGES)('%s', (_, quirks) => {
    test.each([
      ['release', 'PASSED'],
      ['grayscale', 'PASSED'],
      ['whitelist', 'PASSED'],
      ['apply', 'INIT'],
    ] as const)('%s below a live version behind 60 newer releases is refused', async (stage, status) => {
      const more = { 'grayscale-ratio': '5', 'grayscale-soak': '0s', 'whitelist-ids': 'user-0001' };
      const ran = await run({ stage, version: OLD, ...more }, { releases: behind(60, status), quirks });
      expectSent(ran, []);
      expectReport(ran, { verdict: 'refused', liveVersion: '2.0.0' });
      expect(words(ran)).toContain('2.0.0');
    });

    test('submit below a live version behind 60 newer releases is refused', async () => {
      const ran = await run(
        { stage: 'submit', version: OLD },
        { releases: behind(60).slice(1), versions: [OLD], quirks },
      );
      expectSent(ran, []);
      expectReport(ran, { verdict: 'refused', liveVersion: '2.0.0' });
    });

    test('a release above a live version that is far down the list is done, and names it', async () => {
      const releases: SeedRow[] = [{ version: '4.0.0', status: 'PASSED' }, ...newer(60), HIGHER_LIVE];
      const ran = await run({ stage: 'release', version: '4.0.0' }, { releases, quirks });
      expectSent(ran, ['skipPilot', 'goOnline']);
      expectReport(ran, { verdict: 'succeeded', released: true, liveVersion: '4.0.0' });
    });

    test('a downgrade that is allowed is done', async () => {
      const ran = await run(
        { stage: 'release', version: OLD, 'allow-downgrade': 'true' },
        { releases: behind(60), quirks },
      );
      expectSent(ran, ['skipPilot', 'goOnline']);
      expect(ran.portal.live()).toBe(OLD);
    });

    test('another release in progress behind 20 newer ones is named before anything is sent', async () => {
      const releases: SeedRow[] = [
        { version: '4.0.0', status: 'INIT' },
        ...newer(20),
        { version: '2.5.0', status: 'PASSED' },
        HIGHER_LIVE,
      ];
      const ran = await run({ stage: 'apply', version: '4.0.0' }, { releases, quirks });
      expectSent(ran, []);
      expectReport(ran, { verdict: 'refused' });
      expect(words(ran)).toContain('2.5.0');
    });

    test('status names the live version behind 60 newer releases', async () => {
      const ran = await run({ stage: 'status', version: OLD }, { releases: behind(60), quirks });
      expectReport(ran, { verdict: 'unchanged', liveVersion: '2.0.0' });
      expect(ran.report.firstRelease).not.toBe(true);
    });

    test('rollback brings back the highest archived version below the live one', async () => {
      const releases = [...newer(20), HIGHER_LIVE, ...archived(15, 1)];
      const ran = await run({ stage: 'rollback', version: '' }, { releases, quirks });
      expectSent(ran, ['rollback']);
      expect(ran.portal.live()).toBe('1.15.0');
      expectReport(ran, { verdict: 'succeeded', released: true, version: '1.15.0' });
    });
  });

  describe('a live version whose status is not mapped', () => {
    const words2: Quirks = { words: { ONLINE: 'RELEASED' } };

    test.each([
      ['apply', 'INIT'],
      ['release', 'PASSED'],
      ['release', 'GRAY'],
      ['grayscale', 'PASSED'],
      ['whitelist', 'PASSED'],
      ['submit', 'none'],
      ['submit apply release', 'none'],
    ] as const)('%s from %s sends nothing and names the line for the profile', async (stage, status) => {
      const releases = status === 'none' ? [LIVE_ROW] : ours(status, { ratio: status === 'GRAY' ? 5 : 0 });
      const more = { 'grayscale-ratio': '20', 'grayscale-soak': '0s', 'whitelist-ids': 'user-0001' };
      const ran = await run({ stage, ...more }, { releases, versions: [VERSION], review: APPROVES, quirks: words2 });
      expectSent(ran, []);
      expect(['refused', 'failed'], told(ran)).toContain(ran.report.verdict);
      expect(words(ran)).toContain('"RELEASED"');
      expect(ran.log).toContain('live: unknown (RELEASED)');
    });

    test('a named rollback sends nothing', async () => {
      const releases: SeedRow[] = [
        { version: VERSION, status: 'ONLINE' },
        { version: LIVE_VERSION, status: 'ARCHIVED' },
      ];
      for (const version of [LIVE_VERSION, '']) {
        const ran = await run({ stage: 'rollback', version }, { releases, quirks: words2 });
        expectSent(ran, []);
        expect(['refused', 'failed'], told(ran)).toContain(ran.report.verdict);
        expect(words(ran)).toContain('RELEASED');
      }
    });

    test('withdraw does not depend on it', async () => {
      const ran = await run({ stage: 'withdraw' }, { releases: ours('PASSED'), quirks: words2 });
      expectSent(ran, ['cancelRelease']);
      expectReport(ran, { verdict: 'succeeded', state: 'withdrawn' });
    });

    test('status only shows it, and claims neither a live version nor a first release', async () => {
      const ran = await run({ stage: 'status' }, { releases: ours('PASSED'), quirks: words2 });
      expectReport(ran, { verdict: 'unchanged', liveVersion: '', live: expect.stringMatching(/^unknown/) });
      expect(ran.report.firstRelease).toBeUndefined();
      expect(ran.log).toContain('live: unknown (RELEASED)');
    });

    test.each([3, 10])('on a later page of %i rows', async (pageCap) => {
      const releases: SeedRow[] = [{ version: OLD, status: 'PASSED' }, ...newer(30), HIGHER_LIVE];
      const ran = await run({ stage: 'release', version: OLD }, { releases, quirks: { ...words2, pageCap } });
      expectSent(ran, []);
      expect(words(ran)).toContain('RELEASED');
    });
  });

  test.each(['apply', 'submit apply'])(
    '%s: another release with an unknown word before the live one may be in progress',
    async (stage) => {
      const releases: SeedRow[] = [
        ...(stage === 'apply' ? [{ version: VERSION, status: 'INIT' } as const] : []),
        { version: '1.0.5', status: 'GRAY', ratio: 5 },
        LIVE_ROW,
      ];
      const ran = await run(
        { stage },
        { releases, versions: [VERSION], review: APPROVES, quirks: { words: { '1.0.5 GRAY': 'PARTIAL' } } },
      );
      expectSent(ran, []);
      expect(words(ran)).toContain('PARTIAL');
    },
  );

  test('where nothing is listed as live at all, the whole capped list is read to know it', async () => {
    const releases: SeedRow[] = [{ version: '4.0.0', status: 'PASSED' }, ...newer(30)];
    const ran = await run({ stage: 'release', version: '4.0.0' }, { releases, quirks: { pageCap: 10 } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test('a list of one page costs no more requests than are promised', async () => {
    const requests = ({ portal }: ModelRun) =>
      Object.values(portal.reads).reduce((sum, count) => sum + count, 0) + portal.writes.length;
    const bounds: readonly (readonly [string, readonly SeedRow[], number])[] = [
      ['status', ours('PASSED'), 4],
      ['submit', [LIVE_ROW], 4],
      ['release', ours('PASSED'), 5],
    ];
    for (const [stage, releases, most] of bounds) {
      const ran = await run({ stage }, { releases, versions: [VERSION] });
      expect(requests(ran), told(ran)).toBeLessThanOrEqual(most);
    }
    const applied = await run(
      { stage: 'apply' },
      { releases: ours('INIT'), review: { afterMs: 0, verdict: 'approve' } },
    );
    expectReport(applied, { verdict: 'succeeded' });
    expect(requests(applied), told(applied)).toBeLessThanOrEqual(3);
  });
});

describe('7: a first release is never guessed', () => {
  const SLIPS = ['data null', 'empty list', 'first row only', 'without the live one'] as const;

  test.each(SLIPS)('status after one read of "%s" does not call it a first release', async (slip) => {
    for (const slipping of [1, 2]) {
      const ran = await run(
        { stage: 'status' },
        { releases: ours('PASSED'), quirks: { slip: ({ nth }) => (nth === slipping ? slip : undefined) } },
      );
      expect(ran.report.firstRelease, told(ran)).not.toBe(true);
    }
  });

  test.each(SLIPS)('a canary does not become an official release after one read of "%s"', async (slip) => {
    const ran = await run(
      { stage: 'grayscale release', 'grayscale-ratio': '5', 'grayscale-soak': '10m' },
      { quirks: { slip: ({ nth }) => (nth === 1 ? slip : undefined) } },
    );
    expectSent(ran, ['skipPilot', 'setRatio 5', 'startGrayscale', 'goOnline']);
    expect(heldMs(ran, 5)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
  });

  test.each(SLIPS)('approval, then one read of "%s": the output stays empty or false', async (slip) => {
    const ran = await run(
      { stage: 'apply' },
      {
        releases: ours('INIT'),
        review: APPROVES,
        quirks: { slip: ({ sinceWrite, lastWrite }) => (lastWrite && sinceWrite % 3 === 2 ? slip : undefined) },
      },
    );
    expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    expect(ran.report.firstRelease, told(ran)).not.toBe(true);
  });

  test.each([1, 3, 10])('a page capped at %i hides no live version', async (pageCap) => {
    const releases = [{ version: VERSION, status: 'PASSED' } as const, ...manyDrafts(12), LIVE_ROW];
    const ran = await run({ stage: 'status' }, { releases, quirks: { pageCap } });
    expect(ran.report.firstRelease, told(ran)).not.toBe(true);
  });

  test('a step that asks for grayscale never releases officially because nothing was ever live', async () => {
    const ran = await run(
      { stage: 'grayscale release', 'grayscale-ratio': '5', 'grayscale-soak': '10m' },
      { releases: [{ version: VERSION, status: 'PASSED' }] },
    );
    expectSent(ran, []);
    expectReport(ran, { verdict: 'refused', released: false });
  });

  test('a true first release is called one, and can be released', async () => {
    const releases: readonly SeedRow[] = [{ version: VERSION, status: 'PASSED' }];
    const looked = await run({ stage: 'status' }, { releases });
    expect(looked.report.firstRelease, told(looked)).toBe(true);
    const released = await run({ stage: 'release' }, { releases });
    expectSent(released, ['skipPilot', 'goOnline']);
    expectReport(released, { verdict: 'succeeded', released: true });
    expect(released.report.firstRelease).not.toBe(true);
  });

  test('an archived version shows that it is no first release', async () => {
    const releases: readonly SeedRow[] = [{ version: VERSION, status: 'PASSED' }, ...archived(1)];
    const ran = await run({ stage: 'status' }, { releases });
    expect(ran.report.firstRelease).toBe(false);
  });
});

function manyDrafts(count: number): SeedRow[] {
  return Array.from({ length: count }, (_, index) => ({ version: `1.0.${count - index}`, status: 'INIT' }));
}

describe('8: versions that cannot be compared with the live one', () => {
  const ODD_VERSIONS = ['2.0.0_hotfix', '2.0.0 (final)', '2.0.0.0.1', '2.0.0-rc.', 'release-7', '二.0'] as const;

  test.each(ODD_VERSIONS)(
    '%s is live: a release is refused before any write, and says how to allow it',
    async (version) => {
      for (const [stage, status] of [
        ['release', 'PASSED'],
        ['apply', 'INIT'],
        ['grayscale', 'PASSED'],
      ] as const) {
        const releases: SeedRow[] = [
          { version: VERSION, status },
          { version, status: 'ONLINE' },
        ];
        const ran = await run({ stage, 'grayscale-ratio': '5', 'grayscale-soak': '0s' }, { releases });
        expectSent(ran, []);
        expectReport(ran, { verdict: 'refused', released: false });
        expect(words(ran)).toContain('allow-downgrade');
      }
    },
  );

  test.each(ODD_VERSIONS)('%s is live: with allow-downgrade a release is done', async (version) => {
    const releases: SeedRow[] = [
      { version: VERSION, status: 'PASSED' },
      { version, status: 'ONLINE' },
    ];
    const ran = await run({ stage: 'release', 'allow-downgrade': 'true' }, { releases });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test.each(['0.9.0-rc.', '0.9.0-rc..1', '0.9.0-.', '0.9.0-', '0.9.0-a_b', '1.2.3.4.5'])(
    'the input version takes no %s',
    async (version) => {
      const ran = await run({ stage: 'release', version }, { releases: [{ version, status: 'PASSED' }, LIVE_ROW] });
      expectSent(ran, []);
      expectReport(ran, { verdict: 'failed' });
      expect(ran.report.error?.code).toBe('input-invalid');
    },
  );

  test('a version that is live itself needs no comparison', async () => {
    const ran = await run({ stage: 'release' }, { releases: ours('ONLINE').slice(0, 1) });
    expectReport(ran, { verdict: 'unchanged', released: true });
  });
});

describe('9: several rows for one version', () => {
  const OLDER = Date.UTC(2025, 0, 1);
  const NEWER = Date.UTC(2025, 11, 31, 23, 59);
  const row = (versionStatus: string, gmtModified: number | undefined, more: WireRow = {}): WireRow => ({
    version: VERSION,
    versionStatus,
    channelCode: 'GOPAY',
    ...(gmtModified !== undefined && { gmtModified }),
    ...more,
  });
  /** These rows of ours stand for the first reads; what a write does is shown by the model's own row. */
  const shown = (...rows: WireRow[]): Quirks => ({
    rows: (all, now) =>
      now.releases[0]?.status === 'PASSED'
        ? [...rows, ...all.filter(({ version }) => version !== VERSION)]
        : [...all, ...rows.filter(({ gmtModified }) => gmtModified === OLDER)],
  });

  test.each([
    ['first', shown(row('PASSED', NEWER), row('REJECTED', OLDER))],
    ['last', shown(row('REJECTED', OLDER), row('PASSED', NEWER))],
    ['between', shown(row('CANCELLED', OLDER), row('PASSED', NEWER), row('ARCHIVED', OLDER))],
  ])('the newest is approved and stands %s: release goes on from it', async (_, quirks) => {
    const ran = await run({ stage: 'release' }, { quirks });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test.each([
    ['first', shown(row('CANCELLED', NEWER), row('PASSED', OLDER))],
    ['last', shown(row('PASSED', OLDER), row('CANCELLED', NEWER))],
  ])('the newest is withdrawn and stands %s: release is refused', async (_, quirks) => {
    const ran = await run({ stage: 'release' }, { quirks });
    expectSent(ran, []);
    expectReport(ran, { verdict: 'refused', state: 'withdrawn' });
  });

  test('an older official row does not make an approved version released', async () => {
    const quirks = shown(row('ONLINE', OLDER), row('PASSED', NEWER));
    const ran = await run({ stage: 'status' }, { quirks });
    expectReport(ran, { released: false, state: 'approved' });
  });

  test('without times the first row counts, and a notice says that they disagree', async () => {
    const quirks = shown(row('PASSED', undefined), row('REJECTED', undefined));
    const ran = await run({ stage: 'status' }, { quirks });
    expectReport(ran, { state: 'approved' });
    expect(ran.report.notices.join(' '), told(ran)).toContain(VERSION);
  });

  test('rows that agree need no notice', async () => {
    const ran = await run({ stage: 'status' }, { quirks: shown(row('PASSED', undefined), row('PASSED', undefined)) });
    expectReport(ran, { state: 'approved', notices: [] });
  });

  test('our version on another target app is not ours', async () => {
    const foreign = row('ONLINE', NEWER, { channelCode: 'OTHER_APP' });
    const quirks: Quirks = { rows: (all) => [foreign, ...all] };
    const status = await run({ stage: 'status' }, { quirks });
    expectReport(status, { state: 'approved', released: false, liveVersion: LIVE_VERSION });
    const released = await run({ stage: 'release' }, { quirks });
    expectSent(released, ['skipPilot', 'goOnline']);
    expectReport(released, { verdict: 'succeeded', released: true });
  });

  test('a higher version that is live on another target app bars nothing here', async () => {
    const foreign: WireRow = {
      version: '9.0.0',
      versionStatus: 'ONLINE',
      channelCode: 'OTHER_APP',
      gmtModified: NEWER,
    };
    const ran = await run({ stage: 'release' }, { quirks: { rows: (all) => [foreign, ...all] } });
    expectSent(ran, ['skipPilot', 'goOnline']);
    expectReport(ran, { verdict: 'succeeded', released: true });
  });

  test('a release in progress on another target app bars nothing here', async () => {
    const foreign: WireRow = { version: '9.0.0', versionStatus: 'GRAY', grayRatio: 5, channelCode: 'OTHER_APP' };
    const ran = await run(
      { stage: 'apply' },
      { releases: ours('INIT'), review: APPROVES, quirks: { rows: (all) => [foreign, ...all] } },
    );
    expectSent(ran, ['startApproval']);
    expectReport(ran, { verdict: 'succeeded' });
  });

  test('a live version with an older archived row is live', async () => {
    const stale: WireRow = {
      version: LIVE_VERSION,
      versionStatus: 'ARCHIVED',
      channelCode: 'GOPAY',
      gmtModified: 1_000_000_000_000,
    };
    const ran = await run({ stage: 'status' }, { quirks: { rows: (all) => [stale, ...all] } });
    expectReport(ran, { liveVersion: LIVE_VERSION });
  });
});

// --- Issue 11, canary ------------------------------------------------------------------------------------------------

describe('12: the health check is called right before each call that changes what users get', () => {
  const HEALTHY = { 'health-url': HEALTH_URL };
  const BAD = '{"healthy": false}';

  /** The canary is bad from the moment at which the portal has received the write. */
  function badSince(operation: WriteName, options: ModelOptions): ModelPortal {
    const portal: ModelPortal = modelPortal({
      ...options,
      health: () => (portal.writes.some((write) => write.operation === operation) ? BAD : '{"healthy": true}'),
    });
    return portal;
  }

  test.each([
    ['the first start', ours('PASSED'), '5'],
    ['a raise', ours('GRAY', { ratio: 5, changedAgoMs: DAY_MS }), '5, 20'],
  ] as const)('%s: bad since setRatio, so the rollout is not started', async (_, releases, ratios) => {
    const portal = badSince('setRatio', { releases });
    const ran = await run(
      { stage: 'grayscale', 'grayscale-ratio': ratios, 'grayscale-soak': '1h', ...HEALTHY },
      portal,
    );
    expect(
      portal.writes.map(({ operation }) => operation),
      told(ran),
    ).not.toContain('startGrayscale');
    expectReport(ran, { verdict: 'halted' });
  });

  test('a raise whose setRatio needs five minutes of retries: bad meanwhile, so it is not raised', async () => {
    const portal = badSince('setRatio', {
      releases: ours('GRAY', { ratio: 5, changedAgoMs: DAY_MS }),
      quirks: {
        trouble: ({ operation, sending }) =>
          operation === 'setRatio' && sending <= 4 ? { effect: 'never', response: '503' } : undefined,
      },
    });
    const ran = await run({ ...RAMP, ...HEALTHY }, portal);
    expect(
      portal.writes.map(({ operation }) => operation),
      told(ran),
    ).not.toContain('startGrayscale');
    expectReport(ran, { verdict: 'halted', ratioPercent: 5 });
  });

  test.each([
    ['startGrayscale', { ...RAMP, ...HEALTHY }],
    ['goOnline', { stage: 'release', ...HEALTHY, 'grayscale-soak': '0s' }],
  ] as const)('%s that was lost without effect is not sent again once the canary is bad', async (operation, inputs) => {
    const portal = badSince(operation, {
      releases: ours('GRAY', { ratio: 5, changedAgoMs: DAY_MS }),
      quirks: {
        trouble: (write) => (write.operation === operation ? { effect: 'never', response: 'reset' } : undefined),
      },
    });
    const ran = await run(inputs, portal);
    expect(
      portal.writes.filter((write) => write.operation === operation),
      told(ran),
    ).toHaveLength(1);
    expectReport(ran, { verdict: 'halted', ratioPercent: 5, released: false });
  });

  test('a response from before the increase is none for the release, where the portal shows no ratio', async () => {
    const portal: ModelPortal = modelPortal({
      releases: ours('GRAY_WAIT'),
      quirks: { ratios: 'null' },
      health: () =>
        portal.writes.some(({ operation }) => operation === 'startGrayscale') ? 'null' : '{"healthy": true}',
    });
    const inputs = { 'grayscale-ratio': '20', 'grayscale-soak': '0s', 'health-when': 'healthy == true' };
    const ran = await run({ stage: 'grayscale release', ...inputs, ...HEALTHY }, portal);
    expect(
      portal.writes.map(({ operation }) => operation),
      told(ran),
    ).not.toContain('goOnline');
    expectReport(ran, { verdict: 'halted' });
  });

  test('each start and the release of a canary are preceded by a check, with no write in between', async () => {
    const ran = await run({ ...RAMP, stage: 'grayscale release', ...HEALTHY }, {});
    expectReport(ran, { verdict: 'succeeded', released: true });
    const lines = ran.portal.trace().filter((line) => line.includes('>> ') || line.includes('health check'));
    for (const operation of ['startGrayscale', 'goOnline']) {
      for (const [index, line] of lines.entries()) {
        if (line.includes(`>> ${operation}`)) expect(lines[index - 1], told(ran)).toContain('health check');
      }
    }
  });
});

describe('13: an error that does not end a wait does not end a hold period', () => {
  const OUTAGES: readonly Slip[] = [
    'html',
    'empty body',
    'cut json',
    'other shape',
    'SYSTEM_BUSY',
    '503',
    'reset',
    'empty list',
    'data null',
    'no data',
    'without ours',
    { status: 'GRAY_WAIT', agoMs: 2 * DAY_MS, ratio: 0 },
    { status: 'PASSED', agoMs: 2 * DAY_MS, ratio: 0 },
  ];
  const name = (slip: Slip) => (typeof slip === 'string' ? slip : slip.status);
  const reached = (ran: ModelRun) => {
    expectSent(ran, ['skipPilot', 'setRatio 5', 'startGrayscale', 'setRatio 20', 'startGrayscale']);
    expectReport(ran, { verdict: 'succeeded', complete: true, ratioPercent: 20 });
    for (const ratio of [5, 20]) expect(heldMs(ran, ratio), told(ran)).toBeGreaterThanOrEqual(HOLD_MS);
  };
  const DAY_RAMP = { ...RAMP, 'grayscale-soak': '1d' };

  describe.each(['milliseconds', 'absent'] as const)('times: %s', (times) => {
    // Without a time, another status that is shown for long cannot be told from a true one.
    const outages = OUTAGES.filter((slip) => typeof slip === 'string' || times === 'milliseconds');
    test.each(outages.map((slip) => [name(slip), slip] as const))(
      'half a minute of %s at the end of a hold period',
      async (_, slip) => {
        const quirks: Quirks = {
          times,
          outages: [{ fromMs: HOLD_MS - 2 * MINUTE_MS, toMs: HOLD_MS + 30 * SECOND_MS, slip }],
        };
        reached(await run(HOLD_RAMP, { quirks }));
      },
    );

    test.each(outages.map((slip) => [name(slip), slip] as const))(
      'half an hour of %s in the middle of a hold period',
      async (_, slip) => {
        const quirks: Quirks = { times, outages: [{ fromMs: 1.5 * HOUR_MS, toMs: 2 * HOUR_MS, slip }] };
        reached(await run(HOLD_RAMP, { quirks }));
      },
    );
  });

  test('a withdrawal by somebody else during a hold period ends the step, and no ratio is increased', async () => {
    const ran = await run(DAY_RAMP, { timeline: [{ atMs: 12 * HOUR_MS, does: 'cancelRelease' }] });
    expectSent(ran, ['skipPilot', 'setRatio 5', 'startGrayscale']);
    expectReport(ran, { complete: false, state: 'withdrawn' });
    expect(['refused', 'withdrawn'], told(ran)).toContain(ran.report.verdict);
  });

  test('an increase by somebody else during a hold period is held from then on', async () => {
    const timeline = [{ atMs: 12 * HOUR_MS, does: 'startGrayscale', ratio: 10 } as const];
    const ran = await run(DAY_RAMP, { timeline });
    expectReport(ran, { verdict: 'succeeded', ratioPercent: 20 });
    expect(heldMs(ran, 10), told(ran)).toBeGreaterThanOrEqual(DAY_MS - HOUR_MS);
  });
});

describe('14: a release is not applied for twice', () => {
  const automaticNo = (reason: string, quirks: Quirks): ModelOptions => ({
    releases: ours('REJECTED', { comment: 'no icon' }),
    review: { afterMs: 0, verdict: 'reject', reason },
    quirks: {
      ...quirks,
      trouble: ({ sending }) => (sending === 1 ? { effect: 'now', response: 'reset' } : undefined),
    },
  });
  const REAPPLY = { stage: 'apply', reapply: 'true' };

  test.each(['absent', 'zero', 'null'] as const)(
    'the response is lost, the same no comes at once and no time tells (%s): it is not sent again',
    async (times) => {
      const ran = await run(REAPPLY, automaticNo('no icon', { times, withoutHistory: true }));
      expectSent(ran, ['startApproval (took)']);
      expect(['failed', 'rejected'], told(ran)).toContain(ran.report.verdict);
    },
  );

  test('a rejection with a new reason shows that the lost application took effect', async () => {
    const ran = await run(REAPPLY, automaticNo('no title', { times: 'absent', withoutHistory: true }));
    expectSent(ran, ['startApproval (took)']);
    expectReport(ran, { verdict: 'rejected', changed: true, reason: 'no title' });
  });

  test('a rejection with a new time shows that the lost application took effect', async () => {
    const ran = await run(REAPPLY, automaticNo('no icon', { latencyMs: () => 50 }));
    expectSent(ran, ['startApproval (took)']);
    expectReport(ran, { verdict: 'rejected', changed: true });
  });

  test('lost without effect: the release is applied for again, once reads have shown that it did not take', async () => {
    for (const status of ['INIT', 'CANCELLED'] as const) {
      const ran = await run(REAPPLY, {
        releases: ours(status),
        review: APPROVES,
        quirks: { trouble: ({ sending }) => (sending === 1 ? { effect: 'never', response: 'reset' } : undefined) },
      });
      expectSent(ran, ['startApproval (lost)', 'startApproval']);
      expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    }
  });

  test.each(['reset', '503', 'html', 'empty body', 'cut json', '500'] as const)(
    'a response that was "%s" after the effect, with reads eight seconds old: applied once',
    async (response) => {
      const ran = await run(
        { stage: 'apply', 'approval-timeout': '1h' },
        {
          releases: ours('INIT'),
          review: APPROVES,
          quirks: {
            trouble: ({ sending }) => (sending === 1 ? { effect: 'now', response } : undefined),
            lagMs: ({ lastWrite }) => (lastWrite ? 8 * SECOND_MS : 0),
          },
        },
      );
      const took = ran.portal.writes.filter((write) => write.took);
      expect(took, told(ran)).toHaveLength(1);
      expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    },
  );
});

// --- Found by random runs --------------------------------------------------------------------------------------------

describe('found by random runs', () => {
  const WRONG: readonly Slip[] = [
    'html',
    'empty body',
    'cut json',
    'other shape',
    'no data',
    'SYSTEM_BUSY',
    'reset',
    '503',
  ];

  describe.each(titled)('%s', (_, row) => {
    test.each(WRONG)('one read of "%s" after each write does not end the run', async (slip) => {
      const ran = await runStage(row, {
        slip: ({ lastWrite, sinceWrite }) => (lastWrite && sinceWrite === 1 ? slip : undefined),
      });
      expectReached(ran, row);
    });

    test.each(WRONG)('a lost response and then one read of "%s" does not end the run', async (slip) => {
      const ran = await runStage(row, {
        trouble: ({ operation, sending }) =>
          sending === 1 && operation !== 'addWhitelist' && operation !== 'setRatio'
            ? { effect: 'now', response: 'reset' }
            : undefined,
        slip: ({ lastWrite, sinceWrite }) => (lastWrite && sinceWrite === 1 ? slip : undefined),
      });
      expect(
        ran.portal.received().map((name) => name.replace(' (took)', '')),
        told(ran),
      ).toEqual(row.writes);
      expectReport(ran, { verdict: 'succeeded', complete: true, changed: true });
    });
  });

  const LATER = titled.filter(([, { stage }]) => stage !== 'submit' && stage !== 'rollback');
  describe.each(['milliseconds', 'absent'] as const)('times: %s', (times) => {
    test.each(LATER)('%s: one read of INIT, older than all, after each write ends nothing', async (_, row) => {
      const ran = await runStage(row, {
        times,
        slip: ({ lastWrite, sinceWrite }) =>
          lastWrite && sinceWrite === 1 ? { status: 'INIT', agoMs: 3 * DAY_MS } : undefined,
      });
      expectReached(ran, row);
    });

    test.each(['APPROVE', 'REJECTED', 'CANCELLED'] as const)(
      'one read of an older %s after skipPilot does not end a release',
      async (status) => {
        const ran = await run(
          { stage: 'release' },
          {
            quirks: {
              times,
              slip: ({ lastWrite, sinceWrite }) =>
                lastWrite === 'skipPilot' && sinceWrite === 1 ? { status, agoMs: 3 * DAY_MS } : undefined,
            },
          },
        );
        expectSent(ran, ['skipPilot', 'goOnline']);
        expectReport(ran, { verdict: 'succeeded', released: true });
      },
    );

    test('an older rejection that is read after the resubmission does not count', async () => {
      const ran = await run(
        { stage: 'apply', reapply: 'true' },
        {
          releases: ours('REJECTED', { comment: 'no icon', changedAgoMs: 10 * HOUR_MS }),
          review: APPROVES,
          quirks: {
            times,
            slip: ({ nth }) => (nth === 1 ? { status: 'INIT', agoMs: 30 * HOUR_MS } : undefined),
            lagMs: ({ sinceWriteMs }) => (sinceWriteMs < 20 * SECOND_MS ? 20 * SECOND_MS : 0),
          },
        },
      );
      expectSent(ran, ['startApproval']);
      expectReport(ran, { verdict: 'succeeded', state: 'approved' });
    });
  });

  test.each(['APPROVE', 'INIT', 'CANCELLED'] as const)(
    'a refusal after one stale read of %s tells the state that the further reads show',
    async (status) => {
      const ran = await run(
        { stage: 'release' },
        {
          releases: [{ version: VERSION, status: 'ARCHIVED' }, LIVE_ROW],
          quirks: { times: 'absent', slip: ({ nth }) => (nth === 1 ? { status, agoMs: 30 * HOUR_MS } : undefined) },
        },
      );
      expectSent(ran, []);
      expectReport(ran, { verdict: 'refused', state: 'archived' });
    },
  );

  test('a refusal tells what the last reads show where somebody else acts meanwhile', async () => {
    const ran = await run(
      { stage: 'grayscale', 'grayscale-ratio': '20' },
      {
        releases: [
          { version: VERSION, status: 'GRAY', ratio: 5 },
          { version: '2.0.0', status: 'ONLINE' },
        ],
        timeline: [{ atMs: 500, does: 'cancelRelease' }],
      },
    );
    expectSent(ran, []);
    expect(ran.report.verdict, told(ran)).toBe('refused');
    const lastMs = ran.portal.looks.at(-1)?.atMs ?? 0;
    if (lastMs >= 500) expectReport(ran, { state: 'withdrawn' });
  });

  test('a first release is not claimed where the first read alone hides that the version was archived', async () => {
    const ran = await run(
      { stage: 'status' },
      {
        releases: [{ version: VERSION, status: 'ARCHIVED' }],
        quirks: {
          times: 'absent',
          slip: ({ nth }) => (nth === 1 ? { status: 'CANCELLED', agoMs: 30 * HOUR_MS } : undefined),
        },
      },
    );
    expect(ran.report.firstRelease, told(ran)).not.toBe(true);
  });

  test.each(['empty list', 'data null', 'without ours'] as const)(
    'a release that the first page showed is not called not submitted after ten seconds of "%s"',
    async (slip) => {
      const ran = await run(
        { stage: 'grayscale', 'grayscale-ratio': '5', 'grayscale-soak': '0s' },
        {
          releases: [{ version: VERSION, status: 'PASSED' }, ...manyDrafts(12), LIVE_ROW],
          quirks: {
            pageCap: 10,
            slip: ({ nth, atMs }) => (nth > 1 && atMs < 10 * SECOND_MS ? slip : undefined),
            latencyMs: () => 200,
          },
        },
      );
      expect(ran.report.state, told(ran)).not.toBe('none');
      expect(words(ran)).not.toContain('not submitted');
    },
  );

  test('allow-downgrade does not make an official release of which no state can be read afterwards', async () => {
    const ran = await run(
      { stage: 'release', 'allow-downgrade': 'true' },
      { quirks: { words: { ONLINE: 'RELEASED' } } },
    );
    expectSent(ran, []);
    expect(words(ran)).toContain('RELEASED');
  });

  test('a lost response whose effect the replicas show a minute later leaves the report in doubt, not denying it', async () => {
    for (const response of ['empty body', 'html', { code: 'SYSTEM_ERROR' }] as const) {
      const ran = await run(
        { stage: 'release' },
        {
          releases: ours('GRAY', { ratio: 20 }),
          quirks: {
            trouble: () => ({ effect: 'now', response }),
            lagMs: ({ lastWrite }) => (lastWrite ? MINUTE_MS : 0),
          },
        },
      );
      expect(ran.portal.writes, told(ran)).toHaveLength(1);
      if (!ran.report.changed) expect(ran.report.message, told(ran)).toContain('is not known');
    }
  });

  const RELEASED = titled.filter(([, { stage }]) => stage !== 'submit');
  test.each(RELEASED)('%s: a lost write is not sent again while reads show an empty list', async (_, row) => {
    const ran = await runStage(row, {
      trouble: ({ operation, sending }) =>
        sending === 1 && operation !== 'addWhitelist' && operation !== 'setRatio'
          ? { effect: 'now', response: '503' }
          : undefined,
      slip: ({ lastWrite, sinceWriteMs }) => (lastWrite && sinceWriteMs < 20 * SECOND_MS ? 'empty list' : undefined),
    });
    expect(
      ran.portal.received().map((name) => name.replace(' (took)', '')),
      told(ran),
    ).toEqual(row.writes);
    expectReport(ran, { verdict: 'succeeded', complete: true, changed: true });
  });

  test.each(['without ours', 'empty list', 'data null'] as const)(
    'one list of versions that shows "%s" does not make a version unknown to submit',
    async (slip) => {
      let reads = 0;
      const ran = await run(
        { stage: 'submit' },
        {
          releases: [LIVE_ROW],
          versions: [VERSION],
          quirks: {
            slip: ({ operation, page }) =>
              operation === 'listVersions' && page === 1 && ++reads === 1 ? slip : undefined,
          },
        },
      );
      expectSent(ran, ['createRelease']);
      expectReport(ran, { verdict: 'succeeded', state: 'created' });
    },
  );
});
