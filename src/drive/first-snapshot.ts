/** The first snapshot of the release: what a chain of stages is checked against. */

import { isDeepStrictEqual } from 'node:util';
import type { Inputs } from '../action/inputs.ts';
import type { RunDependencies } from '../dependencies.ts';
import { ReleaseError } from '../lib/errors.ts';
import type { Portal } from '../portal/port.ts';
import type { Profile } from '../portal/profile/profile.ts';
import { isInferred } from '../release/certainty.ts';
import { readsVersion } from '../release/folds.ts';
import { type ListDepth, listDepthOf, stageRow, stageThatTakes } from '../release/lifecycle.ts';
import type { Outcome } from '../release/outcome.ts';
import { noticeOfRatio, whyUnknown } from '../release/plan.ts';
import type { Release } from '../release/release.ts';
import {
  formatLive,
  isFirstRelease,
  isInProgress,
  liveOf,
  liveRelease,
  merged,
  rollbackTarget,
  type Snapshot,
  stateOf,
} from '../release/snapshot.ts';
import { observe, observeVersion, observeWithoutList } from './observe.ts';

export interface FirstSnapshot {
  readonly snapshot: Snapshot;
  readonly notices: readonly string[];
  /** Where the snapshot alone ends the step. */
  readonly outcome?: Outcome;
}

/** What the first snapshot is read from. */
export interface Source {
  readonly portal: Portal;
  readonly profile: Profile;
}

/**
 * The state of the release before anything is done.
 * @throws ReleaseError what the portal throws; Cancelled
 */
export async function firstSnapshot(
  inputs: Inputs,
  version: string | undefined,
  source: Source,
  run: RunDependencies,
): Promise<FirstSnapshot> {
  const isRollback = inputs.stages.some((stage) => stageRow(stage).subject === 'rollback-target');
  const found = isRollback
    ? await observeForRollback(version, source.portal, run)
    : await observeRelease(inputs, version, source, run);
  const { snapshot } = found;
  run.log.info(
    `${snapshot.version || 'no release'} on ${(inputs.targetAppName ?? inputs.targetApp) || 'no target app'}: ${stateOf(snapshot)}` +
      `${snapshot.release ? ` (${run.show(snapshot.release.portalStatus)})` : ''}; live: ${formatLive(snapshot, run.show)}`,
  );
  return { ...found, notices: [...found.notices, ...noticesOf(inputs, snapshot, run.show)] };
}

/** What could not be read, where nothing that was asked for depends on it. */
function noticesOf(inputs: Inputs, snapshot: Snapshot, show: RunDependencies['show']): string[] {
  const notices: string[] = [];
  const ratio = noticeOfRatio(snapshot.release, show);
  if (ratio && !stageThatTakes('ratios', inputs.stages)) notices.push(ratio);
  const conflicts = snapshot.conflicts ?? [];
  if (conflicts.length > 0) {
    notices.push(
      `The portal lists ${conflicts.slice(0, 5).map(show).join(', ')} more than once with different states and no time that tells which is the newest; the first one counts.`,
    );
  }
  return notices;
}

async function observeRelease(
  inputs: Inputs,
  version: string | undefined,
  source: Source,
  run: RunDependencies,
): Promise<FirstSnapshot> {
  const { clock, signal } = run;
  const { portal } = source;
  const [firstStage] = inputs.stages;
  const isProbe = firstStage !== undefined && stageRow(firstStage).only === 'read';
  const mayCreate = firstStage !== undefined && readsVersion(firstStage, portal.folds ?? {});
  const depth = listDepthOf(inputs.stages);
  const notices = new Set<string>();
  const observeNow = async () => {
    if (version === undefined && !portal.supports('listReleases')) return observeWithoutList(portal, '');
    if (!isProbe)
      return observe(portal, version ?? '', { byName: !firstStage || !stageRow(firstStage).readsVersion, depth });
    const probed = await probe(version ?? '', source, run);
    for (const notice of probed.notices) notices.add(notice);
    return probed.snapshot;
  };
  let snapshot: Snapshot = inputs.targetApp
    ? await observeNow()
    : { version: version ?? '', release: undefined, releases: undefined, wholeReads: 0 };
  // A list without anything official in it may be a wrong response; a first release is not guessed from one reading.
  const dependsOnIt = isProbe || inputs.stages.some((stage) => stageRow(stage).notOnFirstRelease);
  let agrees = true;
  for (let reading = 1; reading < 5 && (!agrees || isUnsure(snapshot, dependsOnIt, depth)); reading++) {
    if (reading > 1) await clock.sleep(2_000, signal);
    const next = await observeNow();
    // Two readings that differ are settled by a third.
    agrees = next.release?.portalStatus === snapshot.release?.portalStatus;
    snapshot = merged(snapshot, next);
  }
  for (const untilMs = clock.now() + SETTLE_TIMEOUT_MS; othersAreBusy(snapshot) && clock.now() < untilMs; ) {
    await clock.sleep(2_000, signal);
    snapshot = merged(snapshot, await observeNow());
  }
  if (version === undefined) snapshot = withSubject(snapshot);
  const needsVersion = mayCreate || (isProbe && portal.supports('listVersions'));
  const isUnreleased = snapshot.version !== '' && stateOf(snapshot) === 'none';
  if (needsVersion && isUnreleased) snapshot = await observeVersion(portal, snapshot);
  return { snapshot, notices: [...notices] };
}

