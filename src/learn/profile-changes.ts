/** What was found -> the changes of the profile that say it. */

import type { Profile } from '../portal/profile/profile.ts';
import type { Context } from './calls.ts';
import { envelopeOf, type Success } from './envelope.ts';
import type { OperationFinding, WordFinding, Written } from './findings.ts';
import type { Exchange } from './recording.ts';
import type { Scene } from './scene.ts';
import type { FoundField, Item } from './snapshots.ts';
import { leavesOf } from './values.ts';

export interface Parts {
  readonly base: Profile;
  readonly context: Context;
  readonly success: Success;
  readonly operations: Written;
  readonly findings: readonly OperationFinding[];
  readonly words: readonly WordFinding[];
  readonly fields: Readonly<Record<string, FoundField>>;
  readonly items: readonly Item[];
  readonly releases: readonly Item[];
  readonly all: readonly Exchange[];
  readonly isGood: (one: Exchange) => boolean;
  readonly scene: Scene;
  readonly credential?: Profile['credential'];
}

export function changesOf({
  base,
  context,
  success,
  operations,
  words,
  fields,
  items,
  releases,
  all,
  isGood,
  scene,
  credential,
}: Parts): Written {
  const release: Written = {};
  for (const [name, field] of Object.entries(fields)) {
    const before = base.release[name as keyof Profile['release']];
    if (before?.at === field.at && before.mark === 'observed' && field.form === undefined) continue;
    const { words: _, ...written } = field;
    release[name] = { ...written, mark: 'observed' };
  }
  const statuses: Written = {};
  for (const { word, state, verdict } of words) {
    if (verdict === 'unsure' || !state) continue;
    const before = Object.hasOwn(base.statuses, word) ? base.statuses[word] : undefined;
    if (before?.state !== state || before.mark !== 'observed') statuses[word] = { state, mark: 'observed' };
  }
  const envelope = envelopeOf(
    base,
    success,
    all.filter((one) => !isGood(one)),
    all,
  );
  const uploads = all.filter(({ isUpload }) => isUpload);
  const stored = uploads.flatMap(({ answer }) => leavesOf(answer).map(({ value }) => String(value)));
  const version = versionFields(
    base,
    items.filter((one) => !releases.includes(one)),
    new Set(stored.filter((value) => value.length > 8)),
  );
  const batch = scene.writes.some((call) => call.userIds?.form === '{userId}');
  return {
    ...(context.basePath !== base.basePath && { basePath: context.basePath }),
    ...(Object.keys(envelope).length > 0 && { envelope }),
    ...(credential && { credential }),
    ...(batch && { whitelistBatch: 1 }),
    ...(Object.keys(operations).length > 0 && { operations }),
    ...(Object.keys(release).length > 0 && { release }),
    ...(version && { version }),
    ...(Object.keys(statuses).length > 0 && { statuses }),
  };
}

/** Where an item of the versions names its version, and the files that an upload returned. */
function versionFields(base: Profile, items: readonly Item[], stored: ReadonlySet<string>): Written | undefined {
  const placeOf = (fits: (value: string, item: Item) => boolean) => {
    const places = new Map<string, number>();
    for (const item of items) {
      for (const [place, value] of item.fields)
        if (fits(String(value), item)) places.set(place, (places.get(place) ?? 0) + 1);
    }
    return [...places.keys()].sort((a, b) => (places.get(b) ?? 0) - (places.get(a) ?? 0));
  };
  const changes: Written = {};
  const add = (name: 'version' | 'artifacts', places: readonly string[]) => {
    const isKnown = [base.version[name].at].flat().some((known) => places.includes(known));
    if (places[0] !== undefined && !isKnown) changes[name] = { at: places[0], mark: 'observed' };
  };
  add(
    'version',
    placeOf((value, { version }) => value === version),
  );
  add(
    'artifacts',
    placeOf((value) => stored.has(value)),
  );
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** The profile with the changes, as a file is merged into the default profile. */
export function merged(base: object, changes: object): Record<string, unknown> {
  const result = new Map<string, unknown>(Object.entries(base));
  const isPlain = (value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value);
  for (const [key, value] of Object.entries(changes)) {
    const old = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isPlain(value) ? merged(isPlain(old) ? (old as object) : {}, value) : value);
  }
  return Object.fromEntries(result);
}
