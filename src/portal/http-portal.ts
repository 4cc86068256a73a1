/** Profile + transport -> Portal: builds each request from the profile, and reads each answer by it. */

import type { Clock } from '../lib/clock.ts';
import { ReleaseError } from '../lib/errors.ts';
import { at } from '../lib/json-places.ts';
import type { WireBody } from '../net/exchange.ts';
import { multipart } from '../net/multipart.ts';
import { type Operation, operationRow, type WriteOperation } from '../release/lifecycle.ts';
import { createCookieJar } from './cookies.ts';
import type {
  Call,
  HistoryItem,
  Page,
  Patience,
  Portal,
  Release,
  Unreadable,
  UploadSource,
  Version,
  WriteFields,
} from './port.ts';
import { type CallTemplate, defaultProfile, type Profile } from './profile/profile.ts';
import { fill, fillPath, fillText, type Values } from './profile/template.ts';
import { type Credential, createSession } from './session.ts';
import { type OtherPage, ResponseError, type Transport, type WireResponse } from './transport.ts';

export interface Credentials {
  /** The cookie header, or what the profile's credential takes. */
  readonly session?: string | undefined;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

export interface HttpPortalOptions {
  readonly profile: Profile;
  readonly transport: Transport;
  readonly origin: URL;
  readonly miniappId: string;
  readonly spaceId: string;
  readonly targetApp: string;
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Untrusted text as it may stand in a message: redacted, one line, bounded. Data is kept as it came. */
  readonly show: (untrusted: string) => string;
  readonly onCall: (call: Call) => void;
  /** A new credential, before it is first used. */
  readonly onCredential: (credential: string) => void;
  readonly onUploadProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Logs in otherwise than by the profile's login call; gives the cookie header. */
  readonly browserLogin?: ((login: { username: string; password: string }) => Promise<string>) | undefined;
  /** The built-in sandbox: its calls are all its own, none is a guess. */
  readonly sandbox: boolean;
}

/** HTTP statuses by which a portal says that it does not know the call. */
const UNKNOWN_CALL: readonly number[] = [404, 405, 501];

interface Answer {
  readonly json: unknown;
  readonly traceId: string | undefined;
}

/** A response that shows that the session has ended; a page in its place only makes it likely. */
interface SessionEnd {
  readonly found: string;
  readonly traceId: string | undefined;
  readonly page?: { readonly isLogin: boolean };
}

export function createHttpPortal(options: HttpPortalOptions): Portal {
  const { profile, clock, origin } = options;
  const { login } = options.credentials;
  const api = new URL(`${profile.basePath}/`, origin);
  const jar = profile.credential.in === 'cookie' ? openJar() : undefined;
  const session = createSession({
    given: options.credentials.session,
    login: login && (() => logIn(login)),
    clock,
    signal: options.signal,
  });
  /** The portal accepted a call of this run. */
  let hasWorked = false;
  const ids: Values = { appId: options.miniappId, spaceId: options.spaceId, channelCode: options.targetApp };

  /** A jar that makes each new cookie known as a secret, and then the whole header as the credential of now. */
  function openJar() {
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
      header: (url: URL) => cookies.header(url),
      keep(url: URL, setCookies: readonly string[]) {
        cookies.keep(url, setCookies);
        const header = cookies.header(api);
        const known = fresh.splice(0);
        for (const one of known.length > 0 && header ? [...known, header] : known) options.onCredential(one);
      },
      restart(header: string) {
        cookies = open(header);
      },
    };
  }

  async function logIn(account: { username: string; password: string }): Promise<string> {
    const { browserLogin } = options;
    if (!browserLogin) return callLogin(account);
    const credential = await recorded('login', () => browserLogin(account));
    options.onCredential(credential);
    jar?.restart(credential);
    return credential;
  }

