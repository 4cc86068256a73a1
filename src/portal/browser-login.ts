/**
 * Logs in on the portal's own login page, in the runner's browser. Observed: fields #username and #password, Enter, then
 * the address ends in #/overview; the cookies are then the session (docs/portal.md). Loaded only when a profile asks
 * for it, and puppeteer-core only from here.
 *
 * All traffic of the browser goes through a proxy of ours, which opens connections to trusted hosts only. The
 * credentials go over a pipe, never a port, and stand in neither the browser's arguments nor its environment. The
 * session lives in an off-the-record context, so no cookie reaches the disk. No screenshots, no traces.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, HTTPRequest, Page } from 'puppeteer-core';
import { Cancelled, ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { fillField, isErrorPage, type LoginSign, signOf } from './browser-page.ts';
import { type BrowserProxy, startBrowserProxy } from './browser-proxy.ts';
import { findBrowserPath, flagsForRoot } from './find-browser.ts';
import type { Profile } from './profile/profile.ts';

export interface BrowserLoginOptions {
  readonly profile: Profile;
  readonly origin: URL;
  /** Further hosts that may receive credentials. */
  readonly hosts: readonly string[];
  readonly account: { readonly username: string; readonly password: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the browser's profile folder is made, and removed on every ending. */
  readonly tempDir: string;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  /** How long each of page load and login may take; 60 s where absent. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const SETTLE_MS = 4_000;

/**
 * The portal's cookies as a cookie header.
 * @throws {ReleaseError} `portal-unreachable` (no browser, no page: nothing was typed), `portal-unauthorized` (typed,
 *   and not logged in: not to be tried again), `portal-unexpected`
 * @throws {Cancelled}
 */
export async function logInByBrowser(options: BrowserLoginOptions): Promise<string> {
  const executablePath = await findBrowser(options.environment);
  // mkdtemp makes a folder of mode 0700.
  const folder = await mkdtemp(join(options.tempDir, 'gopay-miniapp-release-browser-'));
  const proxy = await startBrowserProxy(proxyOptions(options));
  let browser: Browser | undefined;
  const stop = () => void browser?.process()?.kill('SIGKILL');
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    if (options.signal.aborted) throw new Cancelled();
    browser = await launch(executablePath, folder, proxy, options);
    if (options.signal.aborted) stop();
    return await logInOn(await openPage(browser), proxy, options);
  } catch (error) {
    throw options.signal.aborted ? new Cancelled() : error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    await close(browser);
    await proxy.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The hosts that the browser may reach. */
export function proxyOptions({ profile, origin, hosts }: BrowserLoginOptions) {
  return { origin, hosts, staticHosts: profile.login.staticHosts ?? [] };
}

// --- The browser -----------------------------------------------------------------------------------------------------

/** The runner's browser: CHROME_BIN, or the usual names on the PATH. */
export async function findBrowser(environment: BrowserLoginOptions['environment']): Promise<string> {
  const named = environment['CHROME_BIN'];
  const path = await findBrowserPath(environment);
  if (path) return path;
  throw new ReleaseError('portal-unreachable', {
    found: named
      ? `CHROME_BIN names ${cleanLine(named, 200)}, which is no program, so there is no browser for the login page.`
      : 'There is no browser for the login page: neither CHROME_BIN nor one of the usual names on the PATH.',
    todo: 'Install Chrome or Chromium on the runner (GitHub-hosted runners have Chrome) and set CHROME_BIN where it has another name; or give portal-session instead.',
  });
}

/** Starts the browser; exported for tests that share one. */
export async function launch(
  executablePath: string,
  folder: string,
  proxy: BrowserProxy,
  options: BrowserLoginOptions,
): Promise<Browser> {
  const { launch: start } = await import(/* webpackIgnore: true */ 'puppeteer-core');
  try {
    return await start({
      executablePath,
      headless: true,
      pipe: true,
      userDataDir: folder,
      args: [...FLAGS, `--proxy-server=${proxy.url}`, ...flagsForRoot()],
      env: environmentOf(options.environment, folder),
      // The run ends the browser itself, whichever way it ends.
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      signal: options.signal,
    });
  } catch (cause) {
    throw new ReleaseError('portal-unreachable', {
      found: `The browser ${cleanLine(executablePath, 200)} did not start: ${cleanLine(messageOf(cause), 300)}.`,
      todo: 'Try it on the runner by hand, name another one in CHROME_BIN, or give portal-session instead.',
      cause,
    });
  }
}

const FLAGS = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-extensions',
  // A form that failed to load must not be sent again.
  '--disable-auto-reload',
  // Nothing may bypass the proxy: loopback goes through it, there is no UDP, and no name is resolved, which would send
  // it to a DNS server.
  '--proxy-bypass-list=<-loopback>',
  '--disable-quic',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  // Its name in earlier versions.
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A page whose session is off the record, and that cannot write what was typed to the disk. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.createBrowserContext({ ...options, downloadBehavior: { policy: 'deny' } });
  return context.newPage();
}

/**
 * Nothing of the step's environment, where the inputs stand, but what a browser needs to run. Windows spells the names in
 * mixed case (`Path`, `SystemRoot`), and lists them so.
 */
export function environmentOf(environment: BrowserLoginOptions['environment'], folder: string): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USERPROFILE', 'SYSTEMROOT', 'LANG'];
  const own = Object.entries(environment).filter(([name]) => kept.includes(name.toUpperCase())) as [string, string][];
  const here = ['TMPDIR', 'TMP', 'TEMP', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].map((name) => [name, folder]);
  return Object.fromEntries([...own, ...here]);
}

