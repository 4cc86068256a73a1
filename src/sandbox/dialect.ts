/**
 * The sandbox in the dialect of a portal profile: requests of that portal become the sandbox's own, and its responses
 * become that portal's. The profile is read as JSON here, apart from the client's reading of it, so that the two can
 * disagree.
 */
import { OPERATIONS, type Operation } from '../release/lifecycle.ts';
import {
  answer,
  artifactPath,
  type PortalRequest,
  type Rules,
  requestOf,
  type SandboxState,
  type Seed,
  STATUS_OF,
} from './portal.ts';

/** What came over the wire, before anything is made of it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The JSON body, or the fields of a form. */
  readonly body: unknown;
  readonly file?: PortalRequest['file'];
  readonly loggedIn?: boolean;
}

export interface Dialect {
  /** The name of the form field that carries the package. */
  readonly fileField: string;
  answer(
    before: SandboxState,
    request: WireRequest,
    nowMs: number,
    rules: Rules,
  ): { state: SandboxState; operation: Operation | undefined; status: number; body: unknown };
}

type Json = Readonly<Record<string, unknown>>;
type Found = Record<string, unknown>;

/** The dialect that a valid profile describes; ids that its calls do not carry are those of the seed. */
export function dialectOf(profile: unknown, seed: Seed): Dialect {
  const operations = objectAt(profile, 'operations');
  const calls = (Object.keys(OPERATIONS) as Operation[]).filter((name) => isObject(operations[name]));
  const uploads = operations['uploadPackage'] === 'createVersion' ? 'createVersion' : 'uploadPackage';
  const basePath = String(at(profile, 'basePath') ?? '');

  /** The operation of a request, with the values that its placeholders have. */
  function recognised(request: WireRequest): { operation: Operation; found: Found } | undefined {
    const candidates = calls.flatMap((operation) => {
      const template = objectAt(operations, operation);
      if (template['method'] !== request.method) return [];
      const found: Found = {};
      const path = matchText(basePath + String(template['path']), request.path, found, decodeURIComponent);
      if (!path) return [];
      const parts = [
        ...Object.entries(objectAt(template, 'query')).map(([name, one]) => match(one, request.query[name], found)),
        ...Object.entries({ ...objectAt(template, 'body'), ...objectAt(template, 'form') }).map(([name, one]) =>
          match(one, at(request.body, name), found),
        ),
      ];
      const misses = parts.filter((isRight) => !isRight).length;
      return [{ operation, found, misses, hits: parts.length - misses }];
    });
    return candidates.sort((a, b) => a.misses - b.misses || b.hits - a.hits)[0];
  }

  /** The sandbox's own operations that a call stands for, in their order. */
  function partsOf(operation: Operation, found: Found, state: SandboxState): readonly Operation[] {
    const folded = (Object.keys(OPERATIONS) as Operation[]).filter((one) => operations[one] === operation);
    const app = state.apps.find(({ appId }) => appId === (found['appId'] ?? seed.appId));
    const channel = found['channelCode'] ?? seed.channelCode;
    const release = app?.releases.find(
      (one) => one.version === found['version'] && [channel, '*'].includes(one.channelCode),
    );
    const isInPilot = release?.status === 'PASSED' || release?.status === 'BETA';
    const endsPilot = operation === 'setRatio' || operation === 'startGrayscale' || operation === 'goOnline';
    return [
      ...(endsPilot && isInPilot && typeof operations['skipPilot'] === 'string' ? (['skipPilot'] as const) : []),
      ...folded.filter((one) => one !== 'skipPilot' && (one !== 'createRelease' || release === undefined)),
      operation,
    ];
  }

  return {
    fileField: String(at(operations, `${uploads}.file.field`) ?? 'file'),
    answer(before, request, nowMs, rules) {
      const call = recognised(request);
      if (!call) {
        const none = answer(before, { method: '', path: '', fields: {} }, nowMs, rules);
        return { ...none, status: 404, body: envelope(profile, none.response.body) };
      }
      const { operation } = call;
      const found = withVersion(call.found, seed, before);
      const own = ownFields(found, seed, before);
      let state = before;
      let last: ReturnType<typeof answer> | undefined;
      for (const part of partsOf(operation, found, before)) {
        const fields = ownFields(found, seed, state);
        last = answer(state, { ...requestOf(part, fields), ...fileOf(request), ...sessionOf(request) }, nowMs, rules);
        if (!last.response.body.success) {
          // One call does all of it, or nothing.
          const { answers, reads, journal } = last.state;
          state = { ...before, answers, reads, journal };
          break;
        }
        state = last.state;
      }
      const body = last?.response.body ?? { success: false, data: null, errorCode: '', errorMsg: '', traceId: '' };
      const json = envelope(profile, body);
      const whole = body.success ? putData(json, operation, body.data, profile, own) : json;
      return { state, operation, status: statusOf(profile, body, last?.response.status), body: whole };
    },
  };
}

