/**
 * Observe, plan, act, until the stage ends or its time is over. Here promises 1 to 3 are kept: what the portal accepted
 * is never sent again, a write whose response was lost is not sent again before readings have shown that it did not
 * take, no failed or stale reading ends a wait, and only what the plan says is sent. Knows the Portal port, not HTTP;
 * the clock is handed in.
 */

import { backoffMs, type Clock } from '../lib/clock.ts';
import { type ErrorCode, type Refusal, ReleaseError } from '../lib/errors.ts';
import { formatDuration } from '../lib/format.ts';
import type { HistoryItem, Portal, Release, Unreadable, UploadSource, WriteFields } from '../portal/port.ts';
import { operationRow, STATES, type Stage, type WriteOperation } from '../release/lifecycle.ts';
import { type Memory, noticeOfRatio, type Plan, type PlanOptions, plan, remember, rolloutOf } from '../release/plan.ts';
import {
  CLOCKS_DIFFER_MS,
  EARLIEST_MS,
  isKnown,
  isSureOfNone,
  liveOf,
  stateOf,
  type View,
} from '../release/snapshot.ts';
import { type Effect, effectOf, standingOf } from './belief.ts';
import type { HealthGate, Moment, Passage } from './health-gate.ts';
import { type Depth, lookAtVersion } from './observe.ts';
import type { Observer } from './observer.ts';

const WRITE_ATTEMPTS = 6;
/** How long a portal may take to show what it accepted. */
const EFFECT_TIMEOUT_MS = 120_000;
/** How long a hold period that is over waits for a portal that does not answer. */
const OUTAGE_TIMEOUT_MS = 600_000;
/** Readings that show no effect before a write whose response was lost counts as not taken, and the gaps before them. */
const UNTIL_NOT_TAKEN_MS = [0, 2_000, 3_000] as const;
/** Before a response of no clear kind is reported as a failure, more: nothing else will be sent. */
const UNTIL_REPORTED_MS = [...UNTIL_NOT_TAKEN_MS, 5_000] as const;
/** A stage sends a handful of operations; more is a loop between two runs that undo each other. */
const MAX_SENDS = 300;

export interface DriveContext {
  readonly portal: Portal;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly plan: PlanOptions;
  readonly approvalTimeoutMs: number;
  readonly releaseNotes: string;
  readonly userIds: readonly string[];
  readonly package?: UploadSource | undefined;
  /** The canary's health check; undefined where none was given. */
  readonly gate?: HealthGate | undefined;
  readonly log: (line: string) => void;
  /** Untrusted text as it may stand in a sentence. */
  readonly show: (untrusted: string) => string;
  /** A write took, by its response or by a reading. */
  readonly onChanged: () => void;
  /** Before a write is sent, and with undefined once a reading or the portal's refusal has settled what became of it. */
  readonly onUnsettled: (write: UnsettledWrite | undefined) => void;
  /** Once, when a wait of unknown length begins. */
  readonly onWait: (view: View) => Promise<void>;
}

export type StageEnd =
  | { readonly kind: 'reached'; readonly view: View; readonly awaited: boolean; readonly notice?: string }
  | { readonly kind: 'pending'; readonly view: View; readonly what: string; readonly failed?: FailedReads }
  | { readonly kind: 'rejected' | 'withdrawn'; readonly view: View }
  | { readonly kind: 'halted'; readonly view: View; readonly why: Halt }
  | { readonly kind: 'unknown-status'; readonly view: View }
  | {
      readonly kind: 'refused';
      readonly view: View;
      readonly found: string;
      readonly todo?: string;
      readonly traceId?: string | undefined;
    };

/** Why the rollout was halted: the canary is bad, or the health check had no data about it. */
export type Halt = 'bad' | 'no data';

/** Readings that failed at the end of a wait: what is reported is older. */
export interface FailedReads {
  readonly count: number;
  /** What the last one found; may hold untrusted text. */
  readonly why: string;
  readonly lastGoodMs: number;
}

