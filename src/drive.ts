/**
 * Look, plan, act, until the stage ends or its time is over. Here promises 1 to 3 are kept: a write whose answer was
 * lost is not sent again before a look, a failed look ends no wait, and only what the plan says is sent. Knows the
 * Portal port, not HTTP; the clock is handed in.
 */

import { backoffMs, type Clock } from './clock.ts';
import { type ErrorCode, type Refusal, ReleaseError } from './errors.ts';
import type { Health } from './health.ts';
import { operationRow, STATES, type Stage, type WriteOperation } from './lifecycle.ts';
import { look, lookAtVersion } from './observe.ts';
import { type Memory, type Plan, type PlanOptions, plan, remember } from './plan.ts';
import type { Patience, Portal, UploadSource, WriteFields } from './portal/portal.ts';
import { isKnown, stateOf, type View } from './view.ts';
import { formatDuration } from './words.ts';

const WRITE_ATTEMPTS = 6;
/** How long a portal may take to show what it accepted. */
const EFFECT_TIMEOUT_MS = 120_000;
/** A stage sends a handful of operations; more is a loop between two runs that undo each other. */
const MAX_SENDS = 300;
const HEALTH_GAP_MS = 30_000;
const BAD_ANSWERS_TO_HALT = 3;

export interface DriveContext {
  readonly portal: Portal;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly plan: PlanOptions;
  readonly approvalTimeoutMs: number;
  readonly releaseNotes: string;
  readonly userIds: readonly string[];
  readonly package?: UploadSource | undefined;
  /** One question to the canary's health check; undefined where none was given. Never throws but Cancelled. */
  readonly isHealthy?: (() => Promise<Health>) | undefined;
  readonly log: (line: string) => void;
  /** Every look that succeeded, so that a run that ends anyhow knows where the release stood last. */
  readonly onView: (view: View) => void;
  /** A write took, by its answer or by a look. */
  readonly onChanged: () => void;
  /** Before a write is sent, and with undefined once a look or the portal's refusal has settled what became of it. */
  readonly onUnsettled: (write: UnsettledWrite | undefined) => void;
  /** Once, when a wait of unknown length begins. */
  readonly onWait: (view: View) => Promise<void>;
}

export type StageEnd =
  | { readonly kind: 'reached'; readonly view: View; readonly awaited: boolean; readonly notice?: string }
  | { readonly kind: 'pending'; readonly view: View; readonly what: string }
  | { readonly kind: 'rejected' | 'withdrawn'; readonly view: View }
  | { readonly kind: 'halted'; readonly view: View }
  | { readonly kind: 'unknown-status'; readonly view: View }
  | {
      readonly kind: 'refused';
      readonly view: View;
      readonly found: string;
      readonly todo?: string;
      readonly traceId?: string | undefined;
    };

/** A write of which it is not known what became of it. */
export interface UnsettledWrite {
  readonly operation: WriteOperation;
  /** Whether a look shows that it took; undefined where no look can show it. */
  tookBy(view: View): boolean | undefined;
}

type Send = Extract<Plan, { kind: 'send' }>;

