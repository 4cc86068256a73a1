/**
 * The records of a ZIP that we write. Offsets of fields are those of APPNOTE.TXT 4.3
 * (pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). Whatever of an entry could differ from machine to machine is
 * fixed: its time, its mode and the tool's version. The limits in `inspection.ts` keep each number within the 16 or 32 bits that
 * the records have for it.
 */

/** What a ZIP says of a file in it. */
export interface ZipEntry {
  /** In UTF-8. */
  readonly name: Buffer;
  /** Of its compression; 0 where it is stored. */
  readonly level: number;
  /** Its checksum and sizes are known only after its content has been written, and follow it there. */
  readonly isStreamed: boolean;
  /** Where its header begins in the ZIP. */
  readonly start: number;
  readonly sizeBytes: number;
  packedBytes: number;
  crc32: number;
}

const VERSION_NEEDED = 20;
/** By a tool for Unix, which knows version 6.3 of the format. */
const MADE_BY = (3 << 8) | 63;
const HAS_DESCRIPTOR = 0x08;
const NAME_IS_UTF8 = 0x800;
/** 1 January 1980, the format's earliest date. */
const DATE = (1 << 5) | 1;
/** A regular file that its owner may write and all may read. */
const MODE = 0o100644;

/** The header in front of an entry's content. */
export function localHeader(entry: ZipEntry): Buffer {
  const header = Buffer.alloc(30 + entry.name.length);
  header.writeUInt32LE(0x04034b50, 0);
  const isKnown = !entry.isStreamed;
  writeCommon(header, 4, entry, isKnown ? entry : { crc32: 0, packedBytes: 0, sizeBytes: 0 });
  entry.name.copy(header, 30);
  return header;
}

/** What follows the content of a streamed entry. */
export function descriptor({ crc32, packedBytes, sizeBytes }: ZipEntry): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc32, 4);
  record.writeUInt32LE(packedBytes, 8);
  record.writeUInt32LE(sizeBytes, 12);
  return record;
}

/** The directory behind all entries, and the record at the end of the ZIP. */
export function directory(entries: readonly ZipEntry[], start: number): Buffer {
  const headers = entries.map(directoryHeader);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    headers.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(start, 16);
  return Buffer.concat([...headers, end]);
}

function directoryHeader(entry: ZipEntry): Buffer {
  const header = Buffer.alloc(46 + entry.name.length);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY, 4);
  writeCommon(header, 6, entry, entry);
  header.writeUInt32LE((MODE << 16) >>> 0, 38);
  header.writeUInt32LE(entry.start, 42);
  entry.name.copy(header, 46);
  return header;
}

/** The 26 bytes that both headers of an entry have in common. */
function writeCommon(
  header: Buffer,
  at: number,
  { name, level, isStreamed }: ZipEntry,
  known: Pick<ZipEntry, 'crc32' | 'packedBytes' | 'sizeBytes'>,
): void {
  header.writeUInt16LE(VERSION_NEEDED, at);
  header.writeUInt16LE(NAME_IS_UTF8 | (isStreamed ? HAS_DESCRIPTOR : 0), at + 2);
  header.writeUInt16LE(level === 0 ? 0 : 8, at + 4);
  header.writeUInt16LE(DATE, at + 8);
  header.writeUInt32LE(known.crc32, at + 10);
  header.writeUInt32LE(known.packedBytes, at + 14);
  header.writeUInt32LE(known.sizeBytes, at + 18);
  header.writeUInt16LE(name.length, at + 22);
}
