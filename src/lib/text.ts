/** Makes untrusted text harmless for one line: a log line, a shell argument. Linear in the length of the text. */

import { lazyPattern } from './lazy-pattern.ts';

/**
 * Untrusted text as one line of at most `maxChars` UTF-16 units: white space folded, escape sequences, controls and
 * everything invisible removed, an ellipsis where something was cut off. Normalization is left as it was.
 */
export function cleanLine(text: string, maxChars: number): string {
  return clip(folded(visible(text)), maxChars, '…');
}

/**
 * Untrusted text for an output that users paste into scripts (bash, sh, PowerShell, cmd): letters, marks, numbers,
 * spaces and `. , : _ / + -`, at most `maxChars` UTF-16 units. Inside quotes or as arguments of a command it is text
 * and nothing else. It cannot be safe as a command of its own: a sentence may begin with the name of a program.
 */
export function shellSafe(text: string, maxChars = 500): string {
  const words = cleanLine(text, maxChars)
    // A letter and its accent are joined, since single accents are replaced below. This comes after the cut: V8 takes
    // quadratic time to reorder marks, and here there are at most `maxChars`.
    .normalize('NFC')
    // Characters of our own sentences, replaced so that the meaning stays.
    .replace(/(?<=\d)%(?!\w)/g, ' percent')
    .replaceAll(';', '.')
    .replace(ELLIPSES, '...')
    .replace(APOSTROPHES, '')
    .replace(notShellSafe(), ' ')
    // No word may become an option (`-o file`), even if the text is pasted without quotes.
    .replace(/(^| )-+/g, '$1')
    // A mark at the start is an operator in PowerShell (`,` an array, `+` a sum).
    .replace(/^[ ,+]+/, '')
    // `echo MESSAGE` prints a line that the runner reads, see logLine.
    .replace(/:(?=:)/g, ': ');
  return clip(folded(words), maxChars, '...');
}

/**
 * The net under every line of the log: whatever comes in, one line comes out that the runner does not take for a
 * command. Spaces, box drawing, emoji and arrows stay.
 *
 * The runner reads each line of a step's output twice (actions/runner, src/Runner.Common/ActionCommand.cs):
 * TryParseV2 takes `::name key=value::data` at the start of the line after TrimStart(); TryParse takes
 * `##[name key=value]data` ANYWHERE in the line. A bare CR begins a line. Both compare by culture, and ICU skips
 * invisible characters, so that `:<U+200B>:` may count as `::`: they are removed first, and what parts the marks here
 * is a visible space.
 */
export function logLine(text: string): string {
  return visible(text)
    .replace(LINE_BREAKS, ' ')
    .replace(/^(\s*:)(?=:)/, '$1 ')
    .replace(/##(?=\[)/g, '## ');
}

/**
 * ECMA-48 escape sequences, 7-bit and 8-bit: command strings (OSC, DCS, SOS, PM, APC) up to their terminator, CSI,
 * and the short ones. An unterminated string loses its introducer only, so that it hides nothing. Adjacent classes
 * are disjoint, and each scan ends where the next may begin: linear.
 */
const ESCAPE_SEQUENCES =
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;

/**
 * Controls, format and bidi characters, tags, private use, lone surrogates, unassigned (all of \p{C}), and the other
 * invisible characters (fillers, variation selectors): hidden text is invisible to people and read by machines.
 * White-space controls are left to the callers; U+FE0F stays after a pictograph, which it makes an emoji.
 */
const invisible = lazyPattern(
  String.raw`(?![\t-\r\x85]|\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}]|(?<!\p{Extended_Pictographic})\ufe0f`,
  'gu',
);

/** U+0085 ends a line for some terminals and for .NET, but is not white space in JavaScript. */
const WHITE_SPACE = /[\s\x85]+/g;
const LINE_BREAKS = /[\t-\r\x85\u2028\u2029]+/g;

/** Also the one that cleanLine adds. */
const ELLIPSES = /…/g;
/** Removed, not replaced by a space, so that "don't" stays one word. */
const APOSTROPHES = /['\u2019]/g;

/**
 * All but the allowed characters; also letters and marks that Windows' best-fit tables turn into metacharacters when
 * text is converted to an ANSI code page (U+02BC to ', U+01C0 to |, U+0300 to `; unicode.org, bestfit1252.txt).
 */
const notShellSafe = lazyPattern(String.raw`[^\p{L}\p{M}\p{N} .,:_/+-]|[\u01c0-\u01c3\u02b0-\u036f\ua78c]`, 'gu');

/** Most texts of all: nothing in them is hidden. */
const PRINTABLE_ASCII = /^[ -~]*$/;

function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(ESCAPE_SEQUENCES, '').replace(invisible(), '');
}

function folded(text: string): string {
  return text.replace(WHITE_SPACE, ' ').trim();
}

/** The text in at most `maxChars`, with `mark` where it was cut; a surrogate pair is not split. */
function clip(text: string, maxChars: number, mark: string): string {
  if (text.length <= maxChars) return text;
  const kept = text.slice(0, Math.max(0, maxChars - mark.length)).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}${mark}`.slice(0, maxChars);
}
