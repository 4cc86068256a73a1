/** Inputs -> a Portal: the real one by its profile, or the built-in sandbox on loopback. */

import { existsSync, promises } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunContext } from '../action/context.ts';
import type { Inputs } from '../action/inputs.ts';
import type { EnvironmentVariables } from '../action/read-inputs.ts';
import type { RunDependencies } from '../dependencies.ts';
import type { Clock } from '../lib/clock.ts';
import { ReleaseError } from '../lib/errors.ts';
import { formatBytes } from '../lib/format.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, isInside, realPathToWrite } from '../lib/paths.ts';
import { keepSecret, type Redactor } from '../lib/redaction/redactor.ts';
import { USER_AGENT } from '../lib/user-agent.ts';
import type { Sandbox } from '../sandbox/server.ts';
import { createHttpPortal, type HttpPortalOptions } from './calls.ts';
import type { Call, Portal } from './port.ts';
import type { Profile } from './profile/profile.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface Connection {
  readonly portal: Portal;
  /** Reads the portal once more after the run's signal has aborted, with the current credential and without a login. */
  lastLook<T>(timeoutMs: number, look: (portal: Portal) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly profile: Profile;
  /** The version of the input or the event's tag, for a new sandbox. */
  readonly askedFor?: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly show: RunDependencies['show'];
  readonly onCall: (call: Call) => void;
  readonly requestTimeoutMs?: number;
  readonly exchange?: TransportOptions['exchange'];
  /** The environment of the process, by which the browser is found and started. */
  readonly environment: EnvironmentVariables;
}

/**
 * Opens the portal of the run. Whoever opens it closes it.
 * @throws {ReleaseError} `sandbox-invalid` where the sandbox cannot use its state file
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { inputs, profile, clock, signal, log, redactor } = options;
  const sandbox = inputs.portal.kind === 'sandbox' ? await openSandbox(options) : undefined;
  const origin = inputs.portal.kind === 'url' ? inputs.portal.origin : new URL(sandbox?.url ?? '');
  // The sandbox needs no credentials, so it gets none.
  const { session, login } = sandbox ? {} : inputs;
  let credential = session;
  const transportFor = (end: AbortSignal) =>
    createTransport({
      hosts: inputs.portalHosts,
      clock,
      signal: end,
      onProxyPassword: (password) => redactor.add(password, 'credential'),
      ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
      ...(options.exchange && { exchange: options.exchange }),
    });
  const common = {
    profile,
    origin,
    miniappId: inputs.miniappId,
    spaceId: inputs.spaceId,
    targetApp: inputs.targetApp,
    userAgent: USER_AGENT,
    clock,
    show: options.show,
    onCall: options.onCall,
    onCredential: (fresh: string) => {
      credential = fresh;
      keepSecret(fresh, log, redactor);
    },
    onUploadProgress: uploadProgress(clock, log),
    browserLogin: byBrowser(options, origin),
    sandbox: sandbox !== undefined,
  };
  const transport = transportFor(signal);
  const portal = createHttpPortal({ ...common, transport, credentials: { session, login }, signal });
  return {
    portal: sandbox ? withSandboxFaults(portal, sandbox) : portal,
    async lastLook(timeoutMs, look) {
      const end = AbortSignal.timeout(timeoutMs);
      const last = transportFor(end);
      try {
        return await look(
          createHttpPortal({ ...common, transport: last, credentials: { session: credential }, signal: end }),
        );
      } finally {
        last.close();
      }
    },
    async close() {
      transport.close();
      await sandbox?.close();
    },
  };
}

/** The login on the login page of the portal; undefined where the profile chooses the login call. */
function byBrowser(options: ConnectOptions, origin: URL): HttpPortalOptions['browserLogin'] {
  const { inputs, context, profile, signal, redactor, environment } = options;
  if (profile.login.by !== 'browser') return undefined;
  return async (account) => {
    const { logInByBrowser } = await import('./browser-login.ts');
    const redact = (text: string) => redactor.redact(text);
    const hosts = inputs.portalHosts;
    return logInByBrowser({ profile, origin, hosts, account, environment, tempDir: context.tempDir, signal, redact });
  };
}

async function openSandbox({ inputs, context, profile, log, askedFor }: ConnectOptions): Promise<Sandbox> {
  if (inputs.portal.kind !== 'sandbox') throw new TypeError('not a sandbox');
  const { options } = inputs.portal;
  const { startSandbox, SandboxInvalid } = await import('../sandbox/server.ts');
  const file = await sandboxFile(options.file, context);
  if (existsSync(file) && (options.versions.length > 0 || options.live || options.state)) {
    log.info('The sandbox continues with its state file. versions=, live= and state= apply to a new one only.');
  }
  try {
    return await startSandbox({
      file,
      rules: { review: options.review },
      ...(options.dialect && { dialect: profile }),
      seed: {
        appId: inputs.miniappId,
        spaceId: inputs.spaceId,
        versions: options.versions,
        ...(inputs.targetApp && { channelCode: inputs.targetApp }),
        ...(options.live && { live: options.live }),
        ...(options.state && { state: options.state }),
        ...(askedFor && { version: askedFor }),
      },
    });
  } catch (error) {
    if (error instanceof SandboxInvalid) throw new ReleaseError('sandbox-invalid', { found: error.message });
    throw error;
  }
}

/**
 * The path of the state file without symbolic links.
 * @throws {ReleaseError} `sandbox-invalid` where it is outside the workspace and RUNNER_TEMP
 */
async function sandboxFile(file: string | undefined, { workspace, tempDir }: RunContext): Promise<string> {
  if (file === undefined) return join(tempDir, 'gopay-miniapp-release-sandbox.json');
  try {
    const path = await realPathToWrite(resolve(workspace, file));
    for (const folder of [workspace, tempDir]) {
      if (isInside(path, await promises.realpath(folder).catch(() => resolve(folder)))) return path;
    }
  } catch (error) {
    throw new ReleaseError('sandbox-invalid', {
      found: `The folder of the sandbox file cannot be used (${errorCode(error)}).`,
      cause: error,
    });
  }
  throw new ReleaseError('sandbox-invalid', {
    found: 'The sandbox file lies outside the workspace and RUNNER_TEMP, by its path or by a symbolic link on the way.',
  });
}

/** A sandbox whose state file became unusable responds with 500; its own error says more than that. */
function withSandboxFaults(portal: Portal, sandbox: Sandbox): Portal {
  const guarded = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      try {
        return await call(...args);
      } catch (error) {
        if (sandbox.failure) throw new ReleaseError('sandbox-invalid', { found: sandbox.failure.message });
        throw error;
      }
    };
  };
  return {
    ...portal,
    listVersions: guarded(portal.listVersions),
    listReleases: guarded(portal.listReleases),
    findRelease: guarded(portal.findRelease),
    releaseHistory: guarded(portal.releaseHistory),
    write: guarded(portal.write),
  };
}

/** Logs the progress of an upload every ten seconds, so that a long one does not look stuck. */
function uploadProgress(clock: Clock, log: Log): (sentBytes: number, totalBytes: number) => void {
  let toldMs = clock.now();
  return (sentBytes, totalBytes) => {
    if (clock.now() - toldMs < 10_000) return;
    toldMs = clock.now();
    const percent = Math.floor((100 * sentBytes) / totalBytes);
    log.info(`  ${formatBytes(sentBytes)} of ${formatBytes(totalBytes)} sent (${percent}%)`);
  };
}
