/** Promise 2: a session that expires is renewed where a login is possible; the portal's journal counts the logins. */

import { afterEach, describe, expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type Fault, PASSING_FAULTS, type SeenRequest, startFaultProxy } from '../support/fault-proxy.ts';
import { newPlace, runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const MINUTE_MS = 60_000;
const LIVE = { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0' };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Scene {
  readonly clock: FakeClock;
  readonly portal: TestPortal;
  readonly account: { username: string; password: string; sessionTtlMs?: number };
  step(
    stage: string,
    inputs?: Readonly<Record<string, string>>,
    choose?: (k: number, request?: SeenRequest) => Fault | undefined,
  ): ReturnType<typeof runInProcess>;
  /** The logins in the journal: `ok`, or the portal's refusal. */
  logins(): string[];
}

async function scene(ttlMs: number | undefined, options: TestPortalOptions): Promise<Scene> {
  const clock = fakeClock();
  const account = { username: 'releaser', password: 'correct-horse-battery', ...(ttlMs && { sessionTtlMs: ttlMs }) };
  const portal = await startPortal({ now: clock.now, credentials: account, ...options });
  const place = newPlace();
  closers.push(portal.close, place.close);
  const { 'portal-session': _, ...common } = portal.inputs;
  return {
    clock,
    portal,
    account,
    async step(stage, inputs = {}, choose = () => undefined) {
      const proxy = await startFaultProxy(portal.url, choose);
      closers.push(proxy.close);
      const credentials = { 'portal-username': 'releaser', 'portal-password': 'correct-horse-battery' };
      const given = { ...common, ...credentials, version: '1.0.0', stage, ...inputs, 'portal-url': proxy.url };
      return runInProcess(given, { clock, place });
    },
    logins: () =>
      portal
        .read()
        .journal.filter(({ operation }) => operation === 'login')
        .map(({ errorCode }) => errorCode || 'ok'),
  };
}

const reviewAfter = (afterMs: number): TestPortalOptions => ({
  seed: { ...LIVE, state: 'created' },
  rules: { review: { mode: 'approve', afterMs } },
});

describe('a session that expires', () => {
  test('in a wait: one login for each expiry', async () => {
    const { step, logins, portal } = await scene(40 * MINUTE_MS, reviewAfter(110 * MINUTE_MS));
    const { report, log } = await step('apply', { 'approval-timeout': '6h' });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(logins()).toEqual(['ok', 'ok', 'ok']);
    expect(portal.effects().filter((effect) => effect !== 'login')).toEqual(['startApproval']);
  });

  test('for the fifth time ends the run, and the report has the state of the release', async () => {
    const { step, logins } = await scene(10 * MINUTE_MS, reviewAfter(10 * 60 * MINUTE_MS));
    const { report } = await step('apply', { 'approval-timeout': '2d' });
    expect(report).toMatchObject({ verdict: 'failed', error: { code: 'portal-unauthorized' }, state: 'in-review' });
    expect(logins()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  test('between a reading and a write: the write is sent again and takes effect once', async () => {
    const { step, logins, portal, clock } = await scene(MINUTE_MS, { seed: { ...LIVE, state: 'approved' } });
    const { report, log } = await step('release', {}, (_, request) => {
      if (request?.path.endsWith('/online') && logins().length === 1) clock.advance(2 * MINUTE_MS);
      return undefined;
    });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'released' });
    expect(portal.effects()).toEqual(['login', 'skipPilot', 'login', 'goOnline']);
  });

  test('while the login answers 502 for minutes of a wait: the wait goes on', async () => {
    const { step, logins } = await scene(20 * MINUTE_MS, reviewAfter(60 * MINUTE_MS));
    let outages = 0;
    const { report, log } = await step('apply', { 'approval-timeout': '6h' }, (_, request) => {
      const isDown = request?.path.endsWith('/user/login') && logins().length === 1 && outages < 8;
      if (!isDown) return undefined;
      outages++;
      return '502 HTML';
    });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(outages).toBe(8);
    expect(logins().length).toBeLessThanOrEqual(4);
  });

  test('while the login answers with a page twice: the wait goes on, and those two count', async () => {
    const { step, logins } = await scene(20 * MINUTE_MS, reviewAfter(50 * MINUTE_MS));
    let pages = 0;
    const { report, log } = await step('apply', { 'approval-timeout': '6h' }, (_, request) =>
      request?.path.endsWith('/user/login') && logins().length > 0 && pages++ < 2 ? 'HTML 200' : undefined,
    );
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(logins()).toEqual(['ok', 'ok', 'ok']);
  });

  test('while logins get no response: the run makes five in all', async () => {
    const { step, logins } = await scene(20 * MINUTE_MS, reviewAfter(60 * MINUTE_MS));
    const { report } = await step('apply', { 'approval-timeout': '6h' }, (_, request) =>
      request?.path.endsWith('/user/login') && logins().length > 0 ? 'reset after' : undefined,
    );
    expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review' });
    expect(logins()).toHaveLength(5);
  });
});

describe('a login that is refused', () => {
  test('is never tried again', async () => {
    const { step, logins } = await scene(undefined, { seed: { ...LIVE, state: 'approved' } });
    const { report } = await step('release', { 'portal-password': 'wrong-horse-battery' });
    expect(report.error).toMatchObject({ code: 'portal-unauthorized' });
    expect(logins()).toEqual(['LOGIN_FAILED']);
  });

  test('in a wait, after the password was changed: it is sent once more, and the report has the state', async () => {
    const { step, logins, account, clock } = await scene(20 * MINUTE_MS, reviewAfter(600 * MINUTE_MS));
    clock.onSleep = () => {
      account.password = 'changed-by-somebody';
    };
    const { report } = await step('apply', { 'approval-timeout': '6h' });
    expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review', changed: true });
    expect(logins()).toEqual(['ok', 'LOGIN_FAILED']);
  });

  test.each(Object.keys(PASSING_FAULTS).filter((fault) => !/^(hang|refuse)/.test(fault)) as Fault[])(
    '%s at the login is tried again, a refused password is not',
    async (fault) => {
      const { step, logins } = await scene(undefined, { seed: { ...LIVE, state: 'approved' } });
      const { report } = await step('status', { 'portal-password': 'wrong-horse-battery' }, (k) =>
        k === 1 ? fault : undefined,
      );
      expect(report.error).toMatchObject({ code: 'portal-unauthorized' });
      expect(logins().length).toBeLessThanOrEqual(2);
    },
  );
});

describe('without a login', () => {
  test.each(['not login', 'status 401'] as const)(
    '%s in a wait ends the step, and the report has the state of the release',
    async (fault) => {
      const clock = fakeClock();
      const portal = await startPortal({ now: clock.now, ...reviewAfter(600 * MINUTE_MS) });
      const place = newPlace();
      const proxy = await startFaultProxy(portal.url, (k) => (k > 6 ? fault : undefined));
      closers.push(portal.close, place.close, proxy.close);
      const inputs = { ...portal.inputs, 'portal-url': proxy.url, stage: 'apply', version: '1.0.0' };
      const { report, exitCode } = await runInProcess(inputs, { clock, place });
      expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review', changed: true });
      expect(report.message).toContain('1.0.0 is in review');
      expect(exitCode).toBe(1);
      expect(portal.effects()).toEqual(['startApproval']);
    },
  );
});
