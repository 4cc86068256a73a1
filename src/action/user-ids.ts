/** Lists of user IDs as people write them and spreadsheets export them. */

import { lazyPattern } from '../lib/lazy-pattern.ts';
import { Fault } from './fault.ts';

/** Commas and semicolons: ASCII, and those of Chinese and Arabic keyboards. */
const SEPARATORS = ',;\uff0c\uff1b\u3001\uff64\u060c\u061b';
const betweenIds = lazyPattern(`[${SEPARATORS}\\s]+`, '');
const betweenColumns = lazyPattern(`[${SEPARATORS}\\t]`, '');
const quotedId = lazyPattern(
  `(?<=^|[${SEPARATORS}\\s])(["'])\\s*(?:([^"'${SEPARATORS}\\s]+)\\s*)?\\1(?=[${SEPARATORS}\\s]|$)`,
  'g',
);

/** A quotation mark may be inside an ID, but not at its end, where it belongs to a spreadsheet. */
const userId = lazyPattern(
  String.raw`^\+?[\p{L}\p{N}]([\p{L}\p{M}\p{N}_.@+/=:&?%~"'-]{0,126}[\p{L}\p{M}\p{N}_.@+/=:&?%~-])?$`,
  'u',
);
/**
 * An ID without a letter holds only ASCII digits, _ and -. Other marks would mean a formatted number or several IDs that
 * are joined: `62.811,5`, `1001/1002`, full-width digits.
 */
const hasLetterOrPlainDigits = lazyPattern(String.raw`\p{L}|^\+?[\d_-]+$`, 'u');
const FULL_WIDTH = /[\uff01-\uff60]/;
/** A long number as spreadsheets display and export it: `6.2811E+10`, `62811.0`, `62.811.234`. */
const REWRITTEN_NUMBER = /^[+-]?\d+(\.\d+)*(\.\d+|\.|e[+-]?\d{1,3})$/i;
const ID_HEADER = /^((user|tester|member|account|customer|open)?[ _-]?ids?|uid|phone([ _-]?(number|no))?|msisdn)$/i;

/**
 * The user IDs of a list, without duplicates. They are separated by commas, semicolons or white space, and may be in
 * quotes; the first line may be a header; `#` starts a comment.
 * @throws {Fault} that names the line, and never shows what is in it
 */
export function parseUserIds(text: string): readonly string[] {
  const ids = new Set<string>();
  let isFirst = true;
  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    const line = content.replace(/#.*/, '').trim();
    if (line === '') continue;
    if (!(isFirst && isHeader(line, index + 1))) for (const id of idsOf(line, index + 1)) ids.add(id);
    isFirst = false;
  }
  if (ids.size === 0) throw new Fault('at least one user ID');
  return [...ids];
}

/** Every part of a list that could be a user ID, also where the list has faults: what a redactor has to mask. */
export function possibleUserIds(text: string): readonly string[] {
  return text.split(new RegExp(`[${SEPARATORS}\\s"']+`)).filter((id) => id !== '');
}

function idsOf(line: string, lineNumber: number): readonly string[] {
  const ids = line
    .replace(quotedId(), ' $2 ')
    .split(betweenIds())
    .filter((id) => id !== '');
  if (ids.some((id) => REWRITTEN_NUMBER.test(id))) {
    throw new Fault(
      `user IDs with all their digits; line ${lineNumber} holds a number that a spreadsheet has rounded or formatted (export the column as text)`,
    );
  }
  if (ids.some((id) => !userId().test(id) || !hasLetterOrPlainDigits().test(id) || FULL_WIDTH.test(id))) {
    throw new Fault(
      `user IDs of at most 128 letters, digits and the marks _ - . @ + / = : & ? % ~, separated by commas, semicolons or white space (one without a letter holds only digits, _ and -); line ${lineNumber} holds something else`,
    );
  }
  return ids;
}

/**
 * Whether the line is the header of a table with a single column.
 * @throws {Fault} where the table has other columns, which would be taken for user IDs
 */
function isHeader(line: string, lineNumber: number): boolean {
  const columns = line
    .split(betweenColumns())
    .map((column) =>
      column
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2')
        .trim(),
    )
    .filter((column) => column !== '');
  if (!columns.some((column) => ID_HEADER.test(column))) return false;
  if (columns.length > 1) {
    throw new Fault(`user IDs alone; line ${lineNumber} is the header of a table with ${columns.length} columns`);
  }
  return true;
}
