import { afterEach, describe, expect, test } from 'vitest';
import { eventPullRequest, type RunContext } from '../../src/action/context.ts';
import type { Inputs } from '../../src/action/inputs.ts';
import { type GitHubOptions, runTask } from '../../src/github/client.ts';
import { createNotifier } from '../../src/github/notifier.ts';
import { findPullRequest } from '../../src/github/pull-request.ts';
import { tagsOf } from '../../src/github/repository-tags.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { createRedactor } from '../../src/lib/redaction/redactor.ts';
import { markerOf } from '../../src/report/comment.ts';
import type { Report } from '../../src/report/report.ts';
import {
  BOT,
  commentBy,
  type GitHubState,
  REPOSITORY,
  someReport,
  startGitHub,
  type TestGitHub,
  TOKEN,
} from '../support/github.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const LIST = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
const QUERY = 'POST /graphql';
const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const UPDATE = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
const MARKER = markerOf(someReport());

/** No pause is waited for, but each is noted. */
const pauses: number[] = [];
const clock: Clock = {
  now: Date.now,
  random: () => 0.5,
  sleep: async (ms, signal) => {
    pauses.push(ms);
    await systemClock.sleep(0, signal);
  },
};

let gitHub: TestGitHub;
const start = async (state?: Partial<GitHubState>) => {
  gitHub = await startGitHub(state);
  return gitHub;
};
afterEach(async () => {
  pauses.length = 0;
  expect(gitHub?.violations ?? []).toEqual([]);
  await gitHub?.close();
});

interface TestNotifier {
  readonly log: string;
  notify(report?: Report, moment?: 'waiting' | 'end'): Promise<void>;
}

function notifier(
  inputs: Partial<Inputs> = {},
  context: Partial<RunContext> = {},
  signal = new AbortController().signal,
): TestNotifier {
  const parts = optionsOf(context, signal);
  const notify = createNotifier(parts);
  return {
    get log() {
      return parts.lines.join('');
    },
    notify: (report = someReport(), moment = 'end') => notify(report, inputsOf(inputs), moment),
  };
}

function optionsOf(context: Partial<RunContext>, signal = new AbortController().signal) {
  const lines: string[] = [];
  const redactor = createRedactor();
  redactor.add(TOKEN, 'credential');
  const log = createLog((line) => lines.push(line), redactor.redactSentence);
  return { context: contextOf(context), clock, signal, log, redactor, userAgent: 'test', lines };
}

const inputsOf = (inputs: Partial<Inputs>) =>
  ({
    stages: ['release'],
    githubToken: TOKEN,
    comment: 7,
    environment: undefined,
    tagPrefix: 'v',
    dryRun: false,
    ...inputs,
  }) as Inputs;

const contextOf = (context: Partial<RunContext>) =>
  ({
    eventName: 'push',
    event: {},
    repository: REPOSITORY,
    sha: 'head',
    apiUrl: gitHub?.url ?? '',
    ...context,
  }) as RunContext;

