/** The effect of a write, and whether a reading shows it. Pure. */

import { callRow, does } from '../release/folds.ts';
import { type Operation, STATES, WAY, type WriteOperation } from '../release/lifecycle.ts';
import type { Release } from '../release/release.ts';
import { isKnown, isOlder, ratioShown } from '../release/snapshot.ts';

/** What determines the effect of a write. */
export interface Write {
  readonly operation: Operation;
  /** Further operations that the same call does. */
  readonly folded?: readonly WriteOperation[];
  readonly ratioPercent?: number;
}

/**
 * Whether a reading shows the effect of a write: `shown`, `not yet` (the release is as before), or `elsewhere` (it has
 * changed, but not by this write).
 */
export function effectOf(
  write: Write,
  before: Release | undefined,
  after: Release | undefined,
): 'shown' | 'not yet' | 'elsewhere' {
  const state = after?.state ?? 'none';
  const { ratioPercent } = write;
  const { to, shownBy } = callRow(write);
  if (shownBy === 'decision') {
    // The call also created the release. If it exists and is no longer just created, the application took effect,
    // whatever was decided since.
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
    // On a portal that shows no ratio, the state shows the effect of the first start.
    const isFirstStart = before?.state !== to;
    if (isFirstStart && after?.ratioPercent === undefined && !after?.unreadableRatio) return 'shown';
    const isOld = ratioShown(after) === undefined || after?.ratioPercent === before?.ratioPercent;
    return isOld ? 'not yet' : 'elsewhere';
  }
  // A portal may return a withdrawn release to the state created.
  const isBack = to === 'withdrawn' && state === 'created';
  if (isThere || isBack) return 'shown';
  return !after || !isKnown(state) || standingOf(after) === standingOf(before) ? 'not yet' : 'elsewhere';
}

/**
 * Whether the write leaves the state as it is: user IDs are added by starting a running whitelist test again. Only a
 * number or a time can show its effect.
 */
export function staysInState(write: Write, before: Release | undefined): boolean {
  const { to, shownBy } = callRow(write);
  return shownBy === undefined && to !== undefined && before?.state === to;
}

/**
 * The effect of an application. The administrator may have decided before the reading, so a state that the release may
 * have had before (rejected, withdrawn, created) shows the application only with a newer time or a new reason.
 */
function applicationOf(before: Release | undefined, after: Release | undefined): 'shown' | 'not yet' {
  const state = after?.state ?? 'none';
  if (!after || state === 'busy' || (before && isOlder(after, before))) return 'not yet';
  if (state === 'unknown') return after.portalStatus !== before?.portalStatus ? 'shown' : 'not yet';
  if (isForward('created', state)) return 'shown';
  const hasNewReason = before?.state === 'rejected' && state === 'rejected' && after.comment !== before.comment;
  return isNewer(after, before) || hasNewReason ? 'shown' : 'not yet';
}

/** The state, with the ratio in a rollout, as text: two readings with the same text are equal for effects. */
export function standingOf(release: Release | undefined): string {
  if (!release) return 'none';
  if (release.state === 'unknown') return `unknown ${release.portalStatus}`;
  return release.state === 'grayscale' ? `grayscale ${release.ratioPercent ?? '?'}` : release.state;
}

/** Whether a row has a newer time than another; false where one of them has no time. */
export function isNewer(release: Release, other: Release | undefined): boolean {
  return other !== undefined && isOlder(other, release);
}

/**
 * Whether a state comes later on the way to the official release. A rejected or withdrawn release counts as created: a
 * reading that shows it as created is not forward.
 */
export function isForward(from: Release['state'] | undefined, to: Release['state'] | undefined): boolean {
  if (from === 'archived') return to === 'released';
  const way: readonly string[] = WAY;
  const reached = from !== undefined && isKnown(from) ? STATES[from].reached : 'none';
  return way.indexOf(to ?? 'none') > way.indexOf(reached);
}
