/** What a run depends on: what its process gives it, and what it makes of that at its start. */

import type { RunContext } from './action/context.ts';
import type { EnvironmentVariables } from './action/read-inputs.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Redactor } from './lib/redaction/redactor.ts';
import type { TransportOptions } from './portal/transport.ts';
import type { RunEvent } from './report/run-record.ts';

/** What a process gives the run. */
export interface ProcessDependencies {
  readonly environment: EnvironmentVariables;
  readonly clock: Clock;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
  readonly workspace: string;
  readonly tempDir: string;
  /** A request's deadline in milliseconds; the transport's own where absent. */
  readonly requestTimeoutMs?: number;
  /** Sends one request to the portal or the health check; the transport's own where absent. */
  readonly exchange?: TransportOptions['exchange'];
  /** Rejects with what was thrown where nobody catches it. */
  readonly crashed?: Promise<never>;
}

export interface RunDependencies extends ProcessDependencies {
  readonly context: RunContext;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Untrusted text as it may stand in a sentence: redacted, one line, bounded. */
  readonly show: (untrusted: string) => string;
  readonly userAgent: string;
  /** Takes a fact into the run record. Resolves when what follows from it is done, such as a comment when a wait begins. */
  readonly emit: (event: RunEvent) => Promise<void>;
}
