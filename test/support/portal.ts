/** A portal on loopback for a scenario: the sandbox's server in this process, so that its journal can be read. */

import {
  type OpenSandbox,
  openSandbox,
  type Sandbox,
  type ServerOptions,
  startSandbox,
} from '../../src/sandbox/server.ts';
import { COMMON, MINIAPP, SPACE, TARGET } from './action.ts';

export const COOKIE = 'SESSION=c0ffee-secret-session-4711';

interface Journalled {
  /** The inputs that reach it. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The writes that the portal accepted, in their order: `setRatio 20`. */
  effects(): string[];
  /** The reads it answered, by operation. */
  reads(): Readonly<Record<string, number>>;
}

export interface TestPortal extends Sandbox, Journalled {}

/** A portal that no socket leads to: a fault link hands it the requests. */
export interface InProcessPortal extends OpenSandbox, Journalled {
  close(): Promise<void>;
}

export type TestPortalOptions = Partial<Omit<ServerOptions, 'seed'>> & {
  readonly seed?: Partial<ServerOptions['seed']>;
};

/** Asks for the cookie `COOKIE` unless told otherwise; the administrator approves at once. */
export async function startPortal(options: TestPortalOptions = {}): Promise<TestPortal> {
  const sandbox = await startSandbox(sandboxOptions(options));
  return {
    get url() {
      return sandbox.url;
    },
    get failure() {
      return sandbox.failure;
    },
    close: sandbox.close,
    ...journalled(sandbox, sandbox.url),
  };
}

/** As startPortal, without the server. */
export async function openPortal(options: TestPortalOptions = {}): Promise<InProcessPortal> {
  const sandbox = await openSandbox(sandboxOptions(options));
  return { handle: sandbox.handle, close: async () => {}, ...journalled(sandbox, IN_PROCESS_URL) };
}

/** Nothing listens there: a request that leaves the process fails. */
export const IN_PROCESS_URL = 'http://127.0.0.1:9';

function sandboxOptions(options: TestPortalOptions): ServerOptions {
  return {
    rules: { review: { mode: 'approve', afterMs: 0 } },
    credentials: { cookie: COOKIE },
    ...options,
    seed: { appId: MINIAPP, spaceId: SPACE, channelCode: TARGET, ...options.seed },
  };
}

function journalled({ read }: Pick<Sandbox, 'read'>, url: string): Journalled & Pick<Sandbox, 'read'> {
  return {
    read,
    inputs: { ...COMMON, 'portal-url': url, 'portal-session': COOKIE },
    effects: () =>
      read()
        .journal.filter(({ errorCode }) => errorCode === '')
        .map(({ operation, ratioPercent }) => (ratioPercent ? `${operation} ${ratioPercent}` : operation)),
    reads: () => read().reads as Record<string, number>,
  };
}
