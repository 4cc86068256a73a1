/**
 * Promises 1 and 2: a fault at every request of every stage, singly and mixed. Each effect comes exactly once. The
 * scenarios are divided among several files, so that each core has a share. Two of them go over sockets; the others
 * break the call in this process (test/support/fault-link.ts), which takes a fifth of the time.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Exchange, exchange } from '../../src/net/exchange.ts';
import { defaultProfile, templateIn } from '../../src/portal/profile/profile.ts';
import { OPERATIONS, type Operation, operationRow } from '../../src/release/lifecycle.ts';
import { fakeClock, seeded } from './fake-clock.ts';
import { createFaultLink } from './fault-link.ts';
import {
  type Choose,
  endlessPages,
  type Fault,
  LASTING_FAULTS,
  type LastingFault,
  PASSING_FAULTS,
  type PassingFault,
  type SeenRequest,
  startFaultProxy,
} from './fault-proxy.ts';
import { newPlace, type Place, runInProcess } from './in-process.ts';
import { openPortal, startPortal, type TestPortalOptions } from './portal.ts';
import { isThorough, shareOf } from './thorough.ts';

interface Scenario {
  readonly inputs: Readonly<Record<string, string>>;
  readonly seed: NonNullable<TestPortalOptions['seed']>;
  readonly afterMs?: number;
  readonly login?: true;
  /** Over sockets and a proxy on loopback. The others break the call inside of this process, at a fifth of the time. */
  readonly wire?: true;
  /** Writes that the portal accepts, in their order, but for those that may be repeated. */
  readonly once: readonly Operation[];
  /** Writes that may be repeated; each at least once. */
  readonly repeatable?: readonly string[];
  readonly state: string;
}

const LIVE = { versions: ['1.0.0'], live: '0.9.0', version: '1.0.0' };
const SCENARIOS = {
  upload: {
    inputs: { stage: 'upload', package: 'app' },
    seed: { versions: ['0.9.0'] },
    wire: true,
    once: ['createVersion'],
    repeatable: ['uploadPackage'],
    state: 'none',
  },
  submit: { inputs: { stage: 'submit' }, seed: { versions: ['1.0.0'] }, once: ['createRelease'], state: 'created' },
  apply: {
    inputs: { stage: 'apply' },
    seed: { ...LIVE, state: 'created' },
    once: ['startApproval'],
    state: 'approved',
  },
  'apply, waiting': {
    inputs: { stage: 'apply' },
    seed: { ...LIVE, state: 'created' },
    afterMs: 9_000,
    once: ['startApproval'],
    state: 'approved',
  },
  approval: {
    inputs: { stage: 'approval' },
    seed: { ...LIVE, state: 'in-review' },
    afterMs: 5_000,
    once: [],
    state: 'approved',
  },
  whitelist: {
    inputs: { stage: 'whitelist', 'whitelist-ids': 'user-0001 user-0002' },
    seed: { ...LIVE, state: 'approved' },
    once: ['startPilot'],
    repeatable: ['addWhitelist'],
    state: 'whitelist-testing',
  },
  'a ramp': {
    inputs: { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '1s' },
    seed: { ...LIVE, state: 'approved' },
    once: ['skipPilot', 'startGrayscale', 'startGrayscale'],
    repeatable: ['setRatio 5', 'setRatio 20'],
    state: 'grayscale',
  },
  release: {
    inputs: { stage: 'release' },
    seed: { ...LIVE, state: 'approved' },
    wire: true,
    once: ['skipPilot', 'goOnline'],
    state: 'released',
  },
  'withdraw a request': {
    inputs: { stage: 'withdraw' },
    seed: { ...LIVE, state: 'in-review' },
    afterMs: 10_000_000,
    once: ['cancelApproval'],
    state: 'withdrawn',
  },
  'withdraw a rollout': {
    inputs: { stage: 'withdraw' },
    seed: { ...LIVE, state: 'grayscale' },
    once: ['cancelRelease'],
    state: 'withdrawn',
  },
  rollback: {
    inputs: { stage: 'rollback', version: '' },
    seed: { ...LIVE, state: 'released' },
    once: ['rollback'],
    state: 'released',
  },
  status: { inputs: { stage: 'status' }, seed: { ...LIVE, state: 'approved' }, once: [], state: 'approved' },
  'all of it, with a login': {
    inputs: { stage: 'upload submit apply release', package: 'app' },
    seed: { live: '0.9.0' },
    login: true,
    once: ['createVersion', 'createRelease', 'startApproval', 'skipPilot', 'goOnline'],
    repeatable: ['uploadPackage'],
    state: 'released',
  },
} as const satisfies Readonly<Record<string, Scenario>>;
export type ScenarioName = keyof typeof SCENARIOS;

