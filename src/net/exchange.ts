/**
 * One request and its response over HTTP: deadlines, limits and proxies.
 *
 * Built on node:http, not on HttpClient of @actions/http-client: that one loads undici for a single function, a third
 * of a cold start. Its proxy rules (https_proxy, no_proxy) are used as they are.
 */

import http from 'node:http';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import { Cancelled, ReleaseError } from '../lib/errors.ts';
import { Dropped, NotSent, TooLarge, TooLate } from './failure.ts';

/**
 * The proxy that the environment names for the address; its user name and password are decoded.
 * @throws {ReleaseError} `portal-unreachable` where it cannot be used: a proxy is never bypassed silently
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

/**
 * An agent with one kept-alive connection, through the proxy that the environment names for the address.
 * @throws {ReleaseError} `portal-unreachable` where that proxy cannot be used
 */
export async function createAgent(url: URL, onProxyPassword?: (password: string) => void): Promise<http.Agent> {
  const proxy = proxyFor(url);
  const pool = { keepAlive: true, maxSockets: 1 };
  if (!proxy) {
    if (url.protocol === 'http:') return new http.Agent(pool);
    // TLS and cryptography are a third of a cold start, so they are loaded only for https.
    const { Agent } = await import('node:https');
    return new Agent(pool);
  }
  if (proxy.password) onProxyPassword?.(proxy.password);
  const { createTunnelAgent } = await import('./tunnel.ts');
  return createTunnelAgent(proxy, pool);
}

export interface WireBody {
  readonly contentType: string;
  readonly lengthBytes: number;
  /** Opened again for each attempt. */
  open(): AsyncIterable<Uint8Array>;
}

/** A request, and the limits of its exchange. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: WireBody;
  /** Made for the address's protocol: `https.request` is `http.request` with an agent for TLS. */
  readonly agent: http.Agent;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** How long the exchange may continue after `signal` has aborted, in ms; 0 where absent. */
  readonly graceMs?: number;
  /** Called as soon as the headers have arrived, whatever becomes of the body. */
  readonly onHeaders?: (headers: http.IncomingHttpHeaders) => void;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The unchanged body, compressed if the headers say so. */
  readonly body: Buffer;
  /** The body read as UTF-8. */
  readonly text: string;
}

/**
 * Sends one request and reads the whole response, which must arrive within `timeoutMs` after the last byte of the
 * request was sent. No redirect is followed.
 * @throws {NotSent | Dropped | TooLarge | TooLate | Cancelled} or the error of the socket
 */
export function exchange(options: Exchange): Promise<RawResponse> {
  const { url, signal, body } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Cancelled());
    const request = http.request(url, {
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
      // The end wakes the writer of the body: a timer that it set then would keep the process alive.
      if (hasEnded) return;
      timer = setTimeout(
        () => end(new TooLate(`no full response within ${options.timeoutMs / 1000} s`)),
        options.timeoutMs,
      );
    };
    const cancel = () => {
      graceTimer = setTimeout(() => end(new Cancelled()), options.graceMs ?? 0);
    };
    const end = (error: Error | undefined, response?: RawResponse) => {
      hasEnded = true;
      clearTimeout(timer);
      clearTimeout(graceTimer);
      signal.removeEventListener('abort', cancel);
      // If the response came before the whole request was sent, the server does not read the rest of the request.
      if (!response || !request.writableFinished) request.destroy();
      if (response) resolve(response);
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
        if (!response.complete) end(new Error('the connection closed before the response was complete'));
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

/** Writes the body chunk by chunk, waiting while the socket is full; each chunk that was written restarts the deadline. */
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
