/** A server on loopback that answers as a test says and remembers what it saw; what it does not answer, a portal may. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a string or bytes. */
  readonly body?: unknown;
}

/** What a request gets: an answer, a reset connection, whatever the function does itself, or the portal's answer. */
export type Answerer = (seen: Seen, nth: number, res: ServerResponse) => Reply | 'reset' | 'done' | 'portal';

export interface Wire {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** TCP connections that were opened. */
  readonly connections: number;
  close(): Promise<void>;
}

/** `portal`: the address of the one that answers where the test does not. `nth` counts from 1. */
export async function startWire(answer: Answerer = () => 'portal', portal?: string): Promise<Wire> {
  const seen: Seen[] = [];
  let connections = 0;
  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    const bytes = await bytesOf(req);
    const one = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body: bytes.toString('utf8') };
    const nth = seen.push(one);
    const reply = answer(one, nth, res);
    if (reply === 'done') return;
    if (reply === 'reset') return res.socket?.destroy();
    if (reply !== 'portal') return send(res, reply);
    if (!portal) throw new Error('there is no portal behind this wire');
    send(res, await passOn(one, bytes, portal));
  };
  const server = createServer((req, res) => {
    // A client that left in the middle of its request gets no answer.
    serve(req, res).catch(() => res.destroy());
  });
  server.keepAliveTimeout = 600_000;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(res: ServerResponse, { status = 200, headers, body }: Reply): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
}

function passOn(seen: Seen, bytes: Buffer, portal: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = new URL(seen.path, portal);
    // The portal's own connection is none of the test's concern.
    const headers = { ...seen.headers, host: url.host, connection: 'close' };
    const onward = request(url, { method: seen.method, headers, agent: false }, async (res) => {
      resolve({ status: res.statusCode ?? 0, body: (await bytesOf(res)).toString('utf8') });
    });
    onward.on('error', reject).end(bytes);
  });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