  async function callLogin(account: { username: string; password: string }): Promise<string> {
    const spelling = spellingOf('login');
    const sent = recorded('login', () => send('login', spelling, { ...ids, ...account }, undefined, 'once'));
    // The portal's own word counts, whatever the HTTP status: a password that it refused is never sent again.
    const wire = await sent.catch(asResponse);
    const { success, errorCode, errorMessage } = profile.envelope;
    const hasEnvelope = [success.at, errorCode, errorMessage].some((place) => (at(wire.json, place) ?? null) !== null);
    const isAccepted = at(wire.json, success.at) === success.equals;
    if (isNotLoggedIn(wire) || (hasEnvelope && !isAccepted)) {
      const { note } = notesOn('login', spelling);
      throw new ReleaseError('portal-unauthorized', {
        found: `The login was refused: ${reasonIn(wire) || `HTTP ${wire.status}`}.${note}`,
        todo: `Check portal-username and portal-password; the password is not tried again, so that the account is not locked.${note && ' Where they are right, log in by the browser or give portal-session (docs/first-day.md).'}`,
        traceId: shownAt(wire.json, profile.envelope.traceId),
      });
    }
    if (wire instanceof ResponseError) throw wire;
    readEnvelope('login', spelling, wire);
    return credentialIn(wire.json, spelling);
  }

  /** What a login gave: cookies, which the jar has by now, or the value at one of the answer's places. */
  function credentialIn(json: unknown, spelling: CallTemplate): string {
    const values = jar ? [jar.header(api)] : (spelling.answer ?? []).map((place) => at(json, place));
    const credential = values.find(
      (value): value is string => typeof value === 'string' && /^[\x21-\x7e][\x20-\x7e\x80-\xff]*$/.test(value),
    );
    if (credential === undefined) {
      const what = jar
        ? `set no cookie for ${api.pathname}`
        : `has no value at ${(spelling.answer ?? []).join(' or ')}`;
      throw new ReleaseError('portal-unexpected', { found: `The login was accepted but its answer ${what}.` });
    }
    if (!jar) options.onCredential(credential);
    return credential;
  }

  function spellingOf(operation: Operation): CallTemplate {
    const spelling = profile.operations[operation];
    if (!spelling) {
      throw new ReleaseError('portal-unexpected', {
        found: `The profile ${profile.name} does not speak ${operation}.`,
      });
    }
    return spelling;
  }

  async function send(
    operation: Operation,
    spelling: CallTemplate,
    values: Values,
    credential: Credential | undefined,
    patience: Patience,
    source?: UploadSource,
  ): Promise<WireResponse> {
    const path = profile.basePath + fillPath(spelling.path, values);
    const url = new URL(path, options.origin);
    const leaves = url.origin !== options.origin.origin || !url.pathname.startsWith(profile.basePath);
    if (leaves || DOT_SEGMENT.test(path)) {
      throw new ReleaseError('profile-invalid', { found: `The path of ${operation} leads away from the base path.` });
    }
    for (const [name, template] of Object.entries(spelling.query ?? {})) {
      url.searchParams.append(name, fillText(template, values));
    }
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': options.userAgent };
    for (const [name, template] of Object.entries(profile.headers)) {
      headers[name.toLowerCase()] = fillText(template, { ...ids, origin: options.origin.origin });
    }
    const { credential: place } = profile;
    if (credential !== undefined && place.in !== 'cookie' && place.name !== undefined) {
      const value = fillText(place.value ?? '{credential}', { credential: credential.value });
      if (place.in === 'query') url.searchParams.append(place.name, value);
      else headers[place.name.toLowerCase()] = value;
    }
    const body = bodyOf(spelling, values, source, options.onUploadProgress);
    const { access } = operationRow(operation);
    return options.transport.send({
      label: operation,
      access,
      patience,
      method: spelling.method,
      url,
      headers,
      ...(body && { body }),
      ...(jar && { cookies: jar }),
    });
  }

  /** Tells the report of a call as it ends, whichever way. */
  async function recorded<T>(operation: Operation, act: () => Promise<T>, traceOf?: (result: T) => string | undefined) {
    const startedAtMs = clock.now();
    const tell = (ok: boolean, traceId?: string) =>
      options.onCall({ operation, startedAtMs, tookMs: clock.now() - startedAtMs, ok, ...(traceId && { traceId }) });
    try {
      const result = await act();
      tell(true, traceOf?.(result));
      return result;
    } catch (error) {
      tell(false, error instanceof ReleaseError ? error.traceId : undefined);
      throw error;
    }
  }

