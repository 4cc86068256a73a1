/** Which version it is about, and the first look at it: what a chain of stages is checked against. */

import { isDeepStrictEqual } from 'node:util';
import type { Inputs } from '../action/inputs.ts';
import { resolveVersion } from '../action/which-version.ts';
import type { Tools } from '../dependencies.ts';
import { tagsOf } from '../github/notifier.ts';
import { ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import type { Portal, Release } from '../portal/port.ts';
import { stageRow } from '../release/lifecycle.ts';
import { noticeOfRatio, whyUnknown } from '../release/plan.ts';
import {
  isFirstRelease,
  isUnderWay,
  liveOf,
  liveRelease,
  liveWords,
  merged,
  rollbackTarget,
  stateOf,
  type View,
} from '../release/snapshot.ts';
import type { Ending } from '../report/run-record.ts';
import { type Depth, look, lookAtVersion, lookWithoutList, someVersions } from './observe.ts';

/** The version that the step is about; undefined where it needs none. Throws version-unresolved. */
export async function findVersion(inputs: Inputs, portal: Portal, tools: Tools): Promise<string | undefined> {
  const { context } = tools;
  return resolveVersion(inputs, context, {
    packageVersion: async (path) => {
      const { packageVersion } = await import('../package/package.ts');
      const found = await packageVersion(path, context.workspace, context.tempDir);
      if (found) tools.log.info(`version: ${cleanLine(found.version, 60)}, of ${cleanLine(found.file, 200)}`);
      return found;
    },
    tags: () => tagsOf(inputs, tools),
    onPassedOver: (sentence) => tools.story.notices.push(sentence),
    portalVersions: async () => (await someVersions(portal)).map(({ version }) => version).slice(0, 20),
  });
}

export interface FirstLook {
  readonly view: View;
  /** Where the look alone ends the step. */
  readonly ending?: Ending;
}

/** Where the release stands before anything is done. Throws what the portal throws. */
export async function firstLook(
  inputs: Inputs,
  version: string | undefined,
  portal: Portal,
  tools: Tools,
): Promise<FirstLook> {
  const found = inputs.stages.includes('rollback')
    ? await lookForRollback(version, portal, tools)
    : { view: await lookAtRelease(inputs, version, portal, tools) };
  tools.story.sees(found.view);
  const { view } = found;
  tools.log.info(
    `${view.version || 'no release'} on ${inputs.targetApp || 'no target app'}: ${stateOf(view)}` +
      `${view.release ? ` (${tools.show(view.release.portalStatus)})` : ''}; live: ${liveWords(view, tools.show)}`,
  );
  tools.story.notices.push(...noticesOf(inputs, view, tools.show));
  return found;
}

/** What could not be read, where nothing that was asked for depends on it. */
function noticesOf(inputs: Inputs, view: View, show: Tools['show']): string[] {
  const notices: string[] = [];
  const ratio = noticeOfRatio(view.release, show);
  if (ratio && !inputs.stages.includes('grayscale')) notices.push(ratio);
  const conflicts = view.conflicts ?? [];
  if (conflicts.length > 0) {
    notices.push(
      `The portal lists ${conflicts.slice(0, 5).map(show).join(', ')} more than once with different states and no time that tells which is the newest; the first one counts.`,
    );
  }
  const live = liveOf(view);
  if (live.kind === 'unknown' && inputs.stages[0] === 'status') {
    const { found, todo } = whyUnknown(live.releases, `on ${inputs.targetApp}`, 'what may run', show);
    notices.push(`${found} ${todo}`);
  }
  return notices;
}

async function lookAtRelease(inputs: Inputs, version: string | undefined, portal: Portal, tools: Tools): Promise<View> {
  const [firstStage] = inputs.stages;
  const creates = firstStage === 'upload' || firstStage === 'submit';
  const isProbe = firstStage === 'status';
  const lookNow = () => {
    if (version === undefined && !portal.supports('listReleases')) return lookWithoutList(portal, '');
    const depth = depthFor(inputs);
    return isProbe ? probe(version ?? '', portal, tools) : look(portal, version ?? '', { byName: !creates, depth });
  };
  let view: View = inputs.targetApp
    ? await lookNow()
    : { version: version ?? '', release: undefined, releases: undefined, wholeReads: 0 };
  // One list without anything official in it may be a slip; what follows from a first release is not guessed.
  const dependsOnIt = isProbe || inputs.stages.some((stage) => stageRow(stage).notOnFirstRelease);
  let agrees = true;
  for (let reading = 1; reading < 5 && (!agrees || isUnsure(view, dependsOnIt, inputs)); reading++) {
    if (reading > 1) await tools.clock.sleep(2_000, tools.signal);
    const next = await lookNow();
    // Two readings of which one is a slip are settled by a third.
    agrees = next.release?.portalStatus === view.release?.portalStatus;
    view = merged(view, next);
  }
  for (const untilMs = tools.clock.now() + SETTLE_TIMEOUT_MS; othersAreBusy(view) && tools.clock.now() < untilMs; ) {
    await tools.clock.sleep(2_000, tools.signal);
    view = merged(view, await lookNow());
  }
  if (version === undefined) view = withSubject(view);
  const asksForVersion = creates || (firstStage === 'status' && portal.supports('listVersions'));
  return asksForVersion && view.version !== '' && stateOf(view) === 'none' ? lookAtVersion(portal, view) : view;
}

/** The guards of a stage need to know what is live; the others need no more than their own release. */
export function depthFor({ stages }: Inputs): Depth {
  if (stages.includes('rollback')) return 'all';
  const isGuarded = stages.some((stage) => stageRow(stage).refusesDowngrade || stageRow(stage).notOnFirstRelease);
  return isGuarded || stages.includes('status') ? 'live' : 'page';
}

/** How long a transitional status of another release may hide which version is live. */
const SETTLE_TIMEOUT_MS = 120_000;

function othersAreBusy(view: View): boolean {
  const live = liveOf(view);
  return (
    live.kind === 'unknown' && live.releases.every((release) => release.state === 'busy') && stateOf(view) !== 'busy'
  );
}

/** Whether another reading of the list would say more about what is live, or was ever. */
function isUnsure(view: View, dependsOnFirst: boolean, inputs: Inputs): boolean {
  if (view.releases === undefined) return false;
  const { kind } = liveOf(view);
  if (kind === 'unlisted') return depthFor(inputs) !== 'page';
  return kind === 'none' && dependsOnFirst && isFirstRelease(view) === undefined;
}

/**
 * The look of a status, which is also the first question to a portal that nobody has described: where it turns the
 * inferred list of releases down, the observed reads must do. What any other stage relies on stays an error there.
 */
async function probe(version: string, portal: Portal, { story, log }: Tools): Promise<View> {
  try {
    return await look(portal, version, { depth: 'live' });
  } catch (error) {
    const turnsDown = error instanceof ReleaseError && ['portal-unexpected', 'portal-refused'].includes(error.code);
    if (!turnsDown || error.transient || story.profile?.operations.listReleases?.mark !== 'inferred') throw error;
    const view = await lookWithoutList(portal, version).catch((second) => {
      // A portal that answers neither is no portal that lacks a list: the first error says more.
      throw second instanceof ReleaseError && second.code === error.code ? error : second;
    });
    log.info(error.found);
    const subject = version ? 'The release was asked for by name' : 'The newest versions were asked for one by one';
    story.notices.push(
      `The portal does not answer listReleases, which is inferred. ${subject}, so what else is live or under way is not known. To correct it, see docs/portal.md.`,
    );
    return view;
  }
}

/** What a status that names no version is about: what is under way, else what is live, else the newest. */
function withSubject(view: View): View {
  return about(view, view.releases?.find(isUnderWay) ?? liveRelease(view) ?? view.releases?.[0]);
}

function about(view: View, release: Release | undefined): View {
  return release ? { ...view, version: release.version, release } : view;
}

/** The version that a rollback brings back is settled once, before anything is written: a rerun never flips back. */
async function lookForRollback(version: string | undefined, portal: Portal, tools: Tools): Promise<FirstLook> {
  const { story, clock, signal } = tools;
  const lookNow = () => look(portal, version ?? '', { depth: 'all' });
  let all = await lookNow();
  // A slip of one list must not choose another version to bring back.
  let agrees = version !== undefined;
  for (let reading = 1; reading < 5 && all.releases && (!agrees || all.wholeReads === 0); reading++) {
    if (reading > 1 || all.wholeReads === 0) await clock.sleep(2_000, signal);
    const next = await lookNow();
    agrees = version !== undefined || isDeepStrictEqual(rollbackTarget(all), rollbackTarget(next));
    all = merged(all, next);
  }
  if (version !== undefined) return { view: all };
  const target = rollbackTarget(all);
  const refused = (found: string, todo = 'Name an archived version with the input version.'): FirstLook => {
    story.ended('rollback', 'refused');
    return { view: about(all, liveRelease(all)), ending: { kind: 'refused', found, todo } };
  };
  switch (target.kind) {
    case 'version':
      return {
        view: about(
          { ...all, version: target.version },
          all.releases?.find((one) => one.version === target.version),
        ),
      };
    case 'done':
      story.notices.push(
        `${target.live} is live and ${target.above} above it is archived: a rollback has been done already. To bring another version back, name it with the input version.`,
      );
      story.ended('rollback', 'unchanged');
      return { view: about(all, liveRelease(all)), ending: { kind: 'done' } };
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
