/** Promise 8 on the built action: what a cancelled or killed run leaves behind. */

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMON, type Job, newJob, runStep, type StepResult } from '../support/action.ts';
import { type Fault, type SeenRequest, startFaultProxy } from '../support/fault-proxy.ts';
import { startPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const REPORT_WITHIN_MS = 5_000;
const LIVE = { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0' };
const never: TestPortalOptions = { rules: { review: { mode: 'never' } } };

const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

interface Cut extends StepResult {
  /** From the first signal to the end of the process. */
  readonly tookMs: number;
}

interface CutOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly signal: NodeJS.Signals;
  /** A line of the log that tells the moment. */
  readonly at?: RegExp;
  readonly job?: Job;
  readonly onStart?: (kill: () => void) => void;
}

async function cutOff({ inputs, signal, at, job, onStart }: CutOptions): Promise<Cut> {
  let signalledMs = 0;
  const start = (child: ChildProcess, logSoFar: () => string) => {
    const kill = () => {
      if (signalledMs > 0) return;
      signalledMs = Date.now();
      child.kill(signal);
    };
    onStart?.(kill);
    if (at) child.stdout?.on('data', () => at.test(logSoFar()) && kill());
  };
  const result = await runStep(inputs, { onStart: start, ...(job && { job }) });
  expect(signalledMs, result.log).toBeGreaterThan(0);
  return { ...result, tookMs: Date.now() - signalledMs };
}

function expectCancelled(cut: Cut, expected: Readonly<Record<string, string>>): void {
  expect(cut.outputs, cut.log).toMatchObject({ verdict: 'cancelled', complete: 'false', ...expected });
  expect(cut.outputs.message).toContain('Nothing was withdrawn');
  expect(cut.summary).toMatch(/cancelled/i);
  expect(cut.report.todo).toBe('Run the step again to continue.');
  expect(cut.tookMs).toBeLessThan(REPORT_WITHIN_MS);
}

/** A portal whose requests to `path` meet the fault, and are told of. */
async function portalWith(options: TestPortalOptions, path: string, fault: Fault) {
  const portal = await startPortal(options);
  let onMet = () => {};
  let isOn = true;
  const meets = (request?: SeenRequest) => isOn && Boolean(request?.path.includes(path));
  const proxy = await startFaultProxy(
    portal.url,
    (_, request) => (meets(request) ? fault : undefined),
    (_, request) => {
      if (!meets(request)) return;
      // The portal has its time to take it.
      setTimeout(() => onMet(), 100);
    },
  );
  closers.push(proxy.close, portal.close);
  return {
    portal,
    inputs: { ...portal.inputs, version: '1.0.0', 'portal-url': proxy.url },
    meet: (act: () => void) => {
      onMet = act;
    },
    mend: () => {
      isOn = false;
    },
  };
}

describe.concurrent('a cancelled run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s in a wait', async (signal) => {
    const portal = await startPortal({ ...never, seed: { ...LIVE, state: 'created' } });
    closers.push(portal.close);
    const inputs = { ...portal.inputs, version: '1.0.0', stage: 'apply' };
    const cut = await cutOff({ inputs, signal, at: /^check 1:/m });
    expectCancelled(cut, { state: 'in-review', changed: 'true' });
    expect(portal.effects()).toEqual(['startApproval']);
  });

  thoroughTest('in a soak', async () => {
    const portal = await startPortal({ seed: { ...LIVE, state: 'approved' } });
    closers.push(portal.close);
    const ramp = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1h' };
    const inputs = { ...portal.inputs, version: '1.0.0', ...ramp };
    const cut = await cutOff({ inputs, signal: 'SIGTERM', at: /^hold period 1:/m });
    expectCancelled(cut, { state: 'grayscale', 'grayscale-ratio': '5', changed: 'true' });
  });

  test.each([
    ['took, its answer is held', 'hang after', { state: 'in-review', changed: 'true' }],
    ['is held on its way', 'hang', { state: 'created', changed: 'false' }],
  ] as const)('in a write that %s: a last look says where the release was left', async (_, fault, expected) => {
    const { portal, inputs, meet, mend } = await portalWith(
      { ...never, seed: { ...LIVE, state: 'created' } },
      '/startApprove',
      fault,
    );
    const cut = await cutOff({ inputs: { ...inputs, stage: 'apply' }, signal: 'SIGINT', onStart: meet });
    expectCancelled(cut, expected);
    mend();
    const again = await runStep({ ...inputs, stage: 'apply', 'approval-timeout': '0s' });
    expect(again.outputs, again.log).toMatchObject({ verdict: 'pending', state: 'in-review' });
    expect(portal.effects()).toEqual(['startApproval']);
  });

  thoroughTest('in a write, the portal gone silent: what became of it is not known, and said so', async () => {
    const portal = await startPortal({ seed: { ...LIVE, state: 'approved' } });
    let onWrite = () => {};
    let silent = false;
    const proxy = await startFaultProxy(
      portal.url,
      (_, request) => (silent || request?.path.includes('/skipBeta') ? 'hang' : undefined),
      (_, request) => {
        if (!request.path.includes('/skipBeta')) return;
        silent = true;
        onWrite();
      },
    );
    closers.push(proxy.close, portal.close);
    const inputs = { ...portal.inputs, version: '1.0.0', 'portal-url': proxy.url, stage: 'release' };
    const meet = (act: () => void) => {
      onWrite = act;
    };
    const cut = await cutOff({ inputs, signal: 'SIGINT', onStart: meet });
    expectCancelled(cut, { state: 'approved', changed: 'false' });
    expect(cut.outputs.message).toContain(
      'It is not known whether the portal did the last write, end the pilot phase.',
    );
  });

  thoroughTest('in an upload that the portal does not read', async () => {
    let onUpload = () => {};
    const server = http.createServer((request, response) => {
      if (request.method === 'POST') return onUpload();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true,"data":{"list":[]}}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const job = newJob();
    closers.push(job.close);
    mkdirSync(join(job.workspace, 'app'));
    writeFileSync(join(job.workspace, 'app', 'index.html'), '<!doctype html>');
    // More than the buffers between two sockets hold.
    writeFileSync(join(job.workspace, 'app', 'large.bin'), randomBytes(16 * 1024 * 1024));
    const portal = await startPortal();
    closers.push(portal.close);
    const { port } = server.address() as AddressInfo;
    const inputs = {
      ...portal.inputs,
      'portal-url': `http://127.0.0.1:${port}`,
      stage: 'upload',
      package: 'app',
      version: '1.0.0',
    };
    const meet = (act: () => void) => {
      onUpload = act;
    };
    const cut = await cutOff({ inputs, signal: 'SIGTERM', job, onStart: meet });
    expectCancelled(cut, { changed: 'false' });
    expect(cut.outputs.message).toContain('upload the package');
    expect(copiesIn(job)).toEqual([]);
  });

  test('while the package is zipped: no copy of it stays behind, even after SIGKILL', async () => {
    const job = newJob();
    closers.push(job.close);
    mkdirSync(join(job.workspace, 'app'));
    writeFileSync(join(job.workspace, 'app', 'index.html'), '<!doctype html>');
    writeFileSync(join(job.workspace, 'app', 'large.bin'), randomBytes(16 * 1024 * 1024));
    const inputs = { ...COMMON, 'portal-url': 'sandbox', stage: 'upload', package: 'app', version: '1.0.0' };
    let log = '';
    let killedAt: string | undefined;
    const onStart = (child: ChildProcess, logSoFar: () => string) => {
      const watcher = watch(job.temp, (_, name) => {
        // Made, and without a name since.
        if (!name?.startsWith('package-') || copiesIn(job).length > 0 || killedAt !== undefined) return;
        killedAt = logSoFar();
        child.kill('SIGKILL');
      });
      child.on('exit', () => {
        watcher.close();
        log = logSoFar();
      });
    };
    await runStep(inputs, { job, onStart }).catch(() => {});
    expect(killedAt, log).toBeDefined();
    expect(log).not.toContain('SHA-256');
    expect(copiesIn(job)).toEqual([]);
  });
});

