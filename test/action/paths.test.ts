/** Which paths an input may name: those in the workspace and in RUNNER_TEMP. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newJob, runStep } from '../support/action.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal } from '../support/portal.ts';

test('a path that leaves the workspace is refused, even for an input that no requested stage uses', async () => {
  const portal = await startPortal();
  const paths = { package: '../b', 'whitelist-file': 'a/../../ids', 'portal-profile': '..' };
  const { report } = await runInProcess({ ...portal.inputs, ...paths, stage: 'status' });
  expect(report.error?.code).toBe('input-invalid');
  for (const name of Object.keys(paths)) expect(report.error?.found).toContain(`- ${name}: got`);
  expect(portal.reads()).toEqual({});
  await portal.close();
});

test('a file that an earlier step left in RUNNER_TEMP may be named', async () => {
  const portal = await startPortal({ seed: { live: '1.0.0', version: '1.1.0', state: 'approved' } });
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
  await portal.close();
});
