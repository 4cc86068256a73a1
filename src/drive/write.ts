/**
 * Sends a write until it is settled what became of it. Here promise 1 is kept: what the portal accepted is never sent
 * again, and a write whose response was lost is not sent again before readings have shown that it did not take.
 */

import { backoffMs } from '../lib/clock.ts';
import { type Refusal, ReleaseError } from '../lib/errors.ts';
import type { WriteFields } from '../portal/port.ts';
import { callRow, does } from '../release/folds.ts';
import { STATES } from '../release/lifecycle.ts';
import type { Outcome } from '../release/outcome.ts';
import { type Memory, type Send, unreadableError } from '../release/plan.ts';
import { EARLIEST_MS, isKnown, type Snapshot, stateOf } from '../release/snapshot.ts';
import { momentOf, needsHealth, outcomeOfPassage } from './canary.ts';
import type { DriveContext } from './context.ts';
import { effectOf, standingOf, staysInState, type Write } from './effect.ts';
import { observeVersion } from './observe.ts';
import { EFFECT_TIMEOUT_MS, formatStatus, settledRead, succeeding, tolerantly } from './reading.ts';

const WRITE_ATTEMPTS = 6;

/** Readings that show no effect before a write whose response was lost counts as not taken, and the gaps before them. */
const UNTIL_NOT_TAKEN_MS = [0, 2_000, 3_000] as const;

/** Before a response of no clear kind is reported as a failure, more: nothing else will be sent. */
const UNTIL_REPORTED_MS = [...UNTIL_NOT_TAKEN_MS, 5_000] as const;

type Sent =
  | { readonly kind: 'took'; readonly artifacts?: readonly string[] }
  /** It did not take and the release stands elsewhere now: plan anew. */
  | { readonly kind: 'moved' }
  /** Before it was sent again, the canary was not good. */
  | { readonly kind: 'stopped'; readonly outcome: Outcome }
  | { readonly kind: 'refused'; readonly error: ReleaseError };

/** Sends one operation, in as many calls as it takes, and reads until the portal shows its effect. */
export async function send(next: Send, memory: Memory, context: DriveContext): Promise<Sent> {
  const { observer } = context;
  const before = observer.snapshot;
  const { words, repeatable } = callRow(next);
  const besides = next.folded ? `, which does ${next.folded.join(' and ')} as well` : '';
  context.log(`${words}${next.ratioPercent ? `: ${next.ratioPercent}%` : ''} (${next.operation}${besides})`);
  const batches = batchesOf(next, context);
  let sent: Sent = { kind: 'moved' };
  for (const [index, userIds] of batches.entries()) {
    sent = await sendOnce(next, before, fieldsOf(next, before, memory, userIds, context), memory, context);
    if (sent.kind !== 'took') return sent;
    if (batches.length > 1) context.log(`  batch ${index + 1} of ${batches.length} added`);
  }
  // What no reading can show ends in one all the same: the release may have been taken away meanwhile.
  if (repeatable && next.operation !== 'uploadPackage') await settledRead(context);
  return sent;
}

/** What a portal says to a write that shows its effect already: it may be the answer to our own, sent before. */
const OWN_DOING: readonly Refusal[] = ['not-allowed-in-state', 'exists-already', 'ratio-must-increase'];

function fieldsOf(
  next: Send,
  snapshot: Snapshot,
  memory: Memory,
  userIds: readonly string[],
  context: DriveContext,
): WriteFields {
  const artifacts = (next.operation === 'createVersion' ? memory.packageSent : snapshot.uploaded?.artifacts) ?? [];
  if (does(next, 'createRelease') && snapshot.uploaded?.unreadableArtifacts) {
    throw unreadableError(snapshot.uploaded.unreadableArtifacts, context.show);
  }
  return {
    version: snapshot.version,
    releaseNotes: context.releaseNotes,
    userIds,
    artifacts,
    ...(next.ratioPercent && { ratioPercent: next.ratioPercent }),
    ...(context.package && does(next, 'uploadPackage') && { package: context.package }),
  };
}

