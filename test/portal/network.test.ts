/** Promise 4 and 7: where requests go, and what is said of those that do not arrive. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpPortal } from '../../src/portal/calls.ts';
import { defaultProfile, type Profile } from '../../src/portal/profile/profile.ts';
import { createTransport } from '../../src/portal/transport.ts';
import { runStep } from '../support/action.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { COOKIE, startPortal } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

let place: Place;
const closers: (() => unknown)[] = [];
beforeAll(() => {
  place = newPlace();
});
afterAll(async () => {
  for (const close of closers) await close();
  place.close();
});

/** A server that keeps what it was asked, and answers as told. */
async function recorder(answer: (response: http.ServerResponse) => void) {
  const seen: { url: string; headers: http.IncomingHttpHeaders }[] = [];
  const server = http.createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    answer(response);
  });
  // A request through a proxy to an https address is a CONNECT.
  server.on('connect', (request, socket) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    socket.end('HTTP/1.1 502 no\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const INPUTS = { stage: 'status', version: '1.0.0', 'miniapp-id': '1', 'space-id': '2', 'target-app': 'G' };

describe('untrusted hosts', () => {
  const SPELLINGS = [
    'https://miniapp.midtrans.com.evil.example',
    'https://miniapp.midtrans.com@evil.example',
    'https://evil.example/https://miniapp.midtrans.com',
    'https://evil.example#miniapp.midtrans.com',
    'https://evil.example\\@miniapp.midtrans.com',
    'https:\\\\evil.example',
    'https://miniapp.midtrans.com:443@evil.example',
    'https://xminiapp.midtrans.com',
    'https://evil.miniapp.midtrans.com',
    'https://miniapp.midtrans.com.',
    'https://miniapp.midtrans.com:8443.evil.example',
    'https://miniapp.midtrans.com%2eevil.example',
    'http://miniapp.midtrans.com',
    'http://127.evil.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://[::ffff:10.0.0.1]',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://user:pass@127.0.0.1',
    '//evil.example',
    'ftp://127.0.0.1',
    'javascript:alert(1)',
    'https://miniapp.midtrаns.com', // a Cyrillic letter
  ];
  test('in portal-url: each is refused before anything is sent', async () => {
    for (const url of SPELLINGS) {
      const clock = fakeClock();
      const inputs = { ...INPUTS, 'portal-url': url, 'portal-session': COOKIE };
      const { report, log } = await runInProcess(inputs, { clock, place });
      expect(report.error?.code, `${url}\n${log}`).toBe('input-invalid');
      expect(report.operations, url).toEqual([]);
    }
  });

  const PLACES: readonly [string, Partial<Profile>][] = [
    ...[
      '//evil.example',
      '/\\evil.example',
      '@evil.example',
      '.evil.example',
      '\\\\evil.example/x',
      'https://evil.example',
    ].map((basePath) => [`base path ${basePath}`, { basePath }] as [string, Partial<Profile>]),
    ...['//evil.example/x', '/../../../x', '/..%2f..%2fx/../..', '\\..\\..\\x'].map((path) => {
      const operations = {
        ...defaultProfile.operations,
        listReleases: { ...defaultProfile.operations.listReleases, path },
      };
      return [`path ${path}`, { operations } as Partial<Profile>] as [string, Partial<Profile>];
    }),
  ];
  test.each(PLACES)('in a profile: %s leads nowhere else', async (_, change) => {
    const { seen, url } = await recorder((response) => response.end('{"success":true,"data":{"list":[]}}'));
    const portal = portalAt(new URL(url), { ...defaultProfile, ...change }, '2088');
    await portal.listReleases(1, 'once').catch(() => {});
    for (const request of seen) {
      expect(request.headers.host).toBe(new URL(url).host);
      expect(request.url.startsWith(change.basePath ?? defaultProfile.basePath)).toBe(true);
    }
  });

  test.each(['../../x', '//evil.example', '@evil.example', '..', '%2e%2e/%2e%2e', '\\evil', '?a=b#c'])(
    'in a placeholder: %s stays one segment',
    async (appId) => {
      const { seen, url } = await recorder((response) => response.end('{"success":true,"data":{"list":[]}}'));
      const listReleases = { ...defaultProfile.operations.listReleases, path: '/apps/{appId}/releases', query: {} };
      const operations = { ...defaultProfile.operations, listReleases } as Profile['operations'];
      await portalAt(new URL(url), { ...defaultProfile, operations }, appId)
        .listReleases(1, 'once')
        .catch(() => {});
      for (const request of seen) {
        expect(request.url).toMatch(/^\/rest\/intercnn\/apps\/[^/?#\\]+\/releases$/);
      }
    },
  );

  test('a transport sends nothing to a host that was not named, behind a proxy that would take it', async () => {
    const proxy = await recorder((response) => response.end('{}'));
    const env = { https_proxy: proxy.url, http_proxy: proxy.url };
    const named = { ...INPUTS, 'portal-url': 'https://portal.example', 'portal-session': COOKIE };
    const refused = await runStep(named, { env });
    expect(refused.outputs['error-code'], refused.log).toBe('input-invalid');
    expect(proxy.seen).toEqual([]);
  });
});

function portalAt(origin: URL, profile: Profile, miniappId: string) {
  const clock = fakeClock();
  const { signal } = new AbortController();
  const transport = createTransport({ hosts: [], clock, signal });
  closers.push(() => transport.close());
  return createHttpPortal({
    profile,
    transport,
    origin,
    miniappId,
    spaceId: '2',
    targetApp: 'G',
    credentials: { session: COOKIE },
    userAgent: 'test',
    clock,
    signal,
    show: (text) => text,
    onCall: () => {},
    onCredential: () => {},
    sandbox: false,
  });
}

test.each([301, 302, 303, 307, 308])(
  'a redirect %i is not followed: the other listener hears nothing',
  async (status) => {
    const other = await recorder((response) => response.end('{"success":true,"data":{"list":[]}}'));
    const portal = await recorder((response) => response.writeHead(status, { location: `${other.url}/taken` }).end());
    const inputs = { ...INPUTS, stage: 'release', 'portal-url': portal.url, 'portal-session': COOKIE };
    const { report } = await runInProcess(inputs, { clock: fakeClock(), place });
    expect(report.error).toMatchObject({ code: 'portal-unexpected' });
    expect(report.error?.found).toContain(`answered ${status}, a redirect; none is followed`);
    expect(portal.seen).toHaveLength(1);
    expect(other.seen).toEqual([]);
  },
);

describe('certificates', () => {
  async function tlsPortal(subject: string, days = '2') {
    const [key, cert] = [join(place.temp, `${subject}.key`), join(place.temp, `${subject}.pem`)];
    const openssl = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      days,
    ];
    const name = ['-subj', `/CN=${subject}`, '-addext', `subjectAltName=DNS:${subject}`];
    execFileSync('openssl', [...openssl, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end('{"success":true,"data":{"list":[]}}'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return { url: `https://localhost:${(server.address() as AddressInfo).port}`, cert };
  }

  test('one that nobody vouches for is named as such, at once; with its CA it is taken', async () => {
    const { url, cert } = await tlsPortal('localhost');
    const inputs = { ...INPUTS, 'portal-url': url, 'portal-session': COOKIE };
    const clock = fakeClock();
    const { report } = await runInProcess(inputs, { clock, place });
    expect(report.error).toMatchObject({ code: 'portal-unreachable' });
    expect(report.error?.found).toMatch(
      /the certificate of localhost:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
    expect(report.error?.todo).toContain('NODE_EXTRA_CA_CERTS');
    expect(clock.sleeps).toEqual([]);
    const trusted = await runStep(inputs, { env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(trusted.outputs, trusted.log).toMatchObject({ verdict: 'unchanged' });
  });

  test('one of another host is named as such, though its CA is known', async () => {
    const { url, cert } = await tlsPortal('portal.example');
    const inputs = { ...INPUTS, 'portal-url': url, 'portal-session': COOKIE };
    const step = await runStep(inputs, { env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(step.outputs.reason).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(step.outputs['error-code']).toBe('portal-unreachable');
  });

  test('a portal without TLS is said to be that', async () => {
    const { url } = await recorder((response) => response.end());
    const inputs = { ...INPUTS, 'portal-url': url.replace('http:', 'https:'), 'portal-session': COOKIE };
    const { report } = await runInProcess(inputs, { clock: fakeClock(), place });
    expect(report.error?.found).toMatch(/no TLS connection to 127\.0\.0\.1:\d+/);
  });
});

test('a run without a fault sends the cookie to the portal alone', async () => {
  const portal = await startPortal({ seed: { versions: ['1.0.0'] } });
  closers.push(portal.close);
  const { report } = await runInProcess({ ...portal.inputs, stage: 'status' }, { clock: fakeClock(), place });
  expect(report.verdict).toBe('unchanged');
});
