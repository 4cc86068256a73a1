/**
 * Tells GitHub how a release stands: the pull request comment and the deployment. Whatever goes wrong is a warning, and
 * never the reason for a failed release. The client is loaded where something is to be written, and not before.
 */

import { eventPullRequest, type RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import type { Clock } from '../lib/clock.ts';
import { Cancelled, ReleaseError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Redactor } from '../lib/redaction/redactor.ts';
import { isVersion } from '../release/versions.ts';
import { commentOf, markerOf } from '../report/comment.ts';
import { deploymentOf } from '../report/deployment.ts';
import { drawQrCode } from '../report/qr-code.ts';
import type { Report } from '../report/report.ts';
import type { GitHubError, GitHubOptions, TaskLimits } from './client.ts';
import type { PullRequestClues } from './pull-request.ts';

const LIMITS = { timeoutMs: 10_000, graceMs: 0 } as const satisfies TaskLimits;
/** A repository may have thousands of tags, a hundred to a page. */
const TAG_LIMITS = { timeoutMs: 30_000, graceMs: 0 } as const satisfies TaskLimits;
/** What a cancelled run leaves to the last comment; the whole report has 5 s (promise 8). */
const LAST_WORD_MS = 1_500;

export interface TellerOptions {
  readonly context: RunContext;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly userAgent: string;
}

/** How a run tells: when a wait begins (`waiting`), and at its end. Never throws. */
export type Teller = (report: Report, inputs: Inputs, moment: 'waiting' | 'end') => Promise<void>;

export function createTeller(options: TellerOptions): Teller {
  const { context, signal, log } = options;
  let pullRequest: number | undefined;
  let commentId: number | undefined;
  const warned = new Set<string>();
  const warn = (text: string) => {
    if (!warned.has(text)) log.warning(text);
    warned.add(text);
  };

  async function comment(report: Report, inputs: Inputs, moment: 'waiting' | 'end'): Promise<void> {
    const clues = cluesOf(report, inputs, context);
    if (clues === 'none') return log.info(NO_PULL_REQUEST);
    if (!clues) return;
    const qrCode = report.showPreview && report.previewUrl ? await drawQrCode(report.previewUrl) : undefined;
    const body = commentOf(report, { qrCode, isWaiting: moment === 'waiting' });
    const limits = { ...LIMITS, graceMs: moment === 'end' ? LAST_WORD_MS : 0 };
    const gitHub = await import('./github.ts');
    const how = await gitHub.runTask(gitHubOptions(inputs, options), limits, async (client) => {
      pullRequest ??= await gitHub.findPullRequest(clues, client);
      if (pullRequest === undefined) return undefined;
      const written = await gitHub.writeComment(pullRequest, markerOf(report), body, client, commentId);
      commentId = written.id;
      return written.how;
    });
    log.info(how ? `The comment on pull request ${pullRequest} was ${how}.` : NO_PULL_REQUEST);
  }

  async function deployment(report: Report, inputs: Inputs): Promise<void> {
    const view = deploymentOf(report);
    const { environment } = inputs;
    if (!environment || !view || !isReachable(inputs, context) || signal.aborted) return;
    const place = { environment, tag: `${inputs.tagPrefix}${report.version}`, sha: context.sha };
    const gitHub = await import('./github.ts');
    await gitHub.runTask(gitHubOptions(inputs, options), LIMITS, (client) =>
      gitHub.writeDeployment(view, place, client),
    );
    log.info(`The deployment to ${environment} is ${view.state}.`);
  }

  return async (report, inputs, moment) => {
    if (inputs.dryRun) return;
    await Promise.all([
      comment(report, inputs, moment).catch((error) =>
        warn(warningOf('comment could not be written', 'pull-requests: write', error)),
      ),
      deployment(report, inputs).catch((error) =>
        warn(warningOf('deployment could not be written', 'deployments: write', error)),
      ),
    ]);
  };
}

/**
 * Every tag of the repository.
 * @throws ReleaseError version-unresolved; Cancelled
 */
export async function tagsOf(inputs: Inputs, options: TellerOptions): Promise<readonly string[]> {
  if (!isReachable(inputs, options.context)) {
    throw new ReleaseError('version-unresolved', {
      found: 'version: latest reads the tags on GitHub, and the input github-token or the repository is empty.',
      todo: 'Give github-token, or name the version.',
    });
  }
  const gitHub = await import('./github.ts');
  try {
    return await gitHub.runTask(gitHubOptions(inputs, options), TAG_LIMITS, gitHub.listTags);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    throw new ReleaseError('version-unresolved', {
      found: `version: latest could not read the repository's tags. ${foundIn(error)}`,
      todo: isPermission(error) ? adviceFor('contents: read') : 'Run the step again, or name the version.',
      cause: error,
    });
  }
}

const NO_PULL_REQUEST = 'No pull request belongs to this run or version, so there is no comment.';

/** Where to look; `none` where it is known that there is nothing to find, undefined where no comment is wanted. */
function cluesOf(report: Report, inputs: Inputs, context: RunContext): PullRequestClues | 'none' | undefined {
  if (inputs.comment === 'off' || !isReachable(inputs, context)) return undefined;
  const number = inputs.comment === 'auto' ? eventPullRequest(context) : inputs.comment;
  if (number !== undefined) return { number };
  const tag = isVersion(report.version) ? `${inputs.tagPrefix}${report.version}` : undefined;
  // On a schedule it is whatever was merged last, which has nothing to do with the release.
  const sha = context.eventName === 'schedule' || context.sha === '' ? undefined : context.sha;
  return tag === undefined && sha === undefined ? 'none' : { tag, sha };
}

function isReachable(inputs: Inputs, context: RunContext): boolean {
  return inputs.githubToken !== undefined && /^[^/]+\/[^/]+$/.test(context.repository);
}

function gitHubOptions(inputs: Inputs, options: TellerOptions): GitHubOptions {
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

function warningOf(what: string, permission: string, error: unknown): string {
  return `The ${what}. ${foundIn(error)}${isPermission(error) ? ` ${adviceFor(permission)}` : ''}`;
}

function adviceFor(permission: string): string {
  return `If the token may not do this, add to the job:\npermissions:\n  ${permission}\nA pull request from a fork has a token that only reads, whatever the workflow says.`;
}

function foundIn(error: unknown): string {
  if (error instanceof Cancelled) return 'The run was cancelled.';
  return error instanceof Error ? error.message : String(error);
}

/** GitHub says 404 where a token may not even know that a thing is there. */
function isPermission(error: unknown): boolean {
  const { name, status, passing } = (error ?? {}) as Partial<GitHubError>;
  return name === 'GitHubError' && !passing && (status === 401 || status === 403 || status === 404);
}
