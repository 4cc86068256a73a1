/** Everything that happened in a run, as one value. Outputs, summary, comment and deployment are all made from it. */

import type { ErrorCode } from '../lib/errors.ts';
import type { Call } from '../portal/port.ts';
import type { StageCertainty } from '../release/certainty.ts';
import { STATES, type Stage, type State } from '../release/lifecycle.ts';
import type { SimulatedStage } from '../release/plan.ts';
import type { HistoryItem } from '../release/release.ts';
import { isPrintableVersion } from '../release/versions.ts';
import type { HealthReport } from './health.ts';
import type { ProbedOperation } from './probe.ts';

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
  readonly planned?: SimulatedStage;
}

export interface ReportedError {
  readonly code: ErrorCode;
  /** The catalogue's sentence. */
  readonly what: string;
  /** What was found; may hold untrusted text, cleaned, redacted and bounded. */
  readonly found: string;
  readonly todo: string;
  /** Where the documentation says more: `docs/troubleshooting.md#portal-refused`. */
  readonly more: string;
  readonly traceId?: string;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  /** The end state of every requested stage has been reached. */
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
  /** What texts call the target app; absent where they show its code. */
  readonly targetAppName?: string;
  readonly version: string;
  /** Empty where the portal could not be read. */
  readonly state: State | 'busy' | 'unknown' | '';
  /** The portal's own name of the status; untrusted text, cleaned. */
  readonly portalStatus: string;
  readonly publishId: string;
  readonly previewUrl: string;
  readonly showPreview: boolean;
  /** The ratio in effect, in percent; absent outside a rollout. */
  readonly ratioPercent?: number;
  /** The requested ratios. */
  readonly ramp: readonly number[];
  /** How many whitelist IDs this step was given; never which. */
  readonly whitelistIds: number;
  /** How many user IDs the portal counts. */
  readonly whitelistCount?: number;
  readonly firstRelease?: boolean;
  readonly liveVersion: string;
  /** The live version as text: `1.0.0`, `none`, or `unknown (RELEASED)` where its status is not mapped. */
  readonly live: string;
  /** What a default rollback would bring back now. */
  readonly previousVersion: string;
  /** Other versions between applying and the official release. */
  readonly underWay: readonly { readonly version: string; readonly state: State }[];
  readonly nextStages: readonly Stage[];
  readonly packageSha256: string;
  readonly packageBytes: number;
  /** One sentence, of fixed text and checked values. */
  readonly message: string;
  /** The reviewer's reason, or the error's; untrusted text, cleaned. */
  readonly reason: string;
  readonly error?: ReportedError;
  /** What to do next; empty where nothing. */
  readonly todo: string;
  readonly notices: readonly string[];
  /** Where a health check was called. */
  readonly health?: HealthReport;
  readonly operations: readonly Call[];
  /** How often the release's status was read. */
  readonly looks: number;
  /** For a status of a real portal: what is known of each operation of the profile. */
  readonly probe?: readonly ProbedOperation[];
  /** For a status of a real portal: how certain each stage is, by the profile. */
  readonly certainty?: readonly StageCertainty[];
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

/** The kind of a text decides what is done to it before it leaves the process. */
type Kind =
  /** Fixed text, and values of a fixed form: never changed, whatever the secrets are. */
  | 'fixed'
  /** From the portal. A version or an id stays as it is; any other text in its place is untrusted. */
  | 'version'
  | 'id'
  /** A sentence of this action, whose untrusted parts were redacted when it was made. */
  | 'sentence'
  | 'untrusted';

type Kinds<T> = T extends string | number | boolean
  ? Kind
  : T extends readonly (infer Item)[]
    ? Kinds<Item>
    : { readonly [Name in keyof T]-?: Kinds<Exclude<T[Name], undefined>> };

const KINDS: Kinds<Omit<Report, 'stages' | 'operations' | 'probe' | 'certainty'>> & {
  readonly operations: { traceId: Kind };
} = {
  schemaVersion: 'fixed',
  verdict: 'fixed',
  complete: 'fixed',
  released: 'fixed',
  changed: 'fixed',
  sandbox: 'fixed',
  dryRun: 'fixed',
  miniappId: 'fixed',
  spaceId: 'fixed',
  targetApp: 'fixed',
  targetAppName: 'fixed',
  version: 'version',
  state: 'fixed',
  portalStatus: 'untrusted',
  publishId: 'id',
  previewUrl: 'fixed',
  showPreview: 'fixed',
  ratioPercent: 'fixed',
  ramp: 'fixed',
  whitelistIds: 'fixed',
  whitelistCount: 'fixed',
  firstRelease: 'fixed',
  liveVersion: 'version',
  live: 'version',
  previousVersion: 'version',
  underWay: { version: 'version', state: 'fixed' },
  nextStages: 'fixed',
  packageSha256: 'fixed',
  packageBytes: 'fixed',
  message: 'sentence',
  reason: 'sentence',
  error: { code: 'fixed', what: 'fixed', found: 'sentence', todo: 'sentence', more: 'fixed', traceId: 'untrusted' },
  todo: 'sentence',
  notices: 'sentence',
  health: {
    verdict: 'fixed',
    why: 'sentence',
    responses: 'fixed',
    conditions: { text: 'sentence', verdict: 'fixed', value: 'untrusted' },
    samples: { at: 'fixed', ratioPercent: 'fixed', verdict: 'fixed', values: 'untrusted' },
  },
  operations: { traceId: 'untrusted' },
  looks: 'fixed',
  history: { type: 'untrusted', operator: 'untrusted', time: 'untrusted', comment: 'untrusted' },
  startedAt: 'fixed',
  endedAt: 'fixed',
  run: {
    repository: 'fixed',
    workflow: 'sentence',
    event: 'fixed',
    ref: 'sentence',
    sha: 'fixed',
    actor: 'sentence',
    triggeringActor: 'sentence',
    id: 'fixed',
    attempt: 'fixed',
    url: 'fixed',
  },
};

export interface Redaction {
  /** Untrusted text as it may be shown: redacted, one line, bounded. */
  readonly show: (untrusted: string) => string;
  readonly redactSentence: (text: string) => string;
}

/** The report with secrets replaced in its texts. Called before anything is made from it, since escaping and cutting would hide a secret from this search. */
export function withoutSecrets(report: Report, { show, redactSentence }: Redaction): Report {
  const change: Readonly<Record<Kind, (text: string) => string>> = {
    fixed: (text) => text,
    version: (text) => (isPrintableVersion(text) ? redactSentence(text) : show(text)),
    id: (text) => (/^\d*$/.test(text) || show(text) === text ? text : ''),
    sentence: redactSentence,
    untrusted: show,
  };
  const safe = changed(report, KINDS, change) as Report;
  return safe.publishId === report.publishId ? safe : { ...safe, previewUrl: '' };
}

/** The value with each of its texts changed by its kind; what has no kind stays as it is. */
function changed(value: unknown, kinds: unknown, change: Readonly<Record<Kind, (text: string) => string>>): unknown {
  if (kinds === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => changed(item, kinds, change));
  if (typeof value === 'string') return change[kinds as Kind](value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => {
    return [name, changed(item, (kinds as Readonly<Record<string, unknown>>)[name], change)];
  });
  return Object.fromEntries(entries);
}

/** The state as text: "in grayscale rollout at 20%". */
export function formatState(report: Pick<Report, 'state' | 'ratioPercent'>): string {
  if (report.state === '') return 'not read';
  if (report.state === 'busy') return 'in a transitional status';
  if (report.state === 'unknown') return 'in a status that the profile does not map';
  const ratio = report.state === 'grayscale' && report.ratioPercent ? ` at ${report.ratioPercent}%` : '';
  return STATES[report.state].words + ratio;
}