/** One write, until it is settled what became of it. */
async function sendOnce(
  next: Send,
  before: Snapshot,
  fields: WriteFields,
  memory: Memory,
  context: DriveContext,
): Promise<Sent> {
  const { clock, signal, observer } = context;
  const { repeatable } = callRow(next);
  /** That something changed is told as soon as the portal accepted it, and once. */
  let isReported = false;
  const settled = async (sent: Sent): Promise<Sent> => {
    await context.emit({ kind: 'unsettled', write: undefined });
    if (sent.kind === 'took' && !isReported) await context.emit({ kind: 'changed' });
    return sent;
  };
  // Whether an earlier sending may have taken, or may still take.
  let lost = false;
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1 && needsHealth(next, before)) {
      const passage = await context.gate?.pass(momentOf(before, memory, context));
      const outcome = await outcomeOfPassage(passage, context);
      if (outcome) return { kind: 'stopped', outcome };
      // It took its time to recover: meanwhile the write may have taken, or somebody else acted.
      if (passage === 'recovered') {
        const effect = await effectByReading(next, before, [0], context);
        if (effect === 'shown') observer.accept(next, true);
        if (effect === 'shown') return settled({ kind: 'took' });
        if (effect === 'elsewhere') return { kind: 'moved' };
      }
    }
    const tookBy = (snapshot: Snapshot) => (repeatable ? undefined : showsEffect(next, before, snapshot));
    await context.emit({ kind: 'unsettled', write: { operation: next.operation, tookBy } });
    const { publishId } = observer;
    const named = { ...fields, ...(publishId !== undefined && { publishId }) };
    const answer = await context.portal.write(next.operation, named).catch(asReleaseError);
    if (!(answer instanceof ReleaseError)) {
      observer.accept(next);
      await context.emit({ kind: 'changed' });
      isReported = true;
      await untilShown(next, before, context);
      return settled({ kind: 'took', ...(answer.artifacts && { artifacts: answer.artifacts }) });
    }
    const isUnclear = answer.transient || answer.effect !== 'none';
    if (!isUnclear && !answer.refusal) {
      if (!lost) await context.emit({ kind: 'unsettled', write: undefined });
      throw answer;
    }
    if (repeatable && !answer.transient && !answer.refusal) throw answer;
    if (next.operation === 'uploadPackage' && answer.refusal) {
      return settled({ kind: 'refused', error: answer });
    }
    lost ||= isUnclear && answer.effect !== 'none';
    if (answer.transient) {
      if (repeatable && attempt === WRITE_ATTEMPTS) throw answer;
      context.log(`  no response (${answer.found}); ${repeatable ? 'retrying' : 'checking whether the portal did it'}`);
      await clock.sleep(answer.retryAfterMs ?? backoffMs(attempt, clock), signal);
      if (repeatable) continue;
    }

    if (answer.refusal === 'not-allowed-in-state') observer.disprove();
    const gapsMs = answer.transient || answer.refusal ? UNTIL_NOT_TAKEN_MS : UNTIL_REPORTED_MS;
    const effect = await effectByReading(next, before, gapsMs, context);
    if (effect === 'shown') {
      if (!answer.transient && !answer.refusal)
        context.log(`  the portal shows its effect, although it responded: ${answer.found}`);
      if (lost) observer.accept(next, true);
      return settled({ kind: lost ? 'took' : 'moved' });
    }
    if (effect === 'elsewhere') {
      if (!answer.transient && !answer.refusal) throw answer;
      // Nothing is decided on a request that was not applied for: the lost application took.
      if (lost && next.operation === 'startApproval') {
        observer.accept(next, true);
        return settled({ kind: 'took' });
      }
      // Somebody else acted; what was lost may take yet.
      return lost ? { kind: 'moved' } : settled({ kind: 'moved' });
    }
    if (answer.transient) {
      if (lost) {
        assertTellsDecision(next, before, answer);
        assertTellsUserIds(next, before, answer);
      }
      if (attempt === WRITE_ATTEMPTS) throw answer;
      continue;
    }
    // Refused, though the readings show no change: an earlier sending whose answer was lost may be on its way.
    if (lost && answer.refusal && OWN_DOING.includes(answer.refusal)) {
      observer.accept(next);
      await untilShown(next, before, context);
      return settled({ kind: 'took' });
    }
    if (answer.refusal) return settled({ kind: 'refused', error: answer });
    throw answer;
  }
}

