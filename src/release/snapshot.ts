/** What a look at the portal showed, and what follows from it. Pure. */

import { STATES, type State } from './lifecycle.ts';
import type { Release, Version } from './release.ts';
import { highest, isBelow, isComparable } from './versions.ts';

export interface Snapshot {
  /** The version that the step is about; empty where a step needs none. */
  readonly version: string;
  /** Its release on the target app; undefined where there is none. */
  readonly release: Release | undefined;
  /** The releases on the target app, newest first, as far as they were read; undefined where the portal cannot tell. */
  readonly releases: readonly Release[] | undefined;
  /** How often the list of releases was read to its end, since a reading last showed a live version. */
  readonly wholeReads: number;
  /** The version as uploaded; null where the portal does not have it, undefined where it was not looked up. */
  readonly uploaded?: Version | null;
  /** A reading of this run showed a release that was official once, whether it was believed or not. */
  readonly official?: true;
  /** Versions of which the portal shows several releases that differ, and no time that tells which is the newest. */
  readonly conflicts?: readonly string[];
}

/** The product did not exist before: an earlier time is one in seconds, or none. */
export const EARLIEST_MS = Date.UTC(2018, 0, 1);
/** A portal's clock may differ from ours by so much. */
export const CLOCKS_DIFFER_MS = 5 * 60_000;

/** The state of the step's release; `none` where there is no release. */
export function stateOf(snapshot: Snapshot): Release['state'] {
  return snapshot.release?.state ?? 'none';
}

/**
 * The ratio that a release shows to be in effect. Undefined where it shows 0, which is none yet, and where it shows nothing:
 * neither says what users get.
 */
export function ratioShown(release: Release | undefined): number | undefined {
  return release?.ratioPercent || undefined;
}

/** Whether it is a state of the lifecycle, and not a transitional status or one that the profile does not map. */
export function isKnown(state: Release['state']): state is State {
  return state !== 'busy' && state !== 'unknown';
}

/** What is known of the live version. */
export type Live =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'none' }
  /** The list was not read, or not to its end. */
  | { readonly kind: 'unlisted' }
  /** Releases whose status the profile does not map may be live. */
  | { readonly kind: 'unknown'; readonly releases: readonly Release[] };

/** Newest first, so a release behind the live one cannot be live; one before it can, where its status is not mapped. */
export function liveOf(snapshot: Snapshot): Live {
  const releases = allReleases(snapshot);
  const at = releases.findIndex((release) => release.state === 'released');
  const unknown = (at < 0 ? releases : releases.slice(0, at)).filter((release) => !isKnown(release.state));
  if (unknown.length > 0) return { kind: 'unknown', releases: unknown };
  const live = releases[at];
  if (live) return { kind: 'version', version: live.version };
  return snapshot.wholeReads > 0 ? { kind: 'none' } : { kind: 'unlisted' };
}

/** `1.0.0`, `none`, or `unknown (RELEASED)`. */
export function formatLive(snapshot: Snapshot, show: (untrusted: string) => string): string {
  const live = liveOf(snapshot);
  if (live.kind === 'version') return live.version;
  if (live.kind === 'none') return 'none';
  const statuses =
    live.kind === 'unknown' ? live.releases.map(({ portalStatus }) => show(portalStatus)) : ['not listed'];
  return `unknown (${[...new Set(statuses)].slice(0, 3).join(', ')})`;
}

/** The live release, where it is known. */
export function liveRelease(snapshot: Snapshot): Release | undefined {
  const live = liveOf(snapshot);
  return live.kind === 'version' ? allReleases(snapshot).find(({ version }) => version === live.version) : undefined;
}

type InProgress = Release & { readonly state: State };

/** Other versions between applying and the official release, which bar a second one (ANOTHER_RELEASE_IN_PROGRESS). */
export function othersInProgress(snapshot: Snapshot): readonly InProgress[] {
  return allReleases(snapshot)
    .filter(isInProgress)
    .filter((release) => release.version !== snapshot.version);
}

/** Whether it is between the application and the official release. */
export function isInProgress(release: Release): release is InProgress {
  return isKnown(release.state) && STATES[release.state].inProgress;
}

/** One reading of a list may be a slip: what is not there counts from the second one on. */
const READS_TO_BE_SURE = 2;

/**
 * Whether nothing was ever official on the target app: true only where the whole list was read twice with nothing live
 * or archived in it; undefined where that is not known.
 */
export function isFirstRelease(snapshot: Snapshot): boolean | undefined {
  const states = allReleases(snapshot).map((release) => release.state);
  if (states.some((state) => state === 'released' || state === 'archived')) return false;
  return isSureOfNone(snapshot) && !snapshot.official ? true : undefined;
}

/** Whether nothing is live, by two readings of the whole list. */
export function isSureOfNone(snapshot: Snapshot): boolean {
  return liveOf(snapshot).kind === 'none' && snapshot.wholeReads >= READS_TO_BE_SURE;
}

/** How the step's version compares with the live one, where that bars it. */
export function liveVersionAbove(
  snapshot: Snapshot,
): { readonly live: string; readonly how: 'above' | 'incomparable' } | undefined {
  const live = liveOf(snapshot);
  if (live.kind !== 'version' || live.version === snapshot.version) return undefined;
  if (!isComparable(live.version) || !isComparable(snapshot.version))
    return { live: live.version, how: 'incomparable' };
  return isBelow(snapshot.version, live.version) ? { live: live.version, how: 'above' } : undefined;
}

