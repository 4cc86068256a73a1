/** A run's access to GitHub: whether it has any, the client's settings, and what an error means to the user. */

import type { RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import type { Clock } from '../lib/clock.ts';
import { Cancelled } from '../lib/errors.ts';
import type { Redactor } from '../lib/redaction/redactor.ts';
import type { GitHubError, GitHubOptions } from './client.ts';

export interface AccessOptions {
  readonly context: RunContext;
  readonly clock: Clock;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  readonly userAgent: string;
}

/** Whether there are a token and a repository to use it on. */
export function hasAccess(inputs: Inputs, context: RunContext): boolean {
  return inputs.githubToken !== undefined && /^[^/]+\/[^/]+$/.test(context.repository);
}

/** The settings of the client, from the inputs and the run. */
export function clientOptions(inputs: Inputs, options: AccessOptions): GitHubOptions {
  const { context, clock, signal, redactor, userAgent } = options;
  return {
    token: inputs.githubToken ?? '',
    apiUrl: context.apiUrl,
    repository: context.repository,
    userAgent,
    clock,
    signal,
    redact: redactor.redactSentence,
    onProxyPassword: (password) => redactor.add(password, 'credential'),
  };
}

/** One sentence on what went wrong. */
export function describeError(error: unknown): string {
  if (error instanceof Cancelled) return 'The run was cancelled.';
  return error instanceof Error ? error.message : String(error);
}

/** Whether the token lacks a permission. GitHub responds 404 where a token may not even know that something exists. */
export function isPermissionError(error: unknown): boolean {
  const { name, status, transient } = (error ?? {}) as Partial<GitHubError>;
  return name === 'GitHubError' && !transient && (status === 401 || status === 403 || status === 404);
}

/** The lines to add to the job for a permission such as `contents: read`. */
export function permissionAdvice(permission: string): string {
  return `If the token may not do this, add to the job:\npermissions:\n  ${permission}\nA pull request from a fork has a token that only reads, whatever the workflow says.`;
}
