/** Stands before a portal and records what passes as a HAR, as a browser's network panel would. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorder {
  readonly url: string;
  har(): Har;
  close(): Promise<void>;
}

export interface Har {
  log: { version: string; creator: { name: string; version: string }; entries: HarEntry[] };
}

export interface HarEntry {
  startedDateTime: string;
  request: {
    method: string;
    url: string;
    headers: { name: string; value: string }[];
    postData?: { mimeType: string; text: string };
  };
  response: {
    status: number;
    headers: { name: string; value: string }[];
    content: { mimeType: string; text: string };
  };
}

export async function startRecorder(upstream: string): Promise<Recorder> {
  const entries: HarEntry[] = [];
  const server = createServer(async (req, res) => {
    const startedDateTime = new Date().toISOString();
    const body = await readAll(req);
    const { host: _, connection: __, ...headers } = req.headers;
    const answer = await fetch(new URL(req.url ?? '/', upstream), {
      method: req.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    const cookies = answer.headers.getSetCookie();
    entries.push({
      startedDateTime,
      request: {
        method: req.method ?? '',
        url: new URL(req.url ?? '/', `http://${req.headers.host}`).href,
        headers: Object.entries(headers).map(([name, value]) => ({ name, value: String(value) })),
        ...(body.length > 0 && {
          postData: { mimeType: String(headers['content-type']), text: body.toString('latin1') },
        }),
      },
      response: {
        status: answer.status,
        headers: cookies.map((value) => ({ name: 'set-cookie', value })),
        content: { mimeType: type, text },
      },
    });
    res.writeHead(answer.status, { 'content-type': type, ...(cookies.length > 0 && { 'set-cookie': cookies }) });
    res.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    har: () => ({ log: { version: '1.2', creator: { name: 'recorder', version: '1' }, entries } }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
