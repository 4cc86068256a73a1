/** Proxies as environments name them: used, or refused by the variable's name, and never passed by in silence. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { proxyFor } from '../../src/net/exchange.ts';
import { readableProxies } from '../../src/net/proxy.ts';

const PORTAL = new URL('https://portal.test/');
afterEach(() => {
  vi.unstubAllEnvs();
});

/** As src/index.ts does it. */
function proxyNamed(value: string, variable = 'https_proxy'): URL | undefined {
  vi.stubEnv('no_proxy', '');
  vi.stubEnv('NO_PROXY', '');
  vi.stubEnv(variable, value);
  for (const [name, readable] of Object.entries(readableProxies({ [variable]: value }))) vi.stubEnv(name, readable);
  return proxyFor(PORTAL);
}

describe('a proxy is used', () => {
  test.each([
    ['localhost:3128', 'http:', 'localhost', '3128', '', ''],
    ['proxy.corp.example:8080', 'http:', 'proxy.corp.example', '8080', '', ''],
    ['10.0.0.1:3128', 'http:', '10.0.0.1', '3128', '', ''],
    ['[::1]:3128', 'http:', '[::1]', '3128', '', ''],
    ['proxy', 'http:', 'proxy', '', '', ''],
    ['//proxy:3128', 'http:', 'proxy', '3128', '', ''],
    [' http://proxy:3128 ', 'http:', 'proxy', '3128', '', ''],
    ['HTTP://proxy:3128', 'http:', 'proxy', '3128', '', ''],
    ['https://proxy:3128', 'https:', 'proxy', '3128', '', ''],
    ['user:secret@proxy:3128', 'http:', 'proxy', '3128', 'user', 'secret'],
    ['http://user:p%40ss@proxy:3128', 'http:', 'proxy', '3128', 'user', 'p@ss'],
    ['http://user:100%@proxy:3128', 'http:', 'proxy', '3128', 'user', '100%'],
    ['http://user:50%off@proxy:3128', 'http:', 'proxy', '3128', 'user', '50%off'],
    ['http://user:%ff%@proxy:3128', 'http:', 'proxy', '3128', 'user', '%ff%'],
    ['user:1%@proxy:3128', 'http:', 'proxy', '3128', 'user', '1%'],
  ])('%j', (value, protocol, hostname, port, username, password) => {
    const proxy = proxyNamed(value);
    expect(proxy).toMatchObject({ protocol, hostname, port });
    expect([proxy?.username, proxy?.password]).toEqual([username, password]);
  });

  test('from the variables in capitals, too', () => {
    expect(proxyNamed('localhost:3128', 'HTTPS_PROXY')).toMatchObject({ hostname: 'localhost', port: '3128' });
  });
});

describe('a proxy that cannot be used is refused by the name of its variable, and its value is not shown', () => {
  test.each([
    'socks5://proxy:1080',
    'http://user:pa#ss@proxy:3128',
    'http://proxy:port',
    'proxy:99999',
    'http://',
    'user:se/cret@proxy:3128',
    'http://pro%xy:3128',
    'file:///etc/proxy',
    ':3128',
  ])('with the value %j', (value) => {
    const refused = () => proxyNamed(value);
    expect(refused).toThrow(expect.objectContaining({ code: 'portal-unreachable', transient: false }));
    expect(refused).toThrow(/https_proxy names no proxy that can be used/);
    expect(refused).not.toThrow(/1080|pa#ss|99999|cret|etc/);
  });
});

test('empty proxy variables mean no proxy, and usable ones are left as they are', () => {
  expect(proxyNamed('')).toBeUndefined();
  expect(readableProxies({ https_proxy: '', HTTP_PROXY: ' ', other: 'localhost:1' })).toEqual({});
  expect(readableProxies({ https_proxy: 'http://user:p%40ss@proxy:3128' })).toEqual({});
});
