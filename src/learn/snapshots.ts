/** The items of a recording's responses: releases and versions, where they stand, and which field says what. */

import type { Profile } from '../portal/profile/profile.ts';
import type { Exchange } from './recording.ts';
import { isName, isStatus, isVersion, type Leaf, leavesOf, SHORT_TICKET } from './values.ts';

export interface Item {
  readonly exchange: Exchange;
  /** Where the list, the object or the map stands in the response; `$` where it is the response. */
  readonly place: string;
  readonly version: string;
  readonly fields: ReadonlyMap<string, unknown>;
}

/** The items of all responses; where one names a version that was sent, others name theirs in the same field. */
export function itemsIn(exchanges: readonly Exchange[], versions: ReadonlySet<string>): Item[] {
  const sent = exchanges.flatMap((one) => itemsOf(one, versions, new Set()));
  const places = sent.flatMap(({ fields, version }) =>
    versions.has(version) ? [...fields].flatMap(([place, value]) => (String(value) === version ? [place] : [])) : [],
  );
  const known = new Set(places);
  return exchanges.flatMap((one) => itemsOf(one, versions, known));
}

/** The items that name one of the versions, or look as if they did, of one response. */
function itemsOf(exchange: Exchange, versions: ReadonlySet<string>, places: ReadonlySet<string>): Item[] {
  const found: Item[] = [];
  const take = (value: object, place: string, key?: string): boolean => {
    const leaves = leavesOf(value, '', '', 5).filter(({ place: one }) => one.split('.').every(isName));
    const version =
      key ?? leaves.find((leaf) => versions.has(String(leaf.value)))?.value ?? otherVersion(leaves, places);
    if (version === undefined) return false;
    const fields = new Map(leaves.map((leaf) => [leaf.place, leaf.value]));
    found.push({ exchange, place, version: String(version), fields });
    return true;
  };
  const visit = (value: unknown, place: string, depth: number): void => {
    if (depth === 0 || value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      for (const one of value) if (one !== null && typeof one === 'object') take(one, place || '$');
      return;
    }
    const entries = Object.entries(value);
    if (
      entries.length > 0 &&
      entries.every(([key, one]) => isVersion(key) && one !== null && typeof one === 'object')
    ) {
      for (const [key, one] of entries) take(one as object, place || '$', key);
      return;
    }
    const own = entries.filter(([, one]) => one === null || typeof one !== 'object');
    if (place !== '' && own.some(([, one]) => versions.has(String(one))) && take(value, place)) return;
    for (const [name, one] of entries) if (isName(name)) visit(one, place ? `${place}.${name}` : name, depth - 1);
    // A response without an envelope may be the release itself.
    if (place === '' && found.length === 0 && own.some(([, one]) => versions.has(String(one)))) take(value, '$');
  };
  visit(exchange.answer, '', 5);
  return found;
}

function otherVersion(leaves: readonly Leaf[], places: ReadonlySet<string>): unknown {
  return leaves.find(({ place, name, value }) => isVersion(value) && (places.has(place) || /ver|name/i.test(name)))
    ?.value;
}

/** Values of a field over the items, by version, in their order. */
function courses(items: readonly Item[], place: string): unknown[][] {
  const byVersion = new Map<string, unknown[]>();
  for (const { version, fields } of items) {
    if (!fields.has(place)) continue;
    byVersion.set(version, [...(byVersion.get(version) ?? []), fields.get(place)]);
  }
  return [...byVersion.values()];
}

/** More than a portal has words: ten states, and some that pass. */
const MAX_WORDS = 24;

/** The field whose value changes from word to word: of several in step, the one that a program reads. */
export function statusPlace(items: readonly Item[], base: Profile): string | undefined {
  const places = new Set(items.flatMap(({ fields }) => [...fields.keys()]));
  const scored = [...places].flatMap((place) => {
    const all = courses(items, place);
    const values = all.flat();
    if (values.length === 0 || !values.every(isStatus)) return [];
    const words = new Set(values);
    // A count, of readings or of changes.
    if (words.size > MAX_WORDS) return [];
    const distinct = Math.max(...all.map((course) => new Set(course).size));
    const name = place.split('.').at(-1) ?? '';
    const isBase = place === base.release.status.at;
    const known = values.filter((value) => Object.hasOwn(base.statuses, String(value))).length;
    const isNamed = /status|state|phase|stage|progress|^st$/i.test(place);
    if (distinct < 2 && !(isBase && known > 0)) return [];
    const isText = values.some((value) => /[A-Za-z]/.test(String(value)));
    const score =
      words.size +
      (isNamed ? 4 : 0) +
      (isBase ? 4 : 0) +
      (known > 0 ? 4 : 0) +
      (isText ? 2 : 0) -
      (/desc|text|label|name|msg|title/i.test(name) ? 6 : 0) -
      (/ratio|percent|count|num|rate|size|total|share|page|user|operator|author/i.test(name) ? 6 : 0);
    return [{ place, score }];
  });
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)[0]?.place;
}

