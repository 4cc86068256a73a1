/** A build folder as a ZIP: the same files give the same bytes, whatever the machine, the time and the order. */

import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { ZipFile } from 'yazl';

import { errorCode } from '../lib/paths.ts';
import { type Inspection, MAX_ENTRIES, MAX_TOTAL_BYTES, quoted } from './inspection.ts';

/** A regular file to pack. */
export interface FileToZip {
  /** Relative to the folder, `/` between its parts. */
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * Every regular file below a folder, in the byte order of its UTF-8 name. Faults (links, special and forbidden files,
 * too many or too much) go to the inspection and what they are about is left out, and so is clutter. Folders without files are not
 * packed: version control and artifact uploads lose them too.
 */
export async function listFolder(folder: string, inspection: Inspection): Promise<readonly FileToZip[]> {
  const files: FileToZip[] = [];
  let totalBytes = 0;
  for await (const file of walk(folder, '', inspection)) {
    files.push(file);
    totalBytes += file.sizeBytes;
    if (files.length > MAX_ENTRIES) inspection.fault(`it has more than ${MAX_ENTRIES} files`);
    if (totalBytes > MAX_TOTAL_BYTES) inspection.fault(`its files are larger than ${MAX_TOTAL_BYTES} bytes together`);
    // There is no use in reading further, nor any in packing it.
    if (files.length > MAX_ENTRIES || totalBytes > MAX_TOTAL_BYTES) inspection.throwIfFaulty();
  }
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** The ZIP's bytes, made as they are read. A file that cannot be read, or is not what was listed, breaks it off. */
export async function* zipFiles(folder: string, files: readonly FileToZip[]): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  // yazl gives what Node calls a PassThrough; its type names only the older interface.
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  const fail = (error: Error) => output.destroy(error);
  zip.on('error', fail);
  for (const file of files) {
    zip.addReadStreamLazy(file.name, { ...entryOptions(), size: file.sizeBytes }, (give) => {
      const failed = (error: unknown) => fail(new Error(unreadable(file.name, error), { cause: error }));
      openRegular(join(folder, file.name)).then((content) => {
        // yazl forwards no error of a stream that it is given.
        current = content.on('error', failed);
        give(null, content);
      }, failed);
    });
  }
  zip.end();
  try {
    yield* output;
  } finally {
    // Where the reader gave up half way, yazl leaves the file open.
    current?.destroy();
  }
}

/** Whatever of an entry could differ from machine to machine, fixed. */
function entryOptions() {
  return {
    // yazl writes the DOS time in local time, so a local date gives the same bytes in every time zone; the extended
    // timestamp, which forceDosTimestamp leaves out, would be in UTC.
    mtime: new Date(1980, 0, 1),
    forceDosTimestamp: true,
    mode: 0o100644,
    compressionLevel: 6,
  };
}

async function* walk(folder: string, prefix: string, inspection: Inspection): AsyncGenerator<FileToZip> {
  for (const found of await readFolder(folder, prefix, inspection)) {
    const name = prefix + found.name;
    if (inspection.isClutter(name)) continue;
    const isFolder = found.isDirectory();
    if (!inspection.acceptsName(name, isFolder ? 'folder' : 'file')) continue;
    const path = join(folder, found.name);
    if (isFolder) yield* walk(path, `${name}/`, inspection);
    else {
      const sizeBytes = await sizeOfRegular(path, name, inspection);
      if (sizeBytes !== undefined) yield { name, sizeBytes };
    }
  }
}

async function sizeOfRegular(path: string, name: string, inspection: Inspection): Promise<number | undefined> {
  try {
    const stats = await lstat(path);
    if (stats.isFile()) return stats.size;
    inspection.fault(`${quoted(name)} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file'}`);
  } catch (error) {
    inspection.fault(unreadable(name, error));
  }
  return undefined;
}

async function readFolder(folder: string, prefix: string, inspection: Inspection): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    inspection.fault(unreadable(prefix || '.', error));
    return [];
  }
}

function unreadable(name: string, error: unknown): string {
  return `${quoted(name)} cannot be read (${errorCode(error)})`;
}

/** Opens a file for reading, but not through a link that took its place since it was listed. */
async function openRegular(path: string): Promise<Readable> {
  // Not defined on Windows, where the flag is then none.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  return handle.createReadStream();
}
