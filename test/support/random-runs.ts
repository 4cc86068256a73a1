/**
 * Random stages on a portal model that lags, slips, caps and responds oddly: what must hold in every run holds by the
 * model's true state. Two files take every second run each. MODEL_RUNS sets the number of runs, MODEL_SEED another seed; the failure names both, and the
 * counterexample can be given to `runCase`.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPlace, type Place } from './in-process.ts';
import { anyCase, type Case, faultsOf, mildCase, runCase } from './model-case.ts';
import type { ModelRun } from './model-portal.ts';
import { isThorough } from './thorough.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? (isThorough ? 1_600 : 100));
const SEED = Number(process.env['MODEL_SEED'] ?? 11);
/** All but cancelled. */
const VERDICTS = [
  'succeeded',
  'unchanged',
  'planned',
  'pending',
  'rejected',
  'withdrawn',
  'refused',
  'halted',
  'failed',
];
let place: Place;

function told(faults: readonly string[], { portal, report }: ModelRun): string {
  const end = `${report.verdict}: ${report.message} ${report.error?.found ?? ''}`;
  return [...faults, ...portal.trace().slice(-80), end].join('\n');
}

function check(
  arbitrary: fc.Arbitrary<Case>,
  { numRuns, half }: { readonly numRuns: number; readonly half: 1 | 2 },
  faults: (given: Case, ran: ModelRun) => readonly string[],
) {
  let nth = 0;
  let hasFailed = false;
  const property = fc.asyncProperty(arbitrary, async (given) => {
    // Of the smaller cases that are tried after a failure, every one is run.
    if (nth++ % 2 !== half - 1 && !hasFailed) return;
    const ran = await runCase(given, place);
    const found = faults(given, ran);
    hasFailed ||= found.length > 0;
    if (found.length > 0) throw new Error(told(found, ran));
  });
  return fc.assert(property, { numRuns, seed: SEED, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: false });
}

/** The runs with odd numbers, or with even ones. */
export function testRandomRuns(half: 1 | 2): void {
  beforeAll(() => {
    place = newPlace();
  });
  afterAll(() => place.close());

  test('no promise is broken in any run', { timeout: 60_000 }, async () => {
    const verdicts = new Set<string>();
    await check(anyCase, { numRuns: RUNS, half }, (given, ran) => {
      verdicts.add(ran.report.verdict);
      return faultsOf(given, ran);
    });
    // Cases that reach only some ends would hold little.
    if (RUNS >= 1000) expect([...verdicts].toSorted()).toEqual(VERDICTS.toSorted());
  });

  test('a run reaches its end on a portal that only lags and slips', { timeout: 60_000 }, async () => {
    await check(mildCase, { numRuns: Math.ceil(RUNS / 4), half }, (given, ran) => {
      const isThere = ['succeeded', 'unchanged'].includes(ran.report.verdict) && ran.report.complete;
      // A portal that cannot be read at the first look ends the run, and nothing is sent.
      const isUnread = ran.report.verdict === 'failed' && ran.portal.writes.length === 0;
      return isThere || isUnread ? faultsOf(given, ran) : [`${given.stages} from ${given.from} did not reach its end`];
    });
  });
}
