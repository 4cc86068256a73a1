/**
 * A user's profile file -> a Profile: read within bounds, laid over the default, and checked; all faults at once, each
 * naming its place. Loaded only where the input portal-profile is given.
 *
 * Whoever can change the file may be an enemy (a pull request does). So the checks hold what the code relies on: an
 * address never leaves the portal's base path, a read is never spelt as a write, no write as another one of the
 * default, and no header changes where a request goes.
 */

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { REFUSALS, ReleaseError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { decodeText, resolveInWorkspace } from '../../lib/paths.ts';
import { cleanLine } from '../../lib/text.ts';
import { parseJson } from '../../net/json.ts';
import { OPERATIONS, type Operation, STATES, type State } from '../../release/lifecycle.ts';
import { defaultProfile, type Profile, placeholdersOf, type Spelling } from './profile.ts';

const MAX_BYTES = 256 * 1024;
const MAX_FAULTS = 50;

/**
 * Reads and checks the profile at `path`, relative to the workspace, or absolute below it or below `tempDir`.
 * @throws ReleaseError profile-invalid, with every fault
 */
export async function loadProfile(path: string, workspace: string, tempDir?: string): Promise<Profile> {
  const file = cleanLine(basename(path), 100);
  const read = await readProfile(path, workspace, tempDir);
  const { profile, faults } = 'fault' in read ? { profile: undefined, faults: [read.fault] } : checkProfile(read.json);
  if (profile) return profile.name === defaultProfile.name ? { ...profile, name: file } : profile;
  const shown = faults.slice(0, MAX_FAULTS);
  const more = faults.length > shown.length ? `\n- and ${faults.length - shown.length} more` : '';
  throw new ReleaseError('profile-invalid', {
    found: `${file}: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:${shown.map((fault) => `\n- ${fault}`).join('')}${more}\n`,
  });
}

export interface Checked {
  /** Absent where there are faults. */
  readonly profile?: Profile;
  readonly faults: readonly string[];
}

/**
 * A file that is a whole profile stands by itself: what it leaves out, its portal does not have. Any other is laid over
 * the default: objects merge, all else replaces, `null` takes away.
 */
export function checkProfile(changes: unknown): Checked {
  if (!isObject(changes)) return { faults: ['(top): takes a JSON object.'] };
  const faults: string[] = [];
  const isWhole = profileShape.safeParse(changes).success;
  const merged = isWhole ? changes : merge(defaultProfile, changes, [], faults);
  const parsed = profileShape.safeParse(merged);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => wordsOf(issue, merged)));
  else faults.push(...faultsOf(parsed.data as Profile));
  return faults.length > 0 ? { faults } : { profile: parsed.data as unknown as Profile, faults };
}

// --- Reading ---------------------------------------------------------------------------------------------------------

async function readProfile(
  path: string,
  workspace: string,
  tempDir: string | undefined,
): Promise<{ json: unknown } | { fault: string }> {
  let text: string;
  try {
    text = await readBounded(await resolveInWorkspace(path, workspace, 'file', tempDir));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { fault: code ? `(file): cannot be read (${code}).` : `(file): ${(error as Error).message}` };
  }
  try {
    return { json: parseJson(text) };
  } catch (error) {
    if (error instanceof RangeError) return { fault: `(file): ${error.message}.` };
    // The parser's own message quotes the text, which may be of any file of the workspace: only its place is told.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const line = position && text.slice(0, Number(position)).split('\n').length;
    return { fault: `(file): is not JSON${line ? `; the fault is on line ${line}` : ''}.` };
  }
}

