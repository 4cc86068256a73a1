/** The canary's health check (src/drive/health.ts) against a server on loopback. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHealthCheck, type Health, type HealthCheckOptions } from '../../src/drive/health.ts';
import { Cancelled } from '../../src/lib/errors.ts';
import { parseConditions } from '../../src/release/health-conditions.ts';

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
  test('that says "healthy": false is bad', async () => {
    expect(await healthOf(form(NO))).toEqual({ verdict: 'bad', why: 'healthy is false' });
  });
  test('that says "healthy": true is good', async () => {
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

test('a cancelled run ends the request of the health check', async () => {
  const cancelled = await check({ signal: AbortSignal.abort() });
  await expect(cancelled(MOMENT)).rejects.toBeInstanceOf(Cancelled);
});

describe('with conditions', () => {
  const { conditions } = parseConditions('data.result.0.value.1 < 0.01\nstatus == success');
  const of = (value: string) => `{"status":"success","data":{"result":[{"value":[1.5,${value}]}]}}`;
  const healthBy = async (response: Said, options: Partial<HealthCheckOptions> = {}) => {
    said = response;
    return (await check({ conditions, ...options }))(MOMENT);
  };

  test.each(Object.entries(FORMS))('a response sent as %s is read', async (_, form) => {
    expect(await healthBy(form(of('"0.004"')))).toMatchObject({
      verdict: 'good',
      why: 'data.result.0.value.1 < 0.01 (0.004); status == success (success)',
    });
    expect(await healthBy(form(of('"0.04"')))).toMatchObject({ verdict: 'bad' });
  });

  test.each<[string, Said, Health['verdict'], string]>([
    ['no value', { body: '{"status":"success","data":{"result":[]}}' }, 'no data', '(absent)'],
    ['NaN as Prometheus writes it', { body: of('"NaN"') }, 'no data', '(NaN)'],
    ['NaN as Python writes it', { body: of('NaN') }, 'no data', '(NaN)'],
    ['Infinity as Python writes it', { body: of('Infinity') }, 'bad', '(Infinity)'],
    ['null', { body: of('null') }, 'no data', '(null)'],
    ['an empty object', { body: '{}' }, 'no data', '(absent)'],
    ['nothing', { body: '' }, 'no data', 'the response is empty'],
    ['nothing, as 204', { status: 204, type: '' }, 'no data', 'the response is empty'],
    ['healthy: false, of which no condition speaks', { body: of('0').replace('{', '{"healthy":false,') }, 'good', ''],
    ['a status that is not 2xx', { status: 422, body: of('0') }, 'bad', 'HTTP 422'],
    ['a redirect', { status: 302, body: of('0') }, 'bad', 'HTTP 302'],
    ['a page', { type: 'text/html', body: '<html>' }, 'bad', 'the response is not JSON'],
    ['cut JSON', { body: of('0').slice(0, -1) }, 'bad', 'the response is not JSON'],
    ['JSON that is nested without end', { body: '['.repeat(60_000) }, 'bad', 'nested deeper than 64 levels'],
    ['deep JSON', { body: '['.repeat(200) + ']'.repeat(200) }, 'bad', 'nested deeper than 64 levels'],
    ['quotes and backslashes without end', { body: '"\\'.repeat(32_000) }, 'bad', 'the response is not JSON'],
    [
      'names of numbers inside of texts',
      { body: of('"0"').replace('success', 'NaN -Infinity') },
      'bad',
      '(NaN -Infinity)',
    ],
    ['too much', { body: WITH_A_LIMIT }, 'bad', 'no response: more than 65536 bytes'],
  ])('%s', async (_, response, verdict, why) => {
    const health = await healthBy(response);
    expect(health).toMatchObject({ verdict, why: expect.stringContaining(why) });
  });

  test('the value is shown as untrusted text, on one line and bounded', async () => {
    const show = (text: string) => text.replaceAll('secret', '***');
    const body = JSON.stringify({ status: `\n::error::secret\u001b[31m${'x'.repeat(500)}`, data: {} });
    const { why } = await healthBy({ body }, { show });
    expect(why).toContain('(::error::***');
    expect(why.length).toBeLessThan(250);
    expect(why).not.toMatch(/[\n\u001b]/);
  });

  test('the value that each condition found is reported', async () => {
    expect((await healthBy({ body: of('"0"') })).judged).toEqual([
      { verdict: 'good', value: '0' },
      { verdict: 'good', value: 'success' },
    ]);
  });
});

describe('the request', () => {
  test('fills the placeholders and sends the token', async () => {
    said = { body: YES };
    const template = `${url.origin}/a/{version}?app={target-app}&id={miniapp-id}&at={ratio}&since={since}`;
    await (await check({ template, token: 'abc.DEF' }))(MOMENT);
    const request = seen.at(-1);
    expect(request?.url).toBe('/a/1.1.0?app=GOPAY&id=2088&at=5&since=1800000000');
    expect(request?.headers.authorization).toBe('Bearer abc.DEF');
    await (await check())(MOMENT);
    expect(seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  test('a redirect gets no second request, and so no token', async () => {
    said = { status: 302 };
    const before = seen.length;
    await (await check({ token: 'abc' }))(MOMENT);
    expect(seen).toHaveLength(before + 1);
  });
});
