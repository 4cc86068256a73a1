/** Logging in: by the call, and by the portal's own page in a real headless browser. */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cancelled } from '../../src/errors.ts';
import { findBrowser, launch, logInByBrowser, logInOn, proxyOptions } from '../../src/portal/browser-login.ts';
import { type BrowserProxy, startBrowserProxy } from '../../src/portal/browser-proxy.ts';
import { defaultProfile, type Login } from '../../src/portal/profile.ts';
import { COMMON, type Job, newJob, runStep } from '../support/action.ts';
import { startPortal } from '../support/portal.ts';
import { NOT_ASKED, SERVICE_WORKER, tamperedPage, WAYS, type Way } from '../support/tampered-page.ts';

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

  // One browser for all the pages below: each gets a context and a proxy of its own, as a login does.
  let browser: Browser;
  let folder: string;
  let unused: BrowserProxy;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'browser-'));
    const options = optionsFor('http://127.0.0.1');
    unused = await startBrowserProxy(proxyOptions(options));
    browser = await launch(String(BROWSER), folder, unused, options);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await unused.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const optionsFor = (origin: string, login: Partial<Login> = {}, hosts: readonly string[] = []) => ({
    profile: { ...defaultProfile, login: { ...defaultProfile.login, ...login } },
    origin: new URL(origin),
    hosts,
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
  const logIn = async (page: RequestListener | string, login?: Partial<Login>, hosts?: readonly string[]) => {
    const options = optionsFor(await serve(page), login, hosts);
    const proxy = await startBrowserProxy(proxyOptions(options));
    const context = await browser.createBrowserContext({
      proxyServer: proxy.url,
      proxyBypassList: ['<-loopback>'],
    });
    try {
      return await logInOn(await context.newPage(), proxy, options).catch((error) => error);
    } finally {
      await context.close();
      await proxy.close();
    }
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

  test('a tampered page gets the password to no other host, whichever way it tries', async () => {
    const connections: string[] = [];
    const thief = createTcpServer((socket) => {
      connections.push(`TCP ${socket.localAddress}`);
      socket.destroy();
    });
    await new Promise<void>((resolve) => thief.listen(0, '0.0.0.0', resolve));
    const { port } = thief.address() as AddressInfo;
    const datagrams = createSocket('udp4', () => connections.push('UDP')).bind(port, '0.0.0.0');
    cleanups.push(
      () => thief.close(),
      () => datagrams.close(),
    );
    const hostOf = (way: Way) => `127.0.1.${WAYS.indexOf(way) + 1}:${port}`;

    const missing = () => WAYS.filter((way) => !NOT_ASKED.includes(way) && !proxy.blocked.has(hostOf(way)));
    const pages: Record<string, (res: ServerResponse, url: URL) => unknown> = {
      '/': (res) => res.setHeader('content-type', 'text/html').end(tamperedPage(hostOf)),
      '/worker.js': (res) => res.setHeader('content-type', 'text/javascript').end(SERVICE_WORKER),
      '/redirect': (res, url) => res.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end(),
      '/tried': async (res) => {
        await vi.waitUntil(() => missing().length === 0, { timeout: 8_000 }).catch(() => {});
        res.end();
      },
    };
    const origin = await serve((req, res) => {
      const url = new URL(req.url ?? '', 'http://portal');
      void (pages[url.pathname] ?? ((response: ServerResponse) => response.writeHead(404).end()))(res, url);
    });
    const options = optionsFor(origin);
    const proxy = await startBrowserProxy(proxyOptions(options));
    const context = await browser.createBrowserContext({ proxyServer: proxy.url, proxyBypassList: ['<-loopback>'] });
    cleanups.push(() => context.close(), proxy.close);
    expect(await logInOn(await context.newPage(), proxy, options)).toContain('SESSION=from-the-page');
    expect(missing()).toEqual([]);
    expect(connections).toEqual([]);
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