  function call(operation: Operation, values: Values, patience: Patience, source?: UploadSource): Promise<Answer> {
    const spelling = spellingOf(operation);
    const attempt = async (): Promise<Answer> => {
      for (let renewed = false; ; renewed = true) {
        const used = await session.credential(patience);
        const wire = await send(operation, spelling, { ...ids, ...values }, used, patience, source).catch(asResponse);
        if (wire.status === 413 && source) throw packageTooLarge(source, shownAt(wire.json, profile.envelope.traceId));
        const end = endOfSession(operation, wire);
        if (!end) {
          if (wire instanceof ResponseError) throw withGuess(operation, spelling, wire);
          const answer = readEnvelope(operation, spelling, wire);
          session.worked(used);
          hasWorked = true;
          return answer;
        }
        const { found, traceId, page } = end;
        const isNewSession = !renewed && (await renew(end, used, patience));
        if (!isNewSession && page && (login || !page.isLogin)) throw withGuess(operation, spelling, wire);
        if (!isNewSession) throw new ReleaseError('portal-unauthorized', { found, traceId });
        // A write is not sent again before a look (promise 1), not even one that a login page answered.
        if (operationRow(operation).access === 'write') {
          const effect = page ? 'unknown' : 'none';
          throw new ReleaseError('portal-unauthorized', { found, traceId, effect, passing: true, retryAfterMs: 0 });
        }
      }
    };
    return recorded(operation, attempt, (answer) => answer.traceId);
  }

  function renew({ page }: SessionEnd, used: Credential | undefined, patience: Patience): Promise<boolean> {
    return page ? session.renewAfterPage(used, page.isLogin, patience) : session.renew(used, patience);
  }

  /** Whether a response shows, or may show, that the session has ended. */
  function endOfSession(operation: Operation, wire: WireResponse | ResponseError): SessionEnd | undefined {
    if (isNotLoggedIn(wire)) {
      const found = `${operation}: ${reasonIn(wire) || 'not logged in'}.`;
      return { found, traceId: textAt(wire.json, profile.envelope.traceId) };
    }
    if (!(wire instanceof ResponseError) || !wire.page) return undefined;
    const isLogin = isLoginPage(wire.page);
    const found = `${wire.found}${isLogin ? ' It is the login page: the session has ended.' : ''}`;
    return { found, traceId: undefined, page: { isLogin } };
  }

  function isLoginPage(page: OtherPage): boolean {
    const { redirectsTo, pageContains } = { ...defaultProfile.envelope.notLoggedIn, ...profile.envelope.notLoggedIn };
    if ('html' in page) return pageContains?.some((part) => squashed(page.html).includes(squashed(part))) ?? false;
    if (!URL.canParse(page.location, api.href)) return false;
    const { host, pathname, hash } = new URL(page.location, api);
    const here = pathname + hash;
    const isHere = host === api.host;
    if (isHere && [profile.login.page].flat().includes(here)) return true;
    // Before anything worked, a redirect to another host may as well be a wrong portal-url.
    if (!isHere && !hasWorked) return false;
    const shown = (isHere ? here : host + here).toLowerCase();
    return redirectsTo?.some((part) => shown.includes(part.toLowerCase())) ?? false;
  }

  /** What a failed call says besides where nobody has published it: a guess, and where to correct it. */
  function notesOn(operation: Operation, { mark }: CallTemplate): { note: string; todo?: string } {
    if (mark !== 'inferred' || options.sandbox) return { note: '' };
    return {
      note: ` The call ${operation} is inferred, not published by the vendor.`,
      todo: 'Correct it in a portal profile, from a recording of your own portal (docs/portal.md).',
    };
  }

  /** A web server's own page is how many a portal answers a call that it does not know. */
  function withGuess(operation: Operation, spelling: CallTemplate, error: unknown): unknown {
    const { note, todo } = notesOn(operation, spelling);
    if (!(error instanceof ReleaseError) || error.code !== 'portal-unexpected' || error.passing || !todo) return error;
    const { code, traceId, effect, cause } = error;
    return new ReleaseError(code, { found: error.found + note, todo, traceId, effect, cause });
  }

