/** Readings of the release between writes, and how many of them are needed. */

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

/** How long, in ms, a portal may take to show an accepted write, and how long a reading may stay in doubt. */
export const EFFECT_TIMEOUT_MS = 120_000;

/** Gaps, in ms, between readings that fail in a row. After that the error is not transient. */
const FAILED_READ_GAPS_MS = [1_000, 2_000, 3_000, 5_000] as const;

/**
 * Reads until a reading succeeds, since a transient error must not end the step between writes. After four failures the
 * error of the fifth reading is thrown.
 */
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

/** Reads, and repeats while the reading is in doubt. */
export function settledRead(context: DriveContext): Promise<Snapshot> {
  const readNow = () => read(context);
  return readNow().then(() => untilNotInDoubt(readNow, context));
}

/** Reads again while the last reading is in doubt, for at most two minutes. */
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

/**
 * Reads until the release has left a transitional status.
 * @throws {ReleaseError} `effect-not-seen` after two minutes
 */
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

/**
 * Reads the list again until it is certain that nothing is live: a single reading that shows nothing live may be wrong,
 * and an official release cannot be undone.
 * @throws {ReleaseError} `portal-unexpected` where the list cannot be read to its end
 */
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
 * Whether the portal's time of the last change can be trusted: not if the history has at least two types of newer
 * entries. One type may be newer, such as a ratio that was set and not started.
 */
export async function withTimeOfHistory({ release }: Snapshot, { portal, plan }: DriveContext): Promise<Memory> {
  const changedMs = release?.modifiedAtMs;
  if (release?.state !== 'grayscale' || changedMs === undefined || plan.soakMs === 0) return {};
  if (!portal.supports('releaseHistory')) return {};
  const history = await portal.releaseHistory(release).catch(ignoring);
  const newer = history.filter((item) => (timeOf(item) ?? 0) > changedMs + 60_000).map(({ type }) => type);
  return new Set(newer).size > 1 ? { timeIsOld: true } : {};
}

/**
 * Whether the portal's time stayed the same when the ratio was increased, and is too old to be the time of that
 * increase.
 */
export function staysOld(before: Release | undefined, after: Release | undefined, nowMs: number): boolean {
  const ms = after?.modifiedAtMs;
  return ms !== undefined && ms === before?.modifiedAtMs && ms < nowMs - CLOCKS_DIFFER_MS;
}

function ignoring(error: unknown): readonly HistoryItem[] {
  if (error instanceof ReleaseError && error.code !== 'portal-unauthorized') return [];
  throw error;
}

/** The time in milliseconds since 1970; undefined for a text without a zone. */
function timeOf({ time }: HistoryItem): number | undefined {
  if (/^\d{13}$/.test(time)) return Number(time);
  return /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(time) ? Date.parse(time) || undefined : undefined;
}

/** Errors that do not end a wait (promise 2). Lost credentials do, and so do errors that are not the portal's. */
const OUTLIVED: readonly ErrorCode[] = ['portal-unreachable', 'portal-unexpected', 'portal-refused'];

/** Reads once; an error that does not end a wait becomes the reason why there is no snapshot. */
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
