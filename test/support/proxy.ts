/**
 * A proxy that records what passes and maps names to servers on loopback, which clients never proxy by themselves; and
 * a private CA, with a TLS front for each name.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

export interface TestProxy {
  /** With its credentials. */
  readonly url: string;
  /** The CA's certificate, for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string;
  /** Each CONNECT that was let through, `portal.test:443`. */
  readonly passed: string[];
  /** CONNECTs without the right credentials. */
  refused: number;
  close(): Promise<void>;
}

/** `names`: name -> the address of a plain HTTP server on loopback, which is served as `https://name` behind it. */
export async function startProxy(
  names: Readonly<Record<string, string>>,
  user: string,
  password: string,
): Promise<TestProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  const certificate = makeCertificate(folder, Object.keys(names));
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const listen = async (server: Server) => {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const fronts = new Map<string, number>();
  for (const [name, address] of Object.entries(names)) {
    const front = createTlsServer(certificate, (socket) =>
      joinSockets(socket, connect(Number(new URL(address).port), '127.0.0.1')),
    );
    fronts.set(`${name}:443`, await listen(front));
  }
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const passed: string[] = [];
  const state = { refused: 0 };
  const server = createServer().on('connect', (request, socket: Socket) => {
    const port = fronts.get(request.url ?? '');
    if (request.headers['proxy-authorization'] !== expected || port === undefined) {
      state.refused++;
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    passed.push(request.url ?? '');
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    joinSockets(socket, connect(port, '127.0.0.1'));
  });
  const port = await listen(server);
  return Object.assign(state, {
    url: `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    caFile: join(folder, 'ca.pem'),
    passed,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((each) => new Promise((resolve) => each.close(resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.pipe(to);
  }
}

/** A CA, and a certificate of it for the names. */
function makeCertificate(folder: string, names: readonly string[]): { key: string; cert: string } {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const openssl = (...args: string[]) => execFileSync('openssl', [...request, ...args], { cwd: folder, stdio: 'pipe' });
  openssl('-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Private CA');
  const subject = [
    '-subj',
    '/CN=loopback',
    '-addext',
    `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
  ];
  openssl('-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'own.key', '-out', 'own.pem', ...subject);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { key: read('own.key'), cert: read('own.pem') };
}