  function readEnvelope(operation: Operation, spelling: CallTemplate, wire: WireResponse): Answer {
    const { envelope, refusals } = profile;
    const traceId = shownAt(wire.json, envelope.traceId);
    const success = at(wire.json, envelope.success.at);
    const notes = notesOn(operation, spelling);
    if (wire.status < 400 && success === envelope.success.equals) return { json: wire.json, traceId };
    const code = textAt(wire.json, envelope.errorCode) ?? '';
    const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
    // A firewall answers 405 with a page of its own; a portal that does not know the call has nothing to show.
    const isFirewall = wire.status === 405 && wire.isHtml;
    const isUnknownCall = !refusal && !isFirewall && UNKNOWN_CALL.includes(wire.status);
    if (isFirewall) {
      throw new ReleaseError('portal-unexpected', {
        found: `${operation} (${spelling.method} ${profile.basePath}${spelling.path}) got 405 with an HTML page: a firewall before the portal blocked the request.`,
        todo: 'Ask whoever runs the portal to let requests from this runner through, or run the step where the portal may be reached.',
        effect: 'unknown',
      });
    }
    if (success === undefined || isUnknownCall) {
      const shape = isUnknownCall ? 'says that it does not know the call' : `has no ${envelope.success.at}`;
      throw new ReleaseError('portal-unexpected', {
        found: `${operation} (${spelling.method} ${profile.basePath}${spelling.path}) answered ${wire.status}; the answer ${shape}.${notes.note}`,
        ...(notes.todo && { todo: notes.todo }),
        traceId,
        effect: success === undefined ? 'unknown' : 'none',
      });
    }
    throw new ReleaseError('portal-refused', {
      found: `${operation}: ${reasonIn(wire) || 'no reason given'}.${refusal ? '' : notes.note}`,
      ...(notes.todo && !refusal && { todo: notes.todo }),
      traceId,
      refusal,
      // A code that the profile does not map may stand for anything: SYSTEM_ERROR comes after the effect, too.
      effect: refusal ? 'none' : 'unlikely',
    });
  }

  function isNotLoggedIn(wire: WireResponse | ResponseError): boolean {
    const { envelope } = profile;
    const { httpStatuses, errorCodes, messageContains, present } = envelope.notLoggedIn;
    const message = (textAt(wire.json, envelope.errorMessage) ?? '').toLowerCase();
    return (
      httpStatuses.includes(wire.status) ||
      errorCodes.includes(textAt(wire.json, envelope.errorCode) ?? '') ||
      messageContains.some((part) => message.includes(part.toLowerCase())) ||
      present.some((place) => at(wire.json, place) !== undefined && at(wire.json, place) !== null)
    );
  }

  function reasonIn(wire: WireResponse | ResponseError): string {
    const code = shownAt(wire.json, profile.envelope.errorCode);
    const message = shownAt(wire.json, profile.envelope.errorMessage);
    return [code, message].filter(Boolean).join(', ');
  }

  /** Text of a response, for a message. */
  function shownAt(json: unknown, place: string | undefined): string | undefined {
    return options.show(textAt(json, place) ?? '') || undefined;
  }

  /** A list, one item in its place, or nothing where there is nothing to list. `versionAt`: where an item has its own. */
  function listOf(operation: Operation, spelling: CallTemplate, json: unknown): readonly unknown[] {
    const versionAt = (operation === 'listVersions' ? profile.version : profile.release).version.at;
    const values = (spelling.answer ?? []).map((place) => at(json, place));
    for (const value of values) {
      if (Array.isArray(value)) return value;
      if (value === null) return [];
    }
    const item = values.find((value) => (at(value, versionAt) ?? null) !== null);
    if (item !== undefined && operation !== 'releaseHistory') return [item];
    if ((spelling.answer ?? []).every((place) => holdsNothing(json, place.split('.')))) return [];
    throw unexpected(operation, `has no list at ${(spelling.answer ?? []).join(' or ')}`);
  }

  async function list<T>(
    operation: 'listVersions' | 'listReleases' | 'findRelease' | 'releaseHistory',
    values: Values,
    patience: Patience,
    read: (item: unknown, index: number) => T,
  ): Promise<Page<T>> {
    const { json } = await call(operation, { ...values, pageSize: profile.pageSize }, patience);
    const spelling = spellingOf(operation);
    const rows = listOf(operation, spelling, json);
    const total = (spelling.total ?? []).map((place) => numberAt(json, place)).find((count) => count !== undefined);
    return {
      items: rows
        .map((row, index) => ({ row, index }))
        .filter(({ row }) => isOurs(row))
        .map(({ row, index }) => read(row, index)),
      rows: rows.length,
      last: rows.length === 0,
      full: rows.length >= profile.pageSize,
      ...(total !== undefined && { total }),
    };
  }

  /** Whether a row is not said to be another target app's or miniapp's. Such a row is none of our business. */
  function isOurs(row: unknown): boolean {
    const { targetApp, miniapp } = profile.release;
    const names = (place: string | undefined, ours: string) => {
      const theirs = textAt(row, place);
      return theirs === undefined || ours === '' || theirs.toLowerCase() === ours.toLowerCase();
    };
    return names(targetApp?.at, options.targetApp) && names(miniapp?.at, options.miniappId);
  }

