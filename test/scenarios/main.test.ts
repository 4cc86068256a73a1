import { afterEach, describe, expect, test } from 'vitest';
import { COMMON, newJob, runStep } from '../support/action.ts';
import { COOKIE, startPortal, type TestPortal } from '../support/portal.ts';

let portal: TestPortal | undefined;
afterEach(async () => {
  await portal?.close();
  portal = undefined;
});

describe('the guide, step by step', () => {
  test('a first release: submit, apply, officially release; a repeat changes nothing', async () => {
    portal = await startPortal({ seed: { versions: ['1.0.0'] } });
    const step = (stage: string) => runStep({ ...portal?.inputs, stage, version: '1.0.0' });

    const submitted = await step('submit');
    expect(submitted.outputs).toMatchObject({
      verdict: 'succeeded',
      state: 'created',
      changed: 'true',
      'next-stages': 'apply',
    });
    const applied = await step('apply');
    expect(applied.outputs).toMatchObject({ verdict: 'succeeded', state: 'approved', 'first-release': 'true' });
    const released = await step('release');
    expect(released.outputs).toMatchObject({
      verdict: 'succeeded',
      state: 'released',
      released: 'true',
      'live-version': '1.0.0',
    });
    const again = await step('submit apply release');
    expect(again.outputs).toMatchObject({ verdict: 'unchanged', complete: 'true', changed: 'false' });

    expect(portal.effects()).toEqual(['createRelease', 'startApproval', 'skipPilot', 'goOnline']);
    expect([submitted, applied, released, again].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(again.everything).not.toContain(COOKIE.split('=')[1]?.slice(0, 12));
  });

  test('two steps of a job share the sandbox', async () => {
    const job = newJob();
    const sandbox = { ...COMMON, 'portal-url': 'sandbox?versions=1.0.0&after=0s', version: '1.0.0' };
    await runStep({ ...sandbox, stage: 'submit' }, { job });
    const second = await runStep({ ...sandbox, stage: 'apply, release' }, { job });
    expect(second.outputs).toMatchObject({ verdict: 'succeeded', released: 'true' });
    job.close();
  });
});