describe('the comment', () => {
  test.each([
    ['GraphQL', { viewer: BOT }, [QUERY, QUERY, QUERY, UPDATE]],
    ['the REST list where GraphQL is refused', { viewer: undefined }, [QUERY, LIST, QUERY, LIST, LIST, UPDATE]],
    [
      'the REST list where the server lacks a field',
      { graphQlKnows: () => false },
      [QUERY, LIST, QUERY, LIST, LIST, UPDATE],
    ],
  ])(
    'an earlier comment is found on the third page by %s, among forged ones, and updated in place',
    async (_, state, expected) => {
      const others = Array.from({ length: 250 }, (_, at) => commentBy('somebody', `talk ${at}`, at + 1));
      const forged = [
        commentBy('mallory', `${MARKER}\nforged by a user`, 301),
        commentBy('other-app[bot]', `${MARKER}\nforged by a bot`, 302),
        commentBy('github-actions', `${MARKER}\nforged by a user of nearly the same name`, 303),
        commentBy(BOT, `quoted: ${MARKER}`, 304),
        commentBy(BOT, `${MARKER} and more`, 305),
      ];
      const own = commentBy(BOT, `${MARKER}\r\nold`, 400);
      const ordered = [...others.slice(0, 50), ...forged, ...others.slice(50)];
      // GraphQL reads the newest first.
      const isNewestFirst = expected.length === 4;
      await start({ ...state, comments: isNewestFirst ? [own, ...ordered] : [...ordered, own] });
      await notifier().notify();
      expect(own.body).toContain('in grayscale rollout at 20%');
      expect(gitHub.comments).toHaveLength(256);
      expect(gitHub.comments.filter(({ body }) => body.includes('rollout'))).toEqual([own]);
      expect(gitHub.requests).toEqual(expected);
    },
  );

  test('the first report creates a comment and later ones update it; a forged comment is left alone', async () => {
    await start({ comments: [commentBy('mallory', `${MARKER}\nforged`, 1)] });
    const { notify } = notifier();
    await notify(someReport({ verdict: 'pending', state: 'in-review' }), 'waiting');
    await notify();
    expect(gitHub.comments.map(({ user }) => user.login)).toEqual(['mallory', BOT]);
    expect(gitHub.comments[0]?.body).toContain('forged');
    expect(gitHub.bodies).toHaveLength(2);
    expect(gitHub.bodies[0]).toContain('waiting');
    expect(gitHub.bodies[1]).not.toContain('waiting');
    // The second one knew where; after somebody deleted it, a new one is made.
    expect(gitHub.requests).toEqual([QUERY, CREATE, UPDATE]);
    gitHub.comments.pop();
    await notify();
    expect(gitHub.comments.map(({ user }) => user.login)).toEqual(['mallory', BOT]);
  });

  test('a rehearsal and another target app have comments of their own', async () => {
    await start();
    for (const fields of [{}, { sandbox: true }, { targetApp: 'OTHER' }, {}])
      await notifier().notify(someReport(fields));
    expect(gitHub.comments).toHaveLength(3);
  });

  test("the token of an app or a person updates its own comment, and the bot's only where GraphQL is refused", async () => {
    await start({
      viewer: 'release-app[bot]',
      comments: [commentBy(BOT, MARKER, 1), commentBy('Release-App[bot]', MARKER, 2)],
    });
    await notifier().notify();
    expect(gitHub.comments.map(({ body }) => body === MARKER)).toEqual([true, false]);
    gitHub.viewer = undefined;
    await notifier().notify();
    expect(gitHub.comments.map(({ body }) => body === MARKER)).toEqual([false, false]);
  });

  test('an Enterprise Server has its API in a folder', async () => {
    await start({ comments: [commentBy(BOT, MARKER, 1)] });
    await notifier({}, { apiUrl: `${gitHub.url}/api/v3` }).notify();
    expect(gitHub.requests).toEqual([QUERY, UPDATE]);
  });

  test('no comment is written in a dry run, with comment: off, without a token, or without a pull request', async () => {
    await start({ pulls: {} });
    await notifier({ dryRun: true, environment: 'prod' }).notify();
    await notifier({ comment: 'off' }).notify();
    await notifier({ githubToken: undefined, environment: 'prod' }).notify();
    const onSchedule = notifier({ comment: 'auto' }, { eventName: 'schedule' });
    await onSchedule.notify(someReport({ version: '' }));
    expect(gitHub.requests).toEqual([]);
    expect(onSchedule.log).toContain('No pull request belongs');
    const onPush = notifier({ comment: 'auto' });
    await onPush.notify();
    expect(onPush.log).toContain('No pull request belongs');
    expect(gitHub.bodies).toEqual([]);
  });

  test('the comment holds no credential, even where the report does', async () => {
    await start();
    await notifier({ environment: TOKEN }).notify(someReport({ message: `it said ${TOKEN}`, version: TOKEN }));
    expect(gitHub.bodies.join()).not.toContain(TOKEN);
    expect(JSON.stringify(gitHub.deployments.map(({ body }) => ({ ...body, environment: '' })))).not.toContain(TOKEN);
  });
});

