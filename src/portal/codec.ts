/**
 * The calls of a portal as its profile describes them: values -> a request, and a response -> what it says. Pure: no
 * clock, no I/O and no session. The rows of lists are in lists.ts.
 */

import { ReleaseError } from '../lib/errors.ts';
import { at } from '../lib/json-places.ts';
import { isInferred } from '../release/certainty.ts';
import type { Operation, WriteOperation } from '../release/lifecycle.ts';
import type { UploadSource } from '../release/release.ts';
import { textAt, valuesAt } from './json-values.ts';
import type { WriteFields, WriteReceipt } from './port.ts';
import { type CallTemplate, defaultProfile, foldsOf, type Profile, templateIn } from './profile/profile.ts';
import { fill, fillPath, fillText, placeholdersOf, usesIn, type Values } from './profile/template.ts';
import { type OtherPage, ResponseError, type WireResponse } from './response.ts';

/** What the requests are made for, and how the responses are read. */
export interface Codec {
  readonly profile: Profile;
  readonly origin: URL;
  readonly miniappId: string;
  readonly spaceId: string;
  readonly targetApp: string;
  readonly userAgent: string;
  /** The built-in sandbox: its calls are its own, so an error does not add that a call is inferred. */
  readonly sandbox: boolean;
  /** Untrusted text as it may stand in a message: redacted, one line, bounded. Data is kept as it came. */
  readonly show: (untrusted: string) => string;
}

// --- Requests --------------------------------------------------------------------------------------------------------

export interface PortalRequest {
  readonly method: CallTemplate['method'];
  readonly url: URL;
  /** With lower-case names; cookies and what describes the body are added when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
}

export type RequestBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'urlencoded'; readonly fields: readonly [name: string, value: string][] }
  | {
      readonly kind: 'form';
      readonly fields: readonly (readonly [name: string, value: string])[];
      /** The part that carries the package. */
      readonly file: { readonly field: string; readonly name: string; readonly contentType: string };
    };

/**
 * The request of an operation.
 * @param values of its placeholders; those that identify the miniapp are added
 * @param credential undefined where there is none; ignored where the credential is a cookie
 * @throws {ReleaseError} `portal-unexpected` where the profile does not support the operation, or names the release by
 *   a ticket that is not known; `profile-invalid` where the filled path leaves the base path
 */
export function encode(
  codec: Codec,
  operation: Operation,
  values: Values = {},
  credential?: string | undefined,
): PortalRequest {
  const template = templateOf(codec, operation);
  const filled = { ...idValues(codec), ...values };
  assertTicket(operation, template, filled);
  const url = addressOf(codec, operation, fillPath(template.path, filled));
  for (const [name, text] of Object.entries(template.query ?? {}))
    url.searchParams.append(name, fillText(text, filled));
  const headers = headersOf(codec);
  if (credential !== undefined) addCredential(codec, credential, url, headers);
  const body = filledBody(template, filled, operation);
  return { method: template.method, url, headers, ...(body && { body }) };
}

/** Refuses a request without the ticket that its address needs. */
function assertTicket(operation: Operation, { path, query, body }: CallTemplate, { version, publishId }: Values): void {
  if (publishId !== undefined || !placeholdersOf([path, query, body]).includes('publishId')) return;
  throw new ReleaseError('portal-unexpected', {
    found: `${operation} names the release by its ticket, and the ticket of ${String(version)} is not known: the portal shows none, or has shown different ones in this run. Nothing was sent.`,
    todo: 'Check that release.publishId in your portal profile names the field that holds the ticket (docs/portal.md), then run the step again.',
  });
}

/**
 * The template of an operation.
 * @throws {ReleaseError} `portal-unexpected` where the profile does not support it
 */
export function templateOf({ profile }: Codec, operation: Operation): CallTemplate {
  const template = templateIn(profile, operation);
  if (template) return template;
  throw new ReleaseError('portal-unexpected', {
    found: `The profile ${profile.name} does not support ${operation}.`,
  });
}

/** The address below which all calls of the portal are. */
export function apiAddress({ profile, origin }: Codec): URL {
  return new URL(`${profile.basePath}/`, origin);
}