async function close(browser: Browser | undefined): Promise<void> {
  if (!browser) return;
  const child = browser.process();
  const killer = setTimeout(() => child?.kill('SIGKILL'), 2_000);
  await browser.close().catch(() => child?.kill('SIGKILL'));
  clearTimeout(killer);
}

// --- The page --------------------------------------------------------------------------------------------------------

/** Logs in on a new page and returns its cookies as a cookie header. */
export async function logInOn(page: Page, proxy: BrowserProxy, options: BrowserLoginOptions): Promise<string> {
  const { profile, account } = options;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  page.setDefaultTimeout(timeoutMs);
  const trace = traceOf(page, proxy);
  const form = await openForm(page, trace, options, timeoutMs);
  proxy.cutStaticHosts();
  try {
    await type(page, profile.login.username, account.username, form.origin);
    await type(page, profile.login.password, account.password, form.origin);
    if (profile.login.submit) await page.locator(profile.login.submit).click();
    else await page.keyboard.press('Enter');
    const sign = await waitForSign(page, options, timeoutMs);
    if (sign?.kind !== 'done') throw notLoggedIn(sign, trace, page, options);
  } catch (cause) {
    // The password may have been sent: whatever the error is, it is not sent again.
    if (cause instanceof ReleaseError) throw cause;
    throw new ReleaseError('portal-unauthorized', {
      found: `The login page broke off after the password was typed: ${safeLine(messageOf(cause), options)}.`,
      todo: NOT_AGAIN,
      cause,
    });
  }
  return cookiesOf(page, options);
}

/** The requests of a page and their failures. */
interface Trace {
  readonly proxy: BrowserProxy;
  /** Hosts that the page sent requests to. */
  readonly asked: Set<string>;
  /** Hosts that the page was requested from. */
  readonly pages: Set<string>;
  /** The last request for the page itself that failed. */
  failed: { readonly host: string; readonly reason: string } | undefined;
}

function traceOf(page: Page, proxy: BrowserProxy): Trace {
  const trace: Trace = { proxy, asked: new Set(), pages: new Set(), failed: undefined };
  const hostOf = (request: HTTPRequest) => new URL(request.url()).host;
  const isPage = (request: HTTPRequest) => request.isNavigationRequest() && request.frame() === page.mainFrame();
  page.on('request', (request) => {
    trace.asked.add(hostOf(request));
    if (isPage(request)) trace.pages.add(hostOf(request));
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'no response';
    // An aborted request gave way to another one.
    if (isPage(request) && !reason.includes('ERR_ABORTED')) trace.failed = { host: hostOf(request), reason };
  });
  return trace;
}

/** Hosts of browser vendors, which browsers contact by themselves. */
const MAKERS_HOSTS = /(^|\.)(google|googleapis|gstatic|gvt1|googleusercontent|microsoft|msn|bing|live)\.com(:\d+)?$/;

/** Hosts that the page was not allowed to reach, for a message. */
function blockedHosts({ proxy, asked }: Trace): string[] {
  return [...proxy.blocked]
    .filter((host) => asked.has(host) || !MAKERS_HOSTS.test(host))
    .map((host) => cleanLine(host, 100))
    .slice(0, 5);
}

/** A page without network traffic for this long is not going to show the fields. */
const IDLE_MS = 4_000;

/** Opens the candidates for the login page until one shows the fields, on a host that may receive the credentials. */
async function openForm(page: Page, trace: Trace, options: BrowserLoginOptions, timeoutMs: number): Promise<URL> {
  const { login } = options.profile;
  const deadlineMs = Date.now() + timeoutMs;
  const candidates = [login.page].flat();
  const causes: unknown[] = [];
  for (const [index, path] of candidates.entries()) {
    const left = candidates.length - index;
    const shareMs = Math.max(1, deadlineMs - Date.now()) / left;
    const cause = await whyNoFields(page, new URL(path, options.origin), login, shareMs, left === 1);
    if (cause === undefined) return trustedAddress(page, trace);
    causes.push(cause);
    // The next one is on the same host.
    if (whyUnreachable(cause, trace, options) || CERTIFICATE.test(messageOf(cause))) break;
  }
  throw noForm(candidates, causes, trace, options);
}

