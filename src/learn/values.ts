/** Values of a recording: the scalars of a JSON value with their places, the three ids, versions, and what may be shown. */

import type { Profile } from '../portal/profile/profile.ts';
import type { Exchange } from './recording.ts';

export interface Leaf {
  /** Names joined by dots; places in lists have no number. */
  readonly place: string;
  readonly name: string;
  readonly value: unknown;
}

/** The scalars of a JSON value, at most `depth` levels deep. */
export function leavesOf(value: unknown, place = '', name = '', depth = 6): Leaf[] {
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.slice(0, 100).flatMap((one) => leavesOf(one, place, name, depth - 1));
  if (value === null || typeof value !== 'object') return [{ place, name, value }];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, place ? `${place}.${key}` : key, key, depth - 1));
}

/** What a request carries: the query and the body. */
export function sentLeaves({ query, body }: Exchange): Leaf[] {
  return [...leavesOf(query), ...leavesOf(body)];
}

export function segmentsOf(path: string): string[] {
  return path.split('/').map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
}

/** The name of a field that holds a password. */
export const PASSWORD = /pass(_?(word|wd|code))?$|^pwd$|passwd|^secret$|^mima$/i;

export type IdName = 'appId' | 'spaceId' | 'channelCode';
export type Ids = Readonly<Partial<Record<IdName, string>>>;

const ID_NAMES: Readonly<Record<IdName, RegExp>> = {
  appId: /^(mini_?)?(app|program|mini)s?(_?(id|code|key|no))?$/i,
  spaceId: /(space|tenant|org(anization)?)s?(_?(id|code|no))?$/i,
  channelCode: /(channel|target(_?app)?|host(_?app)?)s?(_?(code|id|name))?$/i,
};
const IS_ID = /^[A-Za-z0-9_-]{2,64}$/;
const IS_VERSION = /^v?\d{1,6}(\.\d{1,6}){1,3}(-[0-9A-Za-z.-]{1,30})?$/;

export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64 && IS_VERSION.test(value);
}

/**
 * Versions that were sent with a change and came back in a response: that of a page's script does not. A change that is
 * sent with GET names its version as others do, and no version comes back with its response.
 */
export function versionsOf(exchanges: readonly Exchange[]): Set<string> {
  const received = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (isVersion(value)) received.add(value);
    if (depth === 0 || value === null || typeof value !== 'object') return;
    for (const [key, one] of Object.entries(value)) {
      if (isVersion(key)) received.add(key);
      visit(one, depth - 1);
    }
  };
  for (const { answer } of exchanges) visit(answer, 6);
  const sent = exchanges
    .filter(({ method }) => method !== 'GET')
    .flatMap((one) => [...sentLeaves(one).map(({ value }) => value), ...segmentsOf(one.path)]);
  const isKnown = (value: unknown): value is string => isVersion(value) && received.has(value);
  const found = new Set(sent.filter(isKnown));
  const names = new Set(
    exchanges.flatMap((one) => sentLeaves(one).flatMap(({ name, value }) => (found.has(String(value)) ? [name] : []))),
  );
  for (const one of exchanges) {
    if (one.method !== 'GET' || leavesOf(one.answer).some(({ value }) => isVersion(value))) continue;
    for (const { name, value } of sentLeaves(one)) if (names.has(name) && isKnown(value)) found.add(value);
  }
  return found;
}

export interface FoundIds {
  readonly ids: Ids;
  /** Values that stand where the id of the miniapp stands: two miniapps in one recording. */
  readonly otherApps: readonly string[];
}

/**
 * The three ids: by the field names of the profile where they have those values, by names that say it, and where no name
 * says it, by constancy: what nearly every call about a version carries.
 */
