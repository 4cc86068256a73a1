/** "Did you mean ...?": the known name that a misspelt one stands for. */

import { distance } from 'fastest-levenshtein';

/** Longer names are compared by their beginning: the distance takes time in proportion to both lengths. */
const MAX_COMPARED = 64;

/** How many characters of a known name may be wrong, missing or extra. */
export type Tolerance = (known: string) => number;

const A_THIRD_OR_TWO: Tolerance = (known) => Math.max(2, known.length / 3);

/**
 * The known name with the fewest characters to change (Levenshtein distance); undefined where it is beyond the
 * tolerance. Letter case counts for nothing, and neither does the character that joins the words: `dry_run` is `dry-run`.
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

/** A name in lower case, its words joined by single hyphens. */
export function hyphenated(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
}