/** The HTTP status, for a portal that says success by it alone. */
function statusOf(
  profile: unknown,
  { success, errorCode }: { success: boolean; errorCode: string },
  own: number | undefined,
): number {
  if (success || at(profile, 'envelope.success') !== 'http-status') return own ?? 200;
  return errorCode === 'NOT_LOGIN' ? 401 : errorCode === 'RELEASE_NOT_FOUND' ? 404 : 409;
}

function fileOf({ file }: WireRequest): Pick<PortalRequest, 'file'> {
  return file ? { file } : {};
}

function sessionOf({ loggedIn }: WireRequest): Pick<PortalRequest, 'loggedIn'> {
  return loggedIn === undefined ? {} : { loggedIn };
}

// Requests

/** The fields of the sandbox's own API for what was found in a request. */
function ownFields(found: Found, seed: Seed, state: SandboxState): Found {
  const appId = found['appId'] ?? seed.appId;
  const spaceId = found['spaceId'] ?? seed.spaceId;
  const { version, userIds, userId, ratio, username, password } = found;
  const artifacts = found['artifacts'] ?? (found['artifact'] === undefined ? undefined : [found['artifact']]);
  return {
    appId,
    spaceId,
    sourceSpaceId: spaceId,
    channelCode: found['channelCode'] ?? seed.channelCode,
    version,
    name: version,
    currentPage: String(found['page'] ?? pageAt(found)),
    pageSize: String(found['pageSize'] ?? 50),
    source: 'UPLOAD',
    artifactType: 'FILE',
    artifactList: artifacts ?? [knownPath(state, String(appId), String(version))],
    changelog: found['releaseNotes'] ?? '',
    userIds: userIds ?? (userId === undefined ? undefined : [userId]),
    ratio,
    username,
    password,
  };
}

/** The page that begins at or after an offset. */
function pageAt({ offset = 0, pageSize = 50 }: Found): number {
  return Math.ceil(Number(offset) / Number(pageSize)) + 1;
}

/**
 * A release that is named by its ticket, with the version and target app that the ticket is of. A ticket that is nobody's,
 * or of another version than the one beside it, names no release.
 */
function withVersion(found: Found, seed: Seed, { apps }: SandboxState): Found {
  const { publishId, version } = found;
  if (publishId === undefined) return found;
  const app = apps.find(({ appId }) => appId === (found['appId'] ?? seed.appId));
  const release = app?.releases.find((one) => one.publishId === publishId);
  if (!release || (version ?? release.version) !== release.version) return { ...found, version: 'no-such-release' };
  const isTaken = release.channelCode !== '*' && found['channelCode'] === undefined;
  return { ...found, version: release.version, ...(isTaken && { channelCode: release.channelCode }) };
}

/** Where the package of a version lies, for a portal whose calls do not say it. */
function knownPath({ apps }: SandboxState, appId: string, version: string): string {
  const app = apps.find((one) => one.appId === appId);
  const created = app?.versions.find((one) => one.version === version)?.artifactList[0];
  const uploaded = app?.uploads.find((one) => one.version === version)?.path;
  return created ?? uploaded ?? artifactPath(appId, version);
}

const PLACEHOLDER = /\{([A-Za-z]+)(?::([^{}]+))?\}/;
const WHOLE = /^\{([A-Za-z]+)(?::([^{}]+))?\}$/;

/** Whether a value is what the template says; the values of its placeholders go to `found`. */
function match(template: unknown, value: unknown, found: Found): boolean {
  if (typeof template === 'string') {
    const [, name, form] = WHOLE.exec(template) ?? [];
    if (name) return keep(found, name, valueIn(name, form, value));
    return typeof value === 'string' && matchText(template, value, found, String);
  }
  if (Array.isArray(template)) {
    if (!Array.isArray(value)) return false;
    if (template.length === 1 && JSON.stringify(template).includes('{userIds:each}')) {
      const each = value.map((item) => {
        const one: Found = {};
        return match(template[0], item, one) ? one['userIds'] : undefined;
      });
      return !each.includes(undefined) && keep(found, 'userIds', each);
    }
    return template.length === value.length && template.every((one, index) => match(one, value[index], found));
  }
  if (!isObject(template)) return template === value;
  return Object.entries(template).every(([name, one]) => match(one, at(value, name), found));
}

