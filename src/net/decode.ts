/** The bytes of a response body -> its text: content codings undone, byte-order marks read and removed. */

import type { ZlibOptions } from 'node:zlib';

/** Loaded at the first compressed response: the action requests none, and the module takes a tenth of a cold start. */
type Zlib = typeof import('node:zlib');
type Decoder = (zlib: Zlib, body: Buffer, options: ZlibOptions) => Buffer;

/** The content codings of RFC 9110, 8.4.1. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // Some servers send the bare stream without the zlib header that the RFC requires.
  deflate: (zlib, body, options) =>
    hasZlibHeader(body) ? zlib.inflateSync(body, options) : zlib.inflateRawSync(body, options),
  br: (zlib, body, options) => zlib.brotliDecompressSync(body, options),
};

function gunzip(zlib: Zlib, body: Buffer, options: ZlibOptions): Buffer {
  return zlib.gunzipSync(body, options);
}

/** Two are rare already. Each layer costs up to `maxBytes` of work, so a header must not name hundreds. */
const MAX_CODINGS = 4;

/**
 * The text of a response body. `encodingHeader` is the Content-Encoding; the body is decompressed to at most `maxBytes`
 * in each step. UTF-8, and UTF-16 by its byte-order mark or by the NUL beside its first character (RFC 4627, 3).
 * @throws {RangeError} where the body is larger than `maxBytes`; {Error} where it cannot be decompressed. Both messages
 *   complete the sentence "The response is ...".
 */
export async function decodeBody(body: Buffer, encodingHeader: string | undefined, maxBytes: number): Promise<string> {
  const codings = codingsOf(encodingHeader);
  // Some servers send a file that is gzip and do not say so. No text begins with these bytes.
  const isGzip = codings.length === 0 && body[0] === 0x1f && body[1] === 0x8b;
  const bytes = await decompress(body, isGzip ? ['gzip'] : codings, maxBytes);
  return new TextDecoder(charsetOf(bytes)).decode(bytes);
}

/** In the order in which they were applied. */
function codingsOf(header = ''): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

async function decompress(body: Buffer, codings: readonly string[], maxBytes: number): Promise<Buffer> {
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  const coding = codings.at(-1);
  // Also HEAD, 204 and 304 name the coding of a body that they do not have.
  if (coding === undefined || body.length === 0) return body;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!decoder || codings.length > MAX_CODINGS) throw new Error('compressed in a way that is not supported');
  const zlib = await import('node:zlib');
  return decompress(run(decoder, zlib, body, maxBytes), codings.slice(0, -1), maxBytes);
}

function run(decoder: Decoder, zlib: Zlib, body: Buffer, maxBytes: number): Buffer {
  try {
    return decoder(zlib, body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(maxBytes);
    throw new Error('compressed, and the compressed data is damaged or cut', { cause });
  }
}

function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`larger than ${maxBytes} bytes`);
}

/** RFC 1950, 2.2: method 8, and both bytes together a multiple of 31. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

/** TextDecoder removes the byte-order mark itself. */
function charsetOf(text: Buffer): string {
  const [first, second] = text;
  if ((first === 0xff && second === 0xfe) || (first && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second)) return 'utf-16be';
  return 'utf-8';
}
