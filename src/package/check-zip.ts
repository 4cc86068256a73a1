/** Reads a whole ZIP, as an unpacker would, and notes everything for which it should not be sent. */

import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';

import {
  type Entry,
  type ExtraField,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  type LocalFileHeader,
  parseExtraFields,
  type ZipFile,
} from 'yauzl';

import { ReleaseError } from '../lib/errors.ts';
import { errorCode } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import { type Inspection, MAX_ENTRIES, MAX_TOTAL_BYTES, quoted } from './inspection.ts';
import { differences, hasDescriptor, isEncrypted, Layout, LOCAL_HEADER, readDirectory } from './zip-layout.ts';
import { ZipReader } from './zip-reader.ts';

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;

/** How much of any file is searched for a private key; a file that is named like one is searched to its end. */
const SEARCH_BYTES = 1024;
const KEY_HEADER = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/;
/** The header with a key behind it: a bundled crypto library holds the bare header as a constant, and may ship. */
const KEY = new RegExp(`${KEY_HEADER.source}(?:\\s|\\\\[rn])*[A-Za-z0-9+]`);

const ENTRY_MARK = /PK\x03\x04/;

/** Up to here an entry is unpacked synchronously; above, it is streamed, so that memory stays flat. */
const SMALL_BYTES = 64 * 1024;
/** So many entries are checked in one go; then a signal or a timer has its turn. */
const BATCH_ENTRIES = 256;

/**
 * Checks every entry of the ZIP behind the descriptor, which stays open. Returns how many entries there are. Faults of entries
 * go to the inspection.
 * @throws {ReleaseError} `package-invalid` where the entries cannot be known
 */
export async function checkZip(descriptor: number, sizeBytes: number, inspection: Inspection): Promise<number> {
  const reader = new ZipReader(descriptor, sizeBytes);
  const zip = await openZip(reader);
  if (zip.entryCount > MAX_ENTRIES) throw notReadable(`It has more than ${MAX_ENTRIES} entries.`);
  const directory = readDirectory(reader, zip, inspection);
  if (directory.surplusBytes > 0) throw notReadable(whySurplus(reader, directory.surplusBytes));
  const layout = new Layout();
  try {
    await checkEntries(zip, reader, layout, inspection);
  } catch (error) {
    // Only the directory ends up here: each entry's own faults are noted where it is read.
    inspection.fault(whyBrokenOff(reader, zip, directory.start + layout.directoryBytes, error));
    // What it does not list is not missing.
    inspection.throwIfFaulty();
  }
  layout.check(reader, directory, inspection);
  return zip.entryCount;
}

function whySurplus(reader: ZipReader, surplusBytes: number): string {
  const start = reader.bytes(0, 4);
  return start.readUInt32LE(0) === LOCAL_HEADER
    ? `It holds ${surplusBytes} bytes, before its entries or behind its directory, that its directory does not know of.`
    : `It has ${surplusBytes} bytes before its first entry, as a self-extracting archive has.`;
}

/** yauzl reads no further where an entry has strong encryption. */
function whyBrokenOff(reader: ZipReader, zip: ZipFile, position: number, error: unknown): string {
  const header = reader.bytes(position, 46 + 1024);
  if (/encryption/.test(said(error)) && header.length > 46) {
    return `${quoted(header.toString('utf8', 46, 46 + header.readUInt16LE(28)))} is encrypted`;
  }
  return `the ZIP's directory is damaged after ${zip.entriesRead} entries (${said(error)})`;
}

async function openZip(reader: ZipReader): Promise<ZipFile> {
  try {
    // autoClose off and no close(): the descriptor is the caller's, and is read again for the upload. Names are
    // decoded here, since yauzl ends at the first bad one and we want all of them.
    const options = { autoClose: false, decodeStrings: false, validateEntrySizes: true };
    return await fromRandomAccessReaderPromise(reader, reader.sizeBytes, options);
  } catch (error) {
    if (reader.sizeBytes === 0) throw notReadable('It is an empty file.');
    const start = reader.bytes(0, 4);
    const isZip = start.length === 4 && start.readUInt32LE(0) === LOCAL_HEADER;
    throw notReadable(`It is ${isZip ? 'a ZIP that is cut off or damaged' : 'not a ZIP file'}: ${said(error)}.`);
  }
}

function notReadable(found: string): ReleaseError {
  return new ReleaseError('package-invalid', { found });
}

