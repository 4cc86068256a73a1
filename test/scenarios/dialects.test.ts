/** The whole life of a miniapp on the sandbox in the dialects of portals that differ from the default profile. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { SandboxState } from '../../src/sandbox/server.ts';
import { COMMON } from '../support/action.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/dialects/${name}.json`, import.meta.url));

let place: Place | undefined;
afterEach(() => place?.close());

/** Steps of one job on the sandbox in a dialect; each step is one run. */
function jobIn(dialect: string) {
  place = newPlace();
  const here = place;
  const clock = fakeClock({ startMs: Date.now() });
  copyFileSync(fixture(dialect), join(here.workspace, 'profile.json'));
  mkdirSync(join(here.workspace, 'build'));
  writeFileSync(join(here.workspace, 'build', 'index.html'), '<!doctype html>');
  const step = (stage: string, version: string, more: Readonly<Record<string, string>> = {}, seed = '') => {
    const inputs = {
      ...COMMON,
      'portal-url': `sandbox?dialect=profile.json&file=state.json&after=0s${seed}`,
      stage,
      version,
      'release-notes': 'New',
      ...more,
    };
    return runInProcess(inputs, { clock, place: here });
  };
  const state = (): SandboxState => JSON.parse(readFileSync(join(here.workspace, 'state.json'), 'utf8'));
  const writes = () =>
    state().journal.map(({ operation, ratioPercent, errorCode }) => {
      return [operation, ratioPercent, errorCode].filter(Boolean).join(' ');
    });
  return { step, state, writes };
}

describe.each(['renamed', 'folded', 'rest', 'ticket', 'bare'])('on the dialect %s', (dialect) => {
  test('a version is uploaded, tested, rolled out, released, withdrawn and rolled back', async () => {
    const { step, state, writes } = jobIn(dialect);
    const reaches = async (stage: string, version: string, end: string, more = {}, seed = '') => {
      const { report, log } = await step(stage, version, more, seed);
      expect(report, log).toMatchObject({ state: end });
      expect(['succeeded', 'unchanged'], log).toContain(report.verdict);
      return report;
    };
    await reaches('upload', '1.1.0', 'none', { package: 'build' }, '&live=1.0.0');
    await step('submit', '1.1.0');
    await reaches('apply', '1.1.0', 'approved');
    await reaches('whitelist', '1.1.0', 'whitelist-testing', { 'whitelist-ids': 'tester-1, tester-2' });
    const ramp = await reaches('grayscale', '1.1.0', 'grayscale', {
      'grayscale-ratio': '7, 29',
      'grayscale-soak': '0s',
    });
    expect(ramp.ratioPercent).toBe(29);
    await reaches('release', '1.1.0', 'released');
    await reaches('upload submit apply', '1.2.0', 'approved', { package: 'build' });
    await reaches('withdraw', '1.2.0', 'withdrawn');
    await reaches('rollback', '1.0.0', 'released');

    const releases = state().apps[0]?.releases.map(({ version, status }) => `${version} ${status}`);
    expect(releases).toEqual(['1.0.0 ONLINE', '1.1.0 ARCHIVED', '1.2.0 CANCELLED']);
    expect(state().apps[0]?.releases[1]?.whitelistCount).toBe(2);
    expect(writes()).toEqual([
      'uploadPackage',
      'createVersion',
      'createRelease',
      'startApproval',
      'addWhitelist',
      'startPilot',
      'skipPilot',
      'setRatio 7',
      'startGrayscale',
      'setRatio 29',
      'startGrayscale',
      'goOnline',
      'uploadPackage',
      'createVersion',
      'createRelease',
      'startApproval',
      'cancelRelease',
      'rollback',
    ]);
  });
});

test('submit alone says where the dialect creates the release', async () => {
  const { step } = jobIn('folded');
  const { report } = await step('submit', '1.1.0', {}, '&live=1.0.0&versions=1.1.0');
  expect(report).toMatchObject({ verdict: 'unchanged', state: 'none' });
  expect(report.notices.join(' ')).toContain('The stage apply does both');
});

test('a dry run names what one call does', async () => {
  const { step } = jobIn('folded');
  const inputs = { 'dry-run': 'true', 'grayscale-ratio': '5', 'grayscale-soak': '0s' };
  const { log } = await step('grayscale', '1.1.0', inputs, '&live=1.0.0&state=approved');
  expect(log).toContain('set the grayscale ratio and start the grayscale rollout 5% (startGrayscale, one call)');
});

test('portal-profile with the sandbox is a fault that names dialect', async () => {
  const { step } = jobIn('folded');
  const { report } = await step('status', '1.1.0', { 'portal-profile': 'profile.json' });
  expect(report.reason).toContain('portal-url: sandbox?dialect=FILE');
});
