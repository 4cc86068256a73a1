/**
 * A request of the portal's API -> its response as JSON, with the retry of reads. Nothing else sends requests to a
 * portal, so promise 4 is held here: requests go only to hosts that may receive the credentials, each final address is
 * checked, and no redirect is followed.
 */

import type http from 'node:http';
import { backoffMs, type Clock } from '../lib/clock.ts';
import { Cancelled, type ErrorDetails, ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { whyNotTrusted } from '../lib/trust.ts';
import { decodeBody } from '../net/decode.ts';
import { createAgent, exchange, type RawResponse, type WireBody } from '../net/exchange.ts';
import { Dropped, isCertificateCode, NotSent, reasonOf, TooLarge } from '../net/failure.ts';
import { parseJson } from '../net/json.ts';
import { retryAfterMs } from '../net/retry-after.ts';
import type { CookieJar } from './cookies.ts';
import type { Patience } from './port.ts';
import { ResponseError, type WireResponse } from './response.ts';

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const READ_ATTEMPTS = 6;
const MAX_RETRY_AFTER_MS = 60_000;
/** After a cancelled run, a write has this long to end by itself; the whole report has 5 s (promise 8). */
const WRITE_GRACE_MS = 2_000;
/**
 * A connection that was idle for longer is not used for a write: the server may be closing it just then, and the effect
 * of the write would be unknown. Servers keep idle connections for 2 s (gunicorn), 5 s (Node, Apache) or longer.
 */
const WRITE_MAX_IDLE_MS = 1_000;

export interface WireRequest {
  /** The operation, for messages. */
  readonly label: string;
  readonly access: 'read' | 'write';
  readonly patience: Patience;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: WireBody;
  /** Read before each attempt; keeps the cookies of each response, whatever its status. */
  readonly cookies?: CookieJar | undefined;
}

export interface Transport {
  /**
   * Sends a request; a read is retried after a transient error, a write never is.
   * @throws {ReleaseError} `portal-unreachable` or `portal-unexpected`
   * @throws {Cancelled}
   */
  send(request: WireRequest): Promise<WireResponse>;
  close(): void;
}

export interface TransportOptions {
  /** Hosts other than loopback that may receive credentials over https; `host` or `host:port`. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProxyPassword?: (password: string) => void;
  readonly requestTimeoutMs?: number;
  /** Sends one request over the network; tests replace it. */
  readonly exchange?: typeof exchange;
}

/** One portal's transport: a single kept-alive connection for the whole run. */
export function createTransport(options: TransportOptions): Transport {
  const { clock, signal } = options;
  const agents = new Map<string, http.Agent>();
  const agentFor = async (url: URL) => {
    const agent = agents.get(url.protocol) ?? (await createAgent(url, options.onProxyPassword));
    agents.set(url.protocol, agent);
    return agent;
  };

  let idleSinceMs = clock.now();

  async function sendOnce(request: WireRequest): Promise<WireResponse> {
    assertMayReceiveCredentials(request.url, options.hosts);
    const isWrite = request.access === 'write';
    const agent = await agentFor(request.url);
    if (isWrite) {
      // One turn of the event loop, in which Node notices a connection that the server has closed meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.now() - idleSinceMs > WRITE_MAX_IDLE_MS) closeIdle(agent);
    }
    const attempt = () => {
      const cookie = request.cookies?.header(request.url);
      return (options.exchange ?? exchange)({
        ...request,
        headers: { ...request.headers, ...(cookie !== undefined && { cookie }) },
        agent,
        timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        maxBytes: MAX_RESPONSE_BYTES,
        signal,
        graceMs: isWrite ? WRITE_GRACE_MS : 0,
        onHeaders: (headers) => request.cookies?.keep(request.url, headers['set-cookie'] ?? []),
      });
    };
    try {
      const response = await attempt().catch((cause) => {
        if (isWrite || !(cause instanceof Dropped)) throw cause;
        return attempt();
      });
      return await readResponse(request, response, clock);
    } catch (cause) {
      if (cause instanceof Cancelled || cause instanceof ReleaseError) throw cause;
      throw wireError(request, cause);
    } finally {
      idleSinceMs = clock.now();
    }
  }

  return {
    async send(request) {
      const attempts = request.access === 'read' && request.patience === 'retry' ? READ_ATTEMPTS : 1;
      for (let attempt = 1; ; attempt++) {
        try {
          return await sendOnce(request);
        } catch (error) {
          if (!(error instanceof ReleaseError) || !error.transient || attempt === attempts) throw error;
          // Never sooner than the backoff: with a Retry-After of 0 or in the past, all attempts would follow at once.
          await clock.sleep(Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, clock)), signal);
        }
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function closeIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function assertMayReceiveCredentials(url: URL, hosts: readonly string[]): void {
  const why = whyNotTrusted(url, hosts);
  if (why) throw new ReleaseError('internal', { found: `A request was about to leave for an address where ${why}.` });
}

/** The server has no TLS, or no version of it that Node supports. */
const TLS_CODES = /^(EPROTO|ERR_SSL)/;
function wireError(request: WireRequest, cause: unknown): ReleaseError {
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  const message = cleanLine(reasonOf(cause), 300);
  const effect = cause instanceof NotSent ? 'none' : 'unknown';
  if (cause instanceof TooLarge) {
    return new ReleaseError('portal-unexpected', {
      found: `${where}: the response is too large, ${message}.`,
      effect: 'unknown',
      cause,
    });
  }
  const code = String((cause as NodeJS.ErrnoException).code ?? '');
  if (isCertificateCode(code)) {
    return new ReleaseError('portal-unreachable', {
      found: `${where}: the certificate of ${request.url.host} is not trusted (${code}).`,
      todo: 'Where the portal or a proxy uses a private CA, name its file in NODE_EXTRA_CA_CERTS.',
      cause,
    });
  }
  if (TLS_CODES.test(code)) {
    return new ReleaseError('portal-unreachable', {
      found: `${where}: no TLS connection to ${request.url.host} (${code}).`,
      effect,
      cause,
    });
  }
  return new ReleaseError('portal-unreachable', { found: `${where}: ${message}.`, transient: true, effect, cause });
}

async function readResponse(request: WireRequest, response: RawResponse, clock: Clock): Promise<WireResponse> {
  const { status, headers } = response;
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  if (status >= 300 && status < 400) {
    // The portal may have carried out a write before its response became a redirect.
    const effect = request.access === 'write' ? ('unlikely' as const) : ('none' as const);
    const details = { found: `${where} answered ${status}, a redirect; none is followed.`, effect };
    const { location } = headers;
    throw new ResponseError('portal-unexpected', details, { status, ...(location && { page: { location } }) });
  }
  const { text, fault } = await textOf(response);
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    const details = {
      found: `${where} answered ${status}.`,
      transient: true,
      effect: 'unlikely',
      retryAfterMs: pauseMs(headers['retry-after'], clock),
    } as const;
    throw new ResponseError('portal-unreachable', details, { status, json: jsonOrNothing(text) });
  }
  const unexpected = (found: string, more: Partial<ErrorDetails> = {}, html?: string) => {
    const details = { found: `${where}${found}`, effect: 'unknown', ...more } as const;
    return new ResponseError('portal-unexpected', details, { status, ...(html !== undefined && { page: { html } }) });
  };
  if (fault) throw unexpected(`: the response is ${fault.message}.`, { cause: fault });
  try {
    return { status, headers, json: parseJson(text), isHtml: false };
  } catch (cause) {
    if (cause instanceof RangeError) throw unexpected(`: the response is ${cause.message}.`, { cause });
    const isHtml = /^\s*<(!doctype|!--|html|head|body)/i.test(text) || isNamedHtml(headers, text);
    if (status !== 200 && status !== 201) return { status, headers, json: undefined, isHtml };
    // A text that begins as JSON was cut on its way; any other text is another page.
    const transient = /^\s*[[{]/.test(text);
    const shown = isHtml ? 'an HTML page' : transient ? 'cut JSON' : text.trim() === '' ? 'an empty body' : 'not JSON';
    throw unexpected(` answered ${status} with ${shown} instead of JSON.`, { transient }, isHtml ? text : undefined);
  }
}

async function textOf({ body, headers }: RawResponse): Promise<{ text: string; fault?: Error }> {
  try {
    return { text: await decodeBody(body, headers['content-encoding'], MAX_RESPONSE_BYTES) };
  } catch (cause) {
    return { text: '', fault: cause as Error };
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isNamedHtml(headers: http.IncomingHttpHeaders, text: string): boolean {
  return /^\s*</.test(text) && /html/i.test(headers['content-type'] ?? '');
}

/** The pause that the portal requests, in ms, at most a minute. */
function pauseMs(header: string | undefined, clock: Clock): number | undefined {
  const ms = retryAfterMs(header, clock.now());
  return ms === undefined ? undefined : Math.min(ms, MAX_RETRY_AFTER_MS);
}