async function checkEntries(zip: ZipFile, reader: ZipReader, layout: Layout, inspection: Inspection): Promise<void> {
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    if (zip.entriesRead % BATCH_ENTRIES === 0) await turn();
    totalBytes += entry.uncompressedSize;
    layout.addToDirectory(entry);
    const name = checkName(entry, inspection);
    const header = await checkHeader(zip, entry, name, inspection);
    if (header) layout.add(name, entry, header);
    else layout.lacksOne();
    // Each entry is held to the size it declares, so the declared sizes bound what is ever inflated.
    if (totalBytes > MAX_TOTAL_BYTES) inspection.fault(`it unpacks to more than ${MAX_TOTAL_BYTES} bytes`);
    else if (header) await checkContent(zip, reader, entry, header, name, inspection);
  }
}

/** Who unpacks as the bytes come in goes by the entry's header, everybody else by the directory. */
async function checkHeader(
  zip: ZipFile,
  entry: Entry,
  name: string,
  inspection: Inspection,
): Promise<LocalFileHeader | undefined> {
  try {
    const header = await zip.readLocalFileHeaderPromise(entry);
    const names = namesOf(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields);
    const extraFields = parseExtraFields(header.extraField);
    const isNamedOtherwise =
      !header.fileName.equals(entry.fileNameRaw) ||
      namesOf(header.generalPurposeBitFlag, header.fileName, extraFields).some((each) => !names.includes(each));
    const all = [...(isNamedOtherwise ? ['another name'] : []), ...differences(entry, header)];
    if (all.length > 0) inspection.fault(`${quoted(name)} has ${all.join(' and ')} in its header`);
    return header;
  } catch (error) {
    inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
    return undefined;
  }
}

/** Notes the entry's name and kind. Returns the name, without the `/` at a folder's end. */
function checkName(entry: Entry, inspection: Inspection): string {
  const names = namesOf(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields).map((name) =>
    name.replace(/\/$/, ''),
  );
  const name = names.at(-1) ?? '';
  const kind = isFolder(entry) ? 'folder' : 'file';
  const accepted = names.map((each) => inspection.acceptsName(each, kind));
  const type = fileType(entry);
  if (type === SYMBOLIC_LINK) inspection.fault(`${quoted(name)} is a symbolic link`);
  else if (type !== 0 && type !== (kind === 'file' ? REGULAR_FILE : FOLDER)) {
    inspection.fault(`${quoted(name)} is not a regular file`);
  }
  if (accepted.every(Boolean)) inspection.add(name, kind);
  inspection.isClutter(name);
  return name;
}

/**
 * The entry's name, and the other one where an Info-ZIP Unicode Path field gives it: which of the two is taken
 * depends on who unpacks. The last is the one that counts here.
 */
function namesOf(flags: number, raw: Buffer, extraFields: ExtraField[]): string[] {
  const plain = getFileNameLowLevel(flags, raw, [], true);
  const unicode = getFileNameLowLevel(flags, raw, extraFields, true);
  // Code page 437, which is the names' where UTF-8 is not declared, has pictures for control characters.
  const shown = raw.some((byte) => byte < 0x20 || byte === 0x7f) ? raw.toString('latin1') : plain;
  return shown === unicode ? [shown] : [shown, unicode];
}

function isFolder(entry: Entry): boolean {
  return entry.fileNameRaw.at(-1) === 0x2f;
}

/** The Unix file type, 0 where the tool that made the ZIP gave none. */
function fileType(entry: Entry): number {
  return (entry.externalFileAttributes >>> 16) & FILE_TYPE;
}

async function checkContent(
  zip: ZipFile,
  reader: ZipReader,
  entry: Entry,
  header: LocalFileHeader,
  name: string,
  inspection: Inspection,
): Promise<void> {
  if (isEncrypted(entry, header)) return inspection.fault(`${quoted(name)} is encrypted`);
  if (!entry.canDecodeFileData()) {
    return inspection.fault(`${quoted(name)} is compressed in a way (${entry.compressionMethod}) other than deflate`);
  }
  try {
    const content = await readContent(zip, reader, entry, header, name);
    if (content.crc !== entry.crc32) inspection.fault(`${quoted(name)} is damaged (its CRC-32 does not match)`);
    if (content.holdsKey) inspection.fault(`${quoted(name)} holds a private key`);
    if (content.holdsEntry) {
      inspection.fault(`${quoted(name)} is stored without its size and holds a ZIP that some unpack with it`);
    }
  } catch (error) {
    inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
  }
}

