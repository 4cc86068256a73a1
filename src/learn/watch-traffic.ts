/**
 * What the portal's pages send and receive, and the clicks that caused it, by the browser's debugging protocol: every
 * page, window, frame and worker. It only listens. Headers, cookies and contents of files are never read.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession, Protocol } from 'puppeteer-core';
import type { Exchange } from './recording.ts';
import { answerOf, requestBody, withoutSecrets } from './watch-body.ts';
import { isConfirmation } from './watch-checklist.ts';
import { reportClicks } from './watch-page.ts';

export interface Traffic {
  /** Attaches to all that the browser has and will have, then opens the address in its first page. */
  start(browser: CDPSession, address: string): Promise<void>;
  /** Resolves when the last page was closed. */
  readonly lastPageClosed: Promise<void>;
  /** What was recorded, in the order of sending. Waits a moment for responses in progress, unless the browser is `gone`. */
  exchanges(gone: Promise<void>): Promise<readonly Exchange[]>;
}

export interface TrafficListener {
  onClick(button: string): void;
  /** A request was sent; `button` where it followed a click. */
  onCall(call: Pick<Exchange, 'method' | 'path' | 'body' | 'button'>): void;
  /** A page cannot be shown. */
  onPageError(reason: string): void;
}

/** A call follows its click within this time. */
const CLICK_WINDOW_MS = 3_000;
/** A confirmation belongs to the button before it for this long: a dialog may ask for more than one thing. */
const CONFIRM_WINDOW_MS = 120_000;
const MAX_EXCHANGES = 20_000;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** What the browser keeps of responses until they are fetched. */
const BUFFER_BYTES = 64 * 1024 * 1024;
const SETTLE_MS = 1_500;

const WORLD = 'gopay-miniapp-watch';
const BINDING = 'reportClick';

type Call = { -readonly [Name in keyof Exchange]: Exchange[Name] } & {
  readonly isOfWorker: boolean;
  endMs: number;
};

/** A call whose response has not come to its end. */
interface Open {
  readonly call: Call;
  readonly close: () => void;
}

interface Click {
  readonly button: string;
  readonly atMs: number;
  isUsedByRead: boolean;
  isUsedByWrite: boolean;
}

