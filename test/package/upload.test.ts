/** What a step says of the package that it uploads, or does not: its sum, its size, and what was left in it. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Job, newJob } from '../support/action.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal } from '../support/portal.ts';
import { type Reply, startWire } from '../support/wire.ts';

let job: Job;
let portal: TestPortal;

beforeEach(async () => {
  job = newJob();
  portal = await startPortal({ seed: { versions: ['1.0.0'], live: '1.0.0' } });
  put('index.html', '<!doctype html>');
});

afterEach(async () => {
  await portal.close();
  job.close();
});

function put(name: string, content: string | Buffer): void {
  mkdirSync(join(job.workspace, 'dist'), { recursive: true });
  writeFileSync(join(job.workspace, 'dist', name), content);
}

function upload(inputs: Readonly<Record<string, string>>, url = portal.url) {
  const all = { ...portal.inputs, stage: 'upload', package: 'dist', version: '1.1.0', 'portal-url': url, ...inputs };
  return runInProcess(all, { place: job });
}

describe('package-sha256', () => {
  test('is that of the bytes that the portal got', async () => {
    const { outputs, report } = await upload({});
    expect(outputs['verdict']).toBe('succeeded');
    const [version] = portal.read().apps[0]?.versions.filter((each) => each.version === '1.1.0') ?? [];
    expect(outputs['package-sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(version).toMatchObject({ sha256: outputs['package-sha256'], bytes: report.packageBytes });
  });

  test.each([
    ['the version existed', { version: '1.0.0' }, 'unchanged'],
    ['the run was dry', { 'dry-run': 'true' }, 'planned'],
    ['the credentials were refused', { 'portal-session': 'SESSION=other' }, 'failed'],
  ])('is empty where %s', async (_, inputs, verdict) => {
    const { outputs, report } = await upload(inputs);
    expect(outputs).toMatchObject({ verdict, 'package-sha256': '' });
    expect(report.packageBytes).toBe(0);
    expect(portal.effects()).toEqual([]);
  });

  test('is empty where the portal refused the package', async () => {
    const refusal = { body: { success: false, errorCode: 'NOT_NOW', errorMessage: 'Not now' } };
    const { outputs } = await uploadAnswered(refusal);
    expect(outputs).toMatchObject({ verdict: 'failed', 'error-code': 'portal-refused', 'package-sha256': '' });
  });
});

/** Uploads to a portal that answers the upload itself otherwise. */
async function uploadAnswered(reply: Reply) {
  const wire = await startWire(({ path }) => (path.includes('upload') ? reply : 'portal'), portal.url);
  try {
    const result = await upload({}, wire.url);
    expect(wire.seen.filter(({ path }) => path.includes('upload'))).toHaveLength(1);
    return result;
  } finally {
    await wire.close();
  }
}

describe('a package that is too large for the portal', () => {
  test.each<[string, Reply]>([
    [
      'a page',
      { status: 413, headers: { 'content-type': 'text/html' }, body: '<html>413 Request Entity Too Large</html>' },
    ],
    ['an envelope', { status: 413, body: { success: false, errorCode: 'TOO_LARGE', errorMessage: 'x' } }],
    ['another JSON', { status: 413, body: { status: 413, error: 'Payload Too Large' } }],
    ['nothing', { status: 413, body: '' }],
  ])('is named with its size where HTTP 413 comes with %s', async (_, reply) => {
    const { outputs, report } = await uploadAnswered(reply);
    expect(outputs).toMatchObject({ verdict: 'failed', 'error-code': 'portal-refused', 'package-sha256': '' });
    expect(report.error?.found).toMatch(/^The package is too large for the portal: it has 0\.0 MB \(\d+ bytes\)/);
    expect(report.error?.todo).toMatch(/^Make the build smaller/);
  });

  test('is named where a proxy refuses it before it was sent in full', async () => {
    put('large.bin', randomBytes(8_000_000));
    const proxy = createServer((req, res) => {
      // As nginx does by its client_max_body_size: the answer is ready when the headers are.
      if (req.url?.includes('upload')) return res.writeHead(413, { connection: 'close' }).end();
      const { method, headers } = req;
      const onward = request(new URL(req.url ?? '', portal.url), { method, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(res);
      });
      return req.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const { outputs, report } = await upload({}, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
      expect(report.error?.found).toMatch(/it has 8\.0 MB/);
      expect(outputs).toMatchObject({ verdict: 'failed', 'error-code': 'portal-refused' });
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });
});

describe('what an operating system left in it', () => {
  test('is left out of a folder, and the log says so', async () => {
    put('.DS_Store', 'x');
    const { report, log } = await upload({});
    expect(report.notices).toEqual([]);
    expect(log).toContain('left out of the package: ".DS_Store"');
  });

  test('is sent in a ZIP as it is, with a notice', async () => {
    put('.DS_Store', 'x');
    const script = 'import shutil,sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])';
    await promisify(execFile)('python3', ['-c', script, join(job.workspace, 'app'), join(job.workspace, 'dist')]);
    const { report, outputs } = await upload({ package: 'app.zip' });
    expect(outputs).toMatchObject({ verdict: 'succeeded', 'package-sha256': expect.stringMatching(/./) });
    expect(report.notices).toEqual(['The package holds what an operating system left in it: ".DS_Store".']);
  });
});
