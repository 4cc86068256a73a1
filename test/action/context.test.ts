import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventReleaseNotes,
  eventTag,
  outsiderEvent,
  type RunContext,
  readContext,
  WRITING_EVENTS,
} from '../../src/action/context.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The context as the runner's variables and a payload make it. */
async function contextOf(eventName: string, event: unknown, more: Record<string, string> = {}): Promise<RunContext> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, typeof event === 'string' || Buffer.isBuffer(event) ? event : JSON.stringify(event));
  const environment = { GITHUB_EVENT_NAME: eventName, GITHUB_EVENT_PATH: path, GITHUB_REPOSITORY: 'shop/app', ...more };
  return readContext(environment, '/here', '/temp');
}

const tagRef = { GITHUB_REF: 'refs/tags/v1.2.3', GITHUB_REF_NAME: 'v1.2.3', GITHUB_REF_TYPE: 'tag' };

describe('the tag of an event', () => {
  test('of a tag push, with slashes and without the short name', async () => {
    expect(eventTag(await contextOf('push', {}, tagRef))).toBe('v1.2.3');
    expect(eventTag(await contextOf('push', {}, { GITHUB_REF: 'refs/tags/shop/v1.2.3' }))).toBe('shop/v1.2.3');
  });

  test('not of a branch push, a dispatch on a tag, or a schedule', async () => {
    const branch = { GITHUB_REF: 'refs/heads/v1.2.3', GITHUB_REF_NAME: 'v1.2.3', GITHUB_REF_TYPE: 'branch' };
    expect(eventTag(await contextOf('push', {}, branch))).toBeUndefined();
    for (const name of ['workflow_dispatch', 'schedule', 'create']) {
      expect(eventTag(await contextOf(name, {}, tagRef))).toBeUndefined();
    }
  });

  test.each([
    ['published', false, 'v1.2.3'],
    ['released', false, 'v1.2.3'],
    ['published', true, undefined],
    ['created', false, undefined],
    ['edited', false, undefined],
    ['deleted', false, undefined],
    ['unpublished', false, undefined],
    ['prereleased', false, undefined],
  ])('of a release that is %s (draft: %s): %s', async (action, draft, tag) => {
    const event = { action, release: { tag_name: 'v1.2.3', draft } };
    // The runner sets the ref of a release event to the tag, whatever happened to it.
    expect(eventTag(await contextOf('release', event, tagRef))).toBe(tag);
  });

  test('not of a payload that is no release', async () => {
    for (const event of [{}, 'no json', '', 'null', { action: 'published', release: { tag_name: 7 } }]) {
      expect(eventTag(await contextOf('release', event))).toBeUndefined();
    }
  });
});

test('the notes are those of a release event alone', async () => {
  const event = { release: { body: 'New: everything' } };
  expect(eventReleaseNotes(await contextOf('release', event))).toBe('New: everything');
  expect(eventReleaseNotes(await contextOf('push', event))).toBeUndefined();
  expect(eventReleaseNotes(await contextOf('release', { release: { body: null } }))).toBeUndefined();
});

describe('events that outsiders can cause', () => {
  const pull = (repo: string | null) => ({
    pull_request: { head: { repo: repo === null ? null : { full_name: repo } } },
    repository: { full_name: 'shop/app' },
  });

  test.each(WRITING_EVENTS)('%s may write', async (name) => {
    expect(outsiderEvent(await contextOf(name, {}))).toBeUndefined();
  });

  test('a process without an event is not on GitHub and may write', async () => {
    expect(outsiderEvent(await contextOf('', {}))).toBeUndefined();
  });

  test.each([
    ['of the same repository', pull('Shop/App'), undefined],
    ['from a fork', pull('stranger/app'), 'pull_request from a fork'],
    ['from a deleted fork', pull(null), 'pull_request from a fork'],
    ['without a payload', {}, 'pull_request from a fork'],
  ])('a pull_request %s: %s', async (_, event, expected) => {
    expect(outsiderEvent(await contextOf('pull_request', event))).toBe(expected);
  });

  // docs.github.com, "Events that trigger workflows"; and one that does not exist yet.
  test.each([
    'branch_protection_rule',
    'check_run',
    'check_suite',
    'create',
    'delete',
    'deployment_status',
    'discussion',
    'discussion_comment',
    'fork',
    'gollum',
    'image_version',
    'issue_comment',
    'issues',
    'label',
    'milestone',
    'page_build',
    'public',
    'pull_request_comment',
    'pull_request_review',
    'pull_request_review_comment',
    'pull_request_target',
    'registry_package',
    'status',
    'watch',
    'workflow_run',
    'Push',
    'constructor',
    'not_yet_known',
  ])('%s only reads, whoever caused it', async (name) => {
    expect(outsiderEvent(await contextOf(name, pull('shop/app')))).toBe(name);
  });
});

test('an event with a byte-order mark is read', async () => {
  for (const event of ['\uFEFF{"release":{"body":"New"}}', utf16('{"release":{"body":"New"}}')]) {
    expect(eventReleaseNotes(await contextOf('release', event))).toBe('New');
  }
});

/** As PowerShell's `>` writes a file. */
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

test('a repository counts as public until the event says that it is private', async () => {
  expect((await contextOf('push', { repository: { private: true } })).mayBePublic).toBe(false);
  for (const event of [{}, { repository: { private: false } }, { repository: { private: 'true' } }]) {
    expect((await contextOf('push', event)).mayBePublic).toBe(true);
  }
});

test('a process without a runner has its own folders', async () => {
  const bare = readContext({}, '/here', '/temp');
  expect(bare).toMatchObject({ workspace: '/here', tempDir: '/temp', event: {}, isHosted: false, isTag: false });
  expect(bare.apiUrl).toBe('https://api.github.com');
});