describe('where the comment goes', () => {
  const PULLS = {
    tagged: [{ number: 7, merge_commit_sha: 'tagged' }],
    head: [{ number: 9, merge_commit_sha: 'head' }],
  };
  const onTag = { eventName: 'push', isTag: true, refName: 'v1.2.0' };
  test.each<[string, Partial<Inputs>, Partial<RunContext>, number | undefined]>([
    ['a version that was asked for: on that of its tag', { version: '1.2.0' }, { eventName: 'workflow_dispatch' }, 7],
    ['version: latest: on that of its tag', { version: 'latest' }, { eventName: 'schedule' }, 7],
    ['a tag push: on that of the tag', {}, onTag, 7],
    ['status on a merge: on the merged one, whatever is live', { stages: ['status'] }, { eventName: 'push' }, 9],
    ['status by hand: on none', { stages: ['status'] }, { eventName: 'workflow_dispatch' }, undefined],
    ['status on a schedule: on none', { stages: ['status'] }, { eventName: 'schedule' }, undefined],
    ['a rollback by hand: on that of the version', { stages: ['rollback'] }, { eventName: 'workflow_dispatch' }, 7],
    ['a version without a tag, by hand: on none', { version: '9.9.9' }, { eventName: 'workflow_dispatch' }, undefined],
    ['a version without a tag, on a push: on the merged one', { version: '9.9.9' }, { eventName: 'push' }, 9],
  ])('%s', async (_, inputs, context, number) => {
    await start({ pulls: PULLS, tags: { 'v1.2.0': ['tagged'] } });
    const run = notifier({ comment: 'auto', ...inputs }, context);
    await run.notify(someReport({ version: inputs.version === '9.9.9' ? '9.9.9' : '1.2.0' }));
    expect(/on pull request (\d+) was created/.exec(run.log)?.[1]).toBe(number?.toString());
    expect(gitHub.bodies).toHaveLength(number === undefined ? 0 : 1);
  });
});

describe('the pull request of a release', () => {
  const find = (clues: Parameters<typeof findPullRequest>[0]) =>
    runTask(
      {
        ...optionsOf({}),
        token: TOKEN,
        apiUrl: gitHub.url,
        repository: REPOSITORY,
        redact: String,
        onProxyPassword() {},
      } satisfies GitHubOptions,
      { timeoutMs: 10_000, graceMs: 0 },
      (client) => findPullRequest(clues, client),
    );

  test("is the one that was merged as the tag's commit, and never one of another repository", async () => {
    await start({
      tags: { 'v1.0.0': ['c1'], 'v1.1.0': ['t1', 't2', 'c2'], 'shop/v2': ['c3'] },
      pulls: {
        c1: [{ number: 1, merge_commit_sha: 'c1' }],
        c2: [
          { number: 90, merge_commit_sha: 'c2', base: 'fork/shop' },
          { number: 2, merge_commit_sha: 'x' },
          { number: 3, merge_commit_sha: 'c2' },
        ],
        c3: [{ number: 4, merge_commit_sha: 'x' }],
        head: [{ number: 9, merge_commit_sha: 'head' }],
      },
    });
    expect(await find({ tag: 'v1.0.0' })).toBe(1);
    expect(await find({ tag: 'v1.1.0', sha: 'head' })).toBe(3);
    expect(await find({ tag: 'shop/v2' })).toBe(4);
    expect(await find({ tag: 'v9.9.9', sha: 'head' })).toBe(9);
    expect(await find({ tag: 'v9.9.9' })).toBe(undefined);
    expect(await find({ sha: 'unknown' })).toBe(undefined);
    expect(await find({ number: 5, sha: 'head' })).toBe(5);
  });

  test("is the event's own, or the one that a comment was written on, but no issue", () => {
    const number = (eventName: string, event: unknown) => eventPullRequest(contextOf({ eventName, event }));
    expect(number('pull_request', { pull_request: { number: 12 } })).toBe(12);
    expect(number('pull_request_target', { pull_request: { number: 12 } })).toBe(12);
    expect(number('issue_comment', { issue: { number: 13, pull_request: { url: 'x' } } })).toBe(13);
    expect(number('issue_comment', { issue: { number: 13 } })).toBe(undefined);
    expect(number('push', {})).toBe(undefined);
    expect(number('pull_request', { pull_request: { number: '1/../2' } })).toBe(undefined);
  });
});

