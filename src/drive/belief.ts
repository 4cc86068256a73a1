/**
 * What a run believes of its release, and what one more reading changes about that. Pure.
 *
 * A portal may read from replicas that lag, and a single response may be a slip. So a reading is held against what the
 * portal accepted in this run and what it showed before: an older one changes nothing, one that contradicts is believed
 * only when further readings confirm it, and a release that was there is never believed to be gone.
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
  /** The release when its state was last a known one. */
  readonly known: Release | undefined;
  /** An accepted write whose effect was not shown yet. */
  readonly awaited: Write | undefined;
  /** Everything that the portal accepted in this run, and when, by the run's clock. */
  readonly accepted: readonly (Write & { readonly atMs: number })[];
  /** States that the release has left in this run: a stale reading explains them. */
  readonly left: readonly string[];
  /** Those that it left by an accepted write of this run: without a newer time they are stale, however often read. */
  readonly leftByUs: readonly string[];
  /** The portal refused a write because of the release's state: what is believed is not true any more. */
  readonly isDisproved: boolean;
  /** A reading that contradicts what is believed, and how often it was repeated. */
  readonly doubt: Doubt | undefined;
}

interface Doubt {
  readonly standing: string;
  readonly sinceMs: number;
  readonly readings: number;
}

/** A contradiction counts after this many readings that agree, the first one included, and this long after it. */
const CONFIRMED = { readings: 4, afterMs: 6_000 } as const;
/** An awaited approval counts sooner: it is what was to be expected. */
const CONFIRMED_APPROVAL = { readings: 3, afterMs: 4_000 } as const;
/** One that a replica's lag explains, since the release stood there before in this run. */
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

/** After the portal refused a write because of the state in which the release is. */
export function disproved(belief: Belief): Belief {
  return { ...belief, isDisproved: true };
}

/** After the portal accepted a write; `wasSeen`: a reading has shown its effect already. */
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
      // Readings that are to confirm a doubt have to follow each other; one without the release says nothing.
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
  // Somebody took it back: from here on it may come through the same states again.
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
 * Whether a row is older than what the portal accepted last, by its time and our clock, and shows another state than
 * that led to: a replica may be older than all that this run has read.
 */
function isFromBefore(accepted: Belief['accepted'], { state, modifiedAtMs }: Release): boolean {
  const last = accepted.findLast((one) => callRow(one).to !== undefined);
  if (!last || modifiedAtMs === undefined || modifiedAtMs < EARLIEST_MS) return false;
  const { to } = callRow(last);
  return state !== to && !isForward(to, state) && modifiedAtMs < last.atMs - CLOCKS_DIFFER_MS;
}

/** A reading from before an application may show these, however the release stood when this run began. */
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
  // Nothing leads from the official release back to a state before it.
  const isOfficial = accepted.some((one) => callRow(one).to === 'released');
  if (isOfficial && state !== 'released' && state !== 'archived' && isKnown(state)) return 'stale';
  if (standingOf(release) === standingOf(known)) return awaited ? 'stale' : 'believed';
  if (!awaited && standingOf(release) === standingOf(belief.snapshot.release)) return 'believed';
  if (!isOld && isNewer(release, known)) return state === 'unknown' ? 'contradicting' : 'believed';
  const isApplied = accepted.some(({ operation }) => operation === 'startApproval');
  // A request may be rejected a second time, once it was in review again.
  const isSecondRejection = isApplied && !awaited && state === 'rejected';
  if (leftByUs.includes(standingOf(release)) && !isSecondRejection) return 'stale';
  // What the portal accepted is newer than what bears the time of before it.
  if (awaited && isKnown(state) && release.modifiedAtMs !== undefined && known?.modifiedAtMs === release.modifiedAtMs) {
    return 'stale';
  }
  if (isOld || (isApplied && BEFORE_APPLYING.includes(state))) return 'explained';
  if (left.includes(standingOf(release))) return 'explained';
  // Forward is how others act. But an approval ends a wait, and a replica may show one from an earlier application.
  if (belief.isDisproved && isKnown(state)) return 'believed';
  const endsWait = known?.state === 'in-review';
  if (!awaited && known && !endsWait && isForward(known.state, state)) return 'believed';
  return 'contradicting';
}