/** How long a transitional status of another release may hide which version is live. */
const SETTLE_TIMEOUT_MS = 120_000;

function othersAreBusy(snapshot: Snapshot): boolean {
  const live = liveOf(snapshot);
  return (
    live.kind === 'unknown' &&
    live.releases.every((release) => release.state === 'busy') &&
    stateOf(snapshot) !== 'busy'
  );
}

/** Whether another reading of the list would say more about what is live, or was ever. */
function isUnsure(snapshot: Snapshot, dependsOnFirst: boolean, depth: ListDepth): boolean {
  if (snapshot.releases === undefined) return false;
  const { kind } = liveOf(snapshot);
  if (kind === 'unlisted') return depth !== 'page';
  return kind === 'none' && dependsOnFirst && isFirstRelease(snapshot) === undefined;
}

/**
 * The reading of a `status`, which is also the first request to a portal whose API nobody has described: where the portal
 * refuses the inferred list of releases, the observed calls have to do. For any other stage that is an error.
 */
async function probe(version: string, { portal, profile }: Source, { log }: RunDependencies): Promise<FirstSnapshot> {
  try {
    return { snapshot: await observe(portal, version, { depth: 'live' }), notices: [] };
  } catch (error) {
    const isRefused = error instanceof ReleaseError && ['portal-unexpected', 'portal-refused'].includes(error.code);
    if (!isRefused || error.transient || !isInferred(profile.operations.listReleases)) throw error;
    const snapshot = await observeWithoutList(portal, version).catch((second) => {
      // A portal that responds to neither call does not merely lack a list: the first error says more.
      throw second instanceof ReleaseError && second.code === error.code ? error : second;
    });
    log.info(error.found);
    const subject = version ? 'The release was requested by name' : 'The newest versions were requested one by one';
    const notice = `The portal does not answer listReleases, which is inferred. ${subject}, so it is not known what else is live or in progress. To correct the call, see docs/portal.md.`;
    return { snapshot, notices: [notice] };
  }
}

/** What a status that names no version is about: what is in progress, else what is live, else the newest. */
function withSubject(snapshot: Snapshot): Snapshot {
  return about(snapshot, snapshot.releases?.find(isInProgress) ?? liveRelease(snapshot) ?? snapshot.releases?.[0]);
}

function about(snapshot: Snapshot, release: Release | undefined): Snapshot {
  return release ? { ...snapshot, version: release.version, release } : snapshot;
}

/**
 * The version that a rollback brings back is chosen once, before anything is written, so that a rerun does not switch
 * between two versions.
 */
async function observeForRollback(
  version: string | undefined,
  portal: Portal,
  { clock, signal, show }: RunDependencies,
): Promise<FirstSnapshot> {
  const observeNow = () => observe(portal, version ?? '', { depth: 'all' });
  let all = await observeNow();
  // One wrong response must not choose another version to bring back.
  let agrees = version !== undefined;
  for (let reading = 1; reading < 5 && all.releases && (!agrees || all.wholeReads === 0); reading++) {
    if (reading > 1 || all.wholeReads === 0) await clock.sleep(2_000, signal);
    const next = await observeNow();
    agrees = version !== undefined || isDeepStrictEqual(rollbackTarget(all), rollbackTarget(next));
    all = merged(all, next);
  }
  if (version !== undefined) return { snapshot: all, notices: [] };
  const target = rollbackTarget(all);
  const atLive = about(all, liveRelease(all));
  const refused = (found: string, todo = 'Name an archived version with the input version.'): FirstSnapshot => {
    return { snapshot: atLive, notices: [], outcome: { kind: 'refused', found, todo } };
  };
  switch (target.kind) {
    case 'version': {
      const release = all.releases?.find((one) => one.version === target.version);
      return { snapshot: about({ ...all, version: target.version }, release), notices: [] };
    }
    case 'done': {
      const notice = `${target.live} is live and ${target.above} above it is archived: a rollback has been done already. To bring another version back, name it with the input version.`;
      return { snapshot: atLive, notices: [notice], outcome: { kind: 'reached' } };
    }
    case 'unknown': {
      const { found, todo } = whyUnknown(
        target.releases,
        'on the target app',
        'which one a rollback would bring back',
        show,
      );
      return refused(found, todo);
    }
    case 'none':
      return refused(
        all.releases
          ? 'There is no archived version below the live one to bring back.'
          : 'The portal does not list its releases, so the version to bring back is not known.',
      );
  }
}