interface Content {
  readonly crc: number;
  readonly holdsKey: boolean;
  /** In a stream, what is in it can be taken for entries of the package. */
  readonly holdsEntry: boolean;
}

async function readContent(
  zip: ZipFile,
  reader: ZipReader,
  entry: Entry,
  header: LocalFileHeader,
  name: string,
): Promise<Content> {
  // Where such an entry ends is found by looking for what follows it.
  const isOpenEnded = entry.compressionMethod === 0 && hasDescriptor(header);
  const mark = isOpenEnded ? new Search(ENTRY_MARK, true) : undefined;
  const key = new Search(/\.(pem|key)$/i.test(name) ? KEY_HEADER : KEY, /\.(pem|key)$/i.test(name));
  let crc = 0;
  const see = (chunk: Buffer) => {
    crc = crc32(chunk, crc);
    key.read(chunk);
    mark?.read(chunk);
  };
  if (Math.max(entry.uncompressedSize, entry.compressedSize) <= SMALL_BYTES) see(unpackedAtOnce(reader, entry, header));
  else for await (const chunk of unpacked(zip, entry)) see(chunk);
  return { crc, holdsKey: key.found, holdsEntry: mark?.found ?? false };
}

/** The same as `unpacked`, of a small entry. */
function unpackedAtOnce(reader: ZipReader, entry: Entry, header: LocalFileHeader): Buffer {
  const packed = reader.bytes(header.fileDataStart, entry.compressedSize);
  if (entry.compressionMethod === 0) {
    checkSizes(entry, packed.length, packed.length);
    return packed;
  }
  // One byte more than declared shows that there is more.
  const maxOutputLength = entry.uncompressedSize + 1;
  const chunkSize = Math.max(maxOutputLength, constants.Z_MIN_CHUNK);
  const { buffer, engine } = inflateAtOnce(packed, { maxOutputLength, chunkSize });
  checkSizes(entry, buffer.length, engine.bytesWritten);
  return buffer;
}

function inflateAtOnce(packed: Buffer, options: { maxOutputLength: number; chunkSize: number }) {
  try {
    // Node's types do not know `info`.
    const result: unknown = inflateRawSync(packed, { ...options, info: true });
    return result as { buffer: Buffer; engine: { bytesWritten: number } };
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw otherSize();
    throw error;
  }
}

function checkSizes(entry: Entry, sizeBytes: number, usedBytes: number): void {
  if (sizeBytes !== entry.uncompressedSize) throw otherSize();
  if (usedBytes !== entry.compressedSize) {
    throw new Error(`${entry.compressedSize - usedBytes} bytes follow its compressed data`);
  }
}

function otherSize(): Error {
  return new Error('it has another size than declared');
}

/**
 * The entry's bytes.
 * @throws {Error} where they are not as many as declared, or where its compressed data end early
 */
async function* unpacked(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const inflate = entry.compressionMethod === 0 ? undefined : createInflateRaw();
  if (inflate) packed.on('error', (error) => inflate.destroy(error)).pipe(inflate);
  const content: Readable = inflate ?? packed;
  let sizeBytes = 0;
  try {
    for await (const chunk of content) {
      sizeBytes += chunk.length;
      if (sizeBytes > entry.uncompressedSize) break;
      yield chunk;
    }
  } finally {
    packed.destroy();
    inflate?.destroy();
  }
  checkSizes(entry, sizeBytes, inflate?.bytesWritten ?? sizeBytes);
}

/** Looks for a mark in the first KiB of what is read, or in all of it. */
class Search {
  found = false;
  readonly #pattern: RegExp;
  readonly #toEnd: boolean;
  #readBytes = 0;
  #before = '';

  constructor(pattern: RegExp, toEnd: boolean) {
    this.#pattern = pattern;
    this.#toEnd = toEnd;
  }

  read(chunk: Buffer): void {
    const left = this.#toEnd ? chunk.length : SEARCH_BYTES - this.#readBytes;
    if (this.found || left <= 0) return;
    const text = this.#before + chunk.subarray(0, left).toString('latin1');
    this.found = this.#pattern.test(text);
    this.#readBytes += Math.min(left, chunk.length);
    // The end of a chunk may cut a mark in two; none is longer than this.
    this.#before = this.#toEnd ? text.slice(-128) : text;
  }
}

/** What a library says of a fault. It may repeat bytes of the file. */
function said(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error), 160).replace(/\.$/, '');
}