async function readBounded(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES / 1024} KiB.`);
    return decodeText(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Built from entries, so that a key named `__proto__` is a key like any other; and it is a fault. */
function merge(base: object, changes: object, place: readonly string[], faults: string[]): object {
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    if (key === '__proto__') {
      faults.push(`${nameOf([...place, key])}: is no name for anything here.`);
      continue;
    }
    const before = result.get(key);
    if (value === null) result.delete(key);
    else if (isObject(value)) result.set(key, merge(isObject(before) ? before : {}, value, [...place, key], faults));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

// --- The shape -------------------------------------------------------------------------------------------------------

const MARKS = ['documented', 'observed', 'inferred'] as const;
const OPERATION_NAMES = Object.keys(OPERATIONS) as Operation[];

/** One segment or part of one between slashes: no encoding, no `;`, no host, nothing that a server reads otherwise. */
const PATH = /^(\/([A-Za-z0-9_~.-]|\{[A-Za-z]+\})+)+\/?$/;
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const VISIBLE = /^[\x20-\x7e]*$/;

const mark = z.enum(MARKS);
const text = z.string().max(1_000);
const place = z
  .string()
  .max(200)
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'takes a place in the answer: names joined by dots, such as data.list');
const path = z
  .string()
  .max(300)
  .regex(PATH, 'takes a path that begins with one /; letters, digits and _ ~ . - between the slashes, and placeholders')
  .refine((value) => !/\/\.\.?(\/|$)/.test(value), 'takes a path without . and .. segments');
const word = z.string().min(1).max(200);
const name = z
  .string()
  .regex(/^[A-Za-z0-9_.[\]-]{1,100}$/, 'takes a name of letters, digits and _ . - [ ], at most 100 characters');
const field = z.strictObject({ at: place, mark });
const selector = z
  .string()
  .max(200)
  .regex(/^[\w #.[\]="'>-]+$/, 'takes a CSS selector such as #username or [name="user"]');

const LOGIN_PAGE =
  'takes a path on the portal that begins with one /, without // and .., or a list of 1 to 10 such paths';
const loginPath = z
  .string()
  .max(300)
  .regex(/^\/[\w~.\-/#?=&]*$/)
  .refine((value) => !value.includes('//') && !value.includes('..'));
const hostName = z
  .string()
  .max(260)
  .toLowerCase()
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/,
    'takes a host name such as cdn.example.com, without https:// and path',
  );

const spelling = z.strictObject({
  mark,
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE'], 'takes GET, POST, PUT or DELETE'),
  path,
  query: z.record(name, text).optional(),
  body: z.record(z.string().min(1).max(100), z.json()).optional(),
  form: z.record(name, text).optional(),
  file: z
    .strictObject({
      field: name,
      name: z
        .string()
        .regex(/^[A-Za-z0-9_.{}-]{1,200}$/, 'takes a file name of letters, digits, _ . - and placeholders'),
      contentType: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/i, 'takes a media type such as application/zip'),
    })
    .optional(),
  answer: z.array(place).min(1).max(10).optional(),
  total: z.array(place).min(1).max(10).optional(),
  otherwise: text.optional(),
});

const profileShape = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  basePath: z.union([z.literal(''), path.refine((value) => !value.endsWith('/'), 'takes no slash at its end')]),
  envelope: z.strictObject({
    success: z.strictObject({ at: place, equals: z.union([z.boolean(), z.number(), z.string().max(200)]) }),
    errorCode: place,
    errorMessage: place,
    traceId: place,
    notLoggedIn: z.strictObject({
      // An answer that succeeds must not read as a lost session: each would cost a login.
      httpStatuses: z.array(z.int().min(400).max(499)).max(20),
      errorCodes: z.array(word).max(50),
      messageContains: z.array(z.string().trim().min(3).max(200)).max(50),
      present: z.array(place).max(20),
      redirectsTo: z.array(z.string().trim().min(3).max(200)).max(50).optional(),
      pageContains: z.array(z.string().trim().min(3).max(200)).max(50).optional(),
    }),
  }),
  credential: z.strictObject({
    in: z.enum(['cookie', 'header', 'query'], 'takes cookie, header or query'),
    name: z.string().regex(TOKEN, 'takes a name of letters, digits, _ and -').optional(),
    value: z.string().max(200).regex(VISIBLE, 'takes visible characters').optional(),
  }),
  login: z.strictObject({
    by: z.enum(['call', 'browser'], 'takes call or browser'),
    page: z.union([loginPath, z.array(loginPath).min(1).max(10)], LOGIN_PAGE),
    staticHosts: z.array(hostName).max(20).optional(),
    username: selector,
    password: selector,
    submit: selector.optional(),
    done: z.string().min(2).max(200).regex(VISIBLE, 'takes what the address ends in after the login'),
  }),
  headers: z.record(z.string(), z.string().max(1_000)),
  pageSize: z.int().min(1).max(500),
  whitelistBatch: z.int().min(1).max(10_000),
  operations: z.strictObject(
    Object.fromEntries(OPERATION_NAMES.map((operation) => [operation, spelling.optional()])) as Record<
      Operation,
      z.ZodOptional<typeof spelling>
    >,
  ),
  release: z.strictObject({
    version: field,
    status: field,
    publishId: field.optional(),
    comment: field.optional(),
    ratio: field.optional(),
    whitelistCount: field.optional(),
    modifiedAt: field.optional(),
    targetApp: field.optional(),
    miniapp: field.optional(),
  }),
  version: z.strictObject({ version: field, artifacts: field }),
  history: z.strictObject({
    type: field.optional(),
    operator: field.optional(),
    time: field.optional(),
    comment: field.optional(),
  }),
  statuses: z.record(word, z.strictObject({ state: z.enum([...stateNames(), 'busy']), mark })),
  refusals: z.record(word, z.enum(REFUSALS)),
});

/** `none` is not a status but the absence of a release. */
function stateNames(): State[] {
  return (Object.keys(STATES) as State[]).filter((state) => state !== 'none');
}

// --- Zod's findings in our words -------------------------------------------------------------------------------------

type Issue = z.core.$ZodIssue;

function wordsOf(issue: Issue, merged: unknown): string[] {
  const got = cleanLine(JSON.stringify(valueAt(merged, issue.path)) ?? 'nothing', 80);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path);
    return issue.keys.map((key) => {
      const close = nearest(key, known);
      return `${nameOf([...issue.path, key])}: unknown${close ? `; did you mean ${close}?` : `; known here: ${known.join(', ')}.`}`;
    });
  }
  if (issue.code === 'invalid_key')
    return [`${nameOf(issue.path)}: ${issue.issues[0]?.message ?? 'is no valid name'}.`];
  if (issue.code === 'invalid_value') return [`${nameOf(issue.path)}: got ${got}; takes ${issue.values.join(', ')}.`];
  const takes = /^takes/.test(issue.message) ? issue.message : issue.message.replace(/^Invalid input: /, '');
  return [`${nameOf(issue.path)}: got ${got}; ${takes}.`];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      isObject(found) && Object.hasOwn(found, key) ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/** The names that the shape knows at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let shape: unknown = profileShape;
  const plain = (schema: unknown) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema);
  for (const key of path) {
    shape = plain(shape);
    if (shape instanceof z.ZodRecord) shape = shape.valueType;
    else shape = shape instanceof z.ZodObject ? shape.shape[String(key)] : undefined;
  }
  shape = plain(shape);
  return shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
}

/** Names of the file, which are foreign: `operations.setRatio.body.ratio`. */
function nameOf(path: readonly PropertyKey[]): string {
  return cleanLine(path.map(String).join('..'), 200) || '(top)';
}

// --- What the shape cannot say ---------------------------------------------------------------------------------------

function faultsOf(profile: Profile): string[] {
  return [
    ...OPERATION_NAMES.flatMap((operation) => {
      const spelt = profile.operations[operation];
      return spelt ? [...placeholderFaults(operation, spelt), ...spellingFaults(operation, spelt, profile)] : [];
    }),
    ...basePathFaults(profile),
    ...sameCallFaults(profile),
    ...credentialFaults(profile),
    ...headerFaults(profile),
    ...loginFaults(profile),
  ];
}

const IDS = ['appId', 'spaceId', 'channelCode'];
const PAGE = ['page', 'pageSize'];

/** What each operation's placeholders may be, besides the three ids. */
const PLACEHOLDERS: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  listVersions: PAGE,
  listReleases: PAGE,
  findRelease: ['version', ...PAGE],
  releaseHistory: ['version', ...PAGE],
  createVersion: ['version', 'artifacts', 'artifact'],
  createRelease: ['version', 'artifacts', 'artifact', 'releaseNotes'],
  startApproval: ['version', 'releaseNotes'],
  addWhitelist: ['version', 'userIds'],
  setRatio: ['version', 'ratio'],
  startGrayscale: ['version', 'ratio'],
  login: ['username', 'password'],
};

/** The placeholders that an operation knows. */
export function knownPlaceholders(operation: Operation): readonly string[] {
  return [...IDS, ...(PLACEHOLDERS[operation] ?? ['version'])];
}

/** Values that are lists stand only as a whole value of a JSON body. */
const LISTS = ['artifacts', 'userIds'];
/** Addresses and forms are written to logs on their way; a body is not. */
const BODY_ONLY = ['password', 'username', 'userIds', 'artifacts'];

function placeholderFaults(operation: Operation, spelt: Spelling): string[] {
  const known = knownPlaceholders(operation);
  const faults: string[] = [];
  const visit = (template: unknown, place: readonly string[], inBody: boolean): void => {
    if (isObject(template)) {
      for (const [key, value] of Object.entries(template)) visit(value, [...place, key], inBody);
      return;
    }
    if (typeof template !== 'string') return;
    const where = nameOf(['operations', operation, ...place]);
    const used = placeholdersOf(template);
    for (const unknown of used.filter((one) => !known.includes(one))) {
      faults.push(
        `${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`,
      );
    }
    if (used.some((one) => LISTS.includes(one)) && !/^\{[A-Za-z]+\}$/.test(template)) {
      faults.push(`${where}: a list stands only as the whole value, "{${used.find((one) => LISTS.includes(one))}}".`);
    }
    const misplaced = inBody ? undefined : used.find((one) => BODY_ONLY.includes(one) && known.includes(one));
    if (misplaced) faults.push(`${where}: {${misplaced}} may stand in the body only.`);
    if (/[{}]/.test(template.replace(/\{[A-Za-z]+\}/g, ''))) {
      faults.push(`${where}: has a brace that belongs to no {placeholder}.`);
    }
  };
  for (const part of ['path', 'query', 'form', 'otherwise'] as const) visit(spelt[part], [part], false);
  visit(spelt.body, ['body'], true);
  visit(spelt.file?.name, ['file', 'name'], false);
  return faults;
}

function spellingFaults(operation: Operation, spelt: Spelling, profile: Profile): string[] {
  const where = `operations.${operation}`;
  const faults: string[] = [];
  const { access } = OPERATIONS[operation];
  const isUpload = operation === 'uploadPackage';
  if (access === 'read' && spelt.method !== 'GET' && spelt.method !== 'POST') {
    faults.push(`${where}.method: got ${spelt.method}; a read takes GET or POST.`);
  }
  if (access === 'read' && !spelt.answer)
    faults.push(`${where}.answer: missing; where the list stands, ["data.list"].`);
  if (spelt.body && spelt.method === 'GET') faults.push(`${where}.body: a GET has none; take it away with null.`);
  if (isUpload !== Boolean(spelt.file)) {
    faults.push(
      `${where}.file: ${isUpload ? 'missing; the upload is a form with a file' : 'only the upload sends a file'}.`,
    );
  }
  if (spelt.form && !spelt.file) faults.push(`${where}.form: only the upload sends a form; other fields go in body.`);
  if (spelt.file && spelt.body) faults.push(`${where}.body: a form with a file has no JSON body.`);
  const { credential } = profile;
  if (credential.in === 'query' && Object.keys(spelt.query ?? {}).includes(credential.name)) {
    faults.push(`${where}.query.${credential.name}: is the credential's own place.`);
  }
  return faults;
}

