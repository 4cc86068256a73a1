/**
 * A person does one release in a browser window of its own; what the portal's pages sent and received becomes a
 * recording, each call with the button that sent it. Nothing is typed, clicked or sent by the program.
 */

import { cleanLine } from '../lib/text.ts';
import { defaultProfile } from '../portal/profile/profile.ts';
import type { Recording } from './recording.ts';
import { type Environment, startBrowser, WatchFault } from './watch-browser.ts';
import { type ChecklistRow, callLine, newChecklist, withCall, withClick } from './watch-checklist.ts';
import { startScreen } from './watch-screen.ts';
import { recordTraffic } from './watch-traffic.ts';

export { WatchFault } from './watch-browser.ts';
export type { ChecklistRow } from './watch-checklist.ts';

export interface WatchOptions {
  /**
   * The portal's address, with or without `https://`: `https://miniapp.midtrans.com`. A path opens that page; only the
   * origin is recorded.
   */
  readonly address: string;
  /** Opens no window; for tests and demonstrations. */
  readonly headless?: boolean;
  /** Ends the watching, as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** A line, or the end, ends the watching. */
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly env: Environment;
  readonly onProgress?: (rows: readonly ChecklistRow[]) => void;
}

/**
 * Ends on Enter, on the end of `stdin`, on `signal`, and when the window is closed or the browser ends; on each with
 * what was seen until then, the browser ended and its folder removed.
 * @throws WatchFault where the address is none, where there is no browser, or where it does not start
 */
export async function watch(options: WatchOptions): Promise<Recording> {
  const { href, origin } = addressIn(options.address);
  const end = endOf(options);
  const screen = startScreen(options.stdout);
  const fields = new Set<string>();
  let rows: readonly ChecklistRow[] = newChecklist();
  const show = (next: readonly ChecklistRow[]) => {
    rows = next;
    screen.update(rows);
    options.onProgress?.(rows);
  };
  try {
    if (end.signal.aborted) return { origin, exchanges: [] };
    const browser = await startBrowser(options.env, options.headless ?? false, end.signal);
    try {
      const traffic = recordTraffic(origin, browser.sessionOf, {
        onClick: (button) => show(withClick(rows, button)),
        onCall: ({ button, ...call }) => {
          if (call.method !== 'GET') show(withCall(rows, button, callLine(call, defaultProfile.basePath, fields)));
        },
        onPageError: (reason) =>
          screen.note(
            `The page cannot be opened: ${cleanLine(reason, 200)}. Check the address and the network, then load the page again in the window.`,
          ),
      });
      screen.begin(origin, rows);
      const ended = Promise.race([end.reached, browser.gone, traffic.lastPageClosed]);
      await Promise.race([ended, traffic.start(browser.session, href)]);
      await ended;
      return { origin, exchanges: await traffic.exchanges(browser.gone) };
    } finally {
      await browser.close();
    }
  } catch (error) {
    if (end.signal.aborted) return { origin, exchanges: [] };
    throw error;
  } finally {
    end.dispose();
    screen.end();
  }
}

/** What a person copies from the address bar may lack the scheme. `localhost:8080` is no URL of a scheme `localhost:`. */
function addressIn(text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new WatchFault(
    `${cleanLine(text, 200) || 'Nothing'} is no address of a portal. Copy it from the browser: https://miniapp.midtrans.com`,
  );
}

/** Enter, the end of the input, or the signal, whichever comes first. */
function endOf({ stdin, signal }: WatchOptions) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const onData = (data: unknown) => {
    if (/[\r\n]/.test(String(data))) stop();
  };
  const reached = new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()));
  if (signal?.aborted || !(stdin as { readable?: boolean }).readable) stop();
  signal?.addEventListener('abort', stop);
  stdin.on('data', onData).on('end', stop).on('close', stop).on('error', stop);
  stdin.resume();
  return {
    signal: controller.signal,
    reached,
    dispose() {
      signal?.removeEventListener('abort', stop);
      stdin.off('data', onData).off('end', stop).off('close', stop).off('error', stop);
      stdin.pause();
    },
  };
}
