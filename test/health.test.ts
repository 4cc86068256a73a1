/** The canary's health check (src/health.ts) against a server on loopback. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cancelled } from '../src/errors.ts';
import { createHealthCheck, type HealthCheckOptions } from '../src/health.ts';

interface Said {
  readonly status?: number;
  readonly type?: string;
  readonly encoding?: string;
  readonly body?: string | Buffer;
  /** The connection breaks after the body. */
  readonly breaks?: boolean;
}

let said: Said = {};
const seen: http.IncomingMessage[] = [];
const server = http.createServer((request, response) => {
  seen.push(request);
  const { status = 200, type = 'application/json', encoding, body = '', breaks } = said;
  response.writeHead(status, {
    ...(type && { 'content-type': type }),
    ...(encoding && { 'content-encoding': encoding }),
    ...(breaks && { 'content-length': 1_000_000 }),
    ...(status === 302 && { location: '/elsewhere' }),
  });
  if (breaks) response.write(body, () => response.destroy());
  else response.end(body);
});
let url: URL;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function healthOf(response: Said) {
  said = response;
  return (await check())(MOMENT);
}

const MOMENT = { ratioPercent: 5, sinceMs: 1_800_000_000_999 };

function check(options: Partial<HealthCheckOptions> = {}) {
  return createHealthCheck({
    template: url.href,
    miniappId: '2088',
    targetApp: 'GOPAY',
    version: '1.1.0',
    conditions: [],
    signal: new AbortController().signal,
    show: String,
    ...options,
  });
}

const NO = '{"healthy": false}';
const YES = '{"healthy": true}';
const utf16le = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();

const FORMS: Record<string, (text: string) => Said> = {
  plain: (body) => ({ body }),
  'plain, without a content type': (body) => ({ body, type: '' }),
  gzip: (body) => ({ encoding: 'gzip', body: gzipSync(body) }),
  'gzip that no header announces': (body) => ({ type: 'application/octet-stream', body: gzipSync(body) }),
  deflate: (body) => ({ encoding: 'deflate', body: deflateSync(body) }),
  br: (body) => ({ encoding: 'br', body: brotliCompressSync(body) }),
  'a byte-order mark': (body) => ({ body: `\uFEFF${body}` }),
  'UTF-16LE': (body) => ({ type: 'application/json; charset=utf-16', body: utf16le(body) }),
  'UTF-16BE, compressed': (body) => ({ encoding: 'gzip', body: gzipSync(utf16be(body)) }),
};

describe.each(Object.entries(FORMS))('a response sent as %s', (_, form) => {
  test('that says no is bad', async () => {
    expect(await healthOf(form(NO))).toEqual({ verdict: 'bad', why: 'healthy is false' });
  });
  test('that says yes is good', async () => {
    expect(await healthOf(form(YES))).toEqual({ verdict: 'good', why: 'HTTP 200' });
  });
});

const WITH_A_LIMIT = Buffer.alloc(64 * 1024 + 1, ' ');
const BAD: Record<string, [Said, string]> = {
  'a status that is not 2xx': [{ status: 503, body: YES }, 'HTTP 503'],
  'a redirect, which is not followed': [{ status: 302, body: YES }, 'HTTP 302'],
  'no in an envelope': [{ body: '{"success":true,"data":{"healthy":false}}' }, 'healthy is false'],
  'no as text': [{ body: '{"healthy":"false"}' }, 'healthy is neither true nor false'],
  'no as a number': [{ body: '{"healthy":0}' }, 'healthy is neither true nor false'],
  'an unknown healthy': [{ body: '{"healthy":null}' }, 'healthy is neither true nor false'],
  'JSON in an array': [{ body: `[${NO}]` }, 'the JSON is not an object'],
  'yes in an array': [{ body: `[${YES}]` }, 'the JSON is not an object'],
  'JSON that is a text': [{ body: '"UP"' }, 'the JSON is not an object'],
  'JSON that is null': [{ body: 'null' }, 'the JSON is not an object'],
  'cut JSON': [{ body: '{"healthy": tr' }, 'the JSON is cut or malformed'],
  'cut JSON that is sent as text': [{ type: 'text/plain', body: '\n {"healthy": tr' }, 'the JSON is cut or malformed'],
  'a cut array that is sent as nothing': [{ type: '', body: '[{"healthy"' }, 'the JSON is cut or malformed'],
  'two JSON documents': [{ body: `${YES}${NO}` }, 'the JSON is cut or malformed'],
  'a page where JSON was announced': [{ body: '<html>' }, 'the JSON is cut or malformed'],
  'a problem document that is none': [{ type: 'application/problem+json', body: 'x' }, 'the JSON is cut or malformed'],
  'nothing where JSON was announced': [{ body: '' }, 'the JSON is cut or malformed'],
  'cut UTF-16': [{ type: 'text/plain', body: utf16be(NO).subarray(0, 20) }, 'the JSON is cut or malformed'],
  'JSON that is nested without end': [
    { body: '['.repeat(60_000) + ']'.repeat(60_000 / 12) },
    'the JSON is cut or malformed',
  ],
  'damaged gzip': [
    { encoding: 'gzip', body: gzipSync(YES).subarray(0, -4) },
    'the response is compressed, and the compressed data is damaged or cut',
  ],
  'an unknown coding': [{ encoding: 'zstd', body: YES }, 'the response is compressed in a way that is not supported'],
  'too much': [{ type: 'text/plain', body: WITH_A_LIMIT }, 'no response: more than 65536 bytes'],
  'a gzip bomb': [{ encoding: 'gzip', body: gzipSync(WITH_A_LIMIT) }, 'the response is larger than 65536 bytes'],
  'a gzip bomb of 50 MiB': [
    { encoding: 'gzip', body: gzipSync(Buffer.alloc(50 << 20)) },
    'the response is larger than 65536 bytes',
  ],
  'a br bomb': [{ encoding: 'br', body: brotliCompressSync(WITH_A_LIMIT) }, 'the response is larger than 65536 bytes'],
};

test.each(Object.entries(BAD))('%s is bad', async (_, [response, why]) => {
  expect(await healthOf(response)).toEqual({ verdict: 'bad', why });
});

test('a connection that breaks, and one that is refused, is bad', async () => {
  expect(await healthOf({ body: YES, breaks: true })).toEqual({
    verdict: 'bad',
    why: expect.stringMatching(/^no response: /),
  });
  const nobody = await check({ template: 'http://127.0.0.1:9/' });
  expect(await nobody(MOMENT)).toEqual({
    verdict: 'bad',
    why: expect.stringContaining('no response: connect ECONNREFUSED'),
  });
});

test.each<[string, Said]>([
  ['an object that says nothing of healthy', { body: '{"status":"UP"}' }],
  ['yes, though a part of it is not', { body: '{"healthy":true,"parts":[{"healthy":false}]}' }],
  ['plain text', { type: 'text/plain', body: 'OK' }],
  ['a page', { type: 'text/html', body: '<!doctype html>' }],
  ['nothing at all', { status: 204, type: '' }],
])('%s is good', async (_, response) => {
  expect(await healthOf(response)).toMatchObject({ verdict: 'good' });
});

test('a cancelled run ends the question', async () => {
  const cancelled = await check({ signal: AbortSignal.abort() });
  await expect(cancelled(MOMENT)).rejects.toBeInstanceOf(Cancelled);
});