export function idsOf(exchanges: readonly Exchange[], versions: ReadonlySet<string>, base: Profile): FoundIds {
  const names = profileNames(base);
  const votes: Record<IdName, Map<string, number>> = { appId: new Map(), spaceId: new Map(), channelCode: new Map() };
  const vote = (id: IdName, value: unknown, weight: number) => {
    const text = String(value);
    if (!isId(value) || versions.has(text)) return;
    votes[id].set(text, (votes[id].get(text) ?? 0) + weight);
  };
  const about = exchanges.filter((one) => carries(one, versions));
  const isAbout = new Set(about.length > 0 ? about : exchanges);
  for (const one of exchanges) {
    // A call about a version counts more than one of the page around it.
    const weight = isAbout.has(one) ? 4 : 1;
    for (const [name, value] of namedIn(one)) {
      for (const id of Object.keys(ID_NAMES) as IdName[]) {
        if (names[id].has(name)) vote(id, value, 3 * weight);
        const isTelling = id === 'channelCode' || !isPathWord(String(value));
        if (ID_NAMES[id].test(name) && isTelling) vote(id, value, weight);
      }
    }
  }
  const ids: Partial<Record<IdName, string>> = {};
  const taken = new Set<string>();
  for (const id of Object.keys(ID_NAMES) as IdName[]) {
    const best = [...votes[id]].filter(([value]) => !taken.has(value)).sort((a, b) => b[1] - a[1])[0]?.[0];
    if (best === undefined) continue;
    ids[id] = best;
    taken.add(best);
  }
  for (const [id, value] of constantIds(exchanges, about, taken, ids)) {
    ids[id] = value;
    taken.add(value);
  }
  const subject = about.length > 0 ? about : exchanges;
  return { ids, otherApps: othersOf(subject, ids.appId, taken) };
}

/**
 * The requests that name another target app where those of the same address name the recorded one. The last segment of a
 * path may as well be that of another collection.
 */
export function ofOtherChannels(exchanges: readonly Exchange[], channel: string | undefined): ReadonlySet<Exchange> {
  if (channel === undefined) return new Set();
  const partsOf = (one: Exchange) => [
    ...sentLeaves(one).map(({ name, value }) => [`${one.method} ${one.path} ${name}`, String(value)] as const),
    ...segmentsOf(one.path)
      .slice(0, -1)
      .map((segment, at) => [`${one.method} ${segmentsOf(one.path).with(at, '').join('/')}`, segment] as const),
  ];
  const own = new Set(
    exchanges.flatMap((one) => partsOf(one).flatMap(([where, value]) => (value === channel ? [where] : []))),
  );
  const isOther = (one: Exchange) => {
    const values = partsOf(one).flatMap(([where, value]) => (own.has(where) ? [value] : []));
    return values.some((value) => value !== '') && !values.includes(channel);
  };
  return new Set(exchanges.filter(isOther));
}

function isId(value: unknown): boolean {
  return typeof value !== 'boolean' && IS_ID.test(String(value));
}

/** The values of a request with their names; a segment of a path has the name of the one before it. */
function namedIn(one: Exchange): (readonly [string, unknown])[] {
  return [
    ...sentLeaves(one).map(({ name, value }) => [name, value] as const),
    ...segmentsOf(one.path).map((segment, at, all) => [all[at - 1] ?? '', segment] as const),
  ];
}

/** Fields of the person, the page or the request, which are as constant as an id. */
const NO_ID =
  /publish|release|ticket|who|by$|creator|submitter|author|owner|nick|member|person|employee|staff|user|operator|account|mail|phone|token|session|sign|nonce|time|lang|locale|device|platform|client|trace|page|size/i;

