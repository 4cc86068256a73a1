/** What a step says about how certain the calls of its profile are, and about statuses that the profile does not map. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { certaintyOf, formatCertainty } from '../../src/release/certainty.ts';
import { STATES } from '../../src/release/lifecycle.ts';
import { commentOf } from '../../src/report/comment.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, runInProcess } from '../support/in-process.ts';
import { startPortal, type TestPortalOptions } from '../support/portal.ts';
import { type Answerer, startWire } from '../support/wire.ts';

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface World {
  readonly portal?: TestPortalOptions;
  /** What differs from the default profile. */
  readonly profile?: object;
  /** What the portal answers otherwise. */
  readonly answer?: Answerer;
}

/** Runs a step on version 1.1.0 of a portal on loopback, through a wire; the clock is a fake one. */
async function step(inputs: Readonly<Record<string, string>>, { portal: options, profile, answer }: World = {}) {
  const clock = fakeClock();
  const startMs = clock.now();
  const portal = await startPortal({ now: clock.now, ...options });
  const wire = await startWire(answer, portal.url);
  const place = newPlace();
  opened.push(portal.close, wire.close, place.close);
  if (profile) writeFileSync(join(place.workspace, 'profile.json'), JSON.stringify(profile));
  const given = {
    ...portal.inputs,
    'portal-url': wire.url,
    version: '1.1.0',
    ...(profile && { 'portal-profile': 'profile.json' }),
    ...inputs,
  };
  const result = await runInProcess(given, { clock, place });
  const summary = summaryOf(result.report);
  return { ...result, summary, comment: commentOf(result.report), tookMs: clock.now() - startMs };
}

const confirmed = (confirmedOn: string) => ({ mark: 'observed', confirmedOn });
const annotations = (log: string, kind: string) =>
  [...log.matchAll(new RegExp(`^::${kind}::(.*)$`, 'gm'))].map(([, text = '']) => text.replaceAll('%0A', '\n'));

describe('a status', () => {
  const seed = { live: '1.0.0', version: '1.1.0', state: 'approved' } as const;

  test('keeps apart what is confirmed, answered, observed, documented and inferred', async () => {
    const operations = {
      listReleases: confirmed('2026-11-26'),
      goOnline: { mark: 'documented' },
      rollback: confirmed('2026-11-27'),
    };
    const { report, summary, log } = await step({ stage: 'status' }, { portal: { seed }, profile: { operations } });
    const probed = Object.fromEntries((report.probe ?? []).map(({ operation, ...others }) => [operation, others]));
    expect(probed).toMatchObject({
      listReleases: { mark: 'observed', answer: 'answered', confirmedOn: '2026-11-26' },
      rollback: { mark: 'observed', answer: 'not asked', confirmedOn: '2026-11-27' },
      goOnline: { mark: 'documented', answer: 'not asked' },
    });
    expect(probed['goOnline']).not.toHaveProperty('confirmedOn');
    const sure = {
      listReleases: '✅ confirmed by a recording on 2026-11-26; answered by this portal just now',
      releaseHistory: '✅ answered by this portal just now',
      rollback: '✅ confirmed by a recording on 2026-11-27',
      goOnline: 'documented by the vendor',
      skipPilot: 'observed elsewhere',
      setRatio: 'inferred: prove it with a recording (docs/portal.md)',
    };
    for (const [operation, words] of Object.entries(sure)) {
      expect(summary).toMatch(new RegExp(`<code>${operation}</code> \\| [^|]+ \\| ${pattern(words)} \\|`));
      expect(log).toMatch(new RegExp(`^${operation} +${pattern(words)}$`, 'm'));
    }
    expect(summary).toContain('2 of 18 operations answered just now, 2 confirmed by a recording</summary>');
  });

  test('says which stages are certain, and names what the others lack', async () => {
    const operations = { rollback: confirmed('2026-11-27'), cancelRelease: confirmed('2026-11-27') };
    const { report, summary, log } = await step({ stage: 'status' }, { portal: { seed }, profile: { operations } });
    const lines = [
      'rollback: certain',
      'withdraw: inferred, not recorded: cancelApproval',
      'grayscale: inferred, not recorded: setRatio, startGrayscale; observed elsewhere, not recorded: skipPilot',
    ];
    for (const line of lines) {
      expect(summary).toContain(`\n- ${line}\n`);
      expect(log).toContain(`\n${line}\n`);
    }
    expect(report.certainty).toContainEqual({ stage: 'rollback', certain: true, unconfirmed: [] });
    expect(report.certainty).toContainEqual({
      stage: 'withdraw',
      certain: false,
      unconfirmed: [{ operation: 'cancelApproval', known: 'inferred' }],
    });
  });

  test('counts a folded operation by the call that carries it', async () => {
    const startGrayscale = { ...confirmed('2026-11-27'), body: { ratio: '{ratio}' } };
    const operations = { setRatio: 'startGrayscale', skipPilot: 'none', startGrayscale };
    const { report, summary } = await step({ stage: 'status' }, { portal: { seed }, profile: { operations } });
    expect(report.probe).toContainEqual({
      operation: 'setRatio',
      mark: 'observed',
      answer: 'not asked',
      confirmedOn: '2026-11-27',
      doneBy: 'startGrayscale',
    });
    expect(summary).toContain('done by startGrayscale: ✅ confirmed by a recording on 2026-11-27');
    expect(summary).toContain('\n- grayscale: certain\n');
  });

  test('of a stage whose call the profile does not have, says that', () => {
    const [rollback] = certaintyOf({}).filter(({ stage }) => stage === 'rollback');
    expect(rollback && formatCertainty(rollback)).toBe('rollback: not in the profile: rollback');
  });
});

