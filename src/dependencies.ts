/** The dependencies of a run: those that its process gives it, and those that it creates at its start. */

import type { RunContext } from './action/context.ts';
import type { EnvironmentVariables } from './action/read-inputs.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Redactor } from './lib/redaction/redactor.ts';
import type { TransportOptions } from './portal/transport.ts';
import type { RunEvent } from './report/run-record.ts';

/** The dependencies that a process gives the run. */
export interface ProcessDependencies {
  readonly environment: EnvironmentVariables;
  readonly clock: Clock;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly workspace: string;
  readonly tempDir: string;
  /** The deadline of a request, in ms; that of the transport where absent. */
  readonly requestTimeoutMs?: number;
  /** Sends one request to the portal or the health check; that of the transport where absent. */
  readonly exchange?: TransportOptions['exchange'];
  /** Rejects with an uncaught error. */
  readonly crashed?: Promise<never>;
}

export interface RunDependencies extends ProcessDependencies {
  readonly context: RunContext;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Untrusted text as one line for a sentence: redacted and bounded. */
  readonly show: (untrusted: string) => string;
  readonly userAgent: string;
  /**
   * Adds an event to the run record. Resolves when it has been handled, for example when a comment about a wait is
   * written.
   */
  readonly emit: (event: RunEvent) => Promise<void>;
}
