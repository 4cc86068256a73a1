/** The end of a run for the runner: green or red, and the last lines of the log. */

import type { Inputs } from '../action/inputs.ts';
import type { Log } from '../lib/log.ts';
import { stageRow } from '../release/lifecycle.ts';
import { formatProbeCount, probeLines } from './probe.ts';
import { GREEN, type Report } from './report.ts';

/** Whether the step is green; for `pending` the input on-pending decides. */
export function isGreen({ verdict }: Report, inputs: Inputs | undefined): boolean {
  if (verdict !== 'pending') return GREEN.includes(verdict);
  if (!inputs || inputs.onPending === 'fail') return false;
  if (inputs.onPending === 'succeed' || inputs.soakMode === 'resume') return true;
  const last = inputs.stages.at(-1);
  return last !== undefined && stageRow(last).awaitsReview === true;
}

/** Writes the last lines of the log, and one annotation if the run failed or a person has to act. */
export function conclude(report: Report, green: boolean, log: Log): void {
  if (report.showPreview && report.previewUrl) log.info(`preview: ${report.previewUrl}`);
  if (report.probe && report.certainty) {
    log.group(`What is known of this portal: ${formatProbeCount(report.probe)}`);
    for (const line of probeLines({ probe: report.probe, certainty: report.certainty })) log.info(line);
    log.endGroup();
  }
  log.info(`${report.verdict}: ${report.message}`);
  const { error, todo } = report;
  const because = error ? `${error.what} ${error.found}${error.traceId ? ` (trace id ${error.traceId})` : ''}` : '';
  const details = [
    report.verdict === 'rejected' && `Reason: ${report.reason}`,
    report.verdict === 'halted' && report.health && `Last response: ${report.health.why}.`,
  ];
  const more = error && `More: ${error.more}`;
  const text = [because || report.message, ...details, todo, more].filter(Boolean).join('\n');
  if (report.verdict === 'cancelled') log.notice(text);
  else if (!green) log.error(text);
  else if (report.state === 'unknown') log.warning(text);
  else if (report.verdict === 'pending') log.notice(text);
}
