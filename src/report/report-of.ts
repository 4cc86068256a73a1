/** The run record as a report: facts, and sentences about them. */

import type { RunContext } from '../action/context.ts';
import { ERRORS, type ErrorCode, sectionOf } from '../lib/errors.ts';
import { formatDuration, formatTime } from '../lib/format.ts';
import { cleanLine } from '../lib/text.ts';
import { foldsIn } from '../release/folds.ts';
import { isOnlyReading, operationRow, stageRow, stageThatTakes } from '../release/lifecycle.ts';
import type { FailedReads, Outcome, Pending } from '../release/outcome.ts';
import { nextStages, todoOfUnmapped } from '../release/plan.ts';
import {
  CLOCKS_DIFFER_MS,
  EARLIEST_MS,
  formatLive,
  isFirstRelease,
  liveRelease,
  othersInProgress,
  rollbackTarget,
  type Snapshot,
  stateOf,
} from '../release/snapshot.ts';
import { isVersion } from '../release/versions.ts';
import type { HealthReport } from './health.ts';
import { type Probe, probeOf } from './probe.ts';
import { formatState, type Report, type ReportedError, type StageReport, type Verdict } from './report.ts';
import type { RunRecord } from './run-record.ts';

/** Untrusted text as it may stand in a sentence: redacted, one line, bounded. */
type Show = (untrusted: string) => string;

/** The report of a run as it is at `nowMs`. */
export function reportOf(record: RunRecord, nowMs: number, show: Show): Report {
  const { inputs, snapshot, context, outcome } = record;
  const release = snapshot?.release;
  const verdict = verdictOf(record);
  const error = errorOf(record, show);
  const previous = snapshot && rollbackTarget(snapshot);
  const firstRelease = snapshot && inputs?.targetApp ? isFirstRelease(snapshot) : undefined;
  const miniappId = inputs?.miniappId ?? '';
  const publishId = release?.publishId ?? '';
  const named = inputs?.version ?? '';
  const uploads = foldsIn(record.profile?.operations ?? {}).uploadPackage ?? 'uploadPackage';
  const isSent = record.calls.some(({ operation, ok }) => operation === uploads && ok);
  const sent = isSent ? record.package : undefined;
  const facts = factsOf(record);
  const { state } = facts;
  return {
    schemaVersion: 1,
    verdict,
    complete: outcome.kind === 'reached' || (outcome.kind === 'planned' && verdict === 'unchanged'),
    released: state === 'released',
    changed: record.changes > 0,
    sandbox: inputs?.portal.kind === 'sandbox',
    dryRun: inputs?.dryRun ?? false,
    stages: stageReports(record),
    miniappId,
    spaceId: inputs?.spaceId ?? '',
    targetApp: inputs?.targetApp ?? '',
    ...(inputs?.targetAppName !== undefined && { targetAppName: inputs.targetAppName }),
    version: snapshot?.version ?? (isVersion(named) ? named : ''),
    ...facts,
    portalStatus: release?.portalStatus ?? '',
    publishId,
    previewUrl: publishId ? previewUrl(record, miniappId, publishId) : '',
    showPreview: inputs?.showPreview === 'auto' ? !context.mayBePublic : (inputs?.showPreview ?? false),
    ramp: inputs && stageThatTakes('ratios', inputs.stages) ? inputs.ratios : [],
    whitelistIds: record.userIds,
    ...(release?.whitelistCount !== undefined && { whitelistCount: release.whitelistCount }),
    ...(firstRelease !== undefined && { firstRelease }),
    liveVersion: (snapshot && liveRelease(snapshot)?.version) ?? '',
    live: snapshot?.releases ? formatLive(snapshot, show) : '',
    previousVersion: previous?.kind === 'version' ? previous.version : '',
    underWay: snapshot ? othersInProgress(snapshot).map(({ version, state }) => ({ version, state })) : [],
    nextStages:
      snapshot && (state !== '' || snapshot.uploaded)
        ? nextStages(snapshot, foldsIn(record.profile?.operations ?? {}))
        : [],
    packageSha256: sent?.sha256 ?? '',
    packageBytes: sent?.sizeBytes ?? 0,
    message: messageOf(record, verdict, facts, nowMs),
    reason: error?.found ?? (state === 'rejected' ? show(release?.comment ?? '') || 'no reason given' : ''),
    ...(error && { error }),
    todo: error?.todo ?? (state === 'unknown' ? todoOfUnknown(snapshot, show) : todoOf(outcome)),
    notices: record.notices,
    ...(record.health && { health: shownHealth(record.health, show) }),
    operations: record.calls,
    looks: record.readings,
    ...probed(record),
    history: record.history,
    startedAt: new Date(record.startedAtMs).toISOString(),
    endedAt: new Date(nowMs).toISOString(),
    run: {
      repository: context.repository,
      workflow: context.workflow,
      event: context.eventName,
      ref: context.ref,
      sha: context.sha,
      actor: context.actor,
      triggeringActor: context.triggeringActor,
      id: context.runId,
      attempt: context.runAttempt,
      url: runUrl(context),
    },
  };
}

