/**
 * A recording against a profile: what it confirms, what differs, what it shows besides, and the profile that fits.
 *
 * Only structure leaves here: methods, path templates, field names, status words, and the three ids that the user
 * pastes into the workflow. Values are compared, never kept.
 */

import { at } from '../lib/json-places.ts';
import {
  type CallTemplate,
  OPERATION_NAMES,
  type Profile,
  templateIn,
  templatesOf,
} from '../portal/profile/profile.ts';
import { placeholdersOf } from '../portal/profile/template.ts';
import { OPERATIONS, type Operation, operationRow, type State } from '../release/lifecycle.ts';
import type { Exchange, Recording } from './recording.ts';

export type Verdict = 'confirmed' | 'different' | 'not seen';

export interface Finding {
  readonly operation: Operation;
  readonly verdict: Verdict;
  /** What differs, in words. */
  readonly differences: readonly string[];
  /** Where the call was only guessed to be this operation. */
  readonly isGuess?: true;
}

export interface Unexplained {
  readonly call: string;
  readonly fields: readonly string[];
  /** The operation that it may be, by its words and fields. */
  readonly maybe?: Operation;
  readonly times: number;
}

export interface Comparison {
  readonly basePath: string;
  readonly findings: readonly Finding[];
  readonly unexplained: readonly Unexplained[];
  readonly statuses: readonly { readonly word: string; readonly state?: State | 'busy' }[];
  readonly ids: Readonly<Partial<Record<'miniapp-id' | 'space-id' | 'target-app', readonly string[]>>>;
  /** What a profile file has to say over the default. */
  readonly changes: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Compares the recording of a release with a profile, and gives the changes that make the profile fit. */
export function compare({ exchanges }: Recording, profile: Profile): Comparison {
  const basePath = basePathOf(exchanges, profile);
  const known = knownValues(exchanges, profile);
  const success = successOf(exchanges, profile);
  const isGood = ({ status, response }: Exchange) => status < 400 && at(response, success.at) === success.equals;

  const matched = new Map<Operation, Exchange[]>();
  const rest: Exchange[] = [];
  for (const exchange of exchanges) {
    const operation = operationOf(exchange, basePath, profile);
    if (operation) matched.set(operation, [...(matched.get(operation) ?? []), exchange]);
    else rest.push(exchange);
  }

  const operations: Record<string, unknown> = {};
  const findings: Finding[] = [];
  const explained = new Set<Exchange>();
  const context = { known, basePath };
  for (const operation of OPERATION_NAMES) {
    const template = templateIn(profile, operation);
    const seen = matched.get(operation) ?? [];
    const exchange = seen.findLast(isGood) ?? seen.at(-1);
    if (!template) continue;
    if (!exchange) {
      const guess = guessFor(
        operation,
        rest.filter((one) => !explained.has(one) && isGood(one)),
        basePath,
      );
      const fit = guess && fitOf(operation, template, guess, context);
      if (!guess || !fit || fit.unknown) {
        findings.push({ operation, verdict: 'not seen', differences: [] });
        continue;
      }
      for (const one of rest.filter(({ method, path }) => method === guess.method && path === guess.path))
        explained.add(one);
      findings.push({
        operation,
        verdict: 'different',
        isGuess: true,
        differences: [`a guess by its words and fields: ${fit.call}`, ...fit.differences],
      });
      operations[operation] = { ...fit.changes, mark: 'observed' };
      continue;
    }
    const fit = fitOf(operation, template, exchange, context);
    const failed = isGood(exchange) ? [] : [`the portal refused it in this recording (HTTP ${exchange.status})`];
    const differences = [...fit.differences, ...failed];
    findings.push({ operation, verdict: differences.length > 0 ? 'different' : 'confirmed', differences });
    const changes = {
      ...fit.changes,
      ...(failed.length === 0 && template.mark !== 'observed' && { mark: 'observed' }),
    };
    if (Object.keys(changes).length > 0) operations[operation] = changes;
  }

  followSiblings(findings, operations, profile);
  const { statuses, release } = statusesOf(matched, operations, profile, isGood);
  const changes = {
    ...(basePath !== profile.basePath && { basePath }),
    ...((success.at !== profile.envelope.success.at || success.equals !== profile.envelope.success.equals) && {
      envelope: { success },
    }),
    ...(Object.keys(operations).length > 0 && { operations }),
    ...(Object.keys(release).length > 0 && { release }),
    ...statusChanges(statuses),
  };
  const unexplained = unexplainedOf(
    rest.filter((one) => !explained.has(one)),
    basePath,
    known,
  );
  return { basePath, findings, unexplained, statuses, ids: idsOf(known), changes };
}

/** A read that was not recorded gets the list of the reads that were, and their address where the profile shares it. */
function followSiblings(findings: Finding[], operations: Record<string, unknown>, profile: Profile): void {
  const changed = Object.entries(operations) as [Operation, Partial<CallTemplate>][];
  const reads = changed.filter(([other]) => OPERATIONS[other].access === 'read');
  for (const [index, { operation, verdict }] of findings.entries()) {
    if (verdict !== 'not seen' || OPERATIONS[operation].access !== 'read') continue;
    const answer = reads.find(([, change]) => change.answer)?.[1].answer;
    const path = reads.find(
      ([other, change]) => change.path && templateIn(profile, other)?.path === templateIn(profile, operation)?.path,
    )?.[1].path;
    if (!answer && !path) continue;
    operations[operation] = { ...(path && { path }), ...(answer && { answer }) };
    const differences = ['written as the other reads are'];
    findings[index] = { operation, verdict, differences };
  }
}

// --- What the recording is about -------------------------------------------------------------------------------------

function basePathOf(exchanges: readonly Exchange[], profile: Profile): string {
  const votes = new Map<string, number>();
  for (const { path } of exchanges) {
    for (const [, template] of templatesOf(profile)) {
      const tail = patternOf(template.path, '$').exec(path);
      const base = tail && path.slice(0, tail.index);
      if (base !== null && /^(\/[A-Za-z][\w-]*)*$/.test(base)) votes.set(base, (votes.get(base) ?? 0) + 1);
    }
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? profile.basePath;
}

function patternOf(path: string, end = '$', start = ''): RegExp {
  const source = path.replace(/[.+]/g, '\\$&').replace(/\{[A-Za-z]+\}/g, '[^/]+');
  return new RegExp(`${start}${source}/?${end}`);
}

/** The operation of that address; of several, the one whose fields are closest. */
function operationOf(exchange: Exchange, basePath: string, profile: Profile): Operation | undefined {
  const own = Object.keys(sentBy(exchange));
  const far = (operation: Operation) => {
    const names = Object.keys(templateFields(templateIn(profile, operation)));
    return names.filter((name) => !own.includes(name)).length + own.filter((name) => !names.includes(name)).length;
  };
  return OPERATION_NAMES.filter((operation) => {
    const template = templateIn(profile, operation);
    return template && patternOf(basePath + template.path, '$', '^').test(exchange.path);
  }).sort((a, b) => far(a) - far(b))[0];
}

function sentBy({ query, body, form }: Exchange): Fields {
  return { ...query, ...body, ...form };
}

function templateFields(template: CallTemplate | undefined): Fields {
  return { ...template?.query, ...template?.body, ...template?.form };
}

type Known = Readonly<Record<'appId' | 'spaceId' | 'channelCode' | 'version', ReadonlySet<string>>>;

const ID_NAMES = {
  appId: /^(mini_?)?app(_?id)?$|^miniapp_?id$/i,
  spaceId: /space(_?id)?$/i,
  channelCode: /channel(_?(code|id))?$/i,
  version: /^ver(sion)?$/i,
};

/** The values of the ids and versions: by the profile's own field names, and by names that say it. */
function knownValues(exchanges: readonly Exchange[], profile: Profile): Known {
  const templates = templatesOf(profile).flatMap(([, template]) => Object.entries(templateFields(template)));
  const valuesOf = (placeholder: keyof typeof ID_NAMES) => {
    const names = new Set(templates.filter(([, template]) => template === `{${placeholder}}`).map(([name]) => name));
    names.delete('name');
    const counts = new Map<string, number>();
    for (const exchange of exchanges) {
      for (const [name, value] of Object.entries(sentBy(exchange))) {
        const isIt = names.has(name) || ID_NAMES[placeholder].test(name);
        if (isIt && typeof value === 'string' && /^[\w.-]{1,64}$/.test(value))
          counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    return new Set([...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value));
  };
  return {
    appId: valuesOf('appId'),
    spaceId: valuesOf('spaceId'),
    channelCode: valuesOf('channelCode'),
    version: valuesOf('version'),
  };
}

function idsOf(known: Known): Comparison['ids'] {
  const plain = (values: ReadonlySet<string>) =>
    [...values].filter((value) => /^[A-Za-z0-9_-]{1,64}$/.test(value)).slice(0, 5);
  return { 'miniapp-id': plain(known.appId), 'space-id': plain(known.spaceId), 'target-app': plain(known.channelCode) };
}

/** The profile's success, or, where no response has it, the code that most responses share. */
function successOf(
  exchanges: readonly Exchange[],
  profile: Profile,
): { at: string; equals: boolean | number | string } {
  const responses = exchanges.filter(({ status }) => status < 400).map(({ response }) => response);
  const { success } = profile.envelope;
  if (responses.length === 0 || responses.some((response) => at(response, success.at) !== undefined)) return success;
  for (const name of ['success', 'code', 'status', 'ret', 'retCode', 'resultCode', 'errorCode']) {
    const counts = new Map<unknown, number>();
    for (const value of responses.map((response) => at(response, name)))
      counts.set(value, (counts.get(value) ?? 0) + 1);
    const [value, count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
    const isPlain = typeof value === 'boolean' || typeof value === 'number' || /^[A-Z0-9_]{1,20}$/.test(String(value));
    if (value !== undefined && value !== null && isPlain && count * 2 > responses.length) {
      return { at: name, equals: value as boolean | number | string };
    }
  }
  return success;
}

// --- One operation ---------------------------------------------------------------------------------------------------

interface Fit {
  readonly call: string;
  readonly differences: readonly string[];
  readonly changes: Readonly<Record<string, unknown>>;
  /** A path that holds a value which no placeholder stands for. */
  readonly unknown: boolean;
}

interface Context {
  readonly known: Known;
  readonly basePath: string;
}

function fitOf(operation: Operation, template: CallTemplate, exchange: Exchange, { known, basePath }: Context): Fit {
  const differences: string[] = [];
  const changes: Record<string, unknown> = {};
  const isSame = patternOf(basePath + template.path, '$', '^').test(exchange.path);
  const path = isSame ? template.path : templateOf(exchange.path, basePath, known);
  if (path !== template.path) {
    differences.push(`path: ${path} instead of ${template.path}`);
    changes['path'] = path;
  }
  if (exchange.method !== template.method) {
    differences.push(`method: ${exchange.method} instead of ${template.method}`);
    changes['method'] = exchange.method;
  }
  for (const part of ['query', 'body', 'form'] as const) {
    const part0 = partFit(operation, part, template, exchange[part], known);
    differences.push(...part0.differences);
    if (part0.changes !== undefined) changes[part] = part0.changes;
  }
  if (template.answer && OPERATIONS[operation].access === 'read' && exchange.response !== undefined) {
    const list = template.answer.some((place) => Array.isArray(at(exchange.response, place)));
    const found = list ? undefined : listPlaces(exchange.response)[0];
    if (!list) differences.push(found ? `answer: the list stands at ${found}` : 'answer: there is no list');
    if (found) changes['answer'] = [found];
  }
  return { call: `${exchange.method} ${path}`, differences, changes, unknown: /\{value\}/.test(path) };
}

function partFit(
  operation: Operation,
  part: 'query' | 'body' | 'form',
  template: CallTemplate,
  sent: Fields,
  known: Known,
): { differences: string[]; changes?: Record<string, unknown> | null } {
  const before: Fields = template[part] ?? {};
  const allBefore = templateFields(template);
  const differences: string[] = [];
  const changes: Record<string, unknown> = {};
  for (const name of Object.keys(before).filter((one) => !Object.hasOwn(sent, one))) {
    differences.push(`${part}.${name}: is not sent`);
    changes[name] = null;
  }
  for (const [name, value] of Object.entries(sent)) {
    if (Object.hasOwn(before, name)) {
      const constant = placeholdersOf(before[name]).length === 0;
      if (constant && before[name] !== value) differences.push(`${part}.${name}: has another value than the profile's`);
      continue;
    }
    const shown = isName(name) ? name : '(a name that is not shown)';
    const template = allBefore[name] ?? templateFor(operation, name, value, known);
    if (template === undefined || !isName(name)) {
      differences.push(`${part}.${shown}: is sent too; its value is not kept, so it is not in the written profile`);
    } else {
      differences.push(`${part}.${shown}: is sent too, as ${String(template)}`);
      changes[name] = template;
    }
  }
  if (Object.keys(changes).length === 0) return { differences };
  const left = Object.keys(before).some((name) => changes[name] !== null);
  return { differences, changes: left || Object.values(changes).some((change) => change !== null) ? changes : null };
}

const BY_NAME: readonly (readonly [name: RegExp, template: string, fits: (value: unknown) => boolean])[] = [
  [/page_?size|limit|^n$|^size$/i, '{pageSize}', isWhole],
  [/page|current|^p$/i, '{page}', isWhole],
  [
    /ratio|percent|proportion|gr[ae]y/i,
    '{ratio}',
    (value) => isWhole(value) && Number(value) >= 1 && Number(value) <= 100,
  ],
  [/user|white|tester|account|ids$/i, '{userIds}', (value) => Array.isArray(value) && value.every(isText)],
  [/artifact|path|file|package|key/i, '{artifacts}', (value) => Array.isArray(value) && value.every(isText)],
  [/artifact|path|file|package|key/i, '{artifact}', isText],
  [/log|note|desc|remark|change/i, '{releaseNotes}', isText],
  [/pass|pwd|secret/i, '{password}', isText],
  [/user|account|login|name|mail|phone/i, '{username}', isText],
];

const TAKES: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  listVersions: ['{page}', '{pageSize}'],
  listReleases: ['{page}', '{pageSize}'],
  findRelease: ['{page}', '{pageSize}'],
  releaseHistory: ['{page}', '{pageSize}'],
  createVersion: ['{artifacts}', '{artifact}'],
  createRelease: ['{artifacts}', '{artifact}', '{releaseNotes}'],
  startApproval: ['{releaseNotes}'],
  addWhitelist: ['{userIds}'],
  setRatio: ['{ratio}'],
  startGrayscale: ['{ratio}'],
  login: ['{username}', '{password}'],
};

/** The placeholder that a field's value stands for: an id by its value, others by name and form. */
function templateFor(operation: Operation, name: string, value: unknown, known: Known): string | undefined {
  if (operation !== 'login') {
    for (const [placeholder, values] of Object.entries(known)) if (values.has(String(value))) return `{${placeholder}}`;
  }
  return BY_NAME.find(
    ([pattern, template, fits]) => TAKES[operation]?.includes(template) && pattern.test(name) && fits(value),
  )?.[1];
}

function isWhole(value: unknown): boolean {
  return /^\d{1,4}$/.test(String(value));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** A name as programs use them; a map's keys may be data, an id or an address, and are not shown. */
function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,40}$/.test(name) && !/\d{4}/.test(name) && !/^(?=.*\d)[0-9a-f_]{12,}$/i.test(name);
}

/** Words of addresses; any other segment may be data and is shown as {value}. */
const PATH_WORDS =
  /^(api|v\d{1,2}|rest|intercnn|app|apps|mini|miniapp|miniapps|version|versions|package|packages|file|files|upload|resource|create|new|add|publish|release|releases|rollout|rollouts|approve|approval|apply|audit|review|cancel|withdraw|revoke|start|stop|end|finish|skip|set|get|query|list|page|search|find|detail|details|info|history|log|logs|gray|grey|grayscale|beta|pilot|test|tester|testers|white|whitelist|ratio|percent|share|online|offline|everyone|official|officially|full|rollback|roll|back|revert|user|users|login|logout|session|sessions|auth|token|account|request|requests|submit|delete|remove|update|edit|check|status|state|space|workspace|channel|channels|target|menu|config|do|json|form)$/;

/** The address below the base path, with placeholders for known values; only words of addresses are kept. */
function templateOf(path: string, basePath: string, known: Known): string {
  const below = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  return below
    .split('/')
    .map((segment) => {
      if (segment === '') return segment;
      for (const [placeholder, values] of Object.entries(known)) if (values.has(segment)) return `{${placeholder}}`;
      const words = segment
        .replace(/([a-z])([A-Z])/g, '$1-$2')
        .toLowerCase()
        .split(/[-_.]/);
      return words.every((word) => PATH_WORDS.test(word)) ? segment : '{value}';
    })
    .join('/')
    .replace(/\/$/, '');
}

/** Places of lists of objects in a response, nearest first. */
function listPlaces(response: unknown, place = '', depth = 0): string[] {
  if (depth > 3 || response === null || typeof response !== 'object' || Array.isArray(response)) return [];
  const entries = Object.entries(response).filter(([name]) => isName(name));
  const here = entries.filter(([, value]) => Array.isArray(value)).map(([name]) => place + name);
  return [...here, ...entries.flatMap(([name, value]) => listPlaces(value, `${place}${name}.`, depth + 1))];
}

// --- What nothing explains -------------------------------------------------------------------------------------------

/** From the special to the general: the first that fits counts. */
const HINTS: readonly (readonly [Operation, RegExp])[] = [
  ['rollback', /roll_?back|revert/],
  ['addWhitelist', /white|tester|allow_?list/],
  ['startGrayscale', /(gr[ae]y|ratio|share|percent|rollout).*start|start.*(gr[ae]y|rollout)/],
  ['setRatio', /ratio|percent|proportion|share/],
  ['skipPilot', /(skip|end|finish|stop).*(beta|pilot|test)|(beta|pilot|test).*(skip|end|finish|stop)/],
  ['startPilot', /beta|pilot/],
  [
    'cancelApproval',
    /(cancel|withdraw|revoke|recall).*(app(ly|ro)|audit|review|request)|(app(ly|ro)|audit|review).*(cancel|withdraw|revoke)/,
  ],
  ['cancelRelease', /cancel|withdraw|take_?back/],
  ['startApproval', /approv|apply|audit|review/],
  ['goOnline', /online|everyone|official|full/],
  ['createRelease', /(publish|release|rollout).*(create|add|new)/],
  ['createVersion', /(version|package).*(create|add|new)/],
];

function likely(exchange: Exchange, basePath: string): Operation | undefined {
  if (exchange.hasFile) return 'uploadPackage';
  if (Object.keys(sentBy(exchange)).some((name) => /pass(word|wd)?$|^pwd$/i.test(name))) return 'login';
  if (exchange.method === 'GET') return /history/i.test(exchange.path) ? 'releaseHistory' : undefined;
  const below = exchange.path.startsWith(basePath) ? exchange.path.slice(basePath.length) : exchange.path;
  const text = `${below} ${Object.keys(exchange.body).join(' ')}`.toLowerCase();
  return (
    HINTS.find(([, pattern]) => pattern.test(below.toLowerCase()))?.[0] ??
    HINTS.find(([, pattern]) => pattern.test(text))?.[0]
  );
}

/** The one address that may be the operation; several are left to a person. */
function guessFor(operation: Operation, rest: readonly Exchange[], basePath: string): Exchange | undefined {
  const fitting = rest.filter((exchange) => likely(exchange, basePath) === operation);
  const isUnder = (path: string) => path.startsWith(`${basePath}/`);
  const addresses = new Set(fitting.map(({ method, path }) => `${method} ${path}`));
  const [first] = fitting;
  return addresses.size === 1 && first && isUnder(first.path) ? first : undefined;
}

function unexplainedOf(rest: readonly Exchange[], basePath: string, known: Known): Unexplained[] {
  const groups = new Map<string, Exchange[]>();
  for (const exchange of rest) {
    const call = `${exchange.method} ${templateOf(exchange.path, basePath, known)}`;
    groups.set(call, [...(groups.get(call) ?? []), exchange]);
  }
  return [...groups].map(([call, exchanges]) => {
    const maybe = exchanges[0] && likely(exchanges[0], basePath);
    const fields = [...new Set(exchanges.flatMap((one) => Object.keys(sentBy(one))))].filter(isName);
    return { call, fields, ...(maybe && { maybe }), times: exchanges.length };
  });
}

// --- Status words ----------------------------------------------------------------------------------------------------

type Statuses = Comparison['statuses'];

/** Words at the status's place, with what a word met first after an operation would mean. */
function statusesOf(
  matched: ReadonlyMap<Operation, readonly Exchange[]>,
  operations: Readonly<Record<string, unknown>>,
  profile: Profile,
  isGood: (exchange: Exchange) => boolean,
): { statuses: Statuses; release: Record<string, unknown> } {
  const looks = [...(matched.get('findRelease') ?? []), ...(matched.get('listReleases') ?? [])].filter(isGood);
  const items = looks.flatMap(({ response }) => itemsOf(response, profile, operations));
  const place = [profile.release.status.at].flat()[0] ?? '';
  const other = items.some((item) => at(item, place) !== undefined)
    ? undefined
    : items.flatMap((item) => Object.keys(Object(item))).find((name) => /status|state/i.test(name) && isName(name));
  const words = new Set(items.map((item) => String(at(item, other ?? place) ?? '')).filter(isWord));
  const statuses = [...words].map((word) => {
    const state = Object.hasOwn(profile.statuses, word) ? profile.statuses[word]?.state : undefined;
    return { word, ...(state && { state }) };
  });
  return { statuses, release: other ? { status: { at: other, mark: 'observed' } } : {} };
}

function itemsOf(response: unknown, profile: Profile, operations: Readonly<Record<string, unknown>>): unknown[] {
  const places = [
    ...(profile.operations.findRelease?.answer ?? []),
    ...['findRelease', 'listReleases'].flatMap(
      (name) => (at(operations, `${name}.answer`) as string[] | undefined) ?? [],
    ),
  ];
  return places.flatMap((place) => {
    const list = at(response, place);
    return Array.isArray(list) ? list : [];
  });
}

/** A word of a program or a small number; anything else may be a person's text and is not shown. */
function isWord(text: string): boolean {
  return /^[A-Z][A-Z0-9_]{1,31}$/.test(text) || /^\d{1,3}$/.test(text);
}

/** Words that are met are observed from now on. */
function statusChanges(statuses: Statuses): Record<string, unknown> {
  const met = statuses
    .filter(({ state }) => state !== undefined)
    .map(({ word, state }) => [word, { state, mark: 'observed' }]);
  return met.length > 0 ? { statuses: Object.fromEntries(met) } : {};
}

/** The operation in words, for a person who reads the list. */
export function wordsOf(operation: Operation): string {
  return operationRow(operation).words;
}
