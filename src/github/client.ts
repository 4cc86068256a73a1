/**
 * A task on GitHub's API: one deadline for all of it, and a retry of the whole task after a transient error. A task
 * reads before it writes, so that a retry repeats no write that took effect.
 *
 * On @actions/github, which brings undici along: so only ./github.ts imports it, which is loaded when it is needed.
 */

import { defaults, getOctokitOptions, GitHub as Octokit } from '@actions/github/lib/utils';
import { backoffMs, type Clock } from '../lib/clock.ts';
import { Cancelled } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { proxyFor } from '../net/exchange.ts';
import { isCertificateCode } from '../net/failure.ts';
import { retryAfterMs } from '../net/retry-after.ts';

const ATTEMPTS = 4;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 4_000;
/** The pause for a secondary limit whose response names none: docs.github.com, best practices for the REST API. */
const SECONDARY_LIMIT_MS = 60_000;
const PER_PAGE = 100;
const MAX_PAGES = 1_000;

export interface GitHubOptions {
  readonly token: string;
  /** GITHUB_API_URL: of github.com or an Enterprise Server. */
  readonly apiUrl: string;
  /** `owner/repo`. */
  readonly repository: string;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Applied to everything that is sent. */
  readonly redact: (text: string) => string;
  readonly onProxyPassword: (password: string) => void;
}

export interface TaskLimits {
  /** For all requests and pauses of the task. */
  readonly timeoutMs: number;
  /** How long the task may go on after the run was cancelled. */
  readonly graceMs: number;
}

export interface GitHub {
  readonly octokit: InstanceType<typeof Octokit>;
  readonly repo: { readonly owner: string; readonly repo: string };
  readonly redact: (text: string) => string;
  readonly clock: Clock;
}

/** GitHub refused a request, or did not respond. The message is one line of cleaned text. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  /** The HTTP status; 0 where there was no response. */
  readonly status: number;
  /** A retry may help: overload, a rate limit, a broken connection. */
  readonly transient: boolean;
  readonly waitMs: number | undefined;

  constructor(message: string, details: { status: number; transient: boolean; waitMs?: number | undefined }) {
    super(message);
    this.status = details.status;
    this.transient = details.transient;
    this.waitMs = details.waitMs;
  }
}

/**
 * Runs a task within its limits.
 * @throws GitHubError, Cancelled
 */
export async function runTask<T>(
  options: GitHubOptions,
  { timeoutMs, graceMs }: TaskLimits,
  task: (gitHub: GitHub) => Promise<T>,
): Promise<T> {
  const { clock } = options;
  const limit = taskSignal(options.signal, timeoutMs, graceMs);
  const gitHub = open(options, limit.signal);
  const untilMs = clock.now() + timeoutMs;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await task(gitHub);
      } catch (cause) {
        if (options.signal.aborted) throw new Cancelled();
        const error = limit.signal.aborted ? tooLate(timeoutMs) : toGitHubError(cause, clock);
        if (!error.transient || attempt === ATTEMPTS) throw error;
        const pauseMs = Math.max(error.waitMs ?? 0, backoffMs(attempt, clock, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
        if (clock.now() + pauseMs >= untilMs) throw error;
        await clock.sleep(pauseMs, options.signal);
      }
    }
  } finally {
    limit.close();
  }
}

/** The query parameters of one page of a list. */
export type PageQuery = Readonly<Record<string, string | number>>;

interface PageResponse<T> {
  readonly data: T[];
  readonly headers: { readonly link?: string | undefined };
}

/**
 * Page after page of a list, as the Link headers say (docs.github.com, using pagination in the REST API). Of a link only
 * the page is taken: the request goes to the configured API, whatever host the link names.
 * @throws GitHubError where a link names a next page that cannot be requested, or after MAX_PAGES
 */
export async function* pages<T>(read: (page: PageQuery) => Promise<PageResponse<T>>): AsyncGenerator<T[]> {
  let query: PageQuery | undefined = { per_page: PER_PAGE };
  const requested = new Set<string>();
  let hasLinks = false;
  for (let page = 1; query; page++) {
    const key = JSON.stringify(query);
    if (requested.has(key)) throw noNextPage();
    if (page > MAX_PAGES) throw new GitHubError(`More than ${MAX_PAGES} pages.`, { status: 0, transient: false });
    requested.add(key);
    const { data, headers }: PageResponse<T> = await read(query);
    if (!Array.isArray(data)) throw unexpected();
    yield data;
    hasLinks ||= Boolean(headers.link);
    query = hasLinks ? linkedPage(headers.link ?? '') : countedPage(data.length, page);
  }
}

/** All items of a list. */
export async function allOf<T>(list: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of list) items.push(...page);
  return items;
}

/** The parameters by which GitHub's links name a page. */
const PAGE_PARAMETERS = ['page', 'per_page', 'after', 'since', 'cursor'];
/** RFC 8288: `<address>; name=value; name="value", <address>...`. */
const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/i;