/** Why the page does not show the fields; undefined where it does. A page that may still come is waited for only as the last. */
async function whyNoFields(page: Page, url: URL, login: Profile['login'], timeout: number, isLast: boolean) {
  const end = new AbortController();
  try {
    const response = await page.goto(url.href, { waitUntil: 'domcontentloaded', timeout });
    const wait = { timeout, signal: end.signal };
    const fields = [login.password, login.username].map((field) =>
      page.waitForSelector(field, { ...wait, visible: true }),
    );
    const status = response?.status() ?? 200;
    const idleTime = status < 400 ? IDLE_MS : 500;
    const idle = isLast ? [] : [page.waitForNetworkIdle({ ...wait, idleTime }).then(() => 'idle' as const)];
    const broken = page.waitForFunction(isErrorPage, { ...wait, polling: 200 }).then(() => 'error-page' as const);
    const first = await Promise.race([Promise.all(fields), broken, ...idle]);
    if (first === 'error-page') return new Error('the browser shows an error page');
    return first === 'idle' ? new Error(status < 400 ? 'no such fields' : `HTTP ${status}`) : undefined;
  } catch (cause) {
    return cause;
  } finally {
    end.abort();
  }
}

/** Why the portal itself could not be reached, where that is the cause. */
function whyUnreachable(cause: unknown, { proxy }: Trace, { origin }: BrowserLoginOptions): string | undefined {
  return NET_ERROR.test(messageOf(cause)) ? proxy.failures.get(origin.host) : undefined;
}

/** How the browser names a request that failed. */
const NET_ERROR = /net::ERR/;
const CERTIFICATE = /ERR_CERT|ERR_SSL/;

function trustedAddress(page: Page, trace: Trace): URL {
  const here = new URL(page.url());
  if (!trace.proxy.isTrusted(here)) throw leadsElsewhere(here.host, 'nothing was typed');
  if (trace.proxy.reached.has(here.host)) return here;
  throw new ReleaseError('portal-unreachable', {
    found: 'The browser does not use the proxy that keeps the password from other hosts, so nothing was typed.',
    todo: "Look for a policy on the runner that sets the browser's proxy, name another browser in CHROME_BIN, or give portal-session instead.",
  });
}

function leadsElsewhere(host: string, outcome: string): ReleaseError {
  const name = cleanLine(host, 100);
  return new ReleaseError('portal-unexpected', {
    found: `The login page leads to ${name}, which is not among the hosts that may receive credentials: it was blocked, and ${outcome}.`,
    todo: `If ${name} belongs to your portal, name it in portal-hosts.`,
  });
}

function noForm(
  candidates: readonly string[],
  causes: readonly unknown[],
  trace: Trace,
  options: BrowserLoginOptions,
): ReleaseError {
  const { origin, profile } = options;
  const { login } = profile;
  const elsewhere = [...trace.pages].find((host) => trace.proxy.blocked.has(host));
  if (elsewhere) return leadsElsewhere(elsewhere, 'nothing was typed');
  const reasons = causes.map((cause, index) => `${candidates[index]}: ${cleanLine(messageOf(cause), 200)}`);
  const why = reasons.join('; ');
  const unreachable = whyUnreachable(causes.at(-1), trace, options);
  const found = unreachable
    ? `The browser could not open the login page on ${origin.host}: ${cleanLine(unreachable, 200)}`
    : `The login page on ${origin.host} did not show ${login.username} and ${login.password} (${why})`;
  const blocked = blockedHosts(trace);
  const isCertificate = CERTIFICATE.test(why);
  return new ReleaseError('portal-unreachable', {
    found: `${found}.${keptFrom(blocked)}`,
    ...(blocked.length > 0 && {
      todo: `${NAME_THEM}, or in login.staticHosts of the profile if only files come from them.`,
    }),
    ...(isCertificate && {
      todo: "Install the portal's or the proxy's CA on the runner where its browser looks for it; NODE_EXTRA_CA_CERTS is not read by browsers.",
    }),
    transient: causes.every((cause) => NET_ERROR.test(messageOf(cause))) && !isCertificate,
    cause: causes.at(-1),
  });
}

const NAME_THEM = 'If one of these hosts belongs to your portal, name it in portal-hosts';

function keptFrom(hosts: readonly string[]): string {
  return hosts.length > 0 ? ` The page was kept from ${hosts.join(', ')}.` : '';
}

async function type(page: Page, selector: string, value: string, origin: string): Promise<void> {
  const field = await page.waitForSelector(selector, { visible: true });
  const filled = field && (await field.evaluate(fillField, value, origin));
  if (filled) return;
  throw new ReleaseError('portal-unauthorized', {
    found: 'The login page went to another host before it was filled in.',
  });
}

