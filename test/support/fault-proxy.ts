/** A proxy on loopback between the action and a portal that does one fault to each request that it is told to. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as tick } from 'node:timers/promises';
import type { TransportOptions } from '../../src/portal/transport.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** What a fault uses of a server's response, so that it can also be done without a server. */
export type Reply = Writable & {
  readonly socket: { resetAndDestroy(): unknown } | null;
  writeHead(status: number, headers?: http.OutgoingHttpHeaders): Reply;
};

interface Exchange {
  readonly request: SeenRequest;
  readonly response: Reply;
  /** Passes the request on; the portal's whole answer. */
  forward(): Promise<Answer>;
}

export type Act = (exchange: Exchange) => Promise<unknown> | unknown;

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML = '<html><head><title>Bad gateway</title></head><body>ray 0f</body></html>';
const MIB = 1024 * 1024;
const BLANKS = Buffer.alloc(MIB, ' ');
const BRACKETS = '['.repeat(8 * MIB);

const say = (status: number, body: string, headers: http.OutgoingHttpHeaders = JSON_TYPE): Act => {
  const bytes = Buffer.from(body);
  return ({ response }) => send(response, { status, headers, body: bytes });
};

/** As an act, but the portal has taken the request before. */
const taken =
  (act: Act): Act =>
  async (exchange) => {
    await exchange.forward();
    return act(exchange);
  };

const reset: Act = ({ response }) => response.socket?.resetAndDestroy();
const hang: Act = () => {};
const html = say(200, HTML, { 'content-type': 'text/html' });
const gateway = say(502, HTML, { 'content-type': 'text/html' });
const shapeless = say(200, '{"ok":1}');

/** Faults of the moment: none of them may fail a step. `refuse` is the proxy's own. */
export const PASSING_FAULTS = {
  refuse: reset,
  reset,
  'reset after': taken(reset),
  500: say(500, '{"success":false,"errorMsg":"oops"}'),
  '502 HTML': gateway,
  '502 HTML after': taken(gateway),
  '503 Retry-After': say(503, '', { 'retry-after': '7' }),
  '429 Retry-After': say(429, '{}', { 'retry-after': '3' }),
  '429 Retry-After date': say(429, '{}', { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }),
  408: say(408, ''),
  hang,
  'hang after': taken(hang),
  'cut body': async ({ forward, response }) => {
    const answer = await forward();
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
  },
  // Ends as if it were whole: only its JSON shows the cut.
  'cut JSON': async ({ forward, response }) => {
    const answer = await forward();
    send(response, { ...answer, body: answer.body.subarray(0, answer.body.length / 2) });
  },
  slow: async ({ forward, response }) => {
    const answer = await forward();
    response.writeHead(answer.status, answer.headers);
    for (const byte of answer.body) {
      response.write(Buffer.of(byte));
      await tick();
    }
    response.end();
  },
} as const satisfies Record<string, Act>;

/** Faults that no trying again mends: they fail the step with the right error, but for a look of a wait. */
export const LASTING_FAULTS = {
  'wrong shape': shapeless,
  'wrong shape after': taken(shapeless),
  'not an object': say(200, '[1,"x"]'),
  null: say(200, 'null'),
  'empty success': say(200, '{"success":true,"data":{}}'),
  'not login': say(200, '{"success":false,"errorCode":"401","errorMsg":"user not login","traceId":"t-1"}'),
  'status 401': say(401, ''),
  'unknown code': say(200, '{"success":false,"errorCode":"X_17","errorMsg":"no such luck","traceId":"t-2"}'),
  'HTML 200': html,
  'HTML 200 after': taken(html),
  'redirect 302': say(302, '', { location: 'http://127.0.0.2:9/rest/intercnn/elsewhere' }),
  '404 HTML': say(404, HTML, { 'content-type': 'text/html' }),
  '50 MB': async ({ response }) => {
    response.writeHead(200, { ...JSON_TYPE, connection: 'close' });
    // The client leaves in its middle.
    await pipeline(Readable.from(Array(50).fill(BLANKS)), response).catch(() => {});
  },
  'deep nesting': say(200, BRACKETS),
} as const satisfies Record<string, Act>;