/** The page that a Link header names as the next one; undefined where it names none. */
function linkedPage(header: string): PageQuery | undefined {
  for (const [, address = '', parameters = ''] of header.matchAll(LINK)) {
    const [, quoted, plain = ''] = REL.exec(parameters) ?? [];
    const rels = (quoted ?? plain).toLowerCase().split(/\s+/);
    if (!rels.includes('next')) continue;
    // The query alone: the address may be relative.
    const given = new URLSearchParams(/\?([^#]*)/.exec(address)?.[1]);
    const query = PAGE_PARAMETERS.flatMap((name) => (given.has(name) ? [[name, given.get(name) ?? '']] : []));
    if (query.length === 0) throw noNextPage();
    return Object.fromEntries(query);
  }
  return undefined;
}

/**
 * Without a Link header the list ends here, unless a proxy has dropped it. A page may be cut off where its length is a
 * round number, which limits are; the next page is requested with that length, so that every server counts alike.
 */
function countedPage(length: number, page: number): PageQuery | undefined {
  return length > 0 && length % 10 === 0 ? { per_page: length, page: page + 1 } : undefined;
}

function noNextPage(): GitHubError {
  return new GitHubError('GitHub sent a list whose next page cannot be found.', { status: 0, transient: false });
}

/** The result of `read`; undefined where it does not exist or this token may not see it. */
export async function orNothing<T>(read: Promise<T>, { clock }: GitHub): Promise<T | undefined> {
  try {
    return await read;
  } catch (cause) {
    const error = toGitHubError(cause, clock);
    if (!error.transient && HIDDEN.includes(error.status)) return undefined;
    throw error;
  }
}

/** 409 for an empty repository, 422 for a commit that is not there. */
const HIDDEN = [403, 404, 409, 410, 422];

function open(options: GitHubOptions, signal: AbortSignal): GitHub {
  const { apiUrl, token, userAgent } = options;
  const password = proxyFor(new URL(apiUrl))?.password;
  if (password) options.onProxyPassword(password);
  const [owner = '', repo = ''] = options.repository.split('/');
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const octokit = new Octokit(
    getOctokitOptions(token, {
      baseUrl: apiUrl,
      userAgent,
      log: silent,
      // Octokit takes `request` whole; the proxy is in the defaults.
      request: { ...defaults.request, signal },
    }),
  );
  return { octokit, repo: { owner, repo }, redact: options.redact, clock: options.clock };
}

/** Aborted at the deadline, or `graceMs` after the run was cancelled. */
function taskSignal(cancelled: AbortSignal, timeoutMs: number, graceMs: number) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timers = [setTimeout(abort, timeoutMs)];
  const cancel = () => (graceMs > 0 ? timers.push(setTimeout(abort, graceMs)) : abort());
  if (cancelled.aborted) cancel();
  else cancelled.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    close() {
      for (const timer of timers) clearTimeout(timer);
      cancelled.removeEventListener('abort', cancel);
    },
  };
}

function tooLate(timeoutMs: number): GitHubError {
  return new GitHubError(`GitHub did not respond within ${timeoutMs / 1000} s.`, { status: 0, transient: false });
}

function unexpected(): GitHubError {
  return new GitHubError('GitHub sent a response that cannot be understood.', { status: 0, transient: false });
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** Of @octokit/request-error, as far as it can be trusted. */
interface Failed {
  readonly status?: number;
  readonly message?: string;
  readonly response?: { readonly headers: Headers; readonly data: unknown };
}

/** Any error of a request as a GitHubError. */
export function toGitHubError(cause: unknown, clock: Clock): GitHubError {
  if (cause instanceof GitHubError) return cause;
  const { status, response, message = '' } = (cause ?? {}) as Failed;
  if (status === undefined) return unexpected();
  if (!response) {
    const isUntrusted = isCertificateCode(codeOf(cause));
    const advice = isUntrusted
      ? ' Where GitHub or a proxy uses a private CA, name its file in NODE_EXTRA_CA_CERTS.'
      : '';
    const found = `GitHub could not be reached: ${cleanLine(message, 200)}.${advice}`;
    return new GitHubError(found, { status: 0, transient: !isUntrusted });
  }
  const said = cleanLine(String((response.data as { message?: unknown } | null)?.message ?? ''), 200);
  const limited = status === 429 || (status === 403 && isLimit(response.headers, said));
  const waitMs = limited || status >= 500 ? requestedPauseMs(response.headers, limited, clock) : undefined;
  const pause = limited && waitMs !== undefined ? `, a rate limit for ${Math.ceil(waitMs / 1000)} s more` : '';
  return new GitHubError(`GitHub responded ${status}${said ? ` (${said})` : ''}${pause}.`, {
    status,
    transient: limited || status >= 500 || status === 408,
    waitMs,
  });
}

/** The code of the innermost error: fetch wraps the socket's, and Octokit wraps fetch's. */
function codeOf(error: unknown): string {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown };
  return cause === undefined ? String(code ?? '') : codeOf(cause);
}

/** A 403 is a missing permission, but for the two kinds of rate limit. */
function isLimit(headers: Headers, said: string): boolean {
  return (
    headers['retry-after'] !== undefined ||
    String(headers['x-ratelimit-remaining']) === '0' ||
    /secondary rate limit/i.test(said)
  );
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); for a limit also the time of its reset. */
function requestedPauseMs(headers: Headers, limited: boolean, clock: Clock): number | undefined {
  const nowMs = clock.now();
  const afterMs = retryAfterMs(headers['retry-after'], nowMs);
  if (afterMs !== undefined || !limited) return afterMs;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000;
  const isPrimary = String(headers['x-ratelimit-remaining']) === '0' && !Number.isNaN(resetMs);
  return isPrimary ? Math.max(resetMs - nowMs, 0) : SECONDARY_LIMIT_MS;
}