/** The text for people that stands beside each word, such as "Whitelist testing". */
export function labelsOf(items: readonly Item[], status: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const places = new Set(items.flatMap(({ fields }) => [...fields.keys()]));
  const place = [...places].find((one) => one !== status && /desc|label|text/i.test(one) && /stat|phase/i.test(one));
  for (const { fields } of place ? items : []) {
    const text = fields.get(place ?? '');
    if (typeof text === 'string' && /^[A-Za-z][A-Za-z ,-]{1,40}$/.test(text))
      labels.set(String(fields.get(status)), text);
  }
  return labels;
}

export interface FoundField {
  readonly at: string;
  readonly form?: string;
  readonly zone?: string;
  /** How the value is written, for the report: the profile reads each of these forms as it is. */
  readonly words?: string;
}

/** The other fields of a release, by what their values do. */
export function releaseFields(
  items: readonly Item[],
  status: string,
  ratios: readonly number[],
  testers: ReadonlyMap<Exchange, ReadonlyMap<string, number>>,
  writes: readonly Exchange[] = [],
): Readonly<Record<string, FoundField>> {
  const found: Record<string, FoundField> = {};
  const places = [...new Set(items.flatMap(({ fields }) => [...fields.keys()]))].filter((one) => one !== status);
  const best = (pick: (place: string, values: unknown[]) => number) => {
    const scored = places.map((place) => ({ place, score: pick(place, courses(items, place).flat()) }));
    return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)[0]?.place;
  };
  const version = best((place, values) => {
    const own = items.filter((item) => String(item.fields.get(place)) === item.version).length;
    return own === items.length && values.length > 0 ? own + (/ver/i.test(place) ? 1 : 0) : 0;
  });
  if (version) found['version'] = { at: version };
  if (ratios.length > 0) {
    for (const form of ['percent', 'fraction'] as const) {
      const wanted = new Set(ratios.map((one) => (form === 'percent' ? one : one / 100)));
      const place = best((name, values) => {
        const numbers = values.map((value) => (value === null || value === '' ? 0 : Number(value)));
        if (!numbers.every((value) => value >= 0 && value <= (form === 'percent' ? 100 : 1))) return 0;
        const hits = [...wanted].filter((value) => numbers.some((one) => Math.abs(one - value) < 1e-9)).length;
        return hits === wanted.size ? hits + (/ratio|percent|rate|gr[ae]y|share|scale/i.test(name) ? 2 : 0) : 0;
      });
      if (!place) continue;
      const isAsText = courses(items, place).some((course) => course.some((value) => typeof value === 'string'));
      const words = `${form === 'percent' ? 'whole percent' : 'fraction'}${isAsText ? ' as text' : ''}`;
      found['ratio'] = { at: place, ...(form === 'fraction' && { form }), words };
      break;
    }
  }
  const count = best((place) => {
    const isRight = ({ exchange, version, fields }: Item) =>
      Number(fields.get(place) ?? 0) === (testers.get(exchange)?.get(version) ?? 0);
    const shown = items.filter(({ exchange, version }) => (testers.get(exchange)?.get(version) ?? 0) > 0);
    return shown.length > 0 && items.every(isRight) ? shown.length : 0;
  });
  if (count) found['whitelistCount'] = { at: count };
  const time = best((place, values) => {
    if (values.length === 0 || !values.every(isTime)) return 0;
    const all = courses(items, place);
    // The clock of the portal, or the time of the last look, changes with each reading.
    return Math.max(...all.map((course) => new Set(course).size)) > 1
      ? all.reduce((sum, course) => sum + new Set(course).size, 0) - 10 * idleChanges(items, place, status, writes)
      : 0;
  });
  if (time) {
    const sample = courses(items, time).flat()[0];
    const form = timeForm(sample);
    found['modifiedAt'] = { at: time, ...(form && form !== 'milliseconds' && { form }) };
  }
  return found;
}