/** A write of which it is not known what became of it. */
export interface UnsettledWrite {
  readonly operation: WriteOperation;
  /** Whether a snapshot shows that it took; undefined where none can show it. */
  tookBy(view: View): boolean | undefined;
}

type Send = Extract<Plan, { kind: 'send' }>;

/** Takes the release through one stage. Throws ReleaseError where it cannot tell or cannot go on, and Cancelled. */
export async function driveStage(stage: Stage, context: DriveContext): Promise<StageEnd> {
  const { clock, observer } = context;
  let view = observer.view;
  let memory: Memory = stage === 'grayscale' ? await withTimeOfHistory(view, context) : {};
  let awaited = false;
  let hasRecovered = false;

  for (let sends = 0; sends < MAX_SENDS; ) {
    const next = plan(stage, view, context.plan, memory, clock.now());
    if (next.kind !== 'send') hasRecovered = false;
    switch (next.kind) {
      case 'reached': {
        if (stage === 'grayscale' && stateOf(view) === 'grayscale' && isResumed(memory, context)) {
          const end = await endBy(await context.gate?.pass(momentOf(view, memory, context)), context);
          if (end) return end;
        }
        const notice = next.notice ?? (memory.held?.raised ? noticeOfRatio(view.release, context.show) : undefined);
        return { kind: 'reached', view, awaited, ...(notice && { notice }) };
      }
      case 'refused':
        return { ...next, view };
      case 'unreadable':
        throw unreadable(next.what, context.show);
      case 'rejected':
      case 'withdrawn':
      case 'unknown-status':
        return { kind: next.kind, view };
      case 'look':
        view = await untilSettled(context);
        break;
      case 'wait': {
        memory = { ...memory, reviewed: true };
        const waited = await waitForApproval(stage, memory, context);
        view = waited.view;
        if (!waited.ended)
          return { kind: 'pending', view, what: 'the approval', ...(waited.failed && { failed: waited.failed }) };
        awaited = true;
        break;
      }
      case 'soak': {
        if (context.plan.soakMode === 'resume') {
          const isBad = isResumed(memory, context) && (await context.gate?.isBad(momentOf(view, memory, context)));
          if (isBad) return { kind: 'halted', view: await lastView(context), why: 'bad' };
          const left = formatDuration(next.untilMs - clock.now());
          context.log(`${next.ratioPercent}% has to be held for ${left} more; a later run goes on.`);
          return { kind: 'pending', view, what: `the soak at ${next.ratioPercent}%` };
        }
        const { ratioPercent } = next;
        // Another ratio than the one held, set by somebody else, is held from here on.
        if (memory.held?.ratioPercent !== ratioPercent) {
          memory = { ...memory, held: { ratioPercent, sinceMs: clock.now() } };
        }
        const soaked = await soak(next.untilMs, memory, context);
        view = soaked.view;
        if (soaked.end) return soaked.end;
        break;
      }
      case 'send': {
        if (next.operation === 'goOnline') {
          const before = view;
          view = await sureOfLive(context);
          if (view !== before) {
            const again = plan(stage, view, context.plan, memory, clock.now());
            if (again.kind !== 'send' || again.operation !== next.operation) break;
          }
        }
        if (asksForHealth(next, view) && !hasRecovered) {
          const passage = await context.gate?.pass(momentOf(view, memory, context));
          const end = await endBy(passage, context);
          if (end) return end;
          // It took its time to recover, so what we know of the release is old.
          hasRecovered = passage === 'recovered';
          if (hasRecovered) {
            view = await settledRead(context);
            break;
          }
        }
        hasRecovered = false;
        assertNotAccepted(next, view, context);
        sends++;
        const before = view.release;
        const sent = await send(next, memory, context);
        if (sent.kind === 'stopped') return sent.end;
        view = sent.view;
        if (sent.kind === 'refused') return { ...refusedBy(sent.error), view };
        if (sent.kind === 'took') memory = remember(memory, next, clock.now(), sent.artifacts);
        if (next.operation === 'startGrayscale') {
          // Started or not: what the portal has set by now may be somebody else's.
          const { ratioSet: _, ...others } = memory;
          const isOld = sent.kind === 'took' && staysOld(before, view.release, clock.now());
          memory = { ...others, ...(isOld && { timeIsOld: true }) };
          if (memory.held?.raised) context.gate?.increased(memory.held.ratioPercent, memory.held.sinceMs);
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

/** The error of a value that is there and cannot be read. */
export function unreadable({ profileKey, field, value }: Unreadable, show: DriveContext['show']): ReleaseError {
  return new ReleaseError('portal-unexpected', {
    found: `The portal shows ${show(value)} at ${field}, which cannot be read (profile key ${profileKey}).`,
    todo: `Say in your portal profile at ${profileKey} where the value stands (docs/portal.md).`,
  });
}

/** Promise 1: nothing that the portal accepted in this run is sent again. */
function assertNotAccepted(next: Send, view: View, { observer, portal, show }: DriveContext): void {
  if (operationRow(next.operation).repeatable || !observer.wasAccepted(next)) return;
  throw new ReleaseError('effect-not-seen', {
    found: `The portal accepted ${effectWords(next)} in this run, and now shows ${view.version} as ${statusWords(view, show)}; it is not sent again.`,
    todo: portal.supports('releaseHistory')
      ? 'Look at the release and its history in the portal, then run the step again.'
      : 'Look at the release in the portal, then run the step again.',
  });
}

function effectWords({ operation, ratioPercent }: Effect): string {
  return ratioPercent === undefined ? operation : `${operation} ${ratioPercent}%`;
}

// --- Reading -----------------------------------------------------------------------------------------------------

/** Gaps between readings that fail one after the other; what fails longer is no slip. */
const FAILED_READ_GAPS_MS = [1_000, 2_000, 3_000, 5_000] as const;

/** One reading that succeeds: between writes, a slip of the portal ends nothing. */
async function succeeding(act: () => Promise<View>, { clock, signal }: DriveContext): Promise<View> {
  for (const gapMs of FAILED_READ_GAPS_MS) {
    const { view } = await tolerantly(act);
    if (view) return view;
    await clock.sleep(gapMs, signal);
  }
  return act();
}

function read(context: DriveContext, depth: Depth = 'page'): Promise<View> {
  return succeeding(() => context.observer.read('retry', depth), context);
}

/** A reading, and those that settle it where it is in doubt. */
async function settledRead(context: DriveContext): Promise<View> {
  const { observer, clock, signal } = context;
  let view = await read(context);
  for (const untilMs = clock.now() + EFFECT_TIMEOUT_MS; observer.doubt !== undefined && clock.now() < untilMs; ) {
    await clock.sleep(observer.confirmGapMs, signal);
    view = await read(context);
  }
  return view;
}

/** Reads until the release is no longer in a transitional status: two minutes at most, else effect-not-seen. */
export async function untilSettled(context: DriveContext): Promise<View> {
  const { clock, signal, observer } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  let { view } = observer;
  while (stateOf(view) === 'busy') {
    if (clock.now() >= untilMs) {
      throw new ReleaseError('effect-not-seen', {
        found: `The release is in passing (${context.show(view.release?.portalStatus ?? '')}) for two minutes.`,
      });
    }
    await clock.sleep(2_000, signal);
    view = await read(context);
  }
  return view;
}

/** Nothing is released officially on one reading that shows nothing live: that may be a slip. */
async function sureOfLive(context: DriveContext): Promise<View> {
  const { observer, clock, signal } = context;
  for (let reading = 1; reading <= 3; reading++) {
    const { view } = observer;
    if (view.releases === undefined || liveOf(view).kind !== 'none' || isSureOfNone(view)) return view;
    if (reading > 1) await clock.sleep(2_000, signal);
    await read(context, 'live');
  }
  if (isSureOfNone(observer.view) || liveOf(observer.view).kind !== 'none') return observer.view;
  throw new ReleaseError('portal-unexpected', {
    found: 'The list of releases could not be read to its end, so it is not known whether a version is live.',
  });
}

/**
 * A portal's time of the last change that stays while other things happen is no such time. One kind of entry may be
 * newer than it: a ratio that was set and not started.
 */
async function withTimeOfHistory({ release }: View, { portal, plan }: DriveContext): Promise<Memory> {
  const changedMs = release?.modifiedAtMs;
  if (release?.state !== 'grayscale' || changedMs === undefined || plan.soakMs === 0) return {};
  if (!portal.supports('releaseHistory')) return {};
  const history = await portal.releaseHistory(release.version).catch(ignoring);
  const newer = history.filter((item) => (timeOf(item) ?? 0) > changedMs + 60_000).map(({ type }) => type);
  return new Set(newer).size > 1 ? { timeIsOld: true } : {};
}

/** Whether the portal's time did not move with an increase of the ratio, and is not of this moment by chance. */
function staysOld(before: Release | undefined, after: Release | undefined, nowMs: number): boolean {
  const ms = after?.modifiedAtMs;
  return ms !== undefined && ms === before?.modifiedAtMs && ms < nowMs - CLOCKS_DIFFER_MS;
}

function ignoring(error: unknown): readonly HistoryItem[] {
  if (error instanceof ReleaseError && error.code !== 'portal-unauthorized') return [];
  throw error;
}

/** In milliseconds since 1970; undefined for a text without a zone. */
function timeOf({ time }: HistoryItem): number | undefined {
  if (/^\d{13}$/.test(time)) return Number(time);
  return /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(time) ? Date.parse(time) || undefined : undefined;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

type Sent =
  | { readonly kind: 'took'; readonly view: View; readonly artifacts?: readonly string[] }
  /** It did not take and the release stands elsewhere now: plan anew. */
  | { readonly kind: 'moved'; readonly view: View }
  /** Before it was sent again, the canary was not good. */
  | { readonly kind: 'stopped'; readonly end: StageEnd }
  | { readonly kind: 'refused'; readonly view: View; readonly error: ReleaseError };

/** Sends one operation, in as many calls as it takes, and reads until the portal shows its effect. */
async function send(next: Send, memory: Memory, context: DriveContext): Promise<Sent> {
  const { observer } = context;
  const before = observer.view;
  const { words, repeatable } = operationRow(next.operation);
  context.log(`${words}${next.ratioPercent ? `: ${next.ratioPercent}%` : ''} (${next.operation})`);
  const batches = next.operation === 'addWhitelist' ? inBatches(context.userIds, context.portal.whitelistBatch) : [[]];
  let sent: Sent = { kind: 'moved', view: before };
  for (const [index, userIds] of batches.entries()) {
    sent = await sendOnce(next, before, fieldsOf(next, before, memory, userIds, context), memory, context);
    if (sent.kind !== 'took') return sent;
    if (batches.length > 1) context.log(`  batch ${index + 1} of ${batches.length} added`);
  }
  // What no reading can show ends in one all the same: the release may have been taken away meanwhile.
  if (repeatable && next.operation !== 'uploadPackage') return { ...sent, view: await settledRead(context) };
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
  if (next.operation === 'createRelease' && view.uploaded?.unreadableArtifacts) {
    throw unreadable(view.uploaded.unreadableArtifacts, context.show);
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

/** One write, until it is settled what became of it. */
async function sendOnce(
  next: Send,
  before: View,
  fields: WriteFields,
  memory: Memory,
  context: DriveContext,
): Promise<Sent> {
  const { clock, signal, observer } = context;
  const { repeatable } = operationRow(next.operation);
  const settled = (sent: Sent): Sent => {
    context.onUnsettled(undefined);
    if (sent.kind === 'took') context.onChanged();
    return sent;
  };
  // Whether an earlier sending may have taken, or may still take.
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1 && asksForHealth(next, before)) {
      const passage = await context.gate?.pass(momentOf(before, memory, context));
      const end = await endBy(passage, context);
      if (end) return { kind: 'stopped', end };
      // It took its time to recover: meanwhile the write may have taken, or somebody else acted.
      if (passage === 'recovered') {
        const { view, effect } = await effectByReading(next, before, [0], context);
        if (effect === 'shown') observer.accept(next, true);
        if (effect === 'shown') return settled({ kind: 'took', view });
        if (effect === 'elsewhere') return { kind: 'moved', view };
      }
    }
    context.onUnsettled({
      operation: next.operation,
      tookBy: (view) => (repeatable ? undefined : isShown(next, before, view)),
    });
    const answer = await context.portal.write(next.operation, fields).catch(asReleaseError);
    if (!(answer instanceof ReleaseError)) {
      observer.accept(next);
      context.onChanged();
      const view = await untilShown(next, before, context);
      return settled({ kind: 'took', view, ...(answer.artifacts && { artifacts: answer.artifacts }) });
    }
    const isUnclear = answer.transient || answer.effect !== 'none';
    if (!isUnclear && !answer.refusal) {
      if (!lost) context.onUnsettled(undefined);
      throw answer;
    }
    if (repeatable && !answer.transient && !answer.refusal) throw answer;
    if (next.operation === 'uploadPackage' && answer.refusal) {
      return settled({ kind: 'refused', view: observer.view, error: answer });
    }
    lost ||= isUnclear && answer.effect !== 'none';
    if (answer.transient) {
      if (repeatable && attempt === WRITE_ATTEMPTS) throw answer;
      context.log(`  no answer (${answer.found}); ${repeatable ? 'sending again' : 'looking whether it took'}`);
      await clock.sleep(answer.retryAfterMs ?? backoffMs(attempt, clock), signal);
      if (repeatable) continue;
    }

    if (answer.refusal === 'not-allowed-in-state') observer.disprove();
    const gapsMs = answer.transient || answer.refusal ? UNTIL_NOT_TAKEN_MS : UNTIL_REPORTED_MS;
    const { view, effect } = await effectByReading(next, before, gapsMs, context);
    if (effect === 'shown') {
      if (!answer.transient && !answer.refusal)
        context.log(`  the portal shows its effect, though it said: ${answer.found}`);
      if (lost) observer.accept(next, true);
      return settled({ kind: lost ? 'took' : 'moved', view });
    }
    if (effect === 'elsewhere') {
      if (!answer.transient && !answer.refusal) throw answer;
      // Nothing is decided on a request that was not applied for: the lost application took.
      if (lost && next.operation === 'startApproval') {
        observer.accept(next, true);
        return settled({ kind: 'took', view });
      }
      // Somebody else acted; what was lost may take yet.
      return lost ? { kind: 'moved', view } : settled({ kind: 'moved', view });
    }
    if (answer.transient) {
      assertTellsDecision(next, before, lost, answer);
      if (attempt === WRITE_ATTEMPTS) throw answer;
      continue;
    }
    // Refused, though the readings show no change: an earlier sending whose answer was lost may be on its way.
    if (lost && answer.refusal && OWN_DOING.includes(answer.refusal)) {
      observer.accept(next);
      return settled({ kind: 'took', view: await untilShown(next, before, context) });
    }
    if (answer.refusal) return settled({ kind: 'refused', view, error: answer });
    throw answer;
  }
}

/**
 * A release that was rejected before and is rejected again at once looks the same where the portal tells no time: it is
 * not known whether a lost application was decided on, and a second one might be.
 */
function assertTellsDecision(next: Send, before: View, lost: boolean, cause: ReleaseError): void {
  const { release } = before;
  const isAgain = release?.state === 'rejected' || release?.state === 'withdrawn';
  if (!lost || next.operation !== 'startApproval' || !isAgain || tellsTimes(before)) return;
  throw new ReleaseError('effect-not-seen', {
    found: `The response to ${next.operation} was lost (${cause.found}), and the portal shows ${before.version} as ${STATES[release.state].words}, as before, without a time that would tell whether that is a new decision.`,
    todo: 'Look at the release in the portal, then run the step again.',
    cause,
  });
}

/** Whether the times of the releases can tell one change from another: they can be times, and are not all the same. */
function tellsTimes({ release, releases }: View): boolean {
  const ms = release?.modifiedAtMs;
  if (ms === undefined || ms < EARLIEST_MS) return false;
  const others = (releases ?? []).filter(({ version }) => version !== release?.version);
  return others.length === 0 || others.some(({ modifiedAtMs }) => modifiedAtMs !== ms);
}

function asReleaseError(error: unknown): ReleaseError {
  if (error instanceof ReleaseError) return error;
  throw error;
}

/** Reads until the portal shows the effect of what it accepted: two minutes at most, whatever single readings say. */
async function untilShown(next: Send, before: View, context: DriveContext): Promise<View> {
  const { clock, observer } = context;
  if (operationRow(next.operation).repeatable) return observer.view;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    const { view, why } = await tolerantly(() =>
      next.operation === 'createVersion' ? readVersion(context) : observer.read(),
    );
    if (view && isShown(next, before, view)) return view;
    if (view && next.operation !== 'createVersion' && observer.awaited === undefined) {
      assertRatio(next, view, context.show);
      return view;
    }
    if (clock.now() >= untilMs) return notShown(next, before, why, context);
    const gapMs = observer.doubt ? observer.confirmGapMs : Math.min(500 * 2 ** (attempt - 1), 10_000);
    await clock.sleep(Math.min(gapMs, untilMs - clock.now()), context.signal);
  }
}

/** Two minutes after a write that was accepted. */
function notShown(next: Send, before: View, why: string | undefined, { observer, show }: DriveContext): View {
  const seen = observer.lastSeen;
  // It is the status, not the effect, that needs a person: the plan says so.
  if (stateOf(observer.view) === 'unknown') return observer.view;
  const shows =
    why === undefined
      ? `the portal still shows ${before.version} as ${statusWords(seen, show)}`
      : `every look failed: ${why}`;
  throw new ReleaseError('effect-not-seen', {
    found: `The portal accepted ${effectWords(next)}, and two minutes later ${shows}.`,
  });
}

/** A ratio read back other than the one asked for is a failure. */
function assertRatio(next: Send, view: View, show: DriveContext['show']): void {
  if (next.operation !== 'startGrayscale' || stateOf(view) !== 'grayscale') return;
  const { ratioPercent, unreadableRatio } = view.release ?? {};
  if (unreadableRatio) throw unreadable(unreadableRatio, show);
  if (ratioPercent === next.ratioPercent) return;
  throw new ReleaseError('effect-not-seen', {
    found: `${next.ratioPercent}% was asked for, and the portal shows ${ratioPercent ?? 'no ratio'}${ratioPercent === undefined ? '' : '%'}: somebody else may have set it.`,
  });
}

/**
 * What readings show of a write of which the response says too little. More than one, since a replica may lag; and one
 * that does not show the release at all is no sign that the write did not take.
 */
async function effectByReading(
  next: Send,
  before: View,
  gapsMs: readonly number[],
  context: DriveContext,
): Promise<{ readonly view: View; readonly effect: 'shown' | 'not yet' | 'elsewhere' }> {
  const { clock, signal, observer } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (let unchanged = 0; ; ) {
    await clock.sleep(gapsMs[unchanged] ?? 0, signal);
    const view = next.operation === 'createVersion' ? await readVersion(context) : await settledRead(context);
    if (isShown(next, before, view)) return { view, effect: 'shown' };
    const isOther = standingOf(view.release) !== standingOf(before.release) && isKnown(stateOf(view));
    if (next.operation !== 'createVersion' && isOther) return { view, effect: 'elsewhere' };
    const isThere = before.release === undefined || observer.lastSeen.release !== undefined;
    if (isThere) unchanged++;
    if (unchanged === gapsMs.length) return { view, effect: 'not yet' };
    if (isThere) continue;
    if (clock.now() >= untilMs) {
      throw new ReleaseError('effect-not-seen', {
        found: `It is not known whether ${effectWords(next)} took: for two minutes the portal does not show ${before.version} at all.`,
      });
    }
    await clock.sleep(2_000, signal);
  }
}

async function readVersion(context: DriveContext): Promise<View> {
  const { portal, observer } = context;
  // It reads the versions, not the releases.
  const view = await succeeding(
    async () => ({ ...(await lookAtVersion(portal, observer.view)), wholeReads: 0 }),
    context,
  );
  return view.uploaded ? observer.consider(view) : observer.view;
}

/** Whether a snapshot shows that the operation took. */
function isShown(next: Send, before: View, view: View): boolean {
  if (next.operation === 'createVersion') return Boolean(view.uploaded);
  return effectOf(next, before.release, view.release) === 'shown';
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
  readonly failed: FailedReads | undefined;
}

/**
 * Reads until the release leaves the review or the time is over. No failed reading ends it; lost credentials do. One
 * that contradicts is confirmed first.
 */
async function waitForApproval(stage: Stage, memory: Memory, context: DriveContext): Promise<Waited> {
  const { clock, observer } = context;
  const startMs = clock.now();
  const untilMs = startMs + context.approvalTimeoutMs;
  let failed: Waited['failed'];
  let lastGoodMs = startMs;
  if (context.approvalTimeoutMs > 0) await context.onWait(observer.view);
  for (let looks = 1; ; looks++) {
    const nowMs = clock.now();
    const { view } = observer;
    if (nowMs >= untilMs) return { view, ended: false, failed };
    const gap = observer.doubt ? observer.confirmGapMs : gapMs(nowMs - startMs, looks === 1, clock);
    await clock.sleep(Math.min(gap, untilMs - nowMs), context.signal);
    const seen = await tolerantly(() => observer.read('once'));
    const waitedMs = clock.now() - startMs;
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    context.log(
      `look ${looks}: ${shownWords(seen, 'waiting', context)}; waited ${formatDuration(waitedMs)}, ${left} left`,
    );
    if (!seen.view) {
      failed = { count: (failed?.count ?? 0) + 1, why: seen.why ?? '', lastGoodMs };
      continue;
    }
    failed = undefined;
    lastGoodMs = clock.now();
    const next = plan(stage, seen.view, context.plan, memory, clock.now());
    if (next.kind !== 'wait' && next.kind !== 'look') return { view: seen.view, ended: true, failed };
  }
}

function shownWords(seen: { view?: View; why?: string }, still: string, { observer, show }: DriveContext): string {
  const { doubt, lastSeen } = observer;
  if (!seen.view) return `the look failed (${seen.why}), still ${still}`;
  if (doubt !== undefined) return `the portal shows ${statusWords(lastSeen, show)}, to be confirmed`;
  if (standingOf(seen.view.release) === standingOf(lastSeen.release)) return statusWords(seen.view, show);
  return `the portal shows ${statusWords(lastSeen, show)}, which is stale; still ${still}`;
}

/** Holds the ratio until then, calling the health check and watching that nobody takes the release away. */
async function soak(
  untilMs: number,
  memory: Memory,
  context: DriveContext,
): Promise<{ readonly view: View; readonly end?: StageEnd }> {
  const { clock, observer, signal, gate } = context;
  const startMs = clock.now();
  const first = observer.view;
  const isElsewhere = (view: View) => isKnown(stateOf(view)) && standingOf(view.release) !== standingOf(first.release);
  await context.onWait(first);
  let looks = 0;
  for (let lookMs = startMs + gapMs(0, true, clock); clock.now() < untilMs; ) {
    const dueMs = Math.min(lookMs, gate?.nextMs ?? untilMs, untilMs);
    await clock.sleep(Math.max(dueMs - clock.now(), 0), signal);
    const isOver = clock.now() >= untilMs;
    if (gate && !isOver && clock.now() >= gate.nextMs) {
      const verdict = await gate.check(momentOf(observer.view, memory, context));
      if (verdict === 'halted') {
        const view = await lastView(context);
        return { view, end: { kind: 'halted', view, why: 'bad' } };
      }
    }
    if (clock.now() < lookMs && !isOver) continue;
    const seen = await tolerantly(() => observer.read('once'));
    const left = formatDuration(Math.max(untilMs - clock.now(), 0));
    context.log(`soak ${++looks}: ${shownWords(seen, 'holding', context)}; ${left} left`);
    if (seen.view && isElsewhere(seen.view)) return { view: seen.view };
    lookMs = clock.now() + (observer.doubt ? observer.confirmGapMs : gapMs(clock.now() - startMs, false, clock));
  }
  // A hold period ends with a good response, the last one too.
  const passage = await gate?.pass(momentOf(observer.view, memory, context));
  const end = await endBy(passage, context);
  if (end) return { view: end.view, end };
  // Nothing goes on without a reading that shows the release, and what a wait outlives ends no hold period.
  for (const lastMs = clock.now() + OUTAGE_TIMEOUT_MS; ; ) {
    const seen = await tolerantly(() => observer.read());
    const isClear = seen.view && standingOf(observer.lastSeen.release) === standingOf(seen.view.release);
    if (isClear && stateOf(observer.view) !== 'busy') return { view: observer.view };
    if (clock.now() >= lastMs) {
      throw new ReleaseError('portal-unreachable', {
        found: `Ten minutes after the hold period the portal still shows no clear state: ${shownWords(seen, 'holding', context)}.`,
      });
    }
    context.log(`${shownWords(seen, 'holding', context)}`);
    await clock.sleep(observer.doubt ? observer.confirmGapMs : 10_000, signal);
  }
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

function statusWords(view: View, show: DriveContext['show']): string {
  const state = stateOf(view);
  if (!isKnown(state)) return `${state} (the portal says ${show(view.release?.portalStatus ?? '')})`;
  const { ratioPercent } = view.release ?? {};
  const ratio = state === 'grayscale' && ratioPercent !== undefined ? ` at ${ratioPercent}%` : '';
  return STATES[state].words + ratio;
}

// --- The canary's health ---------------------------------------------------------------------------------------------

/** Right before each call of an increase, and before the official release that follows a rollout. */
function asksForHealth(next: Send, view: View): boolean {
  if (next.operation === 'goOnline') return stateOf(view) === 'grayscale';
  return next.operation === 'setRatio' || next.operation === 'startGrayscale';
}

/** A run that goes on with a rollout of an earlier one, and held no ratio itself. */
function isResumed(memory: Memory, { plan }: DriveContext): boolean {
  return plan.soakMode === 'resume' && !memory.held?.raised;
}

/** The ratio in effect, and since when. */
function momentOf(view: View, memory: Memory, { gate, clock }: DriveContext): Moment {
  const { ratioPercent, sinceMs } = rolloutOf(view, memory, clock.now());
  return gate?.momentOf(ratioPercent, sinceMs) ?? { ratioPercent, sinceMs: sinceMs ?? clock.now() };
}

/** How the stage ends where the canary may not go on. */
async function endBy(passage: Passage | undefined, context: DriveContext): Promise<StageEnd | undefined> {
  if (passage === undefined || passage === 'good' || passage === 'recovered') return undefined;
  const view = await lastView(context);
  if (passage === 'pending') return { kind: 'pending', view, what: 'a good response of the health check' };
  return { kind: 'halted', view, why: passage };
}

/** The release as it is after a wait for the health check, which may have taken minutes. */
async function lastView({ observer }: DriveContext): Promise<View> {
  await tolerantly(() => observer.read('once'));
  return observer.view;
}