/** The base path stands in every address, where only ids could be filled in: none is known there. */
function basePathFaults({ basePath }: Profile): string[] {
  return placeholdersOf(basePath).length > 0 ? ['basePath: takes no placeholders.'] : [];
}

/**
 * A read that is spelt as a write would write and be retried, and a write spelt as another would do what nobody asked
 * for. Compared are addresses, not methods, and as the laxest server reads them. A default write counts under any base
 * path: it is the product's own.
 */
function sameCallFaults(profile: Profile): string[] {
  const faults: string[] = [];
  const spelt = Object.entries(profile.operations) as [Operation, Spelling][];
  for (const [operation, own] of spelt) {
    const where = `operations.${operation}.path`;
    const isRead = OPERATIONS[operation].access === 'read';
    const address = profile.basePath + own.path;
    for (const [other, theirs] of Object.entries(defaultProfile.operations) as [Operation, Spelling][]) {
      if (other === operation || OPERATIONS[other].access === 'read') continue;
      if (endsIn(address, theirs.path)) {
        faults.push(
          `${where}: is the address of ${other} (a write) in the default profile; ${operation} would send it.`,
        );
      }
    }
    for (const [other, theirs] of spelt) {
      if (other === operation || OPERATIONS[other].access === 'read') continue;
      if (!meet(address, profile.basePath + theirs.path)) continue;
      if (isRead) faults.push(`${where}: is the address of ${other}, which is a write.`);
      else if (operation < other && sameRequest(own, theirs)) faults.push(`${where}: is the same call as ${other}.`);
    }
  }
  return [...new Set(faults)];
}

