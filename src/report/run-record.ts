/** Gathers what happens in a run, and tells it as one Report at its end, whichever that is. */

import type { RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import type { FailedReads, Halt, UnsettledWrite } from '../drive/driver.ts';
import type { Health } from '../drive/health.ts';
import type { Observer } from '../drive/observer.ts';
import type { Clock } from '../lib/clock.ts';
import { ERRORS, type ErrorCode, type ReleaseError } from '../lib/errors.ts';
import { formatTime } from '../lib/format.ts';
import { cleanLine } from '../lib/text.ts';
import type { Call, HistoryItem, UploadSource } from '../portal/port.ts';
import type { Profile, Spelling } from '../portal/profile/profile.ts';
import { numberOf } from '../release/health-conditions.ts';
import { type Operation, operationRow, type Stage } from '../release/lifecycle.ts';
import { nextStages, type SimulatedStage } from '../release/plan.ts';
import {
  formatLive,
  isFirstRelease,
  liveRelease,
  othersInProgress,
  rollbackTarget,
  type Snapshot,
  stateOf,
} from '../release/snapshot.ts';
import { isVersion } from '../release/versions.ts';
import { type HealthReport, type HealthSample, withSample } from './health.ts';
import { type Report, type ReportedError, type StageReport, stateWords, type Verdict } from './report.ts';

/** How a run ended. */
export type Ending =
  | { readonly kind: 'done' | 'planned' | 'cancelled' }
  | { readonly kind: 'rejected' | 'withdrawn' | 'unknown-status' }
  | { readonly kind: 'halted'; readonly why: Halt }
  | { readonly kind: 'pending'; readonly what: string; readonly failed?: FailedReads }
  | {
      readonly kind: 'refused';
      readonly found: string;
      readonly todo?: string;
      readonly traceId?: string | undefined;
    }
  | { readonly kind: 'failed'; readonly error: ReleaseError };

const MAX_VALUE_CHARS = 100;
const MAX_WHY_CHARS = 500;
/** Of a number in a sample; a longer one is kept as the last value only. */
const MAX_NUMBER_CHARS = 32;

/** The report keeps this many calls; a wait of days makes thousands of looks. */
const MAX_CALLS = 500;

export class Story {
  inputs: Inputs | undefined;
  snapshot: Snapshot | undefined;
  /** Reads the release, once a stage may be driven. */
  observer: Observer | undefined;
  /** What the portal is spoken to by. */
  profile: Profile | undefined;
  ending: Ending = { kind: 'cancelled' };
  userIds = 0;
  package: UploadSource | undefined;
  history: readonly HistoryItem[] = [];
  readonly notices: string[] = [];
  private readonly outcomes = new Map<Stage, StageReport['outcome']>();
  foreseen: readonly SimulatedStage[] = [];
  /** The awaited approval came. */
  awaited = false;
  changed = false;
  private looks = 0;
  private readonly calls: Call[] = [];
  private readonly startedAtMs: number;
  private readonly context: RunContext;
  private readonly clock: Clock;

  /** Untrusted text as it may stand in a sentence. */
  private readonly show: (untrusted: string) => string;

  constructor(context: RunContext, clock: Clock, show: (untrusted: string) => string) {
    this.show = show;
    this.context = context;
    this.clock = clock;
    this.startedAtMs = clock.now();
  }

  readonly sees = (snapshot: Snapshot): void => {
    this.snapshot = snapshot;
  };

  /** A write of which nobody knows yet what became of it. */
  unsettled: UnsettledWrite | undefined;

  readonly isUnsettled = (write: UnsettledWrite | undefined): void => {
    this.unsettled = write;
  };

  readonly hasChanged = (): void => {
    this.changed = true;
  };

  /** How a stage ended; the last word counts. */
  ended(stage: Stage | undefined, outcome: StageReport['outcome'] | 'unknown-status'): void {
    if (stage) this.outcomes.set(stage, outcome === 'unknown-status' ? 'refused' : outcome);
  }

  readonly called = (call: Call): void => {
    if (call.operation === 'listReleases' || call.operation === 'findRelease') this.looks++;
    // The first calls and every write tell most; of a long wait only its beginning is kept.
    const isWrite = call.operation !== 'login' && operationRow(call.operation).access === 'write';
    if (isWrite || this.calls.length < MAX_CALLS) this.calls.push(call);
  };

  private health: HealthReport | undefined;

  /** A response of the health check. */
  readonly checked = (ratioPercent: number, { verdict, why, judged }: Health): void => {
    const conditions = (this.inputs?.healthWhen ?? []).map(({ text }, index) => ({
      text,
      verdict: judged?.[index]?.verdict ?? this.health?.conditions[index]?.verdict ?? 'no data',
      value: cleanLine(
        this.show(judged?.[index]?.value ?? this.health?.conditions[index]?.value ?? ''),
        MAX_VALUE_CHARS,
      ),
    }));
    const values = conditions.map((_, index) => {
      const value = judged?.[index]?.value ?? '';
      return value.length <= MAX_NUMBER_CHARS && numberOf(value) !== undefined ? value : '';
    });
    const sample: HealthSample = { at: new Date(this.clock.now()).toISOString(), ratioPercent, verdict, values };
    this.health = {
      verdict,
      why: cleanLine(why, MAX_WHY_CHARS),
      responses: (this.health?.responses ?? 0) + 1,
      conditions,
      samples: withSample(this.health?.samples ?? [], sample),
    };
  };

  /** What a status has shown of the portal: each operation of the profile, its mark, and whether it was answered. */
  private probe(): Report['probe'] {
    const { inputs, profile } = this;
    if (!profile || inputs?.portal.kind !== 'url' || inputs.stages[0] !== 'status') return undefined;
    return (Object.entries(profile.operations) as [Operation, Spelling][]).map(([operation, { mark }]) => {
      const calls = this.calls.filter((call) => call.operation === operation);
      const answer = calls.some(({ ok }) => ok) ? 'answered' : calls.length > 0 ? 'failed' : 'not asked';
      return { operation, mark, answer };
    });
  }

  /** As it stands now; `ending` is how a run that goes on would end here. */
  report(ending: Ending = this.ending): Report {
    const { inputs, snapshot, context } = this;
    const release = snapshot?.release;
    const isKnown =
      snapshot && (inputs?.targetApp || release) && (snapshot.version !== '' || snapshot.releases !== undefined);
    const state = snapshot && isKnown ? stateOf(snapshot) : '';
    const verdict = this.verdict(ending);
    const error = this.errorOf(ending, snapshot);
    const previous = snapshot && rollbackTarget(snapshot);
    const firstRelease = snapshot && inputs?.targetApp ? isFirstRelease(snapshot) : undefined;
    const miniappId = inputs?.miniappId ?? '';
    const publishId = release?.publishId ?? '';
    const named = inputs?.version ?? '';
    const sent = this.calls.some(({ operation, ok }) => operation === 'uploadPackage' && ok) ? this.package : undefined;
    const probe = this.probe();
    const facts: Pick<Report, 'state' | 'ratioPercent'> = {
      state,
      ...(state === 'grayscale' && release?.ratioPercent && { ratioPercent: release.ratioPercent }),
    };
    return {
      schemaVersion: 1,
      verdict,
      complete: ending.kind === 'done' || (ending.kind === 'planned' && verdict === 'unchanged'),
      released: state === 'released',
      changed: this.changed,
      sandbox: inputs?.portal.kind === 'sandbox',
      dryRun: inputs?.dryRun ?? false,
      stages: this.stageReports(ending),
      miniappId,
      spaceId: inputs?.spaceId ?? '',
      targetApp: inputs?.targetApp ?? '',
      version: snapshot?.version ?? (isVersion(named) ? named : ''),
      ...facts,
      portalStatus: release?.portalStatus ?? '',
      publishId,
      previewUrl: publishId ? previewUrl(miniappId, publishId) : '',
      showPreview: inputs?.showPreview === 'auto' ? !context.mayBePublic : (inputs?.showPreview ?? false),
      ramp: inputs?.stages.includes('grayscale') ? inputs.ratios : [],
      whitelistIds: this.userIds,
      ...(release?.whitelistCount !== undefined && { whitelistCount: release.whitelistCount }),
      ...(firstRelease !== undefined && { firstRelease }),
      liveVersion: (snapshot && liveRelease(snapshot)?.version) ?? '',
      live: snapshot?.releases ? formatLive(snapshot, this.show) : '',
      previousVersion: previous?.kind === 'version' ? previous.version : '',
      underWay: snapshot ? othersInProgress(snapshot).map(({ version, state }) => ({ version, state })) : [],
      nextStages: snapshot && state !== '' ? nextStages(snapshot) : snapshot?.uploaded ? ['submit'] : [],
      packageSha256: sent?.sha256 ?? '',
      packageBytes: sent?.sizeBytes ?? 0,
      message: this.message(ending, verdict, facts),
      reason: error?.found ?? (state === 'rejected' ? this.show(release?.comment ?? '') || 'no reason given' : ''),
      ...(error && { error }),
      todo: error?.todo ?? (state === 'unknown' ? this.todoOfUnknown(snapshot) : todoOf(ending)),
      notices: this.notices,
      ...(this.health && { health: this.health }),
      operations: this.calls,
      looks: this.looks,
      ...(probe && { probe }),
      history: this.history,
      startedAt: new Date(this.startedAtMs).toISOString(),
      endedAt: new Date(this.clock.now()).toISOString(),
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

  private verdict(ending: Ending): Verdict {
    switch (ending.kind) {
      case 'done':
        return this.changed || this.awaited ? 'succeeded' : 'unchanged';
      case 'planned':
        return this.foreseen.some((step) => step.operations.length > 0 || step.waits) ? 'planned' : 'unchanged';
      case 'unknown-status':
        return 'failed';
      default:
        return ending.kind;
    }
  }

  private stageReports(ending: Ending): StageReport[] {
    return (this.inputs?.stages ?? []).map((stage) => {
      const planned = this.foreseen.find((step) => step.stage === stage);
      const wouldDo = planned && (planned.operations.length > 0 || planned.waits);
      const foreseen = ending.kind === 'planned' ? (wouldDo ? 'planned' : 'unchanged') : 'not run';
      return { stage, outcome: this.outcomes.get(stage) ?? foreseen, ...(planned && { planned }) };
    });
  }

  /** One sentence of our own words and checked values. */
  private message(ending: Ending, verdict: Verdict, facts: Pick<Report, 'state' | 'ratioPercent'>): string {
    const what = this.snapshot?.version || 'The miniapp';
    const where = this.inputs?.targetApp ? ` on ${this.inputs.targetApp}` : '';
    const state = facts.state === '' ? '' : `${what} is ${stateWords(facts)}${where}`;
    switch (ending.kind) {
      case 'failed':
        return `${ERRORS[ending.error.code].what}${state ? ` ${state}.` : ''}${this.doubt()}`;
      case 'unknown-status':
        return ERRORS['portal-status-unknown'].what;
      case 'refused':
        return `${state || what}, and ${this.stoppedAt()} cannot go on from there.${this.doubt()}`;
      case 'pending':
        return `${state}${lastSeenWords(ending.failed)}, and ${ending.what} is still awaited.`;
      case 'planned':
        return `Dry run: ${state || what}. Nothing was written.`;
      case 'cancelled':
        return `The run was cancelled.${state ? ` ${state}.` : ''}${this.doubt()} Nothing was withdrawn.`;
      case 'halted':
        return ending.why === 'bad'
          ? `The health check failed: ${state} and was left there.`
          : `The health check returned no data, so nothing was increased or released: ${state} and was left there.`;
      default:
        if (this.inputs?.stages[0] === 'upload' && this.inputs.stages.length === 1) return `${what} is on the portal.`;
        return verdict === 'unchanged' && this.inputs?.stages[0] !== 'status'
          ? `${state}. Nothing had to be done.`
          : `${state}.`;
    }
  }

  /** The stage that could not go on; all that were asked for where it is none of them. */
  private stoppedAt(): string {
    const stages = this.inputs?.stages ?? [];
    return stages.find((stage) => this.outcomes.get(stage) === 'refused') ?? stages.join(', ');
  }

  private errorOf(ending: Ending, snapshot: Snapshot | undefined): ReportedError | undefined {
    if (ending.kind === 'failed') {
      const { code, found, todo, traceId } = ending.error;
      return { code, what: ERRORS[code].what, found, todo, ...(traceId && { traceId }) };
    }
    if (ending.kind === 'unknown-status') {
      return reported('portal-status-unknown', {
        found: `The portal shows the status ${this.show(snapshot?.release?.portalStatus ?? '')}.`,
        todo: this.todoOfUnknown(snapshot),
      });
    }
    return ending.kind === 'refused' ? reported('stage-refused', ending) : undefined;
  }

  private todoOfUnknown(snapshot: Snapshot | undefined): string {
    const word = JSON.stringify(this.show(snapshot?.release?.portalStatus ?? ''));
    return `Find out what it means and add this line to statuses in your portal profile: ${word}: { "state": "...", "mark": "observed" } (docs/portal.md).`;
  }

  /** Where a write was under way and no look could say what became of it. */
  private doubt(): string {
    const { unsettled } = this;
    if (!unsettled) return '';
    return ` Whether the last write took, ${operationRow(unsettled.operation).words}, is not known.`;
  }
}

function lastSeenWords(failed: FailedReads | undefined): string {
  if (!failed) return '';
  const reads = failed.count === 1 ? 'the last reading' : `the last ${failed.count} readings`;
  return ` as last seen at ${formatTime(failed.lastGoodMs)} (${reads} of the portal failed)`;
}

/**
 * Opens the release in the target app, though the portal's own QR code does not (docs.midtrans.com, testing-miniapp-v1).
 * Both values have been checked to be plain ids.
 */
function previewUrl(miniappId: string, publishId: string): string {
  const query = new URLSearchParams({ app_id: miniappId, publish_id: publishId });
  return `gopay://mini-app/windvane?${query}`;
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
  return { code, what: ERRORS[code].what, found, todo: todo ?? ERRORS[code].todo, ...(traceId && { traceId }) };
}

function todoOf(ending: Ending): string {
  switch (ending.kind) {
    case 'pending':
      return 'Run the step again later: it goes on where it stopped, and nothing is withdrawn.';
    case 'rejected':
      return 'Correct what the reviewer names; then run apply with reapply: true, or release a new version.';
    case 'withdrawn':
      return 'To send it again, run apply with reapply: true.';
    case 'halted':
      if (ending.why === 'no data') {
        return 'Check that the query of health-url finds this version, before the first increase too, and that the places in health-when are right (docs/health.md); then run the step again.';
      }
      return 'Look at the health of the canary; then run grayscale again, or take the release back with withdraw.';
    case 'cancelled':
      return 'Run the step again to go on.';
    default:
      return '';
  }
}
