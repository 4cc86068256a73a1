/** What a write changes, and whether a reading shows it. Pure. */

import { callRow, does } from '../release/folds.ts';
import { type Operation, STATES, WAY, type WriteOperation } from '../release/lifecycle.ts';
import type { Release } from '../release/release.ts';
import { isKnown, isOlder, ratioShown } from '../release/snapshot.ts';

/** A write, as far as its effect is concerned. */
export interface Write {
  readonly operation: Operation;
  /** What the call does besides. */
  readonly folded?: readonly WriteOperation[];
  readonly ratioPercent?: number;
}

/** Whether a reading shows what a write does: `shown`, `not yet` (it stands as before), or `elsewhere`. */
export function effectOf(
  write: Write,
  before: Release | undefined,
  after: Release | undefined,
): 'shown' | 'not yet' | 'elsewhere' {
  const state = after?.state ?? 'none';
  const { ratioPercent } = write;
  const { to, shownBy } = callRow(write);
  if (shownBy === 'decision') {
    // A release that was created with the application, and is created no longer, shows it whatever was decided.
    if (!before && after && isKnown(state) && state !== 'created' && does(write, 'createRelease')) return 'shown';
    return applicationOf(before, after);
  }
  if (staysInState(write, before) && state === to) {
    const isMore = (after?.whitelistCount ?? 0) > (before?.whitelistCount ?? 0);
    return isMore || (after && isNewer(after, before)) ? 'shown' : 'not yet';
  }
  const isThere = state === to;
  if (shownBy === 'ratio' && isThere) {
    if (after?.ratioPercent === ratioPercent) return 'shown';
    // Where the portal shows no ratio, the state is the effect of the first start.
    const isFirstStart = before?.state !== to;
    if (isFirstStart && after?.ratioPercent === undefined && !after?.unreadableRatio) return 'shown';
    const isOld = ratioShown(after) === undefined || after?.ratioPercent === before?.ratioPercent;
    return isOld ? 'not yet' : 'elsewhere';
  }
  // A portal may put a release that was taken back to where it began.
  const isBack = to === 'withdrawn' && state === 'created';
  if (isThere || isBack) return 'shown';
  return !after || !isKnown(state) || standingOf(after) === standingOf(before) ? 'not yet' : 'elsewhere';
}

/**
 * Whether a write finds the release in the state to which it leads: user IDs that are added by starting a running test
 * again. Only a count or a time can show that it took.
 */
export function staysInState(write: Write, before: Release | undefined): boolean {
  const { to, shownBy } = callRow(write);
  return shownBy === undefined && to !== undefined && before?.state === to;
}

/**
 * The administrator may have decided between the application and the reading. A state from before an application
 * (rejected, withdrawn, created) shows one only by a newer time, or by another reason than before.
 */
function applicationOf(before: Release | undefined, after: Release | undefined): 'shown' | 'not yet' {
  const state = after?.state ?? 'none';
  if (!after || state === 'busy' || (before && isOlder(after, before))) return 'not yet';
  if (state === 'unknown') return after.portalStatus !== before?.portalStatus ? 'shown' : 'not yet';
  if (isForward('created', state)) return 'shown';
  const hasNewReason = before?.state === 'rejected' && state === 'rejected' && after.comment !== before.comment;
  return isNewer(after, before) || hasNewReason ? 'shown' : 'not yet';
}

/** State, and the ratio in a rollout: what an operation changes. */
export function standingOf(release: Release | undefined): string {
  if (!release) return 'none';
  if (release.state === 'unknown') return `unknown ${release.portalStatus}`;
  return release.state === 'grayscale' ? `grayscale ${release.ratioPercent ?? '?'}` : release.state;
}

/** Whether a row bears a newer time than another; false where one of them bears none. */
export function isNewer(release: Release, other: Release | undefined): boolean {
  return other !== undefined && isOlder(other, release);
}

/**
 * Whether a state comes later on the way to the official release. A rejected or withdrawn release counts as created, so
 * that a reading which shows it as created is no progress.
 */
export function isForward(from: Release['state'] | undefined, to: Release['state'] | undefined): boolean {
  if (from === 'archived') return to === 'released';
  const way: readonly string[] = WAY;
  const reached = from !== undefined && isKnown(from) ? STATES[from].reached : 'none';
  return way.indexOf(to ?? 'none') > way.indexOf(reached);
}
