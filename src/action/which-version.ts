/** Which version a step is about: the input, the event's tag, package.json, or the highest tag. */

import { ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { highest, hintOnBuildMetadata, isBelow, isComparable, isVersion, versionIn } from '../release/versions.ts';
import { eventTag, type RunContext, releaseActionWithoutTag } from './context.ts';
import type { Inputs } from './inputs.ts';

export interface VersionSources {
  /** The version of the package.json that belongs to a package, and that file's path. */
  readonly packageVersion: (path: string) => Promise<{ readonly version: string; readonly file: string } | undefined>;
  /** Every tag of the repository. */
  readonly tags: () => Promise<readonly string[]>;
  /** What the portal has, for a message. */
  readonly portalVersions: () => Promise<readonly string[]>;
  /** Told in one sentence which higher tags `latest` passed over. */
  readonly onPassedOver: (sentence: string) => void;
}

/**
 * The version; undefined where the stages need none (status, and rollback to the version before the live one).
 * @throws ReleaseError version-unresolved
 */
export async function resolveVersion(
  inputs: Inputs,
  context: RunContext,
  sources: VersionSources,
): Promise<string | undefined> {
  if (inputs.version !== undefined) {
    return isVersion(inputs.version) ? inputs.version : latestTag(inputs, await sources.tags(), sources.onPassedOver);
  }
  if (inputs.stages.includes('rollback')) return undefined;
  const tag = eventTag(context);
  if (tag !== undefined) return versionOfTag(tag, inputs.tagPrefix);
  if (inputs.stages.includes('upload') && inputs.package) {
    const found = await sources.packageVersion(inputs.package);
    if (found !== undefined) return versionOfPackage(found);
  }
  if (inputs.stages.length === 1 && inputs.stages[0] === 'status') return undefined;
  const known = await sources.portalVersions();
  throw new ReleaseError('version-unresolved', {
    found:
      `The input version is empty, and a ${context.eventName || 'local'} event carries no version tag. ` +
      releaseActionWithoutTag(context) +
      (known.length > 0 ? `The portal has: ${known.join(', ')}.` : 'The portal has no version of this miniapp yet.'),
  });
}

/** The version that the inputs and the event name, without a look at anything; undefined where that is not enough. */
export function namedVersion(inputs: Inputs, context: RunContext): string | undefined {
  if (inputs.version !== undefined) return isVersion(inputs.version) ? inputs.version : undefined;
  return versionIn(eventTag(context) ?? '', inputs.tagPrefix);
}

function versionOfPackage({ version, file }: { version: string; file: string }): string {
  if (isVersion(version)) return version;
  throw new ReleaseError('version-unresolved', {
    found: `The version in "${cleanLine(file, 200)}", "${cleanLine(version, 60)}", is not three or four numbers with an optional suffix${hintOnBuildMetadata(version)}.`,
    todo: 'Correct that file, or give the input version.',
  });
}

/** A tag that is no version is an error, never passed over: it may be a version misspelt. */
function versionOfTag(tag: string, prefix: string): string {
  const version = versionIn(tag, prefix);
  if (version !== undefined) return version;
  const takes = prefix === '' ? 'a version such as 1.2.3' : `"${cleanLine(prefix, 64)}" and a version such as 1.2.3`;
  throw new ReleaseError('version-unresolved', {
    found: `The tag "${cleanLine(tag, 100)}" is not ${takes}${hintOnBuildMetadata(tag)}.`,
    todo: 'Tag the version so, set tag-prefix to what stands before it, or give the input version.',
  });
}

function latestTag(inputs: Inputs, tags: readonly string[], onPassedOver: (sentence: string) => void): string {
  const { tagPrefix } = inputs;
  const takesPrerelease = inputs.version === 'latest-prerelease';
  const isTaken = (text: string) => isVersion(text) && (takesPrerelease || !text.includes('-'));
  const texts = tags.filter((tag) => tag.startsWith(tagPrefix)).map((tag) => tag.slice(tagPrefix.length));
  const version = highest(texts.filter(isTaken));
  const passedOver = texts.filter((text) => !isTaken(text) && mayBeAbove(text, version)).map(whyPassedOver);
  if (version !== undefined) {
    if (passedOver.length > 0) onPassedOver(`${inputs.version} is ${version}; passed over: ${firstOf(passedOver)}.`);
    return version;
  }
  const passed = passedOver.length > 0 ? ` Passed over: ${firstOf(passedOver)}.` : '';
  throw new ReleaseError('version-unresolved', {
    found: `version: ${inputs.version} found no tag "${cleanLine(tagPrefix, 64)}1.2.3" among the repository's ${tags.length} tags.${passed}`,
    todo: 'Tag a version, or set tag-prefix to what stands before the version in your tags.',
  });
}

/** Whether somebody could expect it to be the latest: it begins as a version does, and is not below the one found. */
function mayBeAbove(text: string, version: string | undefined): boolean {
  if (!/^\d+\.\d/.test(text)) return false;
  return version === undefined || !isComparable(text) || isBelow(version, text);
}

function whyPassedOver(text: string): string {
  const why = isVersion(text)
    ? 'a prerelease, which latest-prerelease takes'
    : `not three or four numbers with an optional suffix${hintOnBuildMetadata(text)}`;
  return `${cleanLine(text, 64)} (${why})`;
}

function firstOf(items: readonly string[]): string {
  const more = items.length > 5 ? ` and ${items.length - 5} more` : '';
  return items.slice(0, 5).join(', ') + more;
}
