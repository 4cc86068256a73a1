/** GitHub Flavored Markdown for job summaries and comments: escaping and limits. */

import { cleanLine } from '../lib/text.ts';

/** Far more than a name or a sentence needs; each character may cost 40 bytes once escaped. */
const DEFAULT_MAX_CHARS = 500;

export interface Part {
  readonly text: string;
  /** Parts of less weight are dropped first. */
  readonly weight: number;
}

/**
 * Untrusted text, cleaned to one line of at most `maxChars`, that is shown as itself and as nothing else, also at the
 * start of a line, after a list marker and in a table cell.
 *
 * It has to pass two parsers. ASCII punctuation with a meaning in Markdown becomes a character reference, which is
 * never structure (CommonMark 0.31, 2.5). GitHub's filters (mentions, issues, commits, URLs, emoji: html-pipeline) then
 * read the text of the finished HTML, where the references are plain characters again; so what they search for is
 * broken by U+200B, as Renovate does (renovatebot/renovate#1084). Text that people copy (ids, paths, versions) belongs
 * in `code`.
 */
export function escapeMarkdown(text: string, maxChars: number = DEFAULT_MAX_CHARS): string {
  return cleanLine(text, maxChars).replace(REFERENCES_AND_PUNCTUATION, (found) => {
    const shown = reference(found);
    return BREAK_AFTER.test(found) ? shown + ZERO_WIDTH_SPACE : shown;
  });
}

/**
 * Untrusted text as inline code that can be copied unchanged, except for what cleanLine removes. GitHub's filters skip
 * `<code>`, but GitHub's Markdown parser searches its decoded text for emails and URLs: an empty element splits that
 * text. HTML, because backticks cannot contain a `|` both in and outside a table. Empty text gives an empty result.
 */
export function code(text: string, maxChars: number = DEFAULT_MAX_CHARS): string {
  const shown = cleanLine(text, maxChars).replace(LINKS_AND_PUNCTUATION, (found) =>
    BREAK_IN_CODE_AFTER.test(found) ? reference(found) + EMPTY_ELEMENT : reference(found),
  );
  return shown === '' ? '' : `<code>${shown}</code>`;
}

/** A table. Its cells are Markdown already. */
export function table(rows: readonly (readonly string[])[], header: readonly string[]): string {
  return [header, header.map(() => '---'), ...rows].map(tableRow).join('\n');
}

/**
 * Joins the parts with blank lines, in at most `maxBytes` of UTF-8. While they are larger, the part of the least weight
 * is dropped (of equal ones the last), and a last line says so. Empty parts are ignored.
 */
export function limitParts(parts: readonly Part[], maxBytes: number): string {
  let kept = parts.filter((part) => part.text !== '');
  const whole = textsOf(kept).join('\n\n');
  if (byteLength(whole) <= maxBytes) return whole;
  while (kept.length > 0) {
    kept = withoutLightest(kept);
    const text = [...textsOf(kept), LEFT_OUT].join('\n\n');
    if (byteLength(text) <= maxBytes) return text;
  }
  return '';
}

/**
 * What to escape for GitHub's filters, by its last character: a run of hexadecimal digits long enough for a commit (7),
 * cut after each 6; `www`; and ASCII punctuation, for Markdown. Punctuation without a meaning at its place (the dots of
 * a version, the end of a word) stays, so that the source remains readable. A `)` after a digit would begin a list (`2)
 * x`).
 */
const REFERENCES_AND_PUNCTUATION =
  /[0-9a-f]{6}(?=[0-9a-f])|www|(?!(?<=\d)\.(?=\d)|(?<=[a-z)])[.:](?= |$)|[,;'"(?%]|(?<!\d)\))[!-/:-@[-`{-~]/gi;
/** `@user`, `#1`, `https://`, `:smile:`, `/issues/1`, `GH-1` and a repository's own `KEY-1`, `www.`, commits. */
const BREAK_AFTER = /[@#:/-]|\w{3}/;

/** GitHub's filters skip `<code>`, and no line begins in it. */
const LINKS_AND_PUNCTUATION = /www|(?![,;'"()?%./=-])[!-/:-@[-`{-~]/gi;
const BREAK_IN_CODE_AFTER = /[@:]|www/i;

const ZERO_WIDTH_SPACE = '&#8203;';
const EMPTY_ELEMENT = '<span></span>';
const LEFT_OUT = '_Some of this was left out, since it would have been too long to be shown._';

/**
 * Escapes what was found. Text of several characters stays; `$` gets an element of its own, which GitHub documents as
 * the way to prevent a formula.
 */
function reference(found: string): string {
  if (found.length > 1) return found;
  const shown = `&#${found.charCodeAt(0)};`;
  return found === '$' ? `<span>${shown}</span>` : shown;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\s*[\r\n]\s*/g, ' ')).join(' | ')} |`;
}

function textsOf(parts: readonly Part[]): string[] {
  return parts.map((part) => part.text);
}

function withoutLightest(parts: readonly Part[]): Part[] {
  const least = Math.min(...parts.map((part) => part.weight));
  const index = parts.findLastIndex((part) => part.weight === least);
  return parts.filter((_, at) => at !== index);
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
