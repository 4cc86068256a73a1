/**
 * Whether a ZIP is the same to everybody who unpacks it. Some go by the directory at its end, others read the entries
 * as the bytes come in. So each byte has to belong to an entry of the directory, and both have to say the same of it.
 * Offsets of fields are those of APPNOTE.TXT 4.3 (pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
 */

import { type Entry, type ExtraField, type LocalFileHeader, parseExtraFields } from 'yauzl';

import { type Inspection, quoted } from './inspection.ts';
import type { ZipReader } from './zip-reader.ts';

export const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;

const END_BYTES = 22;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;
const DIRECTORY_HEADER_BYTES = 46;

const NOT_HERE_16 = 0xffff;
const NOT_HERE_32 = 0xffffffff;

/** The entry's sizes and checksum stand behind its data. */
const HAS_DESCRIPTOR = 0x08;
/** Ordinary and strong encryption. */
const IS_ENCRYPTED = 0x41;

/** Where the directory lies, by the records at the end of the file. */
export interface Directory {
  readonly start: number;
  readonly sizeBytes: number;
  /** Bytes between its end and the records behind it; more than none are data before the first entry, mostly. */
  readonly surplusBytes: number;
}

/** Reads the records at the end of a ZIP that yauzl has opened, and notes where they contradict each other. */
export function readDirectory(
  reader: ZipReader,
  zip: { readonly fileSize: number; readonly entryCount: number; readonly comment: { readonly length: number } },
  inspection: Inspection,
): Directory {
  const endStart = zip.fileSize - END_BYTES - zip.comment.length;
  const end = reader.bytes(endStart, END_BYTES + zip.comment.length);
  if (/[^\P{Cc}\t\r\n]/u.test(end.toString('utf8', END_BYTES))) inspection.fault('its comment holds binary data');
  const locatorStart = endStart - ZIP64_LOCATOR_BYTES;
  const locator = reader.bytes(locatorStart, ZIP64_LOCATOR_BYTES);
  const isZip64 = locator.length === ZIP64_LOCATOR_BYTES && locator.readUInt32LE(0) === ZIP64_LOCATOR;
  if (!isZip64) {
    const [sizeBytes, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
    if (end.readUInt16LE(8) !== zip.entryCount) inspection.fault('its end record counts its entries in two ways');
    return { start, sizeBytes, surplusBytes: endStart - start - sizeBytes };
  }
  const recordStart = Number(locator.readBigUInt64LE(8));
  const record = reader.bytes(recordStart, ZIP64_END_BYTES);
  const [sizeBytes, start] = [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
  const agree =
    record.readUInt32LE(0) === ZIP64_END &&
    recordStart + ZIP64_END_BYTES === locatorStart &&
    Number(record.readBigUInt64LE(24)) === zip.entryCount &&
    [8, 10].every((at) => [zip.entryCount, NOT_HERE_16].includes(end.readUInt16LE(at))) &&
    [sizeBytes, NOT_HERE_32].includes(end.readUInt32LE(12)) &&
    [start, NOT_HERE_32].includes(end.readUInt32LE(16));
  if (!agree) inspection.fault('its two end records contradict each other');
  return { start, sizeBytes, surplusBytes: recordStart - start - sizeBytes };
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly entry: Entry;
  readonly hasDescriptor: boolean;
}

/** Gathers where the entries of a directory lie, and notes what belongs to none of them. */
export class Layout {
  readonly #spans: Span[] = [];
  #directoryBytes = 0;
  #isWhole = true;

  /** Where the directory's next header begins, from the directory's start. */
  get directoryBytes(): number {
    return this.#directoryBytes;
  }

  /** Counts an entry's header in the directory, before its own header is known. */
  addToDirectory(entry: Entry): void {
    const { fileNameLength, extraFieldLength, fileCommentLength } = entry;
    this.#directoryBytes += DIRECTORY_HEADER_BYTES + fileNameLength + extraFieldLength + fileCommentLength;
  }

  add(name: string, entry: Entry, header: LocalFileHeader): void {
    this.#spans.push({
      name,
      entry,
      start: entry.relativeOffsetOfLocalHeader,
      end: header.fileDataStart + entry.compressedSize,
      hasDescriptor: hasDescriptor(header),
    });
  }

  /** An entry has no header where the directory says: what lies between the others is not known. */
  lacksOne(): void {
    this.#isWhole = false;
  }

  /** Notes every gap and every overlap from the file's first byte to its directory's end. */
  check(reader: ZipReader, directory: Directory, inspection: Inspection): void {
    if (this.#directoryBytes !== directory.sizeBytes) {
      inspection.fault(`its directory has ${directory.sizeBytes} bytes, but its entries take ${this.#directoryBytes}`);
    }
    if (!this.#isWhole) return;
    const spans = this.#spans.sort((a, b) => a.start - b.start || a.end - b.end);
    let position = 0;
    for (const [index, span] of spans.entries()) {
      if (span.start < position) inspection.fault(`${quoted(span.name)} lies within another entry`);
      else noteGap(reader, position, span.start, inspection);
      const next = spans[index + 1]?.start ?? directory.start;
      position = Math.max(position, span.end + descriptorBytes(reader, span, next, inspection));
    }
    if (position > directory.start) inspection.fault('its last entry reaches into its directory');
    else noteGap(reader, position, directory.start, inspection);
  }
}

export function isEncrypted(entry: Entry, header: LocalFileHeader | undefined): boolean {
  return ((entry.generalPurposeBitFlag | (header?.generalPurposeBitFlag ?? 0)) & IS_ENCRYPTED) !== 0;
}

export function hasDescriptor(header: LocalFileHeader): boolean {
  return (header.generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0;
}

/** What an entry's own header says otherwise than the directory, its name apart: `another method`. */
export function differences(entry: Entry, header: LocalFileHeader): string[] {
  const found: string[] = [];
  if (header.compressionMethod !== entry.compressionMethod) found.push('another method');
  const [uncompressed, compressed] = sizesOf(header);
  // Whoever writes a descriptor mostly leaves zeros here.
  const isSame = (given: number, real: number) => given === real || (given === 0 && hasDescriptor(header));
  if (!isSame(uncompressed, entry.uncompressedSize) || !isSame(compressed, entry.compressedSize)) {
    found.push('other sizes');
  }
  if (!isSame(header.crc32, entry.crc32)) found.push('another checksum');
  return found;
}

/** Uncompressed and compressed; each stands in the zip64 field where the header has no room. */
function sizesOf(header: LocalFileHeader): [number, number] {
  const zip64: ExtraField | undefined = parseExtraFields(header.extraField).find(({ id }) => id === 1);
  let at = 0;
  const real = (size: number) => {
    if (size !== NOT_HERE_32 || !zip64 || zip64.data.length < at + 8) return size;
    at += 8;
    return Number(zip64.data.readBigUInt64LE(at - 8));
  };
  return [real(header.uncompressedSize), real(header.compressedSize)];
}

/** The length of the descriptor between an entry's data and the next entry: with or without signature, 32 or 64 bits. */
function descriptorBytes(reader: ZipReader, span: Span, next: number, inspection: Inspection): number {
  if (!span.hasDescriptor) return 0;
  const { crc32, compressedSize, uncompressedSize } = span.entry;
  const found = reader.bytes(span.end, 24);
  const forms = [4, 8].flatMap((width) => {
    const bytes = Buffer.alloc(8 + 2 * width);
    bytes.writeUInt32LE(DESCRIPTOR, 0);
    bytes.writeUInt32LE(crc32, 4);
    for (const [index, size] of [compressedSize, uncompressedSize].entries()) {
      bytes.writeUIntLE(size % 2 ** 32, 8 + index * width, 4);
      if (width === 8) bytes.writeUInt32LE(Math.floor(size / 2 ** 32), 12 + index * width);
    }
    return [bytes, bytes.subarray(4)];
  });
  const fitting = forms.filter((form) => found.subarray(0, form.length).equals(form));
  if (fitting.length === 0) inspection.fault(`${quoted(span.name)} lacks the descriptor that its header announces`);
  const form = fitting.find(({ length }) => span.end + length === next) ?? fitting[0];
  return form?.length ?? 0;
}

/** Notes bytes that belong to no entry; what is an entry to who reads the file from its start is named. */
function noteGap(reader: ZipReader, start: number, end: number, inspection: Inspection): void {
  if (start === end) return;
  const header = reader.bytes(start, Math.min(30 + 1024, end - start));
  if (header.length >= 30 && header.readUInt32LE(0) === LOCAL_HEADER) {
    const name = header.toString('utf8', 30, 30 + header.readUInt16LE(26));
    inspection.fault(`${quoted(name)} is in it, but not in its directory`);
  } else if (start === 0) {
    inspection.fault(`it has ${end} bytes before its first entry, as a self-extracting archive has`);
  } else {
    inspection.fault(`${end - start} bytes at its offset ${start} belong to no entry`);
  }
}
