/** A sample of test/promises/faults-*.test.ts on the built action, with its own clock and backoff. */

import { afterAll, expect, test } from 'vitest';
import { runStep } from '../support/action.ts';
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts';
import { COOKIE, startPortal } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const EFFECTS = ['createRelease', 'startApproval', 'skipPilot', 'goOnline'];
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

async function chainThrough(fault: Fault, path: string, nth = 1) {
  const portal = await startPortal({ seed: { versions: ['1.0.0'], live: '0.9.0' } });
  let met = 0;
  const proxy = await startFaultProxy(portal.url, (_, request) =>
    request?.path.includes(path) && ++met === nth ? fault : undefined,
  );
  closers.push(proxy.close, portal.close);
  const inputs = { ...portal.inputs, version: '1.0.0', stage: 'submit apply release', 'portal-url': proxy.url };
  return { portal, first: await runStep(inputs), inputs, met: () => met };
}

test.concurrent.each([
  ['reset after', '/online', 1],
  ['502 HTML after', '/startApprove', 1],
  ['reset', '/skipBeta', 1],
  ['cut body', '/version/create', 1],
  ['cut JSON', '/version/query', 3],
  ['slow', '/version/query', 1],
  ['500', '/version/query', 2],
] as const)('%s at %s fails nothing', async (fault, path, nth) => {
  const { portal, first, met } = await chainThrough(fault as Fault, path, nth);
  expect(met(), first.log).toBeGreaterThanOrEqual(nth);
  expect(first.outputs, first.log).toMatchObject({ verdict: 'succeeded', released: 'true' });
  expect(portal.effects()).toEqual(EFFECTS);
});

test.concurrent.each([
  ['50 MB', '/version/query', 'portal-unexpected'],
  ['deep nesting', '/startApprove', 'portal-unexpected'],
  ['unknown code', '/skipBeta', 'portal-refused'],
  ['not login', '/startApprove', 'portal-unauthorized'],
] as const)('%s at %s ends the step, and the next run completes', async (fault, path, code) => {
  const { portal, first, inputs } = await chainThrough(fault, path);
  expect(first.outputs, first.log).toMatchObject({ verdict: 'failed', 'error-code': code });
  expect(first.exitCode).toBe(1);
  expect(first.everything).not.toContain(COOKIE);
  const again = await runStep(inputs);
  expect(again.outputs, again.log).toMatchObject({ complete: 'true', released: 'true' });
  expect(portal.effects()).toEqual(EFFECTS);
});

test.concurrent('a page instead of the response to a write that took: what the portal shows counts', async () => {
  const { portal, first } = await chainThrough('HTML 200 after', '/online');
  expect(first.outputs, first.log).toMatchObject({ verdict: 'succeeded', released: 'true', changed: 'true' });
  expect(first.log).toContain('the portal shows its effect, although it responded');
  expect(portal.effects()).toEqual(EFFECTS);
});
