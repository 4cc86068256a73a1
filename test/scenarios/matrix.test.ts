/**
 * Every stage from every state: how the step ends and exactly what it sends. Written by hand from the vendor's guide
 * and from what the README promises of each stage, not derived from the table in src/release/lifecycle.ts.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Stage } from '../../src/release/lifecycle.ts';
import type { Seed } from '../../src/sandbox/portal.ts';
import { type Job, newJob, runStep } from '../support/action.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const VERSION = '1.1.0';
const LIVE = '1.0.0';

/** Where the release stands when the step begins. `absent`: the portal does not have the version at all. */
const COLUMNS = [
  'absent',
  'none',
  'created',
  'in-review',
  'rejected',
  'withdrawn',
  'approved',
  'whitelist-testing',
  'rollout-ready',
  'grayscale',
  'released',
  'archived',
] as const;
type Column = (typeof COLUMNS)[number];

/** `verdict: what is sent`; the state in which the release is left follows from `=`. */
type Row = Readonly<Record<Column, string>>;

/** 1.0.0 is live, the administrator approves after a minute; a rollout stands at 1%; a named rollback. */
const WITH_A_LIVE_VERSION: Readonly<Record<Stage, Row>> = {
  upload: {
    absent: 'succeeded: uploadPackage createVersion = none',
    none: 'unchanged',
    created: 'unchanged',
    'in-review': 'unchanged',
    rejected: 'unchanged',
    withdrawn: 'unchanged',
    approved: 'unchanged',
    'whitelist-testing': 'unchanged',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'unchanged',
  },
  submit: {
    absent: 'refused',
    none: 'succeeded: createRelease = created',
    created: 'unchanged',
    'in-review': 'unchanged',
    rejected: 'unchanged',
    withdrawn: 'unchanged',
    approved: 'unchanged',
    'whitelist-testing': 'unchanged',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'unchanged',
  },
  apply: {
    absent: 'refused',
    none: 'refused',
    created: 'succeeded: startApproval = approved',
    'in-review': 'succeeded: = approved',
    rejected: 'rejected',
    withdrawn: 'withdrawn',
    approved: 'unchanged',
    'whitelist-testing': 'unchanged',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'refused',
  },
  approval: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'succeeded: = approved',
    rejected: 'rejected',
    withdrawn: 'withdrawn',
    approved: 'unchanged',
    'whitelist-testing': 'unchanged',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'refused',
  },
  whitelist: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'refused',
    rejected: 'refused',
    withdrawn: 'refused',
    approved: 'succeeded: addWhitelist startPilot = whitelist-testing',
    'whitelist-testing': 'succeeded: addWhitelist = whitelist-testing',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'refused',
  },
  grayscale: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'refused',
    rejected: 'refused',
    withdrawn: 'refused',
    approved: 'succeeded: skipPilot setRatio-20 startGrayscale = grayscale',
    'whitelist-testing': 'succeeded: skipPilot setRatio-20 startGrayscale = grayscale',
    'rollout-ready': 'succeeded: setRatio-20 startGrayscale = grayscale',
    grayscale: 'succeeded: setRatio-20 startGrayscale = grayscale',
    released: 'unchanged',
    archived: 'refused',
  },
  release: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'refused',
    rejected: 'refused',
    withdrawn: 'refused',
    approved: 'succeeded: skipPilot goOnline = released',
    'whitelist-testing': 'succeeded: skipPilot goOnline = released',
    'rollout-ready': 'succeeded: goOnline = released',
    grayscale: 'succeeded: goOnline = released',
    released: 'unchanged',
    archived: 'refused',
  },
  status: {
    absent: 'unchanged',
    none: 'unchanged',
    created: 'unchanged',
    'in-review': 'unchanged',
    rejected: 'unchanged',
    withdrawn: 'unchanged',
    approved: 'unchanged',
    'whitelist-testing': 'unchanged',
    'rollout-ready': 'unchanged',
    grayscale: 'unchanged',
    released: 'unchanged',
    archived: 'unchanged',
  },
  withdraw: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'succeeded: cancelApproval = withdrawn',
    rejected: 'refused',
    withdrawn: 'unchanged',
    approved: 'succeeded: cancelRelease = withdrawn',
    'whitelist-testing': 'succeeded: cancelRelease = withdrawn',
    'rollout-ready': 'succeeded: cancelRelease = withdrawn',
    grayscale: 'succeeded: cancelRelease = withdrawn',
    released: 'refused',
    archived: 'refused',
  },
  rollback: {
    absent: 'refused',
    none: 'refused',
    created: 'refused',
    'in-review': 'refused',
    rejected: 'refused',
    withdrawn: 'refused',
    approved: 'refused',
    'whitelist-testing': 'refused',
    'rollout-ready': 'refused',
    grayscale: 'refused',
    released: 'unchanged',
    archived: 'succeeded: rollback = released',
  },
};