/** The placeholders' values of a write. */
export function writeValues(codec: Codec, operation: WriteOperation, fields: WriteFields): Values {
  return {
    version: fields.version,
    ...(fields.publishId !== undefined && { publishId: fields.publishId }),
    releaseNotes: fields.releaseNotes ?? '',
    ...artifactValues(codec, operation, fields),
    ...(fields.userIds && { userIds: fields.userIds, ...(fields.userIds[0] && { userId: fields.userIds[0] }) }),
    ...(fields.ratioPercent !== undefined && { ratio: fields.ratioPercent }),
  };
}

/** Where the portal listed no artifacts of a version, its release is created with the path that uploads are known by. */
function artifactValues(codec: Codec, operation: WriteOperation, { version, artifacts }: WriteFields): Values {
  if (!artifacts) return {};
  const folds = foldsOf(codec.profile);
  const usual = templateIn(
    codec.profile,
    folds.uploadPackage === 'createVersion' ? 'createVersion' : 'uploadPackage',
  )?.otherwise;
  const creates = operation === (folds.createRelease ?? 'createRelease');
  const paths =
    artifacts.length > 0 || !creates || usual === undefined
      ? artifacts
      : [fillText(usual, { ...idValues(codec), version })];
  return { artifacts: paths, artifact: paths[0] ?? '' };
}

function idValues({ miniappId, spaceId, targetApp }: Codec): Values {
  return { appId: miniappId, spaceId, channelCode: targetApp };
}

/** What a reader of URLs takes for "here" or "up", however it is encoded (WHATWG URL, 4.4). */
const DOT_SEGMENT = /(^|[\\/])(\.|%2e){1,2}([\\/]|$)/i;

function addressOf({ profile, origin }: Codec, operation: Operation, filledPath: string): URL {
  const path = profile.basePath + filledPath;
  const url = new URL(path, origin);
  const leaves = url.origin !== origin.origin || !url.pathname.startsWith(profile.basePath);
  if (leaves || DOT_SEGMENT.test(path)) {
    throw new ReleaseError('profile-invalid', { found: `The path of ${operation} leads away from the base path.` });
  }
  return url;
}

function headersOf(codec: Codec): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': codec.userAgent };
  for (const [name, text] of Object.entries(codec.profile.headers)) {
    headers[name.toLowerCase()] = fillText(text, { ...idValues(codec), origin: codec.origin.origin });
  }
  return headers;
}

/** Puts the credential into the header or the query parameter that the profile names. */
function addCredential({ profile }: Codec, credential: string, url: URL, headers: Record<string, string>): void {
  const { in: place, name, value = '{credential}' } = profile.credential;
  if (place === 'cookie' || name === undefined) return;
  const filled = fillText(value, { credential });
  if (place === 'query') url.searchParams.append(name, filled);
  else headers[name.toLowerCase()] = filled;
}

