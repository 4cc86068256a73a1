/** A build folder as a ZIP: the same files give the same bytes, whatever the machine, the time and the order. */

import { closeSync, constants, type Dirent, lstatSync, openSync, readSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { crc32, createDeflateRaw, deflateRawSync, constants as zlibConstants } from 'node:zlib';

import { errorCode } from '../lib/paths.ts';
import { type Inspection, MAX_ENTRIES, MAX_TOTAL_BYTES, quoted } from './inspection.ts';
import { descriptor, directory, localHeader, type ZipEntry } from './zip-records.ts';

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
  const named = files.map((file) => ({ file, bytes: Buffer.from(file.name) }));
  return named.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ file }) => file);
}

/** Up to here a file is read at once, to be compressed or stored; above, it is streamed, so that memory stays flat. */
const SMALL_BYTES = 64 * 1024;
const STORED_BYTES = 1024 ** 2;

/** Formats that are compressed already: deflate takes time and saves nothing. */
const COMPRESSED = /\.(7z|aac|avif|br|bz2|gif|gz|jpe?g|m4[av]|mov|mp[34]|og[gv]|opus|png|web[mp]|woff2?|xz|zip|zst)$/i;

/** The ZIP's bytes, made as they are read. A file that cannot be read, or is not what was listed, breaks it off. */
export async function* zipFiles(folder: string, files: readonly FileToZip[]): AsyncGenerator<Uint8Array> {
  const entries: ZipEntry[] = [];
  let position = 0;
  for (const file of files) {
    const entry = newEntry(file, position);
    entries.push(entry);
    if (entry.isStreamed) {
      for await (const chunk of packLarge(folder, file, entry)) {
        position += chunk.length;
        yield chunk;
      }
    } else {
      const bytes = packSmall(folder, file, entry);
      position += bytes.length;
      yield bytes;
    }
  }
  yield directory(entries, position);
}

function newEntry(file: FileToZip, start: number): ZipEntry {
  const isCompressed = COMPRESSED.test(file.name);
  const isStreamed = file.sizeBytes > (isCompressed ? STORED_BYTES : SMALL_BYTES);
  return {
    name: Buffer.from(file.name),
    isStreamed,
    // A large one is deflated all the same, if quickly: stored and streamed, some look for its end in its content.
    level: isCompressed ? Number(isStreamed) : 6,
    start,
    sizeBytes: file.sizeBytes,
    packedBytes: 0,
    crc32: 0,
  };
}

/** Synchronously: a trip through the thread pool for each call takes far longer. */
function packSmall(folder: string, file: FileToZip, entry: ZipEntry): Buffer {
  const content = readSmall(folder, file);
  // Without its size, Node sets 16 kB aside for each result.
  const options = { level: entry.level, chunkSize: Math.max(content.length, zlibConstants.Z_MIN_CHUNK) };
  const packed = entry.level === 0 ? content : deflateRawSync(content, options);
  entry.crc32 = crc32(content);
  entry.packedBytes = packed.length;
  return Buffer.concat([localHeader(entry), packed]);
}

async function* packLarge(folder: string, file: FileToZip, entry: ZipEntry): AsyncGenerator<Buffer> {
  yield localHeader(entry);
  const deflate = createDeflateRaw({ level: entry.level });
  // An error of the file reaches who reads what is deflated; where the reader gives up, the file is closed.
  pipeline(readLarge(folder, file, entry), deflate, () => {});
  for await (const chunk of deflate) {
    entry.packedBytes += chunk.length;
    yield chunk;
  }
  yield descriptor(entry);
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

async function* readLarge(folder: string, file: FileToZip, entry: ZipEntry): AsyncGenerator<Buffer> {
  const { name, sizeBytes } = file;
  try {
    const handle = await open(join(folder, name), READ_FLAGS);
    let length = 0;
    // One byte more, at the inclusive end, shows a file that has grown.
    for await (const chunk of handle.createReadStream({ end: sizeBytes })) {
      entry.crc32 = crc32(chunk, entry.crc32);
      length += chunk.length;
      yield chunk;
    }
    if (length !== sizeBytes) throw new Error('unexpected number of bytes');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

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
      } while (bytesRead > 0 && length < sizeBytes);
      if (length !== sizeBytes) throw new Error('unexpected number of bytes');
      return content.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotRead(file, error);
  }
}
