/**
 * A user's profile file -> a Profile: read within bounds, merged into the default, and checked; all faults at once, each
 * naming its place. Loaded only where the input portal-profile is given.
 *
 * The file is untrusted (a pull request can change it). So the checks guarantee what the code relies on: an address
 * never leaves the portal's base path, no read has the address of a write, no write that of another write of the
 * default profile, and no header changes where a request goes.
 */

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ReleaseError } from '../../lib/errors.ts';
import { decodeText, resolveInWorkspace } from '../../lib/paths.ts';
import { cleanLine } from '../../lib/text.ts';
import { parseJson } from '../../net/json.ts';
import { isObject, placeName } from './places.ts';
import { defaultProfile, type Profile } from './profile.ts';
import { ruleFaults } from './rules.ts';
import { issueFaults, profileSchema } from './schema.ts';

const MAX_BYTES = 256 * 1024;
const MAX_FAULTS = 50;

/**
 * Reads and checks the profile at `path`, relative to the workspace, or absolute below it or below `tempDir`.
 * @throws ReleaseError profile-invalid, with every fault
 */
export async function loadProfile(path: string, workspace: string, tempDir?: string): Promise<Profile> {
  const file = cleanLine(basename(path), 100);
  const read = await readProfile(path, workspace, tempDir);
  const { profile, faults } = 'fault' in read ? { profile: undefined, faults: [read.fault] } : checkProfile(read.json);
  if (profile) return profile.name === defaultProfile.name ? { ...profile, name: file } : profile;
  const shown = faults.slice(0, MAX_FAULTS);
  const more = faults.length > shown.length ? `\n- and ${faults.length - shown.length} more` : '';
  throw new ReleaseError('profile-invalid', {
    found: `${file}: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:${shown.map((fault) => `\n- ${fault}`).join('')}${more}\n`,
  });
}

export interface Checked {
  /** Absent where there are faults. */
  readonly profile?: Profile;
  readonly faults: readonly string[];
}

/**
 * Checks the JSON of a profile file. A complete profile is taken as it is: its portal does not have what it leaves out.
 * Any other is merged into the default profile: objects merge, every other value replaces, and `null` removes.
 */
export function checkProfile(changes: unknown): Checked {
  if (!isObject(changes)) return { faults: ['(top): takes a JSON object.'] };
  const faults: string[] = [];
  const isWhole = profileSchema.safeParse(changes).success;
  const merged = isWhole ? changes : merge(defaultProfile, changes, [], faults);
  const parsed = profileSchema.safeParse(merged);
  if (!parsed.success) {
    return { faults: [...faults, ...parsed.error.issues.flatMap((issue) => issueFaults(issue, merged))] };
  }
  faults.push(...ruleFaults(parsed.data));
  // Older profiles that are complete name no scheme of the preview.
  return faults.length > 0 ? { faults } : { profile: { preview: defaultProfile.preview, ...parsed.data }, faults };
}

async function readProfile(
  path: string,
  workspace: string,
  tempDir: string | undefined,
): Promise<{ json: unknown } | { fault: string }> {
  let text: string;
  try {
    text = await readBounded(await resolveInWorkspace(path, workspace, 'file', tempDir));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { fault: code ? `(file): cannot be read (${code}).` : `(file): ${(error as Error).message}` };
  }
  try {
    return { json: parseJson(text) };
  } catch (error) {
    if (error instanceof RangeError) return { fault: `(file): ${error.message}.` };
    // The message of the parser quotes the text, which may be any file of the workspace: only the line is reported.
    const position = /position (\d+)/.exec(String(error))?.[1];
    const line = position && text.slice(0, Number(position)).split('\n').length;
    return { fault: `(file): is not JSON${line ? `; the fault is on line ${line}` : ''}.` };
  }
}

async function readBounded(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES / 1024} KiB.`);
    return decodeText(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Built from entries, so that a key named `__proto__` is a key like any other; it is a fault. */
function merge(base: object, changes: object, place: readonly string[], faults: string[]): object {
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    if (key === '__proto__') {
      faults.push(`${placeName([...place, key])}: is no name for anything here.`);
      continue;
    }
    const before = result.get(key);
    if (value === null) result.delete(key);
    else if (isObject(value)) result.set(key, merge(isObject(before) ? before : {}, value, [...place, key], faults));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}
