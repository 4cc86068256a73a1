/** The limits of outputs, summary and comment, however much text the portal sends. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { commentOf } from '../../src/report/comment.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { publish } from '../../src/report/publish.ts';
import type { Report } from '../../src/report/report.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { someReport } from '../support/github.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const history = (count: number, comment: string) =>
  times(count, (at) => ({ type: 'AUDIT', operator: `reviewer ${at}`, time: '2026-01-02 03:04:05', comment }));
const operations = (count: number, traceId: string): Report['operations'] =>
  times(count, (at) => ({ operation: 'listReleases', startedAtMs: at, tookMs: 9, ok: true, traceId }));
const last = { operation: 'goOnline', startedAtMs: 1_800_000_000_000, tookMs: 9, ok: true } as const;
const error = (text: string): Partial<Report> => ({
  verdict: 'failed',
  error: { code: 'portal-refused', what: 'The portal refused.', found: text, todo: text, more: '' },
});

const LONG: Readonly<Record<string, Partial<Report>>> = {
  'a long history': { history: history(10_000, 'no, the icon is blurred, '.repeat(8)) },
  'a history in another script': { history: history(2_000, '审'.repeat(500)) },
  'a history of marks that JSON escapes': { history: history(2_000, '"\\'.repeat(250)) },
  'a history of marks that Markdown escapes': { history: history(2_000, '@#|*$'.repeat(100)) },
  'many operations': { operations: [...operations(5_000, 't'.repeat(200)), last] },
  'many versions in progress': { underWay: times(9_000, (at) => ({ version: `1.0.${at}`, state: 'approved' })) },
  'many notices': { notices: times(3_000, (at) => `${at}: ${'x'.repeat(300)}`) },
  'a long error': error('€'.repeat(100_000)),
  'a long message': { message: 'm'.repeat(500_000), reason: '"'.repeat(500_000), todo: 't'.repeat(500_000) },
  'all of these': {
    history: history(3_000, 'x'.repeat(500)),
    operations: [...operations(3_000, 'x'.repeat(100)), last],
    underWay: times(3_000, (at) => ({ version: `1.0.${at}`, state: 'approved' })),
    notices: times(3_000, () => 'x'.repeat(100)),
    ...error('€'.repeat(50_000)),
  },
};
const LISTS = ['history', 'operations', 'underWay', 'notices'] as const;

describe.each(Object.entries(LONG))('a report with %s', (_, fields) => {
  const report = someReport(fields);

  test('the output report is JSON with all of its fields and fits an environment variable', () => {
    const text = outputsOf(report, '').report;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100_000);
    // Most of what there is room for is used.
    expect(Buffer.byteLength(text)).toBeGreaterThan(
      fields.message || (fields.error && !fields.history) ? 1_000 : 50_000,
    );
    const { truncated, ...told } = JSON.parse(text) as Report & { truncated: Record<string, number> };
    expect(Object.keys(told)).toEqual(Object.keys(JSON.parse(JSON.stringify(report))));
    expect(told).toMatchObject({ schemaVersion: 1, version: '1.1.0', state: 'grayscale', run: report.run });
    for (const list of LISTS) expect(told[list].length + (truncated[list] ?? 0)).toBe(report[list].length);
    if (fields.operations) expect(told.operations.at(-1)).toEqual(last);
    expect(
      spawnSync('true', { env: { PATH: process.env['PATH'], A_REPORT_OF_THE_RELEASE: text } }).error,
    ).toBeUndefined();
  });

  test('the summary stays under 1 MiB and shows the facts', () => {
    const summary = summaryOf(report);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1024 * 1024);
    expect(summary).toContain('Live version');
    expect(summary).toContain('## ');
  });

  test('the comment stays under 65,536 characters and shows the versions', () => {
    const comment = commentOf(report);
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toContain('Live version');
  });
});

test('a report within the limit is not shortened', () => {
  const report = someReport({ history: history(50, 'fine') });
  expect(JSON.parse(outputsOf(report, '').report)).toEqual(report);
});

describe('publish', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'publish-'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('the report file holds the entries that the output report leaves out', async () => {
    const report = someReport({ history: history(10_000, 'x'.repeat(180)) });
    const output = join(folder, 'output');
    writeFileSync(output, '');
    vi.stubEnv('GITHUB_OUTPUT', output);
    const parts = { tempDir: folder, redact: (text: string) => text, warn: (text: string) => expect.fail(text) };
    await publish(report, { ...parts, hasOutputFile: true, summaryFile: undefined });
    const text = readFileSync(output, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(110_000);
    expect(text).toContain('"truncated":{"history":');
    const [, file = ''] = /report-file<<\S+\n(.*)\n/.exec(text) ?? [];
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(report);
  });
});