/** "For the first release, you may only do official release" (guide, 3.1): so no test, no rollout and no archive. */
const ON_A_FIRST_RELEASE: Readonly<Record<Stage, Partial<Row>>> = {
  upload: WITH_A_LIVE_VERSION.upload,
  submit: WITH_A_LIVE_VERSION.submit,
  apply: WITH_A_LIVE_VERSION.apply,
  approval: WITH_A_LIVE_VERSION.approval,
  whitelist: { ...WITH_A_LIVE_VERSION.whitelist, approved: 'refused' },
  grayscale: { ...WITH_A_LIVE_VERSION.grayscale, approved: 'refused', 'rollout-ready': 'refused' },
  release: WITH_A_LIVE_VERSION.release,
  status: WITH_A_LIVE_VERSION.status,
  withdraw: WITH_A_LIVE_VERSION.withdraw,
  rollback: WITH_A_LIVE_VERSION.rollback,
};
const NEVER_ON_A_FIRST_RELEASE: readonly Column[] = ['whitelist-testing', 'grayscale', 'archived'];

/** What each stage has to be told. */
const INPUTS: Readonly<Partial<Record<Stage, Record<string, string>>>> = {
  upload: { package: 'build' },
  whitelist: { 'whitelist-ids': 'user-000001, user-000002' },
  grayscale: { 'grayscale-ratio': '20' },
};

const job = workspaceWithBuild();
afterAll(() => job.close());

let portal: TestPortal;
let clock: FakeClock;
afterEach(() => portal?.close());

async function open(seed: Partial<Seed>, options: Omit<TestPortalOptions, 'seed'> = {}): Promise<void> {
  clock = fakeClock();
  portal = await startPortal({
    now: () => clock.now(),
    rules: { review: { mode: 'approve', afterMs: 60_000 } },
    ...options,
    seed,
  });
}

function step(stage: string, inputs: Readonly<Record<string, string>> = {}) {
  return runInProcess({ ...portal.inputs, stage, version: VERSION, ...inputs }, { clock, place: job });
}

/** Every write that reached the portal, the refused ones too, in order. */
function sent(): string[] {
  return portal.read().journal.map(({ operation, ratioPercent, errorCode }) => {
    const name = ratioPercent === undefined ? operation : `${operation}-${ratioPercent}`;
    return errorCode === '' ? name : `${name}!${errorCode}`;
  });
}

/** Where the portal itself has a version now. */
function statusAtPortal(version: string): string | undefined {
  return portal.read().apps[0]?.releases.find((release) => release.version === version)?.status;
}

function seedOf(column: Column, live: string | undefined): Partial<Seed> {
  const base = { ...(live && { live }) };
  if (column === 'absent') return base;
  if (column === 'none') return { ...base, versions: [...(live ? [live] : []), VERSION] };
  return { ...base, version: VERSION, state: column };
}

