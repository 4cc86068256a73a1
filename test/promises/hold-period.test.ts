/** No ratio of a rollout is increased before its hold period is over, whatever other runs and the portal's clock do. */

import { expect, test } from 'vitest';
import type { DriveContext } from '../../src/drive/context.ts';
import type { Portal } from '../../src/portal/port.ts';
import { type MemoryPortalOptions, unreachable } from '../support/memory-portal.ts';
import { type StageScene, stageScene } from '../support/stage-scene.ts';

const MINUTE = 60_000;
const RAMP = { ratios: [5, 20, 50], soakMs: 30 * MINUTE } as const;

test('a ratio that another run increased during this step has its hold period, too', async () => {
  const raised: number[] = [];
  const onWrite: MemoryPortalOptions['onWrite'] = (operation) => {
    if (operation === 'startGrayscale') raised.push(here.clock.now());
    // Another run starts 20 % right before this one does.
    return operation === 'startGrayscale' && raised.length === 1 ? 'done by another' : undefined;
  };
  const here: StageScene = stageScene({ state: 'grayscale', ratioPercent: 5, onWrite }, RAMP);
  expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
  expect(here.portal.sent.slice(0, 2)).toEqual(['setRatio 20', 'startGrayscale 20 (refused)']);
  expect((raised[1] ?? 0) - (raised[0] ?? 0)).toBeGreaterThanOrEqual(RAMP.soakMs);
});

test('each ratio has its hold period although the portal reports an old time of change', async () => {
  const here = stageScene({ state: 'rollout-ready' }, RAMP);
  const listReleases: Portal['listReleases'] = async (page) => {
    const { items, last } = await here.portal.listReleases(page);
    return { items: items.map((item) => ({ ...item, modifiedAtMs: 1_500_000_000_000 })), last };
  };
  const startMs = here.clock.now();
  const end = await here.drive('grayscale', { portal: { ...here.portal, listReleases } });
  expect(end).toMatchObject({ kind: 'reached' });
  expect(here.clock.now() - startMs).toBeGreaterThanOrEqual(3 * RAMP.soakMs);
});

test('an outage of the portal at the end of a hold period does not stop the rollout', async () => {
  const outages = [{ fromMs: 29 * MINUTE, toMs: 31 * MINUTE, error: unreachable() }];
  const here = stageScene({ state: 'grayscale', ratioPercent: 50, outages }, RAMP);
  expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
});

test('a portal that reports another time of change on each poll is polled at the usual gaps', async () => {
  const here = stageScene({ state: 'grayscale', ratioPercent: 50 }, { ...RAMP, soakMs: 24 * 60 * MINUTE });
  let waits = 0;
  const listReleases: Portal['listReleases'] = async (page) => {
    const { items, last } = await here.portal.listReleases(page);
    return { items: items.map((item) => ({ ...item, modifiedAtMs: here.clock.now() })), last };
  };
  const emit: DriveContext['emit'] = async ({ kind }) => {
    if (kind === 'waiting') waits++;
  };
  await here.drive('grayscale', { portal: { ...here.portal, listReleases }, emit });
  expect([waits, here.portal.looksMs.length < 500]).toEqual([1, true]);
});
