import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/lib/errors.ts';
import { runStep, type StepResult } from '../support/action.ts';
import { COOKIE, startPortal } from '../support/portal.ts';
import { annotation, expectWhole, withScene } from '../support/scene.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';
import { type Answerer, type Reply, startWire } from '../support/wire.ts';

runShareOfTables();

const LATER = { versions: ['1.0.0', '1.1.0'], live: '1.0.0', version: '1.1.0' };
const REFUSED = { success: false, data: null, errorCode: '', errorMsg: '', traceId: 'trace-4711' };
const list = (...items: unknown[]): Reply => ({
  body: { success: true, data: { list: items }, traceId: 'trace-4711' },
});

/** A status step on a portal that answers everything so. */
async function statusOf(reply: Reply, inputs: Record<string, string> = {}): Promise<StepResult> {
  return withScene({ answer: () => reply }, ({ step }) => step({ stage: 'status', ...inputs }));
}

function expectError(result: StepResult, code: keyof typeof ERRORS, ...found: (RegExp | string)[]): void {
  const { outputs, report } = result;
  expect(outputs).toMatchObject({ verdict: 'failed', 'error-code': code, complete: 'false', released: 'false' });
  expect(report.error?.code).toBe(code);
  const text = annotation(result);
  expect(text.startsWith(ERRORS[code].what)).toBe(true);
  expect(text.endsWith(`${report.error?.todo}\nMore: docs/troubleshooting.md#${code}`)).toBe(true);
  for (const part of found) expect(text).toMatch(part);
  expect(outputs.reason).not.toBe('');
}

describe.concurrent('portal-unreachable', () => {
  thoroughTest('nobody listens', async () => {
    const wire = await startWire();
    await wire.close();
    const portal = await startPortal();
    const result = await runStep({
      ...portal.inputs,
      'portal-url': wire.url,
      stage: 'status',
      'portal-session': 'A=b',
    });
    await portal.close();
    expectWhole(result);
    expectError(result, 'portal-unreachable', /ECONNREFUSED/, /portal-url, the network and the proxy/);
    expect(result.outputs).toMatchObject({ state: '', version: '', changed: 'false' });
  });
});

describe.concurrent('portal-unauthorized', () => {
  test.each([
    ['HTTP 401', { status: 401, body: '<html>Log in</html>' }],
    ['HTTP 200 and "not login"', { body: { ...REFUSED, errorMsg: 'User Not Login' } }],
    ['a place to log in', { body: { ...REFUSED, data: { loginUrl: 'https://example.com/login' } } }],
    ['a place to log in, with success', { body: { success: true, data: { loginUrl: 'https://example.com' } } }],
    ['errorCode "401"', { body: { ...REFUSED, errorCode: '401' } }],
    ['errorCode 401', { body: { ...REFUSED, errorCode: 401 } }],
  ])('%s', async (_, reply) => {
    await withScene({ answer: () => reply }, async ({ wire, step }) => {
      const result = await step({ stage: 'status' });
      expectError(result, 'portal-unauthorized', /listReleases/, /portal-session/);
      if (JSON.stringify(reply).includes('trace-4711')) expect(annotation(result)).toContain('trace id trace-4711');
      expect(wire.seen).toHaveLength(1);
      expect(result.everything).not.toContain(COOKIE);
    });
  });

  thoroughTest('a wrong password is tried once and not shown', async () => {
    await withScene(
      { portal: { seed: LATER, credentials: { username: 'robot-4711', password: 'right' } } },
      async ({ wire, step }) => {
        const login = { 'portal-session': '', 'portal-username': 'robot-4711', 'portal-password': 'wrong-hunter2' };
        const result = await step({ stage: 'status', ...login });
        expectError(result, 'portal-unauthorized', /LOGIN_FAILED/, /not tried again/, /trace id sandbox-/);
        expect(wire.seen.map(({ path }) => path)).toEqual(['/rest/intercnn/user/login']);
        expect(result.everything).not.toContain('wrong-hunter2');
      },
    );
  });
});