/** @throws {ReleaseError} `profile-invalid` where an id that the profile writes as a number has other characters */
function filledBody(template: CallTemplate, values: Values, operation: Operation): RequestBody | undefined {
  try {
    return bodyOf(template, values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ReleaseError('profile-invalid', {
      found: `The body of ${operation} takes an id as a number, and the id has other characters than digits.`,
    });
  }
}

function bodyOf({ body, bodyType, form, file }: CallTemplate, values: Values): RequestBody | undefined {
  if (file) {
    const fields = Object.entries(form ?? {}).map(([name, text]) => [name, fillText(text, values)] as const);
    return { kind: 'form', fields, file: { ...file, name: fillText(file.name, values) } };
  }
  if (!body) return undefined;
  if (bodyType === 'form') return { kind: 'urlencoded', fields: formFields(body, values) };
  return { kind: 'json', value: fill(body, values) };
}

/** The fields of a form: a list is JSON in one field, or repeats the field where its template says so. */
function formFields(body: Readonly<Record<string, unknown>>, values: Values): [string, string][] {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.entries(body).flatMap(([name, template]): [string, string][] => {
    const value = fill(template, values);
    const isRepeated = usesIn(template).some(({ form }) => form === 'repeat');
    const all = isRepeated && Array.isArray(value) ? value : [value];
    return all.flatMap((one): [string, string][] => (one === undefined ? [] : [[name, textOf(one)]]));
  });
}

// --- Responses -------------------------------------------------------------------------------------------------------

/** A response that the portal marked as a success. */
export interface Success {
  readonly json: unknown;
  /** For messages and the report. */
  readonly traceId: string | undefined;
}

/**
 * The content of a response that succeeded.
 * @throws {ReleaseError} `portal-refused` or `portal-unexpected` where it did not succeed; the {ResponseError} itself,
 *   where the response is one
 */
export function decodeSuccess(codec: Codec, operation: Operation, response: WireResponse | ResponseError): Success {
  if (response instanceof ResponseError) throw withInferredNote(codec, operation, response);
  const isSuccess = response.status < 400 && saysSuccess(codec, response) === true;
  if (isNoRelease(codec, operation, response)) return { json: null, traceId: traceIdIn(codec, response.json) };
  if (!isSuccess) throw failureIn(codec, operation, response);
  return { json: response.json, traceId: traceIdIn(codec, response.json) };
}

/**
 * Whether a response to findRelease says that there is no release: with 404, if success is shown by the HTTP status
 * alone.
 */
function isNoRelease({ profile }: Codec, operation: Operation, { status, isHtml }: WireResponse): boolean {
  return operation === 'findRelease' && profile.envelope.success === 'http-status' && status === 404 && !isHtml;
}

/** Whether a response says that it succeeded; undefined where it says neither. */
function saysSuccess({ profile }: Codec, response: WireResponse | ResponseError): boolean | undefined {
  const { success } = profile.envelope;
  if (success === 'http-status') return response.status < 400 && 'isHtml' in response && !response.isHtml;
  const value = at(response.json, success.at);
  return value === undefined ? undefined : value === success.equals;
}

/** What the portal says of a write that succeeded. */
export function decodeReceipt(
  codec: Codec,
  operation: WriteOperation,
  { json, traceId }: Success,
  values: Values,
): WriteReceipt {
  const { answer, otherwise } = templateOf(codec, operation);
  const given = valuesAt(json, answer).find((value) => typeof value === 'string');
  const path = given ?? (otherwise && fillText(otherwise, { ...idValues(codec), ...values }));
  return { ...(traceId && { traceId }), ...(path && { artifacts: [String(path)] }) };
}

/** HTTP statuses by which a portal says that it does not know the call. */
const UNKNOWN_CALL: readonly number[] = [404, 405, 501];

function failureIn(codec: Codec, operation: Operation, response: WireResponse): ReleaseError {
  const { envelope, refusals } = codec.profile;
  const code = textAt(response.json, envelope.errorCode) ?? '';
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  // A firewall responds to any call with 405 and a page of its own. A portal that does not know a call has no page.
  if (response.status === 405 && response.isHtml) return blockedByFirewall(codec, operation);
  const isUnknownCall = !refusal && UNKNOWN_CALL.includes(response.status);
  if (isUnknownCall) return notUnderstood(codec, operation, response, 'says that it does not know the call');
  if (envelope.success !== 'http-status' && saysSuccess(codec, response) === undefined) {
    return notUnderstood(codec, operation, response, `has no ${envelope.success.at}`);
  }
  const { note, todo } = refusal ? { note: '' } : inferredNote(codec, operation);
  return new ReleaseError('portal-refused', {
    found: `${operation}: ${reasonIn(codec, response.json) || 'no reason given'}.${note}`,
    ...(todo && { todo }),
    traceId: traceIdIn(codec, response.json),
    refusal,
    // A code that the profile does not map may stand for anything: SYSTEM_ERROR comes after the effect, too.
    effect: refusal ? 'none' : 'unlikely',
  });
}

function blockedByFirewall(codec: Codec, operation: Operation): ReleaseError {
  return new ReleaseError('portal-unexpected', {
    found: `${callName(codec, operation)} got 405 with an HTML page: a firewall before the portal blocked the request.`,
    todo: 'Ask whoever runs the portal to let requests from this runner through, or run the step where the portal may be reached.',
    effect: 'unknown',
  });
}

function notUnderstood(codec: Codec, operation: Operation, response: WireResponse, shape: string): ReleaseError {
  const { note, todo } = inferredNote(codec, operation);
  return new ReleaseError('portal-unexpected', {
    found: `${callName(codec, operation)} answered ${response.status}; the response ${shape}.${note}`,
    ...(todo && { todo }),
    traceId: traceIdIn(codec, response.json),
    effect: saysSuccess(codec, response) === undefined ? 'unknown' : 'none',
  });
}

/** The error for an upload that ended with HTTP 413: the limit may be the portal's or that of a proxy before it. */
export function packageTooLarge(
  codec: Codec,
  operation: Operation,
  { sizeBytes }: UploadSource,
  { json }: { readonly json: unknown },
): ReleaseError {
  return new ReleaseError('portal-refused', {
    found: `The package is too large for the portal: it has ${(sizeBytes / 1e6).toFixed(1)} MB (${sizeBytes} bytes), and ${operation} ended with HTTP 413.`,
    todo: 'Make the build smaller (source maps, images, unused files), or ask for a higher limit at the portal or the proxy before it.',
    traceId: traceIdIn(codec, json),
  });
}

/** The error for a response that has not the shape that the profile describes; `what` completes "The response to X". */
export function unexpected(codec: Codec, operation: Operation, what: string): ReleaseError {
  const { note, todo } = inferredNote(codec, operation);
  return new ReleaseError('portal-unexpected', {
    found: `The response to ${operation} ${what}.${note}`,
    ...(todo && { todo }),
  });
}

/** `goOnline (POST /rest/intercnn/app/publish/online)`, with the placeholders of the path unfilled. */
function callName(codec: Codec, operation: Operation): string {
  const { method, path } = templateOf(codec, operation);
  return `${operation} (${method} ${codec.profile.basePath}${path})`;
}

/** Error code and message of a response, for a message; empty where it has neither. */
function reasonIn(codec: Codec, json: unknown): string {
  const { errorCode, errorMessage } = codec.profile.envelope;
  return [shownAt(codec, json, errorCode), shownAt(codec, json, errorMessage)].filter(Boolean).join(', ');
}

function traceIdIn(codec: Codec, json: unknown): string | undefined {
  return shownAt(codec, json, codec.profile.envelope.traceId);
}

function shownAt(codec: Codec, json: unknown, place: string): string | undefined {
  return codec.show(textAt(json, place) ?? '') || undefined;
}

/** What the error of a call adds where nobody has published the call: that it is inferred, and where to correct it. */
function inferredNote(codec: Codec, operation: Operation): { readonly note: string; readonly todo?: string } {
  if (!isInferred(templateOf(codec, operation)) || codec.sandbox) return { note: '' };
  return {
    note: ` The call ${operation} is inferred, not published by the vendor.`,
    todo: 'Correct it in a portal profile, from a recording of your own portal (docs/portal.md).',
  };
}

/** The error with that note, where it may come from a wrong call: many portals send a page for a call they do not know. */
export function withInferredNote(codec: Codec, operation: Operation, error: ResponseError): ReleaseError {
  const { note, todo } = inferredNote(codec, operation);
  if (error.code !== 'portal-unexpected' || error.transient || !todo) return error;
  const { code, traceId, effect, cause } = error;
  return new ReleaseError(code, { found: error.found + note, todo, traceId, effect, cause });
}

// --- The session -----------------------------------------------------------------------------------------------------

/** A response that shows that the session has ended; a page instead of a response only makes it likely. */
export interface SessionEnd {
  readonly found: string;
  readonly traceId: string | undefined;
  readonly page?: { readonly isLogin: boolean; readonly error: ResponseError };
}

/**
 * Whether a response shows, or may show, that the session has ended.
 * @param hasWorked whether the portal has accepted a call of this run
 */
export function sessionEndIn(
  codec: Codec,
  operation: Operation,
  response: WireResponse | ResponseError,
  hasWorked: boolean,
): SessionEnd | undefined {
  if (isNotLoggedIn(codec, response)) {
    const found = `${operation}: ${reasonIn(codec, response.json) || 'not logged in'}.`;
    return { found, traceId: textAt(response.json, codec.profile.envelope.traceId) };
  }
  if (!(response instanceof ResponseError) || !response.page) return undefined;
  const isLogin = isLoginPage(codec, response.page, hasWorked);
  const found = `${response.found}${isLogin ? ' It is the login page: the session has ended.' : ''}`;
  return { found, traceId: undefined, page: { isLogin, error: response } };
}

/**
 * The error for a login that the portal refused, or undefined where the response does not say so. Its envelope decides,
 * whatever the HTTP status: a password that was refused is never sent again.
 */
export function loginRefusalIn(codec: Codec, response: WireResponse | ResponseError): ReleaseError | undefined {
  const { success, errorCode, errorMessage } = codec.profile.envelope;
  const places = [...(success === 'http-status' ? [] : [success.at]), errorCode, errorMessage];
  const isSaid = valuesAt(response.json, places).some((value) => (value ?? null) !== null);
  const { status } = response;
  // Without an envelope a status below 500 decides, except 408 and 429, which request a retry.
  const isByStatus = success === 'http-status' && status < 500 && status !== 408 && status !== 429;
  const hasEnvelope = isSaid || isByStatus;
  const isAccepted = saysSuccess(codec, response) === true;
  if (!isNotLoggedIn(codec, response) && (!hasEnvelope || isAccepted)) return undefined;
  const { note } = inferredNote(codec, 'login');
  return new ReleaseError('portal-unauthorized', {
    found: `The login was refused: ${reasonIn(codec, response.json) || `HTTP ${response.status}`}.${note}`,
    todo: `Check portal-username and portal-password; the password is not tried again, so that the account is not locked.${note && ' Where they are right, log in by the browser or give portal-session (docs/login.md).'}`,
    traceId: traceIdIn(codec, response.json),
  });
}

/**
 * The credential in the response to an accepted login, where it is no cookie.
 * @throws {ReleaseError} `portal-unexpected` where there is none
 */
export function decodeCredential(codec: Codec, json: unknown): string {
  const { answer = [] } = templateOf(codec, 'login');
  const credential = valuesAt(json, answer).find(isCredential);
  if (credential === undefined) throw noCredential(`has no value at ${answer.join(' or ')}`);
  return credential;
}

/** Whether a value can be sent in a header. */
export function isCredential(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e][\x20-\x7e\x80-\xff]*$/.test(value);
}