function workspaceWithBuild(): Job {
  const made = newJob();
  mkdirSync(join(made.workspace, 'build'));
  writeFileSync(join(made.workspace, 'build', 'index.html'), '<!doctype html><title>shop</title>');
  return made;
}

describe.each([
  ['with a live version', LIVE, WITH_A_LIVE_VERSION],
  ['on a first release', undefined, ON_A_FIRST_RELEASE],
] as const)('%s', (_, live, table) => {
  const columns = COLUMNS.filter((column) => live !== undefined || !NEVER_ON_A_FIRST_RELEASE.includes(column));
  const cells = (Object.keys(table) as Stage[]).flatMap((stage) =>
    columns.map((column) => [stage, column, table[stage][column] ?? 'no cell'] as const),
  );

  test.each(cells)('%s from %s: %s', async (stage, column, cell) => {
    const [, verdict, operations = '', end] = /^([a-z]+)(?:: ?([^=]*))?(?:= ([a-z-]+))?$/.exec(cell) ?? [];
    const before = column === 'absent' ? 'none' : column;
    await open(seedOf(column, live));

    const { exitCode, outputs, log } = await step(stage, INPUTS[stage]);

    const state = end ?? before;
    expect(sent(), log).toEqual(operations.split(' ').filter(Boolean));
    expect({ exitCode, ...pick(outputs) }, log).toEqual({
      exitCode: verdict === 'succeeded' || verdict === 'unchanged' ? 0 : 1,
      verdict,
      state,
      complete: String(verdict === 'succeeded' || verdict === 'unchanged'),
      changed: String(operations.trim() !== ''),
      released: String(state === 'released'),
      'error-code': verdict === 'refused' ? 'stage-refused' : '',
      'live-version': state === 'released' ? VERSION : (live ?? ''),
      'first-release': String(live === undefined && state !== 'released'),
    });
    if (verdict === 'refused') expect(log).toMatch(/^::error::/m);
  });
});

function pick(outputs: Readonly<Record<string, string>>) {
  const names = [
    'verdict',
    'state',
    'complete',
    'changed',
    'released',
    'error-code',
    'live-version',
    'first-release',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, outputs[name]]));
}

describe('a chain is checked before its first write', () => {
  test('submit, release: nothing is applied for in between', async () => {
    await open({ versions: [LIVE, VERSION], live: LIVE });
    const { exitCode, outputs } = await step('submit, release');
    expect(outputs).toMatchObject({ verdict: 'refused', state: 'none', changed: 'false', complete: 'false' });
    expect([exitCode, sent()]).toEqual([1, []]);
  });

  test('submit, apply, whitelist of a first release: refused by name, and so is grayscale', async () => {
    for (const last of ['whitelist', 'grayscale'] as const) {
      await portal?.close();
      await open({ versions: [VERSION] });
      const { outputs } = await step(`submit apply ${last}`, INPUTS[last]);
      expect(outputs).toMatchObject({ verdict: 'refused', state: 'none', 'first-release': 'true' });
      expect(outputs.reason).toContain('a first release can only be official');
      expect(sent()).toEqual([]);
    }
  });

  test('upload, release of a version that the portal does not have', async () => {
    await open({ live: LIVE });
    const { outputs } = await step('upload, release', INPUTS.upload);
    expect([outputs.verdict, sent()]).toEqual(['refused', []]);
  });

  test('apply, grayscale to a ratio below the one in effect', async () => {
    await open({ live: LIVE, version: VERSION, state: 'grayscale' });
    await step('grayscale', { 'grayscale-ratio': '50' });
    const before = sent().length;
    const { outputs } = await step('apply, grayscale', { 'grayscale-ratio': '20' });
    expect([outputs.verdict, outputs['grayscale-ratio'], sent().length - before]).toEqual(['refused', '50', 0]);
  });

  test('the whole guide in one step, the stages written in any order', async () => {
    await open({ live: LIVE });
    const { exitCode, outputs, report } = await step('release grayscale\nupload, whitelist,apply submit', {
      ...INPUTS.upload,
      ...INPUTS.whitelist,
      'grayscale-ratio': '5, 20',
      'grayscale-soak': '30m',
    });
    expect([exitCode, outputs.verdict, outputs.released]).toEqual([0, 'succeeded', 'true']);
    expect(report.stages.map(({ stage }) => stage)).toEqual([
      'upload',
      'submit',
      'apply',
      'whitelist',
      'grayscale',
      'release',
    ]);
    expect(sent()).toEqual([
      'uploadPackage',
      'createVersion',
      'createRelease',
      'startApproval',
      'addWhitelist',
      'startPilot',
      'skipPilot',
      'setRatio-5',
      'startGrayscale',
      'setRatio-20',
      'startGrayscale',
      'goOnline',
    ]);
    expect([statusAtPortal(VERSION), statusAtPortal(LIVE)]).toEqual(['ONLINE', 'ARCHIVED']);
  });

  test('the stages of one chain that are past are passed over', async () => {
    await open({ live: LIVE, version: VERSION, state: 'approved' });
    const { outputs, report } = await step('submit apply release');
    expect(outputs.verdict).toBe('succeeded');
    expect(report.stages.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'done']);
    expect(sent()).toEqual(['skipPilot', 'goOnline']);
  });
});

