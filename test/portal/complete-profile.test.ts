/** A portal profile stands by itself: what it leaves out is unsupported, and nothing is taken from the default profile. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import { newJob } from '../support/action.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal } from '../support/portal.ts';

test.each([
  ['operations', 'goOnline', 'profile-invalid', /does not support goOnline/],
  ['statuses', 'PASSED', 'portal-status-unknown', /PASSED/],
] as const)(
  'a profile without %s.%s ends the step, and nothing is taken from the default profile',
  async (part, name, code, found) => {
    const portal = await startPortal({ seed: { versions: ['1.0.0'], version: '1.0.0', state: 'approved' } });
    const job = newJob();
    const profile = structuredClone(defaultProfile) as unknown as Record<string, Record<string, unknown>>;
    delete profile[part]?.[name];
    writeFileSync(join(job.workspace, 'profile.json'), JSON.stringify(profile));
    const inputs = { ...portal.inputs, stage: 'release', version: '1.0.0', 'portal-profile': 'profile.json' };
    const { report } = await runInProcess(inputs, { place: job });
    expect(report.error?.code).toBe(code);
    expect(report.error?.found).toMatch(found);
    expect(portal.effects()).toEqual([]);
    job.close();
    await portal.close();
  },
);