const ACCOUNT = { username: 'releaser@example.com', password: 'correct-horse-battery' };
/** A response that hangs costs this much real time on the wire, and none over a link. */
const HANG_MS = 400;

let place: Place;
/** For each file that takes a share: files may share this module. */
function preparePlace(): void {
  beforeAll(() => {
    met.clear();
    place = newPlace();
    mkdirSync(join(place.workspace, 'app'));
    writeFileSync(join(place.workspace, 'app', 'index.html'), '<!doctype html><title>shop</title>');
  });
  afterAll(() => place.close());
}

interface StepOptions {
  readonly onRequest?: Parameters<typeof startFaultProxy>[2];
  readonly requestTimeoutMs?: number;
}

/** A portal behind a proxy or a fault link, and the steps that run against it. */
async function stageOf(scenario: Scenario, seed = 1) {
  const clock = fakeClock({ seed });
  const options: TestPortalOptions = {
    now: clock.now,
    seed: scenario.seed,
    rules: { review: { mode: 'approve', afterMs: scenario.afterMs ?? 0 } },
    ...(scenario.login && { credentials: ACCOUNT }),
  };
  const portal = scenario.wire ? await startPortal(options) : await openPortal(options);
  const { 'portal-session': session, ...common } = portal.inputs;
  const credentials = scenario.login
    ? { 'portal-username': ACCOUNT.username, 'portal-password': ACCOUNT.password }
    : { 'portal-session': session ?? '' };
  return {
    clock,
    portal,
    async step(choose: Choose, { onRequest, requestTimeoutMs = 30_000 }: StepOptions = {}) {
      const proxy =
        'handle' in portal
          ? createFaultLink(portal, choose, onRequest)
          : await startFaultProxy(portal.url, choose, onRequest);
      clock.onSleep = proxy.slept;
      const inputs = { ...common, ...credentials, version: '1.0.0', ...scenario.inputs, 'portal-url': proxy.url };
      // On a busy machine a response that comes may take as long as one that hangs may be waited for.
      const overWire = (request: Exchange) => {
        const isHang = String(choose(proxy.seen.length + 1)).startsWith('hang');
        return exchange({ ...request, timeoutMs: isHang ? request.timeoutMs : 30_000 });
      };
      try {
        const result = await runInProcess(inputs, {
          clock,
          place,
          requestTimeoutMs,
          exchange: proxy.exchange ?? overWire,
        });
        return { ...result, requests: proxy.seen.length };
      } finally {
        await proxy.close();
      }
    },
    effects() {
      const all = portal.effects().filter((effect) => effect !== 'login');
      const isRepeatable = (effect: string) => Boolean(operationRow(effect.split(' ')[0] as Operation).repeatable);
      return {
        once: all.filter((effect) => !isRepeatable(effect)),
        repeatable: [...new Set(all.filter(isRepeatable))],
      };
    },
  };
}

type Stage = Awaited<ReturnType<typeof stageOf>>;

function expectAllEffects(stage: Stage, { once, repeatable = [] }: Scenario, what: string): void {
  expect(stage.effects(), what).toEqual({ once, repeatable });
}

interface Planned {
  readonly operation: Operation;
  /** A wait, a look after an accepted write, or the history: a failed read there fails nothing. */
  readonly outlived: boolean;
  /** It may fail the step, or not. */
  readonly hasOtherWay: boolean;
}

/** The requests of the scenario where nothing goes wrong. */
async function undisturbed(scenario: Scenario): Promise<readonly Planned[]> {
  const stage = await stageOf(scenario);
  const planned: Planned[] = [];
  let sleeps = 0;
  const onRequest = (_: number, request: SeenRequest) => {
    const operation = operationOf(request);
    const before = planned.at(-1)?.operation;
    const row = before && before !== 'login' ? operationRow(before) : undefined;
    const verifies = row?.access === 'write';
    const isRead = operationRow(operation).access === 'read';
    const waits = stage.clock.sleeps.length > sleeps;
    // `status` asks for the release by name where the list, which is inferred, does not come.
    const hasOtherWay = scenario.inputs['stage'] === 'status';
    // The reading after the last one of a hold period follows it without a pause.
    const follows = planned.at(-1)?.outlived === true && planned.at(-1)?.operation === operation;
    const outlived = isRead && (waits || verifies || follows || operation === 'releaseHistory');
    planned.push({ operation, outlived, hasOtherWay });
    sleeps = stage.clock.sleeps.length;
  };
  const result = await stage.step(() => undefined, { onRequest });
  expect(result.report).toMatchObject({ state: scenario.state, complete: true });
  expectAllEffects(stage, scenario, 'undisturbed');
  await stage.portal.close();
  // Nothing depends on the last readings of a step that wrote: they tell whether this is a first release.
  const lastOther = planned.findLastIndex(({ operation }) => !['listReleases', 'findRelease'].includes(operation));
  const hasWritten = planned.some(({ operation }) => operationRow(operation).access === 'write');
  return planned.map((one, index) =>
    hasWritten && index > lastOther ? { ...one, outlived: true, hasOtherWay: true } : one,
  );
}

