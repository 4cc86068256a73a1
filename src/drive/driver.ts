/**
 * Drives a release through a stage: plan, act, observe, until the stage ends or its time is over. It sends only what
 * the plan returns. It uses the Portal port, not HTTP, and gets its clock from the caller.
 */

import { ReleaseError } from '../lib/errors.ts';
import { formatDuration, formatTime } from '../lib/format.ts';
import { callRow } from '../release/folds.ts';
import { type Stage, stageRow } from '../release/lifecycle.ts';
import type { Outcome } from '../release/outcome.ts';
import { type Action, type Memory, noticeOfRatio, type Plan, plan, remember, type Send } from '../release/plan.ts';
import type { Release } from '../release/release.ts';
import { stateOf } from '../release/snapshot.ts';
import { isResumed, lastReading, momentOf, needsHealth, outcomeOfPassage } from './canary.ts';
import type { DriveContext } from './context.ts';
import { settledRead, staysOld, sureOfLive, untilSettled, withTimeOfHistory } from './reading.ts';
import { holdRatio, waitForApproval } from './wait.ts';
import { assertNotAccepted, send } from './write.ts';

/** A stage sends few operations. More than this means that two runs keep undoing each other's changes. */
const MAX_SENDS = 300;

type Hold = Extract<Action, { kind: 'hold' }>;
type Reached = Extract<Outcome, { kind: 'reached' }>;

/** What a stage has done so far. What the portal shows is in the observer's snapshot. */
interface Progress {
  readonly memory: Memory;
  /** The stage has waited for the approval, and it was given. */
  readonly awaited?: true;
  /**
   * The health check was good again after a wait, and the release was read since: it is not called again before the
   * next write.
   */
  readonly hasRecovered?: true;
}

/** The result of an action: the stage continues, or ends. */
type Result = Progress | { readonly outcome: Outcome };

/**
 * Drives the release through one stage.
 * @throws {ReleaseError} where the effect is not known or the portal fails
 * @throws {Cancelled}
 */
export async function driveStage(stage: Stage, context: DriveContext): Promise<Outcome> {
  const { clock, observer } = context;
  const isRamp = stageRow(stage).takes === 'ratios';
  let progress: Progress = { memory: isRamp ? await withTimeOfHistory(observer.snapshot, context) : {} };
  for (let sends = 0; sends < MAX_SENDS; ) {
    const next = plan(stage, observer.snapshot, context.plan, progress.memory, clock.now());
    const result = await actOn(next, progress, stage, context);
    if ('outcome' in result) return result.outcome;
    if (next.kind === 'send' && !result.hasRecovered) sends++;
    progress = result;
  }
  throw new ReleaseError('internal', { found: `The stage ${stage} did not end after ${MAX_SENDS} writes.` });
}

async function actOn(next: Plan, progress: Progress, stage: Stage, context: DriveContext): Promise<Result> {
  const { hasRecovered: _, ...others } = progress;
  switch (next.kind) {
    case 'poll':
      await untilSettled(context);
      return others;
    case 'wait':
      return awaitDecision(stage, others, context);
    case 'hold':
      return hold(next, others, context);
    case 'send':
      return sendSafely(next, progress, stage, context);
    case 'reached':
      return atEnd(next, progress, stage, context);
    default:
      return { outcome: next };
  }
}

/** The stage's end state has been reached. A run that continues an earlier rollout first calls the health check. */
async function atEnd(next: Reached, progress: Progress, stage: Stage, context: DriveContext): Promise<Result> {
  const { memory, awaited } = progress;
  const { snapshot } = context.observer;
  const isRollout = stageRow(stage).takes === 'ratios' && stateOf(snapshot) === 'grayscale';
  if (isRollout && isResumed(memory, context)) {
    const passage = await context.gate?.pass(momentOf(snapshot, memory, context));
    const outcome = await outcomeOfPassage(passage, context);
    if (outcome) return { outcome };
  }
  const { release } = context.observer.snapshot;
  const notice = next.notice ?? (memory.held?.raised ? noticeOfRatio(release, context.show) : undefined);
  return { outcome: { kind: 'reached', ...(awaited && { awaited }), ...(notice && { notice }) } };
}