const copiesIn = (job: Job) => readdirSync(job.temp).filter((name) => name.startsWith('package-'));

thoroughTest(
  'SIGKILL at any request, before and after it took: the next run completes, every effect once',
  async () => {
    const stages = { stage: 'submit apply release' };
    const undisturbed = await portalWith({ seed: { versions: ['1.0.0'], live: '0.9.0' } }, '/none', 'hang');
    const whole = await runStep({ ...undisturbed.inputs, ...stages });
    const requests = Object.values(undisturbed.portal.reads()).reduce((sum, count) => sum + count, 0) + 4;
    expect(whole.outputs).toMatchObject({ verdict: 'succeeded', released: 'true' });

    const moments = Array.from({ length: requests }, (_, index) => index + 1);
    const killAt = async (k: number) => {
      const fault = k % 2 === 0 ? 'hang' : 'hang after';
      const portal = await startPortal({ seed: { versions: ['1.0.0'], live: '0.9.0' } });
      let onMoment = () => {};
      const proxy = await startFaultProxy(
        portal.url,
        (at) => (at === k ? fault : undefined),
        (at) => at === k && setTimeout(() => onMoment(), 50),
      );
      closers.push(proxy.close, portal.close);
      const inputs = { ...portal.inputs, version: '1.0.0', ...stages, 'portal-url': proxy.url };
      const job = newJob();
      closers.push(job.close);
      await new Promise<void>((resolve, reject) => {
        runStep(inputs, {
          job,
          onStart: (child) => {
            onMoment = () => child.kill('SIGKILL');
          },
        }).then(() => resolve(), reject);
      });
      const again = await runStep(inputs, { job });
      const what = `killed at request ${k}\n${again.log}`;
      expect(again.outputs, what).toMatchObject({ complete: 'true', released: 'true' });
      expect(portal.effects(), what).toEqual(['createRelease', 'startApproval', 'skipPilot', 'goOnline']);
    };
    for (let at = 0; at < moments.length; at += 4) await Promise.all(moments.slice(at, at + 4).map(killAt));
    console.log(`SIGKILL at each of ${requests} requests`);
  },
);
