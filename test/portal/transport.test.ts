import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { Cancelled, type ReleaseError } from '../../src/lib/errors.ts';
import { NotSent } from '../../src/net/failure.ts';
import {
  createTransport,
  type Transport,
  type TransportOptions,
  type WireRequest,
} from '../../src/portal/transport.ts';
import { type Answerer, startWire, type Wire } from '../support/wire.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A clock that jumps over every sleep and remembers it. */
function fakeClock(random = 0.5): Clock & { readonly slept: number[] } {
  let nowMs = NOW_MS;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    random: () => random,
    async sleep(ms, signal) {
      if (signal.aborted) throw new Cancelled();
      slept.push(ms);
      nowMs += ms;
    },
  };
}

interface Scene {
  readonly wire: Wire;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly transport: Transport;
  readonly controller: AbortController;
  send(request?: Partial<WireRequest>): ReturnType<Transport['send']>;
}

async function sceneOf(answer: Answerer, options: Partial<TransportOptions> = {}): Promise<Scene> {
  const wire = await startWire(answer);
  return { ...sceneAt(wire.url, options), wire };
}

function sceneAt(url: string, options: Partial<TransportOptions> = {}): Omit<Scene, 'wire'> {
  const clock = fakeClock();
  const controller = new AbortController();
  const transport = createTransport({ hosts: [], clock, signal: controller.signal, ...options });
  cleanups.push(() => transport.close());
  const request: WireRequest = {
    label: 'listReleases',
    access: 'read',
    patience: 'retry',
    method: 'GET',
    url: new URL('/list', url),
    headers: {},
  };
  return { clock, controller, transport, send: (more) => transport.send({ ...request, ...more }) };
}

const errorOf = (promise: Promise<unknown>): Promise<ReleaseError> =>
  promise.then(
    () => expect.fail('it was answered'),
    (error) => error,
  );

const good = { body: { ok: true } };
async function withScene<T>(answer: Answerer, act: (scene: Scene) => Promise<T>, options?: Partial<TransportOptions>) {
  const scene = await sceneOf(answer, options);
  cleanups.push(() => scene.wire.close());
  return act(scene);
}

describe('a transient error', () => {
  test.each([408, 429, 500, 502, 503, 504, 599])('%i: a read is sent again, with growing gaps', (status) =>
    withScene(
      (_, nth) => (nth < 5 ? { status } : good),
      async ({ wire, clock, send }) => {
        expect((await send()).json).toEqual({ ok: true });
        expect(wire.seen).toHaveLength(5);
        expect(clock.slept).toEqual([250, 500, 1000, 2000]);
      },
    ),
  );

  test.each([
    ['a reset connection', 'reset' as const],
    ['cut JSON', { body: '{"list": [1, ' }],
  ])('%s: a read is sent again', (_, fault) =>
    withScene(
      (_seen, nth) => (nth === 1 ? fault : good),
      async ({ wire, send }) => {
        expect((await send()).json).toEqual({ ok: true });
        expect(wire.seen).toHaveLength(2);
      },
    ),
  );

  test('six attempts, then it is unreachable', () =>
    withScene(
      () => ({ status: 503 }),
      async ({ wire, send }) => {
        const error = await errorOf(send());
        expect(error).toMatchObject({ code: 'portal-unreachable', found: 'listReleases (GET /list) answered 503.' });
        expect(wire.seen).toHaveLength(6);
      },
    ));

  test('a read that a wait makes is sent once, and a write too, whatever its method', () =>
    withScene(
      () => ({ status: 503 }),
      async ({ wire, clock, send }) => {
        await errorOf(send({ patience: 'once' }));
        expect(wire.seen).toHaveLength(1);
        await errorOf(send({ access: 'write', method: 'POST' }));
        await errorOf(send({ access: 'write', method: 'GET' }));
        expect(wire.seen).toHaveLength(3);
        expect(clock.slept).toEqual([]);
      },
    ));

  test('a read that is a POST is sent again', () =>
    withScene(
      (_, nth) => (nth === 1 ? { status: 503 } : good),
      async ({ send }) => expect((await send({ method: 'POST' })).json).toEqual({ ok: true }),
    ));
});

