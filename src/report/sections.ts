/** Sections that the summary and the comment share, in GitHub's Markdown. Pure. */

import { code, escapeMarkdown } from './markdown.ts';
import { formatState, type Report, type Verdict } from './report.ts';

const MAX_IN_PROGRESS = 10;

export interface Extras {
  /** The QR code of the preview link, in Markdown. */
  readonly qrCode?: string | undefined;
}

const VERDICT_ICONS: Readonly<Record<Verdict, string>> = {
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

/** What happened, as a heading: the verdict, and the first sentence of the message, which says version and state. */
export function headline(report: Report): string {
  const dry = report.dryRun ? ' (dry run)' : '';
  return heading(VERDICT_ICONS[report.verdict], `${report.verdict}${dry}`, report);
}

/** The heading of a run that has not ended. */
export function waitingHeadline(report: Report): string {
  return heading(VERDICT_ICONS.pending, 'waiting', report);
}

function heading(icon: string, verdict: string, report: Report): string {
  return `## ${icon} ${verdict}: ${escapeMarkdown(sentences(report)[0].replace(/^Dry run: |\.$/g, ''), 300)}`;
}

/** What of the message the heading does not say. */
export function restOfMessage(report: Report): string {
  return escapeMarkdown(sentences(report)[1], 1_000);
}

/** The first sentence of the message, and the others. */
function sentences({ message }: Report): readonly [string, string] {
  const end = message.search(/(?<=\.) /);
  return end < 0 ? [message, ''] : [message.slice(0, end), message.slice(end + 1)];
}

/** A note that this was a rehearsal on the sandbox; empty for a real portal. */
export function sandboxNote(report: Report): string {
  return report.sandbox ? '> **Sandbox rehearsal.** Nothing here has reached a real portal.' : '';
}

/** What happened and what to do. */
export function explanation(report: Report): string {
  const lines = [restOfMessage(report)];
  if (report.error) {
    lines.push(`**${report.error.code}**: ${escapeMarkdown(report.error.found, 4_000)}`);
    if (report.error.traceId) lines.push(`The portal's trace id is ${code(report.error.traceId, 200)}.`);
  } else if (report.reason) lines.push(`**The reviewer's reason:** ${escapeMarkdown(report.reason, 4_000)}`);
  if (report.todo) lines.push(`**What to do:** ${escapeText(report.todo)}`);
  if (report.error) lines.push(`More: ${code(report.error.more)}`);
  return lines.filter((line) => line !== '').join('\n\n');
}

/** What people copy from our sentences: a command, or a call of the profile. */
const COPIED = /`(node dist\/learn\.js watch|[A-Z]+ \/[\w~.{}:/-]*)`/;

/**
 * A text of ours in Markdown, with untrusted parts escaped. What people copy stays unchanged: a line of JSON as a code
 * block, a command or call as inline code.
 */
export function escapeText(text: string): string {
  const parts = text.split('\n').map((line) => {
    if (line.startsWith('{ "statuses": ')) return `\`\`\`json\n${line}\n\`\`\``;
    return line
      .split(COPIED)
      .map((part, index) => (index % 2 === 1 ? code(part) : escapeInner(part)))
      .join('');
  });
  return parts.join('\n\n');
}

/** Escapes a part of a text and keeps the spaces at its ends. */
function escapeInner(text: string): string {
  return text.replace(/\S(.*\S)?/, (inner) => escapeMarkdown(inner, 1_000));
}

/** The notices as a list. */
export function noticesOf(report: Report): string {
  return report.notices.map((notice) => `- ${escapeText(notice).replace(/\n(?!\n)/g, '\n  ')}`).join('\n');
}

/** Other versions between the application and the official release, as text. */
export function formatInProgress({ underWay }: Report): string {
  const shown = underWay
    .slice(0, MAX_IN_PROGRESS)
    .map(({ version, state }) => `${code(version)} (${formatState({ state })})`);
  const more = underWay.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The code and name of the target app; empty without a target app. */
export function formatTargetApp({ targetApp, targetAppName }: Report): string {
  if (targetApp === '') return '';
  return targetAppName ? `${escapeMarkdown(targetAppName)} (${code(targetApp)})` : code(targetApp);
}

/** The live version; empty where the portal could not be read. */
export function formatLiveVersion({ state, liveVersion, live }: Report): string {
  if (state === '') return '';
  return liveVersion ? code(liveVersion) : escapeMarkdown(live || 'none', 100);
}

/** The preview link with its QR code, folded, since the code fills a screen; empty where it must not be shown. */
export function foldedPreview(report: Report, extras: Extras): string {
  if (!report.showPreview || report.previewUrl === '') return '';
  const qr = extras.qrCode ? `\n\n${extras.qrCode}` : '';
  const text = `Opens this version in the target app (the portal's own QR code does not):\n\n\`\`\`text\n${report.previewUrl}\n\`\`\`${qr}`;
  return foldedText('Preview link and QR code', text);
}

/** A folded section; empty if its text is. */
export function foldedText(title: string, text: string): string {
  return text && `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;
}
