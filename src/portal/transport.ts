/**
 * Request -> response over HTTP: deadlines, limits, proxies, and the retry of reads. The one place that sends
 * anything to a portal, so the one place that holds promise 4: only to the hosts that may have the credentials,
 * checked on each final address, and no redirect is followed.
 *
 * Built on node:http, not on HttpClient of @actions/http-client: that one loads undici for a single function, a third
 * of a cold start. Its proxy rules (https_proxy, no_proxy) are used as they are.
 */

import http from 'node:http';
import https from 'node:https';
import { setImmediate as tick } from 'node:timers/promises';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import { backoffMs, type Clock } from '../lib/clock.ts';
import { Cancelled, type ErrorCode, type ErrorDetails, ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { whyNotTrusted } from '../lib/trust.ts';
import { decodeBody } from '../net/decode.ts';
import { NotSent, reasonOf } from '../net/failure.ts';
import { parseJson } from '../net/json.ts';
import type { CookieJar } from './cookies.ts';
import type { Patience } from './port.ts';

/** Honest, and no browser's: whoever runs a portal may see what asks it. */
export const USER_AGENT = 'gopay-miniapp-release (GitHub Action)';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const READ_ATTEMPTS = 6;
const MAX_RETRY_AFTER_MS = 60_000;
/** A cancelled run leaves a write this long to tell how it ended; the whole report has 5 s. */
const WRITE_GRACE_MS = 2_000;
/**
 * A connection that was idle for longer takes no write: the server may be closing it just now, and then nobody knows
 * what became of the write. Servers keep idle connections for 2 s (gunicorn), 5 s (Node, Apache) or longer.
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
  /** Read before each attempt, and told of the cookies of each response, whatever its status. */
  readonly cookies?: CookieJar | undefined;
}

export interface WireBody {
  readonly contentType: string;
  readonly lengthBytes: number;
  /** Opened anew for each attempt. */
  open(): AsyncIterable<Uint8Array>;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The parsed body; undefined where it is not JSON. */
  readonly json: unknown;
  readonly isHtml: boolean;
}

/** A page instead of the API's response: a redirect, or HTML. It may be the login page of a session that has ended. */
export type OtherPage = { readonly location: string } | { readonly html: string };

/** A response came, and it is an error at this level already. */
export class ResponseError extends ReleaseError {
  readonly status: number;
  readonly json: unknown;
  readonly page: OtherPage | undefined;

  constructor(code: ErrorCode, details: ErrorDetails, response: { status: number; json?: unknown; page?: OtherPage }) {
    super(code, details);
    this.status = response.status;
    this.json = response.json;
    this.page = response.page;
  }
}

