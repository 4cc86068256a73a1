/**
 * The cookies of a session, kept as a browser keeps them (RFC 6265), for the only origin that they are sent to.
 *
 * Not done by tough-cookie, which doubles the start time of the process with its list of public suffixes. That list
 * protects the cookies of one site from other sites, and here there is only one site.
 */

import { isLoopback } from '../lib/trust.ts';

export interface CookieJar {
  /** The Cookie header of a request to `url`; undefined where no cookie belongs to it. */
  header(url: URL): string | undefined;
  /** Takes the Set-Cookie headers of a response from `url`. */
  keep(url: URL, setCookies: readonly string[]): void;
}

export interface CookieJarOptions {
  /** The Cookie header that the user gave; its cookies belong to this host alone, and to all of its paths. */
  readonly given?: string | undefined;
  readonly origin: URL;
  /**
   * The path of a cookie that names none. A browser uses the directory of the request, which for a login call would
   * cover only the login.
   */
  readonly defaultPath: string;
  readonly now: () => number;
  /** Called once for each new cookie, with `name=value`, before the cookie is sent anywhere. */
  readonly onCookie: (pair: string) => void;
}

interface Cookie {
  readonly name: string;
  /** The cookie as it is sent: `name=value`. */
  readonly pair: string;
  readonly domain: string;
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  readonly expiresAtMs: number;
  /** From the user's Cookie header, so its attributes are not known. */
  readonly isGiven: boolean;
}

/** A jar that ignores cookies that are expired, malformed, or not for the host of the response (RFC 6265, 5.3). */
export function createCookieJar({ given = '', origin, defaultPath, now, onCookie }: CookieJarOptions): CookieJar {
  let cookies: Cookie[] = given
    .split(';')
    .map((pair) => pair.trim())
    .filter(Boolean)
    .map((pair) => ({
      name: nameOf(pair),
      pair,
      domain: origin.hostname,
      isHostOnly: true,
      path: '/',
      isSecure: false,
      expiresAtMs: Number.POSITIVE_INFINITY,
      isGiven: true,
    }));
  const told = new Set<string>();

  function keepOne(url: URL, setCookie: string): void {
    const fresh = parse(setCookie, url, defaultPath, now());
    if (!fresh) return;
    const isAlive = fresh.expiresAtMs > now();
    if (isAlive && !told.has(fresh.pair)) onCookie(fresh.pair);
    told.add(fresh.pair);
    if (!mayBeSet(fresh, url)) return;
    const isOld = (cookie: Cookie) =>
      cookie.name === fresh.name && (cookie.isGiven || (cookie.domain === fresh.domain && cookie.path === fresh.path));
    const place = cookies.findIndex(isOld);
    const others = cookies.filter((cookie) => !isOld(cookie));
    // A renewed cookie keeps its place (RFC 6265, 5.3, 11.3).
    cookies = isAlive ? others.toSpliced(place < 0 ? others.length : place, 0, fresh) : others;
  }

  return {
    header(url) {
      const sent = cookies
        .filter((cookie) => cookie.expiresAtMs > now() && belongsTo(cookie, url))
        // Longer paths first, otherwise in the order of arrival (RFC 6265, 5.4).
        .sort((a, b) => b.path.length - a.path.length);
      return sent.length > 0 ? sent.map(({ pair }) => pair).join('; ') : undefined;
    },
    keep(url, setCookies) {
      for (const setCookie of setCookies) keepOne(url, setCookie);
    },
  };
}

/** A text that is allowed in a header; anything else is ignored. */
const SENDABLE = /^[\x21-\x7e\x80-\xff][\x20-\x7e\x80-\xff]*$/;

/** Parses a Set-Cookie header (RFC 6265, 5.2 and 5.3); undefined where it has no valid cookie. */
function parse(setCookie: string, url: URL, defaultPath: string, nowMs: number): Cookie | undefined {
  const [first = '', ...rest] = setCookie.split(';');
  const name = nameOf(first);
  const pair = `${name}=${first.slice(first.indexOf('=') + 1).trim()}`;
  if (!first.includes('=') || name === '' || !SENDABLE.test(pair)) return undefined;
  const attributes = new Map(
    rest.map((part) => [
      nameOf(part).toLowerCase(),
      part.includes('=') ? part.slice(part.indexOf('=') + 1).trim() : '',
    ]),
  );
  const domain = attributes.get('domain')?.toLowerCase().replace(/^\./, '');
  const path = attributes.get('path');
  return {
    name,
    pair,
    domain: domain || url.hostname,
    isHostOnly: !domain,
    path: path?.startsWith('/') ? path : defaultPath,
    isSecure: attributes.has('secure'),
    expiresAtMs: expiryMs(attributes.get('max-age'), attributes.get('expires'), nowMs),
    isGiven: false,
  };
}

function nameOf(part: string): string {
  return (part.split('=', 1)[0] ?? '').trim();
}

/** The expiry in milliseconds since 1970. Max-Age takes precedence over Expires; a malformed one is ignored. */
function expiryMs(maxAge: string | undefined, expires: string | undefined, nowMs: number): number {
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return nowMs + Number(maxAge) * 1000;
  return cookieDateMs(expires ?? '') ?? Number.POSITIVE_INFINITY;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Parses a date of a cookie in milliseconds since 1970; its parts may be in any order (RFC 6265, 5.1.1). */
function cookieDateMs(text: string): number | undefined {
  let time: number[] | undefined;
  let day: number | undefined;
  let month: number | undefined;
  let year: number | undefined;
  for (const token of text.split(/[^\w:]+/)) {
    const named = MONTHS.indexOf(token.slice(0, 3).toLowerCase());
    if (!time && /^\d{1,2}:\d{1,2}:\d{1,2}(\D|$)/.test(token))
      time = token.split(':').map((part) => Number.parseInt(part, 10));
    else if (day === undefined && /^\d{1,2}(\D|$)/.test(token)) day = Number.parseInt(token, 10);
    else if (month === undefined && named >= 0) month = named;
    else if (year === undefined && /^\d{2,4}(\D|$)/.test(token)) year = Number.parseInt(token, 10);
  }
  if (!time || day === undefined || month === undefined || year === undefined) return undefined;
  const fullYear = year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
  const [hours = 0, minutes = 0, seconds = 0] = time;
  const isReal = day >= 1 && day <= 31 && fullYear >= 1601 && hours <= 23 && minutes <= 59 && seconds <= 59;
  return isReal ? Date.UTC(fullYear, month, day, hours, minutes, seconds) : undefined;
}

/** Whether a response from `url` may set the cookie: not for another host, and only as its name prefix requires. */
function mayBeSet(cookie: Cookie, url: URL): boolean {
  const isWholeHost = cookie.isSecure && cookie.isHostOnly && cookie.path === '/';
  if (/^__host-/i.test(cookie.name) && !isWholeHost) return false;
  if (/^__secure-/i.test(cookie.name) && !cookie.isSecure) return false;
  if (cookie.isSecure && !isSecure(url)) return false;
  return matchesDomain(cookie, url) && (cookie.domain.includes('.') || cookie.domain === url.hostname);
}

function belongsTo(cookie: Cookie, url: URL): boolean {
  return matchesDomain(cookie, url) && matchesPath(cookie.path, url.pathname) && (!cookie.isSecure || isSecure(url));
}

function matchesDomain({ domain, isHostOnly }: Cookie, { hostname }: URL): boolean {
  if (hostname === domain) return true;
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return !isHostOnly && !isAddress && hostname.endsWith(`.${domain}`);
}

function matchesPath(path: string, pathname: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

/** Loopback counts as secure, as in browsers. */
function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url);
}
