/** Report -> job summary, in GitHub's Markdown: verdict and state as text first, then the picture, then the facts. Pure. */

import { formatDuration, formatTime } from '../lib/format.ts';
import { formatCertainty, HOW_TO_CONFIRM } from '../release/certainty.ts';
import { OPERATIONS, operationRow, STAGES } from '../release/lifecycle.ts';
import type { SimulatedStage } from '../release/plan.ts';
import { healthSummary } from './health.ts';
import { code, escapeMarkdown, limitParts, type Part, table } from './markdown.ts';
import { hasPhases, phaseLine, phasesOf } from './phases.ts';
import { formatProbeCount, formatProbed } from './probe.ts';
import { formatState, type Report } from './report.ts';
import {
  type Extras,
  escapeText,
  explanation,
  foldedPreview,
  foldedText,
  formatInProgress,
  formatLiveVersion,
  formatTargetApp,
  headline,
  noticesOf,
  sandboxNote,
} from './sections.ts';

/** A summary over 1 MiB is not shown at all. */
const MAX_SUMMARY_BYTES = 1_000_000;
const MAX_ROWS = 50;

/** The job summary in Markdown, below the size that GitHub shows. */
export function summaryOf(report: Report, extras: Extras = {}): string {
  return limitParts(partsOf(report, extras), MAX_SUMMARY_BYTES);
}

function partsOf(report: Report, extras: Extras): Part[] {
  return [
    { text: sandboxNote(report), weight: 100 },
    { text: headline(report), weight: 100 },
    { text: explanation(report), weight: 95 },
    { text: noticesOf(report), weight: 90 },
    { text: picture(report), weight: 40 },
    { text: phaseLine(report), weight: 70 },
    { text: facts(report), weight: 80 },
    { text: healthSummary(report.health), weight: 65 },
    { text: planned(report), weight: 85 },
    { text: foldedPreview(report, extras), weight: 60 },
    { text: history(report), weight: 50 },
    { text: operations(report), weight: 30 },
    { text: probed(report), weight: 10 },
    { text: runFacts(report), weight: 20 },
  ].filter((part) => part.text !== '');
}

/** Mermaid, of fixed text and whole numbers only. The line below it says the same where Mermaid is not drawn. */
function picture(report: Report): string {
  if (!hasPhases(report)) return '';
  const phases = phasesOf(report);
  const nodes = phases.map(({ name, progress }, index) => {
    const className = { done: 'done', now: 'now', stopped: 'stopped', 'to come': 'later' }[progress];
    return `  p${index}["${name} (${progress})"]:::${className}`;
  });
  const arrows = phases.slice(1).map((_, index) => `  p${index} --> p${index + 1}`);
  return [
    '```mermaid',
    'flowchart LR',
    ...nodes,
    ...arrows,
    '  classDef done fill:#1a7f37,stroke:#1a7f37,color:#ffffff',
    '  classDef now fill:#0969da,stroke:#0969da,color:#ffffff',
    '  classDef stopped fill:#cf222e,stroke:#cf222e,color:#ffffff',
    '  classDef later fill:#eaeef2,stroke:#8c959f,color:#24292f',
    '```',
  ].join('\n');
}

/** What matters now, then what is the same in every run, folded. */
function facts(report: Report): string {
  const rows: string[][] = [];
  const add = (name: string, value: string | undefined) => value && rows.push([name, value]);
  add('Version', report.version && code(report.version));
  add('Status', report.state && escapeMarkdown(formatState(report)));
  add('Live version', formatLiveVersion(report));
  add('Previous version', report.previousVersion && `${code(report.previousVersion)} (what a rollback brings back)`);
  add('Also in progress', formatInProgress(report));
  add('First release', report.firstRelease === true ? 'yes: it can only be official' : '');
  add('Grayscale', report.ratioPercent ? `${report.ratioPercent}% of users` : '');
  add('Whitelist', formatWhitelist(report));
  add('Next stages', report.nextStages.map((stage) => code(stage)).join(', '));
  const shown = tableOf(rows);
  rows.length = 0;
  add('Miniapp', report.miniappId && code(report.miniappId));
  add('Target app', formatTargetApp(report));
  add('Portal status', report.portalStatus && code(report.portalStatus, 100));
  add('Package', report.packageSha256 && `${report.packageBytes} bytes, SHA-256 ${code(report.packageSha256)}`);
  return [shown, foldedText('Ids and portal status', tableOf(rows))].filter(Boolean).join('\n\n');
}

function tableOf([first, ...others]: readonly string[][]): string {
  return first ? table(others, first) : '';
}

