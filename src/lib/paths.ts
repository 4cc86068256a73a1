/** User-supplied paths: where they lead, and that they stay in the workspace. */

// A getter, which loads node:fs/promises at its first use; an import of that would in every run.
import { promises } from 'node:fs';
import nodePath, { basename, dirname, isAbsolute, join, resolve } from 'node:path';

import { cleanLine } from './text.ts';

/** The allowed places, for the error about a path elsewhere. */
export const ALLOWED_PLACES = 'allowed are the workspace and, for an absolute path, RUNNER_TEMP';

/** The kind of a path: most inputs name a file, a package may also be a folder. */
export type PathKind = 'file' | 'file-or-folder';

/**
 * The real path, without links, of a user-supplied path that is absolute or relative to the workspace. `tempDir`
 * (RUNNER_TEMP), where an earlier step may have left files, may be named absolutely.
 * @throws {Error} one sentence with the path as given, where nothing is there, where it or a link on the way leaves the
 *   workspace, or where it is of the wrong kind
 */
export async function resolveInWorkspace(
  path: string,
  workspace: string,
  kind: PathKind = 'file',
  tempDir?: string,
): Promise<string> {
  const fault = (what: string) => new Error(`The path "${cleanLine(path, 200)}" ${what}.`);
  if (path.trim() === '') throw new Error('The path is empty.');
  if (path.includes('\0')) throw fault('holds a NUL character');

  const root = await promises.realpath(workspace);
  const temp = tempDir !== undefined && isAbsolute(path) ? await promises.realpath(tempDir).catch(() => root) : root;
  const asked = resolve(workspace, path);
  const leaves = () =>
    fault(tempDir === undefined ? 'leaves the workspace' : `leaves the workspace; ${ALLOWED_PLACES}`);
  let real: string;
  try {
    real = await promises.realpath(asked);
  } catch (error) {
    // The error must not reveal what exists outside, so "leaves" comes before "does not exist".
    const isHere = [resolve(workspace), root, temp].some((folder) => isInside(asked, folder));
    throw isHere ? fault(whyNoPath(error)) : leaves();
  }
  if (!isInside(real, root) && !isInside(real, temp)) throw leaves();

  const found = await promises.stat(real);
  if (found.isFile() || (kind === 'file-or-folder' && found.isDirectory())) return real;
  if (kind === 'file-or-folder') throw fault('is neither a file nor a folder');
  throw fault(found.isDirectory() ? 'is a folder, not a file' : 'is not a regular file');
}

/**
 * The real path, without links, of a file that will be written: neither it nor its folders need to exist. The last part
 * is kept as it is, since the writer has to refuse a link there.
 * @throws {Error} of the file system where a folder on the way is a dangling link or cannot be read
 */
export async function realPathToWrite(path: string): Promise<string> {
  return join(await realFolder(dirname(path)), basename(path));
}

/** Resolves the nearest existing folder. What does not exist below it cannot be a link. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await promises.realpath(folder);
  } catch (error) {
    const isMissing = (await promises.lstat(folder).catch(errorCode)) === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw error;
    return join(await realFolder(dirname(folder)), basename(folder));
  }
}

/**
 * Whether a path is the folder or lies below it; both absolute and of the same kind (real or as given).
 * @param platform whose paths they are; on Windows, the relative path to another drive is absolute
 */
export function isInside(path: string, folder: string, platform: nodePath.PlatformPath = nodePath): boolean {
  const way = platform.relative(folder, path);
  return way !== '..' && !way.startsWith(`..${platform.sep}`) && !platform.isAbsolute(way);
}

/**
 * The text of a file without its byte-order mark, in UTF-8, or in UTF-16 (as PowerShell and Excel write it) where the
 * mark says so.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  return new TextDecoder(utf16).decode(bytes);
}

/** The system's code of a failed file operation (`ENOENT`), whose message names whole paths; else the message. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : cleanLine(error instanceof Error ? error.message : String(error), 200);
}

function whyNoPath(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'ELOOP') return 'is a link that leads round in a circle';
  return `cannot be read (${code})`;
}
