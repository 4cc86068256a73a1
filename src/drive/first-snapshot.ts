/** The first snapshot of the release: what a chain of stages is checked against. */

import { isDeepStrictEqual } from 'node:util';
import type { Inputs } from '../action/inputs.ts';
import type { RunDependencies } from '../dependencies.ts';
import { ReleaseError } from '../lib/errors.ts';
import type { Portal, Release } from '../portal/port.ts';
import { stageRow } from '../release/lifecycle.ts';
import { noticeOfRatio, whyUnknown } from '../release/plan.ts';
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
import type { Ending } from '../report/run-record.ts';
import { type Depth, observe, observeVersion, observeWithoutList } from './observe.ts';

export interface FirstSnapshot {
  readonly snapshot: Snapshot;
  /** Where the look alone ends the step. */
  readonly ending?: Ending;
}

/** Where the release stands before anything is done. Throws what the portal throws. */
export async function firstSnapshot(
  inputs: Inputs,
  version: string | undefined,
  portal: Portal,
  tools: RunDependencies,
): Promise<FirstSnapshot> {
  const found = inputs.stages.includes('rollback')
    ? await lookForRollback(version, portal, tools)
    : { snapshot: await lookAtRelease(inputs, version, portal, tools) };
  tools.story.sees(found.snapshot);
  const { snapshot } = found;
  tools.log.info(
    `${snapshot.version || 'no release'} on ${inputs.targetApp || 'no target app'}: ${stateOf(snapshot)}` +
      `${snapshot.release ? ` (${tools.show(snapshot.release.portalStatus)})` : ''}; live: ${formatLive(snapshot, tools.show)}`,
  );
  tools.story.notices.push(...noticesOf(inputs, snapshot, tools.show));
  return found;
}

/** What could not be read, where nothing that was asked for depends on it. */
function noticesOf(inputs: Inputs, snapshot: Snapshot, show: RunDependencies['show']): string[] {
  const notices: string[] = [];
  const ratio = noticeOfRatio(snapshot.release, show);
  if (ratio && !inputs.stages.includes('grayscale')) notices.push(ratio);
  const conflicts = snapshot.conflicts ?? [];
  if (conflicts.length > 0) {
    notices.push(
      `The portal lists ${conflicts.slice(0, 5).map(show).join(', ')} more than once with different states and no time that tells which is the newest; the first one counts.`,
    );
  }
  const live = liveOf(snapshot);
  if (live.kind === 'unknown' && inputs.stages[0] === 'status') {
    const { found, todo } = whyUnknown(live.releases, `on ${inputs.targetApp}`, 'what may run', show);
    notices.push(`${found} ${todo}`);
  }
  return notices;
}

async function lookAtRelease(
  inputs: Inputs,
  version: string | undefined,
  portal: Portal,
  tools: RunDependencies,
): Promise<Snapshot> {
  const [firstStage] = inputs.stages;
  const creates = firstStage === 'upload' || firstStage === 'submit';
  const isProbe = firstStage === 'status';
  const lookNow = () => {
    if (version === undefined && !portal.speaks('listReleases')) return observeWithoutList(portal, '');
    const depth = depthFor(inputs);
    return isProbe ? probe(version ?? '', portal, tools) : observe(portal, version ?? '', { byName: !creates, depth });
  };
  let snapshot: Snapshot = inputs.targetApp
    ? await lookNow()
    : { version: version ?? '', release: undefined, releases: undefined, wholeReads: 0 };
  // One list without anything official in it may be a slip; what follows from a first release is not guessed.
  const dependsOnIt = isProbe || inputs.stages.some((stage) => stageRow(stage).notOnFirstRelease);
  let agrees = true;
  for (let reading = 1; reading < 5 && (!agrees || isUnsure(snapshot, dependsOnIt, inputs)); reading++) {
    if (reading > 1) await tools.clock.sleep(2_000, tools.signal);
    const next = await lookNow();
    // Two readings of which one is a slip are settled by a third.
    agrees = next.release?.portalStatus === snapshot.release?.portalStatus;
    snapshot = merged(snapshot, next);
  }
  for (
    const untilMs = tools.clock.now() + SETTLE_TIMEOUT_MS;
    othersAreBusy(snapshot) && tools.clock.now() < untilMs;
  ) {
    await tools.clock.sleep(2_000, tools.signal);
    snapshot = merged(snapshot, await lookNow());
  }
  if (version === undefined) snapshot = withSubject(snapshot);
  const asksForVersion = creates || (firstStage === 'status' && portal.speaks('listVersions'));
  return asksForVersion && snapshot.version !== '' && stateOf(snapshot) === 'none'
    ? observeVersion(portal, snapshot)
    : snapshot;
}

