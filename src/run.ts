/** A run on one screen: preflight, observe, simulate, drive, report. */

import { eventReleaseNotes, readContext } from './action/context.ts';
import type { Inputs } from './action/inputs.ts';
import { checkedInputs, readUserIds } from './action/preflight.ts';
import { findVersion, versionAskedFor } from './action/which-version.ts';
import { healthGate, openBuild, planOptions, tagSources, versionSources, warningOfUnmapped } from './assemble.ts';
import type { ProcessDependencies, RunDependencies } from './dependencies.ts';
import type { DriveContext } from './drive/context.ts';
import { firstSnapshot } from './drive/first-snapshot.ts';
import { observe, observeVersion } from './drive/observe.ts';
import { createObserver, type Observer } from './drive/observer.ts';
import { createNotifier } from './github/notifier.ts';
import { Cancelled, ReleaseError } from './lib/errors.ts';
import { createLog } from './lib/log.ts';
import { createRedactor, shownBy } from './lib/redaction/redactor.ts';
import { USER_AGENT } from './lib/user-agent.ts';
import { OUR_WORDS } from './our-words.ts';
import type { Package } from './package/package.ts';
import { type Connection, connect } from './portal/connect.ts';
import type { Portal } from './portal/port.ts';
import { assertSupported, openProfile } from './portal/profile/open.ts';
import { type Profile, templateIn } from './portal/profile/profile.ts';
import { noticeOfInferred, withInferred } from './release/certainty.ts';
import { STAGES, type Stage, stageRow, type WriteOperation } from './release/lifecycle.ts';
import type { Outcome } from './release/outcome.ts';
import { isFirstRelease, liveOf, stateOf } from './release/snapshot.ts';
import type { Report } from './report/report.ts';
import { newRecord, type RunEvent, type RunRecord, recorded } from './report/run-record.ts';

export interface RunResult {
  readonly exitCode: 0 | 1;
  readonly report: Report;
}

const rest = () => import('./rest.ts');

/** Runs the step. Resolves with its exit code and report after all outputs are written. */
export async function run(own: ProcessDependencies): Promise<RunResult> {
  const redactor = createRedactor(OUR_WORDS);
  const { redactSentence } = redactor;
  const show = shownBy(redactor);
  const log = createLog(own.write, redactSentence);
  const context = readContext(own.environment, own.workspace, own.tempDir);
  const parts = { ...own, context, log, redactor, show, userAgent: USER_AGENT };
  const notify = createNotifier(parts);
  const over = new AbortController();
  const signal = AbortSignal.any([own.signal, over.signal]);

  let record: RunRecord = newRecord(context, own.clock.now());
  const reportNow = async (outcome: Outcome) => {
    const { reportOf, withoutSecrets } = await rest();
    return withoutSecrets(reportOf({ ...record, outcome }, own.clock.now(), show), { show, redactSentence });
  };
  const emit = async (event: RunEvent) => {
    if (event.kind === 'unsettled' && event.write) {
      const text = noticeBefore(event.write.operation, record);
      if (text !== undefined && !record.notices.includes(text)) await emit({ kind: 'notice', text });
    }
    record = recorded(record, event);
    if (event.kind === 'notice') log[event.isWarning ? 'warning' : 'notice'](event.text);
    if (event.kind !== 'waiting' || !record.inputs) return;
    const { snapshot, untilMs } = event;
    const what = stateOf(snapshot) === 'grayscale' ? 'the end of the hold period' : 'the approval';
    const pending: Outcome = { kind: 'pending', what, ...(untilMs !== undefined && { untilMs }) };
    await notify(await reportNow(pending), record.inputs, 'waiting');
  };
  // The first request is on its way by then.
  setImmediate(() => void rest());
  const outcome = await outcomeOf({ ...parts, signal, emit }, own.signal, () => record);
  // After a crash the release would continue in the background while its end is reported; nothing more must be written.
  over.abort();

  const { conclude, isGreen, publish } = await rest();
  const report = await reportNow(outcome);
  const green = isGreen(report, record.inputs);
  conclude(report, green, log);
  await publish(report, {
    tempDir: context.tempDir,
    warn: log.warning,
    hasOutputFile: Boolean(own.environment['GITHUB_OUTPUT']),
    summaryFile: own.environment['GITHUB_STEP_SUMMARY'],
  });
  if (record.inputs) await notify(report, record.inputs, 'end');
  return { exitCode: green ? 0 : 1, report };
}

/** The notice before a write to a real portal whose call is only inferred; else undefined. */
function noticeBefore(operation: WriteOperation, { inputs, profile }: RunRecord): string | undefined {
  const call = profile && templateIn(profile, operation);
  if (!call || inputs?.portal.kind !== 'url') return undefined;
  return noticeOfInferred(operation, profile.operations, `${call.method} ${profile.basePath}${call.path}`);
}

