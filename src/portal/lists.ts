/** Lists in the responses of a portal -> pages of releases, versions and history. Pure, like codec.ts. */

import { at } from '../lib/json-places.ts';
import type { Operation } from '../release/lifecycle.ts';
import type { HistoryItem, Release, Unreadable, Version } from '../release/release.ts';
import { EARLIEST_MS } from '../release/snapshot.ts';
import { type Codec, templateOf, unexpected } from './codec.ts';
import {
  isNothing,
  jsonAt,
  numberAt,
  type Places,
  placesName,
  ratioPercentAt,
  textAt,
  timeAt,
  valueAt,
  valuesAt,
} from './json-values.ts';
import type { Page } from './port.ts';
import type { CallTemplate } from './profile/profile.ts';
import { placeholdersOf } from './profile/template.ts';

/**
 * The releases in a response to `listReleases` or `findRelease`.
 * @throws ReleaseError portal-unexpected where there is no list, or an item without version or status
 */
export function decodeReleases(codec: Codec, operation: 'listReleases' | 'findRelease', json: unknown): Page<Release> {
  return decodePage(codec, operation, json, (item, number) => decodeRelease(codec, operation, item, number));
}

/**
 * The versions in a response to `listVersions`.
 * @throws ReleaseError portal-unexpected where there is no list, or an item without version
 */
export function decodeVersions(codec: Codec, json: unknown): Page<Version> {
  const { version: field, artifacts } = codec.profile.version;
  return decodePage(codec, 'listVersions', json, (item, number) => {
    const version = textAt(item, field.at);
    if (!version) throw missing(codec, 'listVersions', item, number, field.at, 'version.version');
    return { version, ...artifactsAt(item, artifacts.at) };
  });
}

/**
 * The entries in a response to `releaseHistory`.
 * @throws ReleaseError portal-unexpected where there is no list
 */
export function decodeHistory(codec: Codec, json: unknown): Page<HistoryItem> {
  const { history } = codec.profile;
  return decodePage(codec, 'releaseHistory', json, (item) => {
    const text = (name: keyof HistoryItem) => textAt(item, history[name]?.at) ?? '';
    return { type: text('type'), operator: text('operator'), time: text('time'), comment: text('comment') };
  });
}

type ListOperation = 'listVersions' | 'listReleases' | 'findRelease' | 'releaseHistory';

/** A page of a list; `decode` gets each row with its number, counted from 1. */
function decodePage<T>(
  codec: Codec,
  operation: ListOperation,
  json: unknown,
  decode: (row: unknown, number: number) => T,
): Page<T> {
  const rows = rowsIn(codec, operation, json);
  const template = templateOf(codec, operation);
  const told = template.total?.map((place) => numberAt(json, place)).find((count) => count !== undefined);
  // What follows by a cursor is not read: the list is never known to its end.
  const total = !isPaged(template) && saysMore(json) ? Number.MAX_SAFE_INTEGER : told;
  return {
    items: rows
      .map((row, index) => ({ row, number: index + 1 }))
      .filter(({ row }) => isOfMiniapp(codec, row))
      .map(({ row, number }) => decode(row, number)),
    rows: rows.length,
    last: rows.length === 0,
    full: rows.length >= codec.profile.pageSize,
    ...(total !== undefined && { total }),
  };
}

function isPaged({ path, query, body }: CallTemplate): boolean {
  return placeholdersOf([path, query, body]).some((name) => name === 'page' || name === 'offset');
}