describe('a downgrade', () => {
  test.each([
    ['submit', 'none', 'createRelease'],
    ['apply', 'created', 'startApproval'],
    ['whitelist', 'approved', 'addWhitelist startPilot'],
    ['grayscale', 'rollout-ready', 'setRatio-20 startGrayscale'],
    ['release', 'grayscale', 'goOnline'],
  ] as const)('%s is refused by name, unless it is allowed', async (stage, column, operations) => {
    const seed = seedOf(column, '2.0.0');
    await open(seed);
    const refused = await step(stage, INPUTS[stage as Stage]);
    expect(refused.outputs).toMatchObject({ verdict: 'refused', 'error-code': 'stage-refused' });
    expect(refused.outputs.reason).toContain('1.1.0 is below 2.0.0, which is live');
    expect(sent()).toEqual([]);

    const allowed = await step(stage, { ...INPUTS[stage as Stage], 'allow-downgrade': 'true' });
    expect([allowed.outputs.verdict, sent()]).toEqual(['succeeded', operations.split(' ')]);
  });
});

describe('another version under way on the target app', () => {
  test('submit may go before it, apply and a chain with apply may not', async () => {
    await open({ live: LIVE, versions: [LIVE, '1.0.5', VERSION], version: '1.0.5', state: 'grayscale' });
    for (const stage of ['submit, apply', 'submit, apply, release']) {
      const { outputs } = await step(stage);
      expect(outputs).toMatchObject({ verdict: 'refused', 'error-code': 'stage-refused' });
      expect(outputs.reason).toContain('1.0.5');
    }
    expect(sent()).toEqual([]);
    expect((await step('submit')).outputs.verdict).toBe('succeeded');
    expect((await step('apply')).outputs.verdict).toBe('refused');
    expect(sent()).toEqual(['createRelease']);
  });
});

