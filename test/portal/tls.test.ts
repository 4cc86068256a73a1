/** A write whose TLS connection breaks before its response. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createTransport } from '../../src/portal/transport.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace } from '../support/in-process.ts';

test('whether a write took effect is unknown where its TLS connection breaks before the response', async () => {
  const place = newPlace();
  const [key, cert] = [join(place.temp, 'key.pem'), join(place.temp, 'cert.pem')];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  let raw: Duplex | undefined;
  let taken = 0;
  const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, () => {
    taken++;
    raw?.write('this is no TLS record');
  });
  server.on('connection', (socket) => {
    raw = socket;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const transport = createTransport({ hosts: [], clock: fakeClock(), signal: new AbortController().signal });
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/online`);
  const request = { label: 'goOnline', access: 'write', patience: 'once', method: 'POST', url, headers: {} } as const;
  const error = await transport.send(request).catch((thrown) => thrown);
  transport.close();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  place.close();
  expect(taken).toBe(1);
  expect(error).toMatchObject({ code: 'portal-unreachable', effect: 'unknown' });
});
