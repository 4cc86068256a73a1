/** Readings of the release between writes, and when one is enough to go on. */

import type { Clock } from '../lib/clock.ts';
import { type ErrorCode, ReleaseError } from '../lib/errors.ts';
import type { ListDepth } from '../release/lifecycle.ts';
import { STATES } from '../release/lifecycle.ts';
import type { Memory } from '../release/plan.ts';
import type { HistoryItem, Release } from '../release/release.ts';
import { CLOCKS_DIFFER_MS, isKnown, isSureOfNone, liveOf, type Snapshot, stateOf } from '../release/snapshot.ts';
import type { DriveContext } from './context.ts';
import { standingOf } from './effect.ts';
import type { Observer } from './observer.ts';

/** How long a portal may take to show what it accepted, and a reading may stay in doubt. */
export const EFFECT_TIMEOUT_MS = 120_000;

/** Gaps between readings that fail one after the other; what fails longer is no slip. */
const FAILED_READ_GAPS_MS = [1_000, 2_000, 3_000, 5_000] as const;

/** One reading that succeeds: between writes, a slip of the portal ends nothing. */
export async function succeeding(act: () => Promise<Snapshot>, { clock, signal }: DriveContext): Promise<Snapshot> {
  for (const gapMs of FAILED_READ_GAPS_MS) {
    const { snapshot } = await tolerantly(act);
    if (snapshot) return snapshot;
    await clock.sleep(gapMs, signal);
  }
  return act();
}

function read(context: DriveContext, depth: ListDepth = 'page'): Promise<Snapshot> {
  return succeeding(() => context.observer.read('retry', depth), context);
}

/** A reading, and those that settle it where it is in doubt. */
export function settledRead(context: DriveContext): Promise<Snapshot> {
  const readNow = () => read(context);
  return readNow().then(() => untilNotInDoubt(readNow, context));
}

/** Goes on reading while the last reading is in doubt: two minutes at most. */
export async function untilNotInDoubt(
  readNow: () => Promise<Snapshot>,
  { observer, clock, signal }: { readonly observer: Observer; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Snapshot> {
  for (const untilMs = clock.now() + EFFECT_TIMEOUT_MS; observer.doubt !== undefined && clock.now() < untilMs; ) {
    await clock.sleep(observer.confirmGapMs, signal);
    await readNow();
  }
  return observer.snapshot;
}

/** Reads until the release is no longer in a transitional status: two minutes at most, else effect-not-seen. */
export async function untilSettled(context: DriveContext): Promise<Snapshot> {
  const { clock, signal, observer } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  let { snapshot } = observer;
  while (stateOf(snapshot) === 'busy') {
    if (clock.now() >= untilMs) {
      throw new ReleaseError('effect-not-seen', {
        found: `The release has been in a transitional status (${context.show(snapshot.release?.portalStatus ?? '')}) for two minutes.`,
      });
    }
    await clock.sleep(2_000, signal);
    snapshot = await read(context);
  }
  return snapshot;
}

/** Nothing is released officially on one reading that shows nothing live: that may be a slip. */
export async function sureOfLive(context: DriveContext): Promise<Snapshot> {
  const { observer, clock, signal } = context;
  for (let reading = 1; reading <= 3; reading++) {
    const { snapshot } = observer;
    if (snapshot.releases === undefined || liveOf(snapshot).kind !== 'none' || isSureOfNone(snapshot)) return snapshot;
    if (reading > 1) await clock.sleep(2_000, signal);
    await read(context, 'live');
  }
  if (isSureOfNone(observer.snapshot) || liveOf(observer.snapshot).kind !== 'none') return observer.snapshot;
  throw new ReleaseError('portal-unexpected', {
    found: 'The list of releases could not be read to its end, so it is not known whether a version is live.',
  });
}

/**
 * A portal's time of the last change that stays while other things happen is no such time. One kind of entry may be
 * newer than it: a ratio that was set and not started.
 */
export async function withTimeOfHistory({ release }: Snapshot, { portal, plan }: DriveContext): Promise<Memory> {
  const changedMs = release?.modifiedAtMs;
  if (release?.state !== 'grayscale' || changedMs === undefined || plan.soakMs === 0) return {};
  if (!portal.supports('releaseHistory')) return {};
  const history = await portal.releaseHistory(release).catch(ignoring);
  const newer = history.filter((item) => (timeOf(item) ?? 0) > changedMs + 60_000).map(({ type }) => type);
  return new Set(newer).size > 1 ? { timeIsOld: true } : {};
}

/** Whether the portal's time did not move with an increase of the ratio, and is not of this moment by chance. */
export function staysOld(before: Release | undefined, after: Release | undefined, nowMs: number): boolean {
  const ms = after?.modifiedAtMs;
  return ms !== undefined && ms === before?.modifiedAtMs && ms < nowMs - CLOCKS_DIFFER_MS;
}

function ignoring(error: unknown): readonly HistoryItem[] {
  if (error instanceof ReleaseError && error.code !== 'portal-unauthorized') return [];
  throw error;
}

/** In milliseconds since 1970; undefined for a text without a zone. */
function timeOf({ time }: HistoryItem): number | undefined {
  if (/^\d{13}$/.test(time)) return Number(time);
  return /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(time) ? Date.parse(time) || undefined : undefined;
}

/** What a wait outlives (promise 2). Lost credentials end it, and so does what is no fault of the portal. */
const OUTLIVED: readonly ErrorCode[] = ['portal-unreachable', 'portal-unexpected', 'portal-refused'];

/** A look that may fail: a wait goes on. */
export async function tolerantly(act: () => Promise<Snapshot>): Promise<{ snapshot?: Snapshot; why?: string }> {
  try {
    return { snapshot: await act() };
  } catch (error) {
    if (!(error instanceof ReleaseError) || !OUTLIVED.includes(error.code)) throw error;
    return { why: error.found };
  }
}

export function formatReading(
  seen: { snapshot?: Snapshot; why?: string },
  still: string,
  { observer, show }: DriveContext,
): string {
  const { doubt, lastSeen } = observer;
  if (!seen.snapshot) return `the check failed (${seen.why}), still ${still}`;
  if (doubt !== undefined) return `the portal shows ${formatStatus(lastSeen, show)}, to be confirmed`;
  if (standingOf(seen.snapshot.release) === standingOf(lastSeen.release)) return formatStatus(seen.snapshot, show);
  return `the portal shows ${formatStatus(lastSeen, show)}, which is stale; still ${still}`;
}

export function formatStatus(snapshot: Snapshot, show: DriveContext['show']): string {
  const state = stateOf(snapshot);
  if (!isKnown(state)) return `${state} (the portal says ${show(snapshot.release?.portalStatus ?? '')})`;
  const { ratioPercent } = snapshot.release ?? {};
  const ratio = state === 'grayscale' && ratioPercent !== undefined ? ` at ${ratioPercent}%` : '';
  return STATES[state].words + ratio;
}
