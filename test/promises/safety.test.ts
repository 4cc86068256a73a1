/** What two runs, an odd portal or bad luck must not make of a release; each was a fault once. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import type { RunContext } from '../../src/action/context.ts';
import type { DriveContext } from '../../src/drive/context.ts';
import { driveStage } from '../../src/drive/driver.ts';
import { observe, observeVersion } from '../../src/drive/observe.ts';
import { createObserver } from '../../src/drive/observer.ts';
import type { Portal } from '../../src/portal/port.ts';
import { createTransport } from '../../src/portal/transport.ts';
import type { Operation, Stage } from '../../src/release/lifecycle.ts';
import type { PlanOptions } from '../../src/release/plan.ts';
import { reportOf } from '../../src/report/report-of.ts';
import { newRecord, recorded } from '../../src/report/run-record.ts';
import { newPlace, runHere, fakeClock as worldClock } from '../support/fake-world.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startGitHub, TOKEN } from '../support/github.ts';
import { type FakeClock, fakeClock } from '../support/in-process.ts';
import {
  type MemoryPortal,
  type MemoryPortalOptions,
  memoryPortal,
  notAllowed,
  unreachable,
  VERSION,
} from '../support/memory-portal.ts';
import { startPortal } from '../support/portal.ts';

const MINUTE = 60_000;
const RAMP = { ratios: [5, 20, 50], soakMs: 30 * MINUTE } as const;

interface Scene {
  readonly clock: FakeClock;
  readonly portal: MemoryPortal;
  drive(stage: Stage, context?: Partial<DriveContext>): ReturnType<typeof driveStage>;
}

function scene(options: Omit<MemoryPortalOptions, 'clock'>, plan: Partial<PlanOptions> = {}): Scene {
  const clock = fakeClock();
  const portal = memoryPortal({ clock, ...options });
  return {
    clock,
    portal,
    async drive(stage, context = {}) {
      const asked: Portal = context.portal ?? portal;
      const seen = await observe(asked, VERSION);
      const first = stage === 'upload' ? await observeVersion(asked, seen) : seen;
      return driveStage(stage, {
        portal: asked,
        observer: createObserver(first, asked, clock, () => {}),
        clock,
        signal: new AbortController().signal,
        plan: {
          targetApp: 'GOPAY',
          allowDowngrade: false,
          reapply: false,
          ratios: [],
          soakMs: 0,
          soakMode: 'wait',
          show: String,
          ...plan,
        },
        approvalTimeoutMs: 0,
        releaseNotes: '',
        userIds: [],
        log: () => {},
        show: String,
        emit: async () => {},
        ...context,
      });
    },
  };
}

describe('a ramp', () => {
  test('a ratio that another run raised right before us is held, too', async () => {
    const raised: number[] = [];
    const onWrite: MemoryPortalOptions['onWrite'] = (operation) => {
      if (operation === 'startGrayscale') raised.push(here.clock.now());
      // Of two runs, the other one starts 20 % first.
      return operation === 'startGrayscale' && raised.length === 1 ? 'done by another' : undefined;
    };
    const here: Scene = scene({ state: 'grayscale', ratioPercent: 5, onWrite }, RAMP);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent.slice(0, 2)).toEqual(['setRatio 20', 'startGrayscale 20 (refused)']);
    expect((raised[1] ?? 0) - (raised[0] ?? 0)).toBeGreaterThanOrEqual(RAMP.soakMs);
  });

  test('holds each ratio also where the portal keeps an old time, or its clock is behind', async () => {
    const here = scene({ state: 'rollout-ready' }, RAMP);
    const listReleases: Portal['listReleases'] = async (page) => {
      const { items, last } = await here.portal.listReleases(page);
      return { items: items.map((item) => ({ ...item, modifiedAtMs: 1_500_000_000_000 })), last };
    };
    const startMs = here.clock.now();
    const end = await here.drive('grayscale', { portal: { ...here.portal, listReleases } });
    expect(end).toMatchObject({ kind: 'reached' });
    expect(here.clock.now() - startMs).toBeGreaterThanOrEqual(3 * RAMP.soakMs);
  });

  test('a rollout that somebody began anew is not started a second time', async () => {
    const timeline = [{ atMs: 10 * MINUTE, becomes: { state: 'approved' } }] as const;
    const here = scene({ state: 'rollout-ready', timeline }, { ratios: [5], soakMs: 30 * MINUTE });
    await expect(here.drive('grayscale')).rejects.toMatchObject({
      code: 'effect-not-seen',
      found: expect.stringContaining('The portal accepted startGrayscale 5% in this run'),
    });
    expect(here.portal.sent).toEqual(['setRatio 5', 'startGrayscale 5', 'skipPilot', 'setRatio 5']);
  });

  test('another ratio that came between ours and its start: ours is set anew', async () => {
    let starts = 0;
    const here: Scene = scene(
      {
        state: 'grayscale',
        ratioPercent: 5,
        timeline: [{ atMs: 1, becomes: { ratioPercent: 10 } }],
        onWrite: (operation) => {
          if (operation !== 'startGrayscale' || ++starts > 1) return undefined;
          here.clock.advance(2);
          return notAllowed();
        },
      },
      { ratios: [20] },
    );
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
    expect(here.portal.sent).toEqual([
      'setRatio 20',
      'startGrayscale 20 (refused)',
      'setRatio 20',
      'startGrayscale 20',
    ]);
  });

  test('an outage at the end of a soak does not end it', async () => {
    const outages = [{ fromMs: 29 * MINUTE, toMs: 31 * MINUTE, error: unreachable() }];
    const here = scene({ state: 'grayscale', ratioPercent: 50, outages }, RAMP);
    expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
  });

  test('a portal that gives another time with each look is not asked without a pause', async () => {
    const here = scene({ state: 'grayscale', ratioPercent: 50 }, { ...RAMP, soakMs: 24 * 60 * MINUTE });
    let waits = 0;
    const listReleases: Portal['listReleases'] = async (page) => {
      const { items, last } = await here.portal.listReleases(page);
      return { items: items.map((item) => ({ ...item, modifiedAtMs: here.clock.now() })), last };
    };
    const emit: DriveContext['emit'] = async ({ kind }) => {
      if (kind === 'waiting') waits++;
    };
    await here.drive('grayscale', { portal: { ...here.portal, listReleases }, emit });
    expect([waits, here.portal.looksMs.length < 500]).toEqual([1, true]);
  });
});

test('an upload that another run overtook says so', async () => {
  const here = scene({ state: 'none' });
  let created = false;
  const listVersions: Portal['listVersions'] = async () => ({
    items: created ? [{ version: VERSION, artifacts: ['theirs.zip'] }] : [],
    last: true,
  });
  const write: Portal['write'] = async (operation) => {
    if (operation === 'uploadPackage') return { artifacts: ['ours.zip'] };
    created = true;
    throw notAllowed();
  };
  const end = await here.drive('upload', { portal: { ...here.portal, listVersions, write } });
  expect(end).toMatchObject({ kind: 'reached', notice: expect.stringContaining('may not hold this build') });
});

test('the report of a long wait holds its writes', () => {
  let record = newRecord({} as RunContext, 0);
  const call = (operation: Operation) =>
    recorded(record, { kind: 'call', call: { operation, startedAtMs: 0, tookMs: 1, ok: true } });
  for (let reading = 0; reading < 600; reading++) record = call('listReleases');
  record = call('goOnline');
  expect(reportOf(record, 0, String).operations.map(({ operation }) => operation)).toContain('goOnline');
});

test('a crash ends the release, too: nothing is written after its report', async () => {
  const clock = worldClock();
  const place = newPlace();
  const portal = await startPortal({
    now: clock.now,
    rules: { review: { mode: 'approve', afterMs: 60_000 } },
    seed: { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0', state: 'created' },
  });
  let crash = (_: Error) => {};
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  crashed.catch(() => {});
  clock.onSleep = () => crash(new Error('boom'));
  const inputs = { ...portal.inputs, stage: 'apply, release', version: '1.0.0' };
  const { report } = await runHere(inputs, { clock, place, ...{ crashed } });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const effects = portal.effects();
  await portal.close();
  place.close();
  expect([report.verdict, effects]).toEqual(['failed', ['startApproval']]);
});

test('who waits for an approval in a word that nobody knows waits for no soak', async () => {
  const clock = worldClock();
  const place = newPlace();
  const gitHub = await startGitHub();
  const portal = await startPortal({
    now: clock.now,
    rules: { review: { mode: 'never' } },
    seed: { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0', state: 'in-review' },
  });
  const proxy = await startFaultProxy(portal.url, () => async ({ response, forward }) => {
    const { status, body } = await forward();
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(String(body).replaceAll('"APPROVE"', '"UAT"'));
  });
  const inputs = { ...portal.inputs, 'portal-url': proxy.url, stage: 'approval', version: '1.0.0', comment: '7' };
  const environment = { ...gitHub.env, 'INPUT_GITHUB-TOKEN': TOKEN };
  const { report } = await runHere({ ...inputs, 'approval-timeout': '10s' }, { clock, place, environment });
  await Promise.all([proxy.close(), portal.close(), gitHub.close()]);
  place.close();
  expect(report.verdict).toBe('pending');
  expect(gitHub.bodies[0]).toContain('the approval is still awaited');
});

test('a TLS connection that breaks after a write was sent leaves it unknown whether it took', async () => {
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
