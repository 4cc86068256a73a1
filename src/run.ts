/** The story on one screen: parse, observe, plan, drive, report. */

import { eventReleaseNotes, readContext } from './action/context.ts';
import type { Inputs } from './action/inputs.ts';
import { assertSpoken, checkedInputs, openBuild, openProfile, readUserIds } from './action/preflight.ts';
import { findVersion, namedVersion, type VersionSources } from './action/which-version.ts';
import type { ProcessDependencies, RunDependencies } from './dependencies.ts';
import { type DriveContext, driveStage, type FailedReads, unreadable, untilSettled } from './drive/driver.ts';
import { depthFor, firstSnapshot } from './drive/first-snapshot.ts';
import { HealthGate } from './drive/health-gate.ts';
import { observe, observeVersion, someVersions } from './drive/observe.ts';
import { createObserver, type Observer } from './drive/observer.ts';
import { createTeller, tagsOf } from './github/notifier.ts';
import { Cancelled, ReleaseError } from './lib/errors.ts';
import { formatTime } from './lib/format.ts';
import { createLog, type Log } from './lib/log.ts';
import { createRedactor, shownBy } from './lib/redaction/redactor.ts';
import { OUR_WORDS } from './our-words.ts';
import type { Package } from './package/package.ts';
import { type Connection, connect } from './portal/connect.ts';
import type { Portal, UploadSource } from './portal/port.ts';
import { USER_AGENT } from './portal/transport.ts';
import { STAGES } from './release/lifecycle.ts';
import { type PlanOptions, simulate } from './release/plan.ts';
import { isFirstRelease, liveOf, merged, type Snapshot, stateOf } from './release/snapshot.ts';
import { publish } from './report/publish.ts';
import { GREEN, type Report, withoutSecrets } from './report/report.ts';
import { type Ending, Story } from './report/run-record.ts';
import { formatSimulated } from './report/summary.ts';

export interface RunResult {
  readonly exitCode: 0 | 1;
  readonly report: Report;
}

/** Runs the step; resolves with its exit code and report. Everything it has to say is written by then. */
export async function run(world: ProcessDependencies): Promise<RunResult> {
  const redactor = createRedactor(OUR_WORDS);
  const show = shownBy(redactor);
  const log = createLog(world.write, redactor.redactSentence);
  const context = await readContext(world.environment, world.workspace, world.tempDir);
  const story = new Story(context, world.clock, show);
  const parts = { ...world, context, log, redactor, show, story, userAgent: USER_AGENT };
  const over = new AbortController();
  const tools: RunDependencies = {
    ...parts,
    signal: AbortSignal.any([world.signal, over.signal]),
    tell: createTeller(parts),
  };
  try {
    story.inputs = await checkedInputs(tools);
    const ends = [release(story.inputs, tools), givenUp(world.signal)];
    if (world.crashed !== undefined) ends.push(world.crashed);
    story.ending = await Promise.race(ends);
  } catch (error) {
    story.ending = endingOf(error, show);
  }
  // After a crash the release would go on by itself, while its end is told: nothing is written that no report knows.
  over.abort();
  const report = withoutSecrets(story.report(), { show, redactSentence: redactor.redactSentence });
  const isGreen = GREEN.includes(report.verdict) || (report.verdict === 'pending' && pendingIsGreen(story.inputs));
  conclude(report, isGreen, log);
  await publish(report, {
    tempDir: context.tempDir,
    warn: log.warning,
    hasOutputFile: Boolean(world.environment['GITHUB_OUTPUT']),
    hasSummaryFile: Boolean(world.environment['GITHUB_STEP_SUMMARY']),
  });
  if (story.inputs) await tools.tell(report, story.inputs, 'end');
  return { exitCode: isGreen ? 0 : 1, report };
}

/** A write in flight has 2 s to end, the last look 1.5 s: what takes longer than both does not end by itself. */
const GIVE_UP_AFTER_MS = 3_800;
const LAST_LOOK_MS = 1_500;

