/** Reads a portal's JSON without losing a digit: identifiers have 19 to 22 digits and may come as bare integers. */

/** Deeper than any response of the portal, and shallow enough for every later step. */
const MAX_DEPTH = 64;

const NUMBER_CHARS = '+-.0123456789Ee';

/**
 * JSON.parse, but for integers that a JavaScript number cannot hold: those come back as strings of their digits.
 * @throws {SyntaxError} for what is not JSON; {RangeError} for what is nested too deep
 */
export function parseJson(text: string): unknown {
  const unsafe = unsafeIntegers(text);
  // The unchanged text is parsed first: an integer in quotes could pass as the name of a property.
  const parsed: unknown = JSON.parse(text);
  return unsafe.length === 0 ? parsed : JSON.parse(inQuotes(text, unsafe));
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The positions of unsafe integers outside strings. One loop, since a regular expression over a long string would
 * overflow the stack.
 */
function unsafeIntegers(text: string): Stretch[] {
  const found: Stretch[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"') at = stringEnd(text, at);
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
    } else if (char === '}' || char === ']') depth--;
    else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = numberEnd(text, at);
      if (isUnsafeInteger(text.slice(at, end))) found.push({ start: at, end });
      at = end - 1;
    }
  }
  return found;
}

/** The place of the quote that ends the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function numberEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && NUMBER_CHARS.includes(text[at] ?? '')) at++;
  return at;
}

/** Whether a JSON number is an integer (no fraction, no exponent) that a JavaScript number cannot hold. */
function isUnsafeInteger(token: string): boolean {
  return token.length > 15 && !/[.Ee]/.test(token) && !Number.isSafeInteger(Number(token));
}

function inQuotes(text: string, stretches: readonly Stretch[]): string {
  let end = 0;
  const parts = stretches.map((stretch) => {
    const part = `${text.slice(end, stretch.start)}"${text.slice(stretch.start, stretch.end)}"`;
    end = stretch.end;
    return part;
  });
  return parts.join('') + text.slice(end);
}