describe.concurrent('portal-unexpected', () => {
  test.each([
    ['an HTML page', { body: '<!DOCTYPE html><title>Welcome</title>' }, /an HTML page instead of JSON/],
    ['no success', { body: { data: { list: [] }, traceId: 'trace-4711' } }, /has no success.*trace id trace-4711/],
    ['JSON that is no object', { body: '[]' }, /has no success/],
    ['null', { body: 'null' }, /has no success/],
    ['no list', { body: { success: true, data: { items: [] } } }, /no list at data\.list or data/],
    ['a list that is none', { body: { success: true, data: { list: 'none' } } }, /no list/],
    ['an item without version', list({ versionStatus: 'ONLINE' }), /has no version or name in item 1/],
    ['an item without status', list({ version: '1.0.0' }), /has no versionStatus or status.* in item 1/],
    [
      'an item that is none',
      list({ version: '1.0.0', versionStatus: 'ONLINE' }, 7),
      /has no version or name in item 2/,
    ],
    ['too deep', { body: `{"success": ${'['.repeat(100)}` }, /nested deeper than 64 levels/],
    ['too large', { body: JSON.stringify('x'.repeat(9 * 1024 * 1024)) }, /too large/],
    [
      'an unknown call',
      { status: 404, body: { ...REFUSED, errorCode: 'NOT_FOUND' } },
      /does not know the call.*inferred/,
    ],
    ['an unknown call, as a page', { status: 404, body: '<html>' }, /does not know the call.*inferred/],
    ['a method that is not allowed', { status: 405, body: '' }, /does not know the call/],
  ])('%s', async (_, reply, found) => expectError(await statusOf(reply), 'portal-unexpected', found));

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
    const other = await startWire(() => list());
    const result = await statusOf({ status, headers: { location: `${other.url}/rest/intercnn/user/login` } });
    expectError(result, 'portal-unexpected', new RegExp(`answered ${status}, a redirect; none is followed`));
    expect(other.seen).toEqual([]);
    expect(other.connections).toBe(0);
    await other.close();
  });

  thoroughTest('an inferred call that the portal does not know says where to correct it', async () => {
    const result = await statusOf({ status: 404, body: '<html>' });
    expectError(result, 'portal-unexpected', /The call listReleases is inferred/, /portal profile.*docs\/portal\.md/);
  });
});

describe.concurrent('portal-refused', () => {
  thoroughTest('a read, for a reason that nobody knows', async () => {
    const body = { ...REFUSED, errorCode: 'TENANT_FROZEN', errorMsg: 'ask *billing*' };
    const result = await statusOf({ body });
    expectError(result, 'portal-refused', /TENANT_FROZEN, ask \*billing\*/, /trace id trace-4711/);
    expect(result.report.error?.traceId).toBe('trace-4711');
  });

  thoroughTest('a write, for a reason that nobody knows: it is sent once', async () => {
    const isApproval: Answerer = ({ path }) =>
      path.endsWith('/startApprove')
        ? { body: { ...REFUSED, errorCode: 'QUOTA', errorMsg: '::error::$(id) `x`' } }
        : 'portal';
    await withScene({ answer: isApproval, portal: { seed: { ...LATER, state: 'created' } } }, async (scene) => {
      const result = await scene.step({ stage: 'apply', version: '1.1.0' });
      expectError(result, 'portal-refused', /startApproval: QUOTA/, /trace id trace-4711/);
      expect(scene.wire.seen.filter(({ path }) => path.endsWith('/startApprove'))).toHaveLength(1);
      expect(result.outputs).toMatchObject({ state: 'created', changed: 'false', version: '1.1.0' });
      expect(result.log).not.toMatch(/^\s*::error::\$/m);
    });
  });
});

describe.concurrent('portal-status-unknown', () => {
  const strange: Answerer = ({ path }) =>
    path.includes('/version/query') ? list({ version: '1.1.0', versionStatus: 'DEEP_FROZEN' }) : list();

  thoroughTest('nothing is written; the word is shown raw, with the line to add', async () => {
    await withScene({ answer: strange }, async ({ wire, step }) => {
      const result = await step({ stage: 'release', version: '1.1.0' });
      expectError(result, 'portal-status-unknown', /DEEP_FROZEN/, /"DEEP_FROZEN": \{ "state": "..."/);
      expect(result.outputs).toMatchObject({ state: 'unknown', 'portal-status': 'DEEP_FROZEN', 'next-stages': '' });
      expect(wire.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    });
  });

  thoroughTest('status shows it, and is green', async () => {
    await withScene({ answer: strange }, async ({ step }) => {
      const result = await step({ stage: 'status', version: '1.1.0' });
      expect(result.outputs).toMatchObject({ verdict: 'unchanged', state: 'unknown', 'portal-status': 'DEEP_FROZEN' });
      expect(result.report.todo).toContain('"DEEP_FROZEN": { "state": "..."');
      expect(result.summary).toContain('DEEP');
    });
  });

  thoroughTest('while waiting it does not end the wait', async () => {
    const passing: Answerer = (seen, nth) => (nth === 2 ? strange(seen, nth, undefined as never) : 'portal');
    await withScene(
      { answer: passing, portal: { seed: { ...LATER, state: 'in-review' }, rules: { review: { mode: 'never' } } } },
      async ({ wire, step }) => {
        const result = await step({ stage: 'approval', version: '1.1.0', 'approval-timeout': '3s' });
        expect(result.outputs).toMatchObject({ verdict: 'pending', state: 'in-review' });
        expect(wire.seen.length).toBeGreaterThanOrEqual(3);
        expect(result.log).toContain('DEEP_FROZEN');
      },
    );
  });
});

describe.concurrent('sandbox-invalid', () => {
  test.each([
    ['outside the workspace', 'sandbox?file=/etc/hosts', 'sandbox-invalid'],
    ['that contradicts itself', 'sandbox?live=1.1.0&state=approved', 'sandbox-invalid'],
  ] as const)('a sandbox %s', async (_, url, code) => {
    await withScene({}, async ({ step }) => {
      const result = await step({ 'portal-url': url, stage: 'status', version: '1.1.0' });
      expectError(result, code);
    });
  });
});

test.concurrent('package-invalid: nothing is sent', async () => {
  await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
    const result = await step({ stage: 'upload', version: '1.3.0', package: 'nowhere' });
    expectError(result, 'package-invalid', /nowhere/);
    expect(wire.connections).toBe(0);
  });
});

