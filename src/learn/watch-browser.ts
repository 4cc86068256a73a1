/** The browser that is watched: a window of its own, with a profile folder that is gone on every ending. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession } from 'puppeteer-core';
import { cleanLine } from '../lib/text.ts';
import { findBrowserPath, flagsForRoot } from '../portal/find-browser.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The portal cannot be watched; the message is for the user, and says what to do. */
export class WatchFault extends Error {
  override name = 'WatchFault';
}

export interface WatchedBrowser {
  readonly session: CDPSession;
  /** The session of a target that reported itself to `parent`. */
  sessionOf(parent: CDPSession, sessionId: string): CDPSession | undefined;
  /** Resolves when the browser has gone, whoever ended it. */
  readonly gone: Promise<void>;
  /** Ends the browser and removes its folder. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** @throws WatchFault where there is no browser, or where it does not start */
export async function startBrowser(env: Environment, headless: boolean, signal: AbortSignal): Promise<WatchedBrowser> {
  const executablePath = await findBrowserPath(env);
  if (!executablePath) throw noBrowser(env['CHROME_BIN']);
  // mkdtemp makes a folder of mode 0700.
  const folder = await mkdtemp(join(env['TMPDIR'] ?? tmpdir(), 'gopay-miniapp-watch-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  try {
    const browser = await launch(executablePath, folder, env, headless, signal);
    return await watched(browser, remove);
  } catch (cause) {
    await remove();
    if (signal.aborted) throw cause;
    throw notStarted(executablePath, (cause as Error).message, cause);
  }
}

function notStarted(path: string, reason: string, cause: unknown): WatchFault {
  const what = `The browser ${cleanLine(path, 200)} did not start`;
  // puppeteer's own advice for it is meant for programmers.
  const message = /Missing X server/.test(reason)
    ? `${what}: there is no display here to open a window on. Run it in a terminal of your desktop; or record a HAR file in any browser and use "read".`
    : `${what}: ${/Target closed/.test(reason) ? 'it ended at once' : cleanLine(reason, 300)}. Start it once by hand to see why, or name another one in CHROME_BIN.`;
  return new WatchFault(message, { cause });
}

function noBrowser(named: string | undefined): WatchFault {
  return new WatchFault(
    named
      ? `CHROME_BIN names ${cleanLine(named, 200)}, which is no program. Set it to the path of Chrome, Chromium or Edge, or unset it.`
      : 'No browser was found. Install Chrome, Chromium or Edge, or set CHROME_BIN to the path of one; or record a HAR file in another browser and use "read".',
  );
}

async function launch(
  executablePath: string,
  folder: string,
  env: Environment,
  headless: boolean,
  signal: AbortSignal,
): Promise<Browser> {
  const { launch: start } = await import(/* webpackIgnore: true */ 'puppeteer-core');
  // puppeteer kills the browser on its signal even after the start; by then the end is ours, and responses are still read.
  const starting = new AbortController();
  const stop = () => starting.abort();
  signal.addEventListener('abort', stop, { once: true });
  return await start({
    executablePath,
    headless,
    pipe: true,
    userDataDir: folder,
    args: [...FLAGS, ...flagsForRoot()],
    // With it the portal would see an automated browser and might refuse the login; here a person uses the window.
    ignoreDefaultArgs: ['--enable-automation'],
    env: { ...definedIn(env), TMPDIR: folder, TMP: folder, TEMP: folder },
    defaultViewport: null,
    // The sessions of the recorder are the only ones: puppeteer itself attaches to no page.
    targetFilter: () => false,
    waitForInitialPage: false,
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
    timeout: START_TIMEOUT_MS,
    signal: starting.signal,
  }).finally(() => signal.removeEventListener('abort', stop));
}

const FLAGS = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-extensions',
  // No bubble that offers to save the password.
  '--disable-save-password-bubble',
  '--hide-crash-restore-bubble',
];

function definedIn(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function watched(browser: Browser, remove: () => Promise<void>): Promise<WatchedBrowser> {
  const child = browser.process();
  const exited = new Promise<void>((resolve) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  const kill = () => void child?.kill('SIGKILL');
  const end = async () => {
    const killer = setTimeout(kill, CLOSE_TIMEOUT_MS);
    await browser.close().catch(kill);
    await exited;
    clearTimeout(killer);
    await remove();
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= end();
    return closing;
  };
  const lost = new Promise<void>((resolve) => browser.once('disconnected', () => resolve()));
  try {
    const session = await browser.target().createCDPSession();
    return {
      session,
      sessionOf: (parent, id) => parent.connection()?.session(id) ?? undefined,
      gone: Promise.race([exited, lost]),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
