/**
 * Promise 1 on a portal that does several operations with one call: whatever becomes of the response to that call, the
 * portal accepts each of its operations once. It is counted on the portal.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { checkProfile } from '../../src/portal/profile/load.ts';
import type { Seed } from '../../src/sandbox/portal.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { createFaultLink } from '../support/fault-link.ts';
import type { Choose, Fault } from '../support/fault-proxy.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { openPortal } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const FOLDED = JSON.parse(
  readFileSync(fileURLToPath(new URL('../fixtures/dialects/folded.json', import.meta.url)), 'utf8'),
);

let place: Place;
afterEach(() => place.close());

/** Steps on a portal with folded calls. Of a field in `hidden` it shows nothing. */
async function portalWith(seed: Partial<Seed>, hidden: readonly string[] = []) {
  const clock = fakeClock();
  place = newPlace();
  const release = Object.fromEntries(hidden.map((name) => [name, null]));
  const text = JSON.stringify({ ...FOLDED, release });
  writeFileSync(join(place.workspace, 'profile.json'), text);
  mkdirSync(join(place.workspace, 'build'));
  writeFileSync(join(place.workspace, 'build', 'index.html'), '<!doctype html>');
  const portal = await openPortal({ now: clock.now, seed, dialect: checkProfile(JSON.parse(text)).profile });
  const { 'portal-session': _, ...inputs } = portal.inputs;
  return {
    accepted: portal.effects,
    async step(more: Readonly<Record<string, string>>, choose: Choose = () => undefined) {
      const link = createFaultLink(portal, choose);
      clock.onSleep = link.slept;
      const given = { ...inputs, version: '1.1.0', 'portal-profile': 'profile.json', 'portal-session': 'token-4711' };
      return runInProcess({ ...given, ...more }, { clock, place, exchange: link.exchange });
    },
  };
}

/** The fault at the n-th request to an address. */
function faultAt(path: string, fault: Fault, nth = 1): Choose {
  let seen = 0;
  return (_, request) => (request?.path.includes(path) && ++seen === nth ? fault : undefined);
}

const LOST: readonly Fault[] = ['reset after', '502 HTML after', 'hang after', 'cut body', 'cut JSON'];
const NOT_TAKEN: readonly Fault[] = ['reset', 500, 'hang', '503 Retry-After', 'refuse'];
const LASTING: readonly Fault[] = ['wrong shape after', 'HTML 200 after'];
const FAULTS = [...LOST, ...NOT_TAKEN, ...LASTING];

interface Case {
  readonly name: string;
  /** A step before, in which nothing goes wrong. */
  readonly before?: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly seed: Partial<Seed>;
  /** The address of the call. */
  readonly at: string;
  readonly nth?: number;
  readonly accepted: readonly string[];
  readonly state: string;
}

const LIVE = { live: '1.0.0', version: '1.1.0' };
const IDS = { 'whitelist-ids': 'tester-1 tester-2' };
const RAMP = { stage: 'grayscale', 'grayscale-ratio': '7, 29', 'grayscale-soak': '0s' };
const CASES: readonly Case[] = [
  {
    name: 'an application that creates the release',
    inputs: { stage: 'apply' },
    seed: { live: '1.0.0', versions: ['1.1.0'] },
    at: '/release/apply',
    accepted: ['createRelease', 'startApproval'],
    state: 'approved',
  },
  {
    name: 'an application for a withdrawn release, which exists',
    before: { stage: 'withdraw' },
    inputs: { stage: 'apply', reapply: 'true' },
    seed: { ...LIVE, state: 'approved' },
    at: '/release/apply',
    accepted: ['cancelRelease', 'startApproval'],
    state: 'approved',
  },
  {
    name: 'a test that starts with its user IDs',
    inputs: { stage: 'whitelist', ...IDS },
    seed: { ...LIVE, state: 'approved' },
    at: '/release/test',
    accepted: ['addWhitelist', 'startPilot'],
    state: 'whitelist-testing',
  },
  {
    name: 'more user IDs for a running test',
    inputs: { stage: 'whitelist', ...IDS },
    seed: { ...LIVE, state: 'whitelist-testing' },
    at: '/release/test',
    accepted: ['addWhitelist', 'startPilot'],
    state: 'whitelist-testing',
  },
  {
    name: 'a rollout that starts with its ratio, without an end of the test',
    inputs: RAMP,
    seed: { ...LIVE, state: 'approved' },
    at: '/release/gray',
    accepted: ['skipPilot', 'setRatio 7', 'startGrayscale', 'setRatio 29', 'startGrayscale'],
    state: 'grayscale',
  },
  {
    name: 'a rollout whose ratio is increased',
    inputs: RAMP,
    seed: { ...LIVE, state: 'approved' },
    at: '/release/gray',
    nth: 2,
    accepted: ['skipPilot', 'setRatio 7', 'startGrayscale', 'setRatio 29', 'startGrayscale'],
    state: 'grayscale',
  },
  {
    name: 'an official release of an approved version, without an end of the test',
    inputs: { stage: 'release' },
    seed: { ...LIVE, state: 'approved' },
    at: '/release/online',
    accepted: ['skipPilot', 'goOnline'],
    state: 'released',
  },
  {
    name: 'a version that is created with its package',
    inputs: { stage: 'upload', package: 'build' },
    seed: { live: '1.0.0' },
    at: '/version/new',
    accepted: ['uploadPackage', 'createVersion'],
    state: 'none',
  },
];

describe.each(CASES)('$name', ({ before, inputs, seed, at, nth, accepted, state }) => {
  test('is accepted once where nothing goes wrong', async () => {
    const portal = await portalWith(seed);
    if (before) await portal.step(before);
    const { report, log } = await portal.step(inputs);
    expect(report, log).toMatchObject({ verdict: 'succeeded', state });
    expect(portal.accepted()).toEqual(accepted);
  });

  test.each(FAULTS)('is accepted once, and the step succeeds: %s', async (fault) => {
    const portal = await portalWith(seed);
    if (before) await portal.step(before);
    const { report, log } = await portal.step(inputs, faultAt(at, fault, nth));
    expect(portal.accepted(), log).toEqual(accepted);
    expect(report, log).toMatchObject({ verdict: 'succeeded', state, changed: true });
  });

  test.each(LOST)('is accepted once where the portal shows neither count nor time: %s', async (fault) => {
    const portal = await portalWith(seed, ['whitelistCount', 'modifiedAt']);
    if (before) await portal.step(before);
    const { report, log } = await portal.step(inputs, faultAt(at, fault, nth));
    expect(portal.accepted(), log).toEqual(accepted);
    if (report.verdict !== 'succeeded') expect(report.error, log).toMatchObject({ code: 'effect-not-seen' });
  });
});

test.each(LOST)('a rollout that starts with its ratio is accepted once where no ratio is shown: %s', async (fault) => {
  const portal = await portalWith({ ...LIVE, state: 'approved' }, ['ratio']);
  const inputs = { ...RAMP, 'grayscale-ratio': '7' };
  const { report, log } = await portal.step(inputs, faultAt('/release/gray', fault));
  expect(portal.accepted(), log).toEqual(['skipPilot', 'setRatio 7', 'startGrayscale']);
  expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'grayscale' });
});
