/** Which reads are the lists, the look at one release and its history; and what of a list a profile cannot read. */

import { type CallTemplate, OPERATION_NAMES, type Profile } from '../portal/profile/profile.ts';
import { OPERATIONS, type Operation } from '../release/lifecycle.ts';
import { isVersion } from '../release/versions.ts';
import { type Call, type Context, callOf, namesRelease, templateOf } from './calls.ts';
import type { OperationFinding, Written } from './findings.ts';
import { merged } from './profile-changes.ts';
import type { Exchange } from './recording.ts';
import type { Item } from './snapshots.ts';
import { sentLeaves, ticketIn } from './values.ts';

export function readOperations(
  findings: OperationFinding[],
  operations: Written,
  reads: readonly Call[],
  releases: readonly Item[],
  items: readonly Item[],
  context: Context,
  warnings: string[],
): void {
  const releaseOf = new Map(releases.map((item) => [item.exchange, item.place]));
  const itemOf = new Map(items.map((item) => [item.exchange, item.place]));
  // Of the release that was recorded, or of another one whose page was opened.
  const sendsVersion = (call: Call) =>
    call.exchanges.every(
      (one) => namesRelease(one, context) || sentLeaves(one).some(({ value }) => isVersion(String(value))),
    );
  // The release is looked up to know its ticket, so not by its ticket.
  const sendsTicket = (call: Call) => call.exchanges.some((one) => ticketIn(one, context.tickets) !== undefined);
  const placesIn = (call: Call, of: ReadonlyMap<Exchange, string>) => [
    ...new Set(call.exchanges.flatMap((one) => of.get(one) ?? [])),
  ];
  const pick = (operation: Operation, fits: (call: Call) => boolean) => {
    const fitting = reads.filter(fits);
    const own = fitting.find((call) => call.readsOfProfile.includes(operation));
    return own ?? fitting.sort((a, b) => b.exchanges.length - a.exchanges.length)[0];
  };
  const isRelease = (call: Call) => call.exchanges.some((one) => releaseOf.has(one));
  const isVersions = (call: Call) =>
    !isRelease(call) && call.exchanges.some((one) => itemOf.has(one)) && !sendsVersion(call);
  const isHistory = (call: Call) =>
    !isRelease(call) &&
    sendsVersion(call) &&
    (call.readsOfProfile.includes('releaseHistory') ||
      /histor|timeline|logs?\b|record|event/.test(call.words) ||
      listPlaces(call).length === 1);
  const rows: [Operation, Call | undefined, readonly string[], string][] = [];
  const find = pick('findRelease', (call) => isRelease(call) && sendsVersion(call) && !sendsTicket(call));
  const list = pick('listReleases', (call) => isRelease(call) && !sendsVersion(call));
  const versions = pick('listVersions', isVersions);
  const history = pick('releaseHistory', isHistory);
  if (find) rows.push(['findRelease', find, placesIn(find, releaseOf), 'it returned the release and its status']);
  if (list)
    rows.push(['listReleases', list, placesIn(list, releaseOf), 'it returned several releases and their status']);
  if (versions) rows.push(['listVersions', versions, placesIn(versions, itemOf), 'it returned the versions']);
  if (history) rows.push(['releaseHistory', history, listPlaces(history), 'it returned a list for one version']);
  for (const operation of OPERATION_NAMES.filter((one) => OPERATIONS[one].access === 'read')) {
    const row = rows.find(([one]) => one === operation);
    const call = row?.[1];
    if (!row || !call) {
      findings.push({ operation, verdict: 'not seen', evidence: '', candidates: [] });
      continue;
    }
    const { changes, differences } = templateOf(operation, call, context);
    const before = context.base.operations[operation] as CallTemplate | undefined;
    const isPaged = /\{(page|offset)\b/.test(JSON.stringify(merged(before ?? {}, changes)));
    const left =
      /^list/.test(operation) && !isPaged ? call.exchanges.flatMap((one) => restOf(one) ?? [])[0] : undefined;
    if (left) warnings.push(`${operation} (${callOf(call)}): ${left}, so only its first page is read.`);
    const isKnown = row[2].length > 0 && row[2].every((place) => before?.answer?.includes(place));
    if (row[2].length > 0 && !isKnown) changes['answer'] = row[2];
    if (Object.keys(changes).length > 0) operations[operation] = { ...changes, mark: 'observed' };
    const isLearned = Object.keys(changes).some((key) => key !== 'mark');
    const verdict = isLearned ? 'learned' : 'confirmed';
    findings.push({ operation, verdict, call: callOf(call), evidence: row[3], candidates: differences });
  }
}

/** What a response says of a list that goes on, where a profile cannot read the rest. */
function restOf({ answer }: Exchange): string | undefined {
  let rows = 0;
  const outside: { name: string; value: unknown }[] = [];
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) rows = Math.max(rows, value.length);
    else if (value !== null && typeof value === 'object')
      for (const [key, one] of Object.entries(value)) visit(one, key);
    else outside.push({ name, value });
  };
  visit(answer, '');
  const isCursor = ({ name, value }: { name: string; value: unknown }) =>
    /^(next(_?(cursor|token|page_?token|marker))?|cursor|marker)$/i.test(name) &&
    typeof value === 'string' &&
    value !== '';
  const isMore = ({ name, value }: { name: string; value: unknown }) =>
    (/^(has_?(more|next)|more)$/i.test(name) && value === true) ||
    (/^(total(_?(count|num|size|elements|rows|items|records))?|count)$/i.test(name) &&
      rows > 0 &&
      Number(value) > rows);
  if (outside.some(isCursor)) return 'the list goes on by a cursor, which a profile cannot send';
  return outside.some(isMore) ? 'the list is cut, and the request has no page' : undefined;
}

/** Where a portal shows its releases in a list alone, the default profile's call for one release is not sent. */
export function withoutFind(findings: readonly OperationFinding[], operations: Written, base: Profile): void {
  const verdictOf = (name: Operation) => findings.find(({ operation }) => operation === name)?.verdict;
  if (verdictOf('listReleases') !== 'learned' || verdictOf('findRelease') !== 'not seen') return;
  if (base.operations.findRelease && !base.operations.findRelease.confirmedOn) operations['findRelease'] = null;
}

function listPlaces(call: Call): string[] {
  const places = (value: unknown, place: string, depth: number): string[] => {
    if (Array.isArray(value)) return [place || '$'];
    if (depth === 0 || value === null || typeof value !== 'object') return [];
    return Object.entries(value).flatMap(([name, one]) => places(one, place ? `${place}.${name}` : name, depth - 1));
  };
  const found = [...new Set(call.exchanges.flatMap(({ answer }) => places(answer, '', 4)))];
  return found.length === 1 ? found : [];
}