/** Takes the release through one stage. Throws ReleaseError where it cannot tell or cannot go on, and Cancelled. */
export async function driveStage(stage: Stage, first: View, context: DriveContext): Promise<StageEnd> {
  const { clock } = context;
  let view = first;
  let memory: Memory = {};
  let awaited = false;
  let healthKnown = false;

  for (let sends = 0; sends < MAX_SENDS; ) {
    const next = plan(stage, view, context.plan, memory, clock.now());
    switch (next.kind) {
      case 'reached':
        return { kind: 'reached', view, awaited, ...(next.notice && { notice: next.notice }) };
      case 'refused':
        return { ...next, view };
      case 'rejected':
      case 'withdrawn':
      case 'unknown-status':
        return { kind: next.kind, view };
      case 'look':
        view = await untilSettled(view, context);
        break;
      case 'wait': {
        memory = { ...memory, reviewed: true };
        const waited = await waitForApproval(stage, view, memory, context);
        view = waited.view;
        if (!waited.ended) return { kind: 'pending', view, what: 'the approval' };
        awaited = true;
        break;
      }
      case 'soak': {
        if (context.plan.soakMode === 'resume') {
          const left = formatDuration(next.untilMs - clock.now());
          context.log(`${next.ratioPercent}% has to be held for ${left} more; a later run goes on.`);
          return { kind: 'pending', view, what: `the soak at ${next.ratioPercent}%` };
        }
        const { ratioPercent } = next;
        // Another ratio than the one held, set by somebody else, is held from here on.
        if (memory.held?.ratioPercent !== ratioPercent) {
          memory = { ...memory, held: { ratioPercent, sinceMs: clock.now() } };
        }
        const soaked = await soak(view, next.untilMs, context);
        view = soaked.view;
        if (!soaked.healthy) return { kind: 'halted', view };
        healthKnown = false;
        break;
      }
      case 'send': {
        if (asksForHealth(next, view) && context.isHealthy && !healthKnown) {
          const health = await askHealth(context);
          if (health === 'bad') return { kind: 'halted', view };
          healthKnown = true;
          // It took its time to recover, so what we know of the release is old.
          if (health === 'recovered') {
            view = await lookAgain(view, context);
            break;
          }
        }
        sends++;
        const sent = await send(next, view, memory, context);
        view = sent.view;
        if (sent.kind === 'refused') return { ...refusedBy(sent.error), view };
        if (sent.kind === 'took') memory = remember(memory, next, clock.now(), sent.artifacts);
        if (next.operation === 'startGrayscale') {
          // Started or not: what the portal has set by now may be somebody else's.
          const { ratioSet: _, ...others } = memory;
          memory = others;
          healthKnown = false;
        }
        break;
      }
    }
  }
  throw new ReleaseError('internal', { found: `The stage ${stage} did not end after ${MAX_SENDS} writes.` });
}

function refusedBy(error: ReleaseError): { kind: 'refused'; found: string; traceId: string | undefined } {
  return { kind: 'refused', found: `The portal refused: ${error.found}`, traceId: error.traceId };
}

/** A fresh look of the same kind as the one before. */
async function lookAgain(before: View, context: DriveContext, patience: Patience = 'retry'): Promise<View> {
  const seen = await look(context.portal, before.version, { patience });
  const view = before.uploaded === undefined ? seen : { ...seen, uploaded: before.uploaded };
  context.onView(view);
  return view;
}