type Facts = Pick<Report, 'state' | 'ratioPercent'>;

/** The state of the release; empty where no reading succeeded, or none could tell. */
function factsOf({ inputs, snapshot }: RunRecord): Facts {
  const isSubject = snapshot && (snapshot.version !== '' || snapshot.releases !== undefined);
  if (!isSubject || !(inputs?.targetApp || snapshot.release)) return { state: '' };
  const state = stateOf(snapshot);
  const ratioPercent = snapshot.release?.ratioPercent;
  return { state, ...(state === 'grayscale' && ratioPercent && { ratioPercent }) };
}

function verdictOf({ outcome, changes, awaited, simulated }: RunRecord): Verdict {
  switch (outcome.kind) {
    case 'reached':
      return changes > 0 || awaited ? 'succeeded' : 'unchanged';
    case 'planned':
      return simulated.some((step) => step.operations.length > 0 || step.waits) ? 'planned' : 'unchanged';
    case 'unknown-status':
      return 'failed';
    default:
      return outcome.kind;
  }
}

function stageReports({ inputs, simulated, stages, outcome }: RunRecord): StageReport[] {
  return (inputs?.stages ?? []).map((stage) => {
    const planned = simulated.find((step) => step.stage === stage);
    const wouldDo = planned && (planned.operations.length > 0 || planned.waits);
    const foreseen = outcome.kind === 'planned' ? (wouldDo ? 'planned' : 'unchanged') : 'not run';
    return { stage, outcome: stages.get(stage) ?? foreseen, ...(planned && { planned }) };
  });
}

/** What a `status` has shown of a real portal. */
function probed({ inputs, profile, calls }: RunRecord): Partial<Probe> {
  if (!profile || inputs?.portal.kind !== 'url' || !isOnlyReading(inputs.stages.slice(0, 1))) return {};
  return probeOf(profile, calls);
}

const MAX_VALUE_CHARS = 100;

function shownHealth(health: HealthReport, show: Show): HealthReport {
  const conditions = health.conditions.map((condition) => ({
    ...condition,
    value: cleanLine(show(condition.value), MAX_VALUE_CHARS),
  }));
  return { ...health, conditions };
}

// --- Sentences -------------------------------------------------------------------------------------------------------

/** One sentence of our own words and checked values. */
function messageOf(record: RunRecord, verdict: Verdict, facts: Facts, nowMs: number): string {
  const { snapshot, inputs, outcome } = record;
  const stages = inputs?.stages ?? [];
  const what = snapshot?.version || 'The miniapp';
  const where = inputs?.targetApp ? ` on ${inputs.targetAppName ?? inputs.targetApp}` : '';
  const state = facts.state === '' ? '' : `${what} is ${formatState(facts)}${where}`;
  switch (outcome.kind) {
    case 'failed':
      return `${ERRORS[outcome.error.code].what}${state ? ` ${state}.` : ''}${doubtOf(record)}`;
    case 'unknown-status':
      return ERRORS['portal-status-unknown'].what;
    case 'refused':
      return `${stoppedAt(record)} was refused.${state ? ` ${state}.` : ''}${doubtOf(record)}`;
    case 'pending':
      return messageOfPending(record, outcome, state, nowMs);
    case 'planned':
      return `Dry run: ${state || what}. Nothing was written.`;
    case 'cancelled':
      return `The run was cancelled.${state ? ` ${state}.` : ''}${doubtOf(record)} Nothing was withdrawn.`;
    case 'halted':
      return outcome.why === 'bad'
        ? `The health check failed, so the rollout was halted. ${state}, and stays there.`
        : `The health check returned no data, so nothing was increased or released. ${state}, and stays there.`;
    default: {
      const [first] = stages;
      if (first && stages.length === 1 && stageRow(first).end === 'version') return `${what} is on the portal.`;
      const isRead = first && isOnlyReading([first]);
      return verdict === 'unchanged' && !isRead ? `${state}. Nothing had to be done.` : `${state}.`;
    }
  }
}

