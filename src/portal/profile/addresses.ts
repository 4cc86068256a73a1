/** Which calls of a profile have the address of a write. */

import { OPERATIONS, type Operation } from '../../release/lifecycle.ts';
import { type CallTemplate, defaultProfile, type Profile, templatesOf } from './profile.ts';
import { isFilledWithDigits } from './template.ts';

/**
 * Faults where a call has the address of a write: a read would change something and be retried, and a write would do
 * something that nobody requested. Methods are ignored, but for the resources of REST (`isToldByMethod`), and addresses
 * are compared as the most lenient server reads them. The address of a write of the default profile is reserved under any base path.
 */
export function addressFaults(profile: Profile): string[] {
  const faults: string[] = [];
  const calls = templatesOf(profile).map(
    ([operation, call]) => [operation, call, readingsOf(profile.basePath + call.path)] as const,
  );
  const reserved = templatesOf(defaultProfile)
    .filter(([operation]) => OPERATIONS[operation].access === 'write')
    .map(([operation, { path }]) => [operation, readingsOf(path)] as const);
  for (const [operation, own, address] of calls) {
    const where = `operations.${operation}.path`;
    const isRead = OPERATIONS[operation].access === 'read';
    for (const [other, end] of reserved) {
      if (other !== operation && endsIn(address, end)) {
        faults.push(
          `${where}: is the address of ${other} (a write) in the default profile; ${operation} would send it.`,
        );
      }
    }
    for (const [other, theirs, otherAddress] of calls) {
      if (other === operation || OPERATIONS[other].access === 'read') continue;
      if (!meet(address, otherAddress)) continue;
      if (isRead && isToldByMethod(own, other, theirs)) continue;
      if (isRead) faults.push(`${where}: is the address of ${other}, which is a write.`);
      else if (operation < other && sameRequest(own, theirs)) faults.push(`${where}: is the same call as ${other}.`);
    }
  }
  return [...new Set(faults)];
}

/**
 * Whether a portal tells the read from the write by the method: GET of a resource that is changed by PUT, PATCH or DELETE,
 * or of a collection that a POST adds a version or a release to. A server that took the GET for the POST would at worst
 * create something that nobody sees before it is applied for.
 */
function isToldByMethod(read: CallTemplate, write: Operation, { method }: CallTemplate): boolean {
  if (read.method !== 'GET') return false;
  const creates = write === 'createVersion' || write === 'createRelease';
  return ['PUT', 'PATCH', 'DELETE'].includes(method) || (method === 'POST' && creates);
}

function sameRequest(a: CallTemplate, b: CallTemplate): boolean {
  const rest = ({ method, query = {}, body = {} }: CallTemplate) => JSON.stringify([method, query, body]);
  return rest(a) === rest(b);
}

type Readings = readonly (readonly string[])[];

/**
 * The segments of an address as lenient servers read it: without letter case, empty segments and suffixes, so that
 * `online.v1`, `online..json` and `online` are the same. A segment that begins with a dot is only a suffix to some
 * servers and a name to others, so an address has two readings.
 */
function readingsOf(address: string): Readings {
  const segments = address.toLowerCase().split('/');
  // A version has dots itself, so what follows it may count as its suffix.
  const plain = (segment: string) => segment.replace(/\..*$/, '').replace(/(?<=\{version\}).*$/, '');
  return [(segment: string) => segment, (segment: string) => segment.replace(/^\.+/, '')].map((read) =>
    segments.map((segment) => plain(read(segment))).filter(Boolean),
  );
}

/** Whether two addresses can be the same one, once their placeholders are filled. */
function meet(a: Readings, b: Readings): boolean {
  return a.some((one) => b.some((other) => one.length === other.length && allMeet(one, other)));
}

/** Whether the last segments of an address can be those of another. */
function endsIn(address: Readings, end: Readings): boolean {
  return address.some((segments) =>
    end.some((last) => segments.length >= last.length && allMeet(segments.slice(-last.length), last)),
  );
}

function allMeet(a: readonly string[], b: readonly string[]): boolean {
  return a.every((segment, index) => segmentsMeet(segment, b[index] ?? ''));
}

function segmentsMeet(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.includes('{') && b.includes('{')) return true;
  if (a.includes('{')) return patternOf(a).test(b);
  return b.includes('{') && patternOf(b).test(a);
}

/** What a segment can be once it is filled, in lower case and without a suffix; the inputs check the ids. */
function patternOf(segment: string): RegExp {
  const source = segment
    .split(/\{([a-z]+)(?::[a-z-]+)?\}/)
    .map((part, index) =>
      index % 2 === 1 ? (isFilledWithDigits(part) ? '\\d+' : '.+') : part.replace(/[.~-]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`);
}
