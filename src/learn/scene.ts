/** What happened in a recording, in its order: calls, words that were read, and readings without a release. */

import type { Call, Context } from './calls.ts';
import type { Exchange } from './recording.ts';
import type { Event } from './search.ts';
import { type Item, labelsOf } from './snapshots.ts';
import { isVersion, leavesOf, sentLeaves, type Tickets, versionIn } from './values.ts';

export interface Scene {
  readonly writes: readonly Call[];
  readonly events: readonly Event[];
  readonly versions: readonly string[];
  readonly words: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly added: {
    readonly version: ReadonlySet<Call>;
    readonly release: ReadonlySet<Call>;
    readonly ratio: ReadonlySet<Call>;
  };
  /** For each word, the calls before and after which it was met. */
  readonly met: ReadonlyMap<string, { before: Set<Call>; after: Set<Call> }>;
  readonly ratios: readonly number[];
  /** For each response with releases, how many users had been added to the whitelist of each version before it. */
  readonly testers: ReadonlyMap<Exchange, ReadonlyMap<string, number>>;
}

export function sceneOf(
  good: readonly Exchange[],
  calls: readonly Call[],
  writes: readonly Call[],
  releases: readonly Item[],
  items: readonly Item[],
  status: string,
  sent: ReadonlySet<string>,
  { versions: known, tickets }: Context,
): Scene {
  const callOfExchange = new Map(calls.flatMap((call) => call.exchanges.map((one) => [one, call] as const)));
  const itemsBy = new Map<Exchange, Item[]>();
  for (const item of items) itemsBy.set(item.exchange, [...(itemsBy.get(item.exchange) ?? []), item]);
  const isRelease = new Set(releases);
  const releaseCalls = new Set(releases.map(({ exchange }) => callOfExchange.get(exchange)));
  const names = [...new Set([...releases.map(({ version }) => version), ...sent])];
  const words: string[] = [];
  const events: Event[] = [];
  const last = new Map<string, string>();
  const listed = new Set<string>();
  const released = new Set<string>();
  const added = { version: new Set<Call>(), release: new Set<Call>(), ratio: new Set<Call>() };
  const met = new Map<string, { before: Set<Call>; after: Set<Call> }>();
  const recent = new Map<string, Call>();
  const lastWord = new Map<string, string>();
  const users = new Map<string, Set<string>>();
  const testers = new Map<Exchange, ReadonlyMap<string, number>>();
  let ratio: number | undefined;
  let before: Call | undefined;
  for (const one of good) {
    const call = callOfExchange.get(one);
    if (call && writes.includes(call)) {
      const version =
        versionIn(one, known, tickets) ?? (call.isUpload ? nextVersion(good, one, known, tickets) : undefined);
      ratio = ratioIn(one, call) ?? ratio;
      before = call;
      if (version === undefined) continue;
      if (call.userIds) users.set(version, new Set([...(users.get(version) ?? []), ...usersIn(one, call.userIds)]));
      events.push({ kind: 'call', shape: writes.indexOf(call), version: names.indexOf(version) });
      const word = lastWord.get(version);
      if (word !== undefined) met.get(word)?.before.add(call);
      recent.set(version, call);
      last.delete(version);
      continue;
    }
    const own = itemsBy.get(one) ?? [];
    if (own.length > 0) testers.set(one, new Map([...users].map(([version, { size }]) => [version, size])));
    const present = new Set<string>();
    for (const item of own) {
      if (!isRelease.has(item)) {
        if (!listed.has(item.version) && before && recent.get(item.version) === before) added.version.add(before);
        listed.add(item.version);
        continue;
      }
      present.add(item.version);
      if (!released.has(item.version) && recent.get(item.version) && before) added.release.add(before);
      released.add(item.version);
      const word = String(item.fields.get(status));
      const values = [...item.fields.values()].map(Number);
      if (
        ratio !== undefined &&
        before &&
        values.some((value) => value === ratio || Math.abs(value * 100 - (ratio ?? 0)) < 1e-9)
      ) {
        added.ratio.add(before);
        ratio = undefined;
      }
      if (last.get(item.version) === word) continue;
      last.set(item.version, word);
      lastWord.set(item.version, word);
      if (!words.includes(word)) words.push(word);
      const places = met.get(word) ?? { before: new Set<Call>(), after: new Set<Call>() };
      met.set(word, places);
      const after = recent.get(item.version);
      if (after) places.after.add(after);
      events.push({ kind: 'word', word: words.indexOf(word), version: names.indexOf(item.version) });
    }
    // A reading of releases that could have shown the version and did not.
    if (call && releaseCalls.has(call)) {
      const asked = versionIn(one, known, tickets);
      // The page of another version, as in a second tab, and a list that goes on say nothing of these.
      const isOther =
        asked === undefined && (isCut(one, own.length) || sentLeaves(one).some(({ value }) => isVersion(value)));
      for (const version of isOther ? [] : asked === undefined ? names : [asked]) {
        if (present.has(version) || released.has(version)) continue;
        events.push({ kind: 'absent', version: names.indexOf(version) });
      }
    }
  }
  const ratios = [...new Set(writes.flatMap((call) => call.exchanges.flatMap((one) => ratioIn(one, call) ?? [])))];
  return {
    writes,
    events: tidy(events),
    versions: names,
    words,
    labels: labelsOf(releases, status),
    added,
    met,
    ratios,
    testers,
  };
}

/** Whether a response says that a list of so many rows goes on. */
function isCut({ answer }: Exchange, rows: number): boolean {
  return leavesOf(answer).some(({ name, value }) => /total|count|sum/i.test(name) && rows >= 5 && Number(value) > rows);
}

/** Without repeated events that change nothing. */
function tidy(events: readonly Event[]): Event[] {
  const lastOf = new Map<number, string>();
  return events.filter((event) => {
    const text = JSON.stringify(event);
    const isAgain = event.kind !== 'call' && lastOf.get(event.version) === text;
    lastOf.set(event.version, text);
    return !isAgain;
  });
}

/** Browsers leave the form of an upload out: then it belongs to the version that is named next. */
function nextVersion(
  good: readonly Exchange[],
  upload: Exchange,
  versions: ReadonlySet<string>,
  tickets: Tickets,
): string | undefined {
  const later = good
    .slice(good.indexOf(upload) + 1)
    .find((one) => one.method !== 'GET' && versionIn(one, versions, tickets));
  return later && versionIn(later, versions, tickets);
}

/** The user IDs that a call sent, in whatever form. */
function usersIn(one: Exchange, { place, form }: NonNullable<Call['userIds']>): string[] {
  const values = sentLeaves(one).filter((leaf) => leaf.place === place || leaf.place.startsWith(`${place}.`));
  const separator = /^\{userIds:([^a-z]+)\}$/.exec(form)?.[1];
  return values.flatMap(({ value }) => (separator ? String(value).split(separator) : [String(value)]));
}

function ratioIn(one: Exchange, call: Call): number | undefined {
  if (!call.ratio) return undefined;
  const value = sentLeaves(one).find(({ place }) => place === call.ratio?.place)?.value;
  const number = Number(value) * (call.ratio.form.startsWith('fraction') ? 100 : 1);
  return Number.isFinite(number) && value !== undefined ? Math.round(number * 1e6) / 1e6 : undefined;
}
