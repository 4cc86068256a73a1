/** Which version a step is about: the input, the event's tag, package.json, or the highest tag. */

import { eventTag, type RunContext } from './context.ts';
import { ReleaseError } from './errors.ts';
import { type Inputs, isVersion } from './inputs.ts';
import { cleanLine } from './text.ts';
import { highest } from './view.ts';

export interface VersionSources {
  readonly packageVersion: (path: string) => Promise<string | undefined>;
  /** Every tag of the repository. */
  readonly tags: () => Promise<readonly string[]>;
  /** What the portal has, for a message. */
  readonly portalVersions: () => Promise<readonly string[]>;
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
  if (inputs.version === 'latest') return latestTag(inputs, await sources.tags());
  if (inputs.version !== undefined) return inputs.version;
  if (inputs.stages.includes('rollback')) return undefined;
  const tag = eventTag(context);
  if (tag !== undefined) return versionOfTag(tag, inputs.tagPrefix);
  if (inputs.stages.includes('upload') && inputs.package) {
    const version = await sources.packageVersion(inputs.package);
    if (version !== undefined && isVersion(version)) return version;
    if (version !== undefined) {
      throw new ReleaseError('version-unresolved', {
        found: `The version in package.json, "${cleanLine(version, 60)}", is not three or four numbers with an optional suffix.`,
      });
    }
  }
  if (inputs.stages.length === 1 && inputs.stages[0] === 'status') return undefined;
  const known = await sources.portalVersions();
  throw new ReleaseError('version-unresolved', {
    found:
      `The input version is empty, and a ${context.eventName || 'local'} event carries no version tag. ` +
      (known.length > 0 ? `The portal has: ${known.join(', ')}.` : 'The portal has no version of this miniapp yet.'),
  });
}

/** The version that the inputs and the event name, without a look at anything; undefined where that is not enough. */
export function namedVersion(inputs: Inputs, context: RunContext): string | undefined {
  if (inputs.version !== undefined) return inputs.version === 'latest' ? undefined : inputs.version;
  return versionIn(eventTag(context) ?? '', inputs.tagPrefix);
}

/** What follows the prefix in a tag, where it is a version. */
function versionIn(tag: string, prefix: string): string | undefined {
  const version = tag.startsWith(prefix) ? tag.slice(prefix.length) : '';
  return isVersion(version) ? version : undefined;
}

/** A tag that is no version is an error, never passed over: it may be a version misspelt. */
function versionOfTag(tag: string, prefix: string): string {
  const version = versionIn(tag, prefix);
  if (version !== undefined) return version;
  throw new ReleaseError('version-unresolved', {
    found: `The tag "${cleanLine(tag, 100)}" is not "${cleanLine(prefix, 64)}" and a version such as 1.2.3.`,
    todo: 'Tag the version so, set tag-prefix to what stands before it, or give the input version.',
  });
}

function latestTag(inputs: Inputs, tags: readonly string[]): string {
  const { tagPrefix } = inputs;
  const version = highest(tags.flatMap((tag) => versionIn(tag, tagPrefix) ?? []));
  if (version !== undefined) return version;
  throw new ReleaseError('version-unresolved', {
    found: `version: latest found no tag "${cleanLine(tagPrefix, 64)}1.2.3" among the repository's ${tags.length} tags.`,
    todo: 'Tag a version, or set tag-prefix to what stands before the version in your tags.',
  });
}
