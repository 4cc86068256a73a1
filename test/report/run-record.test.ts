/** What the report of a run says: stages, reasons, versions and calls. */

import { afterEach, expect, test } from 'vitest';
import type { RunContext } from '../../src/action/context.ts';
import type { Operation } from '../../src/release/lifecycle.ts';
import { reportOf } from '../../src/report/report-of.ts';
import { newRecord, recorded } from '../../src/report/run-record.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal } from '../support/portal.ts';

let portal: TestPortal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

test('the report says of each stage of a chain whether it did something', async () => {
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

test("the report has the reviewer's reason whichever stage finds the release rejected", async () => {
  portal = await startPortal({
    seed: { versions: ['1.0.0'] },
    rules: { review: { mode: 'reject', afterMs: 0, reason: 'The icon is blurred' } },
  });
  await runInProcess({ ...portal.inputs, stage: 'submit, apply', version: '1.0.0' });
  const { outputs } = await runInProcess({ ...portal.inputs, stage: 'status', version: '1.0.0' });
  expect(outputs).toMatchObject({ verdict: 'unchanged', state: 'rejected', reason: 'The icon is blurred' });
});

test('the report names no version where version: latest found none', async () => {
  portal = await startPortal();
  const { outputs } = await runInProcess({ ...portal.inputs, stage: 'apply', version: 'latest' });
  expect(outputs).toMatchObject({ 'error-code': 'version-unresolved', version: '' });
});

test('the report of a long wait lists every write, however many reads there were', () => {
  let record = newRecord({} as RunContext, 0);
  const call = (operation: Operation) =>
    recorded(record, { kind: 'call', call: { operation, startedAtMs: 0, tookMs: 1, ok: true } });
  for (let reading = 0; reading < 600; reading++) record = call('listReleases');
  record = call('goOnline');
  expect(reportOf(record, 0, String).operations.map(({ operation }) => operation)).toContain('goOnline');
});
