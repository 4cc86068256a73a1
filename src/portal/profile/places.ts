/** Places and names in a profile file, for its shape and its rules. */

import { cleanLine } from '../../lib/text.ts';

/** The name of a header or of a query parameter. */
export const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const VISIBLE = /^[\x20-\x7e]*$/;

/** A place in the file for a message; its names are untrusted text: `operations.setRatio.body.ratio`. */
export function placeName(path: readonly PropertyKey[]): string {
  return cleanLine(path.map(String).join('.'), 200) || '(top)';
}

/** Whether a value of parsed JSON is an object, and not a list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
