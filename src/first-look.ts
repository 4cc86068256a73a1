/** Which version it is about, and the first look at it: what a chain of stages is checked against. */

import { ReleaseError } from './errors.ts';
import { tagsOf } from './github/teller.ts';
import type { Inputs } from './inputs.ts';
import { look, lookAtAll, lookAtVersion, lookWithoutList, someVersions } from './observe.ts';
import type { Portal, Release } from './portal/portal.ts';
import type { Ending } from './story.ts';
import { resolveVersion } from './version.ts';
import { isUnderWay, liveRelease, rollbackTarget, stateOf, type View } from './view.ts';
import type { Tools } from './world.ts';

/** The version that the step is about; undefined where it needs none. Throws version-unresolved. */
export async function findVersion(inputs: Inputs, portal: Portal, tools: Tools): Promise<string | undefined> {
  const { context } = tools;
  return resolveVersion(inputs, context, {
    packageVersion: async (path) =>
      (await import('./package/package.ts')).packageVersion(path, context.workspace, context.tempDir),
    tags: () => tagsOf(inputs, tools),
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
      `${view.release ? ` (${tools.show(view.release.portalStatus)})` : ''}; live: ${liveRelease(view)?.version ?? 'none'}`,
  );
  return found;
}

async function lookAtRelease(inputs: Inputs, version: string | undefined, portal: Portal, tools: Tools): Promise<View> {
  const [firstStage] = inputs.stages;
  const creates = firstStage === 'upload' || firstStage === 'submit';
  const isProbe = firstStage === 'status';
  const lookNow = () => {
    if (version === undefined && !portal.speaks('listReleases')) return lookWithoutList(portal, '');
    return isProbe ? probe(version ?? '', portal, tools) : look(portal, version ?? '', { byName: !creates });
  };
  let view: View = inputs.targetApp
    ? await lookNow()
    : { version: version ?? '', release: undefined, releases: undefined, complete: false };
  if (version === undefined) view = withSubject(view);
  const asksForVersion = creates || (firstStage === 'status' && portal.speaks('listVersions'));
  return asksForVersion && view.version !== '' && stateOf(view) === 'none' ? lookAtVersion(portal, view) : view;
}

/**
 * The look of a status, which is also the first question to a portal that nobody has described: where it turns the
 * inferred list of releases down, the observed reads must do. What any other stage relies on stays an error there.
 */
async function probe(version: string, portal: Portal, { story, log }: Tools): Promise<View> {
  try {
    return await look(portal, version);
  } catch (error) {
    const turnsDown = error instanceof ReleaseError && ['portal-unexpected', 'portal-refused'].includes(error.code);
    if (!turnsDown || error.passing || story.profile?.operations.listReleases?.mark !== 'inferred') throw error;
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
async function lookForRollback(version: string | undefined, portal: Portal, { story }: Tools): Promise<FirstLook> {
  const all = await lookAtAll(portal, version ?? '');
  if (version !== undefined) return { view: all };
  const target = rollbackTarget(all);
  if (target.kind === 'version') {
    const release = all.releases?.find((candidate) => candidate.version === target.version);
    return { view: { ...all, version: target.version, release } };
  }
  if (target.kind === 'done') {
    story.notices.push(
      `${target.live} is live and ${target.above} above it is archived: a rollback has been done already. To bring another version back, name it with the input version.`,
    );
    story.ended('rollback', 'unchanged');
    return { view: about(all, liveRelease(all)), ending: { kind: 'done' } };
  }
  story.ended('rollback', 'refused');
  return {
    view: about(all, liveRelease(all)),
    ending: {
      kind: 'refused',
      found: all.releases
        ? 'There is no archived version below the live one to bring back.'
        : 'The portal does not list its releases, so the version to bring back is not known.',
      todo: 'Name an archived version with the input version.',
    },
  };
}