/** Looks until the release is no longer in passing: two minutes at most, else effect-not-seen. */
export async function untilSettled(first: View, context: DriveContext): Promise<View> {
  const { clock, signal } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  let view = first;
  while (stateOf(view) === 'busy') {
    if (clock.now() >= untilMs) {
      throw new ReleaseError('effect-not-seen', {
        found: `The release is in passing (${view.release?.portalStatus}) for two minutes.`,
      });
    }
    await clock.sleep(2_000, signal);
    view = await lookAgain(view, context);
  }
  return view;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

type Sent =
  | { readonly kind: 'took'; readonly view: View; readonly artifacts?: readonly string[] }
  /** It did not take and the release stands elsewhere now: plan anew. */
  | { readonly kind: 'moved'; readonly view: View }
  | { readonly kind: 'refused'; readonly view: View; readonly error: ReleaseError };

/** Sends one operation, in as many calls as it takes, and reads until the portal shows its effect. */
async function send(next: Send, before: View, memory: Memory, context: DriveContext): Promise<Sent> {
  const { words, repeatable } = operationRow(next.operation);
  context.log(`${words}${next.ratioPercent ? `: ${next.ratioPercent}%` : ''} (${next.operation})`);
  const batches = next.operation === 'addWhitelist' ? inBatches(context.userIds, context.portal.whitelistBatch) : [[]];
  let sent: Sent = { kind: 'moved', view: before };
  for (const [index, userIds] of batches.entries()) {
    sent = await sendOnce(next, before, fieldsOf(next, before, memory, userIds, context), context);
    if (sent.kind !== 'took') return sent;
    if (batches.length > 1) context.log(`  batch ${index + 1} of ${batches.length} added`);
  }
  // What no look can show ends in a look all the same: the release may have been taken away meanwhile.
  if (repeatable && next.operation !== 'uploadPackage') return { ...sent, view: await lookAgain(before, context) };
  return sent;
}

/** What a portal says to a write that shows its effect already: it may be the answer to our own, sent before. */
const OWN_DOING: readonly Refusal[] = ['not-allowed-in-state', 'exists-already', 'ratio-must-increase'];

function fieldsOf(
  next: Send,
  view: View,
  memory: Memory,
  userIds: readonly string[],
  context: DriveContext,
): WriteFields {
  const artifacts = (next.operation === 'createVersion' ? memory.packageSent : view.uploaded?.artifacts) ?? [];
  if (next.operation === 'createRelease' && artifacts.length === 0) {
    throw new ReleaseError('portal-unexpected', { found: `The portal names no artifact of version ${view.version}.` });
  }
  return {
    version: view.version,
    releaseNotes: context.releaseNotes,
    userIds,
    artifacts,
    ...(next.ratioPercent && { ratioPercent: next.ratioPercent }),
    ...(context.package && next.operation === 'uploadPackage' && { package: context.package }),
  };
}

async function sendOnce(next: Send, before: View, fields: WriteFields, context: DriveContext): Promise<Sent> {
  const { clock, signal } = context;
  const { repeatable } = operationRow(next.operation);
  const settled = (sent: Sent): Sent => {
    context.onUnsettled(undefined);
    if (sent.kind === 'took') context.onChanged();
    return sent;
  };
  // Whether an earlier sending may have taken, or may still take.
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    context.onUnsettled({
      operation: next.operation,
      tookBy: (view) => (repeatable ? undefined : isShown(next, before, view)),
    });
    const answer = await context.portal.write(next.operation, fields).catch(asReleaseError);
    if (!(answer instanceof ReleaseError)) {
      context.onChanged();
      const view = await untilShown(next, before, context);
      return settled({ kind: 'took', view, ...(answer.artifacts && { artifacts: answer.artifacts }) });
    }
    if (!answer.passing && !answer.refusal) {
      if (answer.effect === 'none' && !lost) context.onUnsettled(undefined);
      throw answer;
    }
    if (answer.passing) {
      lost ||= answer.effect !== 'none';
      if (repeatable && attempt === WRITE_ATTEMPTS) throw answer;
      context.log(`  no answer (${answer.found}); ${repeatable ? 'sending again' : 'looking whether it took'}`);
      await clock.sleep(answer.retryAfterMs ?? backoffMs(attempt, clock), signal);
      if (repeatable) continue;
    }

    const view = await lookForEffect(next, before, context);
    if (isShown(next, before, view)) return settled({ kind: lost ? 'took' : 'moved', view });
    const isRaised = view.release?.ratioPercent !== before.release?.ratioPercent;
    if (isElsewhere(next, before, view) || isRaised) return settled({ kind: 'moved', view });
    if (answer.passing && attempt === WRITE_ATTEMPTS) throw answer;
    if (answer.passing) continue;
    // Refused, though the look shows no change: an earlier sending whose answer was lost may be on its way.
    if (lost && answer.refusal && OWN_DOING.includes(answer.refusal)) {
      return settled({ kind: 'took', view: await untilShown(next, before, context) });
    }
    return settled({ kind: 'refused', view, error: answer });
  }
}

function asReleaseError(error: unknown): ReleaseError {
  if (error instanceof ReleaseError) return error;
  throw error;
}

/** Reads until the portal shows the effect: two minutes at most, whatever single looks say. */
async function untilShown(next: Send, before: View, context: DriveContext): Promise<View> {
  if (operationRow(next.operation).repeatable) return before;
  const { clock } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    const { view, why } = await tolerantly(() => lookForEffect(next, before, context));
    if (view && isShown(next, before, view)) return view;
    if (view && next.operation === 'startGrayscale') assertRatio(next, before, view);
    // Elsewhere than before and than it should be: somebody else acted, and the plan is made anew. A new time alone
    // is no move: the portal may show it before the state, and an accepted write must not be sent again.
    if (view && isElsewhere(next, before, view)) return view;
    // It is the status, not the effect, that needs a person: the plan says so.
    if (view && clock.now() >= untilMs && stateOf(view) === 'unknown') return view;
    if (clock.now() >= untilMs) {
      const shows = view
        ? `the portal still shows ${before.version} as ${statusWords(view)}`
        : `every look failed: ${why}`;
      throw new ReleaseError('effect-not-seen', { found: `After ${next.operation} ${shows}.` });
    }
    await clock.sleep(Math.min(500 * 2 ** (attempt - 1), 10_000, untilMs - clock.now()), context.signal);
  }
}

