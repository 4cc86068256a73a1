/** What a step does when another run, or a person in the portal, changes the same release in the middle of it. */

import { expect, test } from 'vitest';
import type { Portal } from '../../src/portal/port.ts';
import { notAllowed, VERSION } from '../support/memory-portal.ts';
import { type StageScene, stageScene } from '../support/stage-scene.ts';

const MINUTE = 60_000;

test('a rollout that was started in this run and then reset by somebody is not started again', async () => {
  const timeline = [{ atMs: 10 * MINUTE, becomes: { state: 'approved' } }] as const;
  const here = stageScene({ state: 'rollout-ready', timeline }, { ratios: [5], soakMs: 30 * MINUTE });
  await expect(here.drive('grayscale')).rejects.toMatchObject({
    code: 'effect-not-seen',
    found: expect.stringContaining('The portal accepted startGrayscale 5% in this run'),
  });
  expect(here.portal.sent).toEqual(['setRatio 5', 'startGrayscale 5', 'skipPilot', 'setRatio 5']);
});

test('a ratio that somebody changed before it was started is set again and started', async () => {
  let starts = 0;
  const here: StageScene = stageScene(
    {
      state: 'grayscale',
      ratioPercent: 5,
      timeline: [{ atMs: 1, becomes: { ratioPercent: 10 } }],
      onWrite: (operation) => {
        if (operation !== 'startGrayscale' || ++starts > 1) return undefined;
        here.clock.advance(2);
        return notAllowed();
      },
    },
    { ratios: [20] },
  );
  expect(await here.drive('grayscale')).toMatchObject({ kind: 'reached' });
  expect(here.portal.sent).toEqual(['setRatio 20', 'startGrayscale 20 (refused)', 'setRatio 20', 'startGrayscale 20']);
});

test('an upload that another run overtook warns that the version may not hold this build', async () => {
  const here = stageScene({ state: 'none' });
  let created = false;
  const listVersions: Portal['listVersions'] = async () => ({
    items: created ? [{ version: VERSION, artifacts: ['theirs.zip'] }] : [],
    last: true,
  });
  const write: Portal['write'] = async (operation) => {
    if (operation === 'uploadPackage') return { artifacts: ['ours.zip'] };
    created = true;
    throw notAllowed();
  };
  const end = await here.drive('upload', { portal: { ...here.portal, listVersions, write } });
  expect(end).toMatchObject({ kind: 'reached', notice: expect.stringContaining('may not hold this build') });
});
