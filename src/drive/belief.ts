/**
 * What a run believes about its release, and how one more reading changes that. Pure.
 *
 * A portal may read from replicas that lag, and a single response may be wrong. So each reading is compared with what
 * the portal accepted in this run and with what it showed before: an older reading changes nothing, a contradicting one
 * is believed only after further readings confirm it, and a release that was there is never believed to be gone.
 */

import { callRow } from '../release/folds.ts';
import type { Release } from '../release/release.ts';
import {
  CLOCKS_DIFFER_MS,
  EARLIEST_MS,
  isKnown,
  isOlder,
  merged,
  type Snapshot,
  stateOf,
} from '../release/snapshot.ts';
import { effectOf, isForward, isNewer, standingOf, staysInState, type Write } from './effect.ts';

export interface Belief {
  /** The newest snapshot that is believed. */
  readonly snapshot: Snapshot;
  /** The release at the last reading with a known state. */
  readonly known: Release | undefined;
  /** An accepted write whose effect no reading has shown yet. */
  readonly awaited: Write | undefined;
  /** Every write that the portal accepted in this run, with the time of the run's clock in ms since 1970. */
  readonly accepted: readonly (Write & { readonly atMs: number })[];
  /** States that the release had earlier in this run. A stale reading may show one of them again. */
  readonly left: readonly string[];
  /**
   * The states among them that an accepted write of this run ended. A reading that shows one without a newer time is
   * stale, however often it comes.
   */
  readonly leftByUs: readonly string[];
  /** The portal refused a write because of the release's state, so the believed state is wrong. */
  readonly isDisproved: boolean;
  /** A reading that contradicts the belief, and how often it was repeated. */
  readonly doubt: Doubt | undefined;
}

interface Doubt {
  readonly standing: string;
  readonly sinceMs: number;
  readonly readings: number;
}

/**
 * A contradiction is believed after this many readings that agree (with the first one), and this long after the first.
 */
const CONFIRMED = { readings: 4, afterMs: 6_000 } as const;
/** An approval while the release is in review is believed sooner, since it is expected. */
const CONFIRMED_APPROVAL = { readings: 3, afterMs: 4_000 } as const;
/** A reading that a lagging replica may explain, such as a state that the release had earlier in this run. */
const CONFIRMED_THOUGH_EXPLAINED = { readings: 6, afterMs: 30_000 } as const;

export function beliefIn(snapshot: Snapshot): Belief {
  return {
    snapshot,
    known: isKnown(stateOf(snapshot)) ? snapshot.release : undefined,
    awaited: undefined,
    accepted: [],
    left: [],
    leftByUs: [],
    isDisproved: false,
    doubt: undefined,
  };
}

/** The belief after the portal refused a write because of the release's state. */
export function disproved(belief: Belief): Belief {
  return { ...belief, isDisproved: true };
}

/** The belief after the portal accepted a write. `wasSeen`: a reading has already shown its effect. */
export function accepting(belief: Belief, effect: Write, wasSeen: boolean, nowMs: number): Belief {
  const mayBeSeen =
    effect.operation !== 'createVersion' && !callRow(effect).repeatable && !staysInState(effect, belief.known);
  return {
    ...belief,
    accepted: [...belief.accepted, { ...effect, atMs: nowMs }],
    awaited: mayBeSeen && !wasSeen ? effect : undefined,
    leftByUs: wasSeen ? [...belief.leftByUs, ...belief.left.slice(-1)] : belief.leftByUs,
    doubt: undefined,
  };
}

/** Whether the portal accepted the same write in this run. */
export function wasAccepted({ accepted }: Belief, { operation, ratioPercent }: Write): boolean {
  return accepted.some((one) => one.operation === operation && one.ratioPercent === ratioPercent);
}

/** The belief after another reading at `nowMs`. */
export function considering(belief: Belief, seen: Snapshot, nowMs: number): Belief {
  const { release: _, ...others } = merged(belief.snapshot, seen);
  const unchanged: Belief = { ...belief, snapshot: { ...others, release: belief.snapshot.release } };
  switch (judge(belief, seen)) {
    case 'believed':
      return believing(belief, { ...others, release: seen.release });
    case 'stale':
      // Only consecutive readings confirm a doubt. A reading without the release does not interrupt them.
      return seen.release ? { ...unchanged, doubt: undefined } : unchanged;
    case 'explained':
      return doubting(unchanged, belief, seen, others, nowMs, CONFIRMED_THOUGH_EXPLAINED);
    case 'contradicting':
      return doubting(
        unchanged,
        belief,
        seen,
        others,
        nowMs,
        stateOf(seen) === 'approved' ? CONFIRMED_APPROVAL : CONFIRMED,
      );
  }
}

