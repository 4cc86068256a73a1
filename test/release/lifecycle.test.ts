/**
 * The lifecycle's table against the vendor's guide ("Release MiniApp V1") and docs/portal.md, state by state and
 * stage by stage. Copied from there by hand, so that the table is held against its sources and not against itself.
 */

import { describe, expect, test } from 'vitest';
import { defaultProfile } from '../../src/portal/profile/profile.ts';
import {
  hasReached,
  OPERATIONS,
  operationRow,
  STAGE_NAMES,
  STATES,
  type State,
  stageRow,
} from '../../src/release/lifecycle.ts';
import { STATUS_OF } from '../../src/sandbox/portal.ts';

/** docs/portal.md: the portal's word, our state, the phase that the release page shows. */
const STATUSES = [
  ['INIT', 'created', 'Version Creation'],
  ['APPROVE', 'in-review', 'Submit for Review'],
  ['REJECTED', 'rejected', 'Submit for Review'],
  ['CANCELLED', 'withdrawn', 'Version Creation'],
  ['PASSED', 'approved', 'Pilot test'],
  ['BETA', 'whitelist-testing', 'Pilot test'],
  ['GRAY_WAIT', 'rollout-ready', 'Gradual rollout, not started'],
  ['GRAY', 'grayscale', 'Gradual rollout'],
  ['ONLINE', 'released', 'Officially released'],
  ['ARCHIVED', 'archived', ''],
] as const;