function formatWhitelist(report: Report): string {
  const counted = report.whitelistCount ? `${report.whitelistCount} on the portal` : '';
  const given = report.whitelistIds
    ? `${report.whitelistIds} user ${report.whitelistIds === 1 ? 'ID' : 'IDs'} given`
    : '';
  return [given, counted].filter(Boolean).join(', ');
}

/** What a dry run would do, stage by stage. */
function planned(report: Report): string {
  if (!report.dryRun || report.stages.length === 0) return '';
  const rows = report.stages.map(({ stage, outcome, planned: step }) => [
    code(stage),
    STAGES[stage].portalWords,
    step ? formatSimulated(step) : outcome,
  ]);
  const isInferred = report.stages.some(({ planned: step }) => step && hasInferred(step));
  return [
    `### What would be done\n\n${table(rows, ['Stage', "The portal's buttons", 'Would'])}`,
    ...(isInferred ? [escapeText(ABOUT_INFERRED)] : []),
  ].join('\n\n');
}

/** What stands below a plan with calls that are only inferred. */
export const ABOUT_INFERRED = `Nobody has published the calls marked inferred, and no recording of your portal holds them. ${HOW_TO_CONFIRM}`;

export function hasInferred({ operations: calls }: SimulatedStage): boolean {
  return calls.some(({ inferred }) => inferred);
}

/** What a stage would do: "set the grayscale ratio 20% (setRatio), then start ...". */
export function formatSimulated(step: SimulatedStage): string {
  const sends = step.operations.map(({ operation, folded = [], ratioPercent, inferred }) => {
    const words = [...folded, operation].map((one) => operationRow(one).words).join(' and ');
    return `${words}${ratioPercent ? ` ${ratioPercent}%` : ''} (${[operation, folded.length > 0 && 'one call', inferred && 'inferred'].filter(Boolean).join(', ')})`;
  });
  return (
    [...sends, ...(step.waits ? ['wait'] : [])].join(', then ') ||
    'nothing: the end state of the stage has been reached'
  );
}

function history(report: Report): string {
  if (report.history.length === 0) return '';
  const rows = report.history
    .slice(0, MAX_ROWS)
    .map(({ time, type, operator, comment }) => [
      escapeMarkdown(formatHistoryTime(time), 60),
      escapeMarkdown(type, 60),
      escapeMarkdown(operator, 60),
      escapeMarkdown(comment, 500),
    ]);
  return `### History\n\n${table(rows, ['Time', 'What', 'Who', 'Comment'])}${restOf(report.history)}`;
}

/** A time in milliseconds or seconds since 1970 in UTC; any other as the portal writes it. */
function formatHistoryTime(time: string): string {
  if (/^\d{13}$/.test(time)) return formatTime(Number(time));
  return /^\d{10}$/.test(time) ? formatTime(Number(time) * 1_000) : time;
}

function operations(report: Report): string {
  const sent = report.operations.filter(({ operation }) => OPERATIONS[operation].access === 'write');
  if (sent.length === 0) return '';
  const rows = sent
    .slice(0, MAX_ROWS)
    .map(({ operation, startedAtMs, ok, traceId }) => [
      new Date(startedAtMs).toISOString().slice(11, 19),
      `${operationRow(operation).words} (${operation})`,
      ok ? 'accepted' : 'not accepted',
      traceId ? code(traceId, 100) : '',
    ]);
  return `### What was sent\n\n${table(rows, ['UTC', 'Operation', 'Response', 'Trace id'])}${restOf(sent)}`;
}

/** What stands below a table of the first MAX_ROWS. */
function restOf(all: readonly unknown[]): string {
  return all.length > MAX_ROWS ? `\n\n${all.length - MAX_ROWS} more are in the report.` : '';
}

/** What a status step shows of a portal whose API is not described. */
function probed({ probe = [], certainty = [] }: Report): string {
  if (probe.length === 0) return '';
  const rows = probe.map((one) => [code(one.operation), operationRow(one.operation).words, formatProbed(one)]);
  const title = `What is known of this portal: ${formatProbeCount(probe)}`;
  const stages = certainty.map((one) => `- ${formatCertainty(one)}`).join('\n');
  return foldedText(title, `${table(rows, ['Operation', 'What it does', 'How sure'])}\n\n${stages}`);
}

function runFacts(report: Report): string {
  const took = formatDuration(Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const who = report.run.triggeringActor ? ` Started by ${code(report.run.triggeringActor, 100)}.` : '';
  return `<sub>${report.looks} ${report.looks === 1 ? 'poll' : 'polls'}, ${took}, ended ${formatTime(Date.parse(report.endedAt))}.${who}</sub>`;
}
