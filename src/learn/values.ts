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

/** Versions that were sent with a change and came back in a response: that of a page's script does not. */
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
  return new Set(sent.filter((value): value is string => isVersion(value) && received.has(value)));
}

export interface FoundIds {
  readonly ids: Ids;
  /** Values that were used for an id as often: two miniapps in one recording. */
  readonly others: readonly string[];
}

/** The three ids: by the field names of the profile where they have those values, by names that say it, by constancy. */
export function idsOf(exchanges: readonly Exchange[], versions: ReadonlySet<string>, base: Profile): FoundIds {
  const names = profileNames(base);
  const votes: Record<IdName, Map<string, number>> = { appId: new Map(), spaceId: new Map(), channelCode: new Map() };
  const vote = (id: IdName, value: unknown, weight: number) => {
    const text = String(value);
    if (!IS_ID.test(text) || versions.has(text) || typeof value === 'boolean') return;
    votes[id].set(text, (votes[id].get(text) ?? 0) + weight);
  };
  const about = exchanges.filter((one) => carries(one, versions));
  const pool = about.length > 0 ? about : exchanges;
  for (const one of pool) {
    const named = [
      ...sentLeaves(one).map(({ name, value }) => [name, value] as const),
      ...segmentsOf(one.path).map((segment, at, all) => [all[at - 1] ?? '', segment] as const),
    ];
    for (const [name, value] of named) {
      for (const id of Object.keys(ID_NAMES) as IdName[]) {
        if (names[id].has(name)) vote(id, value, 3);
        if (ID_NAMES[id].test(name) && !isPathWord(String(value))) vote(id, value, 1);
        if (id === 'channelCode' && ID_NAMES[id].test(name) && isPathWord(String(value))) vote(id, value, 1);
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
  const apps = [...votes.appId].filter(([value]) => /\d{6}/.test(value) && value !== ids.appId && !taken.has(value));
  const top = votes.appId.get(ids.appId ?? '') ?? 0;
  return { ids, others: apps.filter(([, count]) => count * 3 >= top).map(([value]) => value) };
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

/** A word of a program: letters, dashes and camel case, at most 40 characters, no run of digits. */
export function isPathWord(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(text) && !/\d{3}/.test(text) && !/^(?=.*\d)[0-9a-f_-]{8,}$/i.test(text);
}

/** A field's name as programs use them; the keys of a map may be data and are not shown. */
export function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,40}$/.test(name) && !/\d{4}/.test(name) && !/^(?=.*\d)[0-9a-f_]{8,}$/i.test(name);
}

/** A status: a program's word or a small number. */
export function isStatus(value: unknown): boolean {
  const text = String(value);
  return typeof value !== 'boolean' && value !== null && (isPathWord(text) || /^-?\d{1,3}$/.test(text));
}