describe('states', () => {
  test.each(STATUSES)('%s is %s, in the phase "%s"', (word, state, phase) => {
    expect(STATES[state].phase).toBe(phase);
    expect(defaultProfile.statuses[word]?.state).toBe(state);
    expect(STATUS_OF[state]).toBe(word);
  });

  test('the states are those of the documented statuses, and none for a version without a release', () => {
    const states = STATUSES.map(([, state]) => state);
    expect(Object.keys(STATES).toSorted()).toEqual(['none', ...states].toSorted());
    expect(Object.keys(defaultProfile.statuses).toSorted()).toEqual(STATUSES.map(([word]) => word).toSorted());
  });

  test('a release from APPROVE to GRAY is in progress and blocks another version', () => {
    const inProgress = STATUSES.filter(([, state]) => STATES[state].inProgress).map(([word]) => word);
    expect(inProgress).toEqual(['APPROVE', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY']);
  });
});

/** The operation, the states that it is allowed from, the one it leads to. `-`: the same. Written by hand. */
const RULES = [
  ['createRelease', 'none', 'created'],
  ['startApproval', 'created rejected withdrawn', 'in-review'],
  ['cancelApproval', 'in-review', 'withdrawn'],
  ['cancelRelease', 'approved whitelist-testing rollout-ready grayscale', 'withdrawn'],
  ['addWhitelist', 'approved whitelist-testing', '-'],
  ['startPilot', 'approved whitelist-testing', 'whitelist-testing'],
  ['skipPilot', 'approved whitelist-testing', 'rollout-ready'],
  ['setRatio', 'rollout-ready grayscale', '-'],
  ['startGrayscale', 'rollout-ready grayscale', 'grayscale'],
  ['goOnline', 'rollout-ready grayscale', 'released'],
  ['rollback', 'archived', 'released'],
] as const;

describe('operations', () => {
  test.each(RULES)('%s is sent from %s and leads to %s', (operation, from, to) => {
    expect(operationRow(operation)).toMatchObject({ access: 'write', from: from.split(' ') });
    expect(operationRow(operation).to ?? '-').toBe(to);
  });

  test('the operations are the reads, login, the two that need no release, and the writes of the guide', () => {
    const others = ['listVersions', 'listReleases', 'findRelease', 'releaseHistory', 'login'];
    const needNoRelease = ['uploadPackage', 'createVersion'];
    const all = [...others, ...needNoRelease, ...RULES.map(([operation]) => operation)];
    expect(Object.keys(OPERATIONS).toSorted()).toEqual(all.toSorted());
    const reads = Object.entries(OPERATIONS).filter(([, row]) => row.access === 'read');
    expect(reads.map(([name]) => name)).toEqual(others.slice(0, 4));
  });

  test('only addWhitelist, setRatio and uploadPackage may be repeated without a reading', () => {
    const repeatable = Object.keys(OPERATIONS).filter(
      (name) => operationRow(name as keyof typeof OPERATIONS).repeatable,
    );
    expect(repeatable.toSorted()).toEqual(['addWhitelist', 'setRatio', 'uploadPackage']);
  });
});

/** The guide, part by part: the buttons that are clicked, the phase in which they are, and where that leads. */
const GUIDE = [
  ['1 Submit your MiniApp for Release', 'submit', ['Release', 'All No'], 'none', 'created'],
  ['2 Apply for Release', 'apply', ['Apply Release', 'OK'], 'created', 'in-review'],
  ['2.3 wait for approval', 'approval', ['administrator'], 'in-review', 'in-review'],
  ['3.2 Whitelisting test', 'whitelist', ['Setting Whitelist', 'Start Testing'], 'approved', 'whitelist-testing'],
  ['3.2 Canary release', 'grayscale', ['Set Grayscale', 'Start Grayscale'], 'rollout-ready', 'grayscale'],
  ['3.2 Official Release', 'release', ['Officially Release', 'OK'], 'grayscale', 'released'],
] as const;

/** The stages in the order of a release: the states they run from, and the one they end in. */
const STAGES = [
  ['upload', 'none', 'version'],
  ['submit', 'none', 'created'],
  ['apply', 'created in-review rejected withdrawn', 'approved'],
  ['approval', 'in-review', 'approved'],
  ['whitelist', 'approved whitelist-testing', 'whitelist-testing'],
  ['grayscale', 'approved whitelist-testing rollout-ready grayscale', 'grayscale'],
  ['release', 'approved whitelist-testing rollout-ready grayscale', 'released'],
  ['status', '', 'any'],
  ['withdraw', 'in-review approved whitelist-testing rollout-ready grayscale', 'withdrawn'],
  ['rollback', 'archived', 'released'],
] as const;

describe('stages', () => {
  test.each(GUIDE)('part %s of the guide is the stage %s', (_, stage, buttons, from, to) => {
    const row = stageRow(stage);
    for (const button of buttons) expect(row.portalWords).toContain(button);
    const step = row.way[from];
    const last = step === 'wait' ? undefined : step?.at(-1);
    expect(last ? operationRow(last).to : from).toBe(to);
  });

  test('the stages are in the order of the guide', () => {
    expect(STAGE_NAMES).toEqual(STAGES.map(([stage]) => stage));
  });

  test.each(STAGES)('%s runs from "%s" and ends in %s', (stage, from, end) => {
    const row = stageRow(stage);
    expect(Object.keys(row.way).toSorted()).toEqual(from.split(' ').filter(Boolean).toSorted());
    expect(row.end).toBe(end);
  });

  test.each(STAGES)('%s sends nothing from a state that the portal would refuse it in', (stage) => {
    for (const [state, step] of Object.entries(stageRow(stage).way)) {
      let at: State = state as State;
      for (const operation of step === 'wait' ? [] : step) {
        const { from, to } = operationRow(operation);
        if (from) expect(from, `${operation} from ${at}`).toContain(at);
        at = to ?? at;
      }
    }
  });

  test('only the right stages run alone, refuse a first release or a downgrade, reapply and await the review', () => {
    const where = (is: (row: ReturnType<typeof stageRow>) => unknown) => STAGE_NAMES.filter((s) => is(stageRow(s)));
    expect(where((row) => row.alone)).toEqual(['withdraw', 'rollback']);
    expect(where((row) => row.notOnFirstRelease)).toEqual(['whitelist', 'grayscale']);
    expect(where((row) => row.refusesDowngrade)).toEqual(['submit', 'apply', 'whitelist', 'grayscale', 'release']);
    expect(where((row) => row.reapplies)).toEqual(['apply']);
    expect(where((row) => row.awaitsReview)).toEqual(['apply', 'approval']);
  });
});

/** The states in which an end state has been reached: the state itself, and later ones that keep it. */
const HOLDS: Partial<Record<State, string>> = {
  created: 'created in-review rejected withdrawn approved whitelist-testing rollout-ready grayscale released archived',
  approved: 'approved whitelist-testing rollout-ready grayscale released',
  'whitelist-testing': 'whitelist-testing rollout-ready grayscale released',
  grayscale: 'grayscale released',
  released: 'released',
  withdrawn: 'withdrawn',
};

test.each(Object.entries(HOLDS))('the end state %s has been reached in: %s', (end, states) => {
  const all = Object.keys(STATES) as State[];
  expect(all.filter((state) => hasReached(end as State, state)).toSorted()).toEqual(states.split(' ').toSorted());
});