/** The guards of a stage need to know what is live; the others need no more than their own release. */
export function depthFor({ stages }: Inputs): Depth {
  if (stages.includes('rollback')) return 'all';
  const isGuarded = stages.some((stage) => stageRow(stage).refusesDowngrade || stageRow(stage).notOnFirstRelease);
  return isGuarded || stages.includes('status') ? 'live' : 'page';
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
function isUnsure(snapshot: Snapshot, dependsOnFirst: boolean, inputs: Inputs): boolean {
  if (snapshot.releases === undefined) return false;
  const { kind } = liveOf(snapshot);
  if (kind === 'unlisted') return depthFor(inputs) !== 'page';
  return kind === 'none' && dependsOnFirst && isFirstRelease(snapshot) === undefined;
}

/**
 * The look of a status, which is also the first question to a portal that nobody has described: where it turns the
 * inferred list of releases down, the observed reads must do. What any other stage relies on stays an error there.
 */
async function probe(version: string, portal: Portal, { story, log }: RunDependencies): Promise<Snapshot> {
  try {
    return await observe(portal, version, { depth: 'live' });
  } catch (error) {
    const turnsDown = error instanceof ReleaseError && ['portal-unexpected', 'portal-refused'].includes(error.code);
    if (!turnsDown || error.passing || story.profile?.operations.listReleases?.mark !== 'inferred') throw error;
    const snapshot = await observeWithoutList(portal, version).catch((second) => {
      // A portal that answers neither is no portal that lacks a list: the first error says more.
      throw second instanceof ReleaseError && second.code === error.code ? error : second;
    });
    log.info(error.found);
    const subject = version ? 'The release was asked for by name' : 'The newest versions were asked for one by one';
    story.notices.push(
      `The portal does not answer listReleases, which is inferred. ${subject}, so what else is live or under way is not known. To correct it, see docs/portal.md.`,
    );
    return snapshot;
  }
}

/** What a status that names no version is about: what is under way, else what is live, else the newest. */
function withSubject(snapshot: Snapshot): Snapshot {
  return about(snapshot, snapshot.releases?.find(isInProgress) ?? liveRelease(snapshot) ?? snapshot.releases?.[0]);
}

function about(snapshot: Snapshot, release: Release | undefined): Snapshot {
  return release ? { ...snapshot, version: release.version, release } : snapshot;
}

/** The version that a rollback brings back is settled once, before anything is written: a rerun never flips back. */
async function lookForRollback(
  version: string | undefined,
  portal: Portal,
  tools: RunDependencies,
): Promise<FirstSnapshot> {
  const { story, clock, signal } = tools;
  const lookNow = () => observe(portal, version ?? '', { depth: 'all' });
  let all = await lookNow();
  // A slip of one list must not choose another version to bring back.
  let agrees = version !== undefined;
  for (let reading = 1; reading < 5 && all.releases && (!agrees || all.wholeReads === 0); reading++) {
    if (reading > 1 || all.wholeReads === 0) await clock.sleep(2_000, signal);
    const next = await lookNow();
    agrees = version !== undefined || isDeepStrictEqual(rollbackTarget(all), rollbackTarget(next));
    all = merged(all, next);
  }
  if (version !== undefined) return { snapshot: all };
  const target = rollbackTarget(all);
  const refused = (found: string, todo = 'Name an archived version with the input version.'): FirstSnapshot => {
    story.ended('rollback', 'refused');
    return { snapshot: about(all, liveRelease(all)), ending: { kind: 'refused', found, todo } };
  };
  switch (target.kind) {
    case 'version':
      return {
        snapshot: about(
          { ...all, version: target.version },
          all.releases?.find((one) => one.version === target.version),
        ),
      };
    case 'done':
      story.notices.push(
        `${target.live} is live and ${target.above} above it is archived: a rollback has been done already. To bring another version back, name it with the input version.`,
      );
      story.ended('rollback', 'unchanged');
      return { snapshot: about(all, liveRelease(all)), ending: { kind: 'done' } };
    case 'unknown': {
      const { found, todo } = whyUnknown(
        target.releases,
        'on the target app',
        'which one a rollback would bring back',
        tools.show,
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
