/** The catalogue of errors: each says what happened and what to do. Imports nothing of ours. */

export const ERRORS = {
  'input-invalid': {
    what: 'The inputs are not valid.',
    todo: 'Correct every fault listed here. Nothing was sent.',
  },
  'version-unresolved': {
    what: 'The version to release is not known.',
    todo: 'Give the input version, or run on a version tag.',
  },
  'stage-refused': {
    what: 'The release cannot take this step in its current state.',
    todo: 'Run the stage that comes first.',
  },
  'portal-unreachable': {
    what: 'The portal could not be reached.',
    todo: 'Check portal-url, the network and the proxy of the runner, then run the step again. It continues where it stopped.',
  },
  'portal-unauthorized': {
    what: 'The portal does not accept the credentials.',
    todo: 'Renew the secret behind portal-session, or check portal-username and portal-password; then run the step again.',
  },
  'portal-refused': {
    what: 'The portal refused the operation.',
    todo: 'Read its reason, and ask the portal’s support with the trace id if it is not clear.',
  },
  'portal-unexpected': {
    what: 'The portal sent a response that cannot be understood.',
    todo: 'Check portal-url and portal-profile. A portal with a different API needs a portal profile (docs/portal.md).',
  },
  'portal-status-unknown': {
    what: 'The portal shows a status that the profile does not map, so nothing more was sent.',
    todo: 'Add the status to the profile (docs/portal.md), then run the step again.',
  },
  'effect-not-seen': {
    what: 'The portal accepted the operation but does not show its effect.',
    todo: 'Check the release in the portal, then run the step again. It reads before it writes.',
  },
  'package-invalid': {
    what: 'The package cannot be uploaded.',
    todo: 'Correct the build and run the step again; nothing was sent.',
  },
  'profile-invalid': {
    what: 'The portal profile is not valid.',
    todo: 'Correct each place listed here (docs/portal.md). Nothing was sent.',
  },
  'sandbox-invalid': {
    what: 'The sandbox cannot use its state file.',
    todo: 'Delete the file for a new sandbox portal, or name another with file=.',
  },
  internal: {
    what: 'The action itself failed.',
    todo: 'Please report it with the log of this step; run the step again to continue.',
  },
} as const satisfies Readonly<Record<string, { what: string; todo: string }>>;

export type ErrorCode = keyof typeof ERRORS;

/** The section of the documentation about an error: its causes and what to do about each. */
export function sectionOf(code: ErrorCode): string {
  return `docs/troubleshooting.md#${code}`;
}

export interface ErrorDetails {
  /** What was found: one or more sentences, without secrets. */
  readonly found: string;
  /** What to do; the catalogue's sentence where absent. */
  readonly todo?: string;
  /** The portal's id of the request, if it gave one. */
  readonly traceId?: string | undefined;
  /** A transient error (network, overload, an expired session that was renewed): a retry may help. */
  readonly transient?: boolean;
  /** How long the portal asks to wait before the next attempt, in ms, bounded. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the request may have taken effect; `none` where absent. */
  readonly effect?: Effect;
  /** Why the portal refused, if the profile maps its reason. */
  readonly refusal?: Refusal | undefined;
  readonly cause?: unknown;
}

/**
 * Whether a failed request may have taken effect. `none`: it was not sent, or the portal did not process it.
 * `unlikely`: a 5xx of a gateway, behind which the portal may have processed it. `unknown`: no response, or an
 * unreadable one.
 */
export type Effect = 'none' | 'unlikely' | 'unknown';

/**
 * The portal's reasons for a refusal, in the terms of the lifecycle. The profile maps the portal's error codes to them.
 */
export const REFUSALS = [
  'not-allowed-in-state',
  'exists-already',
  'version-not-found',
  'release-not-found',
  'another-under-way',
  'first-release',
  'ratio-must-increase',
  'nothing-to-roll-back-to',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** An error of the catalogue. Its message says what happened, what was found and what to do. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  readonly code: ErrorCode;
  readonly found: string;
  readonly todo: string;
  readonly traceId: string | undefined;
  readonly transient: boolean;
  readonly retryAfterMs: number | undefined;
  readonly effect: Effect;
  readonly refusal: Refusal | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const todo = details.todo ?? ERRORS[code].todo;
    const trace = details.traceId ? ` (trace id ${details.traceId})` : '';
    super(`${ERRORS[code].what} ${details.found}${trace} ${todo}`, { cause: details.cause });
    this.code = code;
    this.found = details.found;
    this.todo = todo;
    this.traceId = details.traceId;
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.effect = details.effect ?? 'none';
    this.refusal = details.refusal;
  }
}

/** The run was cancelled: not an error of the catalogue, and nothing is undone. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';

  constructor() {
    super('The run was cancelled.');
  }
}
