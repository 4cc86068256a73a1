/** The story on one screen: parse, observe, plan, drive, report. */

import { type Connection, connect } from './connect.ts';
import { eventReleaseNotes, readContext } from './context.ts';
import { type DriveContext, driveStage, untilSettled } from './drive.ts';
import { Cancelled, ReleaseError } from './errors.ts';
import { findVersion, firstLook } from './first-look.ts';
import { createTeller } from './github/teller.ts';
import type { Health } from './health.ts';
import type { Inputs } from './inputs.ts';
import { STAGES } from './lifecycle.ts';
import { createLog, type Log } from './log.ts';
import { look, lookAtVersion } from './observe.ts';
import type { Package } from './package/package.ts';
import { foresee, type PlanOptions } from './plan.ts';
import type { Portal, UploadSource } from './portal/portal.ts';
import { USER_AGENT } from './portal/transport.ts';
import { assertSpoken, checkedInputs, openBuild, openProfile, readUserIds } from './prepare.ts';
import { createRedactor } from './redact.ts';
import { publish } from './report/publish.ts';
import { GREEN, type Report, withoutSecrets } from './report/report.ts';
import { foreseenWords } from './report/summary.ts';
import { type Ending, Story } from './story.ts';
import { stateOf, type View } from './view.ts';
import type { Tools, World } from './world.ts';

export interface RunResult {
  readonly exitCode: 0 | 1;
  readonly report: Report;
}

