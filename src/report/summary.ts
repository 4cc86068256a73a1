/** Report -> job summary, in GitHub's Markdown. Verdict and state in words first, then the picture, then the facts. */

import { formatDuration } from '../lib/format.ts';
import { type Mark, OPERATIONS, operationRow, STAGES } from '../release/lifecycle.ts';
import type { SimulatedStage } from '../release/plan.ts';
import { healthSummary } from './health.ts';
import { code, escapeMarkdown, limitParts, type Part, table } from './markdown.ts';
import { phasesOf } from './phases.ts';
import { type Report, stateWords, type Verdict } from './report.ts';

/** A summary over 1 MiB is not shown at all. */
const MAX_SUMMARY_BYTES = 1_000_000;
const MAX_ROWS = 50;
const MAX_UNDER_WAY = 10;

export interface SummaryExtras {
  /** The preview link as a QR code, drawn in Markdown. */
  readonly qrCode?: string | undefined;
}

export function summaryOf(report: Report, extras: SummaryExtras = {}): string {
  return limitParts(partsOf(report, extras), MAX_SUMMARY_BYTES);
}

function partsOf(report: Report, extras: SummaryExtras): Part[] {
  return [
    { text: sandboxNote(report), weight: 100 },
    { text: headline(report), weight: 100 },
    { text: explanation(report), weight: 95 },
    { text: noticesOf(report), weight: 90 },
    { text: picture(report), weight: 40 },
    { text: phaseTable(report), weight: 70 },
    { text: facts(report), weight: 80 },
    { text: healthSummary(report.health), weight: 65 },
    { text: planned(report), weight: 85 },
    { text: preview(report, extras), weight: 60 },
    { text: history(report), weight: 50 },
    { text: operations(report), weight: 30 },
    { text: probed(report), weight: 10 },
    { text: runFacts(report), weight: 20 },
  ].filter((part) => part.text !== '');
}

const ICONS: Readonly<Record<Verdict, string>> = {
  succeeded: '✅',
  unchanged: '✅',
  planned: '📝',
  pending: '⏳',
  rejected: '❌',
  withdrawn: '↩️',
  refused: '⛔',
  halted: '🛑',
  cancelled: '⚪',
  failed: '❌',
};

export function headline(report: Report): string {
  const state = report.state === '' ? '' : ` · ${stateWords(report)}`;
  const dry = report.dryRun ? ' (dry run)' : '';
  return `## ${ICONS[report.verdict]} ${report.verdict}${dry}${report.version ? ` · ${escapeMarkdown(report.version)}` : ''}${state}`;
}

export function sandboxNote(report: Report): string {
  return report.sandbox ? '> **Sandbox rehearsal.** Nothing here has reached a real portal.' : '';
}

/** What happened and what to do, in sentences. */
export function explanation(report: Report): string {
  const lines = [escapeMarkdown(report.message, 1_000)];
  if (report.error) {
    lines.push(`**${report.error.code}**: ${escapeMarkdown(report.error.found, 4_000)}`);
    if (report.error.traceId) lines.push(`The portal's trace id is ${code(report.error.traceId, 200)}.`);
  } else if (report.reason) lines.push(`**The reviewer's reason:** ${escapeMarkdown(report.reason, 4_000)}`);
  if (report.todo) lines.push(`**What to do:** ${escapeMarkdown(report.todo, 1_000)}`);
  if (report.error) lines.push(`More: ${code(report.error.more)}`);
  return lines.join('\n\n');
}

export function noticesOf(report: Report): string {
  return report.notices.map((notice) => `- ${escapeMarkdown(notice, 1_000)}`).join('\n');
}

/** Mermaid, of our own words and whole numbers only. The table below it says the same where it is not drawn. */
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

const PROGRESS_ICONS = { done: '✅', now: '🔵', stopped: '❌', 'to come': '⚪' };

function phaseTable(report: Report): string {
  if (!hasPhases(report)) return '';
  const rows = phasesOf(report).map(({ name, progress }) => [PROGRESS_ICONS[progress], name, progress]);
  return table(rows, ['', 'Phase', 'Progress']);
}

function hasPhases(report: Report): boolean {
  return report.state !== '' && report.targetApp !== '' && report.version !== '';
}

