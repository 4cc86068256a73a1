/**
 * Decodes a text as its recipients do: URL, JSON and HTML escapes, in one letter case. Each character keeps its
 * position in the original text. Linear in the text.
 */

import { lazyPattern } from '../lazy-pattern.ts';

export interface Reading {
  readonly text: string;
  /** The start and end of each UTF-16 unit of `text` in the original. */
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}

export interface Folded extends Pick<Reading, 'text' | 'starts'> {
  /**
   * The start of the characters that were left out before each UTF-16 unit of `text`; its own start where there are
   * none.
   */
  readonly froms: ArrayLike<number>;
}

/** Nested escapes: JSON in a URL in JSON has three layers. */
const MAX_LAYERS = 4;

/** The text, then the text with one more layer of escapes decoded each time, as long as there are any. */
export function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [asItIs(text)];
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const next = decoded(readings[layer] as Reading);
    if (!next) break;
    readings.push(next);
  }
  return readings;
}

/**
 * The text in lower case, with white space folded to single spaces and without invisible characters (which include the
 * zero bytes of UTF-16).
 */
export function folded({ text, starts }: Reading): Folded {
  let out = '';
  let last = '';
  let from: number | undefined;
  const outStarts: number[] = [];
  const froms: number[] = [];
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const length = code > 0xffff ? 2 : 1;
    const start = starts[at] ?? 0;
    const char = code < ASCII.length ? (ASCII[code] ?? '') : foldedChar(text.slice(at, at + length));
    at += length;
    if (char === '') from ??= start;
    if (char === '' || (char === ' ' && last === ' ')) continue;
    out += char;
    last = char;
    for (let unit = 0; unit < char.length; unit++) {
      outStarts.push(start);
      froms.push(from ?? start);
    }
    from = undefined;
  }
  return { text: out, starts: outStarts, froms };
}

function foldedChar(char: string): string {
  if (WHITE_SPACE.test(char)) return ' ';
  return invisible().test(char) ? '' : char.toLowerCase();
}

/** U+0085 ends a line for some readers. */
const WHITE_SPACE = /[\s\x85]/;
const invisible = lazyPattern(String.raw`[\p{C}\p{Default_Ignorable_Code_Point}]`, 'u');
/** What `foldedChar` makes of each character of ASCII, in most runs of all: to compile these patterns takes long. */
const ASCII = Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/\s/.test(char)) return ' ';
  return code < 0x20 || code === 0x7f ? '' : char.toLowerCase();
});

function asItIs(text: string): Reading {
  const places = new Int32Array(text.length + 1);
  for (let at = 0; at < places.length; at++) places[at] = at;
  return { text, starts: places, ends: places.subarray(1) };
}

/**
 * `%u00e4` of JavaScript's escape(); `%C3%A4`; `\u00e4`, `\u{e4}`, `\xe4`, `\/` and the like of JSON, PHP and JavaScript;
 * `&#228;`, `&#xe4;`, `&auml;` of HTML.
 */
const ESCAPES =
  /%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)|\\u([0-9a-f]{4})|\\u\{([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})|\\([/"'`\\bfnrt])|&#(\d{1,7});?|&#x([0-9a-f]{1,6});?|&([a-z][a-z0-9]{1,7});/gi;

/** One layer of escapes decoded; undefined where there is none. */
function decoded(reading: Reading): Reading | undefined {
  const { text } = reading;
  if (!/[%\\&]/.test(text)) return undefined;
  let out = '';
  let from = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  const put = (piece: string, start: number, end: number) => {
    out += piece;
    for (let unit = 0; unit < piece.length; unit++) {
      starts.push(reading.starts[start] ?? 0);
      ends.push(reading.ends[end - 1] ?? 0);
    }
  };
  const copyUntil = (to: number) => {
    for (let at = from; at < to; at++) {
      starts.push(reading.starts[at] ?? 0);
      ends.push(reading.ends[at] ?? 0);
    }
    out += text.slice(from, to);
    from = to;
  };
  for (const match of text.matchAll(ESCAPES)) {
    const [whole, , bytes] = match;
    const chars = bytes === undefined ? [{ char: charOf(match), length: whole.length }] : charsOfBytes(bytes);
    if (chars.some(({ char }) => char === undefined)) continue;
    copyUntil(match.index);
    for (const { char = '', length } of chars) {
      put(char, from, from + length);
      from += length;
    }
  }
  if (from === 0) return undefined;
  copyUntil(text.length);
  return { text: out, starts, ends };
}

/** The character of an escape that is not a run of bytes; undefined where it is not a valid one. */
function charOf([, percentU, , u, braces, x, letter, decimal, hex, name]: RegExpMatchArray): string | undefined {
  if (letter !== undefined) return CONTROLS[letter] ?? letter;
  if (name !== undefined) return ENTITIES.get(name);
  const digits = percentU ?? u ?? braces ?? x ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

interface Decoded {
  readonly char: string | undefined;
  /** The length of its escape in UTF-16 units. */
  readonly length: number;
}

/** Decodes `%C3%A4` as UTF-8, and a byte that is not UTF-8 (`%E4`) as Latin-1. */
function charsOfBytes(run: string): Decoded[] {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  const chars: Decoded[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
    const char = bytes.toString('utf8', at, at + size);
    const isUtf8 = Buffer.from(char, 'utf8').equals(bytes.subarray(at, at + size));
    chars.push(isUtf8 ? { char, length: 3 * size } : { char: String.fromCharCode(lead), length: 3 });
    at += isUtf8 ? size : 1;
  }
  return chars;
}

/** HTML's names of the characters of ASCII and Latin-1, which differ by letter case. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...pairs(
    'Tab\t NewLine\n excl! quot" num# dollar$ percnt% amp& AMP& apos\' lpar( rpar) ast* midast* plus+ comma, period. sol/ colon: semi; lt< LT< equals= gt> GT> quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] Hat^ lowbar_ grave` lcub{ lbrace{ verbar| vert| rcub} rbrace}',
  ),
  ...'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
    .split(' ')
    .map((name, index) => [name, String.fromCharCode(0xa0 + index)] as const),
]);

/** Splits `amp&` into a name and its character. */
function pairs(list: string): (readonly [string, string])[] {
  return list.split(' ').map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const);
}
