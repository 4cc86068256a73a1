/** The story on one screen: parse, observe, plan, drive, report. */

import { readFile } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import { type Connection, connect, keepSecret, USER_AGENT } from './connect.ts';
import { eventReleaseNotes, outsiderEvent, type RunContext, readContext } from './context.ts';
import { type DriveContext, driveStage, untilSettled } from './drive.ts';
import { Cancelled, ReleaseError } from './errors.ts';
import { createTeller, type Teller, tagsOf } from './github/teller.ts';
import { type Environment, Fault, type Inputs, parseUserIds, readInputs, secretTexts } from './inputs.ts';
import { STAGES } from './lifecycle.ts';
import { createLog, type Log } from './log.ts';
import { look, lookAtAll, lookAtVersion, lookWithoutList, someVersions } from './observe.ts';
import type { Package } from './package/package.ts';
import { foresee, operationsOf, type PlanOptions } from './plan.ts';
import type { Portal, Release, UploadSource } from './portal/portal.ts';
import { defaultProfile, type Profile } from './portal/profile.ts';
import { createRedactor, type Redactor } from './redact.ts';
import { publish } from './report/publish.ts';
import { GREEN, type Report, withoutSecrets } from './report/report.ts';
import { foreseenWords } from './report/summary.ts';
import { type Ending, Story } from './story.ts';
import { resolveVersion } from './version.ts';
import { isUnderWay, liveRelease, rollbackTarget, stateOf, type View } from './view.ts';
import { formatBytes } from './words.ts';
import { resolveInWorkspace } from './workspace.ts';

/** What a process gives the run. */
export interface World {
  readonly environment: Environment;
  readonly clock: Clock;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly workspace: string;
  readonly tempDir: string;
  /** A request's deadline; the transport's own where absent. */
  readonly requestTimeoutMs?: number;
  /** Rejects with what was thrown where nobody catches it. */
  readonly crashed?: Promise<never>;
}

export interface RunResult {
  readonly exitCode: 0 | 1;
  readonly report: Report;
}

interface Tools extends World {
  readonly context: RunContext;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly story: Story;
  readonly userAgent: string;
  readonly tell: Teller;
}

