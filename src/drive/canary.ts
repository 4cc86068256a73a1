/** When a stage calls the health check of its canary, and how the result ends or continues the stage. */

import { callRow } from '../release/folds.ts';
import type { Outcome } from '../release/outcome.ts';
import { type Memory, rolloutOf, type Send } from '../release/plan.ts';
import { type Snapshot, stateOf } from '../release/snapshot.ts';
import type { DriveContext } from './context.ts';
import type { Moment } from './health.ts';
import type { Passage } from './health-gate.ts';
import { tolerantly } from './reading.ts';

/**
 * Whether the health check is called right before the write: before each increase of the ratio, and before the official
 * release that follows a rollout.
 */
export function needsHealth(next: Send, snapshot: Snapshot): boolean {
  const { needsHealth: when } = callRow(next);
  return when === 'always' || (when === 'after-rollout' && stateOf(snapshot) === 'grayscale');
}

/** Whether the run continues a rollout of an earlier run and has not increased the ratio itself. */
export function isResumed(memory: Memory, { plan }: DriveContext): boolean {
  return plan.soakMode === 'resume' && !memory.held?.raised;
}

/** The ratio in effect and when it took effect. */
export function momentOf(snapshot: Snapshot, memory: Memory, { gate, clock }: DriveContext): Moment {
  const { ratioPercent, sinceMs } = rolloutOf(snapshot, memory, clock.now());
  return gate?.momentOf(ratioPercent, sinceMs) ?? { ratioPercent, sinceMs: sinceMs ?? clock.now() };
}

/** The outcome where the health check stops the stage; undefined where the stage may continue. */
export async function outcomeOfPassage(
  passage: Passage | undefined,
  context: DriveContext,
): Promise<Outcome | undefined> {
  if (passage === undefined || passage === 'good' || passage === 'recovered') return undefined;
  await lastReading(context);
  if (passage === 'pending') return { kind: 'pending', what: 'a good response of the health check' };
  return { kind: 'halted', why: passage };
}

/** Reads the release again after a wait for the health check, which may have taken minutes. */
export async function lastReading({ observer }: DriveContext): Promise<void> {
  await tolerantly(() => observer.read('once'));
}
