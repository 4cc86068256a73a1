/**
 * A task on GitHub's API: one deadline for all of it, and after a fault that passes the whole task again. A task looks
 * before it writes, so no write is sent a second time unseen.
 *
 * On @actions/github, which brings undici along: imported by ./github.ts alone, which is loaded where it is needed.
 */

import { defaults, getOctokitOptions, GitHub as Octokit } from '@actions/github/lib/utils';
import { backoffMs, type Clock } from '../clock.ts';
import { Cancelled } from '../errors.ts';
import { CERTIFICATE_CODES, proxyFor } from '../portal/transport.ts';
import { cleanLine } from '../text.ts';

const ATTEMPTS = 4;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 4_000;
/** What GitHub asks for where a secondary limit says nothing else: docs.github.com, best practices for the REST API. */
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
  /** The last net under everything that is sent. */
  readonly redact: (text: string) => string;
  readonly onProxyPassword: (password: string) => void;
}

export interface TaskLimits {
  /** For all requests and pauses of the task. */
  readonly timeoutMs: number;
  /** How long a cancelled run leaves the task to end by itself. */
  readonly graceMs: number;
}

export interface GitHub {
  readonly octokit: InstanceType<typeof Octokit>;
  readonly repo: { readonly owner: string; readonly repo: string };
  readonly redact: (text: string) => string;
  readonly clock: Clock;
}

/** GitHub said no, or nothing. The message is one line of cleaned text. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Trying again may help: overload, a rate limit, a broken connection. */
  readonly passing: boolean;
  readonly waitMs: number | undefined;

  constructor(message: string, details: { status: number; passing: boolean; waitMs?: number | undefined }) {
    super(message);
    this.status = details.status;
    this.passing = details.passing;
    this.waitMs = details.waitMs;
  }
}

/** Runs a task within its limits. Throws GitHubError and Cancelled. */
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
        if (!error.passing || attempt === ATTEMPTS) throw error;
        const pauseMs = Math.max(error.waitMs ?? 0, backoffMs(attempt, clock, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
        if (clock.now() + pauseMs >= untilMs) throw error;
        await clock.sleep(pauseMs, options.signal);
      }
    }
  } finally {
    limit.close();
  }
}

/** Page after page until one is not full. */
export async function* pages<T>(read: (page: { per_page: number; page: number }) => Promise<{ data: T[] }>) {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { data } = await read({ per_page: PER_PAGE, page });
    if (!Array.isArray(data)) throw unexpected();
    yield data;
    if (data.length < PER_PAGE) return;
  }
  throw new GitHubError(`More than ${MAX_PAGES} pages.`, { status: 0, passing: false });
}

/** What `read` gives, or undefined where GitHub does not have it or does not show it to this token. */
export async function orNothing<T>(read: Promise<T>, { clock }: GitHub): Promise<T | undefined> {
  try {
    return await read;
  } catch (cause) {
    const error = toGitHubError(cause, clock);
    if (!error.passing && HIDDEN.includes(error.status)) return undefined;
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
  return new GitHubError(`GitHub did not answer within ${timeoutMs / 1000} s.`, { status: 0, passing: false });
}

function unexpected(): GitHubError {
  return new GitHubError('GitHub gave an answer that cannot be understood.', { status: 0, passing: false });
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** Of @octokit/request-error, as far as it can be trusted. */
interface Failed {
  readonly status?: number;
  readonly message?: string;
  readonly response?: { readonly headers: Headers; readonly data: unknown };
}

/** Whatever a request threw. */
export function toGitHubError(cause: unknown, clock: Clock): GitHubError {
  if (cause instanceof GitHubError) return cause;
  const { status, response, message = '' } = (cause ?? {}) as Failed;
  if (status === undefined) return unexpected();
  if (!response) {
    const isUntrusted = CERTIFICATE_CODES.test(codeOf(cause));
    const advice = isUntrusted
      ? ' Where GitHub or a proxy uses a private CA, name its file in NODE_EXTRA_CA_CERTS.'
      : '';
    const found = `GitHub could not be reached: ${cleanLine(message, 200)}.${advice}`;
    return new GitHubError(found, { status: 0, passing: !isUntrusted });
  }
  const said = cleanLine(String((response.data as { message?: unknown } | null)?.message ?? ''), 200);
  const limited = status === 429 || (status === 403 && isLimit(response.headers, said));
  const waitMs = limited || status >= 500 ? askedPauseMs(response.headers, limited, clock) : undefined;
  const pause = limited && waitMs !== undefined ? `, a rate limit for ${Math.ceil(waitMs / 1000)} s more` : '';
  return new GitHubError(`GitHub answered ${status}${said ? ` (${said})` : ''}${pause}.`, {
    status,
    passing: limited || status >= 500 || status === 408,
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
function askedPauseMs(headers: Headers, limited: boolean, clock: Clock): number | undefined {
  const nowMs = clock.now();
  const after = headers['retry-after'];
  if (after !== undefined) {
    const ms = /^\d+$/.test(String(after)) ? Number(after) * 1000 : Date.parse(String(after)) - nowMs;
    if (!Number.isNaN(ms)) return Math.max(ms, 0);
  }
  if (!limited) return undefined;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000;
  const isPrimary = String(headers['x-ratelimit-remaining']) === '0' && !Number.isNaN(resetMs);
  return isPrimary ? Math.max(resetMs - nowMs, 0) : SECONDARY_LIMIT_MS;
}
