/**
 * A value that the portal shows in another form than the profile says: it is named with its place, and is neither taken
 * for another value nor for none. In particular no write is sent again for it.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkProfile } from '../../src/portal/profile/load.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { createFaultLink } from '../support/fault-link.ts';
import type { Choose, Fault } from '../support/fault-proxy.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { openPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

let place: Place;
afterEach(() => place.close());

type Row = Record<string, unknown>;

/** A portal that shows its releases as `show` changes them; the response to startGrayscale may be lost once. */
async function portalThatShows(
  show: (row: Row) => Row,
  profile: object,
  lost?: Fault,
  more: Pick<TestPortalOptions, 'dialect' | 'credentials'> = {},
) {
  const clock = fakeClock();
  place = newPlace();
  writeFileSync(join(place.workspace, 'profile.json'), JSON.stringify(profile));
  const seed = { live: '1.0.0', version: '1.1.0', state: 'approved' } as const;
  const portal = await openPortal({ now: clock.now, seed, ...more });
  let starts = 0;
  const choose: Choose = (_, request) => {
    if (request?.path.endsWith('/gray/start') && ++starts === 1) return lost;
    if (!request?.path.includes('/publish/version/query')) return undefined;
    return async ({ response, forward }) => {
      const json = JSON.parse(String((await forward()).body));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...json, data: { ...json.data, list: json.data.list.map(show) } }));
    };
  };
  return {
    accepted: portal.effects,
    read: portal.read,
    async step(inputs: Readonly<Record<string, string>>) {
      const link = createFaultLink(portal, choose);
      clock.onSleep = link.slept;
      const given = { ...portal.inputs, version: '1.1.0', 'portal-profile': 'profile.json', ...inputs };
      return runInProcess(given, { clock, place, exchange: link.exchange });
    },
  };
}

const SHOWN: Readonly<Record<string, (percent: number) => unknown>> = {
  percent: (percent) => percent,
  'percent as text': (percent) => String(percent),
  fraction: (percent) => percent / 100,
  'fraction as text': (percent) => String(percent / 100),
  'text with a sign': (percent) => `${percent}%`,
};

describe.each(['percent', 'fraction'])('a profile that says %s', (form) => {
  const profile = { release: { ratio: { form } } };
  const rollout = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '0s' };
  const cases = Object.keys(SHOWN).flatMap((shown) =>
    [undefined, 'reset after', '502 HTML after'].map((lost) => ({ shown, lost, answer: lost ?? 'which comes' })),
  );

  test.each(cases)('and a portal that shows $shown; response to the start: $answer', async ({ shown, lost }) => {
    const show = (row: Row): Row => ({ ...row, grayRatio: SHOWN[shown]?.(Number(row['grayRatio'])) });
    const portal = await portalThatShows(show, profile, lost as Fault | undefined);
    const { report, log } = await portal.step(rollout);
    const first = ['skipPilot', 'setRatio 5', 'startGrayscale'];
    if (shown.startsWith(form)) {
      expect(report, log).toMatchObject({ verdict: 'succeeded', ratioPercent: 20 });
      expect(portal.accepted()).toEqual([...first, 'setRatio 20', 'startGrayscale']);
      return;
    }
    expect(report.error, log).toMatchObject({ code: 'portal-unexpected' });
    const value = JSON.stringify(SHOWN[shown]?.(5)).replaceAll('"', '');
    for (const part of ['grayRatio', 'release.ratio', value]) expect(report.error?.found).toContain(part);
    expect(portal.accepted()).toEqual(first);
  });
});

const TIMES: Readonly<Record<string, (ms: number) => unknown>> = {
  milliseconds: (ms) => ms,
  seconds: (ms) => Math.floor(ms / 1000),
  text: (ms) => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
};

