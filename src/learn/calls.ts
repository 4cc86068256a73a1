/** Call shapes: exchanges with one method, one pattern of the path and one set of constants; and their templates. */

import type { CallTemplate, Profile } from '../portal/profile/profile.ts';
import { OPERATION_NAMES } from '../portal/profile/profile.ts';
import { OPERATIONS, type Operation, type WriteOperation } from '../release/lifecycle.ts';
import type { Exchange } from './recording.ts';
import {
  carries,
  type Ids,
  isName,
  isPathWord,
  isTicket,
  type Leaf,
  leavesOf,
  PASSWORD,
  SHORT_TICKET,
  segmentsOf,
  sentLeaves,
  type Tickets,
  versionIn,
} from './values.ts';

export interface Context {
  readonly ids: Ids;
  readonly versions: ReadonlySet<string>;
  readonly tickets: Tickets;
  readonly base: Profile;
  readonly basePath: string;
  readonly all: readonly Exchange[];
  /** Words that are shown anyway: those of statuses, and of the paths of the profile. */
  readonly shown: ReadonlySet<string>;
}

export interface Call {
  readonly method: string;
  /** Below the base path, with placeholders. */
  readonly path: string;
  /** The constant that says what to do, where one address serves several operations; else empty. */
  readonly action: string;
  readonly exchanges: readonly Exchange[];
  readonly isUpload: boolean;
  readonly words: string;
  readonly buttons: string;
  readonly ratio?: { readonly place: string; readonly form: 'number' | 'text' | 'fraction' | 'fraction-text' };
  /** It carries a number that nothing explains, and no ratio. */
  readonly mayHaveRatio: boolean;
  readonly userIds?: { readonly place: string; readonly form: string };
  readonly hasArtifact: boolean;
  readonly ofProfile?: WriteOperation;
  readonly readsOfProfile: readonly Operation[];
}

/** A call as the report names it, and as `--is` takes it: with the constant where one address serves several. */
export function callOf({ method, path, action }: Pick<Call, 'method' | 'path' | 'action'>): string {
  return [method, path, action].filter(Boolean).join(' ');
}

/** Whether a request names a version, or a release by its ticket. */
export function namesRelease(one: Exchange, { versions, tickets }: Context): boolean {
  return versionIn(one, versions, tickets) !== undefined;
}

