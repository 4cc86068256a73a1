/**
 * Keeps GitHub up to date on a release: the pull request comment and the deployment. Whatever goes wrong is a warning, and
 * never fails the release. The client is loaded only when there is something to write.
 */

import { eventPullRequest, type RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import { isVersionChosen } from '../action/which-version.ts';
import type { Log } from '../lib/log.ts';
import { isVersion } from '../release/versions.ts';
import { drawQrCode } from '../report/qr-code.ts';
import type { Report } from '../report/report.ts';
import {
  type AccessOptions,
  clientOptions,
  describeError,
  hasAccess,
  isPermissionError,
  permissionAdvice,
} from './access.ts';
import type { TaskLimits } from './client.ts';
import type { DeploymentMemory } from './deployment.ts';
import type { PullRequestClues } from './pull-request.ts';

const LIMITS = { timeoutMs: 10_000, graceMs: 0 } as const satisfies TaskLimits;
/** How long a cancelled run waits for its last comment; the whole report has 5 s (promise 8). */
const LAST_COMMENT_MS = 1_500;

export interface NotifierOptions extends AccessOptions {
  readonly log: Log;
}

/** Called when a wait begins (`waiting`) and at the end of a run. Never throws. */
export type Notify = (report: Report, inputs: Inputs, moment: 'waiting' | 'end') => Promise<void>;

/** The notifier of one run: it remembers the pull request, the comment and the deployment that it has found. */
export function createNotifier(options: NotifierOptions): Notify {
  const { context, signal, log } = options;
  let pullRequest: number | undefined;
  let commentId: number | undefined;
  const deploymentMemory: DeploymentMemory = {};
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
    const { commentOf, markerOf } = await import('../report/comment.ts');
    const body = commentOf(report, { qrCode, isWaiting: moment === 'waiting' });
    const limits = { ...LIMITS, graceMs: moment === 'end' ? LAST_COMMENT_MS : 0 };
    const gitHub = await import('./github.ts');
    const how = await gitHub.runTask(clientOptions(inputs, options), limits, async (client) => {
      pullRequest ??= await gitHub.findPullRequest(clues, client);
      if (pullRequest === undefined) return undefined;
      const written = await gitHub.writeComment(pullRequest, markerOf(report), body, client, commentId);
      commentId = written.id;
      return written.how;
    });
    log.info(how ? `The comment on pull request ${pullRequest} was ${how}.` : NO_PULL_REQUEST);
  }

  async function deployment(report: Report, inputs: Inputs): Promise<void> {
    const { environment } = inputs;
    if (!environment || !hasAccess(inputs, context)) return;
    const { deploymentOf } = await import('../report/deployment.ts');
    const desired = deploymentOf(report);
    if (!desired || signal.aborted) return;
    const place = { environment, tag: `${inputs.tagPrefix}${report.version}`, sha: context.sha };
    const gitHub = await import('./github.ts');
    await gitHub.runTask(clientOptions(inputs, options), LIMITS, (client) =>
      gitHub.writeDeployment(desired, place, client, deploymentMemory),
    );
    log.info(`The deployment to ${environment} is ${desired.state}.`);
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

/** Events that are about their commit. On a schedule or a dispatch it is whatever was merged last. */
const COMMIT_EVENTS: readonly string[] = ['push', 'release', 'pull_request'];
const NO_PULL_REQUEST = 'No pull request belongs to this run or version, so there is no comment.';

/** How to find the pull request; `none` where there is certainly none, undefined where no comment is wanted. */
function cluesOf(report: Report, inputs: Inputs, context: RunContext): PullRequestClues | 'none' | undefined {
  if (inputs.comment === 'off' || !hasAccess(inputs, context)) return undefined;
  const number = inputs.comment === 'auto' ? eventPullRequest(context) : inputs.comment;
  if (number !== undefined) return { number };
  // Without a version that was chosen, the report's is the one that is live: no business of this run.
  const tag =
    isVersionChosen(inputs, context) && isVersion(report.version) ? `${inputs.tagPrefix}${report.version}` : undefined;
  const sha = COMMIT_EVENTS.includes(context.eventName) && context.sha !== '' ? context.sha : undefined;
  return tag === undefined && sha === undefined ? 'none' : { tag, sha };
}

function warningOf(what: string, permission: string, error: unknown): string {
  return `The ${what}. ${describeError(error)}${isPermissionError(error) ? ` ${permissionAdvice(permission)}` : ''}`;
}
