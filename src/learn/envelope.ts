/** What all responses and addresses of a recording share: success, failure, the end of a session, the base path. */

import { at } from '../lib/json-places.ts';
import type { Profile } from '../portal/profile/profile.ts';
import type { Exchange } from './recording.ts';
import {
  carries,
  type Ids,
  isName,
  isPathWord,
  isVersion,
  type Leaf,
  leavesOf,
  PASSWORD,
  sentLeaves,
} from './values.ts';

export type Success = Profile['envelope']['success'];

/** Whether a response succeeded; one that was not recorded counts by its HTTP status. */
export function isSuccess({ status, answer }: Exchange, success: Success): boolean {
  if (status >= 400) return false;
  return success === 'http-status' || answer === undefined || at(answer, success.at) === success.equals;
}

/** A response that says that there is no session: by the profile, by its HTTP status or by its message. */
export function isLoggedOut({ status, answer }: Exchange, { envelope }: Profile): boolean {
  const { notLoggedIn } = envelope;
  if (status === 401 || notLoggedIn.httpStatuses.includes(status)) return true;
  if (notLoggedIn.present.some((place) => (at(answer, place) ?? null) !== null)) return true;
  return leavesOf(answer, '', '', 3).some(({ name, value }) => {
    const text = String(value).toLowerCase();
    const isCode = /code|errno|^ret$/i.test(name) && (text === '401' || notLoggedIn.errorCodes.includes(String(value)));
    const isMessage = /m(e?s?sa)?s?g$|message|error|reason/i.test(name);
    return (
      isCode || (isMessage && /not.?log|login|log in|unauthori[sz]ed|session.*(expired|invalid)|未登录/.test(text))
    );
  });
}

/** Where success may stand: the names that say it best first. */
const SUCCESS_NAMES = [
  /^(is_?)?(success|ok)$/i,
  /code$|^ret$|^err(or)?(no|code)$|^rc$/i,
  /^(status|state|result|ret.*|flag)$/i,
];

/** Where success stands: the profile's place, or the value that most responses share. */
export function successOf(all: readonly Exchange[], base: Profile): Success {
  const good = all.filter(({ status, answer }) => status < 400 && answer !== undefined);
  // What a page asks for besides (menus, telemetry) may have an envelope of its own, and be more.
  const about = good.filter((one) => hasData([one.answer]) || sentLeaves(one).some(({ value }) => isVersion(value)));
  const answers = (about.length > 2 ? about : good).map(({ answer }) => answer);
  const { success } = base.envelope;
  if (success === 'http-status') return success;
  if (answers.filter((answer) => at(answer, success.at) === success.equals).length * 2 > answers.length) return success;
  const places = new Map<string, Map<unknown, number>>();
  for (const answer of answers) {
    for (const { place, value } of envelopeLeaves(answer)) {
      const counts = places.get(place) ?? new Map<unknown, number>();
      places.set(place, counts.set(value, (counts.get(value) ?? 0) + 1));
    }
  }
  for (const names of SUCCESS_NAMES) {
    for (const [place, counts] of [...places].sort(([a], [b]) => a.split('.').length - b.split('.').length)) {
      if (!names.test(place.split('.').at(-1) ?? '') || !place.split('.').every(isName)) continue;
      const [value, count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
      const isPlain = value === true || typeof value === 'number' || /^[A-Za-z0-9_]{1,20}$/.test(String(value ?? '-'));
      if (isPlain && count * 2 > answers.length) return { at: place, equals: value as string | number | boolean };
    }
  }
  // No envelope: what most responses share is nothing, and some of them hold what was asked for.
  const hasSuccess = answers.some((answer) => at(answer, success.at) !== undefined);
  return hasSuccess || (all.every(({ status }) => status < 400) && !hasData(answers)) ? success : 'http-status';
}

/** The scalars outside of lists and of releases, whose status and codes are data. */
function envelopeLeaves(value: unknown, place = '', depth = 3): Leaf[] {
  if (depth === 0 || value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const entries = Object.entries(value);
  const isItem = entries.some(([, one]) => isVersion(one));
  return entries.flatMap(([name, one]) => {
    const own = place ? `${place}.${name}` : name;
    const isData = isItem && !SUCCESS_NAMES[0]?.test(name) && (place !== '' || !/code$|^ret$|err|^rc$/i.test(name));
    if (one !== null && typeof one === 'object') return envelopeLeaves(one, own, depth - 1);
    return isData ? [] : [{ place: own, name, value: one }];
  });
}

function hasData(answers: readonly unknown[]): boolean {
  return answers.some((answer) => leavesOf(answer, '', '', 5).some(({ value }) => isVersion(value)));
}

export function envelopeOf(
  base: Profile,
  success: Success,
  refused: readonly Exchange[],
  all: readonly Exchange[],
): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  if (JSON.stringify(success) !== JSON.stringify(base.envelope.success)) changes['success'] = success;
  const places = [
    ['errorCode', /code|errno/i, refused],
    ['errorMessage', /m(e?s?sa)?s?g|message|reason/i, refused],
    ['traceId', /trace|request_?id/i, all],
  ] as const;
  for (const [name, pattern, among] of places) {
    const answers = among.map(({ answer }) => answer).filter((answer) => answer !== null && typeof answer === 'object');
    if (answers.length === 0 || answers.some((answer) => at(answer, base.envelope[name]) !== undefined)) continue;
    const found = answers.flatMap((answer) => leavesOf(answer, '', '', 3).map(({ place }) => place));
    const keys = [...new Set(found)].filter((place) => pattern.test(place.split('.').at(-1) ?? ''));
    if (keys.length === 1 && keys[0]?.split('.').every(isName)) changes[name] = keys[0];
  }
  return changes;
}

/** The part of the paths that all calls of the profile or of the recording share. */
export function basePathOf(good: readonly Exchange[], ids: Ids, versions: ReadonlySet<string>, base: Profile): string {
  const about = new Set([...versions, ...Object.values(ids)]);
  const isLogin = (one: Exchange) => sentLeaves(one).some(({ name }) => PASSWORD.test(name));
  const paths = good.filter((one) => carries(one, about) || isLogin(one)).map(({ path }) => path);
  const under = paths.filter((path) => path.startsWith(`${base.basePath}/`)).length;
  if (paths.length === 0 || under * 2 > paths.length) return base.basePath;
  let parts = paths[0]?.split('/').slice(1, -1) ?? [];
  for (const path of paths) {
    const own = path.split('/').slice(1, -1);
    parts = parts.slice(0, parts.findIndex((part, index) => part !== own[index]) >>> 0);
  }
  const end = parts.findIndex((part) => !isPathWord(part) || about.has(part));
  const kept = end < 0 ? parts : parts.slice(0, end);
  return kept.length > 0 ? `/${kept.join('/')}` : '';
}
