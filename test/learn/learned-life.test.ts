/** What was learned from a recording runs the whole life on the portal that was recorded. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readHars } from '../../src/learn/har.ts';
import { learn } from '../../src/learn/learner.ts';
import { isExplained } from '../../src/learn/report.ts';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { COMMON } from '../support/action.ts';
import { DIALECTS, recordGuide, type ServedDialect, serveDialect } from '../support/dialects.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { FURTHER } from '../support/further-dialects.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { RESOURCES } from '../support/resource-dialects.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

let place: Place | undefined;
let portal: ServedDialect | undefined;
afterEach(async () => {
  place?.close();
  await portal?.close();
});

test.each([...DIALECTS, ...FURTHER, ...RESOURCES].map((dialect) => [dialect.name, dialect] as const))(
  'on the dialect %s a version is submitted, tested, rolled out, released, withdrawn and rolled back',
  async (_, dialect) => {
    place = newPlace();
    const here = place;
    const { workspace } = here;
    writeFileSync(join(workspace, 'recording.har'), JSON.stringify(await recordGuide(dialect)));
    const learned = learn([readHars([join(workspace, 'recording.har')])], defaultProfile);
    expect(isExplained(learned)).toBe(true);
    expect(learned.warnings).toEqual([]);
    // What only some portals want: the package's path in the application, and a code that is a number.
    const { startApproval } = dialect.calls;
    if (JSON.stringify(startApproval ?? '').includes('{artifacts}')) {
      expect(learned.changes).toMatchObject({
        operations: { startApproval: { body: { Packages: '{artifacts}' } }, goOnline: { body: { Mode: 2 } } },
      });
    }
    writeFileSync(join(workspace, 'profile.json'), JSON.stringify({ name: 'learned', ...learned.changes }));
    mkdirSync(join(workspace, 'build'));
    writeFileSync(join(workspace, 'build', 'index.html'), '<!doctype html>');
    portal = await serveDialect(dialect);
    portal.decide('approve');
    const clock = fakeClock({ startMs: portal.nowMs() });
    const url = portal.url;
    const reaches = async (stage: string, version: string, state: string, more = {}) => {
      const inputs = {
        ...COMMON,
        'portal-url': url,
        'portal-profile': 'profile.json',
        'portal-session': 'session=of-the-learned-life',
        stage,
        version,
        ...more,
      };
      const { report, log } = await runInProcess(inputs, { clock, place: here });
      expect(report, log).toMatchObject({ state });
    };
    await reaches('upload', '1.1.0', 'none', { package: 'build' });
    await reaches('submit apply', '1.1.0', 'approved');
    await reaches('whitelist', '1.1.0', 'whitelist-testing', { 'whitelist-ids': 'tester-1, tester-2' });
    await reaches('grayscale', '1.1.0', 'grayscale', { 'grayscale-ratio': '7, 29', 'grayscale-soak': '0s' });
    await reaches('release', '1.1.0', 'released');
    await reaches('upload submit apply', '1.2.0', 'approved', { package: 'build' });
    await reaches('withdraw', '1.2.0', 'withdrawn');
    await reaches('rollback', '1.0.0', 'released');
    const [app] = portal.state().apps;
    expect(app?.releases.map(({ version, status }) => `${version} ${status}`)).toEqual([
      '1.0.0 ONLINE',
      '1.1.0 ARCHIVED',
      '1.2.0 CANCELLED',
    ]);
    expect(app?.releases[1]?.whitelistCount).toBe(2);
    const ratios = portal
      .state()
      .journal.flatMap(({ ratioPercent, errorCode }) => (errorCode ? [] : (ratioPercent ?? [])));
    expect(ratios).toEqual([7, 29]);
  },
);
