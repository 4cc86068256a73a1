/**
 * Logs in on the portal's own login page, in the runner's browser. Observed: fields #username and #password, Enter, then
 * the address ends in #/overview; the cookies are then the session (docs/portal.md). Loaded only when a profile asks
 * for it, and puppeteer-core only from here.
 *
 * The credentials go over a pipe, never a port, and stand in neither the browser's arguments nor its environment. The
 * session lives in an off-the-record context, so no cookie reaches the disk. No screenshots, no traces.
 */

import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import type { Browser, HTTPRequest, Page } from 'puppeteer-core';
import { Cancelled, ReleaseError } from '../errors.ts';
import { cleanLine } from '../text.ts';
import { whyNotTrusted } from '../trust.ts';
import { fillField, type LoginSign, signOf } from './browser-page.ts';
import type { Profile } from './profile.ts';

export interface BrowserLoginOptions {
  readonly profile: Profile;
  readonly origin: URL;
  /** Hosts, besides loopback, that may receive credentials. */
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
 * @throws ReleaseError portal-unreachable (no browser, no page: nothing was typed), portal-unauthorized (typed, and not
 *   logged in: not to be tried again), portal-unexpected; Cancelled
 */
export async function logInByBrowser(options: BrowserLoginOptions): Promise<string> {
  const executablePath = await findBrowser(options.environment);
  // mkdtemp makes a folder of mode 0700.
  const folder = await mkdtemp(join(options.tempDir, 'gopay-miniapp-release-browser-'));
  let browser: Browser | undefined;
  const stop = () => void browser?.process()?.kill('SIGKILL');
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    if (options.signal.aborted) throw new Cancelled();
    browser = await launch(executablePath, folder, options);
    if (options.signal.aborted) stop();
    const context = await browser.createBrowserContext();
    return await logInOn(await context.newPage(), options);
  } catch (error) {
    throw options.signal.aborted ? new Cancelled() : error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    await close(browser);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

// --- The browser -----------------------------------------------------------------------------------------------------

const NAMES = [
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  'chrome.exe',
  'msedge.exe',
];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The runner's browser: CHROME_BIN, or the usual names on the PATH. */
export async function findBrowser(environment: BrowserLoginOptions['environment']): Promise<string> {
  const named = environment['CHROME_BIN'];
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean);
  const usual = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  for (const path of named ? [named] : usual) if (await isExecutable(path)) return path;
  throw new ReleaseError('portal-unreachable', {
    found: named
      ? `CHROME_BIN names ${cleanLine(named, 200)}, which is no program, so there is no browser for the login page.`
      : 'There is no browser for the login page: neither CHROME_BIN nor one of the usual names on the PATH.',
    todo: 'Install Chrome or Chromium on the runner (GitHub-hosted runners have Chrome) and set CHROME_BIN where it has another name; or give portal-session instead.',
  });
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Starts the browser; exported for tests that share one. */
export async function launch(executablePath: string, folder: string, options: BrowserLoginOptions): Promise<Browser> {
  const { launch: start } = await import('puppeteer-core');
  try {
    return await start({
      executablePath,
      headless: true,
      pipe: true,
      userDataDir: folder,
      args: [...FLAGS, ...proxyFlags(options), ...(userInfo().uid === 0 ? ROOT_FLAGS : [])],
      env: environmentOf(options.environment, folder),
      // The run ends the browser itself, whichever way it ends.
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      signal: options.signal,
    });
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause;
    throw new ReleaseError('portal-unreachable', {
      found: `The browser ${cleanLine(executablePath, 200)} did not start: ${cleanLine(messageOf(cause), 300)}.`,
      todo: 'Try it on the runner by hand, name another one in CHROME_BIN, or give portal-session instead.',
      cause,
    });
  }
}

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
];
/** Chromium refuses to run as root with its sandbox, and jobs in a container run as root. The page is the portal's. */
const ROOT_FLAGS = ['--no-sandbox'];

/** The proxy of this process's rules. Its password could only stand in the arguments, or be offered to any server. */
function proxyFlags({ origin, environment }: BrowserLoginOptions): string[] {
  const proxy = getProxyUrl(origin);
  if (!proxy?.hostname) return ['--no-proxy-server'];
  if (proxy.username || proxy.password) {
    throw new ReleaseError('portal-unreachable', {
      found: 'The proxy asks for a password, which cannot be given to the browser without showing it to others.',
      todo: 'Give portal-session instead, or let the profile log in by the call.',
    });
  }
  const bypass = environment['no_proxy'] ?? environment['NO_PROXY'];
  return [`--proxy-server=${proxy.protocol}//${proxy.host}`, ...(bypass ? [`--proxy-bypass-list=${bypass}`] : [])];
}

/** Nothing of the step's environment, where the inputs stand, but what a browser needs to run. */
function environmentOf(environment: BrowserLoginOptions['environment'], folder: string): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'SYSTEMROOT', 'LANG'];
  const own = Object.entries(environment).filter(([name]) => kept.includes(name)) as [string, string][];
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

