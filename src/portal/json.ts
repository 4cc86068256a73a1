/** Reads a portal's JSON without losing a digit: identifiers have 19 to 22 digits and may come as bare integers. */

/** Deeper than any answer of the portal, and shallow enough for every reader after us. */
const MAX_DEPTH = 64;

/** Strings are matched first, so that digits inside them stay as they are. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON.parse, but for integers that a JavaScript number cannot hold: those come back as strings of their digits.
 * Throws a SyntaxError for what is not JSON, a RangeError for what is nested too deep.
 */
export function parseJson(text: string): unknown {
  checkDepth(text);
  // First of all, so that the tokens are looked for in JSON only: in a string without end they would be for ever.
  const parsed = JSON.parse(text);
  if (!/\d{16}/.test(text)) return parsed;
  return JSON.parse(text.replace(TOKENS, (token) => (isUnsafeInteger(token) ? `"${token}"` : token)));
}

function isUnsafeInteger(token: string): boolean {
  return /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token));
}

function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
    } else if (char === '}' || char === ']') depth--;
  }
}
