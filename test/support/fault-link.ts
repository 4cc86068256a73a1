/**
 * What a fault proxy does, without a socket: an `exchange` that hands each request to a portal in this process, and does
 * one fault to those that it is told to. test/promises/fault-link.test.ts holds it against the proxy, fault by fault.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';
import { Cancelled } from '../../src/lib/errors.ts';
import type { Exchange, RawResponse } from '../../src/net/exchange.ts';
import { Dropped, NotSent, TooLarge, TooLate } from '../../src/net/failure.ts';
import type { OpenSandbox } from '../../src/sandbox/server.ts';
import {
  type Act,
  type Answer,
  type Choose,
  FAULTS,
  type Fault,
  type FaultProxy,
  type Reply,
  type SeenRequest,
} from './fault-proxy.ts';
import { IN_PROCESS_URL } from './portal.ts';

/** A fault proxy whose address nothing listens at: the client's `exchange` is the way to it. */
export interface FaultLink extends FaultProxy {
  readonly exchange: (request: Exchange) => Promise<RawResponse>;
}

/** As startFaultProxy: `choose` is called once for the k-th request, from 1 on, and before it comes. */
export function createFaultLink(
  portal: Pick<OpenSandbox, 'handle'>,
  choose: Choose,
  onRequest: (k: number, request: SeenRequest) => void = () => {},
): FaultLink {
  const seen: SeenRequest[] = [];
  const refused = new Set<number>();
  let isRefusing = false;
  let sleepsWhileDown = 0;
  /** A connection that the next request finds open. */
  let isOpen = false;

  /** Before the next request comes, as a server that stops listening does. */
  function goDownWhereRefused(): void {
    const k = seen.length + 1;
    if (refused.has(k) || choose(k) !== 'refuse') return;
    refused.add(k);
    sleepsWhileDown = 0;
    isRefusing = true;
  }

  async function exchange(request: Exchange): Promise<RawResponse> {
    if (request.signal.aborted) throw new Cancelled();
    if (isRefusing) throw new NotSent(coded('connect ECONNREFUSED', 'ECONNREFUSED'));
    const wasOpen = isOpen;
    isOpen = false;
    const body = await bytesOf(request.body?.open() ?? []);
    const { pathname, search } = request.url;
    const type = request.body && { 'content-type': request.body.contentType };
    const one: SeenRequest = {
      method: request.method,
      path: pathname + search,
      headers: { ...request.headers, ...type },
      body: body.toString('latin1'),
    };
    seen.push(one);
    onRequest(seen.length, one);
    const fault: Fault | undefined = choose(seen.length, one);
    goDownWhereRefused();
    const forward = () => passOn(portal, one, body);
    const act = actOf(fault);
    // Nothing that a hanging response waits for comes: its deadline is over at once.
    if (act === FAULTS.hang || act === FAULTS['hang after']) {
      if (act === FAULTS['hang after']) await forward();
      throw new TooLate(`no full answer within ${request.timeoutMs / 1000} s`);
    }
    const reply = createReply(request, wasOpen);
    await act({ request: one, response: reply, forward });
    const answer = await reply.whole;
    isOpen = answer.headers.connection !== 'close' && !isRefusing;
    return answer;
  }

  goDownWhereRefused();
  return {
    url: IN_PROCESS_URL,
    exchange,
    seen,
    async slept() {
      if (isRefusing && ++sleepsWhileDown === 2) isRefusing = false;
    },
    close: async () => {},
  };
}

function actOf(fault: Fault | undefined): Act {
  if (typeof fault === 'function') return fault;
  return fault === undefined || fault === 'refuse' ? passedOn : FAULTS[fault];
}

const passedOn: Act = async ({ response, forward }) => {
  const { status, headers, body } = await forward();
  response.writeHead(status, headers);
  response.end(body);
};

async function passOn(portal: Pick<OpenSandbox, 'handle'>, one: SeenRequest, body: Buffer): Promise<Answer> {
  const { method, path, headers } = one;
  const chunks = {
    async *[Symbol.asyncIterator]() {
      yield body;
    },
  };
  const answer = await portal.handle({ method, url: path, headers, ...chunks });
  return { status: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) };
}

/** A response as the exchange of a client sees it: `whole` settles as the one of src/net/exchange.ts does. */
function createReply(request: Exchange, wasOpen: boolean): Reply & { readonly whole: Promise<RawResponse> } {
  let resolve: (answer: RawResponse) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const whole = new Promise<RawResponse>((...settle) => {
    [resolve, reject] = settle;
  });
  // It may be settled before anybody waits for it.
  whole.catch(() => {});
  let head: { readonly status: number; readonly headers: IncomingHttpHeaders } | undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = new Writable({
    // It would make an error, with its stack, for each response.
    autoDestroy: false,
    write(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes <= request.maxBytes) chunks.push(chunk);
      else reject(new TooLarge(`more than ${request.maxBytes} bytes`));
      done();
    },
    final(done) {
      const { status = 200, headers = {} } = head ?? {};
      const whole = Buffer.concat(chunks);
      resolve({ status, headers, body: whole, text: whole.toString('utf8') });
      done();
    },
    destroy(_, done) {
      reject(new Error('the connection closed before the answer was complete'));
      done(null);
    },
  });
  // What is written after a reset goes nowhere.
  body.on('error', () => {});
  return Object.assign(body, {
    whole,
    writeHead(status: number, headers: Readonly<Record<string, unknown>> = {}) {
      const received = Object.entries(headers).map(([name, value]) => [name, receivedAs(name, value)]);
      head = { status, headers: Object.fromEntries(received) };
      request.onHeaders?.(head.headers);
      return this;
    },
    socket: {
      resetAndDestroy() {
        const error = coded('read ECONNRESET', 'ECONNRESET');
        reject(wasOpen && !head ? new Dropped(error.message, { cause: error }) : error);
      },
    },
  }) as unknown as Reply & { readonly whole: Promise<RawResponse> };
}

function receivedAs(name: string, value: unknown): unknown {
  return name === 'set-cookie' ? [value].flat() : String(value);
}

async function bytesOf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function coded(message: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