/** Logs in on a fresh page, and gives its cookies. */
export async function logInOn(page: Page, options: BrowserLoginOptions): Promise<string> {
  const { profile, account } = options;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  page.setDefaultTimeout(timeoutMs);
  const guard = await guardRequests(page, options);
  const form = await openForm(page, options);
  guard.typed = true;
  try {
    await type(page, profile.login.username, account.username, form.origin);
    await type(page, profile.login.password, account.password, form.origin);
    if (profile.login.submit) await page.locator(profile.login.submit).click();
    else await page.keyboard.press('Enter');
    const sign = await waitForSign(page, options, timeoutMs);
    if (sign?.kind !== 'done') throw notLoggedIn(sign, guard.blocked, page, options);
  } catch (cause) {
    // The password may have been sent: whatever happened, it is not tried again.
    if (cause instanceof ReleaseError) throw cause;
    throw new ReleaseError('portal-unauthorized', {
      found: `The login page broke off after the password was typed: ${safeLine(messageOf(cause), options)}.`,
      todo: NOT_AGAIN,
      cause,
    });
  }
  return cookiesOf(page, options);
}

interface Guard {
  /** The page holds the credentials from now on. */
  typed: boolean;
  readonly blocked: Set<string>;
}

/** Resources that a page may still load from elsewhere; their addresses must not hold the credentials. */
const STATIC = ['script', 'stylesheet', 'image', 'font'];

/** Once the page holds the credentials, it may send data only to hosts that may receive them (promise 4). */
async function guardRequests(page: Page, options: BrowserLoginOptions): Promise<Guard> {
  const guard: Guard = { typed: false, blocked: new Set() };
  const { username, password } = options.account;
  const secrets = [username, password].flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const mayGo = (request: HTTPRequest): boolean => {
    const url = new URL(request.url());
    if (!guard.typed || ['data:', 'blob:', 'about:'].includes(url.protocol)) return true;
    if (whyNotTrusted(url, options.hosts) === undefined) return true;
    const isStatic = request.method() === 'GET' && STATIC.includes(request.resourceType());
    return isStatic && !secrets.some((secret) => request.url().includes(secret));
  };
  await page.setBypassServiceWorker(true);
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const goes = mayGo(request);
    if (!goes) guard.blocked.add(new URL(request.url()).host);
    void (goes ? request.continue() : request.abort('blockedbyclient')).catch(() => {});
  });
  return guard;
}

/** Opens the login page until its fields show, on a host that may receive the credentials. */
async function openForm(page: Page, { profile, origin, hosts }: BrowserLoginOptions): Promise<URL> {
  const { login } = profile;
  try {
    await page.goto(new URL(login.page, origin).href, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector(login.password, { visible: true });
    await page.waitForSelector(login.username, { visible: true });
  } catch (cause) {
    const why = cleanLine(messageOf(cause), 300);
    const isCertificate = /ERR_CERT|ERR_SSL/.test(why);
    throw new ReleaseError('portal-unreachable', {
      found: `The login page ${origin.host}${login.page} did not show ${login.username} and ${login.password}: ${why}.`,
      ...(isCertificate && {
        todo: "Install the portal's or the proxy's CA on the runner where its browser looks for it; NODE_EXTRA_CA_CERTS is not read by browsers.",
      }),
      passing: /net::ERR/.test(why) && !isCertificate,
      cause,
    });
  }
  const here = new URL(page.url());
  const why = whyNotTrusted(here, hosts);
  if (why === undefined) return here;
  throw new ReleaseError('portal-unexpected', {
    found: `The login page leads to an address where ${why}; nothing was typed.`,
    todo: `If ${cleanLine(here.host, 100)} belongs to your portal, name it in portal-hosts.`,
  });
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
  blocked: ReadonlySet<string>,
  page: Page,
  options: BrowserLoginOptions,
): ReleaseError {
  const refused = (found: string, todo: string) => new ReleaseError('portal-unauthorized', { found, todo });
  const byHand = 'Log in by hand and give the cookie header in portal-session, or ask for an account for machines.';
  if (sign?.kind === 'captcha') return refused('The login page shows a captcha, which no machine may solve.', byHand);
  if (sign?.kind === 'second-factor') return refused('The login page asks for a second factor.', byHand);
  if (sign?.kind === 'refused') return refused(`The login was refused: ${safeLine(sign.text, options)}.`, NOT_AGAIN);
  const hosts = [...blocked].map((host) => cleanLine(host, 100)).slice(0, 5);
  const kept = hosts.length > 0 ? ` It tried to send data to ${hosts.join(', ')}, which was kept from it.` : '';
  return refused(
    `The address did not come to end in ${cleanLine(options.profile.login.done, 100)}; it is ${safeLine(addressOf(page), options)}.${kept}`,
    hosts.length > 0 ? `If these hosts belong to your portal, name them in portal-hosts. ${NOT_AGAIN}` : NOT_AGAIN,
  );
}

/** The page's address without its query, which may hold secrets. */
function addressOf(page: Page): string {
  const { host, pathname, hash } = new URL(page.url());
  return `${host}${pathname}${hash.replace(/\?.*/, '')}`;
}

/** What a request to the portal's API would carry, and nothing of other hosts. */
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