const pattern = (text: string) => text.replace(/[()./]/g, '\\$&');

const RAMP = { stage: 'grayscale', 'grayscale-ratio': '5, 20', 'grayscale-soak': '0s' };
const READY = { live: '1.0.0', version: '1.1.0', state: 'rollout-ready' } as const;

describe('a dry run', () => {
  test('marks the calls that are only inferred, in the log, the summary and the report', async () => {
    const dry = { ...RAMP, stage: 'grayscale, release', 'dry-run': 'true' };
    const { report, summary, log } = await step(dry, {
      portal: { seed: READY },
      profile: { operations: { setRatio: confirmed('2026-11-27') } },
    });
    expect(report.verdict).toBe('planned');
    const calls = report.stages.flatMap(({ planned }) => planned?.operations ?? []);
    expect(calls.map(({ operation, inferred }) => [operation, inferred === true])).toEqual([
      ['setRatio', false],
      ['startGrayscale', true],
      ['setRatio', false],
      ['startGrayscale', true],
      ['goOnline', false],
    ]);
    for (const text of [log, summary]) {
      expect(text).toContain('start the grayscale rollout 20% (startGrayscale, inferred)');
      expect(text).toContain('(setRatio)');
      expect(text).toContain('(goOnline)');
      expect(text).toContain('node dist/learn.js watch');
    }
    // A notice is for what is sent.
    expect(annotations(log, 'notice')).toEqual([]);
  });

  test('of the sandbox, or without an inferred call, marks nothing', async () => {
    const sandbox = { 'portal-url': 'sandbox?live=1.0.0&versions=1.1.0&state=rollout-ready' };
    for (const inputs of [
      { ...RAMP, ...sandbox },
      { stage: 'release', 'portal-url': '' },
    ]) {
      const { 'portal-url': url, ...others } = inputs;
      const world = { portal: { seed: READY } };
      const { report, log, summary } = await step(
        { ...others, ...(url && { 'portal-url': url }), 'dry-run': 'true' },
        world,
      );
      expect(report.verdict).toBe('planned');
      expect(log + summary).not.toContain('inferred');
    }
  });
});