export interface Transport {
  /**
   * Sends a request; a read is sent again after a passing fault, a write never is.
   * @throws ReleaseError portal-unreachable or portal-unexpected; Cancelled
   */
  send(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

export interface TransportOptions {
  /** Hosts, besides loopback, that may receive credentials over https; `host` or `host:port`. */
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

  async function sendOnce(request: WireRequest): Promise<WireAnswer> {
    assertMayReceiveCredentials(request.url, options.hosts);
    const isWrite = request.access === 'write';
    const agent = await agentFor(request.url);
    if (isWrite) {
      // A turn of the loop, in which a connection that has ended meanwhile is found.
      await tick();
      if (clock.now() - idleSinceMs > WRITE_MAX_IDLE_MS) closeIdle(agent);
    }
    const attempt = () => {
      const cookie = request.cookies?.header(request.url);
      return (options.exchange ?? exchange)({
        ...request,
        headers: { ...request.headers, ...(cookie !== undefined && { cookie }) },
        agent,
        timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
        signal,
        graceMs: isWrite ? WRITE_GRACE_MS : 0,
        onHeaders: (headers) => request.cookies?.keep(request.url, headers['set-cookie'] ?? []),
      });
    };
    try {
      const answer = await attempt().catch((cause) => {
        if (isWrite || !(cause instanceof Dropped)) throw cause;
        return attempt();
      });
      return readAnswer(request, answer, clock);
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
          if (!(error instanceof ReleaseError) || !error.passing || attempt === attempts) throw error;
          // Never sooner than the backoff: a portal whose Retry-After is 0, or long past, would use every attempt up at once.
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

/**
 * The proxy that the environment names for the address; its user name and password are decoded.
 * @throws ReleaseError portal-unreachable where it is none that can be used: it is never passed by in silence
 */
export function proxyFor(url: URL): URL | undefined {
  const proxy = getProxyUrl(url);
  if (!proxy || (/^https?:$/.test(proxy.protocol) && proxy.hostname)) return proxy;
  const variable = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  throw new ReleaseError('portal-unreachable', {
    // The value may hold a password.
    found: `The environment variable ${variable} names no proxy that can be used.`,
    todo: `Set ${variable} to an address such as http://proxy.example:3128; a user name and password before the host must be URL-encoded. Other kinds of proxies, such as SOCKS, are not supported.`,
  });
}

/** An agent of one kept-alive connection, through the proxy that the environment names for the address. */
export async function createAgent(url: URL, onProxyPassword?: (password: string) => void): Promise<http.Agent> {
  const proxy = proxyFor(url);
  const pool = { keepAlive: true, maxSockets: 1 };
  if (!proxy) return url.protocol === 'https:' ? new https.Agent(pool) : new http.Agent(pool);
  if (proxy.password) onProxyPassword?.(proxy.password);
  const { createTunnelAgent } = await import('../net/tunnel.ts');
  return createTunnelAgent(proxy, pool);
}

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: WireBody;
  readonly agent?: http.Agent;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** How long a cancelled run leaves the exchange to end by itself. */
  readonly graceMs?: number;
  /** Told as soon as they are there, whatever becomes of the body. */
  readonly onHeaders?: (headers: http.IncomingHttpHeaders) => void;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** As it came, compressed where the headers say so. */
  readonly body: Buffer;
  /** The body read as UTF-8. */
  readonly text: string;
}

export class TooLarge extends Error {}
export class TooLate extends Error {}
/** A kept-alive connection ended before any byte of the response. Whether the server saw the request is not known. */
export class Dropped extends Error {}

/**
 * One exchange, followed nowhere: the whole answer within `timeoutMs`, counted from the last byte of the request that
 * went out. Throws the socket's error, NotSent, Dropped, TooLarge, TooLate or Cancelled.
 */
export function exchange(options: Exchange): Promise<RawAnswer> {
  const { url, signal, body } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Cancelled());
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: options.method,
      agent: options.agent,
      headers: {
        ...options.headers,
        ...(body && { 'content-type': body.contentType, 'content-length': String(body.lengthBytes) }),
      },
    });
    let timer: NodeJS.Timeout;
    let graceTimer: NodeJS.Timeout | undefined;
    let hasEnded = false;
    let isConnected = false;
    let hasResponse = false;
    const restartDeadline = () => {
      clearTimeout(timer);
      // The body's writer may be woken by the end: a timer set then would hold the process.
      if (hasEnded) return;
      timer = setTimeout(
        () => end(new TooLate(`no full answer within ${options.timeoutMs / 1000} s`)),
        options.timeoutMs,
      );
    };
    const cancel = () => {
      graceTimer = setTimeout(() => end(new Cancelled()), options.graceMs ?? 0);
    };
    const end = (error: Error | undefined, answer?: RawAnswer) => {
      hasEnded = true;
      clearTimeout(timer);
      clearTimeout(graceTimer);
      signal.removeEventListener('abort', cancel);
      // Answered before all of it was sent: the rest would be sent to nobody.
      if (!answer || !request.writableFinished) request.destroy();
      if (answer) resolve(answer);
      else if (isConnected || error instanceof Cancelled) reject(error);
      else reject(new NotSent(error));
    };
    restartDeadline();
    signal.addEventListener('abort', cancel, { once: true });
    request.on('socket', (socket) => {
      const event = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      if (request.reusedSocket) isConnected = true;
      else socket.once(event, () => (isConnected = true));
    });
    request.on('error', (error) =>
      end(request.reusedSocket && !hasResponse ? new Dropped(error.message, { cause: error }) : error),
    );
    request.on('response', (response) => {
      hasResponse = true;
      options.onHeaders?.(response.headers);
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > options.maxBytes) return end(new TooLarge(`more than ${options.maxBytes} bytes`));
        chunks.push(chunk);
      });
      response.on('error', (error) => end(error));
      response.on('close', () => {
        if (!response.complete) end(new Error('the connection closed before the answer was complete'));
      });
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        const text = body.toString('utf8');
        end(undefined, { status: response.statusCode ?? 0, headers: response.headers, body, text });
      });
    });
    void write(request, body, restartDeadline).catch(end);
  });
}