describe.concurrent('pending', () => {
  const never = { seed: { ...LATER, state: 'in-review' as const }, rules: { review: { mode: 'never' as const } } };
  const cases = [
    ['approval', {}, 0],
    ['apply', {}, 0],
    ['apply, release', {}, 1],
    ['apply, release', { 'soak-mode': 'resume' }, 0],
    ['apply, release', { 'on-pending': 'succeed' }, 0],
    ['approval', { 'on-pending': 'fail' }, 1],
    ['approval', { 'on-pending': 'fail', 'soak-mode': 'resume' }, 1],
  ] as const;

  test.each(cases)('%s %j: exit %i', async (stage, inputs, exitCode) => {
    await withScene({ portal: never }, async ({ portal, step }) => {
      const result = await step({ stage, version: '1.1.0', 'approval-timeout': '0s', ...inputs });
      expect(result.exitCode).toBe(exitCode);
      expect(result.outputs).toMatchObject({
        verdict: 'pending',
        state: 'in-review',
        complete: 'false',
        'error-code': '',
        changed: 'false',
      });
      expect(annotation(result, exitCode ? 'error' : 'notice')).toMatch(/continues where this run stopped/);
      expect(portal.effects()).toEqual([]);
    });
  });

  thoroughTest('0s is one look, and the application that it sent stands', async () => {
    const seed = { ...never, seed: { ...LATER, state: 'created' as const } };
    await withScene({ portal: seed }, async ({ portal, wire, step }) => {
      const result = await step({ stage: 'apply', version: '1.1.0', 'approval-timeout': '0s' });
      expect(result.outputs).toMatchObject({ verdict: 'pending', state: 'in-review', changed: 'true' });
      expect(portal.effects()).toEqual(['startApproval']);
      expect(wire.seen).toHaveLength(3);
    });
  });

  thoroughTest('2s are waited in full, a line for each look', async () => {
    await withScene({ portal: never }, async ({ step }) => {
      const startMs = performance.now();
      const result = await step({ stage: 'approval', version: '1.1.0', 'approval-timeout': '2s' });
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(2_000);
      expect(result.outputs.verdict).toBe('pending');
      const looks = result.log.match(/check \d+: in review; waited \d s, \d s left/g) ?? [];
      expect(looks.length).toBeGreaterThanOrEqual(1);
    });
  });
});

test.concurrent('rejected: the reason is the annotation', async () => {
  const review = { mode: 'reject' as const, afterMs: 0, reason: 'The login page is blank.\n::error::x @owner' };
  await withScene({ portal: { seed: { ...LATER, state: 'created' }, rules: { review } } }, async ({ step }) => {
    const result = await step({ stage: 'apply, release', version: '1.1.0' });
    expect(result.outputs).toMatchObject({ verdict: 'rejected', state: 'rejected', 'error-code': '', changed: 'true' });
    expect(result.outputs.reason).toMatch(/^The login page is blank\./);
    expect(annotation(result)).toContain('Reason: The login page is blank.');
    expect(result.exitCode).toBe(1);
  });
});

thoroughTest.concurrent('refused says where the release stands, why, and what comes first', async () => {
  await withScene({ portal: { seed: { ...LATER, state: 'created' } } }, async ({ portal, step }) => {
    const result = await step({ stage: 'release', version: '1.1.0' });
    expect(result.outputs).toMatchObject({ verdict: 'refused', 'error-code': 'stage-refused', state: 'created' });
    expect(annotation(result)).toMatch(
      /1\.1\.0 is created, not applied for on GOPAY; release takes .*\n?.*apply first/,
    );
    expect(portal.effects()).toEqual([]);
  });
});

thoroughTest.concurrent('identifiers keep every digit, bare integers or strings', async () => {
  const ids = await Promise.all(
    [true, false].map((bareIds) =>
      withScene({ portal: { bareIds, seed: { ...LATER, state: 'approved' } } }, async ({ step }) => {
        const { outputs, report } = await step({ stage: 'status', version: '1.1.0' });
        expect(report.publishId).toBe(outputs['publish-id']);
        expect(outputs['preview-url']).toContain(`publish_id=${outputs['publish-id']}`);
        return outputs['publish-id'];
      }),
    ),
  );
  expect(ids[0]).toMatch(/^20885173402916643700\d[1-9]$/);
  expect(ids[1]).toBe(ids[0]);
});
