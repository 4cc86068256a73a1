/** Profile + transport -> Portal: builds each request from the profile, and reads each answer by it. */

import type { Clock } from '../clock.ts';
import { ReleaseError } from '../errors.ts';
import { type Operation, operationRow, type WriteOperation } from '../lifecycle.ts';
import { multipart } from './multipart.ts';
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
} from './portal.ts';
import { at, fill, fillPath, fillText, type Profile, type Spelling, type Values } from './profile.ts';
import { createSession } from './session.ts';
import type { Transport, WireAnswer, WireBody } from './transport.ts';

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

export function createHttpPortal(options: HttpPortalOptions): Portal {
  const { profile, clock } = options;
  const { login } = options.credentials;
  const session = createSession({
    given: options.credentials.session,
    login: login && (() => logIn(login)),
    clock,
    signal: options.signal,
  });
  const ids: Values = { appId: options.miniappId, spaceId: options.spaceId, channelCode: options.targetApp };

  async function logIn(account: { username: string; password: string }): Promise<string> {
    const { browserLogin } = options;
    const credential = await (browserLogin ? recorded('login', () => browserLogin(account)) : callLogin(account));
    options.onCredential(credential);
    return credential;
  }

  async function callLogin(account: { username: string; password: string }): Promise<string> {
    const spelling = spellingOf('login');
    const wire = await recorded('login', () => send('login', spelling, { ...ids, ...account }, undefined, 'once'));
    const success = at(wire.json, profile.envelope.success.at);
    const isAnswered = success !== undefined && !UNKNOWN_CALL.includes(wire.status);
    if (isNotLoggedIn(wire) || (isAnswered && success !== profile.envelope.success.equals)) {
      const { note } = notesOn('login', spelling);
      throw new ReleaseError('portal-unauthorized', {
        found: `The login was refused: ${reasonIn(wire) || `HTTP ${wire.status}`}.${note}`,
        todo: `Check portal-username and portal-password; the password is not tried again, so that the account is not locked.${note && ' Where they are right, log in by the browser or give portal-session (docs/first-day.md).'}`,
        traceId: shownAt(wire.json, profile.envelope.traceId),
      });
    }
    readEnvelope('login', spelling, wire);
    return credentialIn(wire, spelling);
  }

  /** What a login gave: its cookies, or the value at one of the answer's places. */
  function credentialIn(wire: WireAnswer, spelling: Spelling): string {
    const inCookie = profile.credential.in === 'cookie';
    const cookies = (wire.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0]?.trim() ?? '');
    const values = inCookie ? cookies : (spelling.answer ?? []).map((place) => at(wire.json, place));
    const texts = values.filter((value) => typeof value === 'string' && /^[\x21-\x7e][\x20-\x7e]*$/.test(value));
    if (texts.length === 0) {
      const what = inCookie ? 'set no cookie' : `has no value at ${(spelling.answer ?? []).join(' or ')}`;
      throw new ReleaseError('portal-unexpected', { found: `The login was accepted but its answer ${what}.` });
    }
    return inCookie ? texts.join('; ') : String(texts[0]);
  }

  function spellingOf(operation: Operation): Spelling {
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
    spelling: Spelling,
    values: Values,
    credential: string | undefined,
    patience: Patience,
    source?: UploadSource,
  ): Promise<WireAnswer> {
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
    if (credential !== undefined) {
      const { credential: place } = profile;
      const value = fillText((place.in !== 'cookie' && place.value) || '{credential}', { credential });
      if (place.in === 'query') url.searchParams.append(place.name, value);
      else headers[place.in === 'cookie' ? 'cookie' : place.name.toLowerCase()] = value;
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
        const credential = await session.credential(patience);
        const sent = send(operation, spelling, { ...ids, ...values }, credential, patience, source);
        const wire = await sent.catch((error) => {
          throw withGuess(operation, spelling, error);
        });
        if (wire.status === 413 && source) throw packageTooLarge(source, shownAt(wire.json, profile.envelope.traceId));
        if (!isNotLoggedIn(wire)) return readEnvelope(operation, spelling, wire);
        const found = `${operation}: ${reasonIn(wire) || 'not logged in'}.`;
        const traceId = shownAt(wire.json, profile.envelope.traceId);
        if (renewed || !(await session.renew(credential, patience))) {
          throw new ReleaseError('portal-unauthorized', { found, traceId });
        }
        // A write is not sent again before a look (promise 1), not even one that a login page answered.
        if (operationRow(operation).access === 'write') {
          throw new ReleaseError('portal-unauthorized', { found, traceId, passing: true, retryAfterMs: 0 });
        }
      }
    };
    return recorded(operation, attempt, (answer) => answer.traceId);
  }

  /** What a failed call says besides where nobody has published it: a guess, and where to correct it. */
  function notesOn(operation: Operation, { mark }: Spelling): { note: string; todo?: string } {
    if (mark !== 'inferred' || options.sandbox) return { note: '' };
    return {
      note: ` The call ${operation} is inferred, not published by the vendor.`,
      todo: 'Correct it in a portal profile, from a recording of your own portal (docs/portal.md).',
    };
  }

  /** A web server's own page is how many a portal answers a call that it does not know. */
  function withGuess(operation: Operation, spelling: Spelling, error: unknown): unknown {
    const { note, todo } = notesOn(operation, spelling);
    if (!(error instanceof ReleaseError) || error.code !== 'portal-unexpected' || error.passing || !todo) return error;
    const { code, traceId, effect, cause } = error;
    return new ReleaseError(code, { found: error.found + note, todo, traceId, effect, cause });
  }

  function readEnvelope(operation: Operation, spelling: Spelling, wire: WireAnswer): Answer {
    const { envelope, refusals } = profile;
    const traceId = shownAt(wire.json, envelope.traceId);
    const success = at(wire.json, envelope.success.at);
    const notes = notesOn(operation, spelling);
    if (wire.status < 400 && success === envelope.success.equals) return { json: wire.json, traceId };
    const code = textAt(wire.json, envelope.errorCode) ?? '';
    const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
    const isUnknownCall = !refusal && UNKNOWN_CALL.includes(wire.status);
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

  function isNotLoggedIn(wire: WireAnswer): boolean {
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

  function reasonIn(wire: WireAnswer): string {
    const code = shownAt(wire.json, profile.envelope.errorCode);
    const message = shownAt(wire.json, profile.envelope.errorMessage);
    return [code, message].filter(Boolean).join(', ');
  }

  /** Text of a response, for a message. */
  function shownAt(json: unknown, place: string | undefined): string | undefined {
    return options.show(textAt(json, place) ?? '') || undefined;
  }

  function listOf(operation: Operation, spelling: Spelling, json: unknown): readonly unknown[] {
    for (const place of spelling.answer ?? []) {
      const value = at(json, place);
      if (Array.isArray(value)) return value;
      if (value === null) return [];
    }
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
  spelling: Spelling,
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