/** What is waited for, with its times: since when the release is in review, until when a ratio is held. */
function messageOfPending({ inputs, snapshot }: RunRecord, outcome: Pending, state: string, nowMs: number): string {
  const { untilMs, failed, what } = outcome;
  const seen = `${state}${formatLastSeen(failed)}`;
  if (untilMs !== undefined) {
    const { ratioPercent = 0 } = snapshot?.release ?? {};
    const next = inputs?.ratios.find((ratio) => ratio > ratioPercent);
    // Rounded up: the time beside it has no seconds either.
    const left = formatDuration(Math.ceil((untilMs - nowMs) / 60_000) * 60_000);
    return `${seen}, held until ${formatTime(untilMs)}, ${left} from now${next ? `, then ${next}%` : ''}.`;
  }
  const sinceMs = snapshot?.release?.modifiedAtMs ?? 0;
  const isTime = sinceMs >= EARLIEST_MS && sinceMs <= nowMs + CLOCKS_DIFFER_MS;
  const since =
    isTime && snapshot && stateOf(snapshot) === 'in-review'
      ? ` since ${formatTime(sinceMs)}, ${formatDuration(nowMs - sinceMs)} ago`
      : '';
  return `${seen}${since}, waiting for ${what}.`;
}

/** The stage that was refused; all requested ones where it is none of them. */
function stoppedAt({ inputs, stages }: RunRecord): string {
  const requested = inputs?.stages ?? [];
  return requested.find((stage) => stages.get(stage) === 'refused') ?? requested.join(', ');
}

function errorOf({ outcome, snapshot }: RunRecord, show: Show): ReportedError | undefined {
  if (outcome.kind === 'failed') return reported(outcome.error.code, outcome.error);
  if (outcome.kind === 'unknown-status') {
    return reported('portal-status-unknown', {
      found: `The portal shows the status ${formatStatusWord(snapshot, show)}.`,
      todo: todoOfUnknown(snapshot, show),
    });
  }
  return outcome.kind === 'refused' ? reported('stage-refused', outcome) : undefined;
}

/** `SIAP_TAYANG (Siap tayang)`: the portal's word, and its own text beside it. */
function formatStatusWord(snapshot: Snapshot | undefined, show: Show): string {
  const { portalStatus = '', statusText } = snapshot?.release ?? {};
  return `${show(portalStatus)}${statusText ? ` (${show(statusText)})` : ''}`;
}

function todoOfUnknown(snapshot: Snapshot | undefined, show: Show): string {
  return snapshot?.release ? todoOfUnmapped([snapshot.release], show) : '';
}

/** Where it is not known what became of the last write. */
function doubtOf({ unsettled }: RunRecord): string {
  if (!unsettled) return '';
  return ` It is not known whether the portal did the last write, ${operationRow(unsettled.operation).words}.`;
}

/** For a notice after a wait at whose end the portal could not be read: what is reported is old. */
export function formatLastReading({ count, why, lastGoodMs }: FailedReads): string {
  const reads = count === 1 ? 'The last reading' : `The last ${count} readings`;
  return `${reads} of the portal failed: ${why} What is reported was seen at ${formatTime(lastGoodMs)}.`;
}

function formatLastSeen(failed: FailedReads | undefined): string {
  if (!failed) return '';
  const reads = failed.count === 1 ? 'the last reading' : `the last ${failed.count} readings`;
  return ` as last seen at ${formatTime(failed.lastGoodMs)} (${reads} of the portal failed)`;
}

/**
 * Opens the release in the target app, though the portal's own QR code does not (docs.midtrans.com, testing-miniapp-v1).
 * Both values have been checked to be plain ids.
 */
function previewUrl({ inputs, profile }: RunRecord, miniappId: string, publishId: string): string {
  if (!profile?.preview) return '';
  const { scheme, hosts = {} } = profile.preview;
  const host = inputs?.portal.kind === 'url' ? inputs.portal.origin.host : '';
  const ofHost = Object.hasOwn(hosts, host) ? hosts[host] : undefined;
  const query = new URLSearchParams({ app_id: miniappId, publish_id: publishId });
  return `${ofHost ?? scheme}://mini-app/windvane?${query}`;
}

function runUrl(context: RunContext): string {
  if (!context.repository || !context.runId) return '';
  const attempt = context.runAttempt ? `/attempts/${context.runAttempt}` : '';
  return `${context.serverUrl}/${context.repository}/actions/runs/${context.runId}${attempt}`;
}

function reported(
  code: ErrorCode,
  { found, todo, traceId }: { found: string; todo?: string; traceId?: string | undefined },
): ReportedError {
  const { what, todo: usualTodo } = ERRORS[code];
  return { code, what, found, todo: todo ?? usualTodo, more: sectionOf(code), ...(traceId && { traceId }) };
}

function todoOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'pending':
      return 'Run the step again later: it continues where this run stopped. Nothing was withdrawn.';
    case 'rejected':
      return 'Correct what the reviewer names. Then run apply with reapply: true, or release a new version.';
    case 'withdrawn':
      return 'To send it again, run apply with reapply: true.';
    case 'halted':
      if (outcome.why === 'no data') {
        return 'Check that the query of health-url finds this version, before the first increase too, and that the places in health-when are right (docs/health.md); then run the step again.';
      }
      return 'Check the health of the canary. Then run grayscale again, or take the release back with withdraw.';
    case 'cancelled':
      return 'Run the step again to continue.';
    default:
      return '';
  }
}
