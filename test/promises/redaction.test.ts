/**
 * Promises 5 and 10 on a whole step: secrets that look like our words, versions, statuses or other inputs change neither
 * a decision nor a fixed form, and untrusted text does not show them.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commentOf } from '../../src/report/comment.ts';
import { deploymentOf } from '../../src/report/deployment.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import type { Report } from '../../src/report/report.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { COMMON, MINIAPP } from '../support/action.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal } from '../support/portal.ts';

let place: Place;
let portal: TestPortal | undefined;
beforeEach(() => {
  place = newPlace();
});
afterEach(async () => {
  place.close();
  await portal?.close();
  portal = undefined;
});

/** Runs a step; `written` is what leaves the process, but for the masks. */
async function runStep(inputs: Readonly<Record<string, string>>, respond?: (path: string) => unknown) {
  const { report, log } = await runInProcess(
    { ...COMMON, 'approval-timeout': '0s', ...inputs },
    {
      clock: fakeClock(),
      place,
      ...(respond && {
        exchange: async ({ url }) => ({
          status: 200,
          headers: {},
          body: Buffer.from(JSON.stringify(respond(url.pathname))),
          text: JSON.stringify(respond(url.pathname)),
        }),
      }),
    },
  );
  const outputs = outputsOf(report, '');
  const views = [JSON.stringify(outputs), summaryOf(report), commentOf(report), JSON.stringify(deploymentOf(report))];
  return { report, log, outputs, written: [log.replace(/^::add-mask::.*$/gm, ''), ...views].join('\n') };
}

/** What must not depend on the secrets: everything but what time gives. */
function steady(report: Report) {
  const { operations, startedAt: _, endedAt: __, publishId: ___, previewUrl: ____, ...facts } = report;
  return { ...facts, operations: operations.map(({ operation, ok }) => ({ operation, ok })) };
}

/** IDs that are also digits of versions, statuses, booleans, stages, our words, and plain inputs. */
const AWKWARD = [
  ...['0', '1', '2', '7', '9', '20', '100', '2026'],
  ...['PASSED', 'BETA', 'ONLINE', 'GRAY', 'true', 'false', 'null', 'success', 'data', 'list'],
  ...['the', 'live', 'is', 'on', 'released', 'unchanged', 'succeeded', 'whitelist', 'whitelist-testing', 'setRatio'],
  ...['GOPAY', 'production', MINIAPP, MINIAPP.slice(0, 8), 'gopay', 'sandbox-0000', 'test', 'Nothing', 'version'],
];
const HARMLESS = AWKWARD.map((_, index) => `tester-${index}-x0815`);

const STEPS: Readonly<
  Record<string, { inputs: Record<string, string>; seed: Record<string, unknown>; verdict: string }>
> = {
  'a whitelist test': {
    inputs: { stage: 'whitelist', version: '1.1.0' },
    seed: { live: '1.0.0', version: '1.1.0', state: 'approved' },
    verdict: 'succeeded',
  },
  'a rollout with a release': {
    inputs: { stage: 'grayscale release', version: '1.1.0', 'grayscale-ratio': '20, 100', 'grayscale-soak': '1m' },
    seed: { live: '1.0.0', version: '1.1.0', state: 'approved' },
    verdict: 'succeeded',
  },
  'a downgrade': {
    inputs: { stage: 'release', version: '1.6.0' },
    seed: { live: '1.7.0', version: '1.6.0', state: 'approved' },
    verdict: 'refused',
  },
  'a second release': {
    inputs: { stage: 'submit apply', version: '1.1.0' },
    seed: { versions: ['1.1.0'], live: '1.0.0', version: '1.2.0', state: 'approved' },
    verdict: 'refused',
  },
  'a status': {
    inputs: { stage: 'status', version: '1.1.0' },
    seed: { live: '1.7.0', version: '1.1.0', state: 'rejected' },
    verdict: 'unchanged',
  },
};