function sameRequest(a: Spelling, b: Spelling): boolean {
  const rest = ({ method, query = {}, body = {} }: Spelling) => JSON.stringify([method, query, body]);
  return rest(a) === rest(b);
}

/**
 * The segments of an address as lax servers read it: without case, without empty segments, and without suffixes, so
 * that `online.v1`, `online..json` and `online` are the same. A segment that begins with a dot is nothing but a suffix
 * to one server and a name to another, so an address has two readings.
 */
function readingsOf(address: string): string[][] {
  const segments = address.toLowerCase().split('/');
  // A version has dots itself, so what follows it may count as its suffix.
  const plain = (segment: string) => segment.replace(/\..*$/, '').replace(/(?<=\{version\}).*$/, '');
  return [(segment: string) => segment, (segment: string) => segment.replace(/^\.+/, '')].map((read) =>
    segments.map((segment) => plain(read(segment))).filter(Boolean),
  );
}

/** Whether two addresses can be the same one, once their placeholders are filled. */
function meet(a: string, b: string): boolean {
  return readingsOf(a).some((one) => readingsOf(b).some((other) => one.length === other.length && allMeet(one, other)));
}

/** Whether the last segments of an address can be those of another. */
function endsIn(address: string, end: string): boolean {
  return readingsOf(address).some((segments) =>
    readingsOf(end).some((last) => segments.length >= last.length && allMeet(segments.slice(-last.length), last)),
  );
}

