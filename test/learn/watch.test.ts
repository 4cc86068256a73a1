/** Watching a portal in a real headless browser, whose pages press their own buttons. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { watch as watchFolder } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange, Recording } from '../../src/learn/recording.ts';
import { type ChecklistRow, watch } from '../../src/learn/watch.ts';
import { requestBody } from '../../src/learn/watch-body.ts';
import { callLine, checklistLines, isConfirmation, newChecklist, withClick } from '../../src/learn/watch-checklist.ts';
import { startScreen } from '../../src/learn/watch-screen.ts';
import { findBrowserPath } from '../../src/portal/find-browser.ts';
import { ACCOUNT, type GuidePortal, startGuidePortal, WHOLE_RELEASE } from '../support/guide-page.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const BROWSER = await findBrowserPath(process.env);
if (!BROWSER) console.warn('No Chrome or Chromium here: watching a portal is not tested. Set CHROME_BIN.');

const PROGRAM = fileURLToPath(new URL('../../dist/learn.js', import.meta.url));

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
  readonly folder: string;
}

/** Watches pages (guide-page.ts), and ends it so when they say that they are done. */
async function watchPages(
  pages: Readonly<Record<string, string>>,
  end: (ending: Ending) => unknown,
  isTTY = false,
): Promise<Watched> {
  const portal = await startGuidePortal(pages, { seed: { live: '1.0.0' } });
  cleanups.push(portal.close);
  const folder = newFolder();
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let rows: readonly ChecklistRow[] = [];
  void portal.done.then(() => end({ stdin, folder }));
  const recording = await watch({
    address: portal.url,
    headless: true,
    stdin,
    stdout,
    env: { ...process.env, TMPDIR: folder, CHROME_BIN: program(`exec "${BROWSER}" --remote-debugging-port=0 "$@"`) },
    onProgress: (next) => {
      rows = next;
    },
  });
  expectNothingLeft(folder);
  return { recording, text: String(stdout.read() ?? ''), rows, portal };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watch-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program to start in place of the browser. */
function program(script: string): string {
  const file = join(newFolder(), 'browser');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

function expectNothingLeft(folder: string): void {
  expect(readdirSync(folder)).toEqual([]);
  expect(processesOf(folder)).toEqual([]);
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
  thoroughTest('a whole release is recorded until Enter, each call with the button that sent it', async () => {
    const { recording, text, rows, portal } = await watchPages({ '/': WHOLE_RELEASE }, ({ stdin }) =>
      stdin.write('\n'),
    );
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
    expect(text).toContain('[x] Start Testing -> POST /app/publish/version/gray/startBeta {...}\n');
    expect(text).toContain('[ ] (no button) -> POST /app/publish/version/gray/setRatio {..., ratio}\n');
    expect(text).toContain('[x] Officially Release -> POST /app/publish/online {...}\n');
    expect(text).not.toContain('\x1b');
    expect(rows.filter(({ stage, isPressed }) => stage && !isPressed).map(({ button }) => button)).toEqual([
      'Withdraw',
      'Roll back',
    ]);
  });

  thoroughTest(
    'pages, reloads, frames, tabs and windows are recorded until the window is closed, and no other site',
    async () => {
      const pages = {
        '/': `
        const step = Number(sessionStorage.step ?? 0);
        sessionStorage.step = step + 1;
        if (step === 0) return location.assign(ELSEWHERE + '/sign-in?back=' + encodeURIComponent(location.href));
        if (step === 1) { await logIn(); return location.reload(); }
        if (step === 2) { await press('Detail', read); return location.assign('/?page=2'); }
        const frame = await frameOf('/frame');
        await frame.contentWindow.eval("press('In the frame', () => call('/frame/write', { a: 1 }))");
        await frameOf(ELSEWHERE + '/widget');
        await call('/without/a/click');
        const popup = open('/frame', 'popup', 'popup,width=300,height=300');
        await new Promise((resolve) => popup.addEventListener('load', resolve));
        await popup.eval("press('In the window', () => call('/window/write', { b: 2 }))");
        popup.close();
        const isTabDone = new Promise((resolve) => { new BroadcastChannel('tab').onmessage = resolve; });
        const link = Object.assign(document.createElement('a'), { href: '/tab', target: '_blank', textContent: 'Open' });
        document.body.append(link);
        link.click();
        await isTabDone;
        await done();
      `,
        '/tab': `
        await press('In the tab', () => call('/tab/write', { c: 3 }));
        new BroadcastChannel('tab').postMessage('done');
      `,
        '/sign-in': `
        await press('Sign in elsewhere', () => call('/sign/in', { account: 1 }));
        location.assign(new URLSearchParams(location.search).get('back'));
      `,
        '/widget': "await press('In the widget', () => call('/widget/write', { d: 4 }));",
      };
      const { recording, text, rows } = await watchPages(pages, ({ folder }) => closeWindow(folder), true);
      expect(recording.exchanges.map(line)).toEqual([
        'POST /user/login <- Log in',
        'GET /app/publish/version/query <- Detail',
        'POST /frame/write <- In the frame',
        'GET /without/a/click',
        'POST /window/write <- In the window',
        'POST /tab/write <- In the tab',
      ]);
      expect(rows.filter(({ stage }) => !stage).map(({ button }) => button)).toEqual([
        'Log in',
        'In the frame',
        'In the window',
        'In the tab',
      ]);
      expect(text).toContain('\x1b[');
      expect(text).toContain('[x] In the tab -> POST /tab/write {c}\n');
    },
  );

  thoroughTest(
    'forms, and what a service worker passes on, are recorded once until the input ends, with their buttons',
    async () => {
      const script = `
      if (!sessionStorage.step) {
        sessionStorage.step = 1;
        return submit('Log in', { username: 'a b', password: 'that-nobody-may-keep' }, 'application/x-www-form-urlencoded');
      }
      await navigator.serviceWorker.register('/worker.js');
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
      await press('Apply Release', () => call('/app/publish/version/startApprove', release));
      const frame = await frameOf('about:blank', 'upload');
      const isSent = new Promise((resolve) => frame.addEventListener('load', resolve));
      const file = new File(['content-that-nobody-may-keep'], 'a.zip', { type: 'application/zip' });
      submit('Upload by Files', { version: '1.1.0', file }, 'multipart/form-data', frame);
      await isSent;
      await done();
    `;
      const { recording } = await watchPages({ '/': script }, ({ stdin }) => stdin.end());
      expect(recording.exchanges.map(line)).toEqual([
        'POST /form <- Log in',
        'POST /app/publish/version/startApprove <- Apply Release',
        'POST /form <- Upload by Files',
      ]);
      const [login, apply, upload] = recording.exchanges;
      expect(login).toMatchObject({ status: 303, body: { username: 'a b', password: null } });
      expect(apply).toMatchObject({ body: { version: '1.1.0' }, answer: { success: false } });
      expect(upload).toMatchObject({ isUpload: true, answer: { success: true } });
      expect(JSON.stringify(recording)).not.toContain('that-nobody-may-keep');
    },
  );

  thoroughTest('a browser that crashes while the portal does not respond ends it; what was seen is kept', async () => {
    const script = "await logIn(); location.assign('/never');";
    const { recording } = await watchPages({ '/': script }, ({ folder }) => crash(folder));
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

/** Kills the browser's first process, which no other one of it started. */
function crash(folder: string): void {
  const [first] = processesOf(folder).sort((a, b) => a - b);
  if (first) process.kill(first, 'SIGKILL');
}

/** Watches with what there is in place of a browser. */
function watchWith(env: Readonly<Record<string, string>>, address = 'portal.example'): Promise<Recording> {
  return watch({ address, stdin: new PassThrough(), stdout: new PassThrough(), env });
}

test('without a browser there is one error that says what to do', async () => {
  await expect(watchWith({ CHROME_BIN: '/nowhere/chrome' })).rejects.toThrow(
    'CHROME_BIN names /nowhere/chrome, which is no program. Set it to the path of Chrome, Chromium or Edge, or unset it.',
  );
  if (process.platform !== 'linux') return;
  await expect(watchWith({ PATH: '/nowhere' })).rejects.toThrow(
    'No browser was found. Install Chrome, Chromium or Edge',
  );
});

test.each([
  [
    'Missing X server or $DISPLAY',
    'there is no display here to open a window on. Run it in a terminal of your desktop',
  ],
  ['error while loading shared libraries', 'it ended at once. Start it once by hand to see why'],
])('a browser that does not start leaves no folder and says why: %s', async (words, said) => {
  const folder = newFolder();
  const CHROME_BIN = program(`echo '${words}' >&2; exit 1`);
  const error = await watchWith({ TMPDIR: folder, CHROME_BIN }).catch((reason) => reason);
  expect(error.message).toMatch(/^The browser \S+ did not start: /);
  expect(error.message).toContain(said);
  expectNothingLeft(folder);
});

test('what is no address of a portal is refused before a browser starts', async () => {
  for (const address of ['', 'file:///etc/hosts', 'javascript:alert(1)', 'two words']) {
    await expect(watchWith({}, address)).rejects.toThrow(/is no address of a portal. Copy it from the browser: https:/);
  }
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the program while the browser starts', async (signal) => {
  const folder = newFolder();
  const CHROME_BIN = program('echo $$ > "$TMPDIR/../started"; exec sleep 60');
  const watcher = watchFolder(folder);
  const child = spawn(process.execPath, [PROGRAM, 'watch', 'portal.example'], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, CHROME_BIN },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  for await (const { filename } of watcher) if (filename === 'started') break;
  child.kill(signal);
  expect(await ended).toEqual([1, null]);
  expect(text).toContain('The recording has no calls.');
  rmSync(join(folder, 'started'));
  expectNothingLeft(folder);
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

describe('the checklist', () => {
  const pressed = (...buttons: string[]) => checklistLines(buttons.reduce(withClick, newChecklist()));

  test.each([
    [[], 'Next: log in, then Add Version or Release.'],
    [['Add Version'], 'Next: Upload by Files.'],
    [['Add Version', 'Upload by Files'], 'Next: Release.'],
    [['Release', 'All No'], 'Next: Apply Release.'],
    [['Apply Release', 'OK'], 'Once it is approved: Setting Whitelist, Set Grayscale or Officially Release.'],
    [['Setting Whitelist'], 'Next: Start Testing.'],
    [['Start Grayscale'], 'Next: Officially Release.'],
    [['Officially Release'], 'Next: press Enter here. Withdraw and Roll back can be watched too.'],
  ])('after %j it says what to press next', (buttons, said) => {
    const lines = pressed(...buttons);
    expect(lines.slice(lines.lastIndexOf('') + 1)[0]).toBe(said);
  });

  test('buttons are known in English, Chinese and Indonesian, whatever signs stand around them', () => {
    for (const button of ['"Officially Release"', '正式发布', ' rilis resmi ›', 'Official Release'])
      expect(pressed(button)).toContain('[x] Officially Release (no call)');
    expect(['OK', '确 定', 'Lanjutkan', 'Konfirmasi'].filter((button) => !isConfirmation(button))).toEqual([]);
  });

  test('no line before the first call is wider than 80 columns', () => {
    expect(pressed('Apply Release').filter((line) => line.length > 79)).toEqual([]);
  });

  test('a call is shown with the fields that are new, and without identifiers', () => {
    const known = new Set<string>();
    const line = (body: unknown) =>
      callLine({ method: 'POST', path: '/rest/a/2088000000000001/b', body }, '/rest', known);
    expect(line({ appId: 1, version: 2 })).toBe('POST /a/{id}/b {appId, version}');
    expect(line({ appId: 1, ratio: 20, '2088000000000001': true })).toBe('POST /a/{id}/b {..., ratio}');
    expect(line(undefined)).toBe('POST /a/{id}/b');
  });

  test('on a low terminal the end of the list is redrawn in place', () => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 8 });
    const screen = startScreen(stdout);
    screen.begin('https://portal.example', newChecklist());
    stdout.read();
    screen.update(withClick(newChecklist(), 'Release'));
    expect(String(stdout.read())).toMatch(/^\x1b\[7A\x1b\[J(.*\n){6}Next: All No\.\n$/);
  });
});
