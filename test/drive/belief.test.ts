/** What a run believes of its release after each reading: stale ones, slips, contradictions and what confirms them. */

import { describe, expect, test } from 'vitest';
import { accepting, type Belief, beliefIn, considering, wasAccepted } from '../../src/drive/belief.ts';
import { effectOf, type Write } from '../../src/drive/effect.ts';
import type { Release } from '../../src/release/release.ts';
import { type Snapshot, stateOf } from '../../src/release/snapshot.ts';

const VERSION = '1.1.0';
const SECOND = 1_000;

/** `grayscale 20 @5`: state, ratio, and the portal's time; `none` for a list without the release. */
function release(text: string): Release | undefined {
  const [, state = '', ratio, time] = /^([\w-]+)(?: (\d+))?(?: @(\d+))?$/.exec(text) ?? [];
  if (state === 'none') return undefined;
  return {
    version: VERSION,
    state: state as Release['state'],
    portalStatus: state.toUpperCase(),
    ...(ratio && { ratioPercent: Number(ratio) }),
    ...(time && { modifiedAtMs: Number(time) }),
  };
}

function snapshot(text: string): Snapshot {
  const own = release(text);
  return { version: VERSION, release: own, releases: own ? [own] : [], wholeReads: 1 };
}

/** Each reading two seconds after the one before. */
function believedAfter(first: string, writes: readonly Write[], readings: readonly string[]): Belief {
  let belief = beliefIn(snapshot(first));
  for (const write of writes) belief = accepting(belief, write, false, 0);
  readings.forEach((reading, index) => {
    belief = considering(belief, snapshot(reading), (index + 1) * 2 * SECOND);
  });
  return belief;
}

const times = (count: number, text: string) => Array.from({ length: count }, () => text);

describe('after an accepted write', () => {
  const ONLINE = [{ operation: 'goOnline' }] as const;
  test.each([
    [
      'the state of before, for as long as it comes',
      'rollout-ready @5',
      ONLINE,
      times(200, 'rollout-ready @5'),
      'rollout-ready',
    ],
    ['an older time', 'rollout-ready @5', ONLINE, times(200, 'approved @3'), 'rollout-ready'],
    [
      'a newer time of a state that cannot follow',
      'rollout-ready @5',
      ONLINE,
      times(200, 'approved @9'),
      'rollout-ready',
    ],
    ['no release', 'rollout-ready @5', ONLINE, times(200, 'none'), 'rollout-ready'],
    ['the effect, at once', 'rollout-ready @5', ONLINE, ['approved @3', 'released @6'], 'released'],
    ['the effect, without times', 'rollout-ready', ONLINE, ['none', 'released'], 'released'],
    ['a rollback right behind it', 'rollout-ready @5', ONLINE, ['archived @9'], 'archived'],
    [
      'a release that was live before, older than what is known',
      'archived @5',
      [{ operation: 'rollback' }],
      ['released @3'],
      'archived',
    ],
    [
      'somebody took it back, by a newer time',
      'rollout-ready @5',
      [{ operation: 'startGrayscale', ratioPercent: 5 }],
      ['withdrawn @9'],
      'withdrawn',
    ],
    [
      'a request that was put back to where it began',
      'in-review @5',
      [{ operation: 'cancelApproval' }],
      ['created @6'],
      'created',
    ],
  ] as const)('%s', (_, first, writes, readings, state) => {
    expect(stateOf(believedAfter(first, writes, readings).snapshot)).toBe(state);
  });

  test('a write is remembered as accepted, separately for each ratio', () => {
    const belief = believedAfter('rollout-ready', [{ operation: 'startGrayscale', ratioPercent: 5 }], ['grayscale 5']);
    expect(wasAccepted(belief, { operation: 'startGrayscale', ratioPercent: 5 })).toBe(true);
    expect(wasAccepted(belief, { operation: 'startGrayscale', ratioPercent: 20 })).toBe(false);
  });
});