/** Promise 1: nothing that the portal accepted in this run is sent again. */
export function assertNotAccepted(next: Send, { observer, portal, show }: DriveContext): void {
  const { snapshot } = observer;
  if (callRow(next).repeatable || !observer.wasAccepted(next)) return;
  throw new ReleaseError('effect-not-seen', {
    found: `The portal accepted ${formatWrite(next)} in this run, and now shows ${snapshot.version} as ${formatStatus(snapshot, show)}; it is not sent again.`,
    todo: portal.supports('releaseHistory')
      ? 'Check the release and its history in the portal, then run the step again.'
      : 'Check the release in the portal, then run the step again.',
  });
}

/**
 * A release that was rejected before and is rejected again at once looks the same where the portal tells no time: it is
 * not known whether a lost application was decided on, and a second one might be.
 */
function assertTellsDecision(next: Send, before: Snapshot, cause: ReleaseError): void {
  const { release } = before;
  const isAgain = release?.state === 'rejected' || release?.state === 'withdrawn';
  if (next.operation !== 'startApproval' || !isAgain || tellsTimes(before)) return;
  throw new ReleaseError('effect-not-seen', {
    found: `The response to ${next.operation} was lost (${cause.found}), and the portal shows ${before.version} as ${STATES[release.state].words}, as before, without a time that would tell whether that is a new decision.`,
    todo: 'Check the release in the portal, then run the step again.',
    cause,
  });
}

/**
 * User IDs that the call for a running test carries: only their number shows that it took, since the state stays and a
 * portal need not count an addition as a change of the release.
 */
function assertTellsUserIds(next: Send, { version, release }: Snapshot, cause: ReleaseError): void {
  if (!staysInState(next, release) || release?.whitelistCount !== undefined) return;
  throw new ReleaseError('effect-not-seen', {
    found: `The response to ${next.operation} was lost (${cause.found}), and the portal does not show how many user IDs the whitelist of ${version} holds, which would tell whether it took.`,
    todo: 'Check the whitelist in the portal, then run the step again. You can name the field that holds the number in your portal profile, at release.whitelistCount (docs/portal.md).',
    cause,
  });
}

/** Whether the times of the releases can tell one change from another: they can be times, and are not all the same. */
function tellsTimes({ release, releases }: Snapshot): boolean {
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
async function untilShown(next: Send, before: Snapshot, context: DriveContext): Promise<void> {
  const { clock, observer } = context;
  if (callRow(next).repeatable) return;
  if (staysInState(next, before.release)) {
    await settledRead(context);
    return;
  }
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    const { snapshot, why } = await tolerantly(() => (isShownByVersion(next) ? readVersion(context) : observer.read()));
    if (snapshot && showsEffect(next, before, snapshot)) return;
    if (snapshot && !isShownByVersion(next) && observer.awaited === undefined && !isRatioLate(next, before, snapshot)) {
      assertRatioShown(next, snapshot, context.show);
      return;
    }
    if (clock.now() >= untilMs) return assertShown(next, before, why, context);
    const gapMs = observer.doubt ? observer.confirmGapMs : Math.min(100 * 2 ** (attempt - 1), 10_000);
    await clock.sleep(Math.min(gapMs, untilMs - clock.now()), context.signal);
  }
}

