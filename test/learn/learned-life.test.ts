/** What was learned from a recording runs the whole life on the dialect that was recorded. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readHars } from '../../src/learn/har.ts';
import { learn } from '../../src/learn/learner.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { COMMON } from '../support/action.ts';
import { DIALECTS, recordGuide } from '../support/dialects.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';

let place: Place | undefined;
afterEach(() => place?.close());

describe.each(DIALECTS.map((dialect) => [dialect.name, dialect] as const))('on the dialect %s', (_, dialect) => {
  test('a version is submitted, applied for, tested, rolled out, released, withdrawn and rolled back', async () => {
    place = newPlace();
    const { workspace } = place;
    writeFileSync(join(workspace, 'recording.har'), JSON.stringify(await recordGuide(dialect)));
    const { warnings: _warnings, ...recording } = readHars([join(workspace, 'recording.har')], undefined);
    const learned = learn([recording], defaultProfile, { is: {}, means: {} });
    writeFileSync(join(workspace, 'profile.json'), JSON.stringify({ name: 'learned', ...learned.changes }));
    mkdirSync(join(workspace, 'build'));
    writeFileSync(join(workspace, 'build', 'index.html'), '<!doctype html>');
    const clock = fakeClock({ startMs: Date.now() });
    const reaches = async (stage: string, version: string, state: string, more = {}, seed = '') => {
      const inputs = {
        ...COMMON,
        'portal-url': `sandbox?dialect=profile.json&file=state.json&after=0s${seed}`,
        stage,
        version,
        ...more,
      };
      const { report, log } = await runInProcess(inputs, { clock, place: place as Place });
      expect(report, log).toMatchObject({ state });
    };
    await reaches('upload', '1.1.0', 'none', { package: 'build' }, '&live=1.0.0');
    await reaches('submit apply', '1.1.0', 'approved');
    await reaches('whitelist', '1.1.0', 'whitelist-testing', { 'whitelist-ids': 'tester-1, tester-2' });
    await reaches('grayscale', '1.1.0', 'grayscale', { 'grayscale-ratio': '7, 29', 'grayscale-soak': '0s' });
    await reaches('release', '1.1.0', 'released');
    await reaches('upload submit apply', '1.2.0', 'approved', { package: 'build' });
    await reaches('withdraw', '1.2.0', 'withdrawn');
    await reaches('rollback', '1.0.0', 'released');
  });
});