describe('an inferred write to a real portal', () => {
  test('is said once for each operation, before it is sent and however often it is sent', async () => {
    let refused = 0;
    const answer: Answerer = ({ path }) =>
      path.endsWith('/gray/setRatio') && refused++ < 2 ? { status: 503, body: 'busy' } : 'portal';
    const { report, log, summary, comment } = await step(RAMP, { portal: { seed: READY }, answer });
    expect(report).toMatchObject({ verdict: 'succeeded', ratioPercent: 20 });
    expect(refused).toBeGreaterThan(2);
    const notices = annotations(log, 'notice');
    expect(notices).toEqual([
      expect.stringMatching(/^setRatio is inferred.*POST \/rest\/intercnn\/app\/publish\/version\/gray\/setRatio/),
      expect.stringMatching(/^startGrayscale is inferred.*POST \/rest\/intercnn\/app\/publish\/version\/gray\/start/),
    ]);
    for (const notice of notices) {
      expect(notice).toContain('node dist/learn.js watch');
      expect(notice).toContain('docs/portal.md');
    }
    expect(log.indexOf('::notice::setRatio')).toBeLessThan(log.indexOf('no response'));
    expect(report.notices).toEqual(notices);
    for (const text of [summary, comment]) {
      expect(text).toContain('<code>POST /rest/intercnn/app/publish/version/gray/setRatio</code>');
      expect(text).toContain('<code>node dist/learn.js watch</code>');
    }
  });

  test('is said before the portal can refuse it', async () => {
    const answer: Answerer = ({ path }) =>
      path.endsWith('/app/publish/rollback') ? { body: { success: false, errorCode: 'NO' } } : 'portal';
    const world = { portal: { seed: { live: '1.0.0', version: '1.1.0', state: 'archived' as const } }, answer };
    const { report, log } = await step({ stage: 'rollback' }, world);
    expect(report).toMatchObject({ verdict: 'failed', changed: false });
    expect(annotations(log, 'notice')).toEqual([expect.stringMatching(/^rollback is inferred/)]);
  });

  test.each([
    ['confirmed by a recording', { confirmedOn: '2026-11-27' }],
    ['observed', { mark: 'observed' }],
    ['documented', { mark: 'documented' }],
  ])('that is %s needs no notice', async (_, call) => {
    const profile = { operations: { setRatio: call, startGrayscale: call } };
    const { report, log } = await step(RAMP, { portal: { seed: READY }, profile });
    expect(report.verdict).toBe('succeeded');
    expect(annotations(log, 'notice')).toEqual([]);
  });

  test('is not said of the sandbox', async () => {
    const { report, log } = await step({
      ...RAMP,
      'portal-url': 'sandbox?live=1.0.0&versions=1.1.0&state=rollout-ready',
    });
    expect(report).toMatchObject({ verdict: 'succeeded', notices: [] });
    expect(log).not.toContain('inferred');
  });
});