/** A ratio read back other than the one asked for is a failure; the one from before may still be on its way. */
function assertRatio(next: Send, before: View, view: View): void {
  const { ratioPercent = 0 } = view.release ?? {};
  const isOld = ratioPercent === 0 || ratioPercent === before.release?.ratioPercent;
  if (stateOf(view) === 'grayscale' && !isOld && ratioPercent !== next.ratioPercent) {
    throw new ReleaseError('effect-not-seen', {
      found: `${next.ratioPercent}% was asked for, and the portal shows ${ratioPercent}%: somebody else may have set it.`,
    });
  }
}

async function lookForEffect(next: Send, before: View, context: DriveContext): Promise<View> {
  if (next.operation === 'createVersion') {
    const view = await lookAtVersion(context.portal, before);
    context.onView(view);
    return view.uploaded ? view : before;
  }
  return lookAgain(before, context);
}

/** Whether a look shows that the operation took. */
function isShown(next: Send, before: View, view: View): boolean {
  const state = stateOf(view);
  if (next.operation === 'createVersion') return Boolean(view.uploaded);
  if (next.operation === 'startGrayscale') {
    return state === 'grayscale' && view.release?.ratioPercent === next.ratioPercent;
  }
  // The administrator, or the applicant, may have acted between the application and the look.
  if (next.operation === 'startApproval') return isAppliedFor(before, view);
  return state === operationRow(next.operation).to;
}

/** In review, or past it: also with a word that nobody knows, or with the same no as before at another time. */
function isAppliedFor(before: View, view: View): boolean {
  const state = stateOf(view);
  if (state === 'unknown') return view.release?.portalStatus !== before.release?.portalStatus;
  return state === 'rejected' || state === 'withdrawn' ? hasMoved(before, view) : isElsewhere(undefined, before, view);
}

/** Whether the release is in another known state than before, and not by the operation. */
function isElsewhere(next: Send | undefined, before: View, view: View): boolean {
  const state = stateOf(view);
  if (!isKnown(state) || state === stateOf(before)) return false;
  return next === undefined || state !== operationRow(next.operation).to;
}

/** Whether the release stands elsewhere than before; in passing and unknown words do not count. */
function hasMoved(before: View, view: View): boolean {
  const hasNewTime = view.release?.modifiedAtMs !== before.release?.modifiedAtMs;
  return isKnown(stateOf(view)) && (hasNewTime || standsElsewhere(before, view));
}

/** The same but for the time: some portal may give a new one with every look. */
function standsElsewhere(before: View, view: View): boolean {
  const state = stateOf(view);
  if (!isKnown(state)) return false;
  return state !== stateOf(before) || view.release?.ratioPercent !== before.release?.ratioPercent;
}

function inBatches(userIds: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(userIds.length / size) }, (_, at) => userIds.slice(at * size, (at + 1) * size));
}

// --- Waiting ---------------------------------------------------------------------------------------------------------

/**
 * The gap before the next look: a tenth of the time waited, at least 2 s, at most 5 min. Only the first one is random,
 * which is enough to spread a thousand jobs.
 */
export function gapMs(waitedMs: number, isFirst: boolean, clock: Clock): number {
  if (isFirst) return clock.random() * 2_000;
  return Math.min(Math.max(waitedMs / 10, 2_000), 300_000);
}

interface Waited {
  readonly view: View;
  /** The release left the review; false: the time is over. */
  readonly ended: boolean;
}

