/** Finds the known name that a misspelt one probably means ("did you mean ...?"). */

import { distance } from 'fastest-levenshtein';
import { lazyPattern } from './lazy-pattern.ts';

/** Longer names are compared by their beginning: the distance takes time in proportion to both lengths. */
const MAX_COMPARED = 64;

/** How many characters of a known name may be wrong, missing or extra. */
export type Tolerance = (known: string) => number;

const A_THIRD_OR_TWO: Tolerance = (known) => Math.max(2, known.length / 3);

/**
 * The known name with the smallest Levenshtein distance; undefined where it exceeds the tolerance. Letter case is
 * ignored, and so is the character that joins the words: `dry_run` equals `dry-run`.
 */
export function nearest<Name extends string>(
  given: string,
  known: readonly Name[],
  tolerance: Tolerance = A_THIRD_OR_TWO,
): Name | undefined {
  const name = hyphenated(given.slice(0, MAX_COMPARED));
  const changes = (other: Name) => distance(name, hyphenated(other));
  const [best] = [...known].sort((a, b) => changes(a) - changes(b));
  return best !== undefined && changes(best) <= tolerance(best) ? best : undefined;
}

const betweenWords = lazyPattern(String.raw`[^\p{L}\p{N}]+`, 'gu');

/** A name in lower case, its words joined by single hyphens. */
export function hyphenated(name: string): string {
  return name.toLowerCase().replace(betweenWords(), '-');
}
