/** The planner's edges that need no portal to be seen. The whole table is in scenarios/matrix.test.ts. */

import { describe, expect, test } from 'vitest';
import type { Stage, State } from '../../src/release/lifecycle.ts';
import { nextStages, operationsOf, type PlanOptions, plan, simulate } from '../../src/release/plan.ts';
import type { Release } from '../../src/release/release.ts';
import type { Snapshot } from '../../src/release/snapshot.ts';

interface Stop {
  readonly kind: string;
  readonly todo?: string;
}

const NOW_MS = 1_800_000_000_000;
const VERSION = '1.1.0';
const LIVE = release('1.0.0', 'released');
const OPTIONS: PlanOptions = {
  targetApp: 'GOPAY',
  allowDowngrade: false,
  reapply: false,
  ratios: [20],
  soakMs: 0,
  soakMode: 'wait',
  show: String,
};

function release(version: string, state: Release['state'], more: Partial<Release> = {}): Release {
  return { version, state, portalStatus: state.toUpperCase(), ratioPercent: 0, modifiedAtMs: NOW_MS, ...more };
}

function snapshot(state: Release['state'], more: Partial<Snapshot> = {}): Snapshot {
  const own = state === 'none' ? undefined : release(VERSION, state);
  return { version: VERSION, release: own, releases: own ? [own, LIVE] : [LIVE], wholeReads: 2, ...more };
}

const planned = (stage: Stage, at: Snapshot, options: Partial<PlanOptions> = {}) =>
  plan(stage, at, { ...OPTIONS, ...options }, {}, NOW_MS);

describe('a rollback while another version is', () => {
  const during = (state: Release['state']) =>
    planned('rollback', {
      version: '1.0.0',
      release: LIVE,
      releases: [release('1.2.0', state), LIVE],
      wholeReads: 2,
    });

  test('in the whitelist test says that the test goes on, and how to end it', () => {
    expect(during('whitelist-testing')).toEqual({
      kind: 'reached',
      notice: expect.stringMatching(/^1\.2\.0 is still in the whitelist test.* withdraw with version: 1\.2\.0\.$/),
    });
  });

  test('in a grayscale rollout is refused with both ways out', () => {
    const own = release('0.9.0', 'archived');
    const releases = [release('1.2.0', 'grayscale'), LIVE, own];
    const { kind, todo } = planned('rollback', { version: '0.9.0', release: own, releases, wholeReads: 2 }) as Stop;
    expect(kind).toBe('refused');
    expect(todo).toMatch(/withdraw with version: 1\.2\.0.*run withdraw first, then rollback/);
  });

  test('not in progress says nothing', () => {
    expect(during('archived')).toEqual({ kind: 'reached' });
  });
});

describe('a status or list that says too little', () => {
  test('every stage except status polls during a transitional status', () => {
    expect(planned('release', snapshot('busy')).kind).toBe('poll');
    expect(planned('withdraw', snapshot('busy')).kind).toBe('poll');
    expect(planned('status', snapshot('busy')).kind).toBe('reached');
  });

  test('an unmapped status stops every stage, and only approval waits', () => {
    const stages = ['upload', 'submit', 'apply', 'whitelist', 'grayscale', 'release', 'withdraw', 'rollback'] as const;
    for (const stage of stages) expect(planned(stage, snapshot('unknown')).kind, stage).toBe('unknown-status');
    expect(planned('approval', snapshot('unknown')).kind).toBe('wait');
    expect(nextStages(snapshot('unknown'))).toEqual([]);
  });

  test('a wait continues while the release is in a transitional status, unmapped or not listed', () => {
    for (const state of ['busy', 'unknown', 'none'] as const) {
      expect(plan('apply', snapshot(state), OPTIONS, { reviewed: true }, NOW_MS).kind, state).toBe('wait');
    }
    expect(planned('approval', snapshot('none')).kind).toBe('refused');
  });

  test('whitelist is sent where it is not known whether this is a first release', () => {
    const own = release(VERSION, 'approved');
    const listless = { version: VERSION, release: own, releases: undefined, wholeReads: 0 };
    expect(planned('whitelist', listless)).toMatchObject({ kind: 'send', operation: 'addWhitelist' });
    expect(planned('whitelist', { ...listless, releases: [own], wholeReads: 2 }).kind).toBe('refused');
    const other = release('0.9.0', 'unknown');
    expect(planned('whitelist', { ...listless, releases: [own], wholeReads: 1 }).kind).toBe('send');
    expect(planned('whitelist', { ...listless, releases: [own, other], wholeReads: 2 })).toMatchObject({
      kind: 'refused',
      found: expect.stringContaining('0.9.0'),
      todo: expect.stringContaining('"UNKNOWN": { "state": "...", "mark": "observed" }'),
    });
  });
});

