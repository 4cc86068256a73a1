/** Which calls of a recording read, and which change something: a portal may send either with GET or POST. */

import { isVersion } from '../release/versions.ts';
import type { Call, Context } from './calls.ts';
import { isButtonOfWrite } from './evidence.ts';
import type { Exchange } from './recording.ts';
import type { Item } from './snapshots.ts';
import { carries, leavesOf, versionIn } from './values.ts';

const READ_WORDS =
  /(^|[^a-z])(list|get|query|find|search|details?|info|fetch|history|logs?|records?|timeline|chaxun|liebiao|lishi)([^a-z]|$)/;

/**
 * A GET that changes nothing, or a POST that mostly returns releases, versions or a list, and does not look like a change
 * that does.
 */
export function isRead(
  call: Call,
  items: readonly Item[],
  versions: ReadonlySet<string>,
  changing: ReadonlyMap<Exchange, boolean>,
): boolean {
  if (call.isUpload) return false;
  if (call.method === 'GET') return !isChangeByGet(call, items, changing);
  if (call.method !== 'POST' || call.ratio || call.userIds) return false;
  const withItems = new Set(items.map(({ exchange }) => exchange));
  const reading = call.exchanges.filter((one) => withItems.has(one)).length;
  const lists = call.exchanges.filter(({ answer }) => holdsList(answer)).length;
  if (READ_WORDS.test(call.words)) return (reading + lists) * 2 > call.exchanges.length;
  // A change may return the release, but is not sent again and again for the same version.
  const perVersion = [...versions].map((one) => call.exchanges.filter((sent) => carries(sent, new Set([one]))).length);
  return reading * 2 > call.exchanges.length && (lists > 0 || Math.max(0, ...perVersion) > 3);
}

/**
 * Whether a call that is sent with GET changes a release: it returns neither a release, a version nor a list, and
 * something changed after it, it carries a ratio or user IDs, or it is such a call of the profile.
 */
function isChangeByGet(call: Call, items: readonly Item[], changing: ReadonlyMap<Exchange, boolean>): boolean {
  const withItems = new Set(items.map(({ exchange }) => exchange));
  if (call.exchanges.some((one) => withItems.has(one) || isListOrHoldsOne(one.answer))) return false;
  const isList = call.userIds !== undefined && call.userIds.form !== '{userId}';
  const isTold = call.ratio !== undefined || isList || call.ofProfile !== undefined;
  // After a look, something may change by chance: the administrator decided.
  const told = call.exchanges.flatMap((one) => changing.get(one) ?? []);
  const changed = told.filter(Boolean).length;
  return isTold || isButtonOfWrite(call.buttons) || (changed > 0 && changed * 2 >= told.length);
}

/**
 * The requests with GET that were the only one about a version between two readings of it, and whether the second of them
 * was the first of all, or showed another status.
 */
export function changedBy(
  good: readonly Exchange[],
  releases: readonly Item[],
  items: readonly Item[],
  status: string,
  context: Context,
): ReadonlyMap<Exchange, boolean> {
  const isRelease = new Set(releases);
  const shown = new Map<Exchange, Map<string, string>>();
  for (const item of items) {
    const own = shown.get(item.exchange) ?? new Map<string, string>();
    const kind = isRelease.has(item) ? 'release' : 'version';
    own.set(`${kind} ${item.version}`, isRelease.has(item) ? String(item.fields.get(status)) : '');
    shown.set(item.exchange, own);
  }
  const found = new Map<Exchange, boolean>();
  const last = new Map<string, string>();
  const sent = new Map<string, Exchange[]>();
  for (const one of good) {
    for (const [what, word] of shown.get(one) ?? []) {
      const version = what.slice(what.indexOf(' ') + 1);
      const [only, ...others] = sent.get(version) ?? [];
      if (only?.method === 'GET' && others.length === 0)
        found.set(only, found.get(only) === true || last.get(what) !== word);
      last.set(what, word);
      sent.delete(version);
    }
    const version = shown.has(one) ? undefined : versionIn(one, context.versions, context.tickets);
    if (version !== undefined && !isListOrHoldsOne(one.answer)) sent.set(version, [...(sent.get(version) ?? []), one]);
  }
  return found;
}

/** Whether a request only looked: a GET, or a POST that returned a list or a version. */
export function isLook({ method, answer }: Exchange): boolean {
  const hasVersion = leavesOf(answer).some(({ value }) => isVersion(String(value)));
  return method === 'GET' || (method === 'POST' && (hasVersion || holdsList(answer)));
}

/** How many objects deep below a response its lists are looked for. */
const LIST_DEPTH = 4;

function holdsList(answer: unknown): boolean {
  return Object.values(Object(answer)).some((value) => isListOrHoldsOne(value, LIST_DEPTH - 1));
}

function isListOrHoldsOne(value: unknown, depth = LIST_DEPTH): boolean {
  if (Array.isArray(value)) return true;
  if (depth === 0 || value === null || typeof value !== 'object') return false;
  return Object.values(value).some((one) => isListOrHoldsOne(one, depth - 1));
}