/** Runs the step; resolves with its exit code and report. Everything it has to say is written by then. */
export async function run(world: World): Promise<RunResult> {
  const redactor = createRedactor();
  const log = createLog(world.write, (text) => redactor.redact(text));
  const context = await readContext(world.environment, world.workspace, world.tempDir);
  const story = new Story(context, world.clock);
  const parts = { ...world, context, log, redactor, story, userAgent: USER_AGENT };
  const tools: Tools = { ...parts, tell: createTeller(parts) };
  try {
    story.inputs = await checkedInputs(tools);
    const ends = [release(story.inputs, tools), givenUp(world.signal)];
    if (world.crashed !== undefined) ends.push(world.crashed);
    story.ending = await Promise.race(ends);
  } catch (error) {
    story.ending = endingOf(error);
  }
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
  const { story, log, clock, signal, context } = tools;
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
    isHealthy: inputs.healthUrl && (await healthCheck(inputs.healthUrl, signal)),
    log: log.info,
    onView: story.sees,
    onChanged: story.hasChanged,
    onUnsettled: story.isUnsettled,
    onWait: (view) => {
      story.sees(view);
      const what = stateOf(view) === 'in-review' ? 'the approval' : 'the end of the soak';
      return tools.tell(story.report({ kind: 'pending', what }), inputs, 'waiting');
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

// --- Before the first look -------------------------------------------------------------------------------------------

async function checkedInputs(tools: Tools): Promise<Inputs> {
  const { environment, context, log, redactor } = tools;
  const secrets = secretTexts(environment);
  keepSecrets(secrets, tools);
  const { inputs, faults: faultsOfInputs } = await readInputs(environment);
  const faults = [...faultsOfInputs, ...faultsOfEvent(inputs, context)];
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    faults.push(
      'NODE_TLS_REJECT_UNAUTHORIZED: got 0, which lets anyone read the credentials; use NODE_EXTRA_CA_CERTS.',
    );
  }
  if (faults.length > 0) {
    redactor.addAll((secrets['whitelist-ids'] ?? '').split(/[,\s]+/), 'id');
    throw inputInvalid(faults);
  }
  if (context.isHosted && inputs.approvalTimeoutMs > SIX_HOURS_MS) {
    log.warning(
      'approval-timeout is over 6 h, and a GitHub-hosted runner stops a job at 6 h. A shorter wait on a schedule goes on where the last run stopped.',
    );
  }
  return inputs;
}

/** Before a word is said about any input. The IDs are kept when they are read. */
function keepSecrets(secrets: ReturnType<typeof secretTexts>, { log, redactor }: Tools): void {
  const username = secrets['portal-username'] ?? '';
  const password = secrets['portal-password'] ?? '';
  if (secrets['portal-session']) keepSecret(secrets['portal-session'], log, redactor);
  if (password.length >= 4) log.mask(password);
  redactor.addAll([password, secrets['github-token'] ?? '', username.length >= 8 ? username : ''], 'credential');
}

const SIX_HOURS_MS = 6 * 3_600_000;

function inputInvalid(faults: readonly string[]): ReleaseError {
  const list = faults.map((fault) => `\n- ${fault}`).join('');
  return new ReleaseError('input-invalid', {
    found: `${faults.length === 1 ? 'One fault' : `${faults.length} faults`}:${list}\n`,
  });
}

/** A comment or a fork's pull request must not release anything, nor choose what is read. */
function faultsOfEvent(inputs: Inputs, context: RunContext): string[] {
  const event = outsiderEvent(context);
  if (!event) return [];
  const faults: string[] = [];
  if (inputs.stages.some((stage) => stage !== 'status')) {
    faults.push(`stage: got ${inputs.stages.join(', ')}; on ${event}, which outsiders can cause, only status runs.`);
  }
  const files = {
    'portal-profile': inputs.portalProfile,
    package: inputs.package,
    'whitelist-file': inputs.whitelistFile,
  };
  for (const [name, value] of Object.entries(files)) {
    if (value)
      faults.push(`${name}: got a path; on ${event}, which outsiders can cause, no file of the workspace is read.`);
  }
  return faults;
}

async function readUserIds(inputs: Inputs, { context, redactor, log, story }: Tools): Promise<readonly string[]> {
  const ids = new Set(inputs.whitelistIds);
  if (inputs.whitelistFile && inputs.stages.includes('whitelist')) {
    try {
      const path = await resolveInWorkspace(inputs.whitelistFile, context.workspace, 'file', context.tempDir);
      for (const id of parseUserIds(await readFile(path, 'utf8'))) ids.add(id);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw inputInvalid([`whitelist-file: ${error instanceof Fault ? `takes ${error.message}.` : error.message}`]);
    }
  }
  redactor.addAll([...ids], 'id');
  for (const id of [...ids].filter((candidate) => candidate.length >= 8).slice(0, 100)) log.mask(id);
  story.userIds = inputs.stages.includes('whitelist') ? ids.size : 0;
  return [...ids];
}

async function openProfile({ portalProfile }: Inputs, { context }: Tools): Promise<Profile> {
  if (!portalProfile) return defaultProfile;
  const { loadProfile } = await import('./portal/profile-schema.ts');
  return loadProfile(portalProfile, context.workspace);
}

async function openBuild(inputs: Inputs, { context, log, story }: Tools): Promise<Package | undefined> {
  if (!inputs.package || !inputs.stages.includes('upload')) return undefined;
  const { openPackage } = await import('./package/package.ts');
  const build = await openPackage(inputs.package, context);
  log.info(
    `package: ${build.entries} ${build.entries === 1 ? 'entry' : 'entries'}, ${formatBytes(build.sizeBytes)}, SHA-256 ${build.sha256}`,
  );
  story.package = build;
  return build;
}

/** What a profile leaves out makes the stages that need it fail before anything is sent. */
function assertSpoken(inputs: Inputs, portal: Portal, profile: Profile): void {
  const needed = inputs.stages.flatMap(operationsOf);
  if (inputs.portal.kind === 'url' && !inputs.session && profile.login?.by !== 'browser') needed.push('login');
  const missing = needed.filter((operation) => !portal.speaks(operation));
  if (!portal.speaks('findRelease') && !portal.speaks('listReleases')) missing.push('findRelease');
  if (missing.length === 0) return;
  throw new ReleaseError('profile-invalid', {
    found: `The profile ${profile.name} does not speak ${[...new Set(missing)].join(', ')}, which ${inputs.stages.join(', ')} needs.`,
  });
}

async function findVersion(inputs: Inputs, portal: Portal, tools: Tools): Promise<string | undefined> {
  const { context } = tools;
  return resolveVersion(inputs, context, {
    packageVersion: async (path) =>
      (await import('./package/package.ts')).packageVersion(path, context.workspace, context.tempDir),
    tags: () => tagsOf(inputs, tools),
    portalVersions: async () => (await someVersions(portal)).map(({ version }) => version).slice(0, 20),
  });
}

// --- The first look --------------------------------------------------------------------------------------------------

interface FirstLook {
  readonly view: View;
  /** Where the look alone ends the step. */
  readonly ending?: Ending;
}

async function firstLook(
  inputs: Inputs,
  version: string | undefined,
  portal: Portal,
  tools: Tools,
): Promise<FirstLook> {
  const found = inputs.stages.includes('rollback')
    ? await lookForRollback(version, portal, tools)
    : { view: await lookAtRelease(inputs, version, portal, tools) };
  tools.story.sees(found.view);
  const { view } = found;
  tools.log.info(
    `${view.version || 'no release'} on ${inputs.targetApp || 'no target app'}: ${stateOf(view)}` +
      `${view.release ? ` (${view.release.portalStatus})` : ''}; live: ${liveRelease(view)?.version ?? 'none'}`,
  );
  return found;
}

async function lookAtRelease(inputs: Inputs, version: string | undefined, portal: Portal, tools: Tools): Promise<View> {
  const [firstStage] = inputs.stages;
  const creates = firstStage === 'upload' || firstStage === 'submit';
  const isProbe = firstStage === 'status';
  const lookNow = () => {
    if (version === undefined && !portal.speaks('listReleases')) return lookWithoutList(portal, '');
    return isProbe ? probe(version ?? '', portal, tools) : look(portal, version ?? '', { byName: !creates });
  };
  let view: View = inputs.targetApp
    ? await lookNow()
    : { version: version ?? '', release: undefined, releases: undefined, complete: false };
  if (version === undefined) view = withSubject(view);
  const asksForVersion = creates || (firstStage === 'status' && portal.speaks('listVersions'));
  return asksForVersion && view.version !== '' && stateOf(view) === 'none' ? lookAtVersion(portal, view) : view;
}

/**
 * The look of a status, which is also the first question to a portal that nobody has described: where it turns the
 * inferred list of releases down, the observed reads must do. What any other stage relies on stays an error there.
 */
async function probe(version: string, portal: Portal, { story, log }: Tools): Promise<View> {
  try {
    return await look(portal, version);
  } catch (error) {
    const turnsDown = error instanceof ReleaseError && ['portal-unexpected', 'portal-refused'].includes(error.code);
    if (!turnsDown || error.passing || story.profile?.operations.listReleases?.mark !== 'inferred') throw error;
    const view = await lookWithoutList(portal, version).catch((second) => {
      // A portal that answers neither is no portal that lacks a list: the first error says more.
      throw second instanceof ReleaseError && second.code === error.code ? error : second;
    });
    log.info(error.found);
    const subject = version ? 'The release was asked for by name' : 'The newest versions were asked for one by one';
    story.notices.push(
      `The portal does not answer listReleases, which is inferred. ${subject}, so what else is live or under way is not known. To correct it, see docs/portal.md.`,
    );
    return view;
  }
}

/** What a status that names no version is about: what is under way, else what is live, else the newest. */
function withSubject(view: View): View {
  return about(view, view.releases?.find(isUnderWay) ?? liveRelease(view) ?? view.releases?.[0]);
}

function about(view: View, release: Release | undefined): View {
  return release ? { ...view, version: release.version, release } : view;
}

/** The version that a rollback brings back is settled once, before anything is written: a rerun never flips back. */
async function lookForRollback(version: string | undefined, portal: Portal, { story }: Tools): Promise<FirstLook> {
  const all = await lookAtAll(portal, version ?? '');
  if (version !== undefined) return { view: all };
  const target = rollbackTarget(all);
  if (target.kind === 'version') {
    const release = all.releases?.find((candidate) => candidate.version === target.version);
    return { view: { ...all, version: target.version, release } };
  }
  if (target.kind === 'done') {
    story.notices.push(
      `${target.live} is live and ${target.above} above it is archived: a rollback has been done already. To bring another version back, name it with the input version.`,
    );
    story.ended('rollback', 'unchanged');
    return { view: about(all, liveRelease(all)), ending: { kind: 'done' } };
  }
  story.ended('rollback', 'refused');
  return {
    view: about(all, liveRelease(all)),
    ending: {
      kind: 'refused',
      found: all.releases
        ? 'There is no archived version below the live one to bring back.'
        : 'The portal does not list its releases, so the version to bring back is not known.',
      todo: 'Name an archived version with the input version.',
    },
  };
}

// --- After the drive -------------------------------------------------------------------------------------------------

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

async function healthCheck(url: URL, signal: AbortSignal): Promise<() => Promise<boolean>> {
  const { createHealthCheck } = await import('./health.ts');
  return createHealthCheck(url, signal);
}
