/**
 * Simulates all requested stages before anything is written, and confirms a snapshot that would stop them by further
 * readings.
 */

import { listDepthOf, type Stage } from '../release/lifecycle.ts';
import { type Simulation, simulate } from '../release/plan.ts';
import type { DriveContext } from './context.ts';
import { observeVersion } from './observe.ts';
import { untilNotInDoubt } from './reading.ts';

/** Gaps, in ms, before the readings that confirm a first reading on which the stages would stop. */
const CONFIRM_GAPS_MS = [1_000, 2_000] as const;

/**
 * Simulates the stages. If one would not reach its end, the release is read again first: the first reading may be wrong
 * or out of date.
 */
export async function simulateForSure(stages: readonly Stage[], context: DriveContext): Promise<Simulation> {
  const { portal, observer, clock, signal, plan, log } = context;
  const simulateNow = () => simulate(stages, observer.snapshot, plan, clock.now());
  let simulation = simulateNow();
  for (const gapMs of CONFIRM_GAPS_MS) {
    if (!simulation.end) return simulation;
    log(`${stages.join(', ')} would end here as ${simulation.end.kind}; reading again to confirm it`);
    await clock.sleep(gapMs, signal);
    await observer.read('retry', listDepthOf(stages));
    if (observer.snapshot.uploaded === null)
      observer.consider({ ...(await observeVersion(portal, observer.snapshot)), wholeReads: 0 });
    await untilNotInDoubt(() => observer.read(), context);
    simulation = simulateNow();
  }
  return simulation;
}