/** Runs the step; resolves with its exit code and report. Everything it has to say is written by then. */
export async function run(world: World): Promise<RunResult> {
  const redactor = createRedactor();
  const log = createLog(world.write, (text) => redactor.redact(text));
  const context = await readContext(world.environment, world.workspace, world.tempDir);
  const story = new Story(context, world.clock);
  const parts = { ...world, context, log, redactor, story, userAgent: USER_AGENT };
  const over = new AbortController();
  const tools: Tools = {
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
    story.ending = endingOf(error);
  }
  // After a crash the release would go on by itself, while its end is told: nothing is written that no report knows.
  over.abort();
  const report = withoutSecrets(story.report(), (text) => redactor.redact(text));
  const isGreen = GREEN.includes(report.verdict) || (report.verdict === 'pending' && pendingIsGreen(story.inputs));
  conclude(report, isGreen, log);
  await publish(report, {
    tempDir: context.tempDir,
    redact: (text) => redactor.redact(text),
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
async function lookOnceMore({ lastLook }: Connection, { story, log }: Tools): Promise<void> {
  const { view, unsettled } = story;
  if (!view || view.version === '') return;
  try {
    const seen = await lastLook(LAST_LOOK_MS, async (portal) =>
      unsettled?.operation === 'createVersion'
        ? lookAtVersion(portal, view, 'once')
        : look(portal, view.version, { patience: 'once' }),
    );
    story.sees(
      view.uploaded !== undefined && seen.uploaded === undefined ? { ...seen, uploaded: view.uploaded } : seen,
    );
    const took = unsettled?.tookBy(seen);
    if (took) story.hasChanged();
    if (took !== undefined) story.unsettled = undefined;
  } catch (error) {
    log.info(`The last look failed (${error instanceof ReleaseError ? error.found : 'out of time'}).`);
  }
}

/** From valid inputs to an ending. Throws ReleaseError and Cancelled. */
async function release(inputs: Inputs, tools: Tools): Promise<Ending> {
  const { story } = tools;
  const profile = await openProfile(inputs, tools);
  story.profile = profile;
  const userIds = await readUserIds(inputs, tools);
  const connection = await connect({ ...tools, inputs, profile, onCall: story.called });
  const { portal } = connection;
  let build: Package | undefined;
  try {
    build = await openBuild(inputs, tools);
    assertSpoken(inputs, portal, profile);
    const version = await findVersion(inputs, portal, tools);
    const { view, ending: known } = await firstLook(inputs, version, portal, tools);
    const ending = known ?? (await carryOut(inputs, view, { portal, userIds, build }, tools));
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

interface Means {
  readonly portal: Portal;
  readonly userIds: readonly string[];
  readonly build: UploadSource | undefined;
}

/** Checks the whole chain against the first look, and only then drives each stage to its end. */
async function carryOut(inputs: Inputs, looked: View, means: Means, tools: Tools): Promise<Ending> {
  const { story, log, clock, signal, context, redactor } = tools;
  const plan = planOptionsOf(inputs);
  const { portal, userIds, build } = means;
  const drive: DriveContext = {
    portal,
    clock,
    signal,
    plan,
    approvalTimeoutMs: inputs.approvalTimeoutMs,
    releaseNotes: inputs.releaseNotes ?? eventReleaseNotes(context) ?? '',
    userIds,
    package: build,
    isHealthy: inputs.healthUrl && (await healthCheck(inputs.healthUrl, signal, tools.exchange)),
    log: log.info,
    onView: story.sees,
    onChanged: story.hasChanged,
    onUnsettled: story.isUnsettled,
    onWait: (view) => {
      story.sees(view);
      const what = stateOf(view) === 'grayscale' ? 'the end of the soak' : 'the approval';
      const report = withoutSecrets(story.report({ kind: 'pending', what }), (text) => redactor.redact(text));
      return tools.tell(report, inputs, 'waiting');
    },
  };
  const waits = inputs.stages[0] === 'approval' || inputs.stages[0] === 'status';
  const first = waits ? looked : await untilSettled(looked, drive);
  const foreseen = foresee(inputs.stages, first, plan, clock.now());
  story.foreseen = foreseen.steps;
  if (foreseen.end) {
    story.ended(inputs.stages[foreseen.steps.length], foreseen.end.kind);
    return foreseen.end;
  }
  if (inputs.dryRun) {
    for (const step of foreseen.steps) log.info(`would run ${step.stage}: ${foreseenWords(step)}`);
    return { kind: 'planned' };
  }

  let view = first;
  for (const stage of inputs.stages) {
    log.group(`${stage}: ${STAGES[stage].portalWords}`);
    let wrote = false;
    const onChanged = () => {
      wrote = true;
      story.hasChanged();
    };
    const end = await driveStage(stage, view, { ...drive, onChanged }).finally(log.endGroup);
    view = end.view;
    story.sees(view);
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

// --- The end -------------------------------------------------------------------------------------------------

/** The approval's history, for those who look or wait, and where the reviewer said no. It fails no step. */
async function readHistory(inputs: Inputs, ending: Ending, portal: Portal, { story, log }: Tools): Promise<void> {
  const asked = inputs.stages.includes('status') || inputs.stages.includes('approval') || ending.kind === 'rejected';
  const { view } = story;
  if (!asked || !view?.release || !portal.speaks('releaseHistory')) return;
  try {
    story.history = await portal.releaseHistory(view.version, ending.kind === 'pending' ? 'once' : 'retry');
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
  const text = [because || report.message, report.verdict === 'rejected' && `Reason: ${report.reason}`, todo]
    .filter(Boolean)
    .join('\n');
  if (report.verdict === 'cancelled') log.notice(text);
  else if (!isGreen) log.error(text);
  else if (report.verdict === 'pending') log.notice(text);
}

function endingOf(error: unknown): Ending {
  if (error instanceof Cancelled) return { kind: 'cancelled' };
  if (error instanceof ReleaseError) return { kind: 'failed', error };
  const found = error instanceof Error ? `${error.name}: ${error.message}.` : 'Something that is no error was thrown.';
  return { kind: 'failed', error: new ReleaseError('internal', { found, cause: error }) };
}

function planOptionsOf(inputs: Inputs): PlanOptions {
  return {
    targetApp: inputs.targetApp,
    allowDowngrade: inputs.allowDowngrade,
    reapply: inputs.reapply,
    ratios: inputs.ratios,
    soakMs: inputs.soakMs ?? 0,
    soakMode: inputs.soakMode,
  };
}

async function healthCheck(url: URL, signal: AbortSignal, send: World['exchange']): Promise<() => Promise<Health>> {
  const { createHealthCheck } = await import('./health.ts');
  return createHealthCheck(url, signal, send);
}
