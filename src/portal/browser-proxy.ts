/**
 * The proxy on loopback that carries all traffic of the login's browser: pages, frames, popups, workers and the
 * browser's own. It opens connections to trusted hosts only, so nothing that a page does can send the password
 * elsewhere (promise 4). TLS stays end to end: an https request passes as a CONNECT tunnel.
 */

import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { isLoopback, whyNotTrusted } from '../lib/trust.ts';
import { proxyFor } from '../net/exchange.ts';
import { openTunnel } from '../net/tunnel.ts';

export interface BrowserProxyOptions {
  /** The portal. */
  readonly origin: URL;
  /** Hosts that may receive credentials over https; `host` or `host:port`. Loopback counts only where it is named. */
  readonly hosts: readonly string[];
  /** Hosts that the login page loads files from until something is typed. */
  readonly staticHosts: readonly string[];
}

export interface BrowserProxy {
  /** `http://127.0.0.1:port`, for the browser. */
  readonly url: string;
  /** Hosts that the browser reached through the proxy. */
  readonly reached: ReadonlySet<string>;
  /** Hosts that the browser requested and the proxy refused. */
  readonly blocked: ReadonlySet<string>;
  /** Hosts that could not be reached, with the reason. */
  readonly failures: ReadonlyMap<string, string>;
  /** Whether the password may be typed into a page of this address. */
  isTrusted(url: URL): boolean;
  /** Ends all connections to static hosts and opens no more. To be called before anything is typed. */
  cutStaticHosts(): void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 30_000;
/** Each TLS connection begins with a handshake record (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;

/** Starts the proxy on a free port of 127.0.0.1. It uses the environment's own proxy, where one is set, for each tunnel. */
export async function startBrowserProxy({ origin, hosts, staticHosts }: BrowserProxyOptions): Promise<BrowserProxy> {
  const reached = new Set<string>();
  const blocked = new Set<string>();
  const failures = new Map<string, string>();
  const clients = new Set<Socket>();
  /** The open connections, and whether each leads to a static host. */
  const outgoing = new Map<Destroyable, boolean>();
  let mayLoadStatic = true;

  const isTrusted = (url: URL) =>
    url.origin === origin.origin || (isNamed(url, hosts) && whyNotTrusted(url, hosts) === undefined);
  const isStatic = (url: URL) => isNamed(url, staticHosts) && (url.protocol === 'https:' || isLoopback(url));
  const mayOpen = (url: URL) => isTrusted(url) || (mayLoadStatic && isStatic(url));
  const track = (connection: Destroyable & NodeJS.EventEmitter, url: URL) => {
    outgoing.set(connection, !isTrusted(url));
    connection.once('close', () => outgoing.delete(connection));
  };

  /** Forwards an http request, which is allowed for loopback only. */
  function forward(asked: http.IncomingMessage, response: http.ServerResponse): void {
    const url = parse(asked.url ?? '');
    if (!url || !mayOpen(url)) {
      refuse(asked.socket, url);
      return;
    }
    const { 'proxy-connection': _, ...headers } = asked.headers;
    const request = http.request(url, { method: asked.method, headers, agent: false });
    track(request, url);
    request.on('response', (incoming) => {
      const { connection: _, 'keep-alive': __, ...kept } = incoming.headers;
      reached.add(url.host);
      response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, kept);
      incoming.on('error', () => response.destroy());
      incoming.pipe(response);
    });
    request.on('error', (error) => {
      if (!response.headersSent) failures.set(url.host, reasonOf(error));
      // The proxy sends no response of its own, which could be mistaken for the portal's.
      asked.socket.destroy();
    });
    response.on('close', () => request.destroy());
    asked.pipe(request);
  }

  /** Opens a tunnel, for https or a WebSocket. */
  async function tunnel(asked: http.IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    // A WebSocket without TLS requests a tunnel, too; only loopback may get one.
    const urls = [parse(`https://${asked.url}`), parse(`http://${asked.url}`)];
    const url = urls.find((each) => each && mayOpen(each));
    if (!url) {
      refuse(client, urls[0]);
      return;
    }
    try {
      const server = await dial(asked.url ?? '', url);
      track(server, url);
      // Meanwhile the browser may have closed the connection, or something may have been typed.
      if (client.destroyed || !mayOpen(url)) {
        server.destroy();
        refuse(client, url);
        return;
      }
      reached.add(url.host);
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      join(client, server, isLoopback(url) ? undefined : TLS_HANDSHAKE);
    } catch (error) {
      failures.set(url.host, reasonOf(error));
      client.destroy();
    }
  }

  function refuse(client: Socket, url: URL | undefined): void {
    if (url) blocked.add(url.host);
    client.destroy();
  }

  const server = http.createServer(forward);
  server.on('connection', (client: Socket) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
  });
  server.on('connect', (asked, client: Socket, head) => void tunnel(asked, client, head));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    blocked,
    failures,
    isTrusted,
    cutStaticHosts() {
      mayLoadStatic = false;
      for (const [connection, toStaticHost] of outgoing) if (toStaticHost) connection.destroy();
    },
    async close() {
      for (const connection of [...clients, ...outgoing.keys()]) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Destroyable {
  destroy(): unknown;
}

function isNamed(url: URL, hosts: readonly string[]): boolean {
  return hosts.includes(url.host) || hosts.includes(url.hostname);
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A connection to `host:port`, through the proxy that the environment names for it. */
function dial(authority: string, url: URL): Promise<Socket> {
  const proxy = proxyFor(url);
  return new Promise((resolve, reject) => {
    if (proxy?.hostname) {
      openTunnel(proxy, authority, (error, socket) => (socket ? resolve(socket) : reject(error)));
      return;
    }
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: CONNECT_TIMEOUT_MS });
    socket.once('timeout', () => socket.destroy(new Error('it does not respond')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** Passes bytes both ways; nothing at all where the first byte of `one` is not the expected one. */
function join(one: Socket, other: Socket, firstByte?: number): void {
  const pass = (from: Socket, to: Socket) => {
    from.on('error', () => to.destroy());
    from.on('close', () => from.readableEnded || to.destroy());
  };
  pass(one, other);
  pass(other, one);
  one.once('data', (first: Buffer) => {
    if (firstByte !== undefined && first[0] !== firstByte) return void one.destroy();
    other.write(first);
    one.pipe(other);
  });
  other.pipe(one);
}

/** Node's error for several addresses has no message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'no connection';
}