describe('a ratio', () => {
  const at = (ratioPercent: number) =>
    snapshot('grayscale', { release: release(VERSION, 'grayscale', { ratioPercent }) });

  test.each([
    [[20], 5, { kind: 'send', operation: 'setRatio', ratioPercent: 20 }],
    [[20], 20, { kind: 'reached' }],
    [[20], 50, { kind: 'refused' }],
    [[5, 20, 50], 10, { kind: 'send', operation: 'setRatio', ratioPercent: 20 }],
    [[5, 20, 50], 5, { kind: 'send', operation: 'setRatio', ratioPercent: 20 }],
    [[5, 20], 21, { kind: 'refused' }],
    [[100], 99, { kind: 'send', operation: 'setRatio', ratioPercent: 100 }],
  ])('grayscale with the ratios %j continues correctly from %d%%', (ratios, inEffect, expected) => {
    expect(planned('grayscale', at(inEffect), { ratios })).toMatchObject(expected);
  });

  test('a ratio is held for the rest of its hold period, counted from the time of the portal', () => {
    const soaking = { soakMs: 1_800_000 };
    expect(plan('grayscale', at(20), { ...OPTIONS, ...soaking }, {}, NOW_MS + 1_000)).toEqual({
      kind: 'hold',
      ratioPercent: 20,
      untilMs: NOW_MS + 1_800_000,
    });
    expect(plan('grayscale', at(20), { ...OPTIONS, ...soaking }, {}, NOW_MS + 1_800_000).kind).toBe('reached');
  });
});

describe('a simulation of all stages', () => {
  const foreseen = (stages: readonly Stage[], at: Snapshot, options: Partial<PlanOptions> = {}) => {
    const { steps, end } = simulate(stages, at, { ...OPTIONS, ...options }, NOW_MS);
    return [steps.flatMap(({ operations }) => operations.map(({ operation }) => operation)), end?.kind];
  };
  const uploaded = { uploaded: { version: VERSION, artifacts: ['a.zip'] } };

  test('lists the writes from submit to the official release', () => {
    expect(foreseen(['submit', 'apply', 'release'], snapshot('none', uploaded))).toEqual([
      ['createRelease', 'startApproval', 'skipPilot', 'goOnline'],
      undefined,
    ]);
  });

  test('ends with the refusal of a later stage before anything is written', () => {
    expect(foreseen(['submit', 'release'], snapshot('none', uploaded))).toEqual([['createRelease'], 'refused']);
    expect(foreseen(['apply', 'release'], snapshot('rejected'))).toEqual([[], 'rejected']);
    expect(foreseen(['apply', 'release'], snapshot('rejected'), { reapply: true })[1]).toBeUndefined();
  });

  test('includes a resumed ramp of a release that does not exist yet', () => {
    const ramp = { ratios: [5, 20], soakMs: 1_800_000, soakMode: 'resume' } as const;
    expect(foreseen(['submit', 'apply', 'grayscale'], snapshot('none', uploaded), ramp)).toEqual([
      ['createRelease', 'startApproval', 'skipPilot', 'setRatio', 'startGrayscale', 'setRatio', 'startGrayscale'],
      undefined,
    ]);
  });

  test('apply names another version that is in progress, whatever its state', () => {
    for (const state of ['in-review', 'approved', 'whitelist-testing', 'rollout-ready', 'grayscale'] as const) {
      const other = release('1.0.5', state);
      const at = snapshot('created', { releases: [release(VERSION, 'created'), other, LIVE] });
      expect(planned('apply', at)).toMatchObject({ kind: 'refused', found: expect.stringContaining('1.0.5') });
    }
    for (const state of ['created', 'rejected', 'withdrawn', 'archived'] as const) {
      const at = snapshot('created', { releases: [release(VERSION, 'created'), release('1.0.5', state), LIVE] });
      expect(planned('apply', at).kind, state).toBe('send');
    }
  });
});

test.each([
  ['created', 'apply'],
  ['in-review', 'apply approval withdraw'],
  ['rejected', 'apply'],
  ['withdrawn', 'apply'],
  ['approved', 'whitelist grayscale release withdraw'],
  ['whitelist-testing', 'whitelist grayscale release withdraw'],
  ['rollout-ready', 'grayscale release withdraw'],
  ['grayscale', 'grayscale release withdraw'],
  ['released', ''],
  ['archived', 'rollback'],
] as const)('the next stages from %s are: %s', (state: State, stages: string) => {
  expect(nextStages(snapshot(state)).join(' ')).toBe(stages);
  const first = { ...snapshot(state), releases: [release(VERSION, state)] };
  if (state === 'approved') expect(nextStages(first).join(' ')).toBe('release withdraw');
});

test('a stage needs the operations that it sends from any state', () => {
  expect(operationsOf('submit')).toEqual(['listVersions', 'createRelease']);
  expect(operationsOf('apply')).toEqual(['startApproval']);
  expect(operationsOf('release')).toEqual(['skipPilot', 'goOnline']);
  expect(operationsOf('status')).toEqual([]);
});
