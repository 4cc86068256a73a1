/**
 * A GitHub on loopback that keeps state and checks every request against GitHub's own OpenAPI description
 * (test/fixtures/github-openapi.json, made by scripts/extract-openapi.ts): path, query and body, nothing unknown.
 */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Report } from '../../src/report/report.ts';
import { MINIAPP, SPACE, TARGET } from './action.ts';

export const REPOSITORY = 'acme/shop';
export const TOKEN = 'ghs_testtoken4711secretsecretsecretsecret';
export const BOT = 'github-actions[bot]';

export interface TestComment {
  readonly id: number;
  readonly issue: number;
  readonly user: { readonly login: string; readonly type: string };
  body: string;
}

export interface TestDeployment {
  readonly id: number;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly body: Record<string, unknown>;
  /** Oldest first. */
  readonly statuses: Record<string, unknown>[];
}

export interface TestPull {
  readonly number: number;
  readonly merge_commit_sha: string;
  readonly base?: string;
}

/** Answers instead of the route, `times` times (for ever where absent). */
export interface TestFault {
  readonly route: string;
  times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** The request takes effect all the same, and its answer is lost. */
  readonly after?: boolean;
  /** No answer at all. */
  readonly hang?: boolean;
}

export interface GitHubState {
  /** Tag -> commit, or the shas of tag objects on the way to it. */
  readonly tags: Record<string, readonly string[]>;
  /** Commit -> its pull requests. */
  readonly pulls: Record<string, readonly TestPull[]>;
  readonly comments: TestComment[];
  readonly deployments: TestDeployment[];
  readonly faults: TestFault[];
  /** Whose the token is; undefined: GraphQL is refused. */
  viewer: string | undefined;
  /** Whether GraphQL has these fields of a comment: an older Enterprise Server lacks some. */
  graphQlKnows: (fields: readonly string[]) => boolean;
  /** The most that one page holds, whatever is asked for: 100 on github.com. */
  pageCap: number;
  /** The Link header of a page that is followed by `next`; undefined: none. */
  linkTo: (next: URL) => string | undefined;
}

export interface TestGitHub extends GitHubState {
  readonly url: string;
  /** The environment of a run in its repository. */
  readonly env: Readonly<Record<string, string>>;
  /** `GET /repos/{owner}/{repo}/tags`, in their order. */
  readonly requests: string[];
  /** Of every comment written, in their order. */
  readonly bodies: string[];
  /** What GitHub's description does not allow. */
  readonly violations: string[];
  /** Emitted when a request of the route has come in. */
  seen(route: string): Promise<void>;
  close(): Promise<void>;
}

