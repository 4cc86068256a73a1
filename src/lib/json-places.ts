/** Places in parsed JSON: the names on the way to a value, joined by dots, such as `data.list`; `$` is the whole of it. */

export type Place = string;

/** The value at a place, or undefined where there is none. Inherited properties are not values. */
export function at(value: unknown, place: Place): unknown {
  if (place === '$') return value;
  let found = value;
  for (const name of place.split('.')) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