/** Rejects when a cancelled run did not end by itself, so that the report is written within 5 s (promise 8). */
function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const start = () => setTimeout(() => reject(new Cancelled()), GIVE_UP_AFTER_MS).unref();
    if (signal.aborted) start();
    else signal.addEventListener('abort', start, { once: true });
  });
}

/** Says where the release was left, where the run's end did not: one look, and no word where it fails. */
async function lookOnceMore({ lastLook }: Connection, { story, log }: RunDependencies): Promise<void> {
  const { snapshot, unsettled } = story;
  if (!snapshot || snapshot.version === '') return;
  try {
    const seen = await lastLook(LAST_LOOK_MS, async (portal) =>
      unsettled?.operation === 'createVersion'
        ? { ...(await observeVersion(portal, snapshot, 'once')), wholeReads: 0 }
        : observe(portal, snapshot.version, { patience: 'once' }),
    );
    const { observer } = story;
    if (observer) observer.consider(seen);
    else story.sees(merged(snapshot, seen));
    const took = unsettled?.tookBy(seen);
    if (took) story.hasChanged();
    // A write that was sent and is not shown may take yet.
    if (took) story.unsettled = undefined;
  } catch (error) {
    log.info(`The last look failed (${error instanceof ReleaseError ? error.found : 'out of time'}).`);
  }
}

/** From valid inputs to an ending. Throws ReleaseError and Cancelled. */
async function release(inputs: Inputs, tools: RunDependencies): Promise<Ending> {
  const { story } = tools;
  const profile = await openProfile(inputs, tools);
  story.profile = profile;
  const userIds = await readUserIds(inputs, tools);
  const connection = await connect({
    ...tools,
    inputs,
    profile,
    namedVersion: namedVersion(inputs, tools.context),
    onCall: story.called,
  });
  const { portal } = connection;
  let build: Package | undefined;
  try {
    build = await openBuild(inputs, tools);
    assertSpoken(inputs, portal, profile);
    const version = await findVersion(inputs, tools.context, versionSources(inputs, portal, tools));
    tools.redactor.keep(version ? [version] : []);
    const { snapshot, ending: known } = await firstSnapshot(inputs, version, portal, tools);
    const ending = known ?? (await carryOut(inputs, snapshot, { portal, userIds, build }, tools));
    await readListAgain(ending, tools);
    await readHistory(inputs, ending, portal, tools);
    return ending;
  } catch (error) {
    if (error instanceof Cancelled || story.unsettled) await lookOnceMore(connection, tools);
    throw error;
  } finally {
    await connection.close();
    await build?.close();
  }
}

function versionSources(inputs: Inputs, portal: Portal, tools: RunDependencies): VersionSources {
  const { context, log, story } = tools;
  return {
    packageVersion: async (path) => {
      const { packageVersion } = await import('./package/package.ts');
      return packageVersion(path, context.workspace, context.tempDir);
    },
    tags: () => tagsOf(inputs, tools),
    portalVersions: async () => (await someVersions(portal)).map(({ version }) => version),
    log: log.info,
    notice: (sentence) => story.notices.push(sentence),
  };
}

interface Means {
  readonly portal: Portal;
  readonly userIds: readonly string[];
  readonly build: UploadSource | undefined;
}