/** Whether a response says beside its list that the list goes on. */
function saysMore(value: unknown, depth = 4): boolean {
  if (depth === 0 || value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.entries(value).some(([name, one]) => {
    if (/^has_?(more|next)(_?page)?$/i.test(name)) return one === true;
    if (/^(next(_?(cursor|token|page_?token|marker))?|cursor|marker)$/i.test(name))
      return typeof one === 'string' && one !== '';
    return saysMore(one, depth - 1);
  });
}

/** The rows of a list, a single item in the place of the list, or nothing where there is nothing to list. */
function rowsIn(codec: Codec, operation: ListOperation, json: unknown): readonly unknown[] {
  const { profile } = codec;
  const { answer: places = [] } = templateOf(codec, operation);
  const values = valuesAt(json, places);
  for (const value of values) {
    if (Array.isArray(value)) return value;
    if (value === null) return [];
  }
  const versionAt = (operation === 'listVersions' ? profile.version : profile.release).version.at;
  const item = values.find((value) => (valueAt(value, versionAt) ?? null) !== null);
  if (item !== undefined && operation !== 'releaseHistory') return [item];
  const keyed = values.map((value) => rowsByVersion(value, versionAt)).find((rows) => rows !== undefined);
  if (keyed) return keyed;
  if (places.every((place) => holdsNothing(json, place === '$' ? [] : place.split('.')))) return [];
  throw unexpected(codec, operation, `has no list at ${places.join(' or ')}`);
}

/** The items of an object that is keyed by version; an item that does not name its version gets it from its key. */
function rowsByVersion(value: unknown, versionAt: Places): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const isKeyed = entries.every(
    ([key, item]) => /^v?\d+(\.\d+)+/.test(key) && typeof item === 'object' && item !== null && !Array.isArray(item),
  );
  if (entries.length === 0 || !isKeyed) return undefined;
  const [place = 'version'] = [versionAt].flat();
  return entries.map(([key, item]) => (isNothing(valueAt(item, versionAt)) ? { ...item, [place]: key } : item));
}

/**
 * Whether a response holds nothing at a place, and nothing beside it that could be the list: the last value on the way
 * there is absent, null, empty, or an object whose counts are all 0.
 */