export async function startGitHub(state: Partial<GitHubState> = {}): Promise<TestGitHub> {
  const world: GitHubState = {
    tags: {},
    pulls: {},
    comments: [],
    deployments: [],
    faults: [],
    viewer: BOT,
    graphQlKnows: () => true,
    pageCap: 100,
    linkTo: (next) => `<${next}>; rel="next", <${next}>; rel="last"`,
    ...state,
  };
  const requests: string[] = [];
  const violations: string[] = [];
  const bodies: string[] = [];
  const waiting: { route: string; resolve: () => void }[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const url = new URL(request.url ?? '', 'http://github.test');
    // An Enterprise Server has its API under a folder, and GraphQL beside it.
    const found = routeOf(request.method ?? '', url.pathname.replace(/^\/api(\/v3)?(?=\/)/, ''));
    if (!found) {
      violations.push(`unknown: ${request.method} ${url.pathname}`);
      return send(response, 404, { message: 'Not Found' });
    }
    const { route, path } = found;
    requests.push(route);
    for (const waiter of waiting.splice(0)) {
      if (waiter.route === route) waiter.resolve();
      else waiting.push(waiter);
    }
    if (request.headers.authorization !== `token ${TOKEN}`) return send(response, 401, { message: 'Bad credentials' });
    const fault = world.faults.find((candidate) => candidate.route === route && (candidate.times ?? 1) > 0);
    if (fault?.times !== undefined) fault.times--;
    if (fault?.hang) return;
    if (fault && !fault.after) return send(response, fault.status, { message: fault.message ?? 'x' }, fault.headers);
    const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
    const faults = route === 'POST /graphql' ? [] : violationsOf(route, path, url.searchParams, body);
    violations.push(...faults.map((violation) => `${route}: ${violation}`));
    if (faults.length > 0) return send(response, 422, { message: faults.join('; ') });
    if (typeof body?.['body'] === 'string') bodies.push(body['body']);
    const answer = answerTo(route, path, url.searchParams, body ?? {}, world);
    if (fault) return send(response, fault.status, { message: 'lost' }, fault.headers);
    const link = answer.nextPage && linkOf(answer.nextPage, request);
    send(response, answer.status, answer.data, link ? { link } : {});
  }

  /** As GitHub does: with the repository's number in the path, below the folder of an Enterprise Server. */
  function linkOf({ query, page }: NextPage, request: IncomingMessage): string | undefined {
    const folder = /^\/api\/v3(?=\/)/.exec(request.url ?? '')?.[0] ?? '';
    const next = new URL(`http://${request.headers.host}${folder}/repositories/4711/list?${query}`);
    next.searchParams.set('page', String(page));
    return world.linkTo(next);
  }

  const listener: RequestListener = (request, response) => {
    serve(request, response).catch((error) => {
      violations.push(String(error));
      response.destroy();
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(world, {
    url,
    env: {
      GITHUB_API_URL: url,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: '77',
      GITHUB_RUN_ATTEMPT: '2',
      'INPUT_GITHUB-TOKEN': TOKEN,
    },
    requests,
    bodies,
    violations,
    seen: (route: string) => new Promise<void>((resolve) => waiting.push({ route, resolve })),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

/** A report such as a run makes; the fields that a test is about are given. */
export function someReport(fields: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    verdict: 'succeeded',
    complete: true,
    released: false,
    changed: true,
    sandbox: false,
    dryRun: false,
    stages: [{ stage: 'grayscale', outcome: 'done' }],
    miniappId: MINIAPP,
    spaceId: SPACE,
    targetApp: TARGET,
    version: '1.1.0',
    state: 'grayscale',
    portalStatus: 'GRAYSCALE',
    publishId: '2088000000000000000099',
    previewUrl: '',
    showPreview: false,
    ratioPercent: 20,
    ramp: [5, 20, 50],
    whitelistIds: 0,
    firstRelease: false,
    liveVersion: '1.0.0',
    live: '',
    previousVersion: '',
    underWay: [],
    nextStages: ['grayscale', 'release', 'withdraw'],
    packageSha256: '',
    packageBytes: 0,
    message: '1.1.0 is in grayscale rollout at 20% on GOPAY.',
    reason: '',
    todo: '',
    notices: [],
    operations: [],
    looks: 3,
    history: [],
    startedAt: '2026-01-02T03:00:00.000Z',
    endedAt: '2026-01-02T03:04:05.000Z',
    run: {
      repository: REPOSITORY,
      workflow: 'release',
      event: 'push',
      ref: 'refs/tags/v1.1.0',
      sha: 'c'.repeat(40),
      actor: 'octocat',
      triggeringActor: 'octocat',
      id: '77',
      attempt: '2',
      url: `https://github.example/${REPOSITORY}/actions/runs/77/attempts/2`,
    },
    ...fields,
  };
}

/** A comment of somebody, with ids in their order. */
export function commentBy(login: string, body: string, id: number, issue = 7): TestComment {
  return { id, issue, body, user: { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' } };
}

// --- GitHub's description --------------------------------------------------------------------------------------------

interface Described {
  readonly parameters: readonly { name: string; in: 'path' | 'query'; required: boolean; schema: object }[];
  readonly body?: object;
}

const FIXTURE = new URL('../fixtures/github-openapi.json', import.meta.url);
const { operations } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { operations: Record<string, Described> };
const ROUTES = [...Object.keys(operations), 'POST /graphql'].map((route) => {
  const [method = '', path = ''] = route.split(' ');
  return { route, method, pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`) };
});
const ajv = new Ajv({ strict: false, validateFormats: false });
const coercing = new Ajv({ strict: false, validateFormats: false, coerceTypes: true });

type Path = Readonly<Record<string, string>>;

function routeOf(method: string, pathname: string): { route: string; path: Path } | undefined {
  for (const { route, method: wanted, pattern } of ROUTES) {
    const match = method === wanted && pattern.exec(pathname);
    if (!match) continue;
    const groups = Object.entries(match.groups ?? {});
    return { route, path: Object.fromEntries(groups.map(([name, value]) => [name, decodeURIComponent(value)])) };
  }
  return undefined;
}

const checks = new Map<string, ValidateFunction>();
/** The check of a part of a route's requests, which takes long to compile. */
function checkOf(validator: Ajv, part: string, schema: () => object): ValidateFunction {
  const check = checks.get(part) ?? validator.compile(schema());
  checks.set(part, check);
  return check;
}

function violationsOf(route: string, path: Path, query: URLSearchParams, body: unknown): string[] {
  const { parameters = [], body: schema } = operations[route] ?? {};
  const faultsIn = (place: 'path' | 'query', values: Record<string, string>) => {
    const check = checkOf(coercing, `${route} ${place}`, () => {
      const known = parameters.filter((parameter) => parameter.in === place);
      return {
        type: 'object',
        properties: Object.fromEntries(known.map(({ name, schema: own }) => [name, own])),
        required: known.filter(({ required }) => required).map(({ name }) => name),
        additionalProperties: false,
      };
    });
    return check({ ...values }) ? [] : [`${place}: ${ajv.errorsText(check.errors)}`];
  };
  const faults = [...faultsIn('path', path), ...faultsIn('query', Object.fromEntries(query))];
  if (schema) {
    const check = checkOf(ajv, `${route} body`, () => ({ ...schema, additionalProperties: false }));
    if (!check(body)) faults.push(`body: ${ajv.errorsText(check.errors)}`);
  }
  if (!schema && body !== undefined) faults.push('body: none is described');
  // Said in words there: docs.github.com, REST, deployment statuses; and the limits of a page and a comment.
  const { description, body: comment } = (body ?? {}) as { description?: string; body?: string };
  if ((description?.length ?? 0) > 140) faults.push('body: description over 140 characters');
  if ((comment?.length ?? 0) > 65_536) faults.push('body: over 65,536 characters');
  if (Number(query.get('per_page') ?? 1) > 100) faults.push('query: per_page over 100');
  return faults;
}

// --- What it does ----------------------------------------------------------------------------------------------------

interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly nextPage?: NextPage | undefined;
}

interface NextPage {
  readonly query: URLSearchParams;
  readonly page: number;
}

const NOT_FOUND: Answer = { status: 404, data: { message: 'Not Found' } };

function answerTo(
  route: string,
  path: Path,
  query: URLSearchParams,
  body: Record<string, unknown>,
  world: GitHubState,
): Answer {
  const paged = (items: readonly unknown[]): Answer => {
    const size = Math.min(Number(query.get('per_page') ?? 30), world.pageCap);
    const page = Number(query.get('page') ?? 1);
    const nextPage = items.length > page * size ? { query, page: page + 1 } : undefined;
    return { status: 200, data: items.slice((page - 1) * size, page * size), nextPage };
  };
  if (route !== 'POST /graphql' && `${path['owner']}/${path['repo']}` !== REPOSITORY) return NOT_FOUND;
  const deployment = world.deployments.find(({ id }) => String(id) === path['deployment_id']);
  switch (route) {
    case 'POST /graphql':
      if (!world.viewer) return { status: 403, data: { message: 'no' } };
      return {
        status: 200,
        data: graphQl(String(body['query']), (body['variables'] ?? {}) as GraphQlVariables, world),
      };
    case 'GET /repos/{owner}/{repo}/tags':
      return paged(Object.keys(world.tags).map((name) => ({ name })));
    case 'GET /repos/{owner}/{repo}/git/ref/{ref}':
      return tagObject(world, world.tags[path['ref']?.replace(/^tags\//, '') ?? '']?.[0]);
    case 'GET /repos/{owner}/{repo}/git/tags/{tag_sha}': {
      const way = Object.values(world.tags).find((shas) => shas.includes(path['tag_sha'] ?? '')) ?? [];
      return tagObject(world, way[way.indexOf(path['tag_sha'] ?? '') + 1]);
    }
    case 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': {
      const pulls = world.pulls[path['commit_sha'] ?? ''];
      if (!pulls) return { status: 422, data: { message: 'No commit found for SHA' } };
      return paged(pulls.map((pull) => ({ ...pull, base: { repo: { full_name: pull.base ?? REPOSITORY } } })));
    }
    case 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments':
      return paged(world.comments.filter(({ issue }) => String(issue) === path['issue_number']));
    case 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
      const comment = commentBy(
        world.viewer ?? BOT,
        String(body['body']),
        world.comments.length + 10_001,
        Number(path['issue_number']),
      );
      world.comments.push(comment);
      return { status: 201, data: comment };
    }
    case 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': {
      const comment = world.comments.find(({ id }) => String(id) === path['comment_id']);
      if (!comment) return NOT_FOUND;
      comment.body = String(body['body']);
      return { status: 200, data: comment };
    }
    case 'GET /repos/{owner}/{repo}/deployments':
      return paged(
        world.deployments
          .filter(({ task, environment }) => task === query.get('task') && environment === query.get('environment'))
          .toReversed(),
      );
    case 'POST /repos/{owner}/{repo}/deployments': {
      const { ref, task, environment, payload } = body as unknown as TestDeployment;
      const created = { id: world.deployments.length + 1, ref, task, environment, payload, body, statuses: [] };
      world.deployments.push(created);
      return { status: 201, data: created };
    }
    case 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses':
      return deployment ? paged(deployment.statuses.toReversed()) : NOT_FOUND;
    case 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses':
      deployment?.statuses.push(body);
      return deployment ? { status: 201, data: body } : NOT_FOUND;
    default:
      return NOT_FOUND;
  }
}

interface GraphQlVariables {
  readonly owner?: string;
  readonly repo?: string;
  readonly number?: number;
  readonly before?: string | null;
}

/** The two queries of the action: whose the token is, and comments from the newest page back. Errors come with 200. */
function graphQl(query: string, variables: GraphQlVariables, world: GitHubState): object {
  const login = world.viewer?.toLowerCase();
  if (/^query \{ viewer \{ login \} \}$/.test(query)) return { data: { viewer: { login: world.viewer } } };
  const { owner, repo, number, before } = variables;
  const last = Number(/comments\(last: (\d+), before: \$before\)/.exec(query)?.[1]);
  const fields = /nodes \{ ([\w ]+) \}/.exec(query)?.[1]?.split(' ') ?? [];
  if (!last || last > 100 || !query.includes('pageInfo')) return { errors: [{ message: 'not a query of the action' }] };
  if (!world.graphQlKnows(fields)) return { errors: [{ message: `a field of ${fields} does not exist` }] };
  if (`${owner}/${repo}` !== REPOSITORY)
    return { data: { repository: null }, errors: [{ type: 'NOT_FOUND', message: 'x' }] };
  const all = world.comments.filter(({ issue }) => issue === number);
  const end = before ? Number(before) : all.length;
  const start = Math.max(end - Math.min(last, world.pageCap), 0);
  const nodes = all.slice(start, end).map(({ id, body, user }) => {
    const node: Record<string, unknown> = {
      fullDatabaseId: String(id),
      body,
      viewerDidAuthor: user.login.toLowerCase() === login,
    };
    return Object.fromEntries(fields.map((field) => [field, node[field]]));
  });
  const pageInfo = { hasPreviousPage: start > 0, startCursor: nodes.length > 0 ? String(start) : null };
  return { data: { repository: { issueOrPullRequest: { comments: { nodes, pageInfo } } } } };
}

/** The last sha of a tag's way is the commit. */
function tagObject(world: GitHubState, sha: string | undefined): Answer {
  if (sha === undefined) return NOT_FOUND;
  const isCommit = Object.values(world.tags).some((shas) => shas.at(-1) === sha);
  return { status: 200, data: { object: { type: isCommit ? 'commit' : 'tag', sha } } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, data: unknown, headers: Readonly<Record<string, string>> = {}) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(data));
}
