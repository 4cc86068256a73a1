/** Waits that may last for days: for the administrator's approval, and for the end of a hold period. */

import type { Clock } from '../lib/clock.ts';
import { ReleaseError } from '../lib/errors.ts';
import { formatDuration } from '../lib/format.ts';
import type { Stage } from '../release/lifecycle.ts';
import type { FailedReads, Outcome } from '../release/outcome.ts';
import { type Memory, plan } from '../release/plan.ts';
import { isKnown, stateOf } from '../release/snapshot.ts';
import { lastReading, momentOf, outcomeOfPassage } from './canary.ts';
import type { DriveContext } from './context.ts';
import { standingOf } from './effect.ts';
import { formatReading, tolerantly } from './reading.ts';

/** How long to wait, in ms, for an unreachable portal after the end of a hold period. */
const OUTAGE_TIMEOUT_MS = 600_000;

/**
 * The gap before the next poll, in ms: a sixteenth of the time waited, at most 5 min, and at least 2 s, rising to 10 s
 * in the first 40 s. Only the first gap is random, which is enough to spread a thousand jobs that start at once.
 */
export function pollGapMs(waitedMs: number, isFirst: boolean, clock: Clock): number {
  if (isFirst) return clock.random() * 2_000;
  const minMs = Math.min(2_000 + waitedMs / 5, 10_000);
  return Math.min(Math.max(waitedMs / 16, minMs), 300_000);
}

/** How long, in ms, an unmapped status may last before the wait ends; a transitional one is over by then. */
const UNMAPPED_TIMEOUT_MS = 120_000;

/**
 * Polls until the release has left the review, the time is over, or the portal has shown an unmapped status for two
 * minutes. A failed reading does not end the wait; lost credentials do. A contradicting reading is confirmed first.
 */
export async function waitForApproval(stage: Stage, memory: Memory, context: DriveContext): Promise<Waited> {
  const { clock, observer } = context;
  const startMs = clock.now();
  const untilMs = startMs + context.approvalTimeoutMs;
  let failed: FailedReads | undefined;
  let lastGoodMs = startMs;
  let unmappedSinceMs: number | undefined;
  if (context.approvalTimeoutMs > 0) await context.emit({ kind: 'waiting', snapshot: observer.snapshot });
  for (let polls = 1; ; polls++) {
    const nowMs = clock.now();
    if (nowMs >= untilMs) return { isOver: false, failed };
    const gapMs = observer.doubt ? observer.confirmGapMs : pollGapMs(nowMs - startMs, polls === 1, clock);
    await clock.sleep(Math.min(gapMs, untilMs - nowMs), context.signal);
    const seen = await tolerantly(() => observer.read('once'));
    const waited = formatDuration(clock.now() - startMs);
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    context.log(`check ${polls}: ${formatReading(seen, 'waiting', context)}; waited ${waited}, ${left} left`);
    if (!seen.snapshot) {
      failed = { count: (failed?.count ?? 0) + 1, why: seen.why ?? '', lastGoodMs };
      continue;
    }
    failed = undefined;
    lastGoodMs = clock.now();
    unmappedSinceMs = stateOf(seen.snapshot) === 'unknown' ? (unmappedSinceMs ?? lastGoodMs) : undefined;
    if (unmappedSinceMs !== undefined && lastGoodMs - unmappedSinceMs >= UNMAPPED_TIMEOUT_MS)
      return { isOver: false, failed };
    const next = plan(stage, seen.snapshot, context.plan, memory, clock.now());
    if (next.kind !== 'wait' && next.kind !== 'poll') return { isOver: true, failed };
  }
}

interface Waited {
  /** The release has left the review; false where the time is over or its status is not mapped. */
  readonly isOver: boolean;
  /** The failed readings at the end of the wait, if the last one failed. */
  readonly failed: FailedReads | undefined;
}

/**
 * Holds the ratio until `untilMs` (ms since 1970), calls the health check, and polls whether somebody has changed the
 * release. Resolves with the outcome that ends the stage, or undefined where it continues.
 */
export async function holdRatio(untilMs: number, memory: Memory, context: DriveContext): Promise<Outcome | undefined> {
  const { clock, observer, signal, gate } = context;
  const startMs = clock.now();
  const standing = standingOf(observer.snapshot.release);
  await context.emit({ kind: 'waiting', snapshot: observer.snapshot, untilMs });
  let polls = 0;
  for (let pollMs = startMs + pollGapMs(0, true, clock); clock.now() < untilMs; ) {
    const dueMs = Math.min(pollMs, gate?.nextMs ?? untilMs, untilMs);
    await clock.sleep(Math.max(dueMs - clock.now(), 0), signal);
    const isOver = clock.now() >= untilMs;
    if (gate && !isOver && clock.now() >= gate.nextMs) {
      const verdict = await gate.check(momentOf(observer.snapshot, memory, context));
      if (verdict === 'halted') {
        await lastReading(context);
        return { kind: 'halted', why: 'bad' };
      }
    }
    if (clock.now() < pollMs && !isOver) continue;
    const seen = await tolerantly(() => observer.read('once'));
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    context.log(`hold period ${++polls}: ${formatReading(seen, 'holding', context)}; ${left} left`);
    if (seen.snapshot && isKnown(stateOf(seen.snapshot)) && standingOf(seen.snapshot.release) !== standing) return;
    pollMs = clock.now() + (observer.doubt ? observer.confirmGapMs : pollGapMs(clock.now() - startMs, false, clock));
  }
  // The health check must also be good at the end of the hold period.
  const passage = await gate?.pass(momentOf(observer.snapshot, memory, context));
  return (await outcomeOfPassage(passage, context)) ?? (await untilClear(context));
}

/**
 * Reads until the release is in a clear state, before the next write after a hold period; waits for an unreachable
 * portal.
 * @throws {ReleaseError} `portal-unreachable` after ten minutes
 */
async function untilClear(context: DriveContext): Promise<undefined> {
  const { clock, observer, signal } = context;
  for (const lastMs = clock.now() + OUTAGE_TIMEOUT_MS; ; ) {
    const seen = await tolerantly(() => observer.read());
    const isClear = seen.snapshot && standingOf(observer.lastSeen.release) === standingOf(seen.snapshot.release);
    if (isClear && stateOf(observer.snapshot) !== 'busy') return;
    const shown = formatReading(seen, 'holding', context);
    if (clock.now() >= lastMs) {
      throw new ReleaseError('portal-unreachable', {
        found: `Ten minutes after the hold period the portal still shows no clear state: ${shown}.`,
      });
    }
    context.log(shown);
    await clock.sleep(observer.doubt ? observer.confirmGapMs : 10_000, signal);
  }
}
