/** The package to upload: a ZIP file or a build folder, copied where nobody changes it, checked, and sent from there. */

import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { ReleaseError } from '../lib/errors.ts';
import { decodeText, errorCode, isInside, resolveInWorkspace } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import type { UploadSource } from '../release/release.ts';
import { checkZip } from './check-zip.ts';
import { Inspection, MAX_TOTAL_BYTES } from './inspection.ts';
import { listFolder, zipFiles } from './zip-folder.ts';

const READ_BYTES = 64 * 1024;
const MAX_PACKAGE_JSON_BYTES = 1024 * 1024;
const PACKAGE_JSON_TODO = 'Correct that file, or give the input version.';

/** A package that has passed every check. What open() gives are the bytes that were checked. */
export interface Package extends UploadSource {
  /** Entries of the ZIP. */
  readonly entries: number;
  /** What operating systems left in it: of a folder it was left out, a ZIP is sent as it is. Empty where there is none. */
  readonly clutter: { readonly names: string; readonly isSent: boolean };
  /** Removes the private copy; nothing can be read after it. May be called twice. */
  close(): Promise<void>;
}

export interface PackageOptions {
  /** The folder that the path is relative to and may not leave. */
  readonly workspace: string;
  /** Where the private copy is put. */
  readonly tempDir: string;
}

/**
 * Opens a ZIP file, or zips a build folder, and checks it. The caller closes it.
 * @throws {ReleaseError} `package-invalid`, which names every fault; nothing stays behind then
 */
export async function openPackage(path: string, options: PackageOptions): Promise<Package> {
  const real = await resolvePackage(path, options.workspace, options.tempDir);
  const inspection = new Inspection();
  const kind = (await stat(real)).isDirectory() ? 'folder' : 'file';
  // Listed before the private copy is made, which could otherwise find itself in the folder.
  const files = kind === 'folder' ? await listFolder(real, inspection) : [];
  const copy = await PrivateCopy.create(options.tempDir);
  try {
    await copy.fill(kind === 'folder' ? zipFiles(real, files) : fileBytes(real));
    const entries = await checkZip(copy.handle.fd, copy.sizeBytes, inspection);
    inspection.finish(path, kind);
    return {
      entries,
      clutter: { names: inspection.clutter, isSent: kind === 'file' },
      sizeBytes: copy.sizeBytes,
      sha256: copy.sha256,
      open: () => copy.read(),
      close: () => copy.remove(),
    };
  } catch (error) {
    await copy.remove();
    throw error;
  }
}

/**
 * The `version` of the nearest package.json that states one: from the package's folder (for a ZIP: the folder it is
 * in) upwards to the workspace, with the path of that file; undefined where there is no package.json at all.
 * @throws {ReleaseError} `package-invalid` for the path, `version-unresolved` for a package.json that cannot be read, or
 *   where none of them states a version
 */
export async function packageVersion(
  path: string,
  workspace: string,
  tempDir?: string,
): Promise<{ readonly version: string; readonly file: string } | undefined> {
  const real = await resolvePackage(path, workspace, tempDir);
  const root = await realpath(workspace);
  let folder = (await stat(real)).isDirectory() ? real : dirname(real);
  let withoutVersion: string | undefined;
  for (; isInside(folder, root); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    const found = await readPackageJson(file, root);
    if (found?.version !== undefined) return { version: found.version, file: relative(root, file) };
    if (found) withoutVersion ??= file;
    if (folder === root) break;
  }
  if (withoutVersion !== undefined) throw badPackageJson(withoutVersion, root, 'has no version');
  return undefined;
}

/** A file of our own that no folder lists, readable by nobody else, written once and read as often as needed. */
class PrivateCopy {
  readonly handle: FileHandle;
  readonly #path: string;
  sizeBytes = 0;
  sha256 = '';

  private constructor(handle: FileHandle, path: string) {
    this.handle = handle;
    this.#path = path;
  }

  static async create(tempDir: string): Promise<PrivateCopy> {
    const path = join(tempDir, `package-${randomUUID()}.zip`);
    try {
      // wx+: never a file, or a link, that somebody has put there.
      const handle = await open(path, 'wx+', 0o600);
      // Without a name at once: the system frees it when the process ends, however it ends. Where an open file keeps its
      // name, it is removed at the end.
      await rm(path).catch(() => {});
      return new PrivateCopy(handle, path);
    } catch (error) {
      throw unreadable(error);
    }
  }

