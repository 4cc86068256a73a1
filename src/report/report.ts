/** Everything that happened, as one value. The outputs, the summary, the comment and the deployment are views of it. */

import type { ErrorCode } from '../errors.ts';
import { type Mark, type Operation, STATES, type Stage, type State } from '../lifecycle.ts';
import type { Foreseen } from '../plan.ts';
import type { Call, HistoryItem } from '../portal/portal.ts';

/** How a step ended. */
export type Verdict =
  | 'succeeded'
  | 'unchanged'
  | 'planned'
  | 'pending'
  | 'rejected'
  | 'withdrawn'
  | 'refused'
  | 'halted'
  | 'cancelled'
  | 'failed';

/** Verdicts of a green step; `pending` is by the input on-pending. */
export const GREEN: readonly Verdict[] = ['succeeded', 'unchanged', 'planned'];

export type StageOutcome = 'done' | 'unchanged' | 'planned' | 'not run' | Exclude<Verdict, 'succeeded' | 'failed'>;

export interface StageReport {
  readonly stage: Stage;
  readonly outcome: StageOutcome;
  /** What a dry run foresees. */
  readonly planned?: Foreseen;
}

export interface ReportedError {
  readonly code: ErrorCode;
  /** The catalogue's sentence. */
  readonly what: string;
  /** What was found; may hold foreign text, cleaned, redacted and bounded. */
  readonly found: string;
  readonly todo: string;
  readonly traceId?: string;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  /** Every asked stage's end holds. */
  readonly complete: boolean;
  /** This version is live. */
  readonly released: boolean;
  /** By this run's writes. */
  readonly changed: boolean;
  readonly sandbox: boolean;
  readonly dryRun: boolean;
  readonly stages: readonly StageReport[];
  readonly miniappId: string;
  readonly spaceId: string;
  readonly targetApp: string;
  readonly version: string;
  /** Empty where no look succeeded. */
  readonly state: State | 'busy' | 'unknown' | '';
  /** The portal's own word; foreign text, cleaned. */
  readonly portalStatus: string;
  readonly publishId: string;
  readonly previewUrl: string;
  readonly showPreview: boolean;
  /** The ratio in effect, in percent; absent outside a rollout. */
  readonly ratioPercent?: number;
  /** The ratios asked for. */
  readonly ramp: readonly number[];
  /** How many whitelist IDs this step was given; never which. */
  readonly whitelistIds: number;
  /** How many the portal counts. */
  readonly whitelistCount?: number;
  readonly firstRelease?: boolean;
  readonly liveVersion: string;
  /** What a default rollback would bring back now. */
  readonly previousVersion: string;
  /** Other versions between applying and the official release. */
  readonly underWay: readonly { readonly version: string; readonly state: State }[];
  readonly nextStages: readonly Stage[];
  readonly packageSha256: string;
  readonly packageBytes: number;
  /** One sentence of our own words and checked values. */
  readonly message: string;
  /** The reviewer's reason, or the error's; foreign text, cleaned. */
  readonly reason: string;
  readonly error?: ReportedError;
  /** What to do next; empty where nothing. */
  readonly todo: string;
  readonly notices: readonly string[];
  readonly operations: readonly Call[];
  readonly looks: number;
  /** For a status of a real portal: what is known of each operation that the profile speaks. */
  readonly probe?: readonly {
    readonly operation: Operation;
    readonly mark: Mark;
    /** By this portal, in this run. */
    readonly answer: 'answered' | 'failed' | 'not asked';
  }[];
  readonly history: readonly HistoryItem[];
  readonly startedAt: string;
  readonly endedAt: string;
  readonly run: {
    readonly repository: string;
    readonly workflow: string;
    readonly event: string;
    readonly ref: string;
    readonly sha: string;
    readonly actor: string;
    readonly triggeringActor: string;
    readonly id: string;
    readonly attempt: string;
    readonly url: string;
  };
}

/**
 * The report with secrets replaced in every text that is not a word or a number of ours. Before any view is made: the
 * views escape, and what is escaped is no longer found.
 */
export function withoutSecrets(report: Report, redact: (text: string) => string): Report {
  const { error } = report;
  return {
    ...report,
    portalStatus: redact(report.portalStatus),
    message: redact(report.message),
    reason: redact(report.reason),
    ...(error && { error: { ...error, found: redact(error.found), todo: redact(error.todo) } }),
    todo: redact(report.todo),
    notices: report.notices.map(redact),
    history: report.history.map((item) => mapTexts(item, redact)),
    run: mapTexts(report.run, redact),
  };
}

function mapTexts<T extends object>(texts: T, change: (text: string) => string): T {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(String(text))])) as T;
}

/** The state in words: "in grayscale rollout at 20%". */
export function stateWords(report: Pick<Report, 'state' | 'ratioPercent'>): string {
  if (report.state === '') return 'not looked at';
  if (report.state === 'busy') return 'in passing between two states';
  if (report.state === 'unknown') return 'in a state that the profile does not know';
  const ratio = report.state === 'grayscale' && report.ratioPercent ? ` at ${report.ratioPercent}%` : '';
  return STATES[report.state].words + ratio;
}
