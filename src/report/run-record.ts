/** The run record: what happened in a run, reduced from its events. */

import type { RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import type { DriveEvent, UnsettledWrite } from '../drive/context.ts';
import type { Health } from '../drive/health.ts';
import { cleanLine } from '../lib/text.ts';
import type { Call } from '../portal/port.ts';
import type { Profile } from '../portal/profile/profile.ts';
import { numberOf } from '../release/health-conditions.ts';
import { operationRow, type Stage } from '../release/lifecycle.ts';
import type { Outcome } from '../release/outcome.ts';
import type { SimulatedStage } from '../release/plan.ts';
import type { HistoryItem, UploadSource } from '../release/release.ts';
import type { Snapshot } from '../release/snapshot.ts';
import { type HealthReport, type HealthSample, withSample } from './health.ts';
import type { StageOutcome } from './report.ts';

/** An event of a run. */
export type RunEvent =
  | DriveEvent
  | { readonly kind: 'inputs'; readonly inputs: Inputs }
  | { readonly kind: 'profile'; readonly profile: Profile }
  /** The number of user IDs that were given; never the IDs. */
  | { readonly kind: 'user-ids'; readonly count: number }
  | { readonly kind: 'package'; readonly package: UploadSource }
  /** A call of the portal has ended. */
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'health'; readonly ratioPercent: number; readonly health: Health; readonly atMs: number }
  | { readonly kind: 'simulated'; readonly steps: readonly SimulatedStage[] }
  | { readonly kind: 'stage-ended'; readonly stage: Stage; readonly outcome: StageOutcome; readonly awaited?: true }
  | { readonly kind: 'history'; readonly history: readonly HistoryItem[] }
  /** Becomes an annotation at once. */
  | { readonly kind: 'notice'; readonly text: string; readonly isWarning?: true }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

export interface RunRecord {
  readonly context: RunContext;
  readonly startedAtMs: number;
  readonly inputs?: Inputs;
  readonly profile?: Profile;
  readonly snapshot?: Snapshot;
  readonly outcome: Outcome;
  /** The number of user IDs that were given. */
  readonly userIds: number;
  readonly package?: UploadSource;
  readonly history: readonly HistoryItem[];
  readonly notices: readonly string[];
  readonly stages: ReadonlyMap<Stage, StageOutcome>;
  readonly simulated: readonly SimulatedStage[];
  /** The approval for which this run waited was given. */
  readonly awaited: boolean;
  /** The number of writes that took effect. */
  readonly changes: number;
  /** A write whose effect is not known. */
  readonly unsettled: UnsettledWrite | undefined;
  /** The number of times that the release was read. */
  readonly readings: number;
  readonly calls: readonly Call[];
  readonly health?: HealthReport;
}

/** The record at the start of a run. Without another outcome, the run counts as cancelled. */
export function newRecord(context: RunContext, startedAtMs: number): RunRecord {
  return {
    context,
    startedAtMs,
    outcome: { kind: 'cancelled' },
    userIds: 0,
    history: [],
    notices: [],
    stages: new Map(),
    simulated: [],
    awaited: false,
    changes: 0,
    unsettled: undefined,
    readings: 0,
    calls: [],
  };
}

/** The record after one more event. */
export function recorded(record: RunRecord, event: RunEvent): RunRecord {
  switch (event.kind) {
    case 'inputs':
      return { ...record, inputs: event.inputs };
    case 'profile':
      return { ...record, profile: event.profile };
    case 'user-ids':
      return { ...record, userIds: event.count };
    case 'package':
      return { ...record, package: event.package };
    case 'call':
      return withCall(record, event.call);
    case 'health':
      return { ...record, health: withResponse(record, event) };
    case 'simulated':
      return { ...record, simulated: event.steps };
    case 'snapshot':
    case 'waiting':
      return { ...record, snapshot: event.snapshot };
    case 'unsettled':
      return { ...record, unsettled: event.write };
    case 'changed':
      return { ...record, changes: record.changes + 1 };
    case 'stage-ended': {
      const stages = new Map(record.stages).set(event.stage, event.outcome);
      return { ...record, stages, awaited: record.awaited || event.awaited === true };
    }
    case 'history':
      return { ...record, history: event.history };
    case 'notice':
      return { ...record, notices: [...record.notices, event.text] };
    case 'ended':
      return { ...record, outcome: event.outcome };
  }
}

/** How many calls that only read the record keeps; a wait of days makes thousands. */
const MAX_CALLS = 500;

function withCall(record: RunRecord, call: Call): RunRecord {
  const isReading = call.operation === 'listReleases' || call.operation === 'findRelease';
  const readings = record.readings + (isReading ? 1 : 0);
  // The first calls and every write say most, so of a long wait only the beginning is kept.
  const isWrite = call.operation !== 'login' && operationRow(call.operation).access === 'write';
  const isKept = isWrite || record.calls.length < MAX_CALLS;
  return { ...record, readings, calls: isKept ? [...record.calls, call] : record.calls };
}

const MAX_WHY_CHARS = 500;
/** The longest number in a sample; a longer one is only kept as the last value. */
const MAX_NUMBER_CHARS = 32;

/** The report of the health check after one more response; values are unchanged and untrusted. */
function withResponse(record: RunRecord, event: Extract<RunEvent, { kind: 'health' }>): HealthReport {
  const { ratioPercent, atMs } = event;
  const { verdict, why, judged } = event.health;
  const before = record.health;
  const conditions = (record.inputs?.healthWhen ?? []).map(({ text }, index) => ({
    text,
    verdict: judged?.[index]?.verdict ?? before?.conditions[index]?.verdict ?? 'no data',
    value: judged?.[index]?.value ?? before?.conditions[index]?.value ?? '',
  }));
  const values = conditions.map((_, index) => {
    const value = judged?.[index]?.value ?? '';
    return value.length <= MAX_NUMBER_CHARS && numberOf(value) !== undefined ? value : '';
  });
  const sample: HealthSample = { at: new Date(atMs).toISOString(), ratioPercent, verdict, values };
  return {
    verdict,
    why: cleanLine(why, MAX_WHY_CHARS),
    responses: (before?.responses ?? 0) + 1,
    conditions,
    samples: withSample(before?.samples ?? [], sample),
  };
}