export function recordTraffic(origin: string, sessionOf: Attach, listener: TrafficListener): Traffic {
  const calls: Call[] = [];
  const reading = new Set<Promise<void>>();
  const pages = new Set<string>();
  const listening = new Set<CDPSession>();
  /** The session of each target that is watched. */
  const attached = new Map<string, string>();
  let isLastPageClosed = () => {};
  const lastPageClosed = new Promise<void>((resolve) => {
    isLastPageClosed = resolve;
  });
  let isFirstPage = (_: CDPSession) => {};
  const firstPage = new Promise<CDPSession>((resolve) => {
    isFirstPage = resolve;
  });
  let click: Click | undefined;
  let named: Click | undefined;

  /** A button that only confirms is told by the name of the button that opened its dialog. */
  const onClick = (text: string) => {
    const atMs = Date.now();
    const opened = isConfirmation(text) && named && atMs - named.atMs <= CONFIRM_WINDOW_MS ? named.button : text;
    click = { button: opened, atMs, isUsedByRead: false, isUsedByWrite: false };
    if (!isConfirmation(text)) named = click;
    listener.onClick(text);
  };

  const buttonFor = (isRead: boolean): string | undefined => {
    if (!click || Date.now() - click.atMs > CLICK_WINDOW_MS) return undefined;
    // What is read after the write only shows its effect.
    if (click.isUsedByWrite || (isRead && click.isUsedByRead)) return undefined;
    if (isRead) click.isUsedByRead = true;
    else click.isUsedByWrite = true;
    return click.button;
  };

  const attach = async (session: CDPSession, type: string): Promise<void> => {
    const isPage = type === 'page' || type === 'iframe';
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      const child = sessionOf(session, sessionId);
      if (!child) return;
      // The browser and a page both report a page's workers.
      if (attached.has(targetInfo.targetId)) {
        void child.send('Runtime.runIfWaitingForDebugger').catch(() => {});
        return;
      }
      attached.set(targetInfo.targetId, sessionId);
      if (targetInfo.type === 'page') pages.add(sessionId);
      void attach(child, targetInfo.type).then(() => targetInfo.type === 'page' && isFirstPage(child));
    });
    session.on('Target.detachedFromTarget', ({ sessionId }) => {
      for (const child of listening) if (child.id() === sessionId) listening.delete(child);
      for (const [target, id] of attached) if (id === sessionId) attached.delete(target);
      if (pages.delete(sessionId) && pages.size === 0) isLastPageClosed();
    });
    if (type !== 'browser') {
      watchNetwork(session, !isPage);
      if (isPage) listening.add(session);
      if (isPage) session.on('Runtime.bindingCalled', ({ name, payload }) => name === BINDING && onClick(payload));
    }
    // Sent at once and in this order; the target runs from the last one on.
    const sent: Promise<unknown>[] = [];
    const send: CDPSession['send'] = (method, ...rest) => {
      const result = session.send(method, ...rest);
      sent.push(result);
      return result;
    };
    void send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
    if (type !== 'browser') {
      void send('Network.enable', {
        maxPostDataSize: MAX_BODY_BYTES,
        maxTotalBufferSize: BUFFER_BYTES,
        maxResourceBufferSize: MAX_ANSWER_BYTES,
        // Responses outlive the page that fetched them, where the browser knows how.
        enableDurableMessages: isPage,
      });
      if (isPage) {
        void send('Page.enable');
        void send('Runtime.enable');
        void send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
        const source = `(${reportClicks})(${JSON.stringify(origin)}, ${JSON.stringify(BINDING)})`;
        void send('Page.addScriptToEvaluateOnNewDocument', { source, worldName: WORLD, runImmediately: true });
      }
      void send('Runtime.runIfWaitingForDebugger');
    }
    await Promise.allSettled(sent);
  };

  function watchNetwork(session: CDPSession, isOfWorker: boolean): void {
    const open = new Map<string, Open>();
    const close = (requestId: string): Call | undefined => {
      const found = open.get(requestId);
      open.delete(requestId);
      found?.close();
      if (found) found.call.endMs = Date.now();
      return found?.call;
    };
    session.on('Network.requestWillBeSent', (event) => {
      const redirected = close(event.requestId);
      if (redirected && event.redirectResponse) redirected.status = event.redirectResponse.status;
      if (calls.length >= MAX_EXCHANGES || !isCall(event, isOfWorker)) return;
      const call = newCall(event, isOfWorker);
      calls.push(call);
      keepReading(new Promise((resolve) => open.set(event.requestId, { call, close: resolve })));
      const { hasPostData, postData } = event.request;
      if (hasPostData && postData === undefined) keepReading(readBody(session, event.requestId, call));
    });
    session.on('Network.responseReceived', ({ requestId, response }) => {
      const found = open.get(requestId);
      if (found) found.call.status = response.status;
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const call = close(requestId);
      // A service worker's responses are read from the page that got them.
      if (call && !isOfWorker && encodedDataLength <= MAX_ANSWER_BYTES)
        keepReading(readAnswer(session, requestId, call));
    });
    session.on('Network.loadingFailed', ({ requestId }) => {
      close(requestId);
    });
  }

  function keepReading(work: Promise<void>): void {
    const done: Promise<void> = work.catch(() => {}).finally(() => reading.delete(done));
    reading.add(done);
  }

  function isCall({ request, type }: Protocol.Network.RequestWillBeSentEvent, isOfWorker: boolean): boolean {
    if (!request.url.startsWith(`${origin}/`) || request.method === 'OPTIONS') return false;
    if (type === 'XHR' || type === 'Fetch') return true;
    return request.method !== 'GET' && (type === 'Document' || (isOfWorker && type === 'Other'));
  }

  function newCall({ request, wallTime, type }: Protocol.Network.RequestWillBeSentEvent, isOfWorker: boolean): Call {
    const url = new URL(request.url);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    // A service worker repeats the request of a page, which has the button already.
    const button = isOfWorker ? undefined : buttonFor(isRead);
    const call = {
      method: request.method,
      path: url.pathname,
      query: withoutSecrets(Object.fromEntries(url.searchParams)) as Record<string, string>,
      ...requestBody(request.postData),
      status: 0,
      answer: undefined,
      atMs: Math.round(wallTime * 1_000),
      ...(button !== undefined && { button }),
      isOfWorker,
      endMs: Number.POSITIVE_INFINITY,
    };
    if (!isOfWorker && (type !== 'Document' || !isRead)) listener.onCall(call);
    return call;
  }

  /**
   * What the pages did before the end may still be on its way: a reply of a page comes after its events. The end of a
   * response then starts the reading of its body.
   */
  async function allRead(): Promise<void> {
    await Promise.allSettled([...listening].map((session) => session.send('Runtime.getHeapUsage')));
    while (reading.size > 0) await Promise.all(reading);
  }

  return {
    lastPageClosed,
    async start(browser, address) {
      await attach(browser, 'browser');
      const page = await Promise.race([firstPage, lastPageClosed]);
      const opened = page && (await page.send('Page.navigate', { url: address }).catch(() => undefined));
      // Aborted by the person or by the end: no fault of the portal.
      if (opened?.errorText && !opened.errorText.includes('ERR_ABORTED')) listener.onPageError(opened.errorText);
    },
    async exchanges(gone) {
      const timeout = new AbortController();
      const late = delay(SETTLE_MS, undefined, { signal: timeout.signal }).catch(() => {});
      await Promise.race([late, gone, allRead()]);
      timeout.abort();
      return exchangesOf(calls);
    },
  };
}

