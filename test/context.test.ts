import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventReleaseNotes,
  eventTag,
  mayBePublic,
  outsiderEvent,
  type RunContext,
  readContext,
} from '../src/context.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The context as the runner's variables and a payload make it. */
async function contextOf(eventName: string, event: unknown, more: Record<string, string> = {}): Promise<RunContext> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, typeof event === 'string' ? event : JSON.stringify(event));
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
  const started = (event: string, repo: string) => ({
    workflow_run: { event, head_repository: { full_name: repo } },
    repository: { full_name: 'shop/app' },
  });

  test.each([
    ['pull_request', pull('stranger/app'), 'pull_request from a fork'],
    ['pull_request', pull(null), 'pull_request from a fork'],
    ['pull_request', pull('Shop/App'), undefined],
    ['pull_request_target', pull('shop/app'), 'pull_request_target'],
    ['issue_comment', {}, 'issue_comment'],
    ['workflow_run', started('pull_request', 'stranger/app'), 'workflow_run started by pull_request from a fork'],
    ['workflow_run', started('pull_request', 'shop/app'), undefined],
    ['workflow_run', started('issue_comment', 'shop/app'), 'workflow_run started by issue_comment'],
    ['workflow_run', started('pull_request_target', 'shop/app'), 'workflow_run started by pull_request_target'],
    ['workflow_run', started('push', 'shop/app'), undefined],
    ['push', {}, undefined],
    ['workflow_dispatch', {}, undefined],
    ['schedule', {}, undefined],
    ['release', {}, undefined],
  ])('%s %j: %s', async (name, event, expected) => {
    expect(outsiderEvent(await contextOf(name, event))).toBe(expected);
  });
});

test('a repository counts as public until the event says that it is private', async () => {
  expect(mayBePublic(await contextOf('push', { repository: { private: true } }))).toBe(false);
  for (const event of [{}, { repository: { private: false } }, { repository: { private: 'true' } }]) {
    expect(mayBePublic(await contextOf('push', event))).toBe(true);
  }
});

test('a process without a runner has its own folders', async () => {
  const bare = await readContext({}, '/here', '/temp');
  expect(bare).toMatchObject({ workspace: '/here', tempDir: '/temp', event: {}, isHosted: false, isTag: false });
  expect(bare.apiUrl).toBe('https://api.github.com');
});
