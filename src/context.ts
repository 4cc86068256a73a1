/** The workflow run that the action is part of: the runner's variables and the event's payload, as data. */

import { readFile } from 'node:fs/promises';
import type { Environment } from './inputs.ts';
import { at } from './portal/profile.ts';

export interface RunContext {
  readonly eventName: string;
  /** The event's payload; foreign data. */
  readonly event: unknown;
  readonly repository: string;
  readonly ref: string;
  readonly refName: string;
  readonly isTag: boolean;
  readonly sha: string;
  readonly actor: string;
  readonly triggeringActor: string;
  readonly workflow: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly workspace: string;
  readonly tempDir: string;
  readonly isHosted: boolean;
}

export async function readContext(environment: Environment, here: string, tempDir: string): Promise<RunContext> {
  const text = (name: string) => environment[name] ?? '';
  return {
    eventName: text('GITHUB_EVENT_NAME'),
    event: await readEvent(text('GITHUB_EVENT_PATH')),
    repository: text('GITHUB_REPOSITORY'),
    ref: text('GITHUB_REF'),
    refName: text('GITHUB_REF_NAME'),
    isTag: text('GITHUB_REF_TYPE') === 'tag' || text('GITHUB_REF').startsWith('refs/tags/'),
    sha: text('GITHUB_SHA'),
    actor: text('GITHUB_ACTOR'),
    triggeringActor: text('GITHUB_TRIGGERING_ACTOR') || text('GITHUB_ACTOR'),
    workflow: text('GITHUB_WORKFLOW'),
    runId: text('GITHUB_RUN_ID'),
    runAttempt: text('GITHUB_RUN_ATTEMPT'),
    serverUrl: text('GITHUB_SERVER_URL') || 'https://github.com',
    apiUrl: text('GITHUB_API_URL') || 'https://api.github.com',
    workspace: text('GITHUB_WORKSPACE') || here,
    tempDir: text('RUNNER_TEMP') || tempDir,
    isHosted: text('RUNNER_ENVIRONMENT') === 'github-hosted',
  };
}

async function readEvent(path: string): Promise<unknown> {
  if (path === '') return {};
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // No payload is as good as an empty one: whoever needs a field of it says that it is missing.
    return {};
  }
}

/** A text field of the event's payload, or undefined. */
function eventText(context: RunContext, place: string): string | undefined {
  const value = at(context.event, place);
  return typeof value === 'string' ? value : undefined;
}

/** The tag of a tag push, or of a published GitHub release; undefined for any other event. */
export function eventTag(context: RunContext): string | undefined {
  if (context.eventName === 'push' && context.isTag) {
    return context.refName || context.ref.replace(/^refs\/tags\//, '');
  }
  const isPublished = ['published', 'released'].includes(eventText(context, 'action') ?? '');
  const isDraft = at(context.event, 'release.draft') === true;
  if (context.eventName === 'release' && isPublished && !isDraft) return eventText(context, 'release.tag_name');
  return undefined;
}

/** The number of the event's pull request; of a comment on one, too. */
export function eventNumber(context: RunContext): number | undefined {
  const isComment = context.eventName === 'issue_comment' && at(context.event, 'issue.pull_request') !== undefined;
  const number = at(context.event, isComment ? 'issue.number' : 'pull_request.number');
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** The body of the GitHub release that the event carries. */
export function eventReleaseNotes(context: RunContext): string | undefined {
  return context.eventName === 'release' ? eventText(context, 'release.body') : undefined;
}

/**
 * Why this run may have been caused by an outsider, or undefined. Such a run only reads: a comment or a fork's pull
 * request must not release anything.
 */
export function outsiderEvent(context: RunContext): string | undefined {
  const { eventName } = context;
  if (ANYONE.includes(eventName)) return eventName;
  if (eventName === 'pull_request' || PULL_REQUEST_REVIEWS.includes(eventName)) {
    return isForeign(context, 'pull_request.head.repo.full_name') ? `${eventName} from a fork` : undefined;
  }
  if (eventName !== 'workflow_run') return undefined;
  const started = eventText(context, 'workflow_run.event') ?? '';
  if (ANYONE.includes(started)) return `workflow_run started by ${started}`;
  const isPull = started === 'pull_request' || PULL_REQUEST_REVIEWS.includes(started);
  return isPull && isForeign(context, 'workflow_run.head_repository.full_name')
    ? `workflow_run started by ${started} from a fork`
    : undefined;
}

/** Events that whoever has a GitHub account can cause. */
const ANYONE = ['pull_request_target', 'issue_comment', 'issues', 'discussion', 'discussion_comment', 'fork', 'watch'];
const PULL_REQUEST_REVIEWS = ['pull_request_review', 'pull_request_review_comment'];

/** A head that is not this repository's, or that the payload does not name (a deleted fork). */
function isForeign(context: RunContext, place: string): boolean {
  const head = eventText(context, place);
  const here = eventText(context, 'repository.full_name') ?? context.repository;
  return head === undefined || head.toLowerCase() !== here.toLowerCase();
}

/** Whether everybody may read the repository; undefined events count as public. */
export function mayBePublic(context: RunContext): boolean {
  return at(context.event, 'repository.private') !== true;
}