function facts(report: Report): string {
  const rows: string[][] = [];
  const add = (name: string, value: string | undefined) => value && rows.push([name, value]);
  add('Miniapp', report.miniappId && code(report.miniappId));
  add('Target app', report.targetApp && code(report.targetApp));
  add('Version', report.version && code(report.version));
  add('Where it stands', report.state && escapeMarkdown(stateWords(report)));
  add("The portal's word", report.portalStatus && code(report.portalStatus, 100));
  add(
    'Live version',
    report.state && (report.liveVersion ? code(report.liveVersion) : escapeMarkdown(report.live || 'none', 100)),
  );
  add('Previous version', report.previousVersion && `${code(report.previousVersion)} (what a rollback brings back)`);
  add('Also under way', underWayWords(report));
  add('First release', report.firstRelease === true ? 'yes: it can only be official' : '');
  add('Grayscale', report.ratioPercent ? `${report.ratioPercent}% of users` : '');
  add('Whitelist', whitelistWords(report));
  add('Package', report.packageSha256 && `${report.packageBytes} bytes, SHA-256 ${code(report.packageSha256)}`);
  add('Possible next', report.nextStages.map((stage) => code(stage)).join(', '));
  const [first, ...others] = rows;
  return first ? table(others, first) : '';
}

export function underWayWords({ underWay }: Report): string {
  const shown = underWay
    .slice(0, MAX_UNDER_WAY)
    .map(({ version, state }) => `${code(version)} (${stateWords({ state })})`);
  const more = underWay.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function whitelistWords(report: Report): string {
  const counted = report.whitelistCount ? `${report.whitelistCount} on the portal` : '';
  const given = report.whitelistIds ? `${report.whitelistIds} user IDs given` : '';
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
  return `### What would be done\n\n${table(rows, ['Stage', "The portal's buttons", 'Would'])}`;
}

/** What a stage would do: "set the grayscale ratio 20% (setRatio), then start ...". */
export function formatSimulated(step: SimulatedStage): string {
  const sends = step.operations.map(({ operation, ratioPercent }) => {
    return `${operationRow(operation).words}${ratioPercent ? ` ${ratioPercent}%` : ''} (${operation})`;
  });
  return [...sends, ...(step.waits ? ['wait'] : [])].join(', then ') || 'nothing, its end holds';
}

export function preview(report: Report, extras: SummaryExtras): string {
  if (!report.showPreview || report.previewUrl === '') return '';
  const qr = extras.qrCode ? `\n\n${extras.qrCode}` : '';
  return `### Preview\n\nOpens this version in the target app (the portal's own QR code does not):\n\n\`\`\`text\n${report.previewUrl}\n\`\`\`${qr}`;
}

function history(report: Report): string {
  if (report.history.length === 0) return '';
  const rows = report.history
    .slice(0, MAX_ROWS)
    .map(({ time, type, operator, comment }) => [
      escapeMarkdown(time, 60),
      escapeMarkdown(type, 60),
      escapeMarkdown(operator, 60),
      escapeMarkdown(comment, 500),
    ]);
  const more =
    report.history.length > MAX_ROWS ? `\n\n${report.history.length - MAX_ROWS} more are in the report.` : '';
  return `### History\n\n${table(rows, ['Time', 'What', 'Who', 'Comment'])}${more}`;
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
  const more = sent.length > MAX_ROWS ? `\n\n${sent.length - MAX_ROWS} more are in the report.` : '';
  return `### What was sent\n\n${table(rows, ['UTC', 'Operation', 'Answer', 'Trace id'])}${more}`;
}

const SURENESS: Readonly<Record<Mark, string>> = {
  documented: 'documented by the vendor',
  observed: 'observed elsewhere',
  inferred: 'inferred: prove it with a recording (docs/portal.md)',
};

/** What a status tells of a portal that nobody has described. */
function probed({ probe = [] }: Report): string {
  if (probe.length === 0) return '';
  const rows = probe.map(({ operation, mark, answer }) => {
    if (answer === 'answered')
      return [code(operation), operationRow(operation).words, '✅ answered by this portal just now'];
    const failed = answer === 'failed' ? '❌ not answered by this portal just now; ' : '';
    return [code(operation), operationRow(operation).words, failed + SURENESS[mark]];
  });
  const answered = probe.filter(({ answer }) => answer === 'answered').length;
  const head = `<details><summary>What is known of this portal: ${answered} of ${probe.length} operations answered just now</summary>`;
  return `${head}\n\n${table(rows, ['Operation', 'What it does', 'How sure'])}\n\n</details>`;
}

function runFacts(report: Report): string {
  const took = formatDuration(Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const who = report.run.triggeringActor ? ` Started by ${code(report.run.triggeringActor, 100)}.` : '';
  return `<sub>${report.looks} ${report.looks === 1 ? 'look' : 'looks'}, ${took}, ended ${report.endedAt}.${who}</sub>`;
}