/** The error for an accepted login whose response has no credential. */
export function noCredential(what: string): ReleaseError {
  return new ReleaseError('portal-unexpected', { found: `The login was accepted but its response ${what}.` });
}

function isNotLoggedIn({ profile }: Codec, { status, json }: WireResponse | ResponseError): boolean {
  const { errorCode, errorMessage, notLoggedIn } = profile.envelope;
  const message = (textAt(json, errorMessage) ?? '').toLowerCase();
  return (
    notLoggedIn.httpStatuses.includes(status) ||
    notLoggedIn.errorCodes.includes(textAt(json, errorCode) ?? '') ||
    notLoggedIn.messageContains.some((part) => message.includes(part.toLowerCase())) ||
    valuesAt(json, notLoggedIn.present).some((value) => value !== undefined && value !== null)
  );
}

function isLoginPage(codec: Codec, page: OtherPage, hasWorked: boolean): boolean {
  const { redirectsTo, pageContains } = {
    ...defaultProfile.envelope.notLoggedIn,
    ...codec.profile.envelope.notLoggedIn,
  };
  if ('html' in page) return pageContains?.some((part) => squashed(page.html).includes(squashed(part))) ?? false;
  const api = apiAddress(codec);
  if (!URL.canParse(page.location, api.href)) return false;
  const { host, pathname, hash } = new URL(page.location, api);
  const path = pathname + hash;
  const isSameHost = host === api.host;
  if (isSameHost && [codec.profile.login.page].flat().includes(path)) return true;
  // Before any call has worked, a redirect to another host may also mean a wrong portal-url.
  if (!isSameHost && !hasWorked) return false;
  const target = (isSameHost ? path : host + path).toLowerCase();
  return redirectsTo?.some((part) => target.includes(part.toLowerCase())) ?? false;
}

/** Lower case, without quotes and white space: `<input type = 'password'>` and `type=password` are alike. */
function squashed(text: string): string {
  return text.toLowerCase().replace(/["'\s]+/g, '');
}