async function outcomeOf(run: RunDependencies, cancelled: AbortSignal, record: () => RunRecord): Promise<Outcome> {
  try {
    const inputs = await checkedInputs(run);
    await run.emit({ kind: 'inputs', inputs });
    const ends = [release(inputs, run, record), givenUp(cancelled)];
    if (run.crashed !== undefined) ends.push(run.crashed);
    return await Promise.race(ends);
  } catch (error) {
    if (error instanceof Cancelled) return { kind: 'cancelled' };
    if (error instanceof ReleaseError) return { kind: 'failed', error };
    const found =
      error instanceof Error ? `${error.name}: ${run.show(error.message)}.` : 'Something that is no error was thrown.';
    return { kind: 'failed', error: new ReleaseError('internal', { found, cause: error }) };
  }
}

/**
 * A write that is in progress has 2 s to finish and the last reading 1.5 s. If both are over, the run does not end by
 * itself.
 */
const GIVE_UP_AFTER_MS = 3_800;
const LAST_READING_MS = 1_500;

/** Rejects if a cancelled run has not ended by itself, so that the report is written within 5 s. */
function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const start = () => setTimeout(() => reject(new Cancelled()), GIVE_UP_AFTER_MS).unref();
    if (signal.aborted) start();
    else signal.addEventListener('abort', start, { once: true });
  });
}

/**
 * Runs the requested stages with valid inputs.
 * @throws {ReleaseError}
 * @throws {Cancelled}
 */
async function release(inputs: Inputs, run: RunDependencies, record: () => RunRecord): Promise<Outcome> {
  const { context, emit } = run;
  const profile = await openProfile(profilePath(inputs), context.workspace, context.tempDir);
  await emit({ kind: 'profile', profile });
  const userIds = await readUserIds(inputs, run);
  await emit({ kind: 'user-ids', count: userIds.length });
  const askedFor = await versionAskedFor(inputs, context, tagSources(inputs, run));
  const connection = await connect({
    ...run,
    inputs,
    profile,
    askedFor,
    onCall: (call) => void emit({ kind: 'call', call }),
  });
  const { portal } = connection;
  const needsLogin = inputs.portal.kind === 'url' && !inputs.session && profile.login.by !== 'browser';
  let build: Package | undefined;
  let observer: Observer | undefined;
  try {
    build = await openBuild(inputs, run);
    assertSupported(profile, inputs.stages, needsLogin);
    const version = askedFor ?? (await findVersion(inputs, context, versionSources(portal, run)));
    run.redactor.keep(version ? [version] : []);
    const first = await firstSnapshot(inputs, version, { portal, profile }, run);
    observer = createObserver(
      first.snapshot,
      portal,
      run.clock,
      (snapshot) => void emit({ kind: 'snapshot', snapshot }),
    );
    await emit({ kind: 'snapshot', snapshot: first.snapshot });
    for (const text of first.notices) await emit({ kind: 'notice', text });
    const warning = warningOfUnmapped(inputs, first.snapshot, run.show);
    if (warning) await emit({ kind: 'notice', text: warning, isWarning: true });
    const outcome = await carryOut(inputs, first.outcome, { portal, profile, observer, userIds, build }, run, record);
    await readListAgain(outcome, observer);
    await readHistory(inputs, outcome, observer, portal, run);
    return outcome;
  } catch (error) {
    if (observer && (error instanceof Cancelled || record().unsettled))
      await readOnceMore(connection, observer, run, record);
    throw error;
  } finally {
    await connection.close();
    await build?.close();
  }
}

/** The path of the portal profile, or of the sandbox's dialect, which the client uses as well. */
function profilePath({ portal, portalProfile }: Inputs): string | undefined {
  return portal.kind === 'sandbox' ? portal.options.dialect : portalProfile;
}

interface Means {
  readonly portal: Portal;
  readonly profile: Profile;
  readonly observer: Observer;
  readonly userIds: readonly string[];
  readonly build: Package | undefined;
}

