/** The comment that is written when a wait begins, and what it says is waited for. */

import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startGitHub, TOKEN } from '../support/github.ts';
import { newPlace, runInProcess } from '../support/in-process.ts';
import { startPortal } from '../support/portal.ts';

test('a release in a status that the profile does not map is waited for as an approval, not as a hold period', async () => {
  const clock = fakeClock();
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
  const { report } = await runInProcess({ ...inputs, 'approval-timeout': '10s' }, { clock, place, environment });
  await Promise.all([proxy.close(), portal.close(), gitHub.close()]);
  place.close();
  expect(report.error?.code).toBe('portal-status-unknown');
  expect(gitHub.bodies[0]).toContain('waiting for the approval');
});