  function unexpected(operation: Operation, what: string): ReleaseError {
    const { note, todo } = notesOn(operation, spellingOf(operation));
    return new ReleaseError('portal-unexpected', {
      found: `The answer to ${operation} ${what}.${note}`,
      ...(todo && { todo }),
    });
  }

  /** A portal that lists no artifacts of a version takes the path that its upload call is known to give. */
  function artifactsOf(operation: WriteOperation, { version, artifacts }: WriteFields): Values {
    if (!artifacts) return {};
    const known = profile.operations.uploadPackage?.otherwise;
    const paths =
      artifacts.length > 0 || operation !== 'createRelease' || known === undefined
        ? artifacts
        : [fillText(known, { ...ids, version })];
    return { artifacts: paths, artifact: paths[0] ?? '' };
  }

  const readRelease =
    (operation: Operation) =>
    (item: unknown, index: number): Release => {
      const { release } = profile;
      const version = textAt(item, release.version.at);
      const status = textAt(item, release.status.at);
      if (!version || !status) {
        const [key, { at: place }] = version
          ? (['status', release.status] as const)
          : (['version', release.version] as const);
        throw unexpected(
          operation,
          `has no ${place} in item ${index + 1} (found ${options.show(jsonAt(item, place))}; profile key release.${key})`,
        );
      }
      const publishId = textAt(item, release.publishId?.at);
      const comment = textAt(item, release.comment?.at);
      const whitelistCount = numberAt(item, release.whitelistCount?.at);
      const modifiedAtMs = numberAt(item, release.modifiedAt?.at);
      const ratio = ratioAt(item, release.ratio?.at);
      return {
        version,
        state: Object.hasOwn(profile.statuses, status) ? (profile.statuses[status]?.state ?? 'unknown') : 'unknown',
        portalStatus: status,
        ...(typeof ratio === 'number' && { ratioPercent: ratio }),
        ...(typeof ratio === 'object' && { unreadableRatio: ratio }),
        ...(publishId && /^[\w-]{1,64}$/.test(publishId) && { publishId }),
        ...(comment && { comment }),
        ...(whitelistCount !== undefined && { whitelistCount }),
        ...(modifiedAtMs !== undefined && { modifiedAtMs }),
      };
    };

  return {
    whitelistBatch: profile.whitelistBatch,
    speaks: (operation) => profile.operations[operation] !== undefined,
    listVersions: (page, patience = 'retry') =>
      list('listVersions', { page }, patience, (item, index): Version => {
        const { at: place } = profile.version.version;
        const version = textAt(item, place);
        if (!version) {
          throw unexpected(
            'listVersions',
            `has no ${place} in item ${index + 1} (found ${options.show(jsonAt(item, place))}; profile key version.version)`,
          );
        }
        return { version, ...artifactsAt(item, profile.version.artifacts.at) };
      }),
    listReleases: (page, patience = 'retry') => list('listReleases', { page }, patience, readRelease('listReleases')),
    async findRelease(version, patience = 'retry') {
      const page = await list('findRelease', { version, page: 1 }, patience, readRelease('findRelease'));
      return page.items.filter((release) => release.version === version);
    },
    async releaseHistory(version, patience = 'retry') {
      const page = await list('releaseHistory', { version, page: 1 }, patience, (item): HistoryItem => {
        const text = (name: keyof HistoryItem) => textAt(item, profile.history[name]?.at) ?? '';
        return { type: text('type'), operator: text('operator'), time: text('time'), comment: text('comment') };
      });
      return page.items;
    },
    async write(operation: WriteOperation, fields) {
      const values: Values = {
        version: fields.version,
        releaseNotes: fields.releaseNotes ?? '',
        ...artifactsOf(operation, fields),
        ...(fields.userIds && { userIds: fields.userIds }),
        ...(fields.ratioPercent !== undefined && { ratio: fields.ratioPercent }),
      };
      const { json, traceId } = await call(operation, values, 'once', fields.package);
      const spelling = spellingOf(operation);
      const artifact = (spelling.answer ?? [])
        .map((place) => at(json, place))
        .find((value) => typeof value === 'string');
      const path = artifact ?? (spelling.otherwise && fillText(spelling.otherwise, { ...ids, ...values }));
      return { ...(traceId && { traceId }), ...(path && { artifacts: [String(path)] }) };
    },
  };
}

