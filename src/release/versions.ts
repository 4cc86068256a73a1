/** The form and the order of versions. */

import { compareVersions, validate } from 'compare-versions';

/** The longest version that an input, a tag or a package.json may give, in characters. */
const MAX_LENGTH = 64;
/** Numbers of at most 15 digits keep all of them as JavaScript numbers, which is how they are compared. */
const RELEASABLE = /^\d{1,15}(\.\d{1,15}){2,3}(-[0-9A-Za-z.-]{1,40})?$/;
/**
 * Versions that a portal may list besides: with a leading v, or fewer numbers. No wildcards, since 1.x would equal any
 * version.
 */
const COMPARABLE = /^v?\d{1,15}(\.\d{1,15}){0,3}(-[0-9A-Za-z.-]+)?$/;
const PRINTABLE = /^\d+(\.\d+){1,3}(-[\w.-]{1,40})?$/;

/** Whether a step can release the version: `1.2.3` or `1.2.3.4`, with an optional `-suffix`. */
export function isVersion(text: string): boolean {
  return RELEASABLE.test(text) && text.length <= MAX_LENGTH && isComparable(text);
}

/** The version in a tag, such as `1.2.3` in `shop-v1.2.3` with the prefix `shop-v`; undefined where there is none. */
export function versionIn(tag: string, prefix: string): string | undefined {
  const version = tag.startsWith(prefix) ? tag.slice(prefix.length) : '';
  return isVersion(version) ? version : undefined;
}

/**
 * The end of a sentence about a text that is not a version: a hint about its build metadata, or empty where it has
 * none.
 */
export function hintOnBuildMetadata(text: string): string {
  return text.includes('+') ? '; a portal knows no build metadata: leave out the + and what follows it' : '';
}

/**
 * Whether a version that the portal lists can be printed as it is: two to four numbers with an optional suffix, without
 * a character that Markdown or a shell would interpret.
 */
export function isPrintableVersion(text: string): boolean {
  return PRINTABLE.test(text);
}

/** Whether the version can be compared with others. */
export function isComparable(version: string): boolean {
  return COMPARABLE.test(version) && validate(version);
}

/** Whether a version is lower than another; false where the two have no order. */
export function isBelow(version: string, other: string): boolean {
  return isComparable(version) && isComparable(other) && compareVersions(version, other) < 0;
}

/** The highest of the versions that can be compared; undefined where there are none. */
export function highest(versions: readonly string[]): string | undefined {
  return versions.filter(isComparable).sort(compareVersions).at(-1);
}
