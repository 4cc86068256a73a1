/** Promise 2: passwords that are refused, sessions that end in a page, and cookies that a portal renews. */

import { afterEach, describe, expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { createFaultLink } from '../support/fault-link.ts';
import { type Fault, type SeenRequest, startFaultProxy } from '../support/fault-proxy.ts';
import { newPlace, runInProcess } from '../support/in-process.ts';
import { type InProcessPortal, openPortal, startPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const ACCOUNT = { username: 'releaser', password: 'correct-horse-battery' };
const LIVE = { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0' };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Scene {
  readonly clock: FakeClock;
  readonly portal: InProcessPortal;
  readonly startMs: number;
  /** Requests so far whose path ends so. */
  count(path: string): number;
  step(inputs: Readonly<Record<string, string>>, choose: Choose): ReturnType<typeof runInProcess>;
}
type Choose = (request: SeenRequest, scene: Scene) => Fault | undefined;

/** Without `ttlMs` no session ends by itself; without a login the cookie of the portal is given. */
async function scene(options: TestPortalOptions, { ttlMs, login = true }: { ttlMs?: number; login?: boolean } = {}) {
  const clock = fakeClock();
  const credentials = { ...ACCOUNT, ...(ttlMs && { sessionTtlMs: ttlMs }) };
  const portal = await openPortal({ now: clock.now, ...(login && { credentials }), ...options });
  const place = newPlace();
  closers.push(place.close);
  const seen: SeenRequest[] = [];
  const { 'portal-session': session = '', ...common } = portal.inputs;
  const ways = { 'portal-username': ACCOUNT.username, 'portal-password': ACCOUNT.password };
  const self: Scene = {
    clock,
    portal,
    startMs: clock.now(),
    count: (path) => seen.filter((request) => request.path.endsWith(path)).length,
    async step(inputs, choose) {
      const { exchange } = createFaultLink(
        portal,
        (_, request) => request && choose(request, self),
        (_, request) => seen.push(request),
      );
      const given = { ...common, ...(login ? ways : { 'portal-session': session }), version: '1.0.0', ...inputs };
      return runInProcess(given, { clock, place, exchange });
    },
  };
  return self;
}

const approvedAfter = (afterMs: number): TestPortalOptions => ({
  seed: { ...LIVE, state: 'created' },
  rules: { review: { mode: 'approve', afterMs } },
});

const say =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
const HTML = { 'content-type': 'text/html' };
const MAINTENANCE = say(200, '<!doctype html><title>Maintenance</title><p>Back soon', HTML);
const LOGIN_PAGE = say(200, "<!DOCTYPE html><form><input name=user><input type = 'Password'></form>", HTML);
const REDIRECTS = ['/login?from=%2Frest', '/superapp#/login', '/', 'https://sso.example/x/SignIn', '//login.example/a'];
const redirect = (location: string) => say(302, '', { location });
const REFUSED = '{"success":false,"errorCode":"LOGIN_FAILED","errorMsg":"wrong user name or password"}';

const isLogin = ({ path }: SeenRequest) => path.endsWith('/user/login');
/** What the portal says, but for "not logged in", which it says by a page. */
const endingIn =
  (page: Fault): Fault =>
  async (exchange) => {
    const answer = await exchange.forward();
    const hasEnded = answer.body.includes('not login');
    if (hasEnded && typeof page === 'function') return page(exchange);
    exchange.response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    exchange.response.end(answer.body);
  };

describe('a refused password is sent once, whatever the HTTP status', () => {
  const STATUSES = [200, 400, 401, 403, 404, 405, 408, 423, 429, 500, 501, 502, 503, 504];
  test.each(STATUSES)('%i with the refusal of the portal', async (status) => {
    const { step, count } = await scene({ seed: { ...LIVE, state: 'approved' } });
    const refusal = say(status, REFUSED, { 'retry-after': '1' });
    const { report } = await step({ stage: 'release' }, (request) => (isLogin(request) ? refusal : undefined));
    expect(report.error).toMatchObject({ code: 'portal-unauthorized' });
    expect(report.error?.found).toContain('LOGIN_FAILED');
    expect(count('/user/login')).toBe(1);
  });

  test.each([429, 500, 503])('in a wait of hours, after the session expired: %i', async (status) => {
    const { step, count } = await scene(approvedAfter(600 * MINUTE_MS), { ttlMs: 20 * MINUTE_MS });
    const refusal = say(status, REFUSED);
    const { report } = await step({ stage: 'apply', 'approval-timeout': '2d' }, (request, { count: seen }) =>
      isLogin(request) && seen('/user/login') > 1 ? refusal : undefined,
    );
    expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review' });
    expect(count('/user/login')).toBe(2);
  });

  test.each<[string, Fault]>([
    ['a connection that breaks', 'reset after'],
    ['a cut response', 'cut body'],
    ['a page', MAINTENANCE],
    ['a redirect', redirect('/elsewhere')],
    ['500 without a word', say(500, '')],
    ['cut JSON', 'cut JSON'],
  ])('%s may hide a refusal, so the password is sent once', async (_, fault) => {
    const { step, count } = await scene({ seed: { ...LIVE, state: 'approved' } });
    // A status asks in another way where the first is answered with something else.
    const { report } = await step({ stage: 'status', 'portal-password': 'wrong-battery' }, (request) =>
      isLogin(request) ? fault : undefined,
    );
    expect(report.verdict).toBe('failed');
    expect(count('/user/login')).toBe(1);
  });
});

describe('a login whose password was not checked is tried again', () => {
  test.each<[string, Fault]>([
    ['502', say(502, '<html>Bad gateway', HTML)],
    ['503 as JSON of the gateway', say(503, '{"message":"no upstream"}')],
    ['504', say(504, '')],
    ['408', say(408, '')],
    ['429 of a limiter', say(429, '{}')],
  ])('%s', async (_, fault) => {
    const { step, count } = await scene({ seed: { ...LIVE, state: 'approved' } });
    const { report, log } = await step({ stage: 'status' }, (request, { count: seen }) =>
      isLogin(request) && seen('/user/login') < 3 ? fault : undefined,
    );
    expect(report, log).toMatchObject({ verdict: 'unchanged', state: 'approved' });
    expect(count('/user/login')).toBe(3);
  });

  test('a login without a connection is tried again as often', async () => {
    const { clock, portal, step, count } = await scene({ seed: { ...LIVE, state: 'approved' } });
    const { report } = await step({ stage: 'status' }, () => undefined);
    expect(report.verdict).toBe('unchanged');
    expect(count('/user/login')).toBe(1);
    const gone = await startPortal();
    await gone.close();
    const inputs = { stage: 'status', 'portal-url': gone.url };
    const place = newPlace();
    closers.push(place.close);
    const { 'portal-session': _, ...common } = portal.inputs;
    const ways = { 'portal-username': ACCOUNT.username, 'portal-password': ACCOUNT.password };
    const before = clock.sleeps.length;
    const down = await runInProcess({ ...common, ...ways, ...inputs }, { clock, place });
    expect(down.report.error).toMatchObject({ code: 'portal-unreachable' });
    expect(clock.sleeps.length - before).toBe(4);
  });

  test('429 to a login in a wait: it is tried again after the requested pause, five times in all', async () => {
    const { step, count, clock } = await scene(approvedAfter(600 * MINUTE_MS), { ttlMs: 2 * MINUTE_MS });
    const timesMs: number[] = [];
    const { report } = await step({ stage: 'apply', 'approval-timeout': '2d' }, (request, { count: seen }) => {
      if (!isLogin(request) || seen('/user/login') === 1) return undefined;
      timesMs.push(clock.now());
      return say(429, '', { 'retry-after': '60' });
    });
    expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review' });
    expect(count('/user/login')).toBe(5);
    for (const [index, ms] of timesMs.slice(1).entries())
      expect(ms - (timesMs[index] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });
});

describe('a session that ends in a page, in a wait', () => {
  test.each<[string, Fault]>([
    ['the login page', LOGIN_PAGE],
    ['a page that loads a script', say(200, '<html><div id=root></div><script src=/app.js></script>', HTML)],
    ['a redirect elsewhere', redirect('/welcome')],
    ...REDIRECTS.map((location) => [`a redirect to ${location}`, redirect(location)] as [string, Fault]),
  ])('%s: one login for each expiry, and the approval is seen', async (_, page) => {
    const { step, count, portal } = await scene(approvedAfter(50 * MINUTE_MS), { ttlMs: 20 * MINUTE_MS });
    const { report, log } = await step({ stage: 'apply', 'approval-timeout': '6h' }, () => endingIn(page));
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(count('/user/login')).toBe(3);
    expect(portal.effects().filter((effect) => effect !== 'login')).toEqual(['startApproval']);
  });

  test.each<[string, Fault]>([
    ['the login page', LOGIN_PAGE],
    ...REDIRECTS.map((location) => [`a redirect to ${location}`, redirect(location)] as [string, Fault]),
  ])('%s, without a login: the wait ends', async (_, page) => {
    const { step, clock, startMs } = await scene(approvedAfter(600 * MINUTE_MS), { login: false });
    const { report } = await step({ stage: 'apply', 'approval-timeout': '2d' }, () =>
      clock.now() - startMs > 10 * MINUTE_MS ? page : undefined,
    );
    expect(report).toMatchObject({ error: { code: 'portal-unauthorized' }, state: 'in-review', changed: true });
    expect(report.error?.found).toContain('the session has ended');
    expect(clock.now() - startMs).toBeLessThan(20 * MINUTE_MS);
  });

  test('before a write: the write is sent again after a read, and takes once', async () => {
    const { step, portal, clock, count } = await scene({ seed: { ...LIVE, state: 'approved' } }, { ttlMs: MINUTE_MS });
    const { report, log } = await step({ stage: 'release' }, (request) => {
      if (request.path.endsWith('/online') && count('/user/login') === 1) clock.advance(2 * MINUTE_MS);
      return endingIn(redirect('/login'));
    });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'released' });
    expect(portal.effects()).toEqual(['login', 'skipPilot', 'login', 'goOnline']);
  });
});

describe('maintenance in a wait is no end of a session', () => {
  const during = (fromMs: number, toMs: number, fault: Fault, all: boolean): Choose => {
    return (request, { clock, startMs }) => {
      const nowMs = clock.now() - startMs;
      return nowMs >= fromMs && nowMs < toMs && (all || !isLogin(request)) ? fault : undefined;
    };
  };
  const PAGES: readonly [string, Fault][] = [
    ['a page', MAINTENANCE],
    ['a redirect', redirect('/maintenance.html')],
  ];

  test.each(PAGES.flatMap(([name, page]) => [0.5, 120].map((minutes) => [name, minutes, page] as const)))(
    '%s for %d minutes, while logins succeed: one login',
    async (_, minutes, page) => {
      const { step, count } = await scene(approvedAfter(150 * MINUTE_MS));
      const choose = during(10 * SECOND_MS, 10 * SECOND_MS + minutes * MINUTE_MS, page, false);
      const { report, log } = await step({ stage: 'apply', 'approval-timeout': '6h' }, choose);
      expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
      expect(log).toMatch(/the check failed/);
      expect(count('/user/login')).toBe(2);
    },
  );

  test.each(PAGES)('%s for ten minutes, in place of logins too: one login', async (_, page) => {
    const { step, count } = await scene(approvedAfter(60 * MINUTE_MS));
    const choose = during(10 * SECOND_MS, 10 * MINUTE_MS, page, true);
    const { report, log } = await step({ stage: 'apply', 'approval-timeout': '6h' }, choose);
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(count('/user/login')).toBe(2);
  });

  test.each(PAGES)('%s for five hours, in place of logins too: five logins at most', async (_, page) => {
    const { step, count } = await scene(approvedAfter(400 * MINUTE_MS));
    const choose = during(10 * SECOND_MS, 300 * MINUTE_MS, page, true);
    const { report, log } = await step({ stage: 'apply', 'approval-timeout': '1d' }, choose);
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(count('/user/login')).toBeLessThanOrEqual(5);
  });

  test.each(PAGES)('%s, without a login: the wait goes on', async (_, page) => {
    const { step } = await scene(approvedAfter(60 * MINUTE_MS), { login: false });
    const choose = during(10 * SECOND_MS, 40 * SECOND_MS, page, true);
    const { report, log } = await step({ stage: 'apply', 'approval-timeout': '6h' }, choose);
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
  });
});

describe('a session that slides: each response, whatever it is, has a new cookie, and only that one is good', () => {
  const FAULTS: readonly [number, string][] = [
    [503, ''],
    [200, '<html>Maintenance'],
    [404, ''],
  ];
  test.each(FAULTS)('in a wait, with %i between', async (status, body) => {
    const clock = fakeClock();
    const portal = await startPortal({ now: clock.now, ...approvedAfter(90 * MINUTE_MS) });
    const place = newPlace();
    let good = 'begin-0000-secret';
    let nth = 0;
    const stale: string[] = [];
    const proxy = await startFaultProxy(portal.url, () => async ({ request, response, forward }) => {
      if (request.headers.cookie !== `SLIDING=${good}; lang=en`) stale.push(String(request.headers.cookie));
      good = `secret-cookie-${++nth}`;
      request.headers.cookie = portal.inputs['portal-session'];
      const answer = nth % 3 === 0 ? { status, headers: {}, body: Buffer.from(body) } : await forward();
      const fresh = `SLIDING=${good}; Path=/; HttpOnly`;
      response.writeHead(answer.status, { ...answer.headers, 'set-cookie': ['SLIDING=stale; Path=/', fresh] });
      response.end(answer.body);
    });
    closers.push(portal.close, place.close, proxy.close);
    const inputs = { stage: 'apply', version: '1.0.0', 'approval-timeout': '6h' };
    const session = { 'portal-url': proxy.url, 'portal-session': `SLIDING=${good}; lang=en` };
    const { report, log } = await runInProcess({ ...portal.inputs, ...inputs, ...session }, { clock, place });
    expect(report, log).toMatchObject({ verdict: 'succeeded', state: 'approved' });
    expect(nth).toBeGreaterThan(20);
    expect(stale).toEqual([]);
  });

  test('what it echoes of a new cookie in the same response is hidden', async () => {
    const portal = await startPortal({ seed: LIVE });
    const place = newPlace();
    const echo = '{"success":false,"errorCode":"E1","errorMsg":"session brand-new-secret-1 is odd"}';
    const fault = say(200, echo, { 'set-cookie': 'SID=brand-new-secret-1; Domain=other.example' });
    const proxy = await startFaultProxy(portal.url, () => fault);
    closers.push(portal.close, place.close, proxy.close);
    const inputs = { ...portal.inputs, 'portal-url': proxy.url, stage: 'submit', version: '1.0.0' };
    const { report, log } = await runInProcess(inputs, { clock: fakeClock(), place });
    expect(report.error?.found).toContain('is odd');
    const shown = log.replace(/^::add-mask::.*$/gm, '') + JSON.stringify(report);
    expect(shown).not.toContain('brand-new-secret-1');
  });
});

test('a profile says which redirects and pages are the end of a session', async () => {
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const clock = fakeClock();
  const portal = await openPortal({ now: clock.now, seed: { ...LIVE, state: 'approved' } });
  const place = newPlace();
  mkdirSync(place.workspace, { recursive: true });
  const notLoggedIn = { redirectsTo: ['/masuk'], pageContains: ['Silakan masuk'] };
  writeFileSync(`${place.workspace}/portal.json`, JSON.stringify({ envelope: { notLoggedIn }, login: { page: '/' } }));
  closers.push(place.close);
  const codeAfter = async (fault: Fault) => {
    const { exchange } = createFaultLink(portal, () => fault);
    const inputs = { ...portal.inputs, stage: 'release', version: '1.0.0', 'portal-profile': 'portal.json' };
    const { report } = await runInProcess(inputs, { clock, place, exchange });
    return report.error?.code;
  };
  expect(await codeAfter(redirect('/masuk?x=1'))).toBe('portal-unauthorized');
  expect(await codeAfter(say(200, '<html><h1>Silakan  Masuk', HTML))).toBe('portal-unauthorized');
  expect(await codeAfter(redirect('/login'))).toBe('portal-unexpected');
  expect(await codeAfter(redirect('/start?next=/masuk'))).toBe('portal-unexpected');
  expect(await codeAfter(LOGIN_PAGE)).toBe('portal-unexpected');
});
