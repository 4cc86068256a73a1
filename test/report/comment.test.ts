import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { commentOf, markerOf } from '../../src/report/comment.ts';
import { deploymentOf } from '../../src/report/deployment.ts';
import type { Report } from '../../src/report/report.ts';
import { someReport } from '../support/github.ts';

describe('the comment', () => {
  test('shows the state, the progress, the versions, the preview, the next stages and the time', () => {
    const report = someReport({ showPreview: true, previewUrl: 'gopay://mini-app/windvane?app_id=1' });
    const [headline, progress, versions, ...rest] = commentOf(report, { qrCode: '⬛⬜' }).split('\n\n');
    expect(headline).toBe('## ✅ succeeded: 1.1.0 is in grayscale rollout at 20% on GOPAY');
    expect(progress).toMatch(
      /^✅ Version Creation → .*✅ Gradual rollout 5% → 🔵 \*\*Gradual rollout 20% \(now\)\*\* → ⚪ Gradual rollout 50% → ⚪ Officially released$/,
    );
    expect(versions).toMatch(/^\| Version \| <code>1\.1\.0<\/code> \|\n\| --- \| --- \|\n\| Live version \| /);
    expect(rest[0]).toBe('<details><summary>Preview link and QR code</summary>');
    expect(rest.join()).toContain('⬛⬜');
    expect(rest.slice(-2)).toEqual([
      'Next stages: <code>grayscale</code>, <code>release</code>, <code>withdraw</code>',
      '<sub>As of 2026-01-02 03:04 UTC, by [this run](https://github.example/acme/shop/actions/runs/77/attempts/2).</sub>',
    ]);
  });

  test('a comment that is written during a wait says so and gives no advice for the end', () => {
    const text = commentOf(
      someReport({
        verdict: 'pending',
        state: 'in-review',
        todo: 'Run the step again later.',
        message: 'still awaited',
      }),
      { isWaiting: true },
    );
    expect(text).toContain('## ⏳ waiting');
    expect(text).toContain('writes here again when it ends');
    expect(text).not.toMatch(/Run the step again|Next stages/);
  });

  test('a comment over the limit leaves out whole parts', () => {
    const notices = Array.from({ length: 100 }, (_, at) => `${at} ${'@#!'.repeat(300)}`);
    const text = commentOf(someReport({ notices }));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('Some of this was left out');
    expect(text).toContain('| Miniapp |');
    expect(text).not.toContain('&#64;&#8203;');
    expect(commentOf(someReport({ notices: notices.slice(0, 1) }))).toContain('&#64;&#8203;');
  });

  test('untrusted text makes no link, image, mention, table or element', () => {
    const hostile = '@octocat fixes #1 ![x](https://evil.test/x.png) <img src=x> | a | https://evil.test www.evil.test';
    const text = commentOf(
      someReport({
        verdict: 'rejected',
        state: 'rejected',
        reason: hostile,
        notices: [hostile],
        version: hostile,
        targetApp: hostile,
        liveVersion: hostile,
        run: { ...someReport().run, url: 'https://evil.test/a) @octocat' },
      }),
    );
    const html = micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
    expect(html).not.toMatch(/<a |<img/);
    expect(html.match(/<t[hd]>/g)).toHaveLength(8);
    expect(text).not.toMatch(/@octocat|#1\b/);
  });

  test('the marker tells repositories, miniapps, target apps and rehearsals apart, and nothing else', () => {
    const variants: Partial<Report>[] = [
      {},
      { miniappId: 'other' },
      { targetApp: 'other' },
      { sandbox: true },
      { run: { ...someReport().run, repository: 'acme/other' } },
    ];
    const markers = variants.map((fields) => markerOf(someReport(fields)));
    expect(new Set(markers).size).toBe(variants.length);
    expect(markerOf(someReport({ version: '9.9.9', state: 'released', endedAt: 'later' }))).toBe(markers[0]);
    expect(markers[0]).toMatch(/^<!-- gopay-miniapp-release [0-9a-f]{32} -->$/);
  });
});

describe('the deployment', () => {
  const stateIn = (state: Report['state'], fields: Partial<Report> = {}) =>
    deploymentOf(someReport({ state, ...fields }))?.state;

  test('the state of the deployment follows the state of the release', () => {
    expect(stateIn('none')).toBe(undefined);
    expect(stateIn('created')).toBe(undefined);
    expect(stateIn('in-review')).toBe('in_progress');
    expect(stateIn('whitelist-testing')).toBe('in_progress');
    expect(stateIn('grayscale')).toBe('in_progress');
    expect(stateIn('released')).toBe('success');
    expect(stateIn('rejected')).toBe('failure');
    expect(stateIn('grayscale', { verdict: 'halted' })).toBe('failure');
    expect(stateIn('withdrawn')).toBe('inactive');
    expect(stateIn('busy')).toBe(undefined);
  });

  test('there is none for a rehearsal, a dry run, and a step that only reads', () => {
    expect(stateIn('released', { sandbox: true })).toBe(undefined);
    expect(stateIn('released', { dryRun: true })).toBe(undefined);
    expect(stateIn('released', { stages: [{ stage: 'status', outcome: 'unchanged' }] })).toBe(undefined);
  });

  test('its descriptions have at most 140 characters', () => {
    const desired = deploymentOf(someReport({ version: 'x'.repeat(200) }));
    expect(desired?.description.length).toBe(140);
    expect(desired?.title.length).toBe(140);
  });
});
