/** What the default profile takes from public pages and from the one public client, held end to end. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/net/exchange.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { COMMON } from '../support/action.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { createFaultLink } from '../support/fault-link.ts';
import type { Choose } from '../support/fault-proxy.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { COOKIE, type InProcessPortal, openPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

let place: Place;
let portal: InProcessPortal;
afterEach(() => place.close());

/** Steps against a portal in this process, at any address; `sent` are their requests. */
async function stepsAt(url: string, options: TestPortalOptions, choose: Choose = () => undefined) {
  const clock = fakeClock();
  place = newPlace();
  portal = await openPortal({ now: clock.now, ...options });
  const link = createFaultLink(portal, choose);
  clock.onSleep = link.slept;
  const sent: Pick<Exchange, 'url' | 'headers'>[] = [];
  const step = (inputs: Readonly<Record<string, string>>) =>
    runInProcess(
      { ...COMMON, 'portal-url': url, 'portal-session': COOKIE, version: '1.1.0', ...inputs },
      {
        clock,
        place,
        exchange: (request) => {
          sent.push(request);
          return link.exchange(request);
        },
      },
    );
  return { step, sent };
}

const SEED = { live: '1.0.0', version: '1.1.0', state: 'approved' } as const;

describe.each([
  ['https://miniapp.midtrans.com', 'gopay'],
  ['https://miniapp.stg.midtrans.com', 'gopaystaging'],
])('the portal %s', (url, scheme) => {
  test('is known without portal-hosts, gets every request and its own Referer, and has its preview', async () => {
    const { step, sent } = await stepsAt(url, { seed: SEED });
    const { report, log } = await step({ stage: 'release' });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'released' });
    expect(report.previewUrl).toBe(
      `${scheme}://mini-app/windvane?app_id=${COMMON['miniapp-id']}&publish_id=${report.publishId}`,
    );
    expect(new Set(sent.map((request) => request.url.origin))).toEqual(new Set([url]));
    for (const { headers } of sent) expect(headers).toMatchObject({ origin: url, referer: `${url}/superapp` });
  });
});

test('the profile names the scheme of the preview, and a complete profile without one has that of the default', async () => {
  for (const [changes, scheme] of [
    [{ preview: { scheme: 'other-app' } }, 'other-app'],
    [{ ...defaultProfile, name: 'complete', preview: undefined }, 'gopay'],
  ] as const) {
    const { step } = await stepsAt('https://miniapp.midtrans.com', { seed: SEED });
    writeFileSync(join(place.workspace, 'profile.json'), JSON.stringify(changes));
    const { report, log } = await step({ stage: 'status', 'portal-profile': 'profile.json' });
    expect(report.previewUrl, log).toContain(`${scheme}://mini-app/windvane?`);
  }
});

test('another host needs portal-hosts, and gets nothing without it', async () => {
  const { step, sent } = await stepsAt('https://miniapp.stg.midtrans.com.evil.example', { seed: SEED });
  const { report } = await step({ stage: 'status' });
  expect(report.error?.code).toBe('input-invalid');
  expect(sent).toEqual([]);
});

describe('a response in another shape', () => {
  const WORDS = ['versionStatus', 'status', 'approveStatus', 'publishStatus'];
  const shapes = WORDS.flatMap((status) => ['version', 'name'].map((version) => ({ status, version })));
  test.each(shapes)('one object with its $version and $status is the release', async ({ status, version }) => {
    const change: Choose = (_, request) =>
      request?.path.includes('/publish/version/query')
        ? async ({ response, forward }) => {
            const json = JSON.parse(String((await forward()).body));
            const [row] = json.data.list.filter((item: { version: string }) => item.version === '1.1.0');
            const data = row && { [version]: row.version, [status]: row.versionStatus, publishId: row.publishId };
            response.writeHead(200, { 'content-type': 'application/json' });
            response.end(JSON.stringify({ ...json, data }));
          }
        : undefined;
    const { step } = await stepsAt('https://miniapp.midtrans.com', { seed: SEED }, change);
    const { report, log } = await step({ stage: 'status' });
    expect(report, log).toMatchObject({ state: 'approved', portalStatus: 'PASSED' });
  });

  test('a version without artifacts is submitted with the path that uploads have', async () => {
    const change: Choose = (_, request) =>
      request?.path.includes('/app/version/query')
        ? async ({ response, forward }) => {
            const json = JSON.parse(String((await forward()).body));
            for (const item of json.data.list) delete item.artifactList;
            response.writeHead(200, { 'content-type': 'application/json' });
            response.end(JSON.stringify(json));
          }
        : undefined;
    const { step } = await stepsAt('https://miniapp.midtrans.com', { seed: { versions: ['1.1.0'] } }, change);
    const { report, log } = await step({ stage: 'submit' });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'created' });
    expect(portal.effects()).toEqual(['createRelease']);
  });
});

test('the type of a history entry is observed, the artifacts of a version are inferred', () => {
  expect(defaultProfile.history.type?.mark).toBe('observed');
  expect(defaultProfile.version.artifacts.mark).toBe('inferred');
});

describe('a release that the portal does not list after it was applied for', () => {
  /** Readings of releases that come back empty, from the application on. */
  const missingFor = (readings: number): Choose => {
    let applied = false;
    let left = readings;
    return (_, request) => {
      if (request?.path.endsWith('/startApprove')) applied = true;
      if (!applied || !request?.path.includes('/publish/version/query') || left-- <= 0) return undefined;
      return async ({ response, forward }) => {
        const json = JSON.parse(String((await forward()).body));
        const list = json.data.list.filter((item: { version: string }) => item.version !== '1.1.0');
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...json, data: { ...json.data, list, total: list.length } }));
      };
    };
  };
  const CREATED = { ...SEED, state: 'created' } as const;

  test.each([1, 4, 9, 20])('is waited for over %i readings, and nothing is sent twice', async (readings) => {
    const options = { seed: CREATED, rules: { review: { mode: 'approve', afterMs: 60_000 } } } as const;
    const { step } = await stepsAt('https://miniapp.midtrans.com', options, missingFor(readings));
    const { report, log } = await step({ stage: 'submit apply' });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(portal.effects()).toEqual(['startApproval']);
  });

  test('is said to be missing after two minutes, with what to do, and nothing is sent twice', async () => {
    const { step } = await stepsAt('https://miniapp.midtrans.com', { seed: CREATED }, missingFor(1_000));
    const { report, log } = await step({ stage: 'submit apply' });
    expect(report.error, log).toMatchObject({ code: 'effect-not-seen' });
    expect(report.error?.found).toBe(
      'The portal accepted startApproval, and two minutes later the portal does not list 1.1.0.',
    );
    expect(portal.effects()).toEqual(['startApproval']);
  });
});
