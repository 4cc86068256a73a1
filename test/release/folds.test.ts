/** Portals that do several operations with one call: what is sent, from where, and whether it may be repeated. */

import { describe, expect, test } from 'vitest';
import { effectOf } from '../../src/drive/effect.ts';
import { callRow, type Folds, wayFor } from '../../src/release/folds.ts';
import { STAGE_NAMES, type Stage, stageRow } from '../../src/release/lifecycle.ts';
import { nextStages, operationsOf, type PlanOptions, plan, simulate } from '../../src/release/plan.ts';
import type { Release } from '../../src/release/release.ts';
import type { Snapshot } from '../../src/release/snapshot.ts';

const NOW_MS = 1_800_000_000_000;
const VERSION = '1.1.0';
const ALL: Folds = {
  setRatio: 'startGrayscale',
  addWhitelist: 'startPilot',
  uploadPackage: 'createVersion',
  createRelease: 'startApproval',
  skipPilot: 'none',
};
const OPTIONS: PlanOptions = {
  targetApp: 'GOPAY',
  allowDowngrade: false,
  reapply: false,
  ratios: [5, 20],
  soakMs: 0,
  soakMode: 'wait',
  show: String,
  folds: ALL,
};

function release(version: string, state: Release['state'], more: Partial<Release> = {}): Release {
  return { version, state, portalStatus: state, ratioPercent: 0, modifiedAtMs: NOW_MS, ...more };
}

function snapshot(state: Release['state'], more: Partial<Snapshot> = {}): Snapshot {
  const live = release('1.0.0', 'released');
  const own = state === 'none' ? undefined : release(VERSION, state);
  return { version: VERSION, release: own, releases: own ? [own, live] : [live], wholeReads: 2, ...more };
}

const uploaded = { version: VERSION, artifacts: ['a.zip'] };

function sentBy(stages: readonly Stage[], first: Snapshot, options: Partial<PlanOptions> = {}) {
  const { steps, end } = simulate(stages, first, { ...OPTIONS, ...options }, NOW_MS);
  const format = ({ operation, folded = [], ratioPercent = 0 }: (typeof steps)[number]['operations'][number]) =>
    [...folded, operation].join('+') + (ratioPercent ? ` ${ratioPercent}` : '');
  return { sent: steps.map(({ operations }) => operations.map(format)), end };
}

test('without folds the way of each stage is the one of the lifecycle table', () => {
  for (const stage of STAGE_NAMES) {
    const plain = Object.entries(wayFor(stage, {})).map(([state, step]) => [
      state,
      step === 'wait' ? step : step?.map(({ operation }) => operation),
    ]);
    expect(Object.fromEntries(plain), stage).toEqual(stageRow(stage).way);
  }
});

describe('a portal with every fold', () => {
  test('takes a release through all stages with one call for each pair', () => {
    const first = snapshot('none', { uploaded: null });
    expect(sentBy(['upload', 'submit', 'apply', 'whitelist', 'grayscale'], first)).toEqual({
      sent: [
        ['uploadPackage+createVersion'],
        [],
        ['createRelease+startApproval'],
        ['addWhitelist+startPilot'],
        ['setRatio+startGrayscale 5', 'setRatio+startGrayscale 20'],
      ],
      end: undefined,
    });
  });

  test('starts the test again where more user IDs are added to a running one', () => {
    expect(sentBy(['whitelist'], snapshot('whitelist-testing')).sent).toEqual([['addWhitelist+startPilot']]);
  });

  test('submit alone sends nothing and says which stage creates the release', () => {
    const at = snapshot('none', { uploaded });
    expect(plan('submit', at, OPTIONS, {}, NOW_MS)).toMatchObject({
      kind: 'reached',
      notice: expect.stringContaining('The stage apply does both'),
    });
    expect(nextStages(at, ALL)).toEqual(['apply']);
    expect(plan('submit', snapshot('none', { uploaded: null }), OPTIONS, {}, NOW_MS).kind).toBe('refused');
    expect(plan('apply', snapshot('none', { uploaded: null }), OPTIONS, {}, NOW_MS).kind).toBe('refused');
  });

  test('more user IDs than one call carries are refused before anything is sent', () => {
    const whitelist = { count: 501, atOnce: 500 };
    const at = snapshot('approved');
    expect(plan('whitelist', at, { ...OPTIONS, whitelist }, {}, NOW_MS)).toMatchObject({
      kind: 'refused',
      found: expect.stringContaining('501 user IDs'),
    });
    expect(plan('whitelist', at, { ...OPTIONS, whitelist, folds: {} }, {}, NOW_MS).kind).toBe('send');
  });
});

describe('the end of the pilot phase', () => {
  test.each([
    ['none', ['setRatio 5', 'startGrayscale 5'], ['goOnline']],
    ['setRatio', ['skipPilot+setRatio 5', 'startGrayscale 5'], ['goOnline']],
    ['startGrayscale', ['setRatio 5', 'skipPilot+startGrayscale 5'], ['goOnline']],
    ['goOnline', ['setRatio 5', 'startGrayscale 5'], ['skipPilot+goOnline']],
  ] as const)('folded into %s: the next operation is sent directly', (skipPilot, rollout, official) => {
    const folds: Folds = { skipPilot };
    for (const state of ['approved', 'whitelist-testing'] as const) {
      expect(sentBy(['grayscale'], snapshot(state), { folds, ratios: [5] }).sent[0]).toEqual(rollout);
      expect(sentBy(['release'], snapshot(state), { folds }).sent[0]).toEqual(official);
    }
  });
});

test('a call is repeatable only where each of its parts is', () => {
  expect(callRow({ operation: 'setRatio' }).repeatable).toBe(true);
  expect(callRow({ operation: 'setRatio', folded: ['skipPilot'] })).toMatchObject({ to: 'rollout-ready' });
  expect(callRow({ operation: 'setRatio', folded: ['skipPilot'] }).repeatable).toBeUndefined();
  expect(callRow({ operation: 'startGrayscale', folded: ['setRatio'] }).repeatable).toBeUndefined();
  expect(callRow({ operation: 'createVersion', folded: ['uploadPackage'] }).repeatable).toBeUndefined();
});

test('user IDs that are added to a running test are shown by a count or a time, not by the state', () => {
  const call = { operation: 'startPilot', folded: ['addWhitelist'] } as const;
  const before = release(VERSION, 'whitelist-testing', { whitelistCount: 2 });
  expect(effectOf(call, before, before)).toBe('not yet');
  expect(effectOf(call, before, { ...before, whitelistCount: 3 })).toBe('shown');
  expect(effectOf(call, before, { ...before, modifiedAtMs: NOW_MS + 1 })).toBe('shown');
  expect(effectOf(call, release(VERSION, 'approved'), before)).toBe('shown');
});

test('a folded operation is among those that a stage needs', () => {
  expect(operationsOf('apply', ALL)).toEqual(['listVersions', 'startApproval', 'createRelease']);
  expect(operationsOf('grayscale', ALL)).toEqual(['setRatio', 'startGrayscale']);
});