export function callsOf(exchanges: readonly Exchange[], context: Context): Call[] {
  const groups = new Map<string, Exchange[]>();
  for (const one of exchanges) {
    const kind = one.method === 'GET' || one.method === 'POST' ? namesRelease(one, context) : true;
    const key = `${one.method} ${pathOf(one.path, context)} ${kind} ${actionOf(one, context)?.value ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const uploads = exchanges.filter(({ isUpload }) => isUpload);
  const stored = new Set(
    uploads
      .flatMap(({ answer }) => leavesOf(answer).map(({ value }) => String(value)))
      .filter((value) => value.length > 8),
  );
  return [...groups.values()].flatMap((own) => byFields(own, context)).map((own) => describe(own, context, stored));
}

/** One address may serve operations that carry different fields: those with none in common are different calls. */
function byFields(exchanges: readonly Exchange[], context: Context): Exchange[][] {
  const found: { readonly names: Set<string>; readonly exchanges: Exchange[] }[] = [];
  for (const one of exchanges) {
    const own = Object.entries(Object(one.body)).flatMap(([name, value]) => (isConstant(value, context) ? [] : [name]));
    const same = found.find(({ names }) => own.length === 0 || names.size === 0 || own.some((name) => names.has(name)));
    if (same) {
      same.exchanges.push(one);
      for (const name of own) same.names.add(name);
    } else found.push({ names: new Set(own), exchanges: [one] });
  }
  return found.map((group) => group.exchanges);
}

const ACTION =
  /^((op|operation|cmd|command|event|operate(_?type)?|method|api|service|func(tion)?|act|action)|((target|to|new|next)_?)?(status|state|phase|stage|step|transition))$/i;

/** The constant that says what to do, where one address serves several operations: it differs between its calls. */
function actionOf(one: Exchange, { all }: Context): Leaf | undefined {
  const isAction = ({ name, place, value }: Leaf) =>
    ACTION.test(name) &&
    place.split('.').length <= 2 &&
    isPathWord(String(value)) &&
    (actionsIn(all).get(`${one.method} ${one.path} ${place}`)?.size ?? 0) > 1;
  return sentLeaves(one).find(isAction);
}

const actionsOf = new WeakMap<readonly Exchange[], Map<string, Set<unknown>>>();

/** For each address and each field that may say what to do, the values that were sent. */
function actionsIn(all: readonly Exchange[]): Map<string, Set<unknown>> {
  const known = actionsOf.get(all);
  if (known) return known;
  const found = new Map<string, Set<unknown>>();
  for (const one of all) {
    for (const { name, place, value } of sentLeaves(one)) {
      if (!ACTION.test(name)) continue;
      const key = `${one.method} ${one.path} ${place}`;
      found.set(key, (found.get(key) ?? new Set()).add(value));
    }
  }
  actionsOf.set(all, found);
  return found;
}

function describe(exchanges: readonly Exchange[], context: Context, stored: ReadonlySet<string>): Call {
  const first = exchanges[0] as Exchange;
  const path = pathOf(first.path, context);
  const action = String(actionOf(first, context)?.value ?? '');
  const below = `${path} ${action}`.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
  const isUpload = exchanges.some((one) => one.isUpload === true);
  const ratio = ratioOf(exchanges, context);
  const userIds = userIdsOf(exchanges, context, ratio?.place);
  const artifact = exchanges.some((one) => sentLeaves(one).some(({ value }) => isArtifact(value, stored)));
  const matches = OPERATION_NAMES.filter((operation) => isOfProfile(operation, first, context));
  const write = matches.find((operation) => OPERATIONS[operation].access === 'write' && operation !== 'login');
  return {
    method: first.method,
    path,
    action,
    exchanges,
    isUpload,
    words: below,
    buttons: [...new Set(exchanges.flatMap(({ button }) => button?.trim().toLowerCase() ?? []))].join(' | '),
    ...(ratio && { ratio }),
    ...(userIds && { userIds }),
    mayHaveRatio: ratio === undefined && userIds === undefined && mayHaveRatio(exchanges, context),
    hasArtifact: artifact && !isUpload,
    ...(write && { ofProfile: write as WriteOperation }),
    readsOfProfile: matches,
  };
}

function isArtifact(value: unknown, stored: ReadonlySet<string>): boolean {
  return stored.has(String(value)) || /\.zip$/i.test(String(value));
}

/** The profile's template of an operation; undefined where it is folded or missing. */
function templateIn(base: Profile, operation: Operation): CallTemplate | undefined {
  const template: unknown = base.operations[operation];
  return template !== null && typeof template === 'object' ? (template as CallTemplate) : undefined;
}

function isOfProfile(operation: Operation, one: Exchange, context: Context): boolean {
  const { base, basePath, versions } = context;
  const template = templateIn(base, operation);
  if (!template || template.method !== one.method) return false;
  const source = template.path.replace(/[.+]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
  const below = one.path.startsWith(basePath) ? one.path.slice(basePath.length) : one.path;
  if (!new RegExp(`^${source}/?$`).test(below)) return false;
  const names = Object.keys({ ...template.query, ...template.body });
  const needsVersion = JSON.stringify({ ...template.query, ...template.body }).includes('{version}');
  if (OPERATIONS[operation].access === 'read' && names.length > 0) return needsVersion === carries(one, versions);
  return true;
}

// --- What a call carries ---------------------------------------------------------------------------------------------

function isConstant(value: unknown, { ids, versions, tickets }: Context): boolean {
  const text = String(value);
  const isLongTicket = tickets.has(text) && text.length >= SHORT_TICKET;
  return versions.has(text) || Object.values(ids).includes(text) || isLongTicket;
}

/** A GET that names no release changes none: its numbers are pages, its names filters. */
function isPlainGet(exchanges: readonly Exchange[], context: Context): boolean {
  return exchanges[0]?.method === 'GET' && !exchanges.every((one) => namesRelease(one, context));
}

function ratioOf(exchanges: readonly Exchange[], context: Context): Call['ratio'] {
  if (isPlainGet(exchanges, context)) return undefined;
  const values = new Map<string, unknown[]>();
  for (const one of exchanges) {
    for (const { place, value } of sentLeaves(one)) values.set(place, [...(values.get(place) ?? []), value]);
  }
  for (const [place, own] of values) {
    const name = place.split('.').at(-1) ?? '';
    const numbers = own.map(Number);
    const isText = own.every((value) => typeof value === 'string' && /^\d{1,3}(\.\d+)?$/.test(value));
    if (own.some((value) => isConstant(value, context)) || !(isText || own.every((value) => typeof value === 'number')))
      continue;
    if (!numbers.every((value) => value > 0 && value <= 100) || /page|size|limit|type|id$|count|version/i.test(name))
      continue;
    const isNamed = /ratio|percent|proportion|share|scale|rate|gr[ae]y|traffic|portion|weight/i.test(name);
    if (!isNamed && new Set(numbers).size < 2 && !isEchoed(exchanges, place, context)) continue;
    const isFraction = numbers.every((value) => value <= 1) && numbers.some((value) => value < 1);
    return { place, form: isFraction ? (isText ? 'fraction-text' : 'fraction') : isText ? 'text' : 'number' };
  }
  return undefined;
}

/** Whether a change carries a number below 10,000 that is no id and no code, such as `7`, `"7%"` or `700`. */
function mayHaveRatio(exchanges: readonly Exchange[], context: Context): boolean {
  if (isPlainGet(exchanges, context) || exchanges.some(({ isUpload }) => isUpload)) return false;
  return exchanges.some((one) =>
    sentLeaves(one).some(
      ({ name, value }) =>
        /^\d{1,4}(\.\d+)?%?$/.test(String(value)) &&
        Number.parseFloat(String(value)) > 0 &&
        !isConstant(value, context) &&
        !/page|size|limit|type|mode|kind|flag|source|id$|count|version/i.test(name),
    ),
  );
}

/** Whether a number that was sent once stood in a response after it, at a place that did not hold it before. */
function isEchoed(exchanges: readonly Exchange[], place: string, { all }: Context): boolean {
  const [first] = exchanges;
  const sent = first && sentLeaves(first).find((leaf) => leaf.place === place);
  if (!first || !sent) return false;
  const isIt = ({ value }: Leaf) =>
    value !== null &&
    value !== '' &&
    [1, 100].some((factor) => Math.abs(Number(value) * factor - Number(sent.value)) < 1e-9);
  const places = (from: readonly Exchange[]) =>
    new Set(from.flatMap(({ answer }) => leavesOf(answer).flatMap((leaf) => (isIt(leaf) ? [leaf.place] : []))));
  const at = all.indexOf(first);
  const before = places(all.slice(0, at));
  return [...places(all.slice(at + 1))].some((one) => !before.has(one) && !/page|size|total|count|time/i.test(one));
}

function isIdText(value: unknown): boolean {
  return /^[\w-]{3,64}$/.test(String(value)) && /\d/.test(String(value));
}

/** The person who presses the buttons is sent with many calls; who is added to the whitelist is not. */
function isSentElsewhere(text: string, own: readonly Exchange[], { all }: Context): boolean {
  return all.some((one) => !own.includes(one) && sentLeaves(one).some(({ value }) => String(value) === text));
}

const USER_NAME = /user|white|tester|member|account|uid|people|ids$/i;

function userIdsOf(exchanges: readonly Exchange[], context: Context, ratioPlace: string | undefined): Call['userIds'] {
  if (isPlainGet(exchanges, context)) return undefined;
  const found = (value: unknown, place: string, name: string): Call['userIds'] => {
    if (Array.isArray(value)) {
      if (value.length === 0 || /artifact|file|path/i.test(name)) return undefined;
      if (value.every((one) => typeof one === 'string' || typeof one === 'number')) {
        return value.some((one) => isConstant(one, context) || /[/.]/.test(String(one)))
          ? undefined
          : { place, form: '{userIds}' };
      }
      const keys = Object.keys(Object(value[0]));
      const isUser =
        USER_NAME.test(`${name} ${keys[0]}`) || value.every((one) => isIdText(Object.values(Object(one))[0]));
      return keys.length === 1 && isUser ? { place, form: '{userIds:each}' } : undefined;
    }
    if (value !== null && typeof value === 'object') {
      for (const [key, one] of Object.entries(value)) {
        const inner = found(one, place ? `${place}.${key}` : key, key);
        if (inner) return inner;
      }
      return undefined;
    }
    const text = String(value);
    if (place === ratioPlace || isConstant(value, context)) return undefined;
    const isNamed = USER_NAME.test(name);
    const [, first = '', separator, second = ''] = /^([\w-]+)([,;| ]|\n)([\w-]+)/.exec(text) ?? [];
    if (separator && (isNamed || (separator !== ' ' && [first, second].every(isIdText))))
      return { place, form: `{userIds:${separator}}` };
    const isOwn = !isSentElsewhere(text, exchanges, context);
    return isNamed && isOwn && /^[\w-]{3,}$/.test(text) ? { place, form: '{userId}' } : undefined;
  };
  // Of several calls, one with two IDs shows the separator.
  const all = exchanges.flatMap((one) => found(one.body, '', '') ?? found(one.query, '', '') ?? []);
  return all.find(({ form }) => form !== '{userId}') ?? all[0];
}

// --- The path and the template ---------------------------------------------------------------------------------------

function pathOf(path: string, context: Context): string {
  const below = path.startsWith(`${context.basePath}/`) ? path.slice(context.basePath.length) : path;
  return segmentsOf(below)
    .map((segment) => {
      if (segment === '') return segment;
      const placeholder = placeholderFor(segment, context);
      if (placeholder) return placeholder;
      return isPathWord(segment) && !isDataElsewhere(segment, context) ? segment : '{value}';
    })
    .join('/')
    .replace(/\/$/, '');
}

const dataOf = new WeakMap<readonly Exchange[], Map<string, Set<string>>>();

/** Every text that was sent or received, with the names of its fields. */
function dataIn(all: readonly Exchange[]): Map<string, Set<string>> {
  const known = dataOf.get(all);
  if (known) return known;
  const found = new Map<string, Set<string>>();
  for (const one of all) {
    for (const { name, value } of [...sentLeaves(one), ...leavesOf(one.answer)]) {
      if (typeof value !== 'string' || value.length > 40) continue;
      const names = found.get(value) ?? new Set<string>();
      names.add(name);
      found.set(value, names);
    }
  }
  dataOf.set(all, found);
  return found;
}

function isDataElsewhere(text: string, { all, shown }: Context, name?: string): boolean {
  if (shown.has(text)) return false;
  const names = dataIn(all).get(text);
  return names !== undefined && [...names].some((one) => one !== name);
}

/** `name` is that of a field; a segment of a path has none. */
function placeholderFor(value: unknown, { ids, versions, tickets }: Context, name?: string): string | undefined {
  const text = String(value);
  if (versions.has(text)) return '{version}';
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  for (const [id, own] of Object.entries(ids)) if (own === text) return isNumber ? `{${id}:number}` : `{${id}}`;
  if (!isTicket(value, tickets, name)) return undefined;
  return isNumber ? '{publishId:number}' : '{publishId}';
}

const BY_NAME: readonly (readonly [RegExp, string, (value: unknown) => boolean])[] = [
  [/offset|^skip$|^start$|^from$|start_?(index|row)/i, '{offset}', isWhole],
  [/page_?size|limit|^n$|^size$|per_?page/i, '{pageSize}', isWhole],
  [/page|current|^p$/i, '{page}', isWhole],
  [/log|note|desc|remark|change|comment|reason|content/i, '{releaseNotes}', (value) => typeof value === 'string'],
  [new RegExp(`pass|pwd|secret|${PASSWORD.source}`, 'i'), '{password}', (value) => typeof value === 'string'],
  [/user|account|login|name|mail|phone/i, '{username}', (value) => typeof value === 'string'],
];
const PAGE = ['{page}', '{pageSize}', '{offset}'];
const TAKES: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  listVersions: PAGE,
  listReleases: PAGE,
  findRelease: PAGE,
  releaseHistory: PAGE,
  createRelease: ['{releaseNotes}'],
  startApproval: ['{releaseNotes}'],
  login: ['{username}', '{password}'],
};

function isWhole(value: unknown): boolean {
  return /^\d{1,4}$/.test(String(value));
}

/** Where the response to an upload holds what a later call carries. */
export function storedPlace(upload: Call, context: Context): string | undefined {
  const sent = new Set(context.all.flatMap((one) => sentLeaves(one).map(({ value }) => String(value))));
  const places = upload.exchanges
    .flatMap(({ answer }) => leavesOf(answer))
    .filter(({ place, value }) => {
      const text = String(value);
      return text.length > 8 && sent.has(text) && !isConstant(value, context) && place.split('.').every(isName);
    });
  return places[0]?.place;
}

/** Of two whole numbers of a list's request, the small one is the page, the large one its size. */
function pagesIn(sent: unknown): { page: string; size: string } | undefined {
  const numbers = leavesOf(sent).filter(({ value }) => isWhole(value));
  const [page, size] = numbers.sort((a, b) => Number(a.value) - Number(b.value));
  const isPair = page && size && numbers.length === 2 && Number(page.value) <= 1 && Number(size.value) >= 5;
  return isPair ? { page: page.place, size: size.place } : undefined;
}

/**
 * Whether a short number is a code of the portal, such as `mode: 2`: by its name, or since a person's several calls all
 * sent it. A number that was sent once may count something. A read's may be its page.
 */
function isCode(operation: Operation, name: string, text: string, call: Call): boolean {
  if (OPERATIONS[operation].access !== 'write' || !/^\d{1,2}$/.test(text)) return false;
  return call.exchanges.length > 1 || /(type|mode|kind|flag|source|strategy)$/i.test(name);
}

/** The template of the latest exchange of a call, as changes of the profile's; values that are no structure are left out. */
export function templateOf(
  operation: Operation,
  call: Call,
  context: Context,
  createsRelease = operation === 'createRelease',
): { changes: Record<string, unknown>; differences: string[] } {
  const before = templateIn(context.base, operation);
  const one = call.exchanges.at(-1) as Exchange;
  const differences: string[] = [];
  const changes: Record<string, unknown> = {};
  if (call.path.includes('{value}')) differences.push('the path holds a value that no placeholder stands for');
  if (call.path !== before?.path) changes['path'] = call.path;
  if (call.method !== before?.method) changes['method'] = call.method;
  const isForm = call.isUpload;
  const parts = [
    ['query', one.query],
    ...(isForm ? ([['form', one.body]] as const) : ([['body', one.body]] as const)),
  ] as const;
  for (const [part, sent] of parts) {
    const old = (before?.[part as 'query' | 'body' | 'form'] ?? {}) as Record<string, unknown>;
    // Chrome leaves the form of an upload out: what was not recorded is not compared.
    if (part === 'form' && Object.keys(Object(sent)).length === 0) continue;
    const carriesFiles = operation === 'createVersion' || createsRelease;
    const fresh = partOf(operation, call, sent, old, context, differences, carriesFiles);
    const change = changeOf(old, fresh);
    if (change !== undefined) changes[part] = change;
  }
  const bodyType = one.isForm ? 'form' : 'json';
  if (bodyType !== (before?.bodyType ?? 'json')) changes['bodyType'] = one.isForm ? 'form' : null;
  if (isForm) Object.assign(changes, fileOf(call, before, context.base));
  if (before && before.mark !== 'observed') changes['mark'] = 'observed';
  return { changes, differences };
}

/** The file of a form; a form has no JSON body. */
function fileOf(call: Call, before: CallTemplate | undefined, base: Profile): Record<string, unknown> {
  const file = before?.file ?? templateIn(base, 'uploadPackage')?.file;
  const field = call.exchanges.findLast(({ fileField }) => fileField !== undefined)?.fileField ?? file?.field;
  const isSame = before?.file !== undefined && before.file.field === field;
  return {
    ...(before?.body && { body: null }),
    ...(!isSame && field !== undefined && isName(field) && { file: before?.file ? { field } : { ...file, field } }),
  };
}

/** Only what differs: a name that is not sent any more is null. */
function changeOf(old: Record<string, unknown>, fresh: Record<string, unknown>): unknown {
  if (Object.keys(fresh).length === 0) return Object.keys(old).length > 0 ? null : undefined;
  const change: Record<string, unknown> = {};
  for (const name of Object.keys(old)) if (!Object.hasOwn(fresh, name)) change[name] = null;
  for (const [name, value] of Object.entries(fresh)) {
    if (JSON.stringify(old[name]) !== JSON.stringify(value)) change[name] = value;
  }
  return Object.keys(change).length > 0 ? change : undefined;
}

function partOf(
  operation: Operation,
  call: Call,
  sent: unknown,
  old: Record<string, unknown>,
  context: Context,
  differences: string[],
  carriesFiles: boolean,
): Record<string, unknown> {
  const isFromZero = (place: string) =>
    call.exchanges.some((one) => sentLeaves(one).some((leaf) => leaf.place === place && Number(leaf.value) === 0));
  const convert = (value: unknown, place: string, name: string, known: unknown): unknown => {
    if (place === call.ratio?.place && /^(setRatio|startGrayscale)$/.test(operation))
      return call.ratio.form === 'number' ? '{ratio}' : `{ratio:${call.ratio.form}}`;
    if (place === call.userIds?.place && /^(addWhitelist|startPilot)$/.test(operation)) {
      if (call.userIds.form !== '{userIds:each}') return call.userIds.form;
      const keys = Object.keys(Object((value as unknown[])[0]));
      return [{ [keys[0] ?? 'userId']: '{userIds:each}' }];
    }
    if (Array.isArray(value)) {
      const isFiles =
        value.length > 0 && value.every((item) => /\.zip$/i.test(String(item)) || /artifact|file|path/i.test(name));
      if (isFiles && carriesFiles) return '{artifacts}';
      const items = value.map((item) => convert(item, place, name, undefined));
      return items.includes(undefined) ? undefined : items;
    }
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value).flatMap(([key, item]) => {
        const inner = convert(item, `${place}.${key}`, key, Object(known)[key]);
        return inner === undefined ? [] : [[key, inner] as const];
      });
      return Object.fromEntries(entries);
    }
    const placeholder = placeholderFor(value, context, name);
    if (placeholder) return placeholder;
    if (value === known && (typeof known === 'string' || typeof known === 'boolean')) return known;
    const text = String(value);
    if (carriesFiles && (/\.zip$/i.test(text) || /^(artifact|file|path)/i.test(name))) return '{artifact}';
    for (const [pattern, template, fits] of BY_NAME) {
      if (TAKES[operation]?.includes(template) && pattern.test(name) && fits(value))
        return template === '{page}' && isFromZero(place) ? '{page:zero-based}' : template;
    }
    if (place === freeText) return '{releaseNotes}';
    if (place === account) return '{username}';
    if (pages?.page === place) return isFromZero(place) ? '{page:zero-based}' : '{page}';
    if (pages?.size === place) return '{pageSize}';
    if (typeof value === 'boolean' || value === null) return value;
    if (action?.place === place && action.value === value) return value;
    const same = call.exchanges.every((one) =>
      sentLeaves(one).some((leaf) => leaf.place === place && leaf.value === value),
    );
    if (same && typeof value === 'string' && isPathWord(text) && !isDataElsewhere(text, context, name)) return value;
    return same && isCode(operation, name, text, call) ? value : undefined;
  };
  const action = actionOf(call.exchanges.at(-1) as Exchange, context);
  const texts = leavesOf(sent).filter(({ value }) => typeof value === 'string' && !isConstant(value, context));
  const free = texts.filter(({ value }) => /\s|[^\x20-\x7e]/.test(String(value).trim()));
  const freeText = TAKES[operation]?.includes('{releaseNotes}') && free.length === 1 ? free[0]?.place : undefined;
  const others = texts.filter(
    ({ name }) => !BY_NAME.some(([pattern, form]) => form === '{password}' && pattern.test(name)),
  );
  const account = operation === 'login' && others.length === 1 ? others[0]?.place : undefined;
  const pages = TAKES[operation]?.includes('{page}') ? pagesIn(sent) : undefined;
  const isRepeated = (name: string) => call.exchanges.some(({ repeated }) => repeated?.includes(name));
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(Object(sent) as Record<string, unknown>)) {
    if (!isName(name.replace(/\[\]$/, ''))) {
      differences.push('a field whose name is not shown is sent too');
      continue;
    }
    const template = repeatedIf(isRepeated(name), convert(value, name, name, old[name]));
    if (template === undefined && isTimeOf(value, call)) continue;
    if (template === undefined) differences.push(`${name}: its value is not kept, so it is not in the written profile`);
    else result[name] = template;
  }
  return result;
}

/** A time of sending, by which a page keeps browsers from answering by themselves: `_t=1764208390123`. */
function isTimeOf(value: unknown, { exchanges }: Call): boolean {
  const number = Number(value) * (/^\d{10}$/.test(String(value)) ? 1_000 : 1);
  return exchanges.some(({ atMs }) => Math.abs(number - atMs) < 3_600_000);
}

/** The template of a list that a form sends as repeated fields. */
function repeatedIf(isRepeated: boolean, template: unknown): unknown {
  const list = isRepeated && typeof template === 'string' ? /^\{(userIds|artifacts)\}$/.exec(template)?.[1] : undefined;
  return list === undefined ? template : `{${list}:repeat}`;
}
