/** What a reading of the portal showed, and what follows from it. Pure. */

import { STATES, type State } from './lifecycle.ts';
import type { Release, Version } from './release.ts';
import { highest, isBelow, isComparable } from './versions.ts';

export interface Snapshot {
  /** The version of the step; empty where a step needs none. */
  readonly version: string;
  /** Its release on the target app; undefined where there is none. */
  readonly release: Release | undefined;
  /** The releases on the target app, newest first, as far as they were read; undefined where the portal has no list. */
  readonly releases: readonly Release[] | undefined;
  /** How many times the list of releases was read to its end since a reading last showed a live version. */
  readonly wholeReads: number;
  /** The uploaded version; null where the portal does not have it, undefined where it was not read. */
  readonly uploaded?: Version | null;
  /** A reading of this run, believed or not, showed a release that is or was official. */
  readonly official?: true;
  /** Versions of which the portal shows several different releases, without a time that tells which is the newest. */
  readonly conflicts?: readonly string[];
}

/** The product did not exist before. An earlier time is in another unit, or not a time. */
export const EARLIEST_MS = Date.UTC(2018, 0, 1);
/** How much, in ms, a portal's clock may differ from ours. */
export const CLOCKS_DIFFER_MS = 5 * 60_000;

/** The state of the step's release; `none` where there is no release. */
export function stateOf(snapshot: Snapshot): Release['state'] {
  return snapshot.release?.state ?? 'none';
}

/**
 * The ratio in effect that a release shows, in percent. Undefined for 0 (no ratio yet) and where it shows none: neither
 * says how many users have the version.
 */
export function ratioShown(release: Release | undefined): number | undefined {
  return release?.ratioPercent || undefined;
}

/** Whether the state is one of the lifecycle: not a transitional or an unmapped status. */
export function isKnown(state: Release['state']): state is State {
  return state !== 'busy' && state !== 'unknown';
}

/** What is known of the live version. */
export type Live =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'none' }
  /** The list was not read, or not to its end. */
  | { readonly kind: 'unlisted' }
  /** Releases with an unmapped status, any of which may be live. */
  | { readonly kind: 'unknown'; readonly releases: readonly Release[] };

/**
 * The live version. The list has the newest release first: one behind the live version cannot be live, one before it
 * can, if its status is unmapped.
 */
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

/** The live release; undefined where there is none or it is not known. */
export function liveRelease(snapshot: Snapshot): Release | undefined {
  const live = liveOf(snapshot);
  return live.kind === 'version' ? allReleases(snapshot).find(({ version }) => version === live.version) : undefined;
}

type InProgress = Release & { readonly state: State };

/**
 * Other versions between the application and the official release. The portal refuses a second one
 * (ANOTHER_RELEASE_IN_PROGRESS).
 */
export function othersInProgress(snapshot: Snapshot): readonly InProgress[] {
  return allReleases(snapshot)
    .filter(isInProgress)
    .filter((release) => release.version !== snapshot.version);
}

/** Whether the release is between the application and the official release. */
export function isInProgress(release: Release): release is InProgress {
  return isKnown(release.state) && STATES[release.state].inProgress;
}

/** One reading of a list may be wrong, so what is missing from it counts only after a second one. */
const READS_TO_BE_SURE = 2;

/**
 * Whether nothing was ever official on the target app: true only after two readings of the whole list with nothing live
 * or archived in it; undefined where that is not known.
 */
export function isFirstRelease(snapshot: Snapshot): boolean | undefined {
  const states = allReleases(snapshot).map((release) => release.state);
  if (states.some((state) => state === 'released' || state === 'archived')) return false;
  return isSureOfNone(snapshot) && !snapshot.official ? true : undefined;
}

/** Whether two readings of the whole list showed nothing live. */
export function isSureOfNone(snapshot: Snapshot): boolean {
  return liveOf(snapshot).kind === 'none' && snapshot.wholeReads >= READS_TO_BE_SURE;
}

/** The live version, if the step's version is below it or cannot be compared with it; else undefined. */
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
  /** One of these releases may be the archived version to bring back. */
  | { readonly kind: 'unknown'; readonly releases: readonly Release[] }
  | { readonly kind: 'none' };

/** The version that a rollback without a version brings back: the highest archived version below the live one. */
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

/** A plausible time: the beginning of 2026, in ms since 1970. */
const PLAUSIBLE_TIME_MS = 1_767_225_600_000;

/** The snapshot with another state of its release. Only for simulations. */
export function withState(snapshot: Snapshot, state: State, ratioPercent?: number): Snapshot {
  // For a release that does not exist yet, the portal is assumed to show when it changes.
  const before = snapshot.release ?? {
    version: snapshot.version,
    portalStatus: '',
    ratioPercent: 0,
    modifiedAtMs: PLAUSIBLE_TIME_MS,
  };
  return { ...snapshot, release: { ...before, state, ...(ratioPercent !== undefined && { ratioPercent }) } };
}

/** One release for each version. Of several rows the newest by its time counts; the first, if no time tells. */
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
      // It is not known which of the tickets belongs to the release.
      const { publishId: _, ...unnamed } = other;
      newest.set(row.version, unnamed);
    }
  }
  return { releases: [...newest.values()], conflicts: [...conflicts] };
}

/**
 * The snapshot after another reading. Releases do not vanish from a list, so those that are missing from the new one
 * are kept; of two rows of a release, the one with the older time is ignored.
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
    // A list with missing releases was incomplete. After a live version was shown, earlier readings without one do not
    // count.
    wholeReads: (hasLive(known) && !hasLive(seen) ? 0 : known.wholeReads) + (kept.length > 0 ? 0 : seen.wholeReads),
    ...((known.official || hasOfficial(known) || hasOfficial(seen)) && { official: true }),
  };
}

/** Whether a row has an older time than another; false where one of them has no time. */
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

/** The listed releases, with the step's own release as the snapshot has it. */
function allReleases(snapshot: Snapshot): readonly Release[] {
  const listed = snapshot.releases ?? [];
  const { release } = snapshot;
  if (!release) return listed;
  const isListed = listed.some(({ version }) => version === release.version);
  return isListed ? listed.map((other) => (other.version === release.version ? release : other)) : [release, ...listed];
}
