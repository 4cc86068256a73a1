/** The decoding of response bodies (src/net/decode.ts). */

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../src/net/decode.ts';

const TEXT = '{"healthy":false,"city":"Zürich","mark":"✅"}';
const BODY = Buffer.from(TEXT);
const LIMIT = 64 * 1024;

const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();

describe('a response body is decompressed', () => {
  it.each([
    ['no header', undefined, BODY],
    ['an empty header', '', BODY],
    ['identity', 'identity', BODY],
    ['gzip', 'gzip', gzipSync(BODY)],
    ['x-gzip in another case', 'X-GZip', gzipSync(BODY)],
    ['gzip in two members', 'gzip', Buffer.concat([gzipSync(BODY.subarray(0, 9)), gzipSync(BODY.subarray(9))])],
    ['deflate with the zlib header', 'deflate', deflateSync(BODY)],
    ['deflate without the zlib header', 'deflate', deflateRawSync(BODY)],
    ['br', 'br', brotliCompressSync(BODY)],
    ['two codings, the last one outermost', 'gzip, br', brotliCompressSync(gzipSync(BODY))],
    ['gzip that no header announces', undefined, gzipSync(BODY)],
    ['a coding and identity', 'identity,gzip', gzipSync(BODY)],
  ])('with %s', async (_, header, body) => {
    expect(await decodeBody(body, header, LIMIT)).toBe(TEXT);
  });

  it('an empty body with a content coding is an empty text', async () => {
    expect(await decodeBody(Buffer.alloc(0), 'gzip', LIMIT)).toBe('');
  });
});

describe('a response body is decoded to text', () => {
  it.each([
    ['UTF-8 with a byte-order mark', Buffer.from(`\uFEFF${TEXT}`), undefined],
    ['UTF-16LE with a byte-order mark', utf16le(`\uFEFF${TEXT}`), undefined],
    ['UTF-16BE with a byte-order mark', utf16be(`\uFEFF${TEXT}`), undefined],
    ['UTF-16LE without one', utf16le(TEXT), undefined],
    ['UTF-16BE without one', utf16be(TEXT), undefined],
    ['compressed UTF-16BE with a byte-order mark', gzipSync(utf16be(`\uFEFF${TEXT}`)), 'gzip'],
    ['compressed UTF-8 with a byte-order mark', brotliCompressSync(Buffer.from(`\uFEFF${TEXT}`)), 'br'],
  ])('%s', async (_, body, header) => {
    expect(await decodeBody(body, header, LIMIT)).toBe(TEXT);
  });

  it('a byte that is not UTF-8 is replaced, and the rest is decoded', async () => {
    expect(await decodeBody(Buffer.from([0x7b, 0xfc, 0x7d]), undefined, LIMIT)).toBe('{\uFFFD}');
  });
});

describe('a response body over the limit is a RangeError', () => {
  const bomb = Buffer.alloc(LIMIT + 1, 0x20);
  it.each([
    ['plain', undefined, bomb],
    ['gzip', 'gzip', gzipSync(bomb)],
    ['gzip of many members', 'gzip', Buffer.concat([gzipSync(bomb.subarray(0, LIMIT)), gzipSync(bomb)])],
    ['deflate', 'deflate', deflateSync(bomb)],
    ['bare deflate', 'deflate', deflateRawSync(bomb)],
    ['br', 'br', brotliCompressSync(bomb)],
    ['a bomb within gzip', 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(64 * LIMIT)))],
  ])('%s', async (_, header, body) => {
    await expect(decodeBody(body, header, LIMIT)).rejects.toThrow(new RangeError(`larger than ${LIMIT} bytes`));
  });

  it('a response body of exactly the limit is decoded', async () => {
    expect(await decodeBody(gzipSync(bomb.subarray(1)), 'gzip', LIMIT)).toHaveLength(LIMIT);
  });
});

describe('a response body that cannot be decompressed is an Error', () => {
  const named = (error: unknown) => [(error as Error).name, (error as Error).message];
  it.each([
    ['cut gzip', 'gzip', gzipSync(BODY).subarray(0, -9)],
    ['gzip that is plain text', 'gzip', BODY],
    ['cut br', 'br', brotliCompressSync(BODY).subarray(0, -3)],
    ['deflate that is plain text', 'deflate', BODY],
  ])('%s', async (_, header, body) => {
    expect(await decodeBody(body, header, LIMIT).catch(named)).toEqual([
      'Error',
      'compressed, and the compressed data is damaged or cut',
    ]);
  });

  it.each(['zstd', 'constructor', 'gzip,gzip,gzip,gzip,gzip'])('with the unsupported coding %s', async (header) => {
    expect(await decodeBody(BODY, header, LIMIT).catch(named)).toEqual([
      'Error',
      'compressed in a way that is not supported',
    ]);
  });
});