function operationOf({ method, path }: SeenRequest): Operation {
  const [pathname = '', query = ''] = path.split('?');
  const names = (Object.keys(OPERATIONS) as Operation[]).filter((name) => {
    const spelling = templateIn(defaultProfile, name);
    return spelling?.method === method && defaultProfile.basePath + spelling.path === pathname;
  });
  const [name] =
    names.length > 1
      ? ([query.includes('&version=') || query.startsWith('version=') ? 'findRelease' : 'listReleases'] as const)
      : names;
  if (!name) throw new Error(`${method} ${path} is no operation`);
  return name;
}

/** The codes with which a lasting fault may end a step; none: it does not. */
function codesOf(fault: LastingFault, { operation, outlived }: Planned, hasLogin: boolean): readonly string[] {
  const isLogin = operation === 'login';
  if (fault === 'not login' || fault === 'status 401') return hasLogin && !isLogin ? [] : ['portal-unauthorized'];
  const isEmptyList = fault === 'empty success' && operationRow(operation).access === 'read';
  if (outlived) return [];
  // The portal did it, and its releases show that, whatever it said.
  const isShown = operationRow(operation).access === 'write' && !operationRow(operation).repeatable && !isLogin;
  if (fault.endsWith(' after') && isShown) return [];
  if (fault === 'unknown code') return [isLogin ? 'portal-unauthorized' : 'portal-refused'];
  if (fault !== 'empty success' || isLogin) return ['portal-unexpected'];
  // Nothing is listed: the release, or the one before it, seems not to be there.
  if (isEmptyList) return ['stage-refused', 'portal-refused', 'version-unresolved'];
  // The portal says that it took, and it did not.
  if (operation === 'uploadPackage' || operation === 'addWhitelist' || operation === 'setRatio') {
    return ['portal-refused', 'stage-refused'];
  }
  return ['effect-not-seen'];
}

/** After these nobody knows whether the portal refused the password, or it did: it is not sent again. */
const ENDS_A_LOGIN: readonly string[] = ['reset', 'reset after', '500', 'hang', 'hang after', 'cut body', 'cut JSON'];

/** As many at once as keep two cores busy while others wait for a hanging answer. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

/** What the answer's reader refuses before anything else looks at it: at each operation once, not at each request. */
const VARIANTS: readonly LastingFault[] = [
  '50 MB',
  'deep nesting',
  'not an object',
  'null',
  'wrong shape',
  'HTML 200',
  '404 HTML',
  'redirect 302',
  'status 401',
];
const met = new Set<string>();
const isFirst = (what: string) => !met.has(what) && Boolean(met.add(what));

