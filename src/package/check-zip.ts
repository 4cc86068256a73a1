/** Reads a whole ZIP, as an unpacker would, and notes everything for which it should not be sent. */

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

import { type Entry, fromFdPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';

import { ReleaseError } from '../errors.ts';
import { cleanLine } from '../text.ts';
import { type Inspection, MAX_ENTRIES, MAX_TOTAL_BYTES, quoted } from './inspection.ts';

/** `PK\3\4`, with which a ZIP that has an entry starts. */
const LOCAL_HEADER = 0x04034b50;

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;

/** How much of any file is searched for a private key; a file that is named like one is searched to its end. */
const KEY_SEARCH_BYTES = 1024;
const KEY_HEADER = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/;
/** The header with a key behind it: a bundled crypto library holds the bare header as a constant, and may ship. */
const KEY = new RegExp(`${KEY_HEADER.source}(?:\\s|\\\\[rn])*[A-Za-z0-9+]`);

/**
 * Checks every entry of the ZIP behind the handle, which stays open. Returns how many entries there are.
 *
 * Faults of entries go to the inspection. Throws ReleaseError `package-invalid` where the entries cannot be known.
 */
export async function checkZip(handle: FileHandle, inspection: Inspection): Promise<number> {
  const zip = await openZip(handle);
  if (zip.entryCount > MAX_ENTRIES) throw notReadable(`It has more than ${MAX_ENTRIES} entries.`);
  try {
    await checkEntries(zip, inspection);
  } catch (error) {
    // Only the directory ends up here: each entry's own faults are noted where it is read.
    inspection.fault(`the ZIP's directory is damaged after ${zip.entriesRead} entries (${said(error)})`);
    // What it does not list is not missing.
    inspection.throwIfFaulty();
  }
  return zip.entryCount;
}

async function openZip(handle: FileHandle): Promise<ZipFile> {
  try {
    // autoClose off and no close(): the descriptor is the caller's, and is read again for the upload. Names are
    // decoded here, since yauzl ends at the first bad one and we want all of them.
    return await fromFdPromise(handle.fd, { autoClose: false, decodeStrings: false, validateEntrySizes: true });
  } catch (error) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0) throw notReadable('It is an empty file.');
    const isZip = buffer.readUInt32LE(0) === LOCAL_HEADER;
    throw notReadable(`It is ${isZip ? 'a ZIP that is cut off or damaged' : 'not a ZIP file'}: ${said(error)}.`);
  }
}

function notReadable(found: string): ReleaseError {
  return new ReleaseError('package-invalid', { found });
}

async function checkEntries(zip: ZipFile, inspection: Inspection): Promise<void> {
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    totalBytes += entry.uncompressedSize;
    const name = checkName(entry, inspection);
    // yauzl holds each entry to the size it declares, so the declared sizes bound what is ever inflated.
    if (totalBytes > MAX_TOTAL_BYTES) inspection.fault(`it unpacks to more than ${MAX_TOTAL_BYTES} bytes`);
    else await checkContent(zip, entry, name, inspection);
  }
}

/** Notes the entry's name and kind. Returns the name, without the `/` at a folder's end. */
function checkName(entry: Entry, inspection: Inspection): string {
  const names = namesOf(entry).map((name) => name.replace(/\/$/, ''));
  const name = names.at(-1) ?? '';
  const kind = isFolder(entry) ? 'folder' : 'file';
  const accepted = names.map((each) => inspection.acceptsName(each, kind));
  const type = fileType(entry);
  if (type === SYMBOLIC_LINK) inspection.fault(`${quoted(name)} is a symbolic link`);
  else if (type !== 0 && type !== (kind === 'file' ? REGULAR_FILE : FOLDER)) {
    inspection.fault(`${quoted(name)} is not a regular file`);
  }
  if (accepted.every(Boolean)) inspection.add(name, kind);
  return name;
}

/**
 * The entry's name, and the other one where an Info-ZIP Unicode Path field gives it: which of the two is taken
 * depends on who unpacks. The last is the one that counts here.
 */
function namesOf(entry: Entry): string[] {
  const raw = entry.fileNameRaw;
  const plain = getFileNameLowLevel(entry.generalPurposeBitFlag, raw, [], true);
  const unicode = getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
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

async function checkContent(zip: ZipFile, entry: Entry, name: string, inspection: Inspection): Promise<void> {
  if (entry.isEncrypted()) return inspection.fault(`${quoted(name)} is encrypted`);
  if (!entry.canDecodeFileData()) {
    return inspection.fault(`${quoted(name)} is compressed in a way (${entry.compressionMethod}) other than deflate`);
  }
  try {
    const header = await zip.readLocalFileHeaderPromise(entry);
    // Who unpacks as the bytes come in goes by the header, everybody else by the directory.
    if (!header.fileName.equals(entry.fileNameRaw)) inspection.fault(`${quoted(name)} has another name in its header`);
    const content = await readContent(zip, entry, name);
    if (content.crc !== entry.crc32) inspection.fault(`${quoted(name)} is damaged (its CRC-32 does not match)`);
    if (content.holdsKey) inspection.fault(`${quoted(name)} holds a private key`);
  } catch (error) {
    inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
  }
}

async function readContent(zip: ZipFile, entry: Entry, name: string): Promise<{ crc: number; holdsKey: boolean }> {
  const search = new KeySearch(/\.(pem|key)$/i.test(name));
  let crc = 0;
  const stream: AsyncIterable<Buffer> = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream) {
    crc = crc32(chunk, crc);
    search.read(chunk);
  }
  return { crc, holdsKey: search.found };
}

/** Looks for a private key in the first KiB of what is read, or for the header of one in all of it. */
class KeySearch {
  found = false;
  readonly #toEnd: boolean;
  #readBytes = 0;
  #before = '';

  constructor(toEnd: boolean) {
    this.#toEnd = toEnd;
  }

  read(chunk: Buffer): void {
    const left = this.#toEnd ? chunk.length : KEY_SEARCH_BYTES - this.#readBytes;
    if (this.found || left <= 0) return;
    const text = this.#before + chunk.subarray(0, left).toString('latin1');
    this.found = (this.#toEnd ? KEY_HEADER : KEY).test(text);
    this.#readBytes += Math.min(left, chunk.length);
    // The end of a chunk may cut a header in two; none is longer than this.
    this.#before = this.#toEnd ? text.slice(-128) : text;
  }
}

/** What a library says of a fault. It may repeat bytes of the file. */
function said(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error), 160).replace(/\.$/, '');
}