/** Ids that no name told: long digits in nearly every call about a version, and a word beside them. */
function constantIds(
  exchanges: readonly Exchange[],
  about: readonly Exchange[],
  taken: ReadonlySet<string>,
  known: Ids,
): [IdName, string][] {
  const counts = new Map<string, number>();
  const logins = exchanges.filter((one) => sentLeaves(one).some(({ name }) => PASSWORD.test(name)));
  const personal = new Set(logins.flatMap((one) => sentLeaves(one).map(({ value }) => String(value))));
  for (const one of about) {
    const own = sentLeaves(one).filter(
      ({ name, value }) => !NO_ID.test(name) && isId(value) && !personal.has(String(value)),
    );
    const values = [...own.map(({ value }) => String(value)), ...segmentsOf(one.path).filter(hasLongDigits)];
    for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const often = [...counts].filter(
    ([value, count]) => !taken.has(value) && count * 2 > about.length && about.length > 3,
  );
  const total = (value: string) => exchanges.filter((one) => carries(one, new Set([value]))).length;
  const digits = often.flatMap(([value]) => (hasLongDigits(value) ? [value] : []));
  // The miniapp is named by more calls than its space.
  digits.sort((a, b) => total(b) - total(a));
  const words = often.flatMap(([value]) => (isPathWord(value) && !hasLongDigits(value) ? [value] : []));
  const found: [IdName, string][] = [];
  for (const id of ['appId', 'spaceId'] as const) {
    const value = known[id] === undefined ? digits.shift() : undefined;
    if (value !== undefined) found.push([id, value]);
  }
  const channel = known.channelCode === undefined ? (words[0] ?? digits.shift()) : undefined;
  if (channel !== undefined) found.push(['channelCode', channel]);
  return found;
}

function hasLongDigits(value: string): boolean {
  return /\d{6}/.test(value);
}

/** Further values that stand where an id stands, in calls about a version; of paths only those of many digits. */
function othersOf(about: readonly Exchange[], id: string | undefined, taken: ReadonlySet<string>): string[] {
  if (id === undefined) return [];
  const fields = about.map((one) => sentLeaves(one).map(({ name, value }) => [name, String(value)] as const));
  const segments = about.map((one) => namedIn({ ...one, query: {}, body: undefined }));
  const others = [fields, segments].flatMap((all, isPath) => {
    const names = new Set(all.flat().flatMap(([name, value]) => (value === id ? [name] : [])));
    return all.flat().flatMap(([name, value]) => {
      const isOther = names.has(name) && isId(value) && (isPath === 0 || hasLongDigits(String(value)));
      return isOther ? [String(value)] : [];
    });
  });
  return [...new Set(others)].filter((value) => !taken.has(value));
}

function profileNames(base: Profile): Record<IdName, Set<string>> {
  const found: Record<IdName, Set<string>> = { appId: new Set(), spaceId: new Set(), channelCode: new Set() };
  for (const call of Object.values(base.operations)) {
    if (typeof call !== 'object' || call === null) continue;
    for (const { name, value } of leavesOf({ ...call.query, ...call.body, ...call.form })) {
      for (const id of Object.keys(found) as IdName[]) if (String(value).startsWith(`{${id}`)) found[id].add(name);
    }
  }
  return found;
}

/** Whether a request names one of the values. */
export function carries(exchange: Exchange, values: ReadonlySet<string>): boolean {
  return (
    sentLeaves(exchange).some(({ value }) => values.has(String(value))) ||
    segmentsOf(exchange.path).some((segment) => values.has(segment))
  );
}

/** Tickets of releases, and the version that each is of. */
export type Tickets = ReadonlyMap<string, string>;

const IS_TICKET_NAME = /(^|_)(id|no|key|code|sn)$|(Id|No|Key|Code|Sn)$|publish|release|ticket/;
/** Below this length a value is a ticket only where the request says that it is an id. */
export const SHORT_TICKET = 6;

/** Whether a value at this name is a ticket: one of few characters only where the name says that it is an id. */
export function isTicket(value: unknown, tickets: Tickets, name?: string): boolean {
  const text = String(value);
  return tickets.has(text) && (text.length >= SHORT_TICKET || name === undefined || IS_TICKET_NAME.test(name));
}

/** The ticket that a request names a release by: in its path, its query or its body. */
export function ticketIn(exchange: Exchange, tickets: Tickets): string | undefined {
  const leaf = sentLeaves(exchange).find(({ name, value }) => isTicket(value, tickets, name));
  if (leaf) return String(leaf.value);
  return segmentsOf(exchange.path).find((segment) => isTicket(segment, tickets));
}

/** The version that a request is about: as it names it, or by the ticket of its release. */
export function versionIn(exchange: Exchange, versions: ReadonlySet<string>, tickets: Tickets): string | undefined {
  const sent = [...sentLeaves(exchange).map(({ value }) => String(value)), ...segmentsOf(exchange.path)];
  return sent.find((value) => versions.has(value)) ?? tickets.get(ticketIn(exchange, tickets) ?? '');
}

/** A word of a program: letters, dashes and camel case, at most 40 characters, no run of digits; `query.do`. */
export function isPathWord(text: string): boolean {
  const word = text.replace(/\.(json|do|action|html?|php|jsp|aspx?)$/, '');
  return /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(word) && !/\d{3}/.test(word) && !/^(?=.*\d)[0-9a-f_-]{8,}$/i.test(word);
}

/** A field's name as programs use them; the keys of a map may be data and are not shown. */
export function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,40}$/.test(name) && !/\d{4}/.test(name) && !/^(?=.*\d)[0-9a-f_]{8,}$/i.test(name);
}

/** A status: a program's word, a short one of another script such as Chinese, or a small number. */
export function isStatus(value: unknown): boolean {
  const text = String(value);
  if (/^[\p{Lo}_-]{1,20}$/u.test(text)) return true;
  return typeof value !== 'boolean' && value !== null && (isPathWord(text) || /^-?\d{1,3}$/.test(text));
}
