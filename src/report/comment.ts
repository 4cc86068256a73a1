/** The pull request comment of a report, in GitHub's Markdown: a short form of the summary. Pure. */

import { formatTime } from '../lib/format.ts';
import { keyOf } from './key.ts';
import { code, limitParts, table } from './markdown.ts';
import { phaseLine } from './phases.ts';
import type { Report } from './report.ts';
import {
  type Extras,
  explanation,
  foldedPreview,
  formatInProgress,
  formatLiveVersion,
  formatTargetApp,
  headline,
  noticesOf,
  restOfMessage,
  sandboxNote,
  waitingHeadline,
} from './sections.ts';

/** GitHub limits a comment to 65,536 characters; a character has at least one byte. */
const MAX_COMMENT_BYTES = 65_000;

export interface CommentExtras extends Extras {
  /** The run has not ended; the comment says what it waits for. */
  readonly isWaiting?: boolean;
}

/** The first line of the comment, by which a later run on the same miniapp and target app finds it. */
export function markerOf(report: Report): string {
  return `<!-- gopay-miniapp-release ${keyOf(report)} -->`;
}

/** The text of the comment after its marker. */
export function commentOf(report: Report, extras: CommentExtras = {}): string {
  return limitParts(
    [
      { text: sandboxNote(report), weight: 100 },
      { text: extras.isWaiting ? waitingHeadline(report) : headline(report), weight: 100 },
      { text: phaseLine(report), weight: 70 },
      { text: extras.isWaiting ? waiting(report) : explanation(report), weight: 95 },
      { text: noticesOf(report), weight: 60 },
      { text: versions(report), weight: 80 },
      { text: foldedPreview(report, extras), weight: 50 },
      { text: extras.isWaiting ? '' : next(report), weight: 75 },
      { text: footer(report), weight: 90 },
    ],
    MAX_COMMENT_BYTES,
  );
}

function waiting(report: Report): string {
  const rest = restOfMessage(report);
  return `${rest && `${rest}\n\n`}The workflow is waiting and writes here again when it ends.`;
}

/** Below each other: beside each other, a miniapp's 22 digits leave no room on a phone. */
function versions(report: Report): string {
  const rows: [string, string][] = [
    ['Version', code(report.version)],
    ['Live version', formatLiveVersion(report)],
    ['Previous version', code(report.previousVersion)],
    ['Also in progress', formatInProgress(report)],
    ['Target app', formatTargetApp(report)],
    ['Miniapp', code(report.miniappId)],
  ];
  const [head, ...others] = rows.filter(([, value]) => value !== '');
  return head ? table(others, head) : '';
}

function next(report: Report): string {
  if (report.nextStages.length === 0) return '';
  return `Next stages: ${report.nextStages.map((stage) => code(stage)).join(', ')}`;
}

/** The time of the report, since a comment may be read much later, and a link to the run. */
function footer(report: Report): string {
  const link = /^https?:\/\/[\w.:/-]+$/.test(report.run.url) ? `, by [this run](${report.run.url})` : '';
  return `<sub>As of ${formatTime(Date.parse(report.endedAt))}${link}.</sub>`;
}
