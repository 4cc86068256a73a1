/**
 * Two sizes of the tests that try many cases of one kind. `npm test` takes an even share of the cases, the same at each
 * run; `THOROUGH=1 npm test`, as GitHub's CI runs it, takes all of them.
 */
export const isThorough = process.env['THOROUGH'] === '1';

/** One case in seven: a number that shares no factor with those of faults, so that each fault meets each operation. */
const ONE_IN = 7;

export function shareOf<T>(cases: readonly T[]): readonly T[] {
  return isThorough ? cases : cases.filter((_, index) => index % ONE_IN === 0);
}