/** Fields of people, of files and of counts, which may be as constant as a ticket. */
const NO_TICKET =
  /user|operator|author|owner|creator|submitter|by$|account|file|path|package|artifact|hash|sha|md5|count|num$|size|version|app|space|channel|target/i;

/**
 * The ticket of a release: of the fields that stay for each version and differ between versions, one of many digits, or
 * one that later requests carry. `isCarried` says whether a request carries a value; `others` are values that stand in
 * other responses as well, such as the ids of files.
 */
export function ticketPlace(
  items: readonly Item[],
  status: string,
  others: ReadonlySet<string>,
  isCarried: (value: string, version: string) => boolean,
): string | undefined {
  const places = [...new Set(items.flatMap(({ fields }) => [...fields.keys()]))].filter((one) => one !== status);
  const scored = places.flatMap((place) => {
    const name = place.split('.').at(-1) ?? '';
    const versionOf = new Map<string, string>();
    for (const { version, fields } of items) {
      const value = fields.get(place);
      if (value === undefined || value === null || value === '') continue;
      const text = String(value);
      if (!/^[\w-]{1,64}$/.test(text) || typeof value === 'boolean' || others.has(text)) return [];
      if ((versionOf.get(text) ?? version) !== version) return [];
      versionOf.set(text, version);
    }
    const values = [...versionOf.keys()];
    const versions = new Set(versionOf.values()).size;
    // A second application may give another ticket.
    if (values.length === 0 || values.length > versions * 2 || values.every(isTime)) return [];
    const carried = values.filter((value) => isCarried(value, versionOf.get(value) ?? '')).length;
    const isLong = values.length === versions && values.every((value) => /^\d{10,}$/.test(value));
    const isShort = values.some((value) => value.length < SHORT_TICKET);
    // A number of few digits may be anything: it has to be the one that requests for two versions carry.
    const isUsed = carried >= (isShort ? 2 : 1) && values.every((value) => /\d/.test(value)) && !NO_TICKET.test(name);
    if (!isLong && !isUsed) return [];
    const isNamed = /publish|release|ticket/i.test(place);
    return [{ place, score: (isUsed ? 100 : 0) + (isNamed ? 5 : 0) + Math.min(values[0]?.length ?? 0, 40) }];
  });
  return scored.sort((a, b) => b.score - a.score)[0]?.place;
}

/**
 * The field with the reviewer's reason: a text that was first there when the release was rejected. A portal may clear it
 * when the release is applied for again, or leave it as it is.
 */
export function commentPlace(items: readonly Item[], status: string, rejected: string): string | undefined {
  const isText = (value: unknown) => typeof value === 'string' && value.trim() !== '' && !isTime(value);
  const fits = (place: string) => {
    const reasons = new Map<string, unknown>();
    for (const { version, fields } of items) {
      const value = fields.get(place);
      const isRejected = String(fields.get(status)) === rejected;
      if (isRejected && isText(value)) reasons.set(version, value);
      else if (isRejected || (isText(value) && reasons.get(version) !== value)) return false;
    }
    return reasons.size > 0;
  };
  const places = [...new Set(items.flatMap(({ fields }) => [...fields.keys()]))];
  const found = places.filter((place) => place !== status && fits(place));
  return found.find((place) => /comment|reason|remark|opinion|note|message/i.test(place)) ?? found[0];
}

/** How often a time changed where nothing else did: between two readings with one status and no change between. */
function idleChanges(items: readonly Item[], place: string, status: string, writes: readonly Exchange[]): number {
  const last = new Map<string, Item>();
  return items.filter((item) => {
    const before = last.get(item.version);
    last.set(item.version, item);
    if (!before || before.fields.get(place) === item.fields.get(place)) return false;
    const [from, to] = [before.exchange.atMs, item.exchange.atMs];
    const isSame = before.fields.get(status) === item.fields.get(status);
    return isSame && !writes.some(({ atMs }) => from <= atMs && atMs <= to);
  }).length;
}

function isTime(value: unknown): boolean {
  return timeForm(value) !== undefined;
}

function timeForm(value: unknown): 'milliseconds' | 'seconds' | 'text' | undefined {
  const number = Number(value);
  if (/^\d{13}$/.test(String(value)) && number > 1e12 && number < 4e12) return 'milliseconds';
  if (/^\d{10}$/.test(String(value)) && number > 1e9 && number < 4e9) return 'seconds';
  return /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/.test(String(value)) ? 'text' : undefined;
}
