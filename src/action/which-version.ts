/** Finds the version of a step: that of the input, of the event's tag or of package.json, or the highest tag. */

import { ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { isOnlyReading, stageRow, stageThatTakes } from '../release/lifecycle.ts';
import { highest, hintOnBuildMetadata, isBelow, isComparable, isVersion, versionIn } from '../release/versions.ts';
import { eventTag, type RunContext, whyReleaseGivesNoTag } from './context.ts';
import type { Inputs } from './inputs.ts';

/** Sources of a version that the inputs or the event name. They are known before the portal is opened. */
export interface TagSources {
  /** Every tag of the repository. */
  readonly tags: () => Promise<readonly string[]>;
  /** Adds one sentence to the report's notices. */
  readonly notice: (sentence: string) => void;
}

/** Sources of a version that neither an input nor an event names. */
export interface VersionSources {
  /** The version in the package.json of a package folder or ZIP file, and that file's path; undefined without one. */
  readonly packageVersion: (path: string) => Promise<{ readonly version: string; readonly file: string } | undefined>;
  /** Versions that the portal has, for an error message. */
  readonly portalVersions: () => Promise<readonly string[]>;
  /** Writes one line to the log. */
  readonly log: (line: string) => void;
}

/** How many of the portal's versions an error message lists. */
const MAX_LISTED = 20;

/**
 * The version of the input or of the event's tag; undefined where neither names one, and for a rollback, which chooses
 * its own.
 * @throws {ReleaseError} `version-unresolved`, and what the sources throw
 */
export async function versionAskedFor(
  inputs: Inputs,
  context: RunContext,
  { tags, notice }: TagSources,
): Promise<string | undefined> {
  if (inputs.version !== undefined) {
    return isVersion(inputs.version) ? inputs.version : latestTag(inputs, await tags(), notice);
  }
  const tag = isRollback(inputs) ? undefined : eventTag(context);
  return tag === undefined ? undefined : versionOfTag(tag, inputs.tagPrefix);
}

/**
 * Finds the version where none was named; undefined for stages that need none (status, and rollback to the version
 * before the live one).
 * @throws {ReleaseError} `version-unresolved`, and what the sources throw
 */
export async function findVersion(
  inputs: Inputs,
  context: RunContext,
  sources: VersionSources,
): Promise<string | undefined> {
  if (isRollback(inputs)) return undefined;
  if (stageThatTakes('package', inputs.stages) && inputs.package) {
    const found = await sources.packageVersion(inputs.package);
    if (found !== undefined) {
      sources.log(`version: ${cleanLine(found.version, 60)}, of ${cleanLine(found.file, 200)}`);
      return versionOfPackage(found);
    }
  }
  if (isOnlyReading(inputs.stages)) return undefined;
  const known = (await sources.portalVersions()).slice(0, MAX_LISTED);
  throw new ReleaseError('version-unresolved', {
    found:
      `The input version is empty, and a ${context.eventName || 'local'} event carries no version tag. ` +
      whyReleaseGivesNoTag(context) +
      (known.length > 0 ? `The portal has: ${known.join(', ')}.` : 'The portal has no version of this miniapp yet.'),
  });
}

/** Whether the version was named by a user or chosen by a rollback. */
export function isVersionChosen(inputs: Inputs, context: RunContext): boolean {
  return inputs.version !== undefined || eventTag(context) !== undefined || isRollback(inputs);
}

/** The stage that chooses the version by itself. */
function isRollback({ stages }: Inputs): boolean {
  return stages.some((stage) => stageRow(stage).subject === 'rollback-target');
}

function versionOfPackage({ version, file }: { version: string; file: string }): string {
  if (isVersion(version)) return version;
  throw new ReleaseError('version-unresolved', {
    found: `The version in "${cleanLine(file, 200)}", "${cleanLine(version, 60)}", is not three or four numbers with an optional suffix${hintOnBuildMetadata(version)}.`,
    todo: 'Correct that file, or give the input version.',
  });
}

/** A tag that is not a version is an error and is not ignored, since it may be a misspelt version. */
function versionOfTag(tag: string, prefix: string): string {
  const version = versionIn(tag, prefix);
  if (version !== undefined) return version;
  const takes = prefix === '' ? 'a version such as 1.2.3' : `"${cleanLine(prefix, 64)}" and a version such as 1.2.3`;
  throw new ReleaseError('version-unresolved', {
    found: `The tag "${cleanLine(tag, 100)}" is not ${takes}${hintOnBuildMetadata(tag)}.`,
    todo: 'Tag the version so, set tag-prefix to what stands before it, or give the input version.',
  });
}

function latestTag(inputs: Inputs, tags: readonly string[], notice: TagSources['notice']): string {
  const { tagPrefix } = inputs;
  const takesPrerelease = inputs.version === 'latest-prerelease';
  const isTaken = (text: string) => isVersion(text) && (takesPrerelease || !text.includes('-'));
  const texts = tags.filter((tag) => tag.startsWith(tagPrefix)).map((tag) => tag.slice(tagPrefix.length));
  const version = highest(texts.filter(isTaken));
  const passedOver = texts.filter((text) => !isTaken(text) && mayBeAbove(text, version)).map(whyPassedOver);
  if (version !== undefined) {
    if (passedOver.length > 0) notice(`${inputs.version} is ${version}; passed over: ${firstOf(passedOver)}.`);
    return version;
  }
  const passed = passedOver.length > 0 ? ` Passed over: ${firstOf(passedOver)}.` : '';
  throw new ReleaseError('version-unresolved', {
    found: `version: ${inputs.version} found no tag "${cleanLine(tagPrefix, 64)}1.2.3" among the repository's ${tags.length} tags.${passed}`,
    todo: 'Tag a version, or set tag-prefix to what stands before the version in your tags.',
  });
}

/** Whether a user could expect it to be the latest: it begins like a version, and is not below the one found. */
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
