/**
 * What people read at the end of a step, whole: job summary and pull request comment. Each is one file
 * in test/report/golden, so that a review shows every change of wording. `npx vitest run test/report/golden.test.ts -u` accepts a change.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { drawQrCode } from '../../src/report/qr-code.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { startGitHub, type TestGitHub } from '../support/github.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal, type TestPortalOptions } from '../support/portal.ts';
import { startWire, type Wire } from '../support/wire.ts';

type Inputs = Readonly<Record<string, string>>;

/** A portal, a repository with pull request 7, and the clock that both are read by. */
interface Ending {
  readonly portal: TestPortal;
  readonly gitHub: TestGitHub;
  readonly clock: FakeClock;
  readonly place: Place;
  /** The job summary of the last step. */
  summary: string;
  /** Runs a step; resolves with the verdict that it ended with. */
  step(inputs: Inputs): Promise<string>;
}

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A world in which nothing varies: time begins at 2026-01-01 00:00 UTC, and pauses, ids and the workflow run are fixed. */
async function start(portalOptions: TestPortalOptions): Promise<Ending> {
  const clock = fakeClock();
  const portal = await startPortal({ now: clock.now, ...portalOptions });
  const gitHub = await startGitHub();
  const place = newPlace();
  opened.push(portal.close, gitHub.close, place.close);
  const environment = {
    ...gitHub.env,
    GITHUB_WORKFLOW: 'release',
    GITHUB_REF: 'refs/tags/v1.1.0',
    GITHUB_SHA: 'c'.repeat(40),
    GITHUB_ACTOR: 'octocat',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
  };
  const ending: Ending = {
    summary: '',
    portal,
    gitHub,
    clock,
    place,
    async step(inputs) {
      const given = { ...portal.inputs, comment: '7', 'show-preview': 'false', version: '1.1.0', ...inputs };
      const { report } = await runInProcess(given, { clock, place, environment });
      const qrCode = report.showPreview && report.previewUrl ? await drawQrCode(report.previewUrl) : undefined;
      ending.summary = summaryOf(report, { qrCode });
      return report.verdict;
    },
  };
  return ending;
}

async function expectGolden(name: string, { gitHub, summary }: Ending): Promise<void> {
  expect(gitHub.violations).toEqual([]);
  await expect(`${summary}\n`).toMatchFileSnapshot(`golden/${name}.summary.md`);
  await expect(gitHub.comments[0]?.body).toMatchFileSnapshot(`golden/${name}.comment.md`);
}

/** A monitoring server whose error rate is the given one for each ratio. */
async function startMonitoring(rateAt: Readonly<Record<string, number>>): Promise<Wire> {
  const wire = await startWire(({ path }) => ({
    headers: { 'content-type': 'application/json' },
    body: { rate: rateAt[new URL(path, 'http://monitoring').searchParams.get('at') ?? ''] ?? 0 },
  }));
  opened.push(wire.close);
  return wire;
}

test('the summary and comment of a build that was submitted, reviewed and approved', async () => {
  const ending = await start({
    seed: { live: '1.0.0' },
    rules: { review: { mode: 'approve', afterMs: 5 * 60_000 } },
  });
  const build = join(ending.place.workspace, 'build');
  mkdirSync(build);
  writeFileSync(join(build, 'index.html'), '<!doctype html><title>Miniapp</title>');
  const inputs = { stage: 'upload, submit, apply, approval', package: 'build', 'show-preview': 'true' };
  expect(await ending.step(inputs)).toBe('succeeded');
  await expectGolden('approved', ending);
});

test('the summary and comment of a release that is still in review at the timeout', async () => {
  const ending = await start({
    seed: { versions: ['1.1.0'], live: '1.0.0' },
    rules: { review: { mode: 'never' } },
  });
  const inputs = { stage: 'submit, apply, approval', 'approval-timeout': '30m' };
  expect(await ending.step(inputs)).toBe('pending');
  await expectGolden('in-review', ending);
  // The one that was written when the wait began.
  await expect(ending.gitHub.bodies[0]).toMatchFileSnapshot('golden/in-review.waiting-comment.md');
});

test('the summary and comment of a release that a reviewer rejected', async () => {
  const ending = await start({
    seed: { versions: ['1.1.0'], live: '1.0.0' },
    rules: { review: { mode: 'reject', afterMs: 60_000, reason: 'The icon is blurred, see page #2' } },
  });
  expect(await ending.step({ stage: 'submit, apply, approval' })).toBe('rejected');
  await expectGolden('rejected', ending);
});

test('the summary and comment of a rollout that is in its hold period', async () => {
  const ending = await start({ seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } });
  const ramp = { stage: 'grayscale', 'grayscale-ratio': '5, 20, 50', 'soak-mode': 'resume', 'grayscale-soak': '6h' };
  expect(await ending.step(ramp)).toBe('pending');
  ending.clock.advance(7 * 3_600_000);
  expect(await ending.step(ramp)).toBe('pending');
  await expectGolden('hold-period', ending);
});

test('the summary and comment of a rollout that the health check halted', async () => {
  const ending = await start({ seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } });
  const monitoring = await startMonitoring({ 5: 0.004, 20: 0.25 });
  const ramp = {
    stage: 'grayscale',
    'grayscale-ratio': '5, 20, 50',
    'grayscale-soak': '30m',
    'health-url': `${monitoring.url}/errors?version={version}&at={ratio}`,
    'health-when': 'rate < 0.01',
    'health-interval': '10m',
    'health-failures': '2',
  };
  expect(await ending.step(ramp)).toBe('halted');
  await expectGolden('halted', ending);
});

test('the summary and comment of an official release', async () => {
  const ending = await start({ seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } });
  expect(await ending.step({ stage: 'release' })).toBe('succeeded');
  await expectGolden('released', ending);
});

test('the summary and comment of a rollback', async () => {
  const ending = await start({ seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } });
  expect(await ending.step({ stage: 'release' })).toBe('succeeded');
  expect(await ending.step({ stage: 'rollback', version: '' })).toBe('succeeded');
  await expectGolden('rolled-back', ending);
});

test('the summary and comment of a step whose write was accepted and had no effect', async () => {
  const ending = await start({ seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } });
  // The portal says yes to goOnline, and nothing changes.
  const portal = await startWire(({ path }) => (path.includes('online') ? ACCEPTED : 'portal'), ending.portal.url);
  opened.push(portal.close);
  expect(await ending.step({ stage: 'release', 'portal-url': portal.url })).toBe('failed');
  await expectGolden('failed', ending);
});

test('the summary of a dry run, which writes no comment', async () => {
  const ending = await start({ seed: { versions: ['1.1.0'], live: '1.0.0' } });
  const inputs = {
    stage: 'submit, apply, approval, whitelist, grayscale, release',
    'whitelist-ids': '628111222333',
    'grayscale-ratio': '5, 20',
    'grayscale-soak': '6h',
    'dry-run': 'true',
  };
  expect(await ending.step(inputs)).toBe('planned');
  await expect(`${ending.summary}\n`).toMatchFileSnapshot('golden/dry-run.summary.md');
  expect(ending.gitHub.bodies).toEqual([]);
});

const ACCEPTED = {
  headers: { 'content-type': 'application/json' },
  body: { success: true, data: null, errorCode: '', errorMsg: '', traceId: 'trace-4711' },
};