/** Whether a text is what a template of several placeholders says. */
function matchText(template: string, text: string, found: Found, decode: (part: string) => string): boolean {
  const parts = template.split(new RegExp(PLACEHOLDER, 'g'));
  const literal = (part = '') => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const source = parts
    .map((part, index) => (index % 3 === 0 ? literal(part) : index % 3 === 1 ? '(.+?)' : ''))
    .join('');
  const values = new RegExp(`^${source}$`, 's').exec(text)?.slice(1);
  return (
    values?.every((value, index) => {
      const name = parts[index * 3 + 1] ?? '';
      const isPathPart = decode === String || !value.includes('/');
      return isPathPart && keep(found, name, valueIn(name, parts[index * 3 + 2], decode(value), true));
    }) ?? false
  );
}

function keep(found: Found, name: string, value: unknown): boolean {
  if (value === undefined) return false;
  found[name] = value;
  return true;
}

/** The value of a placeholder as the sandbox has it; undefined where it has not that form. */
function valueIn(name: string, form: string | undefined, value: unknown, isInText = false): unknown {
  if (name === 'ratio') return ratioIn(form, value, isInText);
  if (form === 'zero-based') return /^\d+$/.test(String(value)) ? Number(value) + 1 : undefined;
  if (name === 'userIds' && form === 'each') return typeof value === 'string' ? value : undefined;
  if (name === 'userIds' && form !== undefined) return typeof value === 'string' ? value.split(form) : undefined;
  if (form === 'number') {
    const isDigits = isInText ? typeof value === 'string' : typeof value === 'bigint' || typeof value === 'number';
    return isDigits ? String(value) : undefined;
  }
  return typeof value === 'bigint' ? undefined : value;
}

function ratioIn(form: string | undefined, value: unknown, isInText: boolean): number | undefined {
  const isText = isInText || form === 'text' || form === 'fraction-text';
  if (typeof value !== (isText ? 'string' : 'number') || value === '') return undefined;
  const number = Number(value);
  return form?.startsWith('fraction') ? Math.round(number * 10_000) / 100 : number;
}

/** JSON with integers of any size: those that a number cannot hold come as bigints. */
export function parseExactly(text: string): unknown {
  const revive = (_: string, value: unknown, context?: { readonly source?: string }) => {
    const isLong = typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '');
    return isLong ? BigInt(context?.source ?? 0) : value;
  };
  return JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
}

// Responses

/** A response of the sandbox in the envelope of the profile, without its data. */
function envelope(
  profile: unknown,
  { success, errorCode, errorMsg, traceId }: { success: boolean; errorCode: string; errorMsg: string; traceId: string },
): Found {
  const json: Found = {};
  if (success && at(profile, 'envelope.success') === 'http-status') return json;
  const { at: place, equals } = objectAt(at(profile, 'envelope'), 'success');
  const codeAt = String(at(profile, 'envelope.errorCode'));
  const failure = typeof equals === 'boolean' ? !equals : typeof equals === 'number' ? equals - 1 : 'FAIL';
  if (place !== undefined) put(json, String(place), success ? equals : failure);
  if (!success || codeAt !== place) put(json, codeAt, success ? '' : codeFor(profile, errorCode));
  put(json, String(at(profile, 'envelope.errorMessage')), errorMsg);
  put(json, String(at(profile, 'envelope.traceId')), traceId);
  return json;
}

/** What the sandbox's own codes mean, as a profile names it. */
const MEANINGS: Readonly<Record<string, string>> = {
  STATUS_NOT_ALLOWED: 'not-allowed-in-state',
  VERSION_EXISTS: 'exists-already',
  RELEASE_EXISTS: 'exists-already',
  VERSION_NOT_FOUND: 'version-not-found',
  RELEASE_NOT_FOUND: 'release-not-found',
  ANOTHER_RELEASE_IN_PROGRESS: 'another-under-way',
  FIRST_RELEASE: 'first-release',
  RATIO_MUST_INCREASE: 'ratio-must-increase',
  NO_PREVIOUS_RELEASE: 'nothing-to-roll-back-to',
};

