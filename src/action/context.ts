/** The workflow run that the action is part of, from the runner's variables and the event's payload. */

import { readFileSync } from 'node:fs';
import { at } from '../lib/json-places.ts';
import { decodeText } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import type { EnvironmentVariables } from './read-inputs.ts';

export interface RunContext {
  readonly eventName: string;
  /** The event's payload; untrusted. */
  readonly event: unknown;
  /** Whether everyone may read the repository; false only where the payload says that it is private. */
  readonly mayBePublic: boolean;
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

/**
 * Reads the workflow run's variables and the file of its event.
 *
 * @param workingDir the workspace where the runner names none
 * @param systemTempDir the folder for temporary files where the runner names none
 */
export function readContext(variables: EnvironmentVariables, workingDir: string, systemTempDir: string): RunContext {
  const text = (name: string) => variables[name] ?? '';
  const event = readEvent(text('GITHUB_EVENT_PATH'));
  return {
    eventName: text('GITHUB_EVENT_NAME'),
    event,
    mayBePublic: at(event, 'repository.private') !== true,
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
    workspace: text('GITHUB_WORKSPACE') || workingDir,
    tempDir: text('RUNNER_TEMP') || systemTempDir,
    isHosted: text('RUNNER_ENVIRONMENT') === 'github-hosted',
  };
}

function readEvent(path: string): unknown {
  if (path === '') return {};
  try {
    return JSON.parse(decodeText(readFileSync(path)));
  } catch {
    // An unreadable payload counts as an empty one. Where a field of it is needed, the error says that it is missing.
    return {};
  }
}

/** A text in the event's payload, by its path such as `release.body`; undefined where there is none. */
function eventText(context: RunContext, path: string): string | undefined {
  const value = at(context.event, path);
  return typeof value === 'string' ? value : undefined;
}

/** The tag that was pushed, or the tag of a published GitHub release; undefined for any other event. */
export function eventTag(context: RunContext): string | undefined {
  if (context.eventName === 'push' && context.isTag) {
    return context.refName || context.ref.replace(/^refs\/tags\//, '');
  }
  return context.eventName === 'release' && isPublished(context) ? eventText(context, 'release.tag_name') : undefined;
}

/** A sentence and a space that explain why a release event gives no tag; empty for any other event. */
export function whyReleaseGivesNoTag(context: RunContext): string {
  if (context.eventName !== 'release' || isPublished(context)) return '';
  const action = cleanLine(eventText(context, 'action') ?? '', 30);
  return `Of release events only the types published and released count, and no draft; this one is ${
    isDraft(context) ? 'of a draft' : `of type "${action}"`
  }. `;
}

function isPublished(context: RunContext): boolean {
  return ['published', 'released'].includes(eventText(context, 'action') ?? '') && !isDraft(context);
}

function isDraft(context: RunContext): boolean {
  return at(context.event, 'release.draft') === true;
}

/** The number of the pull request that the event is about, also of one that was commented on. */
export function eventPullRequest(context: RunContext): number | undefined {
  const isComment = context.eventName === 'issue_comment' && at(context.event, 'issue.pull_request') !== undefined;
  const number = at(context.event, isComment ? 'issue.number' : 'pull_request.number');
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** The body of the GitHub release that the event carries. */
export function eventReleaseNotes(context: RunContext): string | undefined {
  return context.eventName === 'release' ? eventText(context, 'release.body') : undefined;
}

/** Events that only people with write access to the repository can cause. A run may write to the portal on these alone. */
export const WRITING_EVENTS = [
  'push',
  'release',
  'workflow_dispatch',
  'schedule',
  'workflow_call',
  'repository_dispatch',
  'merge_group',
  'deployment',
] as const;

/**
 * The name of the event where people without write access to the repository could have caused it, so that the run may
 * only read; undefined where the run may write. GitHub adds new events, so one that is not in `WRITING_EVENTS` counts as
 * caused by an outsider. A process without an event does not run on GitHub, and may write.
 */
export function outsiderEvent(context: RunContext): string | undefined {
  const { eventName } = context;
  if (eventName === '' || WRITING_EVENTS.some((name) => name === eventName)) return undefined;
  if (eventName !== 'pull_request') return eventName;
  return isFromFork(context) ? 'pull_request from a fork' : undefined;
}

/** Whether a pull request comes from another repository. The payload names none where a fork was deleted. */
function isFromFork(context: RunContext): boolean {
  const head = eventText(context, 'pull_request.head.repo.full_name');
  const base = eventText(context, 'repository.full_name') ?? context.repository;
  return head === undefined || head.toLowerCase() !== base.toLowerCase();
}