describe('the deployment', () => {
  const states = () =>
    gitHub.deployments.map(({ payload, ref, statuses }) => [
      (payload as { version: string }).version,
      ref,
      ...statuses.map(({ state }) => state),
    ]);
  const at = (version: string, state: Report['state'], fields: Partial<Report> = {}) =>
    someReport({ version, state, ...fields });

  test('each version has one deployment with a status for each state, and a rollback makes the other one active', async () => {
    await start({ tags: { 'v1.1.0': ['t', 'c'] } });
    const { notify, log } = notifier({ comment: 'off', environment: 'production' });
    await notify(at('1.0.0', 'released'));
    await notify(at('1.1.0', 'in-review'), 'waiting');
    await notify(at('1.1.0', 'grayscale'));
    await notify(at('1.1.0', 'grayscale'));
    await notify(at('1.1.0', 'released'));
    expect(states()).toEqual([
      ['1.0.0', 'head', 'success', 'inactive'],
      ['1.1.0', 'v1.1.0', 'in_progress', 'in_progress', 'success'],
    ]);
    await notify(at('1.0.0', 'released'));
    expect(states()).toEqual([
      ['1.0.0', 'head', 'success', 'inactive', 'success'],
      ['1.1.0', 'v1.1.0', 'in_progress', 'in_progress', 'success', 'inactive'],
    ]);
    expect(log).not.toContain('warning');
    expect(gitHub.deployments[1]?.body).toEqual({
      ref: 'v1.1.0',
      task: expect.stringMatching(/^miniapp-release:[0-9a-f]{32}$/),
      environment: 'production',
      description: '2088000000000000000001 1.1.0 on GOPAY',
      payload: { miniapp: '2088000000000000000001', targetApp: 'GOPAY', version: '1.1.0' },
      auto_merge: false,
      required_contexts: [],
    });
    expect(gitHub.deployments[1]?.statuses[1]).toEqual({
      state: 'in_progress',
      description: '1.1.0 on GOPAY: in grayscale rollout at 20%',
      log_url: 'https://github.example/acme/shop/actions/runs/77/attempts/2',
      auto_inactive: false,
    });
  });

  test('a rejection and a halt make it fail, a withdrawal makes it inactive, and a release not applied for has none', async () => {
    await start();
    const { notify } = notifier({ comment: 'off', environment: 'production' });
    await notify(at('1.0.0', 'created'));
    await notify(at('1.0.0', 'withdrawn'));
    await notify(at('1.0.0', 'in-review', { sandbox: true }));
    expect(gitHub.deployments).toEqual([]);
    await notify(at('1.0.0', 'rejected', { verdict: 'rejected' }));
    await notify(at('1.0.0', 'grayscale', { verdict: 'halted' }));
    await notify(at('1.0.0', 'withdrawn'));
    expect(states()).toEqual([['1.0.0', 'head', 'failure', 'failure', 'inactive']]);
  });

  test('a release makes only live deployments inactive: a failed one stays failed', async () => {
    await start();
    const { notify } = notifier({ comment: 'off', environment: 'production' });
    await notify(at('1.0.0', 'rejected', { verdict: 'rejected' }));
    await notify(at('1.1.0', 'released'));
    expect(states()).toEqual([
      ['1.0.0', 'head', 'failure'],
      ['1.1.0', 'head', 'success'],
    ]);
  });

  test('deployments of another target app are left alone, and a payload may come back as text', async () => {
    await start();
    const { notify } = notifier({ comment: 'off', environment: 'production' });
    await notify(at('1.0.0', 'released'));
    await notify(at('1.0.0', 'released', { targetApp: 'OTHER' }));
    for (const deployment of gitHub.deployments)
      Object.assign(deployment, { payload: JSON.stringify(deployment.payload) });
    await notify(at('1.1.0', 'released'));
    await notify(at('1.1.0', 'released'));
    expect(gitHub.deployments.map(({ statuses }) => statuses.at(-1)?.['state'])).toEqual([
      'inactive',
      'success',
      'success',
    ]);
  });
});

