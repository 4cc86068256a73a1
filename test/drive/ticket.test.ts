/** A portal that names releases by their tickets: which ticket a write carries, and when it carries none and is not sent. */

import { describe, expect, test } from 'vitest';
import { observe } from '../../src/drive/observe.ts';
import { createObserver } from '../../src/drive/observer.ts';
import { encode, writeValues } from '../../src/portal/codec.ts';
import type { Portal } from '../../src/portal/port.ts';
import { checkProfile } from '../../src/portal/profile/load.ts';
import type { WriteOperation } from '../../src/release/lifecycle.ts';
import type { Release } from '../../src/release/release.ts';
import { codecWith } from '../support/codec.ts';
import { type MemoryPortalOptions, VERSION } from '../support/memory-portal.ts';
import { type StageScene, stageScene } from '../support/stage-scene.ts';

const NONE = { appId: null, sourceSpaceId: null, channelCode: null, version: null };
const byTicket = (name: string) => ({ method: 'POST', path: `/releases/{publishId}/${name}`, body: NONE });
const codec = codecWith({
  operations: {
    startApproval: byTicket('apply'),
    skipPilot: byTicket('skip'),
    goOnline: byTicket('online'),
  },
});

interface Lagging {
  /** Rows instead of that of the version; `sent`: how many writes were sent so far. */
  readonly shows: (row: Release, sent: number, reading: number) => Release | readonly Release[];
}

/** The portal of the scene, which shows tickets, with the addresses that it was called at. */
function lagging(here: StageScene, { shows }: Lagging) {
  const sent: string[] = [];
  let reading = 0;
  const rowsOf = (items: readonly Release[]) =>
    items.flatMap((row) => (row.version === '1.1.0' ? shows(row, sent.length, reading) : row));
  const portal: Portal = {
    ...here.portal,
    async listReleases(page) {
      const list = await here.portal.listReleases(page);
      reading++;
      return { ...list, items: rowsOf(list.items) };
    },
    findRelease: async (version) => {
      reading++;
      return rowsOf(await here.portal.findRelease(version));
    },
    async write(operation: WriteOperation, fields) {
      const { url } = encode(codec, operation, writeValues(codec, operation, fields));
      sent.push(url.pathname.replace('/rest/intercnn', ''));
      return here.portal.write(operation, fields);
    },
  };
  return { portal, sent };
}

const releaseOn = (options: Omit<MemoryPortalOptions, 'clock'>, lag: Lagging) => {
  const here = stageScene(options);
  const { portal, sent } = lagging(here, lag);
  return { sent, end: here.drive('release', { portal }) };
};

const TICKET = 'NEW-2';
const OLD: Release = {
  version: '1.1.0',
  state: 'withdrawn',
  portalStatus: 'WITHDRAWN',
  publishId: 'OLD-1',
  modifiedAtMs: Date.UTC(2025, 0, 1),
};

test('each write names the release by the ticket that was read', async () => {
  const { sent, end } = releaseOn({ state: 'approved' }, { shows: (row) => ({ ...row, publishId: TICKET }) });
  expect(await end).toMatchObject({ kind: 'reached' });
  expect(sent).toEqual(['/releases/NEW-2/skip', '/releases/NEW-2/online']);
});

describe('nothing is sent by the ticket of another release of the version', () => {
  test('of several rows the newest by its time counts', async () => {
    const { sent, end } = releaseOn(
      { state: 'approved' },
      { shows: (row) => [OLD, { ...row, publishId: TICKET }, { ...OLD, publishId: 'OLD-0' }] },
    );
    expect(await end).toMatchObject({ kind: 'reached' });
    expect(sent).toEqual(['/releases/NEW-2/skip', '/releases/NEW-2/online']);
  });

  test('a list that lags shows the old release for a while', async () => {
    const { sent, end } = releaseOn(
      { state: 'approved' },
      { shows: (row, writes, reading) => (writes === 1 && reading < 8 ? OLD : { ...row, publishId: TICKET }) },
    );
    expect(await end).toMatchObject({ kind: 'reached' });
    expect(sent).toEqual(['/releases/NEW-2/skip', '/releases/NEW-2/online']);
  });

  test('a list without times shows the old ticket in the same state', async () => {
    const { sent, end } = releaseOn(
      { state: 'approved', withoutTimes: true },
      { shows: (row, writes) => ({ ...row, publishId: writes === 0 ? TICKET : 'OLD-1' }) },
    );
    await expect(end).rejects.toMatchObject({ code: 'portal-unexpected' });
    expect(sent).toEqual(['/releases/NEW-2/skip']);
  });

  test('two rows of one status without times have no ticket', async () => {
    const { sent, end } = releaseOn(
      { state: 'approved', withoutTimes: true },
      {
        shows: (row) => [
          { ...row, publishId: 'OLD-1' },
          { ...row, publishId: TICKET },
        ],
      },
    );
    await expect(end).rejects.toThrow('skipPilot names the release by its ticket');
    expect(sent).toEqual([]);
  });

  test('a new application has a new ticket, and the list still shows the old one', async () => {
    const timeline = [{ atMs: 60_000, becomes: { state: 'approved' } as const }];
    const here = stageScene({ state: 'withdrawn', withoutTimes: true, timeline }, { reapply: true });
    const { portal, sent } = lagging(here, {
      shows: (row, writes, reading) => {
        if (writes === 0 || reading < 5) return { ...row, state: 'withdrawn', publishId: 'OLD-1' };
        return { ...row, publishId: TICKET };
      },
    });
    const observer = createObserver(await observe(portal, VERSION), portal, here.clock, () => {});
    const context = { portal, observer, approvalTimeoutMs: 3_600_000 };
    await here.drive('apply', context);
    expect(await here.drive('approval', context)).toMatchObject({ kind: 'reached' });
    expect(await here.drive('release', context)).toMatchObject({ kind: 'reached' });
    expect(sent).toEqual(['/releases/OLD-1/apply', '/releases/NEW-2/skip', '/releases/NEW-2/online']);
  });
});

test('a release without a ticket is an error before anything is sent, with the field of the profile', async () => {
  const { sent, end } = releaseOn({ state: 'approved' }, { shows: (row) => row });
  await expect(end).rejects.toMatchObject({
    code: 'portal-unexpected',
    message: expect.stringContaining('release.publishId'),
  });
  expect(sent).toEqual([]);
});

test('a ticket may not stand where the release does not exist yet, or cannot be read', () => {
  const faults = checkProfile({
    operations: {
      createRelease: { body: { id: '{publishId}' } },
      findRelease: { query: { id: '{publishId}' } },
      goOnline: { body: { id: '{publishId:text}' } },
    },
  }).faults;
  expect(faults).toHaveLength(3);
  expect(faults.join('\n')).toContain('operations.createRelease.body.id: unknown placeholder {publishId}');
  expect(faults.join('\n')).toContain('operations.findRelease.query.id: unknown placeholder {publishId}');
  expect(faults.join('\n')).toContain('takes "{publishId:number}"');
  const folded = { createRelease: 'startApproval', startApproval: { body: { id: '{publishId}' } } };
  expect(checkProfile({ operations: folded }).faults.join()).toContain('operations.startApproval.body.id: unknown');
  const unread = checkProfile({ operations: { goOnline: byTicket('online') }, release: { publishId: null } });
  expect(unread.faults.join()).toContain('operations.goOnline.path: {publishId} needs release.publishId');
});
