/** Values of a portal's response by their place, read leniently: portals differ in numbers, digits and empty texts. */

import { at, type Place } from '../lib/json-places.ts';

/** A text, or a number as text, as it came; undefined where there is none or it is empty. */
export function textAt(json: unknown, place: Place | undefined): string | undefined {
  const value = place === undefined ? undefined : at(json, place);
  return typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
}

/** A whole number from 0 on, which may come as a number or as digits. */
export function numberAt(json: unknown, place: Place | undefined): number | undefined {
  const value = place === undefined ? undefined : at(json, place);
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The value as JSON, at most 1000 characters; `nothing` where there is none. Untrusted text. */
export function jsonAt(json: unknown, place: Place): string {
  const value = at(json, place);
  return isNothing(value) ? 'nothing' : JSON.stringify(value).slice(0, 1_000);
}

/** The values at several places, in their order; undefined for a place without a value. */
export function valuesAt(json: unknown, places: readonly Place[] | undefined): readonly unknown[] {
  return (places ?? []).map((place) => at(json, place));
}

/** Whether a value is absent, null or an empty text. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