/** Simulates all stages on the first snapshot, and only then drives each of them. */
async function carryOut(
  inputs: Inputs,
  known: Outcome | undefined,
  means: Means,
  run: RunDependencies,
  record: () => RunRecord,
): Promise<Outcome> {
  const { log, emit } = run;
  const { profile } = means;
  const { driveStage, simulateForSure, untilSettled, ABOUT_INFERRED, formatSimulated, hasInferred } = await rest();
  const [firstStage] = inputs.stages;
  if (known) return ended(firstStage, known, false, run);
  const drive: DriveContext = {
    ...means,
    ...run,
    package: means.build,
    plan: planOptions(inputs, run.show, means.portal, means.userIds),
    approvalTimeoutMs: inputs.approvalTimeoutMs,
    releaseNotes: inputs.releaseNotes ?? eventReleaseNotes(run.context) ?? '',
    gate: await healthGate(inputs, means.observer.snapshot.version, run),
    log: log.info,
  };
  if (firstStage && stageRow(firstStage).only === undefined) await untilSettled(drive);
  const { steps: simulated, end } = await simulateForSure(inputs.stages, drive);
  // The sandbox is made for the calls of the profile, so none of them is uncertain there.
  const steps = inputs.portal.kind === 'url' ? withInferred(simulated, profile.operations) : simulated;
  await emit({ kind: 'simulated', steps });
  if (end) return ended(inputs.stages[steps.length], end, false, run);
  if (inputs.dryRun) {
    for (const step of steps) log.info(`would run ${step.stage}: ${formatSimulated(step)}`);
    if (steps.some(hasInferred)) log.info(ABOUT_INFERRED);
    return { kind: 'planned' };
  }
  for (const stage of inputs.stages) {
    log.group(`${stage}: ${STAGES[stage].portalWords}`);
    const { changes } = record();
    const outcome = await driveStage(stage, drive).finally(log.endGroup);
    await ended(stage, outcome, record().changes > changes, run);
    if (outcome.kind !== 'reached') return outcome;
  }
  return { kind: 'reached' };
}

/** Adds the outcome of a stage to the run record. */
async function ended(
  stage: Stage | undefined,
  outcome: Outcome,
  changed: boolean,
  { emit }: RunDependencies,
): Promise<Outcome> {
  if (outcome.kind === 'pending' && outcome.failed) {
    const { formatLastReading } = await rest();
    await emit({ kind: 'notice', text: formatLastReading(outcome.failed) });
  }
  if (outcome.kind === 'reached' && outcome.notice) await emit({ kind: 'notice', text: outcome.notice });
  if (stage === undefined || outcome.kind === 'failed') return outcome;
  if (outcome.kind === 'reached') {
    const { awaited } = outcome;
    await emit({
      kind: 'stage-ended',
      stage,
      outcome: changed || awaited ? 'done' : 'unchanged',
      ...(awaited && { awaited }),
    });
  } else
    await emit({ kind: 'stage-ended', stage, outcome: outcome.kind === 'unknown-status' ? 'refused' : outcome.kind });
  return outcome;
}

// --- The end -------------------------------------------------------------------------------------------------

/**
 * Reads the state of the release once more after a run that was cancelled or whose last write is uncertain. A failure
 * is only logged.
 */
async function readOnceMore(
  { lastLook }: Connection,
  observer: Observer,
  { log, emit }: RunDependencies,
  record: () => RunRecord,
): Promise<void> {
  const { snapshot } = observer;
  const { unsettled } = record();
  if (snapshot.version === '') return;
  try {
    const seen = await lastLook(LAST_READING_MS, async (portal) =>
      unsettled?.operation === 'createVersion'
        ? { ...(await observeVersion(portal, snapshot, 'once')), wholeReads: 0 }
        : observe(portal, snapshot.version, { patience: 'once' }),
    );
    observer.consider(seen);
    if (!unsettled?.tookBy(seen)) return;
    await emit({ kind: 'changed' });
    // A write whose effect is not shown may still take effect, so it stays unsettled.
    await emit({ kind: 'unsettled', write: undefined });
  } catch (error) {
    log.info(`The last check failed (${error instanceof ReleaseError ? error.found : 'out of time'}).`);
  }
}

/** Reads the list once more after a step that read it only once: two readings are needed to report a first release. */
async function readListAgain(outcome: Outcome, observer: Observer): Promise<void> {
  const { snapshot } = observer;
  const isOpen = liveOf(snapshot).kind === 'none' && isFirstRelease(snapshot) === undefined;
  if (!isOpen || (outcome.kind !== 'reached' && outcome.kind !== 'planned')) return;
  await observer.read('once', 'live').catch((error) => {
    if (!(error instanceof ReleaseError)) throw error;
  });
}

/**
 * Reads the approval's history for a step that only reads or waits, and after a rejection. A failure is only logged.
 */
async function readHistory(
  inputs: Inputs,
  outcome: Outcome,
  observer: Observer,
  portal: Portal,
  { log, emit }: RunDependencies,
): Promise<void> {
  const isWanted = inputs.stages.some((stage) => stageRow(stage).only !== undefined) || outcome.kind === 'rejected';
  const { snapshot } = observer;
  if (!isWanted || !snapshot.release || !portal.supports('releaseHistory')) return;
  try {
    const patience = outcome.kind === 'pending' ? 'once' : 'retry';
    await emit({ kind: 'history', history: await portal.releaseHistory(snapshot.release, patience) });
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    log.info(`The history could not be read: ${error.found}`);
  }
}