/** Checks the whole chain against the first look, and only then drives each stage to its end. */
async function carryOut(inputs: Inputs, looked: Snapshot, means: Means, tools: RunDependencies): Promise<Ending> {
  const { story, log, clock, signal, context, redactor, show } = tools;
  const plan = planOptionsOf(inputs, show);
  const { portal, userIds, build } = means;
  const observer = createObserver(looked, portal, clock, story.sees);
  story.observer = observer;
  const drive: DriveContext = {
    portal,
    observer,
    clock,
    signal,
    plan,
    approvalTimeoutMs: inputs.approvalTimeoutMs,
    releaseNotes: inputs.releaseNotes ?? eventReleaseNotes(context) ?? '',
    userIds,
    package: build,
    gate: await healthGate(inputs, looked.version, tools),
    log: log.info,
    show,
    onChanged: story.hasChanged,
    onUnsettled: story.isUnsettled,
    onWait: (snapshot) => {
      story.sees(snapshot);
      const what = stateOf(snapshot) === 'grayscale' ? 'the end of the soak' : 'the approval';
      const report = withoutSecrets(story.report({ kind: 'pending', what }), {
        show,
        redactSentence: redactor.redactSentence,
      });
      return tools.tell(report, inputs, 'waiting');
    },
  };
  const waits = inputs.stages[0] === 'approval' || inputs.stages[0] === 'status';
  if (!waits) await untilSettled(drive);
  const foreseen = await foreseeForSure(inputs, plan, portal, observer, tools);
  story.foreseen = foreseen.steps;
  if (foreseen.end?.kind === 'unreadable') throw unreadable(foreseen.end.what, show);
  if (foreseen.end) {
    story.ended(inputs.stages[foreseen.steps.length], foreseen.end.kind);
    return foreseen.end;
  }
  if (inputs.dryRun) {
    for (const step of foreseen.steps) log.info(`would run ${step.stage}: ${formatSimulated(step)}`);
    return { kind: 'planned' };
  }

  for (const stage of inputs.stages) {
    log.group(`${stage}: ${STAGES[stage].portalWords}`);
    let wrote = false;
    const onChanged = () => {
      wrote = true;
      story.hasChanged();
    };
    const end = await driveStage(stage, { ...drive, onChanged }).finally(log.endGroup);
    if (end.kind === 'pending' && end.failed) story.notices.push(noticeOfFailed(end.failed));
    if (end.kind !== 'reached') {
      story.ended(stage, end.kind);
      return end;
    }
    if (end.awaited) story.awaited = true;
    if (end.notice) story.notices.push(end.notice);
    story.ended(stage, wrote || end.awaited ? 'done' : 'unchanged');
  }
  return { kind: 'done' };
}

/** Gaps before the readings that confirm a first one on which the chain would end. */
const CONFIRM_GAPS_MS = [1_000, 2_000] as const;
const DOUBT_TIMEOUT_MS = 60_000;

/** Foresees the chain; where it would end short, on further readings: the first one may be a slip, or stale. */
async function foreseeForSure(
  inputs: Inputs,
  plan: PlanOptions,
  portal: Portal,
  observer: Observer,
  { clock, signal, log }: RunDependencies,
) {
  const foreseeNow = () => simulate(inputs.stages, observer.snapshot, plan, clock.now());
  let foreseen = foreseeNow();
  for (const gapMs of CONFIRM_GAPS_MS) {
    if (!foreseen.end) return foreseen;
    log.info(`${inputs.stages.join(', ')} would end here as ${foreseen.end.kind}; reading again to confirm it`);
    await clock.sleep(gapMs, signal);
    await observer.read('retry', depthFor(inputs));
    if (observer.snapshot.uploaded === null)
      observer.consider({ ...(await observeVersion(portal, observer.snapshot)), wholeReads: 0 });
    for (const untilMs = clock.now() + DOUBT_TIMEOUT_MS; observer.doubt && clock.now() < untilMs; ) {
      await clock.sleep(observer.confirmGapMs, signal);
      await observer.read();
    }
    foreseen = foreseeNow();
  }
  return foreseen;
}

// --- The end -------------------------------------------------------------------------------------------------

/** A wait that ended while the portal could not be read says so: what it reports is old. */
function noticeOfFailed({ count, why, lastGoodMs }: FailedReads): string {
  const reads = count === 1 ? 'The last reading' : `The last ${count} readings`;
  return `${reads} of the portal failed: ${why} What is reported was seen at ${formatTime(lastGoodMs)}.`;
}

/** Whether it is a first release is told only after two readings of the list, and a step that did nothing made one. */
async function readListAgain(ending: Ending, { story }: RunDependencies): Promise<void> {
  const { snapshot, observer } = story;
  const isOpen = snapshot && observer && liveOf(snapshot).kind === 'none' && isFirstRelease(snapshot) === undefined;
  if (!isOpen || (ending.kind !== 'done' && ending.kind !== 'planned')) return;
  await observer.read('once', 'live').catch((error) => {
    if (!(error instanceof ReleaseError)) throw error;
  });
}

