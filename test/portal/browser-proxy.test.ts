/** The proxy that carries the traffic of the login's browser, without a browser. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { type BrowserProxyOptions, startBrowserProxy } from '../../src/portal/browser-proxy.ts';
import { startProxy } from '../support/proxy.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that answers each connection's first bytes with `hello`, and counts what it got. */
async function startServer(address = '127.0.0.1') {
  const got: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      got.push(String(data));
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\nhello');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: `${address}:${(server.address() as AddressInfo).port}`, got, sockets };
}

async function start(options: Partial<BrowserProxyOptions> = {}) {
  const proxy = await startBrowserProxy({
    origin: new URL('https://portal.test'),
    hosts: ['portal.test', 'sso.test'],
    staticHosts: [],
    ...options,
  });
  cleanups.push(proxy.close);
  const address = new URL(proxy.url);
  /** The response to a request; undefined where there is none. */
  const get = (url: string, headers: http.OutgoingHttpHeaders = {}) =>
    new Promise<http.IncomingMessage | undefined>((resolve) => {
      const request = http.get({ host: address.hostname, port: address.port, path: url, headers, agent: false });
      request.on('response', (response) => resolve(response.resume()));
      request.on('error', () => resolve(undefined));
    });
  /** The tunnel to `host:port`; undefined where none is opened. */
  const tunnel = (authority: string) =>
    new Promise<Socket | undefined>((resolve) => {
      const request = http.request({
        ...{ host: address.hostname, port: address.port, agent: false },
        ...{ method: 'CONNECT', path: authority },
      });
      request.on('connect', (response, socket) => {
        cleanups.push(() => socket.destroy());
        socket.on('error', () => {});
        resolve(response.statusCode === 200 ? socket : undefined);
      });
      request.on('error', () => resolve(undefined));
      request.end();
    });
  return { proxy, get, tunnel };
}

