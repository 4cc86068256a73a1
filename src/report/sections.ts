/** Sections that the summary and the comment share, in GitHub's Markdown. Pure. */

import { code, escapeMarkdown } from './markdown.ts';
import { formatState, type Report, type Verdict } from './report.ts';

const MAX_IN_PROGRESS = 10;

export interface Extras {
  /** The preview link as a QR code, drawn in Markdown. */
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

/** The verdict, the version and the state, as a heading. */
export function headline(report: Report): string {
  const state = report.state === '' ? '' : ` · ${formatState(report)}`;
  const dry = report.dryRun ? ' (dry run)' : '';
  return `## ${VERDICT_ICONS[report.verdict]} ${report.verdict}${dry}${report.version ? ` · ${escapeMarkdown(report.version)}` : ''}${state}`;
}

/** Says that nothing was real, where it was not. */
export function sandboxNote(report: Report): string {
  return report.sandbox ? '> **Sandbox rehearsal.** Nothing here has reached a real portal.' : '';
}

/** What happened and what to do. */
export function explanation(report: Report): string {
  const lines = [escapeMarkdown(report.message, 1_000)];
  if (report.error) {
    lines.push(`**${report.error.code}**: ${escapeMarkdown(report.error.found, 4_000)}`);
    if (report.error.traceId) lines.push(`The portal's trace id is ${code(report.error.traceId, 200)}.`);
  } else if (report.reason) lines.push(`**The reviewer's reason:** ${escapeMarkdown(report.reason, 4_000)}`);
  if (report.todo) lines.push(`**What to do:** ${escapeText(report.todo)}`);
  if (report.error) lines.push(`More: ${code(report.error.more)}`);
  return lines.join('\n\n');
}

/** What our sentences hold for people to copy: a command, or a call of the profile. */
const COPIED = /`(node dist\/learn\.js watch|[A-Z]+ \/[\w~.{}:/-]*)`/;

/**
 * A text of ours in Markdown, untrusted parts escaped. What people copy stays as it is: a line of JSON as a block of code,
 * a command or call as inline code.
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

/** Escaped, with the spaces at its ends. */
function escapeInner(text: string): string {
  return text.replace(/\S(.*\S)?/, (inner) => escapeMarkdown(inner, 1_000));
}

/** The notices as a list. */
export function noticesOf(report: Report): string {
  return report.notices.map((notice) => `- ${escapeText(notice).replace(/\n(?!\n)/g, '\n  ')}`).join('\n');
}

/** Other versions between applying and the official release. */
export function formatInProgress({ underWay }: Report): string {
  const shown = underWay
    .slice(0, MAX_IN_PROGRESS)
    .map(({ version, state }) => `${code(version)} (${formatState({ state })})`);
  const more = underWay.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The target app's code, and its name where one was given; empty where no target app was. */
export function formatTargetApp({ targetApp, targetAppName }: Report): string {
  if (targetApp === '') return '';
  return targetAppName ? `${escapeMarkdown(targetAppName)} (${code(targetApp)})` : code(targetApp);
}

/** The live version; empty where the portal could not be read. */
export function formatLiveVersion({ state, liveVersion, live }: Report): string {
  if (state === '') return '';
  return liveVersion ? code(liveVersion) : escapeMarkdown(live || 'none', 100);
}

/** The preview link with its QR code, folded, since the code fills a screen; empty where it is not to be shown. */
export function foldedPreview(report: Report, extras: Extras): string {
  if (!report.showPreview || report.previewUrl === '') return '';
  const qr = extras.qrCode ? `\n\n${extras.qrCode}` : '';
  const text = `Opens this version in the target app (the portal's own QR code does not):\n\n\`\`\`text\n${report.previewUrl}\n\`\`\`${qr}`;
  return foldedText('Preview link and QR code', text);
}

/** A section that the reader opens; empty where its text is. */
export function foldedText(title: string, text: string): string {
  return text && `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;
}
