/** The workflow run that the action is part of: the runner's variables and the event's payload, as data. */

import { readFile } from 'node:fs/promises';
import { decodeText } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import { at } from '../portal/profile/profile.ts';
import type { EnvironmentVariables } from './read-inputs.ts';

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

export async function readContext(
  environment: EnvironmentVariables,
  here: string,
  tempDir: string,
): Promise<RunContext> {
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
    return JSON.parse(decodeText(await readFile(path)));
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
  return context.eventName === 'release' && isPublished(context) ? eventText(context, 'release.tag_name') : undefined;
}

/** A sentence, with a space behind it, that says why a release event gives no tag; empty for any other event. */
export function releaseActionWithoutTag(context: RunContext): string {
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

/** Events that only people with write access can cause; on these alone a run may write. */
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
 * The event for which this run may only read, or undefined where it may write. Outsiders can cause many events, and
 * GitHub adds new ones: an event that is not listed only reads. A process without an event is not on GitHub.
 */
export function outsiderEvent(context: RunContext): string | undefined {
  const { eventName } = context;
  if (eventName === '' || WRITING_EVENTS.some((name) => name === eventName)) return undefined;
  if (eventName !== 'pull_request') return eventName;
  return isForeign(context, 'pull_request.head.repo.full_name') ? 'pull_request from a fork' : undefined;
}

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