function allMeet(a: readonly string[], b: readonly string[]): boolean {
  return a.every((segment, index) => segmentsMeet(segment, b[index] ?? ''));
}

function segmentsMeet(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.includes('{') && b.includes('{')) return true;
  if (a.includes('{')) return patternOf(a).test(b);
  return b.includes('{') && patternOf(b).test(a);
}

/** What a placeholder can be filled with, lower case and without a suffix; the ids are checked by the inputs. */
const VALUE_PATTERNS: Readonly<Record<string, string>> = {
  version: '\\d+',
  page: '\\d+',
  pagesize: '\\d+',
  ratio: '\\d+',
};

function patternOf(segment: string): RegExp {
  const source = segment
    .split(/\{([a-z]+)\}/)
    .map((part, index) => (index % 2 === 1 ? (VALUE_PATTERNS[part] ?? '.+') : part.replace(/[.~-]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`);
}

/**
 * Headers that are ours or the connection's, that carry credentials, or that tell a server to take another address or
 * method than the request's own (promises 1 and 4).
 */
const RESERVED_HEADERS =
  /^(cookie2?|set-cookie|authorization|proxy-.*|host|content-(length|type|encoding)|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding|forwarded|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-http-.*|x-method-.*|.*method-override)$/;

function headerFaults(profile: Profile): string[] {
  const seen = new Map<string, string>();
  return Object.entries(profile.headers).flatMap(([given, value]) => {
    const where = nameOf(['headers', given]);
    const lower = given.toLowerCase();
    const twin = seen.get(lower);
    seen.set(lower, given);
    const faults: string[] = [];
    if (!TOKEN.test(given)) faults.push(`${where}: takes a header name of letters, digits, _ and -.`);
    else if (RESERVED_HEADERS.test(lower)) faults.push(`${where}: is not for a profile to set.`);
    if (twin !== undefined) faults.push(`${where}: is the same header as ${cleanLine(twin, 64)}.`);
    if (!VISIBLE.test(value)) faults.push(`${where}: takes visible ASCII characters on one line.`);
    const known = ['origin', ...IDS];
    for (const unknown of placeholdersOf(value).filter((one) => !known.includes(one))) {
      faults.push(
        `${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`,
      );
    }
    if (profile.credential.in === 'header' && profile.credential.name.toLowerCase() === lower) {
      faults.push(`${where}: is the credential's own place.`);
    }
    return faults;
  });
}

function credentialFaults({ credential }: Profile): string[] {
  const { in: where, name: given, value } = credential as { in: string; name?: string; value?: string };
  const faults: string[] = [];
  if (where !== 'cookie' && !given) faults.push(`credential.name: missing; the ${where} that carries the credential.`);
  if (where === 'cookie' && (given || value)) faults.push('credential: the cookie header takes no name and no value.');
  if (where === 'header' && given && given.toLowerCase() !== 'authorization') {
    if (RESERVED_HEADERS.test(given.toLowerCase())) faults.push('credential.name: is no header for a credential.');
  }
  if (
    value !== undefined &&
    (placeholdersOf(value).join() !== 'credential' || /[{}]/.test(value.replace('{credential}', '')))
  ) {
    faults.push('credential.value: takes a text with {credential} once, such as "Bearer {credential}".');
  }
  return faults;
}

function loginFaults({ login, credential, operations }: Profile): string[] {
  if (login.by === 'browser' && credential.in !== 'cookie') {
    return ['login.by: a login by the browser gives cookies, and the credential goes elsewhere.'];
  }
  const missing = credential.in !== 'cookie' && operations.login && !operations.login.answer;
  return login.by === 'call' && missing
    ? ['operations.login.answer: missing; where the credential stands in the answer, ["data.token"].']
    : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