describe('the review', () => {
  test.each(['rejected', 'withdrawn'] as const)(
    '%s: apply with reapply sends it again, approval never',
    async (state) => {
      await open({ live: LIVE, version: VERSION, state });
      const approval = await step('approval', { reapply: 'true' });
      expect([approval.exitCode, approval.outputs.verdict, sent()]).toEqual([1, state, []]);

      const apply = await step('apply', { reapply: 'true' });
      expect([apply.outputs.verdict, apply.outputs.state]).toEqual(['succeeded', 'approved']);
      expect(sent()).toEqual(['startApproval']);
    },
  );

  test('a reviewer who says no again is not asked a second time in one run', async () => {
    const review = { mode: 'reject', afterMs: 60_000, reason: 'The icon is blurred' } as const;
    await open({ live: LIVE, version: VERSION, state: 'rejected' }, { rules: { review } });
    const { exitCode, outputs } = await step('apply release', { reapply: 'true' });
    expect([exitCode, sent()]).toEqual([1, ['startApproval']]);
    expect(outputs).toMatchObject({ verdict: 'rejected', reason: 'The icon is blurred', changed: 'true' });
  });

  test.each([
    ['apply', {}, 0],
    ['approval', {}, 0],
    ['apply release', {}, 1],
    ['apply', { 'on-pending': 'fail' }, 1],
    ['apply release', { 'on-pending': 'succeed' }, 0],
  ])('%s %j that nobody answers in time is pending: exit code %d', async (stages, inputs, exitCode) => {
    await open({ live: LIVE, version: VERSION, state: 'in-review' }, { rules: { review: { mode: 'never' } } });
    const pending = await step(stages, inputs as Record<string, string>);
    expect([pending.exitCode, pending.outputs.verdict, pending.outputs.complete]).toEqual([
      exitCode,
      'pending',
      'false',
    ]);
    expect(sent()).toEqual([]);
  });
});

describe('rollback', () => {
  /** 1.0.0 and 1.1.0 were official, 1.2.0 is. */
  const openWithHistory = async () => {
    await open({ versions: ['1.0.0', '1.1.0', '1.2.0', '1.3.0'], live: '1.0.0' });
    for (const version of ['1.1.0', '1.2.0']) await step('submit apply release', { version });
    return sent().length;
  };
  const rollback = (inputs: Readonly<Record<string, string>> = {}) => step('rollback', { version: '', ...inputs });

  test('brings back the version before the live one; a second press, or a rerun, changes nothing', async () => {
    const before = await openWithHistory();
    const first = await rollback();
    expect(first.outputs).toMatchObject({ verdict: 'succeeded', version: '1.1.0', released: 'true' });
    const second = await rollback();
    expect(second.outputs).toMatchObject({
      verdict: 'unchanged',
      complete: 'true',
      released: 'true',
      version: '1.1.0',
      'live-version': '1.1.0',
      'previous-version': '',
    });
    expect(second.log).toContain('a rollback has been done already');
    expect(sent().slice(before)).toEqual(['rollback']);
    expect(statusAtPortal('1.2.0')).toBe('ARCHIVED');
  });

  test('a named version is brought back, below and above the live one', async () => {
    const before = await openWithHistory();
    expect((await rollback({ version: '1.0.0' })).outputs).toMatchObject({ verdict: 'succeeded', version: '1.0.0' });
    expect((await rollback({ version: '1.0.0' })).outputs.verdict).toBe('unchanged');
    expect((await rollback({ version: '1.2.0' })).outputs).toMatchObject({ verdict: 'succeeded', version: '1.2.0' });
    expect(sent().slice(before)).toEqual(['rollback', 'rollback']);
  });

  test('a dry run says which version it would bring back', async () => {
    const before = await openWithHistory();
    const { exitCode, outputs, report } = await rollback({ 'dry-run': 'true' });
    expect([exitCode, outputs.verdict, outputs.version]).toEqual([0, 'planned', '1.1.0']);
    expect(report.stages[0]?.planned?.operations).toEqual([{ operation: 'rollback', inferred: true }]);
    expect(sent()).toHaveLength(before);
  });

  test('a second press is unchanged though another version is under way, and speaks of the live one', async () => {
    await openWithHistory();
    await rollback();
    await step('submit apply', { version: '1.3.0' });
    expect(statusAtPortal('1.3.0')).toBe('PASSED');
    const { outputs } = await rollback();
    expect(outputs).toMatchObject({ verdict: 'unchanged', version: '1.1.0', released: 'true' });
  });

  test('during the rollout of another version it is refused by name', async () => {
    await open({ versions: ['1.0.0', '1.1.0', '1.2.0'], live: '1.0.0' });
    await step('submit apply release', { version: '1.1.0' });
    await step('submit apply grayscale', { version: '1.2.0', 'grayscale-ratio': '5' });
    const before = sent().length;
    for (const version of ['', '1.0.0']) {
      const { outputs } = await rollback({ version });
      expect(outputs).toMatchObject({ verdict: 'refused', 'error-code': 'stage-refused' });
      expect(outputs.reason).toContain('1.2.0 is in grayscale rollout');
    }
    expect(sent()).toHaveLength(before);
  });

  test('without an archived version there is nothing to bring back', async () => {
    await open({ live: LIVE });
    const { exitCode, outputs } = await rollback();
    expect([exitCode, outputs.verdict, sent()]).toEqual([1, 'refused', []]);
  });
});

