/** The fault link breaks a call as the fault proxy does: each fault, on a new connection and on one that is kept alive. */

import http from 'node:http';
import { afterAll, describe, expect, test } from 'vitest';
import { type Exchange, exchange, type RawResponse } from '../../src/net/exchange.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { MINIAPP, TARGET } from '../support/action.ts';
import { createFaultLink } from '../support/fault-link.ts';
import { FAULTS, type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { COOKIE, openPortal, startPortal } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const SEED = { versions: ['1.0.0'], live: '0.9.0' };
const LIST = `${defaultProfile.basePath}/app/publish/version/query?appId=${MINIAPP}&channelCode=${TARGET}&currentPage=1&pageSize=50`;
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

interface Seen {
  /** A response, or the class of the error, which decides what a client does. */
  readonly told: string;
  readonly status?: number;
  readonly headers?: RawResponse['headers'];
  readonly body?: string;
  readonly requests: number;
}

/** What a client sees of each of four requests, of which the k-th meets the fault. */
async function seenThrough(proxy: FaultProxy, k: number, isHang: boolean): Promise<readonly Seen[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  closers.push(() => agent.destroy());
  const seen: Seen[] = [];
  for (let nth = 1; nth <= 4; nth++) {
    let received: RawResponse['headers'] | undefined;
    const request: Exchange = {
      method: 'GET',
      url: new URL(LIST, proxy.url),
      headers: { cookie: COOKIE },
      agent,
      timeoutMs: isHang && nth === k ? 300 : 30_000,
      maxBytes: 8 * 1024 * 1024,
      signal: new AbortController().signal,
      onHeaders: (headers) => {
        received = headers;
      },
    };
    const told = await (proxy.exchange ?? exchange)(request).then(
      ({ status, headers, text }) => ({
        told: 'a response',
        status,
        headers: named(headers),
        body: text.replaceAll(/"traceId":"[^"]*"/g, ''),
      }),
      (error: Error) => ({ told: error.constructor.name, hasHeaders: received !== undefined }),
    );
    seen.push({ ...told, requests: proxy.seen.length });
    await proxy.slept();
  }
  return seen;
}

/** The headers that a client reads. */
function named(headers: RawResponse['headers']): RawResponse['headers'] {
  const { 'content-type': type, 'retry-after': retryAfter, location, 'set-cookie': cookies } = headers;
  const read = { 'content-type': type?.split(';')[0], 'retry-after': retryAfter, location, 'set-cookie': cookies };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

describe.each([1, 2])('at request %i of a connection', (k) => {
  test.concurrent.each(Object.keys(FAULTS) as Fault[])('%s', async (fault) => {
    const choose = (at: number) => (at === k ? fault : undefined);
    const portal = await startPortal({ seed: SEED, now: () => 0 });
    const proxy = await startFaultProxy(portal.url, choose);
    closers.push(proxy.close, portal.close);
    const link = createFaultLink(await openPortal({ seed: SEED, now: () => 0 }), choose);
    const isHang = String(fault).startsWith('hang');
    const overWire = await seenThrough(proxy, k, isHang);
    const whole = overWire.filter(({ body }) => body?.includes('"1.0.0"') || body?.includes('"0.9.0"'));
    expect(whole.length, 'the other requests go through').toBeGreaterThan(0);
    expect(await seenThrough(link, k, isHang)).toEqual(overWire);
  });
});