describe('user IDs that look like something else', () => {
  test.each(Object.entries(STEPS))('%s ends as with any other user IDs', async (_, { inputs, seed, verdict }) => {
    const runWith = async (ids: readonly string[]) => {
      portal = await startPortal({ seed, now: () => Date.UTC(2026, 0, 1) });
      const step = await runStep({
        ...portal.inputs,
        ...inputs,
        environment: 'production',
        'whitelist-ids': ids.join(' '),
      });
      const effects = portal.effects();
      await portal.close();
      portal = undefined;
      return { ...step, effects };
    };
    const plain = await runWith(HARMLESS);
    const awkward = await runWith(AWKWARD);
    expect(plain.report.verdict).toBe(verdict);
    expect(awkward.effects).toEqual(plain.effects);
    const { portalStatus: _status, reason: _reason, history: _history, ...facts } = steady(awkward.report);
    expect(steady(plain.report)).toMatchObject(facts);
    for (const name of ['complete', 'released', 'changed', 'version', 'state', 'live-version', 'next-stages'] as const)
      expect(awkward.outputs[name], name).toBe(plain.outputs[name]);
    expect(awkward.outputs['publish-id']).toMatch(/^\d*$/);
    expect(awkward.outputs.message).toBe(plain.outputs.message);
    // The runner masks whatever it is given, everywhere in the job.
    const masks = [...awkward.log.matchAll(/^::add-mask::(.*)$/gm)].map(([, mask]) => mask);
    expect(masks.filter((mask) => mask && AWKWARD.includes(mask))).toEqual(['sandbox-0000']);
  });
});

describe('untrusted text', () => {
  const refusal = (errorMsg: string) => ({ success: false, data: null, errorCode: 'LOCKED', errorMsg, traceId: 't-1' });
  const login = { 'portal-url': 'https://miniapp.midtrans.com', stage: 'status', version: '1.0.0' };

  test.each(['budi77', 'budi', 'bo', 'the', '7'])('does not show the user name %s', async (username) => {
    const inputs = { ...login, 'portal-username': username, 'portal-password': 'pw' };
    const { report, written } = await runStep(inputs, () => refusal(`account ${username} is locked, not ${username}x`));
    expect(report.error).toMatchObject({ code: 'portal-unauthorized' });
    expect(report.error?.found).toContain('The login was refused: LOCKED, account *** is locked');
    expect(report.error?.todo).toContain('so that the account is not locked');
    expect(written).not.toContain(`account ${username}`);
  });

  test('does not show the value of a short session', async () => {
    const inputs = { ...login, 'portal-session': 'sid=ab12' };
    const { report } = await runStep(inputs, () => refusal('no right for ab12 here'));
    expect(report.error?.found).toContain('no right for *** here');
  });

  test('shows a secret that is a plain input of the step, which is not masked either', async () => {
    const inputs = { ...login, 'portal-session': `app=${MINIAPP}; target=GOPAY; sid=c0ffee-4711-0815` };
    const { report, log } = await runStep(inputs, () => refusal(`no right on ${MINIAPP} for c0ffee-4711-0815`));
    expect(report.error?.found).toContain(`no right on ${MINIAPP} for ***`);
    expect(log).toContain('::add-mask::c0ffee-4711-0815\n');
    expect(log).not.toContain(`::add-mask::${MINIAPP}\n`);
  });

  test('does not show a credential that stands in the wrong input', async () => {
    const inputs = { ...login, version: 'Kata-sandi', 'portal-username': 'budi', 'portal-password': 'Kata-sandi' };
    const { report, written } = await runStep(inputs, () => refusal(''));
    expect(report.error?.found).toContain('version: got "***"');
    expect(written).not.toContain('Kata-sandi');
  });

  test.each([
    ['version', '1.0.0-c0ffee-4711'],
    ['version', 'c0ffee-4711'],
    ['versionStatus', 'c0ffee-4711'],
    ['publishId', 'c0ffee-4711'],
    ['approveComment', 'because of C0FFEE-4711'],
  ])('of a release, in %s, does not show a credential', async (field, text) => {
    const release = { version: '1.0.0', versionStatus: 'REJECTED', publishId: '12345', approveComment: 'no' };
    const list = [
      { ...release, version: '0.9.0' },
      { ...release, [field]: text },
    ];
    const inputs = { ...login, version: '', stage: 'status', 'portal-session': 'sid=c0ffee-4711' };
    const { written } = await runStep(inputs, () => ({ success: true, data: { list }, errorCode: '', errorMsg: '' }));
    expect(written.toLowerCase()).not.toContain('c0ffee-4711');
  });
});
