/** The Portal port over HTTP: sends each call with the current credential, and renews the session where it has ended. */

import type { Clock } from '../lib/clock.ts';
import { ReleaseError } from '../lib/errors.ts';
import type { WireBody } from '../net/exchange.ts';
import { multipart } from '../net/multipart.ts';
import { type Operation, operationRow } from '../release/lifecycle.ts';
import type { UploadSource } from '../release/release.ts';
import {
  apiAddress,
  type Codec,
  decodeCredential,
  decodeReceipt,
  decodeSuccess,
  encode,
  isCredential,
  loginRefusalIn,
  noCredential,
  packageTooLarge,
  type RequestBody,
  type SessionEnd,
  type Success,
  sessionEndIn,
  templateOf,
  withInferredNote,
  writeValues,
} from './codec.ts';
import { type CookieJar, createCookieJar } from './cookies.ts';
import { decodeHistory, decodeReleases, decodeVersions } from './lists.ts';
import type { Call, Page, Patience, Portal } from './port.ts';
import { foldsOf, isSupported } from './profile/profile.ts';
import type { Values } from './profile/template.ts';
import { ResponseError, type WireResponse } from './response.ts';
import { type Credential, createSession } from './session.ts';
import type { Transport } from './transport.ts';

interface Account {
  readonly username: string;
  readonly password: string;
}

export interface Credentials {
  /** The cookie header, or what the profile's credential takes. */
  readonly session?: string | undefined;
  readonly login?: Account | undefined;
}

export interface HttpPortalOptions extends Codec {
  readonly transport: Transport;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with each call as it ends, whether it succeeded or not. */
  readonly onCall: (call: Call) => void;
  /** Called with each new credential before it is first used. */
  readonly onCredential: (credential: string) => void;
  readonly onUploadProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Logs in on the portal's login page instead of by the login call; gives the cookie header. */
  readonly browserLogin?: ((account: Account) => Promise<string>) | undefined;
}

/** The portal at `origin` for one miniapp on one target app. */
export function createHttpPortal(options: HttpPortalOptions): Portal {
  const { profile } = options;
  const { call } = createCaller(options);
  const callList = (operation: Operation, values: Values, patience: Patience) =>
    call(operation, { page: 1, offset: 0, ...values, pageSize: profile.pageSize }, patience);
  /** The number of rows on the pages before; a portal may return fewer rows on a page than requested. */
  const rowsBefore = new Map<Operation, number>();
  async function readPage<T>(
    operation: Operation,
    page: number,
    patience: Patience,
    decode: (json: unknown) => Page<T>,
  ): Promise<Page<T>> {
    const offset = page === 1 ? 0 : (rowsBefore.get(operation) ?? 0);
    const { json } = await callList(operation, { page, offset }, patience);
    const read = decode(json);
    rowsBefore.set(operation, offset + (read.rows ?? read.items.length));
    return read;
  }
  return {
    whitelistBatch: profile.whitelistBatch,
    folds: foldsOf(profile),
    supports: (operation) => isSupported(profile, operation),
    listVersions: (page, patience = 'retry') =>
      readPage('listVersions', page, patience, (json) => decodeVersions(options, json)),
    listReleases: (page, patience = 'retry') =>
      readPage('listReleases', page, patience, (json) => decodeReleases(options, 'listReleases', json)),
    async findRelease(version, patience = 'retry') {
      const { json } = await callList('findRelease', { version }, patience);
      return decodeReleases(options, 'findRelease', json).items.filter((release) => release.version === version);
    },
    async releaseHistory({ version, publishId }, patience = 'retry') {
      const values = { version, ...(publishId !== undefined && { publishId }) };
      const { json } = await callList('releaseHistory', values, patience);
      return decodeHistory(options, json).items;
    },
    async write(operation, fields) {
      const values = writeValues(options, operation, fields);
      const success = await call(operation, values, 'once', fields.package);
      return decodeReceipt(options, operation, success, values);
    },
  };
}

interface Caller {
  /** Makes a call and gives the content of its response. */
  call(operation: Operation, values: Values, patience: Patience, source?: UploadSource): Promise<Success>;
}

