/** A second, quite different portal, from upload to the official release, by its profile alone. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { COMMON, type Job, newJob, runStep } from '../support/action.ts';
import { type OtherPortal, startOtherPortal } from '../support/other-portal.ts';
import { startPortal } from '../support/portal.ts';
import { thoroughTest } from '../support/thorough.ts';

const PROFILE = fileURLToPath(new URL('../fixtures/other-portal.json', import.meta.url));

let portal: OtherPortal | undefined;
let job: Job | undefined;
afterEach(async () => {
  await portal?.close();
  job?.close();
  portal = job = undefined;
});

function prepare(profile?: unknown): Job {
  job = newJob();
  const file = join(job.workspace, 'portal.json');
  if (profile === undefined) copyFileSync(PROFILE, file);
  else writeFileSync(file, JSON.stringify(profile));
  mkdirSync(join(job.workspace, 'build'));
  writeFileSync(join(job.workspace, 'build', 'index.html'), '<!doctype html>');
  return job;
}

const inputsFor = (other: OtherPortal) => ({
  ...COMMON,
  'portal-url': other.url,
  'portal-profile': 'portal.json',
  'portal-username': other.account.name,
  'portal-password': other.account.secret,
  version: '1.1.0',
});

describe('a portal that speaks otherwise', () => {
  thoroughTest('the whole lifecycle, its token renewed on the way', async () => {
    const other = await startOtherPortal({ live: '1.0.0', requestsPerToken: 10 });
    portal = other;
    const shared = prepare();
    const released = await runStep(
      {
        ...inputsFor(other),
        stage: 'upload submit apply whitelist grayscale release',
        package: 'build',
        'release-notes': 'New',
        'whitelist-ids': 'tester-0001, tester-0002, tester-0003',
        'grayscale-ratio': '5, 20',
        'grayscale-soak': '0s',
      },
      { job: shared },
    );
    expect(released.outputs).toMatchObject({ verdict: 'succeeded', released: 'true', 'portal-status': '7' });
    expect(other.complaints).toEqual([]);
    expect(other.effects).toEqual([
      'PUT /files/1.1.0',
      'POST /packages/new',
      'PUT /rollouts/1.1.0',
      'POST /rollouts/1.1.0/apply',
      'POST /rollouts/1.1.0/testers',
      'POST /rollouts/1.1.0/testers',
      'POST /rollouts/1.1.0/pilot',
      'POST /rollouts/1.1.0/pilot/end',
      'PUT /rollouts/1.1.0/share 5',
      'POST /rollouts/1.1.0/share/start',
      'PUT /rollouts/1.1.0/share 20',
      'POST /rollouts/1.1.0/share/start',
      'POST /rollouts/1.1.0/everyone',
    ]);
    expect(other.rollouts.get('1.0.0')?.state.id).toBe(8);
    expect(released.outputs['publish-id']).toBe(other.rollouts.get('1.1.0')?.ticket);
    expect(other.tokens.length).toBeGreaterThan(1);
    for (const secret of [...other.tokens, other.account.secret, 'tester-0001']) {
      expect(released.everything).not.toContain(secret);
    }
  });

  test('what the profile does not speak is refused before anything is sent', async () => {
    const other = await startOtherPortal();
    portal = other;
    const shared = prepare();
    const step = (stage: string, more = {}) => runStep({ ...inputsFor(other), stage, ...more }, { job: shared });
    await step('upload submit', { package: 'build' });
    const before = other.effects.length;
    const rollback = await step('rollback');
    expect(rollback.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'profile-invalid' });
    expect(rollback.outputs.reason).toContain('rollback');
    expect(other.effects.length).toBe(before);
    expect(rollback.report.operations).toEqual([]);
  });
});

describe('a profile with faults', () => {
  test('ends the step before anything is sent, with all of them', async () => {
    const sandbox = await startPortal({ seed: { versions: ['1.0.0'] } });
    const shared = prepare({
      operations: { setRatio: { body: { ratio: '{ratioo}' } }, findRelease: { path: '/app/publish/online' } },
    });
    const step = await runStep(
      { ...sandbox.inputs, stage: 'status', version: '1.0.0', 'portal-profile': 'portal.json' },
      { job: shared },
    );
    await sandbox.close();
    expect(step.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'profile-invalid' });
    expect(step.log).toContain('operations.setRatio.body.ratio: unknown placeholder');
    expect(step.log).toContain('operations.findRelease.path: is the address of goOnline');
    expect(sandbox.reads()).toEqual({});
  });
});
