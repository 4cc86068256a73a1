/** What the learner found: for each operation, word and stage; and what a profile file has to say. */

import type { Mark, Operation, Stage, State } from '../release/lifecycle.ts';
import type { FoundField } from './snapshots.ts';
import type { Ids } from './values.ts';

export interface Answers {
  /** `setRatio` -> `POST /path`. */
  readonly is?: Readonly<Record<string, string>>;
  /** `WAIT_GRAY` -> `rollout-ready`. */
  readonly means?: Readonly<Record<string, string>>;
}

export interface OperationFinding {
  readonly operation: Operation;
  readonly verdict: 'confirmed' | 'learned' | 'unsure' | 'not seen';
  readonly call?: string;
  readonly evidence: string;
  readonly candidates: readonly string[];
}

export interface WordFinding {
  readonly word: string;
  readonly label?: string;
  readonly state?: State | 'busy';
  readonly verdict: 'confirmed' | 'learned' | 'unsure';
  readonly evidence: string;
  readonly candidates: readonly string[];
}

export interface Learned {
  readonly origin: string;
  readonly calls: number;
  readonly basePath: string;
  readonly operations: readonly OperationFinding[];
  readonly words: readonly WordFinding[];
  readonly fields: Readonly<Record<string, FoundField>>;
  readonly ids: Ids;
  readonly stages: readonly {
    readonly stage: Stage;
    readonly certain: boolean;
    /** What the recording does not hold of it, with what the profile knows of each call. */
    readonly unconfirmed: readonly { readonly operation: Operation; readonly known: Mark | 'absent' }[];
  }[];
  readonly unexplained: readonly string[];
  /** How often the status of a release changed without a recorded request that does it. */
  readonly gaps: number;
  readonly warnings: readonly string[];
  /** What a profile file has to say over the base profile. */
  readonly changes: Readonly<Record<string, unknown>>;
}

/** A part of a profile file, as it is built up. */
export type Written = Record<string, unknown>;