describe('what does not pass is not tried again', () => {
  test.each([
    ['a redirect', { status: 302, headers: { location: '/other' } }, /answered 302, a redirect; none is followed/],
    ['not modified', { status: 304 }, /304/],
    ['an HTML page', { body: '<!DOCTYPE html><p>Log in' }, /answered 200 with an HTML page instead of JSON/],
    ['an HTML page after a line', { body: '\n<html>' }, /an HTML page/],
    ['text', { body: 'OK' }, /not JSON/],
    ['nothing', { body: ' ' }, /an empty body/],
    ['too deep', { body: '['.repeat(65) }, /nested deeper than 64 levels/],
    ['damaged gzip', { headers: { 'content-encoding': 'gzip' }, body: 'x' }, /compressed data is damaged or cut/],
    ['an unknown compression', { headers: { 'content-encoding': 'zstd' }, body: 'x' }, /not supported/],
    [
      'more than 8 MiB, compressed to 8 KiB',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(`"${'x'.repeat(8 * 1024 * 1024)}"`) },
      /larger than 8388608 bytes/,
    ],
  ])('%s', (_, reply, found) =>
    withScene(
      () => reply,
      async ({ wire, send }) => {
        const error = await errorOf(send());
        expect(error.code).toBe('portal-unexpected');
        expect(error.found).toMatch(found);
        expect(wire.seen).toHaveLength(1);
      },
    ),
  );

  test('more than 8 MiB, of which no more is read', () =>
    withScene(
      (_, __, res) => {
        const more = () => {
          while (!res.destroyed && res.write('x'.repeat(65_536)));
        };
        res.on('drain', more);
        res.writeHead(200);
        more();
        return 'done';
      },
      async ({ wire, send }) => {
        const error = await errorOf(send());
        expect(error).toMatchObject({ code: 'portal-unexpected', transient: false });
        expect(error.found).toContain('too large, more than 8388608 bytes');
        expect(wire.seen).toHaveLength(1);
      },
    ));

  test('HTTP 4xx is a response, with its body where that is JSON', () =>
    withScene(
      (_, nth) => ({ status: 403, body: nth === 1 ? { success: false } : '<html>' }),
      async ({ send }) => {
        expect(await send()).toMatchObject({ status: 403, json: { success: false } });
        expect(await send()).toMatchObject({ status: 403, json: undefined });
      },
    ));
});

describe('Retry-After', () => {
  test.each([
    ['7', 7_000],
    ['3600', 60_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 18:00:00 GMT', 60_000],
    ['0', 250],
    ['Sun, 01 Mar 2020 12:00:00 GMT', 250],
    ['-5', 250],
    ['1.5', 250],
    ['soon', 250],
    ['', 250],
  ])('%j: the next attempt comes after %i ms', (header, ms) =>
    withScene(
      (_, nth) => (nth === 1 ? { status: 429, headers: { 'retry-after': header } } : good),
      async ({ clock, send }) => {
        await send();
        expect(clock.slept).toEqual([ms]);
      },
    ),
  );
});

describe('the deadline', () => {
  const soon = { requestTimeoutMs: 60 };

  test('no response', () =>
    withScene(
      () => 'done',
      async ({ send }) => {
        const error = await errorOf(send({ patience: 'once' }));
        expect(error).toMatchObject({ code: 'portal-unreachable', transient: true });
        expect(error.found).toContain('no full response within 0.06 s');
      },
      soon,
    ));

  test('a response that comes byte by byte does not push it back', () =>
    withScene(
      (_, __, res) => {
        res.writeHead(200);
        const timer = setInterval(() => res.write(' '), 5);
        res.on('close', () => clearInterval(timer));
        return 'done';
      },
      async ({ send }) => {
        const error = await errorOf(send({ patience: 'once' }));
        expect(error.found).toContain('no full response within');
      },
      { requestTimeoutMs: 400 },
    ));

  test('a body that goes out piece by piece does push it back', () =>
    withScene(
      () => good,
      async ({ wire, send }) => {
        const pieces = [...'[1,2,3,4,5,6]'];
        async function* open() {
          for (const piece of pieces) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            yield Buffer.from(piece);
          }
        }
        const body = { contentType: 'application/json', lengthBytes: pieces.length, open };
        await send({ access: 'write', method: 'POST', body });
        expect(wire.seen[0]?.body).toBe(pieces.join(''));
      },
      { requestTimeoutMs: 500 },
    ));

  test('a cut body is a transient error', () =>
    withScene(
      (_, __, res) => {
        res.writeHead(200, { 'content-length': '100' });
        res.write('{"ok": true');
        setImmediate(() => res.destroy());
        return 'done';
      },
      async ({ send }) => {
        const error = await errorOf(send({ patience: 'once' }));
        expect(error).toMatchObject({ code: 'portal-unreachable', transient: true });
      },
    ));
});