describe('a dry run', () => {
  test('tells the operations of each stage and writes nothing', async () => {
    await open({ live: LIVE });
    const { exitCode, outputs, report } = await step('upload submit apply whitelist grayscale release', {
      ...INPUTS.upload,
      ...INPUTS.whitelist,
      'grayscale-ratio': '5, 20',
      'grayscale-soak': '30m',
      'dry-run': 'true',
    });
    expect([exitCode, outputs.verdict, outputs.complete, sent()]).toEqual([0, 'planned', 'false', []]);
    const planned = report.stages.map(({ stage, planned: step }) => [
      stage,
      step?.operations.map(({ operation, ratioPercent = '' }) => `${operation}${ratioPercent}`).join(' '),
      step?.waits,
    ]);
    expect(planned).toEqual([
      ['upload', 'uploadPackage createVersion', false],
      ['submit', 'createRelease', false],
      ['apply', 'startApproval', true],
      ['whitelist', 'addWhitelist startPilot', false],
      ['grayscale', 'skipPilot setRatio5 startGrayscale5 setRatio20 startGrayscale20', true],
      ['release', 'goOnline', false],
    ]);
  });

  test('with nothing to do is unchanged and complete', async () => {
    await open({ version: VERSION, state: 'released' });
    const { outputs } = await step('submit apply release', { 'dry-run': 'true' });
    expect(outputs).toMatchObject({ verdict: 'unchanged', complete: 'true', changed: 'false' });
  });

  test('of what must fail is refused all the same', async () => {
    await open({ live: LIVE, version: VERSION, state: 'created' });
    const { exitCode, outputs } = await step('release', { 'dry-run': 'true' });
    expect([exitCode, outputs.verdict]).toEqual([1, 'refused']);
  });
});

describe('the built action, one row of each stage', () => {
  test.concurrent.each([
    ['upload', 'absent', 'uploadPackage createVersion'],
    ['submit', 'none', 'createRelease'],
    ['apply', 'created', 'startApproval'],
    ['approval', 'in-review', ''],
    ['whitelist', 'approved', 'addWhitelist startPilot'],
    ['grayscale', 'approved', 'skipPilot setRatio 20 startGrayscale'],
    ['release', 'grayscale', 'goOnline'],
    ['status', 'approved', ''],
    ['withdraw', 'grayscale', 'cancelRelease'],
    ['rollback', 'archived', 'rollback'],
  ] as const)('%s from %s', async (stage, column, operations) => {
    const here = await startPortal({ seed: seedOf(column, LIVE) });
    try {
      const inputs = { ...here.inputs, stage, version: VERSION, ...INPUTS[stage as Stage] };
      const { exitCode, outputs, log } = await runStep(inputs, { job });
      const verdict = ['status', 'approval'].includes(stage) ? 'unchanged' : 'succeeded';
      expect([exitCode, outputs.verdict], log).toEqual([0, verdict]);
      expect(here.effects().join(' ')).toBe(operations);
    } finally {
      await here.close();
    }
  });
});