describe('requests and rounds', () => {
  const DEPLOYMENTS = 'GET /repos/{owner}/{repo}/deployments';
  const TAG = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
  const CREATE_DEPLOYMENT = 'POST /repos/{owner}/{repo}/deployments';
  const SET_STATUS = 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses';

  test('the first comment and deployment take 6 requests, and 2 more where a wait came before', async () => {
    await start();
    const { notify, log } = notifier({ environment: 'production' });
    await notify(someReport({ state: 'in-review' }), 'waiting');
    const first = [QUERY, CREATE, DEPLOYMENTS, TAG, CREATE_DEPLOYMENT, SET_STATUS];
    expect(gitHub.requests.toSorted()).toEqual(first.toSorted());
    await notify(someReport({ state: 'approved' }));
    expect(gitHub.requests.slice(6).toSorted()).toEqual([UPDATE, SET_STATUS].toSorted());
    expect(log).not.toContain('warning');
  });

  test('a comment that an earlier run wrote is found and updated in 2 requests, whatever others wrote', async () => {
    await start({
      comments: [commentBy('mallory', MARKER, 1), commentBy(BOT, MARKER, 2), commentBy('mallory', MARKER, 3)],
    });
    await notifier().notify();
    expect(gitHub.requests).toEqual([QUERY, UPDATE]);
    expect(gitHub.comments.map(({ body }) => body === MARKER)).toEqual([true, false, true]);
  });

  test.each([
    [DEPLOYMENTS, TAG],
    [TAG, DEPLOYMENTS],
  ])('the deployments and the tag are requested together: while %s hangs, %s comes', async (hanging, other) => {
    await start({ faults: [{ route: hanging, status: 200, hang: true }] });
    const cancel = new AbortController();
    const { notify } = notifier({ comment: 'off', environment: 'production' }, {}, cancel.signal);
    const seen = Promise.all([gitHub.seen(hanging), gitHub.seen(other)]);
    const notified = notify(someReport());
    await seen;
    cancel.abort();
    await notified;
    expect(gitHub.requests.toSorted()).toEqual([DEPLOYMENTS, TAG].toSorted());
  });

  test('a deployment that was deleted during a wait is created again', async () => {
    await start();
    const { notify, log } = notifier({ comment: 'off', environment: 'production' });
    await notify(someReport({ state: 'in-review' }), 'waiting');
    gitHub.deployments.splice(0);
    await notify(someReport({ state: 'approved' }));
    expect(gitHub.deployments.map(({ statuses }) => statuses.length)).toEqual([1]);
    expect(log).not.toContain('warning');
  });

  test('a status whose response was lost is read before it is written again', async () => {
    await start({ faults: [{ route: SET_STATUS, times: 1, status: 502, after: true }] });
    const { notify } = notifier({ comment: 'off', environment: 'production' });
    await notify(someReport({ state: 'in-review' }), 'waiting');
    gitHub.faults.push({ route: SET_STATUS, times: 1, status: 502, after: true });
    await notify(someReport({ state: 'approved' }));
    expect(gitHub.deployments.map(({ statuses }) => statuses.length)).toEqual([2]);
  });
});

