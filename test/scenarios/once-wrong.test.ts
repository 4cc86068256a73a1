/** What a second reader found: each was wrong once. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { newJob, runStep } from '../support/action.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal } from '../support/portal.ts';

let portal: TestPortal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

describe('a profile that stands by itself', () => {
  test.each([
    ['operations', 'goOnline', 'profile-invalid', /does not support goOnline/],
    ['statuses', 'PASSED', 'portal-status-unknown', /PASSED/],
  ] as const)('without %s.%s nothing is filled in from the default', async (part, name, code, found) => {
    portal = await startPortal({ seed: { versions: ['1.0.0'], version: '1.0.0', state: 'approved' } });
    const job = newJob();
    const profile = structuredClone(defaultProfile) as unknown as Record<string, Record<string, unknown>>;
    delete profile[part]?.[name];
    writeFileSync(join(job.workspace, 'profile.json'), JSON.stringify(profile));
    const inputs = { ...portal.inputs, stage: 'release', version: '1.0.0', 'portal-profile': 'profile.json' };
    const { report } = await runInProcess(inputs, { job });
    expect(report.error?.code).toBe(code);
    expect(report.error?.found).toMatch(found);
    expect(portal.effects()).toEqual([]);
    job.close();
  });
});

describe('the report', () => {
  test('says of each stage of a chain whether it did something', async () => {
    portal = await startPortal({ seed: { versions: ['1.1.0'], live: '1.0.0' } });
    const inputs = { ...portal.inputs, stage: 'submit, apply, whitelist, release', 'whitelist-ids': '628111222333' };
    const { report } = await runInProcess({ ...inputs, version: '1.1.0' });
    expect(report.stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      'submit done',
      'apply done',
      'whitelist done',
      'release done',
    ]);
  });

  test("has the reviewer's reason wherever a release is seen rejected", async () => {
    portal = await startPortal({
      seed: { versions: ['1.0.0'] },
      rules: { review: { mode: 'reject', afterMs: 0, reason: 'The icon is blurred' } },
    });
    await runInProcess({ ...portal.inputs, stage: 'submit, apply', version: '1.0.0' });
    const { outputs } = await runInProcess({ ...portal.inputs, stage: 'status', version: '1.0.0' });
    expect(outputs).toMatchObject({ verdict: 'unchanged', state: 'rejected', reason: 'The icon is blurred' });
  });

  test('names no version where latest found none', async () => {
    portal = await startPortal();
    const { outputs } = await runInProcess({ ...portal.inputs, stage: 'apply', version: 'latest' });
    expect(outputs).toMatchObject({ 'error-code': 'version-unresolved', version: '' });
  });
});

describe('paths', () => {
  test('each that leaves the workspace is a fault of its input, also where no stage uses it', async () => {
    portal = await startPortal();
    const paths = { package: '../b', 'whitelist-file': 'a/../../ids', 'portal-profile': '..' };
    const { report } = await runInProcess({ ...portal.inputs, ...paths, stage: 'status' });
    expect(report.error?.code).toBe('input-invalid');
    for (const name of Object.keys(paths)) expect(report.error?.found).toContain(`- ${name}: got`);
    expect(portal.reads()).toEqual({});
  });

  test('what an earlier step left in RUNNER_TEMP may be named', async () => {
    portal = await startPortal({ seed: { live: '1.0.0', version: '1.1.0', state: 'approved' } });
    const job = newJob();
    writeFileSync(join(job.temp, 'ids.txt'), '628111222333');
    const inputs = {
      ...portal.inputs,
      stage: 'whitelist',
      version: '1.1.0',
      'whitelist-file': join(job.temp, 'ids.txt'),
    };
    const { outputs } = await runStep(inputs, { job });
    expect(outputs).toMatchObject({ verdict: 'succeeded', state: 'whitelist-testing' });
    job.close();
  });
});