describe.each(Object.keys(TIMES))('a profile that says times in %s', (form) => {
  const profile = { release: { modifiedAt: { form, ...(form === 'text' && { zone: '+07:00' }) } } };
  const resumed = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1h', 'soak-mode': 'resume' };

  test.each(Object.keys(TIMES))('and a portal that shows %s', async (shown) => {
    const show = (row: Row): Row => ({ ...row, gmtModified: TIMES[shown]?.(Number(row['gmtModified'])) });
    const portal = await portalThatShows(show, profile);
    const { report, log } = await portal.step(resumed);
    if (shown === form) {
      expect(report, log).toMatchObject({ verdict: 'pending', ratioPercent: 5 });
      return;
    }
    expect(report, log).toMatchObject({ verdict: 'refused' });
    for (const part of ['gmtModified', 'release.modifiedAt']) expect(report.reason).toContain(part);
    expect(portal.accepted().filter((effect) => effect === 'startGrayscale').length).toBeLessThan(2);
  });
});

/** A portal that has the forms of the profile, those of its responses included. */
async function portalIn(changes: object) {
  const { profile, faults } = checkProfile(changes);
  expect(faults).toEqual([]);
  return portalThatShows((row) => row, changes, undefined, { dialect: profile });
}

describe('forms that profile and portal agree on', () => {
  const OUT = ['{ratio}', '{ratio:text}', '{ratio:fraction}', '{ratio:fraction-text}'];
  const forms = OUT.flatMap((out) =>
    ['percent', 'fraction'].flatMap((back) => Object.keys(TIMES).map((time) => ({ out, back, time }))),
  );
  test.each(forms)('a ratio sent as $out, shown as $back, with times in $time', async ({ out, back, time }) => {
    const portal = await portalIn({
      operations: { setRatio: { body: { ratio: null, rate: out } } },
      release: { ratio: { form: back }, modifiedAt: { form: time, zone: '+07:00' } },
    });
    const ramp = { stage: 'grayscale', 'grayscale-ratio': '7, 29, 100', 'grayscale-soak': '1m' };
    const { report, log } = await portal.step(ramp);
    expect(report, log).toMatchObject({ verdict: 'succeeded', ratioPercent: 100 });
    const steps = [7, 29, 100].flatMap((ratio) => [`setRatio ${ratio}`, 'startGrayscale']);
    expect(portal.accepted()).toEqual(['skipPilot', ...steps]);
  });

  const USERS = ['{userIds}', '{userIds:,}', '{userIds:;}', '{userIds:|}', '{userIds: }', '{userIds:\n}'];
  const lists = [...USERS, [{ user: '{userIds:each}' }], '{userId}'];
  const folds = lists.flatMap((users) => [false, true].map((folded) => ({ users, folded })));
  test.each(folds)('user IDs as $users (with the call that starts the test: $folded)', async ({ users, folded }) => {
    const isEach = users === '{userId}';
    const call = { body: { ...(!folded && { userIds: null }), users } };
    const portal = await portalIn({
      ...(isEach && { whitelistBatch: 1 }),
      operations: folded ? { addWhitelist: 'startPilot', startPilot: call } : { addWhitelist: call },
    });
    const ids = folded && isEach ? 'tester-1' : 'tester-1 tester-2';
    const { report, log } = await portal.step({ stage: 'whitelist', 'whitelist-ids': ids });
    const count = ids.split(' ').length;
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'whitelist-testing', whitelistCount: count });
    const calls = isEach ? count : 1;
    expect(portal.accepted()).toEqual([...Array.from({ length: calls }, () => 'addWhitelist'), 'startPilot']);
  });

  test.each(['{appId}', '{appId:number}'])('an id as %s', async (appId) => {
    const body = { appId, channelCode: null, ticket: '{channelCode}' };
    const portal = await portalIn({ operations: { skipPilot: { body }, goOnline: { body } } });
    const { report, log } = await portal.step({ stage: 'release' });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'released' });
    expect(report.publishId).toBe(portal.read().apps[0]?.releases[1]?.publishId);
  });
});