describe('the connection', () => {
  test('is one for all', () =>
    withScene(
      () => good,
      async ({ wire, send }) => {
        for (let nth = 0; nth < 10; nth++) await send();
        expect(wire.seen).toHaveLength(10);
        expect(wire.connections).toBe(1);
      },
    ));

  /** Resets a connection as its second request comes, as after an idle time that only the server counts. */
  async function resettingServer() {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        if (++requests > 1) return socket.resetAndDestroy();
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    return { sockets, scene: sceneAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) };
  }

  test('dropped by the portal while idle: a read takes another at once, that of a wait too', async () => {
    const { sockets, scene } = await resettingServer();
    for (let nth = 0; nth < 3; nth++) expect((await scene.send({ patience: 'once' })).json).toEqual({});
    expect(sockets).toHaveLength(3);
    expect(scene.clock.slept).toEqual([]);
  });

  test('that was idle for more than a second takes no write', async () => {
    const { sockets, scene } = await resettingServer();
    const write = { access: 'write', patience: 'once', method: 'POST' } as const;
    await scene.send();
    for (let nth = 0; nth < 3; nth++) {
      await scene.clock.sleep(1_001, new AbortController().signal);
      expect((await scene.send(write)).json).toEqual({});
    }
    expect(sockets).toHaveLength(4);
    // Reset with the write on it, right after a response: the portal may have read it, so it is not sent again.
    const lost = await errorOf(scene.send(write));
    expect(lost).toMatchObject({ code: 'portal-unreachable', transient: true, effect: 'unknown' });
    expect(sockets).toHaveLength(4);
  });

  test('ended by the portal right after a response: a write takes another', () =>
    withScene(
      (_, __, res) => {
        res.end('{}', () => res.socket?.end());
        return 'done';
      },
      async ({ wire, send }) => {
        await send();
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect((await send({ access: 'write', method: 'POST' })).json).toEqual({});
        expect(wire.connections).toBe(2);
      },
    ));

  test('refused: unreachable', async () => {
    const wire = await startWire();
    await wire.close();
    const error = await errorOf(sceneAt(wire.url).send());
    expect(error).toMatchObject({ code: 'portal-unreachable', effect: 'none' });
    expect(error.found).toContain('ECONNREFUSED');
  });

  test('refused at each of two addresses: both are named, and nothing was sent', async () => {
    const refusals = ['::1', '127.0.0.1'].map((host) =>
      Object.assign(new Error(`connect ECONNREFUSED ${host}:443`), { code: 'ECONNREFUSED' }),
    );
    const both = Object.assign(new AggregateError(refusals), { code: 'ECONNREFUSED' });
    const exchange = () => Promise.reject(new NotSent(both));
    const error = await errorOf(sceneAt('http://127.0.0.1', { exchange }).send({ access: 'write' }));
    expect(error).toMatchObject({ code: 'portal-unreachable', transient: true, effect: 'none' });
    expect(error.found).toBe(
      'listReleases (GET /list): connect ECONNREFUSED ::1:443; connect ECONNREFUSED 127.0.0.1:443.',
    );
  });

  test.each<[string, Answerer, string]>([
    ['reset with the request on it', () => 'reset', 'unknown'],
    ['no response', () => 'done', 'unknown'],
  ])('%s: whether it took is %s', (_, answer, effect) =>
    withScene(
      answer,
      async ({ send }) => expect(await errorOf(send({ access: 'write', method: 'POST' }))).toMatchObject({ effect }),
      { requestTimeoutMs: 60 },
    ),
  );

  test('a server that ends the connection before TLS is up: nothing was sent', async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    const { send } = sceneAt(url.href);
    expect(await errorOf(send({ url, access: 'write', method: 'POST' }))).toMatchObject({ effect: 'none' });
  });
});