/** What a URL's reader takes for "here" or "up", however it is encoded (WHATWG URL, 4.4). */
const DOT_SEGMENT = /(^|[\\/])(\.|%2e){1,2}([\\/]|$)/i;

function bodyOf(
  spelling: CallTemplate,
  values: Values,
  source: UploadSource | undefined,
  onProgress: HttpPortalOptions['onUploadProgress'],
): WireBody | undefined {
  if (spelling.file && source) {
    const form = Object.entries(spelling.form ?? {}).map(([name, text]) => [name, fillText(text, values)] as const);
    return multipart(form, { ...spelling.file, name: fillText(spelling.file.name, values) }, source, onProgress);
  }
  if (!spelling.body) return undefined;
  const bytes = Buffer.from(JSON.stringify(fill(spelling.body, values)));
  return {
    contentType: 'application/json',
    lengthBytes: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** HTTP 413, with an envelope, a web server's page or nothing: the limit may be the portal's or that of a proxy. */
function packageTooLarge({ sizeBytes }: UploadSource, traceId: string | undefined): ReleaseError {
  return new ReleaseError('portal-refused', {
    found: `The package is too large for the portal: it has ${(sizeBytes / 1e6).toFixed(1)} MB (${sizeBytes} bytes), and uploadPackage ended with HTTP 413.`,
    todo: 'Make the build smaller (source maps, images, unused files), or ask for a higher limit at the portal or the proxy before it.',
    traceId,
  });
}

/** Text of a response as it came; undefined where there is none. */
function textAt(json: unknown, place: string | undefined): string | undefined {
  const value = place === undefined ? undefined : at(json, place);
  return typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
}

/** A response that is an error to the transport, as a value: what it says may still count. */
function asResponse(error: unknown): ResponseError {
  if (error instanceof ResponseError) return error;
  throw error;
}

/** Lower case, without quotes and white space: `<input type = 'password'>` and `type=password` are alike. */
function squashed(text: string): string {
  return text.toLowerCase().replace(/["'\s]+/g, '');
}

/**
 * Whether a response holds nothing at a place, and nothing beside it that could be the list: the last part of the way
 * there is absent, null, empty, or an object that counts none.
 */
function holdsNothing(value: unknown, [name, ...rest]: readonly string[], isTop = true): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const next = name === undefined ? undefined : at(value, name);
  if (next !== undefined) return holdsNothing(next, rest, false);
  const parts = Object.entries(value);
  const isFlat = parts.every(([, part]) => typeof part !== 'object' || part === null || Object.keys(part).length === 0);
  const counts = parts.filter(([key]) => /total|count/i.test(key)).map(([, count]) => Number(count));
  const countsNone = counts.length > 0 && counts.every((count) => count === 0);
  return isFlat && (isTop || parts.length === 0 || countsNone);
}

/** A whole number that may come as a number or as digits. */
function numberAt(json: unknown, place: string | undefined): number | undefined {
  const value = place === undefined ? undefined : at(json, place);
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A whole percentage as a number or as digits; what is there and is none; undefined where nothing is there. */
function ratioAt(json: unknown, place: string | undefined): number | Unreadable | undefined {
  const value = place === undefined ? undefined : at(json, place);
  if (place === undefined || value === undefined || value === null) return undefined;
  const percent = numberAt(json, place);
  if (percent !== undefined && percent <= 100) return percent;
  return { profileKey: 'release.ratio', field: place, value: jsonAt(json, place) };
}

/** Paths as the portal wants them back: unchanged, so neither redacted nor cleaned; never shown. */
function artifactsAt(item: unknown, place: string): Pick<Version, 'artifacts' | 'unreadableArtifacts'> {
  const value = at(item, place);
  const given = (Array.isArray(value) ? value : [value]).filter((path) => !isNothing(path));
  const artifacts = given.filter((path) => typeof path === 'string');
  if (artifacts.length === given.length) return { artifacts };
  return {
    artifacts: [],
    unreadableArtifacts: { profileKey: 'version.artifacts', field: place, value: jsonAt(item, place) },
  };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** The value at a place as JSON, bounded; `nothing` where there is none. Untrusted text. */
function jsonAt(json: unknown, place: string): string {
  const value = at(json, place);
  return isNothing(value) ? 'nothing' : JSON.stringify(value).slice(0, 1_000);
}