function codeFor(profile: unknown, errorCode: string): string {
  const refusals = objectAt(profile, 'refusals');
  if (Object.hasOwn(refusals, errorCode)) return errorCode;
  return Object.keys(refusals).find((code) => refusals[code] === MEANINGS[errorCode]) ?? errorCode;
}

/** The response with its data; `$` is the whole response. */
function putData(json: Found, operation: Operation, data: unknown, profile: unknown, own: Found): unknown {
  const template = objectAt(at(profile, 'operations'), operation);
  const place = firstOf(template['answer']);
  if (place === undefined) return json;
  const path = at(data, 'path');
  const list = at(data, 'list');
  const item = ITEMS[operation];
  const shown = Array.isArray(list) && item ? list.map((one) => item(one, profile, own)) : list;
  const value = operation === 'login' ? 'sandbox-session' : (path ?? shown);
  if (value === undefined) return json;
  const total = firstOf(template['total']);
  if (total !== undefined && at(data, 'total') !== undefined) put(json, total, at(data, 'total'));
  if (place === '$') return value;
  put(json, place, value);
  return json;
}

type Item = (item: unknown, profile: unknown, own: Found) => Found;

const ITEMS: Readonly<Partial<Record<Operation, Item>>> = {
  listVersions: (item, profile) => {
    const values = { version: at(item, 'version'), artifacts: at(item, 'artifactList') };
    return placed(values, objectAt(profile, 'version'));
  },
  listReleases: releaseItem,
  findRelease: releaseItem,
  releaseHistory: (item, profile) => placed(item as Json, objectAt(profile, 'history')),
};

function releaseItem(item: unknown, profile: unknown, own: Found): Found {
  const fields = objectAt(profile, 'release');
  const values = {
    version: at(item, 'version'),
    status: wordFor(profile, String(at(item, 'versionStatus'))),
    publishId: at(item, 'publishId'),
    comment: at(item, 'approveComment'),
    ratio: ratioFor(Number(at(item, 'grayRatio')), at(fields, 'ratio.form')),
    whitelistCount: at(item, 'whitelistCount'),
    modifiedAt: timeFor(Number(at(item, 'gmtModified')), objectAt(fields, 'modifiedAt')),
    targetApp: own['channelCode'],
    miniapp: own['appId'],
  };
  return placed(values, fields);
}

/** The profile's word for a status, as a number or boolean where it is one. */
function wordFor(profile: unknown, status: string): unknown {
  const state = Object.entries(STATUS_OF).find(([, word]) => word === status)?.[0];
  const statuses = objectAt(profile, 'statuses');
  const words = Object.keys(statuses).filter((one) => at(statuses[one], 'state') === state);
  const word = words.includes(status) ? status : (words[0] ?? status);
  if (word === 'true' || word === 'false') return word === 'true';
  return /^(0|[1-9]\d{0,8})$/.test(word) ? Number(word) : word;
}

function ratioFor(percent: number, form: unknown): number {
  return form === 'fraction' ? percent / 100 : percent;
}

function timeFor(ms: number, { form, zone = 'Z' }: Json): unknown {
  if (form === 'seconds') return ms / 1000;
  if (form !== 'text') return ms;
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(String(zone)) ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(ms + offsetMs).toISOString().replace('T', ' ').replace('Z', '');
}

/** Values at the places that the profile names for them; one that it names no place for is left out. */
function placed(values: Json, fields: Json): Found {
  const json: Found = {};
  for (const [name, value] of Object.entries(values)) {
    const place = firstOf(at(fields[name], 'at'));
    if (place !== undefined && value !== undefined) put(json, place, value);
  }
  return json;
}

// JSON

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, place: string): unknown {
  if (place === '$') return value;
  let found = value;
  for (const name of place.split('.')) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}

function objectAt(value: unknown, name: string): Json {
  const found = at(value, name);
  return isObject(found) ? found : {};
}

function firstOf(places: unknown): string | undefined {
  const [first] = [places].flat();
  return typeof first === 'string' ? first : undefined;
}

/** Sets a value at a place, and makes the objects on the way there. */
function put(json: Found, place: string, value: unknown): void {
  const names = place.split('.');
  const last = names.pop() ?? '';
  let object = json;
  for (const name of names) {
    const next = object[name];
    const inner: Found = isObject(next) ? (next as Found) : {};
    object[name] = inner;
    object = inner;
  }
  object[last] = value;
}