async function waitForSign(page: Page, options: BrowserLoginOptions, timeoutMs: number): Promise<LoginSign> {
  const { login } = options.profile;
  const signs = {
    done: login.done,
    origin: options.origin.origin,
    own: `${login.username}, ${login.password}`,
    captcha: CAPTCHA,
    secondFactor: SECOND_FACTOR,
    message: MESSAGE,
    refusal: REFUSAL,
    settledMs: Date.now() + SETTLE_MS,
  };
  try {
    const handle = await page.waitForFunction(signOf, { timeout: timeoutMs, polling: 200 }, signs);
    return await handle.jsonValue();
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') return undefined;
    throw error;
  }
}

/** reCAPTCHA, hCaptcha, Turnstile, and the slider of Alibaba's own products (nc, baxia, punish). */
const CAPTCHA = [
  ...['captcha', 'turnstile', 'punish', 'nocaptcha'].map((word) => `iframe[src*="${word}" i]`),
  ...['[id*="captcha" i]', '[class*="captcha" i]', '.nc-container', '[id^="nc_"]', '[class*="baxia"]'],
].join(', ');
const SECOND_FACTOR = [
  'autocomplete="one-time-code"',
  ...['otp', 'totp', 'mfa', '2fa', 'verif'].flatMap((word) => [`name*="${word}" i`, `id*="${word}" i`]),
]
  .map((attribute) => `input[${attribute}]`)
  .join(', ');
const MESSAGE = '[role="alert"], [class*="error" i], [class*="message" i], [class*="notice" i]';
/** English, Indonesian, Chinese. */
const REFUSAL = 'incorrect|invalid|wrong|failed|locked|disabled|not match|salah|gagal|terkunci|错误|不正确|失败|锁定';

const NOT_AGAIN =
  'Check portal-username and portal-password by hand on the page; the password is not tried again, so that the account is not locked.';

function notLoggedIn(
  sign: Exclude<LoginSign, { kind: 'done' }> | LoginSign,
  trace: Trace,
  page: Page,
  options: BrowserLoginOptions,
): ReleaseError {
  if (sign?.kind === 'error-page') return errorPage(trace, options);
  const blocked = blockedHosts(trace);
  const refused = (found: string, todo: string) =>
    new ReleaseError('portal-unauthorized', {
      found: `${found}${keptFrom(blocked)}`,
      todo: blocked.length > 0 ? `${NAME_THEM}. ${todo}` : todo,
    });
  const byHand = 'Log in by hand and give the cookie header in portal-session, or ask for an account for machines.';
  if (sign?.kind === 'captcha') return refused('The login page shows a captcha, which no machine may solve.', byHand);
  if (sign?.kind === 'second-factor') return refused('The login page asks for a second factor.', byHand);
  if (sign?.kind === 'refused') return refused(`The login was refused: ${safeLine(sign.text, options)}.`, NOT_AGAIN);
  return refused(
    `The address did not come to end in ${cleanLine(options.profile.login.done, 100)}; it is ${safeLine(addressOf(page), options)}.`,
    NOT_AGAIN,
  );
}

/** The browser shows an error of its own instead of the page that the login led to. */
function errorPage({ failed, proxy }: Trace, options: BrowserLoginOptions): ReleaseError {
  const host = failed?.host ?? options.origin.host;
  if (proxy.blocked.has(host)) return leadsElsewhere(host, 'the password did not reach it');
  const reason = proxy.failures.get(host) ?? failed?.reason ?? 'the browser shows an error page';
  return new ReleaseError('portal-unreachable', {
    found: `After the password was typed, ${cleanLine(host, 100)} could not be reached: ${safeLine(reason, options)}.`,
    // It is not known whether the portal checked the password, so it is not sent again in this run.
    effect: 'unknown',
  });
}

/** The page's address without its query, which may contain secrets. */
function addressOf(page: Page): string {
  const { host, pathname, hash } = new URL(page.url());
  return `${host}${pathname}${hash.replace(/\?.*/, '')}`;
}

/** The cookies that a request to the portal's API would carry, and none of other hosts. */
async function cookiesOf(page: Page, { origin, profile }: BrowserLoginOptions): Promise<string> {
  const client = await page.createCDPSession();
  const { cookies } = await client.send('Network.getCookies', { urls: [`${origin.origin}${profile.basePath}/`] });
  if (cookies.length === 0) {
    throw new ReleaseError('portal-unexpected', { found: 'The login page let us in but set no cookie.' });
  }
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

function safeLine(text: string, { redact }: BrowserLoginOptions): string {
  return cleanLine(redact(text.slice(0, 2_000)), 300);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
