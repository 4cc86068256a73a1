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
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import { backoffMs, type Clock } from '../clock.ts';
import { Cancelled, ReleaseError } from '../errors.ts';
import { cleanLine } from '../text.ts';
import { whyNotTrusted } from '../trust.ts';
import { parseJson } from './json.ts';
import type { Patience } from './portal.ts';

/** Honest, and no browser's: whoever runs a portal may see what asks it. */
export const USER_AGENT = 'gopay-miniapp-release (GitHub Action)';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const READ_ATTEMPTS = 6;
const MAX_RETRY_AFTER_MS = 60_000;
/** A cancelled run leaves a write this long to tell how it ended; the whole report has 5 s. */
const WRITE_GRACE_MS = 2_000;

export interface WireRequest {
  /** The operation, for messages. */
  readonly label: string;
  readonly access: 'read' | 'write';
  readonly patience: Patience;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: WireBody;
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

  async function sendOnce(request: WireRequest): Promise<WireAnswer> {
    assertMayReceiveCredentials(request.url, options.hosts);
    const answer = await (options.exchange ?? exchange)({
      ...request,
      agent: await agentFor(request.url),
      timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
      graceMs: request.access === 'write' ? WRITE_GRACE_MS : 0,
    }).catch((cause) => {
      throw cause instanceof Cancelled ? cause : wireError(request, cause);
    });
    return readAnswer(request, answer, clock);
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

function assertMayReceiveCredentials(url: URL, hosts: readonly string[]): void {
  const why = whyNotTrusted(url, hosts);
  if (why) throw new ReleaseError('internal', { found: `A request was about to leave for an address where ${why}.` });
}

/** The proxy that the environment names for the address; its user name and password are decoded. */
export function proxyFor(url: URL): URL | undefined {
  return getProxyUrl(url);
}

/** An agent of one kept-alive connection, through the proxy that the environment names for the address. */
export async function createAgent(url: URL, onProxyPassword?: (password: string) => void): Promise<http.Agent> {
  const proxy = proxyFor(url);
  const pool = { keepAlive: true, maxSockets: 1 };
  if (!proxy?.hostname) return url.protocol === 'https:' ? new https.Agent(pool) : new http.Agent(pool);
  if (proxy.password) onProxyPassword?.(proxy.password);
  const { createTunnelAgent } = await import('./tunnel.ts');
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
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** As it came, compressed where the headers say so. */
  readonly body: Buffer;
  /** The body read as UTF-8. */
  readonly text: string;
}

class TooLarge extends Error {}
class TooLate extends Error {}

/**
 * One exchange, followed nowhere: the whole answer within `timeoutMs`, counted from the last byte of the request that
 * went out. Throws the socket's error, TooLarge, TooLate or Cancelled.
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
      else reject(error);
    };
    restartDeadline();
    signal.addEventListener('abort', cancel, { once: true });
    request.on('error', (error) => end(error));
    request.on('response', (response) => {
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
/** The request never left. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

function wireError(request: WireRequest, cause: unknown): ReleaseError {
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  const message = cleanLine(cause instanceof Error ? cause.message : String(cause), 200);
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
      // It may have broken after the request was sent.
      effect: 'unknown',
      cause,
    });
  }
  const effect = NOT_SENT.includes(code) ? 'none' : 'unknown';
  return new ReleaseError('portal-unreachable', { found: `${where}: ${message}.`, passing: true, effect, cause });
}

function readAnswer(request: WireRequest, answer: RawAnswer, clock: Clock): WireAnswer {
  const { status } = answer;
  const where = `${request.label} (${request.method} ${request.url.pathname})`;
  if (status >= 300 && status < 400) {
    throw new ReleaseError('portal-unexpected', {
      found: `${where} answered ${status}, a redirect; none is followed.`,
    });
  }
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    throw new ReleaseError('portal-unreachable', {
      found: `${where} answered ${status}.`,
      passing: true,
      effect: 'unlikely',
      retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock),
    });
  }
  if (answer.headers['content-encoding'] && answer.headers['content-encoding'] !== 'identity') {
    throw new ReleaseError('portal-unexpected', {
      found: `${where}: the answer is compressed; none was asked for.`,
      effect: 'unknown',
    });
  }
  try {
    return { status, headers: answer.headers, json: parseJson(answer.text) };
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new ReleaseError('portal-unexpected', {
        found: `${where}: the answer is ${cause.message}.`,
        effect: 'unknown',
        cause,
      });
    }
    if (status !== 200 && status !== 201) return { status, headers: answer.headers, json: undefined };
    // What begins as JSON and does not end as JSON was cut on its way; what does not begin so is another page.
    const begins = /^\s*[[{]/.test(answer.text);
    const shown = /^\s*<(!doctype|html)/i.test(answer.text) ? 'an HTML page' : begins ? 'cut JSON' : 'not JSON';
    throw new ReleaseError('portal-unexpected', {
      found: `${where} answered ${status} with ${answer.text.trim() === '' ? 'an empty body' : shown} instead of JSON.`,
      passing: begins,
      effect: 'unknown',
    });
  }
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), clamped to a minute. */
function retryAfterMs(header: string | undefined, clock: Clock): number | undefined {
  if (!header) return undefined;
  // Date.parse takes "1.5" for a day in January.
  const date = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : date - clock.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