/** What an unmapped status has to show: the word with the portal's text, and a line of JSON that can be pasted. */
function expectLineToPaste(markdown: string, word: string, text: string): void {
  const [, line = ''] = /^ *```json\n *(.*)\n *```$/m.exec(markdown) ?? [];
  expect(JSON.parse(line)).toEqual({ statuses: { [word]: { state: '...', mark: 'observed' } } });
  expect(line).not.toMatch(/[^ -~]|&#/);
  expect(markdown).toContain(text);
  const states = Object.keys(STATES).filter((state) => state !== 'none');
  const [, allowed = ''] = /Allowed states(?:&#58;&#8203;|:) (.*)\./.exec(markdown) ?? [];
  expect(plain(allowed).split(', ')).toEqual([...states, 'busy']);
}

/** Escaped Markdown as it is shown. */
const plain = (text: string) =>
  text.replaceAll('&#8203;', '').replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

describe('a status word that the profile does not map', () => {
  /** The portal's release 1.1.0, once it is in review, has another word. */
  const strange =
    (more: object = { versionStatusDesc: 'Siap tayang' }): Answerer =>
    ({ path }) => {
      if (!path.includes('/publish/version/query')) return 'portal';
      const own = { version: '1.1.0', versionStatus: 'SIAP_TAYANG', ...more };
      return { body: { success: true, data: { list: [own, { version: '1.0.0', versionStatus: 'ONLINE' }] } } };
    };

  test('in the wait of apply ends it within minutes, red, with the line to paste', async () => {
    let applied = false;
    const answer: Answerer = (seen, nth, res) => {
      applied ||= seen.path.endsWith('/startApprove');
      return applied ? strange()(seen, nth, res) : 'portal';
    };
    const portal = { seed: { live: '1.0.0', version: '1.1.0', state: 'created' as const } };
    const ran = await step({ stage: 'apply', 'approval-timeout': '6h' }, { portal, answer });
    expect(ran.outputs).toMatchObject({
      verdict: 'failed',
      'error-code': 'portal-status-unknown',
      'portal-status': 'SIAP_TAYANG',
      changed: 'true',
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.tookMs).toBeLessThan(5 * 60_000);
    const [error = ''] = annotations(ran.log, 'error');
    expect(error).toContain('SIAP_TAYANG (Siap tayang)');
    expect(error.split('\n')).toContain('{ "statuses": { "SIAP_TAYANG": { "state": "...", "mark": "observed" } } }');
    for (const text of [ran.summary, ran.comment]) expectLineToPaste(text, 'SIAP_TAYANG', 'Siap tayang');
  });

  test.each([
    ['approval', '0s'],
    ['approval', '30s'],
    ['approval', '6h'],
  ])('that %s finds ends it, with %s to wait', async (stage, timeout) => {
    const ran = await step({ stage, 'approval-timeout': timeout, 'on-pending': 'succeed' }, { answer: strange() });
    expect(ran.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'portal-status-unknown' });
    expect(ran.tookMs).toBeLessThan(5 * 60_000);
  });

  test.each([
    ['beside it', { versionStatusDesc: 'Siap tayang' }],
    ['under another name', { statusLabel: 'Siap tayang' }],
  ])('is a warning of status, with the text %s', async (_, more) => {
    const ran = await step({ stage: 'status' }, { answer: strange(more) });
    expect(ran.outputs).toMatchObject({ verdict: 'unchanged', state: 'unknown' });
    expect(ran.exitCode).toBe(0);
    expect(annotations(ran.log, 'warning')).toEqual([
      expect.stringContaining('\n{ "statuses": { "SIAP_TAYANG": { "state": "...", "mark": "observed" } } }\n'),
    ]);
    expect(annotations(ran.log, 'warning')[0]).toContain('SIAP_TAYANG: "Siap tayang"');
    expect(annotations(ran.log, 'notice')).toEqual([]);
    for (const text of [ran.summary, ran.comment]) expectLineToPaste(text, 'SIAP_TAYANG', 'Siap tayang');
  });

  test('of another release, which hides what is live, is a warning too', async () => {
    const answer: Answerer = ({ path }) => {
      if (!path.includes('/publish/version/query')) return 'portal';
      const list = [
        { version: '1.2.0', versionStatus: 'SIAP_TAYANG', versionStatusDesc: 'Siap tayang' },
        { version: '1.1.0', versionStatus: 'PASSED' },
      ];
      return { body: { success: true, data: { list } } };
    };
    const ran = await step({ stage: 'status' }, { answer });
    expect(ran.outputs).toMatchObject({ verdict: 'unchanged', state: 'approved' });
    expect(annotations(ran.log, 'warning')).toHaveLength(1);
    expectLineToPaste(ran.summary, 'SIAP_TAYANG', 'Siap tayang');
  });

  test('that is hostile stays in its block, and the line stays JSON', async () => {
    const versionStatus = '"}``` @org <img src=x>\n```\n# x $a$ ::error::';
    const ran = await step({ stage: 'status' }, { answer: strange({ versionStatus, versionStatusDesc: '@org `x`' }) });
    const [, line = ''] = /^```json\n(.*)\n```$/m.exec(ran.summary) ?? [];
    expect(Object.keys(JSON.parse(line).statuses)).toEqual(['"}``` @org <img src=x> ``` # x $a$ ::error::']);
    expect(ran.summary).not.toMatch(/@org|<img/);
  });
});
