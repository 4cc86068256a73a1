/** What a look at the portal showed, and what follows from it. Pure. */

import { compareVersions, validate } from 'compare-versions';
import { STATES, type State } from './lifecycle.ts';
import type { Release, Version } from './portal/portal.ts';

export interface View {
  /** The version that the step is about; empty where a step needs none. */
  readonly version: string;
  /** Its release on the target app; undefined where there is none. */
  readonly release: Release | undefined;
  /** The releases on the target app, newest first, as far as they were read; undefined where the portal cannot tell. */
  readonly releases: readonly Release[] | undefined;
  /** Whether `releases` is all there is. */
  readonly complete: boolean;
  /** The version as uploaded; null where the portal does not have it, undefined where nobody asked. */
  readonly uploaded?: Version | null;
}

export function stateOf(view: View): Release['state'] {
  return view.release?.state ?? 'none';
}

export function liveRelease(view: View): Release | undefined {
  return allReleases(view).find((release) => release.state === 'released');
}

/** Whether it is a state of the lifecycle, and not a word in passing or one that nobody knows. */
export function isKnown(state: Release['state']): state is State {
  return state !== 'busy' && state !== 'unknown';
}

type UnderWay = Release & { readonly state: State };

/** Other versions between applying and the official release, which bar a second one (ANOTHER_RELEASE_IN_PROGRESS). */
export function othersUnderWay(view: View): readonly UnderWay[] {
  return allReleases(view)
    .filter(isUnderWay)
    .filter((release) => release.version !== view.version);
}

export function isUnderWay(release: Release): release is UnderWay {
  return isKnown(release.state) && STATES[release.state].underWay;
}

/** Whether nothing was ever official on the target app; undefined where the looks cannot tell. */
export function isFirstRelease(view: View): boolean | undefined {
  const states = allReleases(view).map((release) => release.state);
  if (states.some((state) => state === 'released' || state === 'archived')) return false;
  if (!view.releases || !view.complete || !states.every(isKnown)) return undefined;
  return true;
}

/** The live version where the step's version is below it. */
export function liveVersionAbove(view: View): string | undefined {
  const live = liveRelease(view)?.version;
  return live !== undefined && isBelow(view.version, live) ? live : undefined;
}

export type RollbackTarget =
  | { readonly kind: 'version'; readonly version: string }
  /** An archived version above the live one: somebody has rolled back already. */
  | { readonly kind: 'done'; readonly live: string; readonly above: string }
  | { readonly kind: 'none' };

/** What a rollback that names no version brings back: the highest archived version below the live one. */
export function rollbackTarget(view: View): RollbackTarget {
  const live = liveRelease(view)?.version;
  if (live === undefined || !view.releases) return { kind: 'none' };
  const archived = view.releases.filter((release) => release.state === 'archived').map((release) => release.version);
  const above = archived.find((version) => isBelow(live, version));
  if (above !== undefined) return { kind: 'done', live, above };
  const version = highest(archived.filter((candidate) => isBelow(candidate, live)));
  return version === undefined ? { kind: 'none' } : { kind: 'version', version };
}

/** The highest of some versions; undefined of none. */
export function highest(versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => validate(version))
    .sort(compareVersions)
    .at(-1);
}

/** The view with another state of its release, as an operation would leave it. Only for foreseeing. */
export function withState(view: View, state: State, ratioPercent?: number): View {
  // Of a release that is yet to be created, the portal is presumed to tell when it changes.
  const before = view.release ?? { version: view.version, portalStatus: '', ratioPercent: 0, modifiedAtMs: 0 };
  return { ...view, release: { ...before, state, ratioPercent: ratioPercent ?? before.ratioPercent } };
}

/** Whether a version has an order among others; `1.0.0-rc.` has none. */
export function isComparable(version: string): boolean {
  return validate(version);
}

export function isBelow(version: string, other: string): boolean {
  return validate(version) && validate(other) && compareVersions(version, other) < 0;
}

/** The listed releases and, where the list does not hold it, the step's own. */
function allReleases(view: View): readonly Release[] {
  const listed = view.releases ?? [];
  const { release } = view;
  return release && !listed.some((other) => other.version === release.version) ? [release, ...listed] : listed;
}
