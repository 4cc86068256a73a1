/** Report -> pull request comment, in GitHub's Markdown: the summary in short. Pure. */

import { keyOf } from './key.ts';
import { code, escapeMarkdown, limitParts, table } from './markdown.ts';
import { phasesOf } from './phases.ts';
import { type Report, stateWords } from './report.ts';
import {
  explanation,
  headline,
  noticesOf,
  preview,
  type SummaryExtras,
  sandboxNote,
  underWayWords,
} from './summary.ts';

/** A comment holds 65,536 characters; no character is shorter than a byte. */
const MAX_COMMENT_BYTES = 65_000;

export interface CommentExtras extends SummaryExtras {
  /** The run goes on, and this is what it waits for now. */
  readonly isWaiting?: boolean;
}

/** The first line of the comment on this miniapp and target app, by which a later run finds it. */
export function markerOf(report: Report): string {
  return `<!-- gopay-miniapp-release ${keyOf(report)} -->`;
}

/** The comment below its marker. */
export function commentOf(report: Report, extras: CommentExtras = {}): string {
  return limitParts(
    [
      { text: sandboxNote(report), weight: 100 },
      { text: extras.isWaiting ? waitingHeadline(report) : headline(report), weight: 100 },
      { text: progress(report), weight: 70 },
      { text: extras.isWaiting ? waiting(report) : explanation(report), weight: 95 },
      { text: noticesOf(report), weight: 60 },
      { text: versions(report), weight: 80 },
      { text: folded(preview(report, extras)), weight: 50 },
      { text: extras.isWaiting ? '' : next(report), weight: 75 },
      { text: footer(report), weight: 90 },
    ],
    MAX_COMMENT_BYTES,
  );
}

function waitingHeadline(report: Report): string {
  return `## ⏳ waiting · ${escapeMarkdown(report.version)} · ${stateWords(report)}`;
}

function waiting(report: Report): string {
  return `${escapeMarkdown(report.message, 1_000)}\n\nThe workflow is waiting and writes here again when it ends.`;
}

const ICONS = { done: '✅', now: '🔵', stopped: '❌', 'to come': '⚪' };

/** The phases on one line; the icon's word stands beside where it matters, since not everybody sees a colour. */
function progress(report: Report): string {
  if (report.state === '' || report.targetApp === '' || report.version === '') return '';
  const steps = phasesOf(report).map(({ name, progress: at }) => {
    if (at === 'now' || at === 'stopped') return `${ICONS[at]} **${name} (${at})**`;
    return `${ICONS[at]} ${name}`;
  });
  return steps.join(' → ');
}

function versions(report: Report): string {
  const columns: [string, string][] = [
    ['Miniapp', code(report.miniappId)],
    ['Target app', code(report.targetApp)],
    ['Version', code(report.version)],
    [
      'Live version',
      report.state && (report.liveVersion ? code(report.liveVersion) : escapeMarkdown(report.live || 'none', 100)),
    ],
    ['Previous version', code(report.previousVersion)],
    ['Also under way', underWayWords(report)],
  ];
  const shown = columns.filter(([, value]) => value !== '');
  if (shown.length === 0) return '';
  return table(
    [shown.map(([, value]) => value)],
    shown.map(([name]) => name),
  );
}

/** A QR code takes a screen of its own. */
function folded(text: string): string {
  return text && `<details><summary>Preview</summary>\n\n${text.replace(/^### Preview\n\n/, '')}\n\n</details>`;
}

function next(report: Report): string {
  if (report.nextStages.length === 0) return '';
  return `Possible next: ${report.nextStages.map((stage) => code(stage)).join(', ')}`;
}

/** When this was so, since a comment may be read much later, and where the rest is. */
function footer(report: Report): string {
  const link = /^https?:\/\/[\w.:/-]+$/.test(report.run.url) ? `, by [this run](${report.run.url})` : '';
  return `<sub>As of ${report.endedAt}${link}.</sub>`;
}
