/** What a stage is driven with. */

import type { Clock } from '../lib/clock.ts';
import type { Portal } from '../portal/port.ts';
import type { WriteOperation } from '../release/lifecycle.ts';
import type { PlanOptions } from '../release/plan.ts';
import type { UploadSource } from '../release/release.ts';
import type { Snapshot } from '../release/snapshot.ts';
import type { HealthGate } from './health-gate.ts';
import type { Observer } from './observer.ts';

/** What driving a release has to tell. */
export type DriveEvent =
  /** What is known of the release after a reading. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** A write took, by its response or by a reading. */
  | { readonly kind: 'changed' }
  /** Before a write is sent; with undefined once a reading or the portal's refusal has settled what became of it. */
  | { readonly kind: 'unsettled'; readonly write: UnsettledWrite | undefined }
  /** Once, when a wait of unknown length begins. */
  /** A wait begins; `untilMs`: when the hold period ends, in milliseconds since 1970. */
  | { readonly kind: 'waiting'; readonly snapshot: Snapshot; readonly untilMs?: number };

/** A write of which it is not known what became of it. */
export interface UnsettledWrite {
  readonly operation: WriteOperation;
  /** Whether a snapshot shows that it took; undefined where none can show it. */
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
  /** Untrusted text as it may stand in a sentence. */
  readonly show: (untrusted: string) => string;
  /** Resolves when what follows from the event is done, such as a comment when a wait begins. */
  readonly emit: (event: DriveEvent) => Promise<void>;
}