type Attach = (parent: CDPSession, sessionId: string) => CDPSession | undefined;

/** A body that was too large for the event: that of an upload, mostly. */
async function readBody(session: CDPSession, requestId: string, call: Call): Promise<void> {
  const { postData } = await session
    .send('Network.getRequestPostData', { requestId })
    .catch(() => ({ postData: undefined }));
  // Of a body that is a file alone, or a page's form with a file, the browser gives no text.
  Object.assign(call, postData ? requestBody(postData) : { isUpload: true });
}

async function readAnswer(session: CDPSession, requestId: string, call: Call): Promise<void> {
  const { body, base64Encoded } = await session.send('Network.getResponseBody', { requestId });
  if (body.length > MAX_ANSWER_BYTES * 1.4) return;
  call.answer = answerOf(base64Encoded ? Buffer.from(body, 'base64').toString() : body);
}

/**
 * In the order of sending. What a page sent through a service worker was seen twice: the page's one is kept, which has
 * the button.
 */
function exchangesOf(calls: readonly Call[]): Exchange[] {
  const twins = new Set<Call>();
  for (const call of calls) {
    if (call.isOfWorker) continue;
    const isTwin = (other: Call) =>
      other.isOfWorker && other.method === call.method && other.path === call.path && isWithin(other, call);
    const twin = calls.find((other) => isTwin(other) && !twins.has(other));
    if (!twin) continue;
    twins.add(twin);
    call.answer ??= twin.answer;
    call.body ??= twin.body;
    call.status ||= twin.status;
  }
  return calls
    .filter((call) => !twins.has(call))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ isOfWorker: _, endMs: __, ...exchange }) => exchange);
}

function isWithin(inner: Call, outer: Call): boolean {
  return inner.atMs >= outer.atMs && inner.atMs <= outer.endMs;
}