/** Two minutes after a write that was accepted. */
function assertShown(next: Send, before: Snapshot, why: string | undefined, { observer, show }: DriveContext): void {
  const seen = observer.lastSeen;
  // A status that is not mapped is the plan's to report: adding it to the profile comes first.
  if (stateOf(observer.snapshot) === 'unknown') return;
  const shown = seen.release
    ? `the portal still shows ${before.version} as ${formatStatus(seen, show)}`
    : `the portal does not list ${before.version}`;
  const shows = why === undefined ? shown : `every check failed: ${why}`;
  throw new ReleaseError('effect-not-seen', {
    found: `The portal accepted ${formatWrite(next)}, and two minutes later ${shows}.`,
  });
}

/** A ratio read back other than the one asked for is a failure. */
function assertRatioShown(next: Send, snapshot: Snapshot, show: DriveContext['show']): void {
  if (callRow(next).shownBy !== 'ratio' || stateOf(snapshot) !== 'grayscale') return;
  const { ratioPercent, unreadableRatio } = snapshot.release ?? {};
  if (unreadableRatio) throw unreadableError(unreadableRatio, show);
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
  before: Snapshot,
  gapsMs: readonly number[],
  context: DriveContext,
): Promise<'shown' | 'not yet' | 'elsewhere'> {
  const { clock, signal, observer } = context;
  const untilMs = clock.now() + EFFECT_TIMEOUT_MS;
  for (let unchanged = 0; ; ) {
    await clock.sleep(gapsMs[unchanged] ?? 0, signal);
    const snapshot = isShownByVersion(next) ? await readVersion(context) : await settledRead(context);
    if (showsEffect(next, before, snapshot)) return 'shown';
    const isOther = standingOf(snapshot.release) !== standingOf(before.release) && isKnown(stateOf(snapshot));
    if (!isShownByVersion(next) && isOther) return 'elsewhere';
    const isThere = before.release === undefined || observer.lastSeen.release !== undefined;
    if (isThere) unchanged++;
    if (unchanged === gapsMs.length) return 'not yet';
    if (isThere) continue;
    if (clock.now() >= untilMs) {
      throw new ReleaseError('effect-not-seen', {
        found: `It is not known whether ${formatWrite(next)} took: for two minutes the portal does not show ${before.version} at all.`,
      });
    }
    await clock.sleep(2_000, signal);
  }
}

async function readVersion(context: DriveContext): Promise<Snapshot> {
  const { portal, observer } = context;
  // It reads the versions, not the releases.
  const snapshot = await succeeding(
    async () => ({ ...(await observeVersion(portal, observer.snapshot)), wholeReads: 0 }),
    context,
  );
  return snapshot.uploaded ? observer.consider(snapshot) : observer.snapshot;
}

/** Whether it is the list of versions that shows its effect. */
function isShownByVersion(next: Send): boolean {
  return callRow(next).shownBy === 'version';
}

/** Whether the rollout is shown, and its ratio is not yet: it may follow the state, whatever the time of the change says. */
function isRatioLate(next: Send, before: Snapshot, { release }: Snapshot): boolean {
  if (callRow(next).shownBy !== 'ratio' || release?.state !== 'grayscale' || release.unreadableRatio) return false;
  return effectOf(next, before.release, release) === 'not yet';
}

/** Whether a snapshot shows that the operation took. */
function showsEffect(next: Send, before: Snapshot, snapshot: Snapshot): boolean {
  if (isShownByVersion(next)) return Boolean(snapshot.uploaded);
  return effectOf(next, before.release, snapshot.release) === 'shown';
}

/** A call that does more than add the user IDs carries all of them: it is not sent twice. */
function batchesOf(next: Send, { userIds, portal }: DriveContext): readonly (readonly string[])[] {
  if (next.operation === 'addWhitelist') return inBatches(userIds, portal.whitelistBatch);
  return [does(next, 'addWhitelist') ? userIds : []];
}

function inBatches(userIds: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(userIds.length / size) }, (_, at) => userIds.slice(at * size, (at + 1) * size));
}

function formatWrite({ operation, ratioPercent }: Write): string {
  return ratioPercent === undefined ? operation : `${operation} ${ratioPercent}%`;
}