let counts: Record<string, number> = {};
const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** A fault at each request of each of these scenarios. */
export function testFaults(names: readonly ScenarioName[]): void {
  preparePlace();
  afterAll(() => {
    console.log('faults run:', JSON.stringify(counts));
    counts = {};
  });
  const chosen = (Object.entries(SCENARIOS) as [string, Scenario][]).filter(([name]) =>
    (names as readonly string[]).includes(name),
  );
  describe.each(chosen)('%s', (name, scenario) => {
    test('a passing fault at any request fails nothing, but for a login that it leaves open', async () => {
      const planned = await undisturbed(scenario);
      const cases = planned.flatMap((_, index) =>
        (Object.keys(PASSING_FAULTS) as PassingFault[]).map((fault) => ({ k: index + 1, fault })),
      );
      await inParallel(shareOf(cases), async ({ k, fault }) => {
        const what = `${name}: ${fault} at request ${k} (${planned[k - 1]?.operation})`;
        const stage = await stageOf(scenario);
        const requestTimeoutMs = fault === 'hang' || fault === 'hang after' ? HANG_MS : 30_000;
        const faultOnce = (at: number) => (at === k ? fault : undefined);
        let result = await stage.step(faultOnce, { requestTimeoutMs });
        if (planned[k - 1]?.operation === 'login' && ENDS_A_LOGIN.includes(String(fault))) {
          expect(result.report, what).toMatchObject({ error: { code: 'portal-unauthorized' }, changed: false });
          expect(result.requests, what).toBe(1);
          result = await stage.step(() => undefined);
        }
        expect(result.report, `${what}\n${result.log}`).toMatchObject({ state: scenario.state, complete: true });
        expect(result.exitCode, what).toBe(0);
        expectAllEffects(stage, scenario, what);
        await stage.portal.close();
        count('passing faults');
      });
    });

    test('any other fails with the right error, and the next run completes', async () => {
      const planned = await undisturbed(scenario);
      const cases = planned.flatMap((request, index) =>
        (Object.keys(LASTING_FAULTS) as LastingFault[])
          .filter((fault) => !VARIANTS.includes(fault) || isFirst(`${fault} ${request.operation} ${request.outlived}`))
          .map((fault) => ({ k: index + 1, fault, request })),
      );
      await inParallel(shareOf(cases), async ({ k, fault, request }) => {
        const what = `${name}: ${fault} at request ${k} (${request.operation})`;
        const stage = await stageOf(scenario);
        const result = await stage.step((at) => (at === k ? fault : undefined));
        // A history that cannot be read fails no step.
        const isEmptyList = fault === 'empty success' && operationRow(request.operation).access === 'read';
        // After a page, a session that has worked is renewed.
        const isPage = /^(HTML 200|redirect)/.test(fault) && scenario.login && request.operation !== 'login';
        const mayGoOn = request.hasOtherWay || request.operation === 'releaseHistory' || isEmptyList || isPage;
        const hasGoneOn = mayGoOn && result.report.complete;
        const codes = hasGoneOn ? [] : codesOf(fault, request, Boolean(scenario.login));
        if (codes.length === 0) expect(result.report, `${what}\n${result.log}`).toMatchObject({ complete: true });
        else expect(codes, `${what}\n${result.log}`).toContain(result.report.error?.code);
        expect(result.exitCode, what).toBe(codes.length === 0 ? 0 : 1);
        const again = await stage.step(() => undefined);
        expect(again.report, `${what}, again\n${again.log}`).toMatchObject({ state: scenario.state, complete: true });
        expectAllEffects(stage, scenario, what);
        await stage.portal.close();
        count('lasting faults');
      });
    });

    test('seeded mixes of faults: every effect once, whatever came of a run', async () => {
      const seeds = Array.from({ length: isThorough ? 12 : 4 }, (_, index) => index + 1);
      await inParallel(seeds, async (seed) => {
        const stage = await stageOf(scenario, seed);
        // Odd seeds mix passing faults alone, which fail nothing; even ones every fault.
        const onlyPassing = seed % 2 === 1;
        for (let runs = 1; ; runs++) {
          const result = await stage.step(mixOf(seed * 100 + runs, onlyPassing), { requestTimeoutMs: HANG_MS });
          count('mixed runs');
          const what = `${name}: mix ${seed}, run ${runs}`;
          expect(result.report.error?.code, `${what}\n${result.log}`).not.toBe('internal');
          if (result.report.complete) break;
          const isLeftOpen = scenario.login && result.report.error?.code === 'portal-unauthorized';
          expect(onlyPassing && !isLeftOpen, `${what}\n${result.log}`).toBe(false);
          expect(result.exitCode, what).toBe(1);
          expect(runs, what).toBeLessThan(40);
        }
        expectAllEffects(stage, scenario, `${name}: mix ${seed}`);
        await stage.portal.close();
        count('mixes');
      });
    });
  });
}

/** A list whose pages never end. */
export function testEndlessLists(): void {
  describe('lists without end', () => {
    preparePlace();
    test.each(
      shareOf([
        ['rollback', 'listReleases'],
        ['upload', 'listVersions'],
      ] as const),
    )('%s: %s', async (name, operation) => {
      const scenario: Scenario = SCENARIOS[name];
      const stage = await stageOf(scenario);
      const result = await stage.step((_, request) =>
        request && operationOf(request) === operation ? endlessPages : undefined,
      );
      expect(result.report.error?.code, result.log).toBe('portal-unexpected');
      expect(result.requests).toBeLessThan(410);
      await stage.step(() => undefined);
      expectAllEffects(stage, scenario, name);
      await stage.portal.close();
    });
  });
}

/** One request in three goes wrong, at most three on end: what never stops is no passing fault. */
function mixOf(seed: number, onlyPassing: boolean): (k: number) => Fault | undefined {
  const random = seeded(seed);
  const names = Object.keys(onlyPassing ? PASSING_FAULTS : { ...PASSING_FAULTS, ...LASTING_FAULTS }) as Fault[];
  // Those cost real time; one of each in twenty is enough.
  const costly: readonly Fault[] = ['hang', 'hang after', '50 MB'];
  const chosen: (Fault | undefined)[] = [];
  return (k) => {
    while (chosen.length < k) {
      const fault = names[Math.floor(random() * names.length)];
      const isRow = chosen.length >= 3 && chosen.slice(-3).every(Boolean);
      const skips = random() > 0.33 || (fault && costly.includes(fault) && random() > 0.3);
      chosen.push(isRow || skips ? undefined : fault);
    }
    return chosen[k - 1];
  };
}