/** Lists that never end: each page is full, and new. */
export const endlessPages: Act = ({ request, response }) => {
  const page = Number(new URLSearchParams(request.path.split('?')[1]).get('currentPage'));
  const list = Array.from({ length: 50 }, (_, index) => ({
    version: `9.${page}.${index}`,
    versionStatus: 'ARCHIVED',
    artifactList: ['a'],
  }));
  return send(response, {
    status: 200,
    headers: JSON_TYPE,
    body: Buffer.from(JSON.stringify({ success: true, data: { list } })),
  });
};

export const FAULTS = { ...PASSING_FAULTS, ...LASTING_FAULTS };
export type PassingFault = keyof typeof PASSING_FAULTS;
export type LastingFault = keyof typeof LASTING_FAULTS;
export type Fault = PassingFault | LastingFault | Act;

/** Called once for the k-th request, from 1 on, and before it comes. */
export type Choose = (k: number, request?: SeenRequest) => Fault | undefined;

export interface FaultProxy {
  readonly url: string;
  /** Where it is no server: the client's way to it. */
  readonly exchange?: TransportOptions['exchange'];
  readonly seen: readonly SeenRequest[];
  /** Told of each sleep of the client: a refusing proxy listens again from the second one on. */
  slept(): Promise<void>;
  close(): Promise<void>;
}

export async function startFaultProxy(
  target: string,
  choose: Choose,
  onRequest: (k: number, request: SeenRequest) => void = () => {},
): Promise<FaultProxy> {
  const agent = new http.Agent({ keepAlive: true });
  const seen: SeenRequest[] = [];
  const refused = new Set<number>();
  let sleepsWhileDown = 0;
  const server = http.createServer((req, res) => {
    // The other side may leave at any moment.
    for (const stream of [req, res]) stream.on('error', () => {});
    void serve(req, res).catch(() => res.destroy());
  });
  const isRefusedNext = () => {
    const k = seen.length + 1;
    return !refused.has(k) && choose(k) === 'refuse' && Boolean(refused.add(k));
  };
  const goDown = () => {
    sleepsWhileDown = 0;
    server.close();
  };
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };

  async function serve(req: http.IncomingMessage, response: http.ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const request = {
      method: req.method ?? '',
      path: req.url ?? '',
      headers: req.headers,
      body: body.toString('latin1'),
    };
    seen.push(request);
    const k = seen.length;
    onRequest(k, request);
    const fault = choose(k, request);
    if (isRefusedNext()) {
      goDown();
      response.setHeader('connection', 'close');
    }
    const forward = () => passOn(target, request, body, agent);
    if (fault === undefined || fault === 'refuse') return send(response, await forward());
    const act: Act = typeof fault === 'function' ? fault : FAULTS[fault];
    await act({ request, response, forward });
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  if (isRefusedNext()) goDown();
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async slept() {
      if (!server.listening && ++sleepsWhileDown === 2) await listen(port);
    },
    async close() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response: Reply, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

function passOn(target: string, request: SeenRequest, body: Buffer, agent: http.Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { 'content-type': type, cookie } = request.headers;
    const headers = { ...(type && { 'content-type': type }), ...(cookie && { cookie }), 'content-length': body.length };
    const passed = http.request(target + request.path, { method: request.method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const { 'set-cookie': cookies, 'content-type': answerType = 'application/json' } = answer.headers;
        const back = { 'content-type': answerType, ...(cookies && { 'set-cookie': cookies }) };
        resolve({ status: answer.statusCode ?? 0, headers: back, body: Buffer.concat(chunks) });
      });
    });
    passed.on('error', reject);
    passed.end(body);
  });
}