function holdsNothing(value: unknown, [name, ...rest]: readonly string[], isTop = true): boolean {
  if (isNothing(value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const next = name === undefined ? undefined : at(value, name);
  if (next !== undefined) return holdsNothing(next, rest, false);
  const parts = Object.entries(value);
  const isFlat = parts.every(([, part]) => typeof part !== 'object' || part === null || Object.keys(part).length === 0);
  const counts = parts.filter(([key]) => /total|count/i.test(key)).map(([, count]) => Number(count));
  const countsNone = counts.length > 0 && counts.every((count) => count === 0);
  return isFlat && (isTop || parts.length === 0 || countsNone);
}

/** Whether a row is not said to be of another target app or miniapp; such rows are left out. */
function isOfMiniapp({ profile, targetApp, miniappId }: Codec, row: unknown): boolean {
  const isSame = (place: Places | undefined, ours: string) => {
    const theirs = textAt(row, place);
    return theirs === undefined || ours === '' || theirs.toLowerCase() === ours.toLowerCase();
  };
  return isSame(profile.release.targetApp?.at, targetApp) && isSame(profile.release.miniapp?.at, miniappId);
}

function decodeRelease(codec: Codec, operation: Operation, item: unknown, number: number): Release {
  const { release, statuses } = codec.profile;
  const version = textAt(item, release.version.at);
  if (!version) throw missing(codec, operation, item, number, release.version.at, 'release.version');
  const status = statusAt(item, release.status.at);
  if (!status) throw missing(codec, operation, item, number, release.status.at, 'release.status');
  const state = Object.hasOwn(statuses, status) ? (statuses[status]?.state ?? 'unknown') : 'unknown';
  const statusText = state === 'unknown' ? statusTextAt(item, release.status.at) : undefined;
  const publishId = textAt(item, release.publishId?.at);
  const comment = textAt(item, release.comment?.at);
  const whitelistCount = numberAt(item, release.whitelistCount?.at);
  return {
    version,
    state,
    portalStatus: status,
    ...(statusText && { statusText }),
    ...ratioAt(item, release.ratio),
    ...(publishId && /^[\w-]{1,64}$/.test(publishId) && { publishId }),
    ...(comment && { comment }),
    ...(whitelistCount !== undefined && { whitelistCount }),
    ...modifiedAt(item, release.modifiedAt),
  };
}

function missing(
  codec: Codec,
  operation: Operation,
  item: unknown,
  number: number,
  places: Places,
  profileKey: string,
) {
  const found = codec.show(jsonAt(item, places));
  return unexpected(
    codec,
    operation,
    `has no ${placesName(places)} in item ${number} (found ${found}; profile key ${profileKey})`,
  );
}

/** A portal may number its statuses, or have one that is true or false. */
function statusAt(item: unknown, places: Places): string | undefined {
  const value = valueAt(item, places);
  return typeof value === 'boolean' ? String(value) : textAt(item, places);
}

/** The text for people that stands beside a status, such as `versionStatusDesc`; as it came. */
function statusTextAt(item: unknown, places: Places): string | undefined {
  const names = [places].flat().map((place) => place.split('.'));
  const found = names.find((path) => !isNothing(at(item, path.join('.'))));
  const beside = found && found.length > 1 ? at(item, found.slice(0, -1).join('.')) : item;
  if (found === undefined || typeof beside !== 'object' || beside === null) return undefined;
  const texts = Object.entries(beside).filter(
    ([name, text]) =>
      typeof text === 'string' &&
      text !== '' &&
      /desc|label|text|name/i.test(name) &&
      (found.length > 1 || /stat(us|e)|phase/i.test(name)),
  );
  const own = (found.at(-1) ?? '').toLowerCase();
  const [, text] = texts.find(([name]) => name.toLowerCase().startsWith(own)) ?? texts[0] ?? [];
  return typeof text === 'string' ? text : undefined;
}

/** A whole percentage as a number or as digits, in the form of the profile; a value that is something else is reported as unreadable. */
function ratioAt(
  item: unknown,
  field: { readonly at: Places; readonly form?: string | undefined } | undefined,
): Pick<Release, 'ratioPercent' | 'unreadableRatio'> {
  const place = field?.at;
  const value = valueAt(item, place);
  if (place === undefined || value === undefined || value === null) return {};
  const ratioPercent = ratioPercentAt(item, place, field?.form);
  if (ratioPercent !== undefined && ratioPercent <= 100) return { ratioPercent };
  return { unreadableRatio: unreadable('release.ratio', place, item) };
}

/** Later than any time that a portal can mean: one in milliseconds that was read as seconds. */
const LATEST_MS = Date.UTC(2100, 0, 1);

/** The time of the last change as it came, in the form of the profile; one that cannot be meant is reported besides. */
function modifiedAt(
  item: unknown,
  field: Parameters<typeof timeAt>[1] | undefined,
): Pick<Release, 'modifiedAtMs' | 'unreadableTime'> {
  if (field === undefined || isNothing(valueAt(item, field.at))) return {};
  const modifiedAtMs = timeAt(item, field);
  const isTime = modifiedAtMs !== undefined && modifiedAtMs >= EARLIEST_MS && modifiedAtMs < LATEST_MS;
  return {
    ...(modifiedAtMs !== undefined && { modifiedAtMs }),
    ...(!isTime && modifiedAtMs !== 0 && { unreadableTime: unreadable('release.modifiedAt', field.at, item) }),
  };
}

/** Paths as the portal wants them back: unchanged, so neither redacted nor cleaned; never shown. */
function artifactsAt(item: unknown, place: Places): Pick<Version, 'artifacts' | 'unreadableArtifacts'> {
  const value = valueAt(item, place);
  const given = (Array.isArray(value) ? value : [value]).filter((path) => !isNothing(path));
  const artifacts = given.filter((path) => typeof path === 'string');
  if (artifacts.length === given.length) return { artifacts };
  return { artifacts: [], unreadableArtifacts: unreadable('version.artifacts', place, item) };
}

function unreadable(profileKey: string, places: Places, item: unknown): Unreadable {
  return { profileKey, field: placesName(places), value: jsonAt(item, places) };
}
