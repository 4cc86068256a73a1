/**
 * Two sizes of the tests that try many cases of one kind. `npm test` takes an even share of the cases, the same at each
 * run; `THOROUGH=1 npm test`, as GitHub's CI runs it, takes all of them.
 */

import { beforeEach, test } from 'vitest';

export const isThorough = process.env['THOROUGH'] === '1';

/** A prime, so that the share does not fall on the same fault at every request. */
const ONE_IN = 13;

export function shareOf<T>(cases: readonly T[]): readonly T[] {
  return isThorough ? cases : cases.filter((_, index) => index % ONE_IN === 0);
}

/**
 * In the file or `describe` that calls it, of the tests that stand in a table (`test.each`, `describe.each`) a share runs,
 * and the others are skipped. A test that stands alone always runs.
 */
export function runShareOfTables(): void {
  let cases = 0;
  beforeEach(({ task, skip }) => {
    let inTable = task.each === true;
    for (let suite = task.suite; suite; suite = suite.suite) inTable ||= suite.each === true;
    if (inTable && !isThorough) skip(cases++ % ONE_IN !== 0, 'of the thorough run');
  });
}

/** A test that is slow and that faster ones nearly cover: of the thorough run alone. */
export const thoroughTest = test.runIf(isThorough);
