/**
 * A portal with pages: the sandbox's calls behind a page that bears the texts of the guide's buttons. The page presses
 * them itself, by a script that stands for the person; each press is a click on a button that is there to be seen.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINIAPP, SPACE, TARGET } from './action.ts';
import { openPortal, type TestPortalOptions } from './portal.ts';

export const ACCOUNT = { username: 'developer@example.com', password: 'p4ss-that-nobody-may-keep' };

export interface GuidePortal {
  readonly url: string;
  /** The same server under another host: another site to the browser. */
  readonly elsewhere: string;
  /** The writes that the portal accepted. */
  effects(): string[];
  /** Resolves when the page said that its script is done: it asks for `/done`, or for `/never`, which has no response. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

/**
 * Pages by path. Each is the body of an async function, with `press`, `call` and more at hand (PAGE, below). `/frame` is a
 * page that does nothing by itself, and `/form` takes what forms send: it goes back to `/` after one of the login.
 */
export async function startGuidePortal(
  pages: Readonly<Record<string, string>>,
  options: TestPortalOptions = {},
): Promise<GuidePortal> {
  const portal = await openPortal({ credentials: ACCOUNT, ...options });
  let isDone = () => {};
  const done = new Promise<void>((resolve) => {
    isDone = resolve;
  });
  let elsewhere = '';
  const scripts: Readonly<Record<string, string>> = { '/frame': '', ...pages };
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://portal');
    if (pathname === '/done' || pathname === '/never') {
      if (pathname === '/done') res.end();
      isDone();
      return;
    }
    if (pathname === '/worker.js') {
      res.writeHead(200, { 'content-type': 'text/javascript' }).end(SERVICE_WORKER);
      return;
    }
    if (pathname === '/form') {
      const isLogin = req.headers['content-type'] === 'application/x-www-form-urlencoded';
      if (isLogin) res.writeHead(303, { location: '/' }).end();
      else res.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
      req.resume();
      return;
    }
    const script = scripts[pathname];
    if (script !== undefined) {
      res.writeHead(200, { 'content-type': 'text/html' }).end(pageOf(script, elsewhere));
      return;
    }
    void portal.handle(req).then(({ status, headers, body }) => res.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  elsewhere = `http://localhost:${port}`;
  return {
    url: `http://127.0.0.1:${port}`,
    elsewhere,
    effects: portal.effects,
    done,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes each call of its pages on, as the workers of portals do. */
const SERVICE_WORKER = `
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  if (event.request.url.includes('/rest/')) event.respondWith(fetch(event.request));
});
`;

/** The buttons are made when they are pressed, so that each page has only those that it shows. */
const PAGE = `
const IDS = ${JSON.stringify({ appId: MINIAPP, channelCode: TARGET })};
const SPACE = ${JSON.stringify(SPACE)};
const VERSION = '1.1.0';
const release = { ...IDS, sourceSpaceId: SPACE, version: VERSION };

/** A call as the portal's pages send it. */
async function call(path, body) {
  const isForm = body instanceof FormData;
  const headers = body && !isForm ? { 'content-type': 'application/json' } : {};
  const response = await fetch('/rest/intercnn' + path, {
    method: body ? 'POST' : 'GET', headers, ...(body && { body: isForm ? body : JSON.stringify(body) }),
  });
  return response.json();
}

/** Clicks a button of this text in a document; it does its work, and is waited for. */
function press(text, work = () => {}, place = document) {
  const button = place.createElement('button');
  const label = place.createElement('span');
  label.textContent = text;
  button.append(label);
  place.body.append(button);
  return new Promise((resolve) => {
    button.addEventListener('click', async () => resolve(await work()));
    label.click();
  });
}

/** Sends a form to /form by its button, into a frame where that is named. */
function submit(text, fields, type, frame) {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: '/form', enctype: type });
  if (frame) form.target = frame.name;
  for (const [name, value] of Object.entries(fields)) {
    const input = Object.assign(document.createElement('input'), { name });
    if (value instanceof File) {
      const chosen = new DataTransfer();
      chosen.items.add(value);
      Object.assign(input, { type: 'file', files: chosen.files });
    } else input.value = value;
    form.append(input);
  }
  const button = Object.assign(document.createElement('input'), { type: 'submit', value: text });
  form.append(button);
  document.body.append(form);
  button.click();
}

/** A frame that has loaded. */
function frameOf(src, name = '') {
  const frame = Object.assign(document.createElement('iframe'), { src, name });
  return new Promise((resolve) => {
    frame.addEventListener('load', () => resolve(frame), { once: true });
    document.body.append(frame);
  });
}

const read = () => call('/app/publish/version/query?' +
  new URLSearchParams({ ...IDS, version: VERSION, currentPage: 1, pageSize: 10 }));
/** A picture is no call. */
const done = () => { new Image().src = '/done'; };
const logIn = () => press('Log in', () => call('/user/login', ${JSON.stringify(ACCOUNT)}));
`;

function pageOf(script: string, elsewhere: string): string {
  const run = script && `(async () => { ${script} })();`;
  const at = `const ELSEWHERE = ${JSON.stringify(elsewhere)};`;
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Portal</title><body><script>${at}${PAGE}</script><script>${run}</script>`;
}

/** A whole later release as the guide says: upload, submit, apply, whitelist, grayscale, release. */
export const WHOLE_RELEASE = `
await logIn();
await press('Add Version');
await press('Upload by Files');
await press('OK', async () => {
  const form = new FormData();
  form.set('spaceId', SPACE);
  form.set('appId', IDS.appId);
  form.set('version', VERSION);
  form.set('file', new File(['content-that-nobody-may-keep'], IDS.appId + '_v' + VERSION + '.zip', { type: 'application/zip' }));
  const { data } = await call('/app/version/uploadResource', form);
  await call('/app/version/create', { appId: IDS.appId, name: VERSION, version: VERSION, source: 'UPLOAD',
    artifactType: 'FILE', artifactList: [data.path] });
});
const versions = await call('/app/version/query?' + new URLSearchParams({ appId: IDS.appId, spaceId: SPACE, currentPage: 1, pageSize: 10 }));
const { artifactList } = versions.data.list[0];
await press('Release');
await press('All No', () => call('/app/publish/version/create', { ...IDS, version: VERSION, changelog: '', artifactType: 'FILE', artifactList }));
await press('Apply Release', read);
await press('OK');
await press('OK', () => call('/app/publish/version/startApprove', release));
await read();
await press('Setting Whitelist', () => call('/app/publish/version/gray/whitelist/add', { ...release, userIds: ['100000001'] }));
await press('Start Testing', () => call('/app/publish/version/gray/startBeta', release));
await press('Set Grayscale', async () => {
  await call('/app/publish/version/gray/skipBeta', release);
  await call('/app/publish/version/gray/setRatio', { ...release, ratio: 20 });
});
await press('Start Grayscale', () => call('/app/publish/version/gray/start', release));
await read();
await press('Officially Release');
await press('OK', () => call('/app/publish/online', release));
await read();
await done();
`;