/** The approval's history, for those who look or wait, and where the reviewer said no. It fails no step. */
async function readHistory(
  inputs: Inputs,
  ending: Ending,
  portal: Portal,
  { story, log }: RunDependencies,
): Promise<void> {
  const asked = inputs.stages.includes('status') || inputs.stages.includes('approval') || ending.kind === 'rejected';
  const { snapshot } = story;
  if (!asked || !snapshot?.release || !portal.speaks('releaseHistory')) return;
  try {
    story.history = await portal.releaseHistory(snapshot.version, ending.kind === 'pending' ? 'once' : 'retry');
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    log.info(`The history could not be read: ${error.found}`);
  }
}

function pendingIsGreen(inputs: Inputs | undefined): boolean {
  if (!inputs || inputs.onPending === 'fail') return false;
  if (inputs.onPending === 'succeed' || inputs.soakMode === 'resume') return true;
  const last = inputs.stages.at(-1);
  return last === 'apply' || last === 'approval';
}

/** The log's last lines, and one annotation for what went wrong or needs a person. */
function conclude(report: Report, isGreen: boolean, log: Log): void {
  if (report.showPreview && report.previewUrl) log.info(`preview: ${report.previewUrl}`);
  log.info(`${report.verdict}: ${report.message}`);
  for (const notice of report.notices) log.notice(notice);
  const { error, todo } = report;
  const because = error ? `${error.what} ${error.found}${error.traceId ? ` (trace id ${error.traceId})` : ''}` : '';
  const details = [
    report.verdict === 'rejected' && `Reason: ${report.reason}`,
    report.verdict === 'halted' && report.health && `Last response: ${report.health.why}.`,
  ];
  const text = [because || report.message, ...details, todo].filter(Boolean).join('\n');
  if (report.verdict === 'cancelled') log.notice(text);
  else if (!isGreen) log.error(text);
  else if (report.verdict === 'pending') log.notice(text);
}

function endingOf(error: unknown, show: RunDependencies['show']): Ending {
  if (error instanceof Cancelled) return { kind: 'cancelled' };
  if (error instanceof ReleaseError) return { kind: 'failed', error };
  const found =
    error instanceof Error ? `${error.name}: ${show(error.message)}.` : 'Something that is no error was thrown.';
  return { kind: 'failed', error: new ReleaseError('internal', { found, cause: error }) };
}

function planOptionsOf(inputs: Inputs, show: RunDependencies['show']): PlanOptions {
  return {
    targetApp: inputs.targetApp,
    allowDowngrade: inputs.allowDowngrade,
    reapply: inputs.reapply,
    ratios: inputs.ratios,
    soakMs: inputs.soakMs ?? 0,
    soakMode: inputs.soakMode,
    show,
  };
}

/** The canary's health check, every response of which the report tells; undefined where none was asked for. */
async function healthGate(inputs: Inputs, version: string, tools: RunDependencies): Promise<HealthGate | undefined> {
  const { clock, signal, log, redactor, show, story } = tools;
  const { healthUrl, healthWhen, healthIntervalMs, healthFailures, soakMs = 0, soakMode } = inputs;
  if (healthUrl === undefined) return undefined;
  const { createHealthCheck } = await import('./drive/health.ts');
  const check = await createHealthCheck({
    template: healthUrl,
    miniappId: inputs.miniappId,
    targetApp: inputs.targetApp,
    version,
    conditions: healthWhen,
    token: inputs.healthToken,
    signal,
    show,
    onProxyPassword: (password) => redactor.add(password, 'credential'),
    send: tools.exchange,
  });
  return new HealthGate({
    check: async (moment) => {
      const health = await check(moment);
      story.checked(moment.ratioPercent, health);
      return health;
    },
    clock,
    signal,
    intervalMs: healthIntervalMs,
    failures: healthFailures,
    soakMs,
    soakMode,
    log: log.info,
  });
}