/** The environment's proxy, for this test. */
function setProxy(url: string): void {
  const before = { ...process.env };
  process.env['https_proxy'] = url;
  for (const name of ['no_proxy', 'NO_PROXY']) delete process.env[name];
  cleanups.push(() => {
    for (const name of ['https_proxy', 'no_proxy', 'NO_PROXY']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
}

describe('what may pass', () => {
  test('a portal on loopback gets requests and WebSockets, at its own address only', async () => {
    const portal = await startServer();
    const neighbour = await startServer();
    const other = await startServer('127.0.0.2');
    const { proxy, get, tunnel } = await start({ origin: new URL(`http://${portal.host}`) });

    const response = await get(`http://${portal.host}/path`, { cookie: 'c=3', 'proxy-connection': 'keep-alive' });
    expect(response?.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(portal.got.join()).toMatch(/^GET \/path HTTP.*cookie: c=3/is);
    expect(portal.got.join()).not.toContain('proxy-connection');
    expect(await tunnel(portal.host)).toBeDefined();

    for (const { host } of [neighbour, other]) {
      expect(await get(`http://${host}/`)).toBeUndefined();
      expect(await tunnel(host)).toBeUndefined();
      expect(proxy.blocked).toContain(host);
    }
    expect([...neighbour.sockets, ...other.sockets]).toEqual([]);
  });

  test.each([
    ['http://portal.test/', 'http to the portal'],
    ['http://169.254.169.254/latest', 'an address of the cloud'],
    ['http://portal.test.evil.test/', 'a name that begins alike'],
    ['http://user@127.0.0.1/', 'a user name'],
    ['/path', 'a request to the proxy itself'],
    ['ftp://portal.test/', 'another protocol'],
  ])('%s does not pass: %s', async (url) => {
    const { get } = await start();
    expect(await get(url)).toBeUndefined();
  });

  test.each(['evil.test:443', 'portal.test.:443', 'portal.test.evil.test:443', '[::1]:443', '127.0.0.1:443', 'x', ''])(
    'no tunnel to %j',
    async (authority) => {
      const { tunnel } = await start();
      expect(await tunnel(authority)).toBeUndefined();
    },
  );

  test('a host on loopback counts where portal-hosts names it', async () => {
    const named = await startServer('127.0.0.2');
    const { proxy, get } = await start({ hosts: [named.host] });
    expect((await get(`http://${named.host}/`))?.statusCode).toBe(200);
    expect(proxy.isTrusted(new URL(`http://${named.host}/`))).toBe(true);
  });

  test.each([
    ['https://portal.test/login', true],
    ['https://sso.test:8443/', true],
    ['http://portal.test/', false],
    ['http://sso.test/', false],
    ['https://cdn.test/', false],
    ['http://127.0.0.1/', false],
    ['data:text/html,x', false],
    ['about:blank', false],
    ['chrome-error://chromewebdata/', false],
  ])('the password may be typed into %s: %s', async (url, expected) => {
    const { proxy } = await start({ staticHosts: ['cdn.test'] });
    expect(proxy.isTrusted(new URL(url))).toBe(expected);
  });
});

describe('static hosts', () => {
  test('once cut, open connections end and no new one opens; those to the portal go on', async () => {
    const files = await startServer('127.0.0.2');
    const portal = await startServer();
    const { proxy, get, tunnel } = await start({
      origin: new URL(`http://${portal.host}`),
      staticHosts: [files.host],
    });
    expect((await get(`http://${files.host}/`))?.statusCode).toBe(200);
    const open = [await tunnel(files.host), await tunnel(portal.host)] as [Socket, Socket];
    const closed = once(open[0], 'close');
    proxy.cutStaticHosts();
    await closed;
    expect(await get(`http://${files.host}/`)).toBeUndefined();
    expect(await tunnel(files.host)).toBeUndefined();
    open[1].write('x');
    expect(String(await once(open[1], 'data'))).toContain('hello');
    expect(proxy.blocked).toContain(files.host);
  });

  test('a static host has no http outside loopback', async () => {
    const { get } = await start({ staticHosts: ['cdn.test'] });
    expect(await get('http://cdn.test/')).toBeUndefined();
  });
});

describe("through the environment's proxy", () => {
  async function behindProxy() {
    const portal = await startServer();
    const outer = await startProxy({ 'portal.test': `http://${portal.host}` }, 'user', 'p@ss:word');
    cleanups.push(outer.close);
    setProxy(outer.url);
    return { portal, outer, ...(await start()) };
  }

  test('a tunnel carries TLS end to end, and the password of that proxy is given to it', async () => {
    const { portal, outer, tunnel } = await behindProxy();
    const socket = await tunnel('portal.test:443');
    const secure = connectTls({ socket: socket as Socket, servername: 'portal.test', ca: readFileSync(outer.caFile) });
    await once(secure, 'secureConnect');
    secure.write('GET / HTTP/1.1\r\n\r\n');
    expect(String(await once(secure, 'data'))).toContain('hello');
    expect(outer.passed).toEqual(['portal.test:443']);
    expect(portal.got).toHaveLength(1);
  });

  test('what is not TLS does not leave, not even to the portal', async () => {
    const outer = await startServer();
    setProxy(`http://${outer.host}`);
    const { tunnel } = await start();
    const socket = (await tunnel('portal.test:443')) as Socket;
    const [connection] = [...outer.sockets] as [Socket];
    const closed = once(connection, 'close');
    socket.write('GET /?password HTTP/1.1\r\n\r\n');
    await closed;
    expect(outer.got).toHaveLength(1);
    expect(outer.got[0]).toMatch(/^CONNECT portal\.test:443 /);
  });

  test('hosts that are not trusted are not asked of it', async () => {
    const { outer, tunnel } = await behindProxy();
    expect(await tunnel('evil.test:443')).toBeUndefined();
    expect(outer).toMatchObject({ passed: [], refused: 0 });
  });

  test('its refusal is the reason', async () => {
    const { proxy, tunnel } = await behindProxy();
    expect(await tunnel('sso.test:443')).toBeUndefined();
    expect(proxy.failures.get('sso.test')).toContain('the proxy responded 407');
    expect(proxy.blocked.size).toBe(0);
  });
});

test('closing ends everything that is open', async () => {
  const portal = await startServer();
  const { proxy, tunnel } = await start({ origin: new URL(`http://${portal.host}`) });
  const socket = (await tunnel(portal.host)) as Socket;
  const closed = once(socket, 'close');
  await proxy.close();
  await closed;
  const { port } = new URL(proxy.url);
  await expect(once(connect(Number(port), '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
});

test('a portal that is not there: the reason is kept', async () => {
  const { proxy, get } = await start({ origin: new URL('http://127.0.0.1:1') });
  expect(await get('http://127.0.0.1:1/')).toBeUndefined();
  expect(proxy.failures.get('127.0.0.1:1')).toContain('ECONNREFUSED');
});
