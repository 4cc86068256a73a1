/** A portal on loopback for a scenario: the sandbox's server in this process, so that its journal can be read. */

import { type Sandbox, type ServerOptions, startSandbox } from '../../src/sandbox/server.ts';
import { COMMON, MINIAPP, SPACE, TARGET } from './action.ts';

export const COOKIE = 'SESSION=c0ffee-secret-session-4711';

export interface TestPortal extends Sandbox {
  /** The inputs that reach it. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The writes that the portal accepted, in their order: `setRatio 20`. */
  effects(): string[];
  /** The reads it answered, by operation. */
  reads(): Readonly<Record<string, number>>;
}

export type TestPortalOptions = Partial<Omit<ServerOptions, 'seed'>> & {
  readonly seed?: Partial<ServerOptions['seed']>;
};

/** Asks for the cookie `COOKIE` unless told otherwise; the administrator approves at once. */
export async function startPortal(options: TestPortalOptions = {}): Promise<TestPortal> {
  const sandbox = await startSandbox({
    rules: { review: { mode: 'approve', afterMs: 0 } },
    credentials: { cookie: COOKIE },
    ...options,
    seed: { appId: MINIAPP, spaceId: SPACE, channelCode: TARGET, ...options.seed },
  });
  return {
    get url() {
      return sandbox.url;
    },
    get failure() {
      return sandbox.failure;
    },
    read: sandbox.read,
    close: sandbox.close,
    inputs: { ...COMMON, 'portal-url': sandbox.url, 'portal-session': COOKIE },
    effects: () =>
      sandbox
        .read()
        .journal.filter(({ errorCode }) => errorCode === '')
        .map(({ operation, ratioPercent }) => (ratioPercent ? `${operation} ${ratioPercent}` : operation)),
    reads: () => sandbox.read().reads as Record<string, number>,
  };
}