async function awaitDecision(stage: Stage, progress: Progress, context: DriveContext): Promise<Result> {
  const memory: Memory = { ...progress.memory, reviewed: true };
  const { isOver, failed } = await waitForApproval(stage, memory, context);
  if (isOver) return { memory, awaited: true };
  if (stateOf(context.observer.snapshot) === 'unknown') return { outcome: { kind: 'unknown-status' } };
  return { outcome: { kind: 'pending', what: 'the approval', ...(failed && { failed }) } };
}

async function hold(next: Hold, progress: Progress, context: DriveContext): Promise<Result> {
  const { clock, gate, observer } = context;
  const { ratioPercent, untilMs } = next;
  let { memory } = progress;
  if (context.plan.soakMode === 'resume') {
    const moment = momentOf(observer.snapshot, memory, context);
    if (isResumed(memory, context) && (await gate?.isBad(moment))) {
      await lastReading(context);
      return { outcome: { kind: 'halted', why: 'bad' } };
    }
    context.log(
      `${ratioPercent}% is held until ${formatTime(untilMs)} (${formatDuration(untilMs - clock.now())} more); a later run continues.`,
    );
    return { outcome: { kind: 'pending', what: `the hold period at ${ratioPercent}%`, untilMs } };
  }
  // If somebody else has set this ratio, its hold period begins now.
  if (memory.held?.ratioPercent !== ratioPercent) memory = { ...memory, held: { ratioPercent, sinceMs: clock.now() } };
  const outcome = await holdRatio(untilMs, memory, context);
  return outcome ? { outcome } : { ...progress, memory };
}

/** Sends the write after the readings and the health check that must come right before it. */
async function sendSafely(next: Send, progress: Progress, stage: Stage, context: DriveContext): Promise<Result> {
  const { clock, gate, observer } = context;
  const { hasRecovered, ...others } = progress;
  const { memory } = progress;
  if (callRow(next).makesOfficial) {
    const before = observer.snapshot;
    await sureOfLive(context);
    const again = plan(stage, observer.snapshot, context.plan, memory, clock.now());
    const isSame = again.kind === 'send' && again.operation === next.operation;
    if (observer.snapshot !== before && !isSame) return others;
  }
  if (needsHealth(next, observer.snapshot) && !hasRecovered) {
    const passage = await gate?.pass(momentOf(observer.snapshot, memory, context));
    const outcome = await outcomeOfPassage(passage, context);
    if (outcome) return { outcome };
    // The recovery took time, so the release is read again before the write is sent.
    if (passage === 'recovered') {
      await settledRead(context);
      return { ...others, hasRecovered: true };
    }
  }
  assertNotAccepted(next, context);
  const before = observer.snapshot.release;
  const sent = await send(next, memory, context);
  if (sent.kind === 'stopped') return { outcome: sent.outcome };
  if (sent.kind === 'refused') {
    const { found, traceId } = sent.error;
    return { outcome: { kind: 'refused', found: `The portal refused: ${found}`, traceId } };
  }
  const known = sent.kind === 'took' ? remember(memory, next, clock.now(), sent.artifacts) : memory;
  if (callRow(next).shownBy !== 'ratio') return { ...others, memory: known };
  return { ...others, memory: afterIncrease(known, sent.kind === 'took', before, context) };
}

/** The memory after an attempt to increase the ratio. If it failed, the ratio that is set may be somebody else's. */
function afterIncrease(memory: Memory, took: boolean, before: Release | undefined, context: DriveContext): Memory {
  const { clock, gate, observer } = context;
  const { ratioSet: _, ...others } = memory;
  if (others.held?.raised) gate?.increased(others.held.ratioPercent, others.held.sinceMs);
  const isOld = took && staysOld(before, observer.snapshot.release, clock.now());
  return isOld ? { ...others, timeIsOld: true } : others;
}
