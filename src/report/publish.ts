/** Writes the outputs, the report file and the summary. The report has no secrets at this point. */

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setOutput } from '@actions/core';
import { outputsOf } from './outputs.ts';
import { drawQrCode } from './qr-code.ts';
import type { Report } from './report.ts';
import { summaryOf } from './summary.ts';

export interface Publishing {
  readonly tempDir: string;
  readonly warn: (text: string) => void;
  /** Without output and summary file, as outside a workflow, nothing is written. */
  readonly hasOutputFile: boolean;
  readonly summaryFile: string | undefined;
}

/** Writes the report. A file that cannot be written is a warning, since the release itself is not affected. */
export async function publish(report: Report, publishing: Publishing): Promise<void> {
  const { warn, summaryFile } = publishing;
  const safely = async (what: string, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      warn(`The ${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (!publishing.hasOutputFile && !summaryFile) return;
  let written = '';
  await safely('report file', async () => {
    const name = `gopay-miniapp-release-${Math.random().toString(36).slice(2)}.json`;
    const reportFile = join(publishing.tempDir, name);
    // A new file (wx), whatever an earlier step has left there.
    writeFileSync(reportFile, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    written = reportFile;
  });
  await safely('outputs', async () => {
    if (!publishing.hasOutputFile) return;
    for (const [name, value] of Object.entries(outputsOf(report, written))) setOutput(name, value);
  });
  await safely('job summary', async () => {
    if (!summaryFile) return;
    const qrCode = report.showPreview && report.previewUrl ? await drawQrCode(report.previewUrl) : undefined;
    // Not by the toolkit, whose summary loads another part of Node and waits for a thread: a tenth of an empty process.
    appendFileSync(summaryFile, `${summaryOf(report, { qrCode })}\n`);
  });
}
