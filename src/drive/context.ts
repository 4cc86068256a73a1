/** The dependencies of driving a stage, and the events that it emits. */

import type { Clock } from '../lib/clock.ts';
import type { Portal } from '../portal/port.ts';
import type { WriteOperation } from '../release/lifecycle.ts';
import type { PlanOptions } from '../release/plan.ts';
import type { UploadSource } from '../release/release.ts';
import type { Snapshot } from '../release/snapshot.ts';
import type { HealthGate } from './health-gate.ts';
import type { Observer } from './observer.ts';

/** An event while a stage is driven. */
export type DriveEvent =
  /** What is believed about the release after a reading. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** A write took effect, as its response or a reading shows. */
  | { readonly kind: 'changed' }
  /** Emitted before a write is sent, and with undefined as soon as a reading or a refusal shows what became of it. */
  | { readonly kind: 'unsettled'; readonly write: UnsettledWrite | undefined }
  /** A wait begins, for the approval or a hold period. `untilMs`: when the hold period ends, in ms since 1970. */
  | { readonly kind: 'waiting'; readonly snapshot: Snapshot; readonly untilMs?: number };

/** A write whose effect is not known. */
export interface UnsettledWrite {
  readonly operation: WriteOperation;
  /** Whether a snapshot shows its effect; undefined where no snapshot can. */
  tookBy(snapshot: Snapshot): boolean | undefined;
}

export interface DriveContext {
  readonly portal: Portal;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly plan: PlanOptions;
  readonly approvalTimeoutMs: number;
  readonly releaseNotes: string;
  readonly userIds: readonly string[];
  readonly package?: UploadSource | undefined;
  /** The canary's health check; undefined where none was given. */
  readonly gate?: HealthGate | undefined;
  readonly log: (line: string) => void;
  /** Untrusted text, redacted and cleaned for use in a sentence. */
  readonly show: (untrusted: string) => string;
  /** Resolves when the event has been handled, for example when a comment about a wait is written. */
  readonly emit: (event: DriveEvent) => Promise<void>;
}
