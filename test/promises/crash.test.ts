/** An unexpected error at any layer ends in a report that holds no secret, and nothing is written to the portal after it. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { COOKIE, startPortal } from '../support/portal.ts';

const boom = () => new Error(`boom ${COOKIE} ${encodeURIComponent(COOKIE)} ${Buffer.from(COOKIE).toString('base64')}`);
const SECRETS = [
  COOKIE,
  COOKIE.split('=')[1] ?? '',
  encodeURIComponent(COOKIE),
  Buffer.from(COOKIE).toString('base64'),
];

let place: Place;
const given = { ...process.env };
beforeAll(() => {
  place = newPlace();
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY']) {
    process.env[name] = join(place.temp, name);
    writeFileSync(join(place.temp, name), '');
  }
});
afterAll(() => {
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY']) process.env[name] = given[name] ?? '';
  place.close();
});

const LAYERS: Readonly<Record<string, (world: ReturnType<typeof fakeClock>) => { crashed?: Promise<never> }>> = {
  'the clock, during a wait': (clock) => {
    clock.onSleep = () => {
      throw boom();
    };
    return {};
  },
  'the random numbers, before a wait': (clock) => {
    clock.random = () => {
      throw boom();
    };
    return {};
  },
  'a promise that nobody awaits': (clock) => {
    let crash = (_: Error) => {};
    const crashed = new Promise<never>((_, reject) => {
      crash = reject;
    });
    crashed.catch(() => {});
    clock.onSleep = () => crash(boom());
    return { crashed };
  },
};

test.each(Object.entries(LAYERS))('an unexpected error in %s ends in a report without secrets', async (_, breaks) => {
  const clock = fakeClock();
  const portal = await startPortal({
    now: clock.now,
    rules: { review: { mode: 'approve', afterMs: 3_600_000 } },
    seed: { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0', state: 'created' },
  });
  const proxy = await startFaultProxy(portal.url, () => undefined);
  const files = {
    GITHUB_OUTPUT: join(place.temp, 'GITHUB_OUTPUT'),
    GITHUB_STEP_SUMMARY: join(place.temp, 'GITHUB_STEP_SUMMARY'),
  };
  const inputs = {
    ...portal.inputs,
    'portal-url': proxy.url,
    stage: 'apply',
    version: '1.0.0',
    'approval-timeout': '6h',
  };
  const { report, exitCode, log } = await runInProcess(inputs, { clock, place, environment: files, ...breaks(clock) });
  await proxy.close();
  await portal.close();
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ verdict: 'failed', error: { code: 'internal' }, state: 'in-review', changed: true });
  const written = [
    log.replace(/^::add-mask::.*$/gm, ''),
    ...readdirSync(place.temp).map((file) => readFileSync(join(place.temp, file), 'utf8')),
  ].join('\n');
  expect(written).toContain('boom ***');
  for (const secret of SECRETS) expect(written).not.toContain(secret);
  expect(written).toMatch(/^verdict<<\S+\nfailed$/m);
});

test('after the report of a crash nothing more is written to the portal', async () => {
  const clock = fakeClock();
  const folder = newPlace();
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
  const { report } = await runInProcess(inputs, { clock, place: folder, ...{ crashed } });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const effects = portal.effects();
  await portal.close();
  folder.close();
  expect([report.verdict, effects]).toEqual(['failed', ['startApproval']]);
});
