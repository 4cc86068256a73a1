/** Watching a portal in a real headless browser, whose pages press their own buttons. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange, Recording } from '../../src/learn/recording.ts';
import { type ChecklistRow, watch } from '../../src/learn/watch.ts';
import { requestBody } from '../../src/learn/watch-body.ts';
import { findBrowserPath } from '../../src/portal/find-browser.ts';
import { ACCOUNT, type GuidePortal, startGuidePortal, WHOLE_RELEASE } from '../support/guide-page.ts';

const BROWSER = await findBrowserPath(process.env);
if (!BROWSER) console.warn('No Chrome or Chromium here: watching a portal is not tested. Set CHROME_BIN.');

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Watched {
  readonly recording: Recording;
  readonly text: string;
  readonly rows: readonly ChecklistRow[];
  readonly portal: GuidePortal;
}

interface Ending {
  readonly stdin: PassThrough;
  readonly abort: () => void;
  readonly folder: string;
}

const pressEnter = ({ stdin }: Ending) => void stdin.write('\n');

/** Watches pages that run `script`, and ends it so when they say that they are done. */
async function watchPages(
  script: string,
  end: (ending: Ending) => unknown = pressEnter,
  isTTY = false,
): Promise<Watched> {
  const portal = await startGuidePortal(script, { seed: { live: '1.0.0' } });
  cleanups.push(portal.close);
  const folder = mkdtempSync(join(tmpdir(), 'watch-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 60 });
  const controller = new AbortController();
  let rows: readonly ChecklistRow[] = [];
  void portal.done.then(() => end({ stdin, abort: () => controller.abort(), folder }));
  const recording = await watch({
    origin: portal.url,
    headless: true,
    signal: controller.signal,
    stdin,
    stdout,
    env: { ...process.env, TMPDIR: folder, CHROME_BIN: browserWithPort() },
    onProgress: (next) => {
      rows = next;
    },
  });
  expect(readdirSync(folder)).toEqual([]);
  expect(processesOf(folder)).toEqual([]);
  return { recording, text: String(stdout.read() ?? ''), rows, portal };
}

/** The ids of the processes whose arguments name the folder. */
function processesOf(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const line = ({ method, path, button }: Exchange) =>
  `${method} ${path.replace('/rest/intercnn', '')}${button ? ` <- ${button}` : ''}`;

describe.skipIf(!BROWSER)('a watched portal', () => {
  test('a whole release is recorded, each call with the button that sent it', async () => {
    const { recording, text, rows, portal } = await watchPages(WHOLE_RELEASE);
    expect(portal.effects()).toHaveLength(11);
    expect(recording.origin).toBe(portal.url);
    expect(recording.exchanges.map(line)).toEqual([
      'POST /user/login <- Log in',
      'POST /app/version/uploadResource <- Upload by Files',
      'POST /app/version/create',
      'GET /app/version/query',
      'POST /app/publish/version/create <- All No',
      'GET /app/publish/version/query <- Apply Release',
      'POST /app/publish/version/startApprove <- Apply Release',
      'GET /app/publish/version/query',
      'POST /app/publish/version/gray/whitelist/add <- Setting Whitelist',
      'POST /app/publish/version/gray/startBeta <- Start Testing',
      'POST /app/publish/version/gray/skipBeta <- Set Grayscale',
      'POST /app/publish/version/gray/setRatio',
      'POST /app/publish/version/gray/start <- Start Grayscale',
      'GET /app/publish/version/query',
      'POST /app/publish/online <- Officially Release',
      'GET /app/publish/version/query',
    ]);
    for (const { status, answer } of recording.exchanges) {
      expect(status).toBe(200);
      expect(answer).toMatchObject({ success: true });
    }
    expect(recording.exchanges[1]).toMatchObject({ isUpload: true, body: { version: '1.1.0' } });
    expect(recording.exchanges[11]?.body).toMatchObject({ version: '1.1.0', ratio: 20 });
    expect(recording.exchanges[7]?.query).toMatchObject({ version: '1.1.0', pageSize: '10' });

    const kept = JSON.stringify(recording) + text;
    expect(kept).not.toContain(ACCOUNT.password);
    expect(kept).not.toContain('that-nobody-may-keep');
    expect(recording.exchanges[0]?.body).toEqual({ username: ACCOUNT.username, password: null });

    expect(text).toContain('[ ] Start Grayscale (optional)\n');
    expect(text).toContain('[x] Start Grayscale -> POST /app/publish/version/gray/start\n');
    expect(text).toContain('[x] Officially Release -> POST /app/publish/online\n');
    expect(text).not.toContain('\x1b');
    expect(rows.filter(({ stage, isPressed }) => stage && !isPressed).map(({ button }) => button)).toEqual([
      'Withdraw',
      'Roll back',
    ]);
  });

  test('calls of navigations, reloads, windows and frames are recorded, and on a terminal the list is redrawn', async () => {
    const { recording, text } = await watchPages(
      `
      const step = Number(sessionStorage.step ?? 0);
      sessionStorage.step = step + 1;
      if (step === 0) { await logIn(); return location.reload(); }
      if (step === 1) { await press('Detail', read); return location.assign('/?page=2'); }
      const frame = document.createElement('iframe');
      frame.src = '/frame';
      document.body.append(frame);
      await new Promise((resolve) => frame.addEventListener('load', resolve));
      await frame.contentWindow.eval("press('In the frame', () => call('/frame/write', { a: 1 }))");
      const popup = open('/frame', 'popup', 'popup,width=300,height=300');
      await new Promise((resolve) => popup.addEventListener('load', resolve));
      await popup.eval("press('In the window', () => call('/window/write', { b: 2 }))");
      popup.close();
      const tab = open('/frame');
      await new Promise((resolve) => tab.addEventListener('load', resolve));
      await tab.eval("press('In the tab', () => call('/tab/write', { c: 3 }))");
      await done();
      `,
      pressEnter,
      true,
    );
    expect(recording.exchanges.map(line)).toEqual([
      'POST /user/login <- Log in',
      'GET /app/publish/version/query <- Detail',
      'POST /frame/write <- In the frame',
      'POST /window/write <- In the window',
      'POST /tab/write <- In the tab',
    ]);
    expect(text).toContain('\x1b[');
    expect(text).toContain('[x] In the tab -> POST /tab/write\n');
  });

  test('what a service worker passes on is recorded once, with its button', async () => {
    const { recording } = await watchPages(`
      await navigator.serviceWorker.register('/worker.js');
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
      await logIn();
      await press('Apply Release', () => call('/app/publish/version/startApprove', release));
      await done();
    `);
    expect(recording.exchanges.map(line)).toEqual([
      'POST /user/login <- Log in',
      'POST /app/publish/version/startApprove <- Apply Release',
    ]);
    expect(recording.exchanges[1]).toMatchObject({ body: { version: '1.1.0' }, answer: { success: false } });
  });

  const endings: readonly [string, (ending: Ending) => unknown][] = [
    ['Enter', pressEnter],
    ['the end of the input', ({ stdin }) => stdin.end()],
    ['the signal', ({ abort }) => abort()],
    ['a closed window', ({ folder }) => closeWindow(folder)],
    ['a browser that crashed', ({ folder }) => crash(folder)],
  ];
  const FORM = `
    await logIn();
    await done();
  `;
  test.each(endings)('%s ends it; what was seen is kept, and no folder and no process is left', async (_, end) => {
    const { recording } = await watchPages(FORM, end);
    expect(recording.exchanges.map(line)).toEqual(['POST /user/login <- Log in']);
  });
});

/** Closes the pages over a debugging connection of the test's own, as a person closes the window. */
async function closeWindow(folder: string): Promise<void> {
  const [profile = ''] = readdirSync(folder);
  const [port] = readFileSync(join(folder, profile, 'DevToolsActivePort'), 'utf8').split('\n');
  const list = await fetch(`http://127.0.0.1:${port}/json/list`);
  const pages = (await list.json()) as { readonly id: string; readonly type: string }[];
  for (const { id, type } of pages) {
    if (type === 'page') await fetch(`http://127.0.0.1:${port}/json/close/${id}`).catch(() => {});
  }
}

/** The browser with a port for closeWindow: only a program between can add it. */
function browserWithPort(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watch-browser-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'browser');
  writeFileSync(file, `#!/bin/sh\nexec "${BROWSER}" --remote-debugging-port=0 "$@"\n`, { mode: 0o755 });
  return file;
}

/** Kills the browser's first process, which no other one of it started. */
function crash(folder: string): void {
  const [first] = processesOf(folder).sort((a, b) => a - b);
  if (first) process.kill(first, 'SIGKILL');
}

test('without a browser there is one error that says what to do, and no folder is made', async () => {
  const options = { origin: 'https://portal.example', stdin: new PassThrough(), stdout: new PassThrough() };
  await expect(watch({ ...options, env: { CHROME_BIN: '/nowhere/chrome' } })).rejects.toThrow(
    'CHROME_BIN names /nowhere/chrome, which is no program. Set it to the path of Chrome, Chromium or Edge, or unset it.',
  );
});

test('of bodies the values of secrets and the contents of files are not kept', () => {
  expect(requestBody('user=a&password=b%20c').body).toEqual({ user: 'a', password: null });
  expect(requestBody('{"list":[{"accessToken":"x","status":"PASSED"}]}').body).toEqual({
    list: [{ accessToken: null, status: 'PASSED' }],
  });
  const part = (head: string, text: string) => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const form = `${part('name="version"', '1.1.0')}${part('name="file"; filename="a.zip"', 'PK-content')}--x--\r\n`;
  expect(requestBody(form)).toEqual({ body: { version: '1.1.0' }, isUpload: true });
  expect(requestBody('plain text').body).toBeUndefined();
});
