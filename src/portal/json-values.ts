/** Values of a portal's response by their place, read leniently: portals differ in numbers, digits and empty texts. */

import { at, type Place } from '../lib/json-places.ts';

/** One place, or several of which the first that has a value counts. */
export type Places = Place | readonly Place[];

/** The value at a place, or at the first of several that has one. */
export function valueAt(json: unknown, places: Places | undefined): unknown {
  if (places === undefined) return undefined;
  if (typeof places === 'string') return at(json, places);
  const values = places.map((place) => at(json, place));
  return values.find((value) => !isNothing(value)) ?? values[0];
}

/** The places for a message: `version or name`. */
export function placesName(places: Places): string {
  return [places].flat().join(' or ');
}

/** A text, or a number as text, as it came; undefined where there is none or it is empty. */
export function textAt(json: unknown, places: Places | undefined): string | undefined {
  const value = valueAt(json, places);
  return typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
}

/** A whole number from 0 on, which may come as a number or as digits. */
export function numberAt(json: unknown, places: Places | undefined): number | undefined {
  const value = valueAt(json, places);
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The value as JSON, at most 1000 characters; `nothing` where there is none. Untrusted text. */
export function jsonAt(json: unknown, places: Places): string {
  const value = valueAt(json, places);
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

/**
 * A time in milliseconds since 1970, by its form: `milliseconds`, `seconds`, or `text` such as `2026-01-31 09:30:00`, in
 * `zone` where it names none. Undefined where it is none.
 */
export function timeAt(
  json: unknown,
  {
    at: places,
    form = 'milliseconds',
    zone,
  }: { readonly at: Places; readonly form?: string | undefined; readonly zone?: string | undefined },
): number | undefined {
  if (form === 'text') return timeOfText(textAt(json, places) ?? '', zone);
  if (form === 'milliseconds') return numberAt(json, places);
  const value = Number(textAt(json, places));
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1000) : undefined;
}

function timeOfText(text: string, zone: string | undefined): number | undefined {
  const [, date, time, fraction = '', own] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})? ?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? [];
  const offset = own?.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2') ?? zone;
  if (!date || !offset) return undefined;
  const ms = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A whole percentage, by its form: `percent` (7) or `fraction` (0.07), as a number or as text. */
export function ratioPercentAt(json: unknown, places: Places, form: string | undefined): number | undefined {
  if (form !== 'fraction') return numberAt(json, places);
  const text = textAt(json, places);
  if (text === undefined || !/^\d(\.\d+)?$/.test(text)) return undefined;
  const percent = Math.round(Number(text) * 100);
  return Math.abs(Number(text) * 100 - percent) < 1e-6 ? percent : undefined;
}