function believing(belief: Belief, snapshot: Snapshot): Belief {
  const endsAwaiting = belief.awaited === undefined || isKnown(stateOf(snapshot));
  if (!endsAwaiting) return { ...belief, snapshot, doubt: undefined };
  const known = isKnown(stateOf(snapshot)) ? snapshot.release : belief.known;
  const before = standingOf(belief.known);
  const hasLeft = standingOf(known) !== before;
  const byUs = belief.awaited !== undefined && effectOf(belief.awaited, belief.known, known) === 'shown';
  // Somebody else moved the release back, so it may pass through the same states again.
  const isBack = hasLeft && !byUs && !isForward(belief.known?.state, known?.state);
  return {
    ...belief,
    snapshot,
    known,
    awaited: undefined,
    left: hasLeft ? [...belief.left, before] : belief.left,
    leftByUs: isBack ? [] : hasLeft && byUs ? [...belief.leftByUs, before] : belief.leftByUs,
    isDisproved: belief.isDisproved && !hasLeft,
    doubt: undefined,
  };
}

function doubting(
  unchanged: Belief,
  belief: Belief,
  seen: Snapshot,
  others: Omit<Snapshot, 'release'>,
  nowMs: number,
  enough: { readonly readings: number; readonly afterMs: number },
): Belief {
  const standing = standingOf(seen.release);
  const before = belief.doubt?.standing === standing ? belief.doubt : undefined;
  const doubt = { standing, sinceMs: before?.sinceMs ?? nowMs, readings: (before?.readings ?? 0) + 1 };
  const isConfirmed = doubt.readings >= enough.readings && nowMs - doubt.sinceMs >= enough.afterMs;
  return isConfirmed ? believing(belief, { ...others, release: seen.release }) : { ...unchanged, doubt };
}

/**
 * Whether a row is older than the last accepted write (its time against our clock) and shows a state that the write
 * cannot have led to. A replica may be older than every reading of this run.
 */
function isFromBefore(accepted: Belief['accepted'], { state, modifiedAtMs }: Release): boolean {
  const last = accepted.findLast((one) => callRow(one).to !== undefined);
  if (!last || modifiedAtMs === undefined || modifiedAtMs < EARLIEST_MS) return false;
  const { to } = callRow(last);
  return state !== to && !isForward(to, state) && modifiedAtMs < last.atMs - CLOCKS_DIFFER_MS;
}

/** States that a reading from before the application may show, whatever state this run first read. */
const BEFORE_APPLYING: readonly Release['state'][] = ['created', 'rejected', 'withdrawn'];

type Judgement = 'believed' | 'stale' | 'explained' | 'contradicting';

function judge(belief: Belief, seen: Snapshot): Judgement {
  const { known, awaited, accepted, left, leftByUs } = belief;
  const { release } = seen;
  const state = stateOf(seen);
  if (!release) return belief.snapshot.release || awaited ? 'stale' : 'believed';
  if (!belief.snapshot.release && !awaited) return 'believed';
  if (known && isOlder(release, known)) return 'stale';
  const isOld = isFromBefore(accepted, release);
  if (awaited && !isOld && effectOf(awaited, known, release) === 'shown') return 'believed';
  if (state === 'busy') return 'believed';
  // No operation leads from the official release back to an earlier state.
  const isOfficial = accepted.some((one) => callRow(one).to === 'released');
  if (isOfficial && state !== 'released' && state !== 'archived' && isKnown(state)) return 'stale';
  if (standingOf(release) === standingOf(known)) return awaited ? 'stale' : 'believed';
  if (!awaited && standingOf(release) === standingOf(belief.snapshot.release)) return 'believed';
  if (!isOld && isNewer(release, known)) return state === 'unknown' ? 'contradicting' : 'believed';
  const isApplied = accepted.some(({ operation }) => operation === 'startApproval');
  // A request that was in review again may be rejected a second time.
  const isSecondRejection = isApplied && !awaited && state === 'rejected';
  if (leftByUs.includes(standingOf(release)) && !isSecondRejection) return 'stale';
  // The row has the time from before the accepted write, so it does not show the write's effect.
  if (awaited && isKnown(state) && release.modifiedAtMs !== undefined && known?.modifiedAtMs === release.modifiedAtMs) {
    return 'stale';
  }
  if (isOld || (isApplied && BEFORE_APPLYING.includes(state))) return 'explained';
  if (left.includes(standingOf(release))) return 'explained';
  // Others may move the release forward. But an approval ends the wait, and a replica may show one from an earlier
  // application, so that has to be confirmed.
  if (belief.isDisproved && isKnown(state)) return 'believed';
  const endsWait = known?.state === 'in-review';
  if (!awaited && known && !endsWait && isForward(known.state, state)) return 'believed';
  return 'contradicting';
}