describe('without a write', () => {
  test.each([
    ['a newer time is believed at once', 'in-review @5', ['rejected @6'], 'rejected'],
    ['an older one never', 'in-review @5', times(200, 'rejected @4'), 'in-review'],
    ['a way forward at once', 'approved', ['rollout-ready'], 'rollout-ready'],
    ['an approval without a newer time is confirmed', 'in-review', ['approved', 'approved'], 'in-review'],
    ['and then believed', 'in-review', times(3, 'approved'), 'approved'],
    ['no release never', 'in-review', times(200, 'none'), 'in-review'],
    ['one contradiction does not count', 'in-review', ['rejected', 'in-review'], 'in-review'],
    ['nor do three', 'in-review', times(3, 'rejected'), 'in-review'],
    ['four that agree, over six seconds, do', 'in-review', times(4, 'rejected'), 'rejected'],
    ['but not with another one between', 'in-review', ['rejected', 'rejected', 'in-review', 'rejected'], 'in-review'],
    [
      'an empty list between does not take them back',
      'in-review',
      ['rejected', 'none', ...times(3, 'rejected')],
      'rejected',
    ],
    ['a status that is not mapped is confirmed, too', 'approved', ['unknown'], 'approved'],
    ['and then believed', 'approved', times(4, 'unknown'), 'unknown'],
    ['where no release was, any is believed', 'none', ['created'], 'created'],
  ] as const)('%s', (_, first, readings, state) => {
    expect(stateOf(believedAfter(first, [], readings).snapshot)).toBe(state);
  });

  test('a state that the release has left in this run is explained by a lag, for half a minute', () => {
    const readings = ['rollout-ready', 'grayscale 5'];
    const left = believedAfter('approved', [], readings);
    let belief = left;
    const read = (atMs: number) => {
      belief = considering(belief, snapshot('rollout-ready'), atMs);
      return stateOf(belief.snapshot);
    };
    const seen = Array.from({ length: 70 }, (_, index) => read(10 * SECOND + index * 2 * SECOND));
    expect(seen.indexOf('rollout-ready')).toBe(15);
  });
});

test('other releases do not vanish from the list, and an older row of one is not taken', () => {
  const live: Release = { version: '1.0.0', state: 'released', portalStatus: 'ONLINE', modifiedAtMs: 5 };
  const own = release('approved @5') as Release;
  const first: Snapshot = { version: VERSION, release: own, releases: [own, live], wholeReads: 1 };
  const older: Release = { ...live, state: 'grayscale', modifiedAtMs: 3 };
  for (const releases of [[], [own], [own, older]]) {
    const { snapshot: seen } = considering(beliefIn(first), { ...first, releases, wholeReads: 0 }, 0);
    expect(seen.releases?.find(({ version }) => version === '1.0.0')).toEqual(live);
  }
});

describe('the effect of a write, as a reading shows it', () => {
  const ratio = (operation: 'startGrayscale', ratioPercent: number) => ({ operation, ratioPercent });
  test.each([
    [{ operation: 'skipPilot' }, 'approved', 'rollout-ready', 'shown'],
    [{ operation: 'skipPilot' }, 'approved', 'approved', 'not yet'],
    [{ operation: 'skipPilot' }, 'approved', 'grayscale 5', 'elsewhere'],
    [{ operation: 'skipPilot' }, 'approved', 'unknown', 'not yet'],
    [{ operation: 'skipPilot' }, 'approved', 'none', 'not yet'],
    [ratio('startGrayscale', 20), 'rollout-ready', 'grayscale 20', 'shown'],
    [ratio('startGrayscale', 20), 'rollout-ready', 'grayscale', 'shown'],
    [ratio('startGrayscale', 20), 'rollout-ready', 'grayscale 0', 'not yet'],
    [ratio('startGrayscale', 20), 'grayscale 5', 'grayscale 5', 'not yet'],
    [ratio('startGrayscale', 20), 'grayscale 5', 'grayscale', 'not yet'],
    [ratio('startGrayscale', 20), 'grayscale 5', 'grayscale 50', 'elsewhere'],
    [{ operation: 'startApproval' }, 'created', 'in-review', 'shown'],
    [{ operation: 'startApproval' }, 'created', 'approved', 'shown'],
    [{ operation: 'startApproval' }, 'created', 'none', 'not yet'],
    [{ operation: 'startApproval' }, 'rejected', 'rejected', 'not yet'],
    [{ operation: 'startApproval' }, 'rejected @5', 'rejected @5', 'not yet'],
    [{ operation: 'startApproval' }, 'rejected @5', 'rejected @6', 'shown'],
    [{ operation: 'startApproval' }, 'rejected @5', 'in-review @4', 'not yet'],
  ] as const)('%j from %s, read as %s: %s', (effect, before, seen, expected) => {
    expect(effectOf(effect, release(before), release(seen))).toBe(expected);
  });

  test('a rejection with another reason is a new rejection', () => {
    const no = (comment: string) => ({ ...(release('rejected') as Release), comment });
    expect(effectOf({ operation: 'startApproval' }, no('icon'), no('name'))).toBe('shown');
    expect(effectOf({ operation: 'startApproval' }, no('icon'), no('icon'))).toBe('not yet');
  });
});