describe('an error of GitHub is a warning', () => {
  test.each([403, 404])(
    'a missing permission (%i) is warned of once, with the line to add to the job',
    async (status) => {
      await start({
        faults: [CREATE, 'GET /repos/{owner}/{repo}/deployments'].map((route) => ({
          route,
          status,
          message: 'Resource not accessible by integration\n::error::@all',
        })),
      });
      const current = notifier({ environment: 'production' });
      await current.notify();
      await current.notify();
      const warnings = current.log.match(/^::warning::.*$/gm) ?? [];
      expect(warnings).toHaveLength(2);
      expect(warnings.join()).toContain('permissions:%0A  pull-requests: write');
      expect(warnings.join()).toContain('permissions:%0A  deployments: write');
      expect(warnings[0]).toContain(
        `GitHub responded ${status} (Resource not accessible by integration ::error::@all)`,
      );
      expect(pauses).toEqual([]);
    },
  );

  test('a wrong token is not shown in the warning', async () => {
    await start();
    const current = notifier({ githubToken: 'ghp_other_token_that_is_wrong' });
    await current.notify();
    expect(current.log).toContain('GitHub responded 401 (Bad credentials).');
    expect(current.log).not.toContain('ghp_other');
  });

  test('a transient error is retried, with four attempts at most', async () => {
    await start({
      faults: [
        { route: QUERY, status: 502, times: 2 },
        { route: QUERY, status: 503, times: 1, headers: { 'retry-after': '2' } },
      ],
    });
    await notifier().notify();
    expect(pauses).toEqual([250, 500, 2000]);
    expect(gitHub.comments).toHaveLength(1);
    gitHub.faults.push({ route: QUERY, status: 500, times: 9 });
    const current = notifier();
    await current.notify();
    expect(current.log).toContain('GitHub responded 500 (x).');
    expect(gitHub.faults.at(-1)?.times).toBe(5);
  });

  test('a comment whose response was lost is found, not written twice', async () => {
    await start({ faults: [{ route: CREATE, status: 502, times: 1, after: true }] });
    const current = notifier();
    await current.notify();
    expect(gitHub.comments).toHaveLength(1);
    expect(current.log).not.toContain('warning');
  });

  test('a short rate limit is waited for, and a long one is named in the warning', async () => {
    const limits = [
      { status: 403, headers: { 'retry-after': '3' } },
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
    ];
    await start({ faults: limits.map((fault) => ({ route: QUERY, times: 1, ...fault })) });
    await notifier().notify();
    expect(pauses).toEqual([3000, 500]);
    expect(gitHub.comments).toHaveLength(1);
    pauses.length = 0;
    gitHub.faults.push({ route: QUERY, status: 403, message: 'You have exceeded a secondary rate limit', times: 1 });
    const current = notifier();
    await current.notify();
    expect(current.log).toContain('a rate limit for 60 s more');
    expect(current.log).not.toContain('pull-requests: write');
    expect(pauses).toEqual([]);
  });

  test('an unreachable GitHub makes a warning each for comment and deployment', async () => {
    await start();
    await gitHub.close();
    const current = notifier({ environment: 'production' });
    await current.notify();
    expect(current.log.match(/^::warning::.*GitHub could not be reached/gm)).toHaveLength(2);
  });

  thoroughTest('a cancelled run writes its comment within a short limit, and no deployment', async () => {
    await start();
    const last = notifier({ environment: 'production' }, {}, AbortSignal.abort());
    await last.notify(someReport({ verdict: 'cancelled' }));
    expect(gitHub.bodies[0]).toContain('cancelled');
    expect(last.log).not.toContain('warning');
    expect(gitHub.deployments).toEqual([]);
    gitHub.faults.push({ route: UPDATE, status: 0, hang: true });
    const current = notifier({}, {}, AbortSignal.abort());
    await current.notify(someReport({ verdict: 'cancelled', endedAt: '2026-01-02T09:09:09.000Z' }));
    expect(current.log).toContain('The run was cancelled.');
  });

  test('a run that is cancelled while GitHub hangs ends the comment of a wait at once', async () => {
    await start({ faults: [{ route: QUERY, status: 0, hang: true }] });
    const cancelled = new AbortController();
    const current = notifier({}, {}, cancelled.signal);
    const asked = gitHub.seen(QUERY);
    const end = current.notify(someReport(), 'waiting');
    await asked;
    cancelled.abort();
    await end;
    expect(current.log).toContain('The run was cancelled.');
  });
});