export type RollbackTarget =
  | { readonly kind: 'version'; readonly version: string }
  /** An archived version above the live one: somebody has rolled back already. */
  | { readonly kind: 'done'; readonly live: string; readonly above: string }
  /** One of these may be an archived version that should come back. */
  | { readonly kind: 'unknown'; readonly releases: readonly Release[] }
  | { readonly kind: 'none' };

/** What a rollback that names no version brings back: the highest archived version below the live one. */
export function rollbackTarget(snapshot: Snapshot): RollbackTarget {
  if (!snapshot.releases) return { kind: 'none' };
  const unknown = snapshot.releases.filter((release) => release.state === 'unknown');
  if (unknown.length > 0) return { kind: 'unknown', releases: unknown };
  const live = liveRelease(snapshot)?.version;
  if (live === undefined) return { kind: 'none' };
  const archived = snapshot.releases
    .filter((release) => release.state === 'archived')
    .map((release) => release.version);
  const above = archived.find((version) => isBelow(live, version));
  if (above !== undefined) return { kind: 'done', live, above };
  const version = highest(archived.filter((candidate) => isBelow(candidate, live)));
  return version === undefined ? { kind: 'none' } : { kind: 'version', version };
}

/** A time that counts as one: 2026. */
const PLAUSIBLE_TIME_MS = 1_767_225_600_000;

/** The snapshot with another state of its release, as an operation would leave it. Only for foreseeing. */
export function withState(snapshot: Snapshot, state: State, ratioPercent?: number): Snapshot {
  // Of a release that is yet to be created, the portal is presumed to tell when it changes.
  const before = snapshot.release ?? {
    version: snapshot.version,
    portalStatus: '',
    ratioPercent: 0,
    modifiedAtMs: PLAUSIBLE_TIME_MS,
  };
  return { ...snapshot, release: { ...before, state, ...(ratioPercent !== undefined && { ratioPercent }) } };
}

/** One release for each version: of several rows the newest by its time; the first where no time tells. */
export function newestOf(rows: readonly Release[]): {
  readonly releases: readonly Release[];
  readonly conflicts: readonly string[];
} {
  const newest = new Map<string, Release>();
  const conflicts = new Set<string>();
  for (const row of rows) {
    const other = newest.get(row.version);
    const isNewer = other && (row.modifiedAtMs ?? 0) > (other.modifiedAtMs ?? 0);
    if (!other || isNewer) newest.set(row.version, row);
    const hasNoOrder = other && (row.modifiedAtMs ?? 0) === (other.modifiedAtMs ?? 0);
    if (hasNoOrder && (row.portalStatus !== other.portalStatus || row.ratioPercent !== other.ratioPercent)) {
      conflicts.add(row.version);
    } else if (hasNoOrder && row.publishId && other.publishId && row.publishId !== other.publishId) {
      // Which of the tickets is that of the release is not known.
      const { publishId: _, ...unnamed } = other;
      newest.set(row.version, unnamed);
    }
  }
  return { releases: [...newest.values()], conflicts: [...conflicts] };
}

/**
 * What is known after another reading: releases do not vanish from a list, so those that it does not hold are kept,
 * and of two rows of a release the older one by its time is not taken.
 */
export function merged(known: Snapshot, seen: Snapshot): Snapshot {
  if (!known.releases && !seen.releases) return { ...seen, ...uploadedOf(known, seen) };
  const seenReleases = seen.releases ?? [];
  const knownReleases = known.releases ?? [];
  const fresh = seenReleases.map((release) => {
    const before = knownReleases.find(({ version }) => version === release.version);
    return before && isOlder(release, before) ? before : release;
  });
  const kept = knownReleases.filter(({ version }) => !seenReleases.some((release) => release.version === version));
  const own = known.version === seen.version && known.release;
  const isStale = own && (!seen.release || isOlder(seen.release, own));
  return {
    ...seen,
    release: isStale ? own : seen.release,
    ...uploadedOf(known, seen),
    releases: [...fresh, ...kept],
    // A list that lacks what was there was not the whole one, and one that showed a live version counts for no other.
    wholeReads: (hasLive(known) && !hasLive(seen) ? 0 : known.wholeReads) + (kept.length > 0 ? 0 : seen.wholeReads),
    ...((known.official || hasOfficial(known) || hasOfficial(seen)) && { official: true }),
  };
}

/** Whether a row bears an older time than another; false where one of them bears none. */
export function isOlder(release: Release, other: Release): boolean {
  return (
    release.modifiedAtMs !== undefined && other.modifiedAtMs !== undefined && release.modifiedAtMs < other.modifiedAtMs
  );
}

function hasLive(snapshot: Snapshot): boolean {
  return allReleases(snapshot).some(({ state }) => state === 'released');
}

function hasOfficial(snapshot: Snapshot): boolean {
  return allReleases(snapshot).some(({ state }) => state === 'released' || state === 'archived');
}

function uploadedOf(known: Snapshot, seen: Snapshot): Pick<Snapshot, 'uploaded'> {
  if (seen.uploaded !== undefined) return { uploaded: seen.uploaded };
  return known.uploaded === undefined ? {} : { uploaded: known.uploaded };
}

/** The listed releases and, where the list does not hold it, the step's own; the own one as the snapshot has it. */
function allReleases(snapshot: Snapshot): readonly Release[] {
  const listed = snapshot.releases ?? [];
  const { release } = snapshot;
  if (!release) return listed;
  const isListed = listed.some(({ version }) => version === release.version);
  return isListed ? listed.map((other) => (other.version === release.version ? release : other)) : [release, ...listed];
}