/** Looks until the release leaves the review or the time is over. No failed look ends it; lost credentials do. */
async function waitForApproval(stage: Stage, first: View, memory: Memory, context: DriveContext): Promise<Waited> {
  const { clock } = context;
  const startMs = clock.now();
  const untilMs = startMs + context.approvalTimeoutMs;
  let view = first;
  if (context.approvalTimeoutMs > 0) await context.onWait(view);
  for (let looks = 1; ; looks++) {
    const nowMs = clock.now();
    if (nowMs >= untilMs) return { view, ended: false };
    await clock.sleep(Math.min(gapMs(nowMs - startMs, looks === 1, clock), untilMs - nowMs), context.signal);
    const seen = await tolerantLook(view, context);
    const waitedMs = clock.now() - startMs;
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    const shown = seen.view ? statusWords(seen.view) : `the look failed (${seen.why}), still waiting`;
    context.log(`look ${looks}: ${shown}; waited ${formatDuration(waitedMs)}, ${left} left`);
    view = seen.view ?? view;
    const next = seen.view && plan(stage, view, context.plan, memory, clock.now());
    if (next && next.kind !== 'wait' && next.kind !== 'look') return { view, ended: true };
  }
}

/** Holds the ratio until then, asking for the canary's health and watching that nobody takes the release away. */
async function soak(
  first: View,
  untilMs: number,
  context: DriveContext,
): Promise<{ readonly view: View; readonly healthy: boolean }> {
  const { clock } = context;
  const startMs = clock.now();
  let view = first;
  await context.onWait(view);
  for (let looks = 1; clock.now() < untilMs; looks++) {
    const gap = gapMs(clock.now() - startMs, looks === 1, clock);
    const tickMs = context.isHealthy ? Math.min(gap, HEALTH_GAP_MS) : gap;
    await clock.sleep(Math.min(tickMs, untilMs - clock.now()), context.signal);
    if (context.isHealthy && (await askHealth(context)) === 'bad') return { view, healthy: false };
    const seen = await tolerantLook(view, context);
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    const shown = seen.view ? statusWords(seen.view) : `the look failed (${seen.why}), still holding`;
    context.log(`soak ${looks}: ${shown}; ${left} left`);
    if (seen.view && standsElsewhere(view, seen.view)) return { view: seen.view, healthy: true };
    view = seen.view ?? view;
  }
  // Nothing goes on without a look, and an outage of the moment ends nothing.
  const lastMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (;;) {
    try {
      return { view: await lookAgain(view, context), healthy: true };
    } catch (error) {
      if (!(error instanceof ReleaseError) || !error.passing || clock.now() >= lastMs) throw error;
      context.log(`the look failed (${error.found}), still holding`);
      await clock.sleep(10_000, context.signal);
    }
  }
}

function tolerantLook(before: View, context: DriveContext): Promise<{ view?: View; why?: string }> {
  return tolerantly(() => lookAgain(before, context, 'once'));
}

/** What a wait outlives (promise 2). Lost credentials end it, and so does what is no fault of the portal. */
const OUTLIVED: readonly ErrorCode[] = ['portal-unreachable', 'portal-unexpected', 'portal-refused'];

/** A look that may fail: a wait goes on. */
async function tolerantly(act: () => Promise<View>): Promise<{ view?: View; why?: string }> {
  try {
    return { view: await act() };
  } catch (error) {
    if (!(error instanceof ReleaseError) || !OUTLIVED.includes(error.code)) throw error;
    return { why: error.found };
  }
}

function statusWords(view: View): string {
  const state = stateOf(view);
  if (!isKnown(state)) return `${state} (the portal says ${view.release?.portalStatus})`;
  const ratio = state === 'grayscale' ? ` at ${view.release?.ratioPercent}%` : '';
  return STATES[state].words + ratio;
}

// --- The canary's health ---------------------------------------------------------------------------------------------

function asksForHealth(next: Send, view: View): boolean {
  return next.operation === 'setRatio' || (next.operation === 'goOnline' && stateOf(view) === 'grayscale');
}

/** Three bad answers in a row, 30 s apart, are bad; a good one after a bad one is a recovery. */
async function askHealth(context: DriveContext): Promise<'good' | 'recovered' | 'bad'> {
  for (let bad = 0; bad < BAD_ANSWERS_TO_HALT; bad++) {
    if (bad > 0) await context.clock.sleep(HEALTH_GAP_MS, context.signal);
    const health = await context.isHealthy?.();
    if (health?.verdict !== 'bad') return bad === 0 ? 'good' : 'recovered';
    context.log(`the health check is bad (${bad + 1} of ${BAD_ANSWERS_TO_HALT}): ${health.why}`);
  }
  return 'bad';
}
