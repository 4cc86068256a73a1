/** How a stage, and a run, may end. */

import type { ReleaseError } from '../lib/errors.ts';

export type Outcome =
  /** The stage's end state has been reached. `awaited`: by an approval for which this run waited. */
  | { readonly kind: 'reached'; readonly awaited?: true; readonly notice?: string }
  /** A dry run has simulated the stages. */
  | { readonly kind: 'planned' }
  | { readonly kind: 'rejected' | 'withdrawn' }
  /** The portal shows a status that the profile does not map. */
  | { readonly kind: 'unknown-status' }
  /** The stage is not possible in the state of the release. */
  | {
      readonly kind: 'refused';
      readonly found: string;
      readonly todo?: string;
      readonly traceId?: string | undefined;
    }
  | Pending
  | { readonly kind: 'halted'; readonly why: Halt }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: ReleaseError };

/** An approval or a hold period is not over; a later run continues. */
export interface Pending {
  readonly kind: 'pending';
  /** What the stage waits for, as words for a sentence. */
  readonly what: string;
  /** When the hold period of the ratio in effect ends, in milliseconds since 1970. */
  readonly untilMs?: number;
  readonly failed?: FailedReads;
}

/** Why a rollout was halted: the canary is bad, or the health check had no data about it. */
export type Halt = 'bad' | 'no data';

/** The failed readings at the end of a wait, so what is reported is older. */
export interface FailedReads {
  readonly count: number;
  /** The reason of the last failure; may contain untrusted text. */
  readonly why: string;
  /** When the last reading succeeded, in milliseconds since 1970. */
  readonly lastGoodMs: number;
}

/** An outcome that ends a stage before its end state, as far as a plan can know. */
export type Stop = Extract<Outcome, { kind: 'refused' | 'rejected' | 'withdrawn' | 'unknown-status' | 'failed' }>;
