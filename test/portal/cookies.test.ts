/** Cookies as a browser keeps them (RFC 6265); each case is a list of Set-Cookie headers and the Cookie header after. */

import { describe, expect, test } from 'vitest';
import { createCookieJar } from '../../src/portal/cookies.ts';

const NOW_MS = Date.parse('2027-01-15T08:00:00Z');
const API = 'https://portal.example.com/rest/intercnn/app/query';

function newJar(given?: string, origin = 'https://portal.example.com') {
  const clock = { nowMs: NOW_MS };
  const told: string[] = [];
  const jar = createCookieJar({
    given,
    origin: new URL(origin),
    defaultPath: '/rest/intercnn',
    now: () => clock.nowMs,
    onCookie: (pair) => told.push(pair),
  });
  const keep = (setCookies: readonly string[], url = API) => jar.keep(new URL(url), setCookies);
  return { jar, clock, told, keep, header: (url = API) => jar.header(new URL(url)) };
}

describe('after these Set-Cookie headers the next request bears', () => {
  test.each<[readonly string[], string | undefined]>([
    [['S=1; Path=/'], 'S=1'],
    [['S=1; Path=/', 'S=2; Path=/'], 'S=2'],
    [['S=1', 'S=2; HttpOnly'], 'S=2'],
    [['S=1; Path=/', 'T=2; Path=/'], 'S=1; T=2'],
    [['S=1; Path=/', 'T=2; Path=/', 'S=3; Path=/'], 'S=3; T=2'],
    [['S=1; Path=/', 's=2; Path=/'], 'S=1; s=2'],
    // Deleted.
    [['S=1; Path=/', 'S=; Path=/; Max-Age=0'], undefined],
    [['S=1; Path=/', 'S=x; Path=/; Max-Age=-1'], undefined],
    [['S=1; Path=/', 'S=x; Path=/; max-age=0; Expires=Fri, 31 Dec 2027 23:59:59 GMT'], undefined],
    [['S=1; Path=/', 'S=deleted; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], undefined],
    [['S=1; Path=/', 'S=x; Path=/; expires=Thu, 01-Jan-1970 00:00:01 GMT'], undefined],
    [['S=1; Path=/', 'S=x; Path=/; Expires=Thursday, 01-Jan-70 00:00:00 GMT'], undefined],
    [['S=1; Path=/', 'S=x; Path=/; Expires=Thu Jan  1 00:00:00 1970'], undefined],
    // Not deleted.
    [['S=1; Path=/; Max-Age=60'], 'S=1'],
    [['S=1; Path=/; Expires=Sat, 16 Jan 2027 08:00:00 GMT'], 'S=1'],
    [['S=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60'], 'S=1'],
    [['S=1; Path=/; Expires=0'], 'S=1'],
    [['S=1; Path=/; Expires=soon; Max-Age=never'], 'S=1'],
    [['S=1; Path=/', 'S=; Path=/other; Max-Age=0'], 'S=1'],
    // Paths.
    [['S=1; Path=/rest'], 'S=1'],
    [['S=1; Path=/rest/intercnn/'], 'S=1'],
    [['S=1; Path=/rest/inter'], undefined],
    [['S=1; Path=/superapp'], undefined],
    [['S=1; Path=/', 'S=2; Path=/rest'], 'S=2; S=1'],
    [['S=1; Path='], 'S=1'],
    [['S=1; Path=relative'], 'S=1'],
    // Domains.
    [['S=1; Path=/; Domain=example.com'], 'S=1'],
    [['S=1; Path=/; Domain=.Example.COM'], 'S=1'],
    [['S=1; Path=/; Domain=portal.example.com'], 'S=1'],
    [['S=1; Path=/; Domain='], 'S=1'],
    [['S=1; Path=/; Domain=other.example.com'], undefined],
    [['S=1; Path=/; Domain=al.example.com'], undefined],
    [['S=1; Path=/; Domain=evil.example'], undefined],
    [['S=1; Path=/; Domain=com'], undefined],
    // What a name promises, and what is no cookie.
    [['__Host-S=1; Path=/; Secure'], '__Host-S=1'],
    [['__Host-S=1; Path=/rest; Secure'], undefined],
    [['__Secure-S=1; Path=/'], undefined],
    [['S="quoted; Path=/'], 'S="quoted'],
    [['S=a=b==; Path=/'], 'S=a=b=='],
    [['S=; Path=/'], 'S='],
    [[' S = 1 ; Path = /'], 'S=1'],
    [['nameless', '=value', '', ';', 'S\u0007=1', 'S=\u0001'], undefined],
  ])('%j: %j', (setCookies, header) => {
    const jar = newJar();
    jar.keep(setCookies);
    expect(jar.header()).toBe(header);
  });
});

test('a cookie expires while time passes', () => {
  const { keep, header, clock } = newJar();
  keep(['S=1; Path=/; Max-Age=60', 'T=2; Path=/']);
  clock.nowMs += 59_999;
  expect(header()).toBe('S=1; T=2');
  clock.nowMs += 1;
  expect(header()).toBe('T=2');
});

test('a Secure cookie goes over https and to loopback, as in browsers', () => {
  const { keep, header } = newJar(undefined, 'http://127.0.0.1:80');
  keep(['S=1; Path=/; Secure'], 'http://127.0.0.1/x');
  expect(header('http://127.0.0.1/y')).toBe('S=1');
  const other = newJar();
  other.keep(['S=1; Path=/; Secure']);
  expect(other.header('http://portal.example.com/rest')).toBeUndefined();
  other.keep(['T=1; Path=/; Secure'], 'http://portal.example.com/rest');
  expect(other.header()).toBe('S=1');
});

test('an address is no domain that others belong to', () => {
  const { keep, header } = newJar(undefined, 'http://127.0.0.1');
  keep(['S=1; Path=/; Domain=0.0.1', 'T=1; Path=/; Domain=127.0.0.1'], 'http://127.0.0.1/x');
  expect(header('http://127.0.0.1/x')).toBe('T=1');
});

describe('a Cookie header to begin with', () => {
  test('is sent as it came, to its host alone', () => {
    const { header } = newJar('a=1; SESSION=x y; odd; a=2;');
    expect(header()).toBe('a=1; SESSION=x y; odd; a=2');
    expect(header('https://sub.portal.example.com/')).toBeUndefined();
  });

  test.each([
    ['SESSION=new; Path=/', 'a=1; SESSION=new; b=2'],
    ['SESSION=new; Path=/rest; Domain=example.com', 'SESSION=new; a=1; b=2'],
    ['SESSION=; Max-Age=0', 'a=1; b=2'],
    ['SESSION=; Path=/elsewhere; Max-Age=0', 'a=1; b=2'],
    ['SESSION=new; Domain=evil.example', 'a=1; SESSION=old; b=2'],
    ['session=new; Path=/', 'a=1; SESSION=old; b=2; session=new'],
  ])('after %j: %j', (setCookie, expected) => {
    const { keep, header } = newJar('a=1; SESSION=old; b=2');
    keep([setCookie]);
    expect(header()).toBe(expected);
  });
});

test('each new cookie is told once, that of another host too, and no deletion', () => {
  const { keep, told } = newJar();
  keep(['S=1; Path=/', 'S=1; Path=/', 'T=2; Domain=evil.example', 'U=deleteMe; Max-Age=0']);
  keep(['S=1; Path=/', 'S=3; Path=/']);
  expect(told).toEqual(['S=1', 'T=2', 'S=3']);
});