/** Makes calls with the credential of the run; keeps the session and the cookies. */
function createCaller(options: HttpPortalOptions): Caller {
  const { login } = options.credentials;
  const jar = options.profile.credential.in === 'cookie' ? openJar(options) : undefined;
  const session = createSession({
    given: options.credentials.session,
    login: login && (() => logIn(login)),
    clock: options.clock,
    signal: options.signal,
  });
  /** The portal accepted a call of this run. */
  let hasWorked = false;

  async function logIn(account: Account): Promise<string> {
    const { browserLogin } = options;
    if (!browserLogin) return callLogin(account);
    const credential = await recorded(options, 'login', () => browserLogin(account));
    options.onCredential(credential);
    jar?.restart(credential);
    return credential;
  }

  async function callLogin(account: Account): Promise<string> {
    templateOf(options, 'login');
    const sent = recorded(options, 'login', () => send('login', { ...account }, undefined, 'once'));
    const response = await sent.catch(asResponse);
    const refusal = loginRefusalIn(options, response);
    if (refusal) throw refusal;
    if (response instanceof ResponseError) throw response;
    return credentialIn(decodeSuccess(options, 'login', response).json);
  }

  /** The credential that an accepted login gave: the cookies, which the jar has by now, or a value of the response. */
  function credentialIn(json: unknown): string {
    if (jar) {
      const api = apiAddress(options);
      const cookies = jar.header(api);
      if (!isCredential(cookies)) throw noCredential(`set no cookie for ${api.pathname}`);
      return cookies;
    }
    const credential = decodeCredential(options, json);
    options.onCredential(credential);
    return credential;
  }

  async function send(
    operation: Operation,
    values: Values,
    credential: Credential | undefined,
    patience: Patience,
    source?: UploadSource,
  ): Promise<WireResponse> {
    const { body, ...request } = encode(options, operation, values, credential?.value);
    const bytes = body && bytesOf(body, source, options.onUploadProgress);
    const { access } = operationRow(operation);
    return options.transport.send({
      ...request,
      label: operation,
      access,
      patience,
      ...(bytes && { body: bytes }),
      ...(jar && { cookies: jar }),
    });
  }

  /** Sends the call; where the session has ended, renews it once and sends a read again. */
  async function attempt(operation: Operation, values: Values, patience: Patience, source?: UploadSource) {
    for (let renewed = false; ; renewed = true) {
      const used = await session.credential(patience);
      const response = await send(operation, values, used, patience, source).catch(asResponse);
      if (response.status === 413 && source) throw packageTooLarge(options, operation, source, response);
      const end = sessionEndIn(options, operation, response, hasWorked);
      if (!end) {
        const success = decodeSuccess(options, operation, response);
        session.worked(used);
        hasWorked = true;
        return success;
      }
      const isNewSession = !renewed && (await renew(end, used, patience));
      if (!isNewSession) throw endedSession(operation, end);
      if (operationRow(operation).access === 'write') throw writeBeforeRenewal(end);
    }
  }

  function renew({ page }: SessionEnd, used: Credential | undefined, patience: Patience): Promise<boolean> {
    return page ? session.renewAfterPage(used, page.isLogin, patience) : session.renew(used, patience);
  }

  /** The error where there is no new session. A page is blamed on the session only where it is sure to be the login. */
  function endedSession(operation: Operation, { found, traceId, page }: SessionEnd): ReleaseError {
    if (page && (login || !page.isLogin)) return withInferredNote(options, operation, page.error);
    return new ReleaseError('portal-unauthorized', { found, traceId, ...(!login && { todo: RENEW_SESSION }) });
  }

  return {
    async call(operation, values, patience, source) {
      templateOf(options, operation);
      const act = () => attempt(operation, values, patience, source);
      return recorded(options, operation, act, (success) => success.traceId);
    },
  };
}

/** A step without a password cannot log in again. */
const RENEW_SESSION =
  'The session has ended or was never valid. Log in to the portal by hand and store the new cookie header in the secret behind portal-session, or give portal-username and portal-password, with which a step logs in by itself.';

/**
 * The error of a write that met the end of the session, which is renewed by now. The portal is read again before the
 * write is repeated (promise 1), even where the response to it was the login page.
 */
function writeBeforeRenewal({ found, traceId, page }: SessionEnd): ReleaseError {
  const effect = page ? 'unknown' : 'none';
  return new ReleaseError('portal-unauthorized', { found, traceId, effect, transient: true, retryAfterMs: 0 });
}

interface RestartableJar extends CookieJar {
  /** Forgets all cookies, and starts with those of a Cookie header. */
  restart(header: string): void;
}

/**
 * The cookies of the session. Each new cookie is made known as a secret, and after it the whole header, which is then
 * the current credential.
 */
function openJar(options: HttpPortalOptions): RestartableJar {
  const { origin, profile, clock, onCredential } = options;
  const api = apiAddress(options);
  const fresh: string[] = [];
  const open = (given: string | undefined) =>
    createCookieJar({
      given,
      origin,
      defaultPath: profile.basePath || '/',
      now: clock.now,
      onCookie: (pair) => fresh.push(pair),
    });
  let cookies = open(options.credentials.session);
  return {
    header: (url) => cookies.header(url),
    keep(url, setCookies) {
      cookies.keep(url, setCookies);
      const header = cookies.header(api);
      const secrets = fresh.splice(0);
      for (const one of secrets.length > 0 && header ? [...secrets, header] : secrets) onCredential(one);
    },
    restart(header) {
      cookies = open(header);
    },
  };
}

/** Runs a call and reports it as it ends, whether it succeeded or not. */
async function recorded<T>(
  { clock, onCall }: HttpPortalOptions,
  operation: Operation,
  act: () => Promise<T>,
  traceIdOf?: (result: T) => string | undefined,
): Promise<T> {
  const startedAtMs = clock.now();
  const record = (ok: boolean, traceId?: string) =>
    onCall({ operation, startedAtMs, tookMs: clock.now() - startedAtMs, ok, ...(traceId && { traceId }) });
  try {
    const result = await act();
    record(true, traceIdOf?.(result));
    return result;
  } catch (error) {
    record(false, error instanceof ReleaseError ? error.traceId : undefined);
    throw error;
  }
}

/** The bytes of a body; a form needs the package. */
function bytesOf(
  body: RequestBody,
  source: UploadSource | undefined,
  onProgress: HttpPortalOptions['onUploadProgress'],
): WireBody | undefined {
  if (body.kind === 'form') return source && multipart(body.fields, body.file, source, onProgress);
  const isJson = body.kind === 'json';
  const bytes = Buffer.from(isJson ? JSON.stringify(body.value) : new URLSearchParams([...body.fields]).toString());
  return {
    contentType: isJson ? 'application/json' : 'application/x-www-form-urlencoded',
    lengthBytes: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** A response that is an error to the transport, as a value: its content may still say what happened. */
function asResponse(error: unknown): ResponseError {
  if (error instanceof ResponseError) return error;
  throw error;
}