/** Writes the body piece by piece, waiting where the socket is full; each piece that goes out restarts the deadline. */
async function write(request: http.ClientRequest, body: WireBody | undefined, onProgress: () => void): Promise<void> {
  if (body) {
    for await (const chunk of body.open()) {
      if (request.destroyed) return;
      if (!request.write(chunk)) {
        await new Promise<void>((resolve) => {
          request.once('drain', resolve);
          request.once('close', resolve);
        });
      }
      onProgress();
    }
  }
  request.end();
}

/** Of the errors that Node gives where a certificate is not trusted. */
export const CERTIFICATE_CODES =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|UNABLE_TO_GET_CRL|ERR_TLS|HOSTNAME_MISMATCH/;
/** The other side does not speak TLS, or not a version that we do. */
const TLS_CODES = /^(EPROTO|ERR_SSL)/;
function wireError(request: WireRequest, cause: unknown): ReleaseError {
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  const message = cleanLine(reasonOf(cause), 300);
  const effect = cause instanceof NotSent ? 'none' : 'unknown';
  if (cause instanceof TooLarge) {
    return new ReleaseError('portal-unexpected', {
      found: `${where}: the answer is too large, ${message}.`,
      effect: 'unknown',
      cause,
    });
  }
  const code = String((cause as NodeJS.ErrnoException).code ?? '');
  if (CERTIFICATE_CODES.test(code)) {
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
  return new ReleaseError('portal-unreachable', { found: `${where}: ${message}.`, passing: true, effect, cause });
}

function readAnswer(request: WireRequest, answer: RawAnswer, clock: Clock): WireAnswer {
  const { status, headers } = answer;
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  if (status >= 300 && status < 400) {
    // A write may have taken before it was answered with a redirect.
    const effect = request.access === 'write' ? ('unlikely' as const) : ('none' as const);
    const details = { found: `${where} answered ${status}, a redirect; none is followed.`, effect };
    const { location } = headers;
    throw new ResponseError('portal-unexpected', details, { status, ...(location && { page: { location } }) });
  }
  const { text, fault } = textOf(answer);
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    const details = {
      found: `${where} answered ${status}.`,
      passing: true,
      effect: 'unlikely',
      retryAfterMs: retryAfterMs(headers['retry-after'], clock),
    } as const;
    throw new ResponseError('portal-unreachable', details, { status, json: jsonOrNothing(text) });
  }
  const unexpected = (found: string, more: Partial<ErrorDetails> = {}, html?: string) => {
    const details = { found: `${where}${found}`, effect: 'unknown', ...more } as const;
    return new ResponseError('portal-unexpected', details, { status, ...(html !== undefined && { page: { html } }) });
  };
  if (fault) throw unexpected(`: the answer is ${fault.message}.`, { cause: fault });
  try {
    return { status, headers, json: parseJson(text), isHtml: false };
  } catch (cause) {
    if (cause instanceof RangeError) throw unexpected(`: the answer is ${cause.message}.`, { cause });
    const isHtml = /^\s*<(!doctype|!--|html|head|body)/i.test(text) || isNamedHtml(headers, text);
    if (status !== 200 && status !== 201) return { status, headers, json: undefined, isHtml };
    // What begins as JSON and does not end as JSON was cut on its way; what does not begin so is another page.
    const passing = /^\s*[[{]/.test(text);
    const shown = isHtml ? 'an HTML page' : passing ? 'cut JSON' : text.trim() === '' ? 'an empty body' : 'not JSON';
    throw unexpected(` answered ${status} with ${shown} instead of JSON.`, { passing }, isHtml ? text : undefined);
  }
}

function textOf({ body, headers }: RawAnswer): { text: string; fault?: Error } {
  try {
    return { text: decodeBody(body, headers['content-encoding'], MAX_ANSWER_BYTES) };
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

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), clamped to a minute. */
function retryAfterMs(header: string | undefined, clock: Clock): number | undefined {
  if (!header) return undefined;
  // Date.parse takes "1.5" for a day in January.
  const date = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : date - clock.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