  async fill(source: AsyncIterable<Uint8Array>): Promise<void> {
    const hash = createHash('sha256');
    const count = (chunk: Uint8Array) => {
      hash.update(chunk);
      this.sizeBytes += chunk.length;
    };
    try {
      await this.handle.writeFile(passing(inPieces(source), count));
    } catch (error) {
      throw unreadable(error);
    }
    this.sha256 = hash.digest('hex');
  }

  /** Reads by position, so that several readers, or a second attempt, do not disturb each other. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (let position = 0; position < this.sizeBytes; ) {
      const length = Math.min(READ_BYTES, this.sizeBytes - position);
      // A new buffer each time: whoever takes it may keep it until the network has it.
      const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) throw new Error('The private copy of the package was cut off while it was read.');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async remove(): Promise<void> {
    await this.handle.close();
    await rm(this.#path, { force: true });
  }
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  let sizeBytes = 0;
  // The stream closes the handle, however the reading ends.
  for await (const chunk of handle.createReadStream({ highWaterMark: READ_BYTES })) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_TOTAL_BYTES) {
      throw new ReleaseError('package-invalid', { found: `It is larger than ${MAX_TOTAL_BYTES} bytes.` });
    }
    yield chunk;
  }
}

/** The bytes in pieces of at least READ_BYTES but the last: small ones would each take a trip through the thread pool. */
async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    if (length < READ_BYTES) continue;
    yield Buffer.concat(chunks, length);
    chunks = [];
    length = 0;
  }
  yield Buffer.concat(chunks, length);
}

async function* passing(source: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void) {
  for await (const chunk of source) {
    see(chunk);
    yield chunk;
  }
}

function unreadable(error: unknown): Error {
  if (error instanceof ReleaseError) return error;
  return new ReleaseError('package-invalid', {
    found: `It could not be read, or not be copied to the runner's temporary folder: ${errorCode(error)}.`,
    todo: 'Check the permissions of the build and the space on the runner, then run the step again; nothing was sent.',
    cause: error,
  });
}

async function resolvePackage(path: string, workspace: string, tempDir?: string): Promise<string> {
  try {
    return await resolveInWorkspace(path, workspace, 'file-or-folder', tempDir);
  } catch (error) {
    throw new ReleaseError('package-invalid', {
      found: messageOf(error),
      todo: 'Correct the input package, and check that the build ran before; nothing was sent.',
      cause: error,
    });
  }
}

/** The version that a package.json states, if it does; undefined where there is no such file. */
async function readPackageJson(file: string, workspace: string): Promise<{ version: string | undefined } | undefined> {
  const text = await readFileInside(file, workspace);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the file, so it is kept out even as a cause.
    throw badPackageJson(file, workspace, 'is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badPackageJson(file, workspace, 'holds no JSON object');
  }
  const version = (value as { version?: unknown }).version;
  if (version === undefined || typeof version === 'string') return { version };
  throw badPackageJson(file, workspace, 'has a version that is not a text');
}

async function readFileInside(file: string, workspace: string): Promise<string | undefined> {
  if ((await lstat(file).catch(() => undefined)) === undefined) return undefined;
  let real: string;
  try {
    // It may be a link that leads out of the workspace.
    real = await resolveInWorkspace(relative(workspace, file), workspace);
  } catch (error) {
    throw new ReleaseError('version-unresolved', { found: messageOf(error), todo: PACKAGE_JSON_TODO, cause: error });
  }
  if ((await stat(real)).size > MAX_PACKAGE_JSON_BYTES) throw badPackageJson(file, workspace, 'is larger than 1 MiB');
  const bytes = await readFile(real).catch((error: unknown) => {
    throw badPackageJson(file, workspace, `cannot be read (${errorCode(error)})`);
  });
  return decodeText(bytes);
}

function badPackageJson(file: string, workspace: string, what: string): ReleaseError {
  const name = cleanLine(relative(workspace, file), 200);
  return new ReleaseError('version-unresolved', { found: `The file "${name}" ${what}.`, todo: PACKAGE_JSON_TODO });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
