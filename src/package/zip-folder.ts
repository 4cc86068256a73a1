/** A build folder as a ZIP: the same files give the same bytes, whatever the machine, the time and the order. */

import { closeSync, constants, type Dirent, lstatSync, openSync, readSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32, deflateRawSync, constants as zlibConstants } from 'node:zlib';

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

/** Up to here a file is read at once, to be compressed or stored; above, it is streamed, so that memory stays flat. */
const SMALL_BYTES = 64 * 1024;
const STORED_BYTES = 1024 ** 2;
const BATCH_BYTES = STORED_BYTES;
const BATCH_FILES = 256;

/** Formats that are compressed already: deflate takes time and saves nothing. */
const COMPRESSED = /\.(7z|aac|avif|br|bz2|gif|gz|jpe?g|m4[av]|mov|mp[34]|og[gv]|opus|png|web[mp]|woff2?|xz|zip|zst)$/i;

/**
 * yazl's list of entries. It is not part of yazl's interface (package.json pins the version), but without it thousands of
 * small files take 20 times as long: see `addSmall` and `addStreamed`.
 */
interface YazlEntries {
  readonly entries: {
    compressionLevel: number;
    uncompressedSize: number;
    crc32: number;
    /** Writes the content, which it holds. */
    doFileDataPump?: unknown;
  }[];
}

/** The ZIP's bytes, made as they are read. A file that cannot be read, or is not what was listed, breaks it off. */
export async function* zipFiles(folder: string, files: readonly FileToZip[]): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile() as ZipFile & YazlEntries;
  // yazl gives what Node calls a PassThrough; its type names only the older interface.
  const output = zip.outputStream as Readable;
  const fail = (error: Error) => output.destroy(error);
  zip.on('error', fail);
  const written: YazlEntries['entries'] = [];
  let current: Readable | undefined;
  let next = 0;

  /** Streams the next file. When its turn comes, what was added before is written, and the files behind it are added. */
  function addStreamed(): void {
    const file = files[next++];
    if (!file) {
      zip.entries.unshift(...written);
      zip.end();
      return;
    }
    const failed = (error: unknown) => fail(cannotRead(file, error));
    const options = { ...entryOptions(), compressionLevel: isCompressed(file) ? 1 : 6, size: file.sizeBytes };
    zip.addReadStreamLazy(file.name, options, (give) => {
      // After each entry yazl looks for the next one from the start of its list: in a long list that is quadratic. And it
      // keeps the content of each.
      for (const entry of zip.entries.splice(0, zip.entries.length - 1)) {
        delete entry.doFileDataPump;
        written.push(entry);
      }
      openRegular(join(folder, file.name))
        .then((content) => {
          // yazl forwards no error of a stream that it is given.
          current = content.on('error', failed);
          give(null, content);
          addBehind();
        })
        .catch(failed);
    });
  }

  function addBehind(): void {
    try {
      addBatch();
      addStreamed();
    } catch (error) {
      fail(error as Error);
    }
  }

  function addBatch(): void {
    let batchBytes = 0;
    for (const end = next + BATCH_FILES; next < end; next++) {
      const file = files[next];
      batchBytes += file?.sizeBytes ?? 0;
      if (!file || !isSmall(file) || batchBytes > BATCH_BYTES) return;
      addSmall(file);
    }
  }

  /** yazl compresses in the thread pool, a trip for each file: it gets what is compressed, and is then told of what. */
  function addSmall(file: FileToZip): void {
    const content = readSmall(folder, file);
    const compressionLevel = isCompressed(file) ? 0 : 6;
    // Without its size, Node sets 16 kB aside for each result.
    const options = { level: compressionLevel, chunkSize: Math.max(content.length, zlibConstants.Z_MIN_CHUNK) };
    const packed = compressionLevel === 0 ? content : deflateRawSync(content, options);
    zip.addBuffer(packed, file.name, { ...entryOptions(), compressionLevel: 0 });
    const described = { compressionLevel, uncompressedSize: content.length, crc32: crc32(content) };
    Object.assign(zip.entries.at(-1) ?? {}, described);
  }

  try {
    addStreamed();
    yield* output;
  } finally {
    // Where the reader gave up half way, yazl leaves the file open.
    current?.destroy();
  }
}

function isSmall(file: FileToZip): boolean {
  return file.sizeBytes <= (isCompressed(file) ? STORED_BYTES : SMALL_BYTES);
}

/** A large one is deflated all the same, if quickly: stored and streamed, some look for its end in its content. */
function isCompressed({ name }: FileToZip): boolean {
  return COMPRESSED.test(name);
}

const MTIME = new Date(1980, 0, 1);

/** Whatever of an entry could differ from machine to machine, fixed. */
function entryOptions() {
  return {
    // yazl writes the DOS time in local time, so a local date gives the same bytes in every time zone; the extended
    // timestamp, which forceDosTimestamp leaves out, would be in UTC.
    mtime: MTIME,
    forceDosTimestamp: true,
    mode: 0o100644,
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
      const sizeBytes = sizeOfRegular(path, name, inspection);
      if (sizeBytes !== undefined) yield { name, sizeBytes };
    }
  }
}

/** Synchronously, which takes a tenth of the time where there are thousands of files. */
function sizeOfRegular(path: string, name: string, inspection: Inspection): number | undefined {
  try {
    const stats = lstatSync(path);
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

function cannotRead({ name }: FileToZip, error: unknown): Error {
  return new Error(unreadable(name, error), { cause: error });
}

function unreadable(name: string, error: unknown): string {
  return `${quoted(name)} cannot be read (${errorCode(error)})`;
}

/**
 * For reading, but not through a link that took the file's place since it was listed, and without waiting for the writer
 * of a pipe. Not defined on Windows, where the flags are then none.
 */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function openRegular(path: string): Promise<Readable> {
  const handle = await open(path, READ_FLAGS);
  return handle.createReadStream();
}

/** The content of a small file, read synchronously: a trip through the thread pool for each call takes far longer. */
function readSmall(folder: string, file: FileToZip): Buffer {
  const { name, sizeBytes } = file;
  try {
    const descriptor = openSync(join(folder, name), READ_FLAGS);
    try {
      // One byte more shows a file that has grown.
      const content = Buffer.allocUnsafe(sizeBytes + 1);
      let length = 0;
      let bytesRead: number;
      do {
        bytesRead = readSync(descriptor, content, length, content.length - length, null);
        length += bytesRead;
      } while (bytesRead > 0 && length < content.length);
      if (length !== sizeBytes) throw new Error('unexpected number of bytes');
      return content.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotRead(file, error);
  }
}