describe('lists of several pages', () => {
  const tagged = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`v1.0.${at}`, ['c']]));
  const TAGS = 'GET /repos/{owner}/{repo}/tags';
  const listed = (apiUrl = gitHub.url) => tagsOf(inputsOf({}), optionsOf({ apiUrl }));

  test.each([1, 7, 30, 50])('all tags are read in pages of %i with a Link header', async (pageCap) => {
    await start({ tags: tagged(120), pageCap });
    expect(await listed()).toEqual(Object.keys(tagged(120)));
    expect(gitHub.requests).toHaveLength(Math.ceil(120 / pageCap));
  });

  test.each([10, 30, 50, 100])(
    'all tags are read in pages of %i where a proxy drops the Link header',
    async (pageCap) => {
      await start({ tags: tagged(215), pageCap, linkTo: () => undefined });
      expect(await listed()).toEqual(Object.keys(tagged(215)));
    },
  );

  test('a page that is no round number long and has no Link header is the only one', async () => {
    await start({ tags: tagged(99), linkTo: () => undefined });
    expect(await listed()).toHaveLength(99);
    expect(gitHub.requests).toEqual([TAGS]);
  });

  test('a Link header without a next page ends the list', async () => {
    await start({ tags: tagged(120), pageCap: 50, linkTo: (next) => `<${next}>; rel="last"` });
    expect(await listed()).toHaveLength(50);
    expect(gitHub.requests).toEqual([TAGS]);
  });

  const links: Record<string, (next: URL) => string> = {
    'a path without a host': (next) => `<${next.pathname}${next.search}>; rel="next"`,
    'a query alone': (next) => `<${next.search}>; rel="next"`,
    'an unquoted rel in capitals': (next) => `<${next}>;REL=NEXT`,
    'several words in rel': (next) => `<${next}>; rel="last next"`,
    'a comma and a word "next" in another parameter': (next) =>
      `<${next}&page=9>; title="a, rel=next"; rel="last", <${next}>; title="b, c"; rel="next"`,
    'a comma in the address': (next) => `<${next}&x=1,2>; rel="next"`,
    'the public address of a server behind a proxy': (next) =>
      `<https://api.github.test/repositories/1/tags${next.search}>; rel="next"`,
    'parameters that are no page': (next) =>
      `<${next}&owner=mallory&baseUrl=http://127.0.0.1:9&method=POST>; rel="next"`,
  };
  test.each(Object.entries(links))('a Link header with %s is understood', async (_, linkTo) => {
    await start({ tags: tagged(120), pageCap: 50, linkTo });
    expect(await listed()).toEqual(Object.keys(tagged(120)));
    expect(gitHub.requests).toEqual([TAGS, TAGS, TAGS]);
  });

  test('the token is sent to no other host that a Link header names', async () => {
    await start({ tags: tagged(120), pageCap: 50 });
    const other = await startGitHub({ tags: tagged(120) });
    gitHub.linkTo = (next) => `<${other.url}${next.pathname}${next.search}>; rel="next"`;
    expect(await listed()).toHaveLength(120);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test.each([
    ['names no page', () => '<https://api.github.test/>; rel="next"'],
    ['is no address', () => '<http://[>; rel="next"'],
    ['leads round in a circle', () => '<?page=2>; rel="next"'],
  ])('a next page whose link %s is an error: a part of the tags is never taken for all', async (_, linkTo) => {
    await start({ tags: tagged(120), pageCap: 30, linkTo });
    await expect(listed()).rejects.toMatchObject({
      code: 'version-unresolved',
      found: expect.stringContaining('a list whose next page cannot be found'),
    });
    expect(gitHub.requests.length).toBeLessThan(4);
  });

  test('an Enterprise Server has its API in a folder', async () => {
    await start({ tags: tagged(120), pageCap: 50 });
    expect(await listed(`${gitHub.url}/api/v3`)).toHaveLength(120);
  });

  test('the comment, the deployment and the pull request are found on a later page', async () => {
    const others = Array.from({ length: 60 }, (_, at) => commentBy('somebody', `talk ${at}`, at + 1));
    const own = commentBy(BOT, `${MARKER}\nold`, 400);
    await start({ comments: [...others, own].map((comment) => ({ ...comment, issue: 61 })), pageCap: 7 });
    gitHub.pulls['head'] = Array.from({ length: 61 }, (_, at) => ({
      number: at + 1,
      merge_commit_sha: at === 60 ? 'head' : 'x',
    }));
    const { notify } = notifier({ comment: 'auto', environment: 'production' });
    const report = someReport({
      version: '1.0.0',
      state: 'released',
      message: '1.0.0 is officially released on GOPAY.',
    });
    await notify(report);
    const [first] = gitHub.deployments;
    if (!first) throw new Error('no deployment was made');
    for (let id = 2; id <= 20; id++) gitHub.deployments.push({ ...first, id, payload: {}, statuses: [] });
    await notify(report);
    expect(gitHub.comments).toHaveLength(61);
    expect(gitHub.comments.at(-1)?.body).toContain('officially released');
    expect(gitHub.deployments).toHaveLength(20);
  });
});

describe('the tags for version: latest', () => {
  test('are read from every page', async () => {
    await start({ tags: Object.fromEntries(Array.from({ length: 205 }, (_, at) => [`v1.0.${at}`, ['c']])) });
    expect(await tagsOf(inputsOf({}), optionsOf({}))).toHaveLength(205);
    expect(gitHub.requests).toHaveLength(3);
  });

  test('names the permission or the input that is missing', async () => {
    await start({ faults: [{ route: 'GET /repos/{owner}/{repo}/tags', status: 404 }] });
    await expect(tagsOf(inputsOf({}), optionsOf({}))).rejects.toMatchObject({
      code: 'version-unresolved',
      todo: expect.stringContaining('contents: read'),
    });
    await expect(tagsOf(inputsOf({ githubToken: undefined }), optionsOf({}))).rejects.toMatchObject({
      code: 'version-unresolved',
      found: expect.stringContaining('github-token'),
    });
  });
});