describe('the body is read', () => {
  const text = '{"id":12345678901234567890,"name":"ü"}';
  const json = { id: '12345678901234567890', name: 'ü' };
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  test.each<[string, Record<string, string>, Buffer]>([
    ['after a byte-order mark', {}, Buffer.from(`\uFEFF${text}`)],
    ['in UTF-16', {}, utf16],
    ['from gzip', { 'content-encoding': 'gzip' }, gzipSync(text)],
    ['from gzip after a byte-order mark', { 'content-encoding': 'GZIP' }, gzipSync(`\uFEFF${text}`)],
    ['from deflate', { 'content-encoding': 'deflate' }, deflateSync(text)],
    ['from Brotli', { 'content-encoding': 'br' }, brotliCompressSync(text)],
    ['from two compressions', { 'content-encoding': 'gzip, br' }, brotliCompressSync(gzipSync(text))],
    ['from none that is named', { 'content-encoding': 'identity' }, Buffer.from(text)],
  ])('%s', (_, headers, body) =>
    withScene(
      () => ({ headers, body }),
      async ({ send }) => expect((await send()).json).toEqual(json),
    ),
  );

  test('also of an error', () =>
    withScene(
      () => ({ status: 500, headers: { 'content-encoding': 'gzip' }, body: gzipSync(text) }),
      async ({ send }) => expect(await errorOf(send({ access: 'write' }))).toMatchObject({ status: 500, json }),
    ));
});

describe('only to hosts that may have the credentials', () => {
  test.each(['https://evil.com/', 'http://miniapp.midtrans.com/', 'http://127.evil.com/', 'https://u:p@localhost/'])(
    '%s is not asked',
    async (url) => {
      const { send } = sceneAt('http://localhost', { hosts: ['miniapp.midtrans.com'] });
      expect(await errorOf(send({ url: new URL(url) }))).toMatchObject({ code: 'internal' });
    },
  );
});

describe('a cancelled run', () => {
  test('ends a read under way', () =>
    withScene(
      () => 'done',
      async ({ controller, send }) => {
        const answer = errorOf(send());
        controller.abort();
        expect(await answer).toBeInstanceOf(Cancelled);
      },
    ));

  test('leaves a write under way the time to tell how it ended', () =>
    withScene(
      (_, __, res) => {
        setTimeout(() => res.end('{"ok":true}'), 30);
        return 'done';
      },
      async ({ controller, wire, send }) => {
        const answer = send({ access: 'write', method: 'POST' });
        while (wire.seen.length === 0) await new Promise(setImmediate);
        controller.abort();
        expect((await answer).json).toEqual({ ok: true });
      },
    ));

  test('sends nothing more', () =>
    withScene(
      () => good,
      async ({ controller, wire, send }) => {
        controller.abort();
        expect(await errorOf(send())).toBeInstanceOf(Cancelled);
        expect(wire.seen).toEqual([]);
      },
    ));
});
