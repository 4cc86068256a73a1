/** Reads the private copy synchronously, through a few pages: thousands of small reads cost a few large ones. */

import { readSync } from 'node:fs';
import { Readable } from 'node:stream';

import { RandomAccessReader } from 'yauzl';

const PAGE_BYTES = 64 * 1024;
/** The directory is read beside the entries, and either may lie across the end of a page. */
const MAX_PAGES = 4;

/** For yauzl and for our own checks. The descriptor stays the caller's. */
export class ZipReader extends RandomAccessReader {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  readonly #pages = new Map<number, Buffer>();

  constructor(descriptor: number, sizeBytes: number) {
    super();
    this.#descriptor = descriptor;
    this.sizeBytes = sizeBytes;
  }

  /** At most `length` bytes; fewer at the file's end, and none before its start. */
  bytes(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.sizeBytes);
    if (position < 0 || end <= position) return Buffer.alloc(0);
    const page = Math.floor(position / PAGE_BYTES);
    const isOnOnePage = end <= (page + 1) * PAGE_BYTES;
    if (!isOnOnePage) return this.#read(position, end - position);
    return this.#page(page).subarray(position - page * PAGE_BYTES, end - page * PAGE_BYTES);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    let bytesRead: number;
    try {
      bytesRead = this.bytes(position, length).copy(buffer, offset);
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null, bytesRead);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  *#range(start: number, end: number): Generator<Buffer> {
    for (let position = start; position < end; position += PAGE_BYTES) {
      yield this.#read(position, Math.min(PAGE_BYTES, end - position));
    }
  }

  #page(index: number): Buffer {
    const known = this.#pages.get(index);
    if (known) return known;
    const [oldest] = this.#pages.keys();
    if (oldest !== undefined && this.#pages.size === MAX_PAGES) this.#pages.delete(oldest);
    const page = this.#read(index * PAGE_BYTES, PAGE_BYTES);
    this.#pages.set(index, page);
    return page;
  }

  #read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let bytesRead = 0;
    for (let more = 1; more > 0 && bytesRead < length; bytesRead += more) {
      more = readSync(this.#descriptor, buffer, bytesRead, length - bytesRead, position + bytesRead);
    }
    return buffer.subarray(0, bytesRead);
  }
}
