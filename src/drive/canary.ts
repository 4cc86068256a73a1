/** The canary's health check in the course of a stage: when it is called, and what follows from it. */

import { callRow } from '../release/folds.ts';
import type { Outcome } from '../release/outcome.ts';
import { type Memory, rolloutOf, type Send } from '../release/plan.ts';
import { type Snapshot, stateOf } from '../release/snapshot.ts';
import type { DriveContext } from './context.ts';
import type { Moment } from './health.ts';
import type { Passage } from './health-gate.ts';
import { tolerantly } from './reading.ts';

/** Right before each call of an increase, and before the official release that follows a rollout. */
export function needsHealth(next: Send, snapshot: Snapshot): boolean {
  const { needsHealth: when } = callRow(next);
  return when === 'always' || (when === 'after-rollout' && stateOf(snapshot) === 'grayscale');
}

/** Whether the run goes on with a rollout that an earlier run began, and increased no ratio itself. */
export function isResumed(memory: Memory, { plan }: DriveContext): boolean {
  return plan.soakMode === 'resume' && !memory.held?.raised;
}

/** The ratio in effect, and since when. */
export function momentOf(snapshot: Snapshot, memory: Memory, { gate, clock }: DriveContext): Moment {
  const { ratioPercent, sinceMs } = rolloutOf(snapshot, memory, clock.now());
  return gate?.momentOf(ratioPercent, sinceMs) ?? { ratioPercent, sinceMs: sinceMs ?? clock.now() };
}

/** How the stage ends where the canary may not go on; undefined where it may. */
export async function outcomeOfPassage(
  passage: Passage | undefined,
  context: DriveContext,
): Promise<Outcome | undefined> {
  if (passage === undefined || passage === 'good' || passage === 'recovered') return undefined;
  await lastReading(context);
  if (passage === 'pending') return { kind: 'pending', what: 'a good response of the health check' };
  return { kind: 'halted', why: passage };
}

/** Reads the release once more after a wait for the health check, which may have taken minutes. */
export async function lastReading({ observer }: DriveContext): Promise<void> {
  await tolerantly(() => observer.read('once'));
}
