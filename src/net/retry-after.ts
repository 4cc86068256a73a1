/** The header Retry-After: how long a server requests a client to wait. */

/**
 * The pause that a Retry-After header requests, in ms, at least 0. It is a number of seconds, or the time at which the
 * pause ends (RFC 9110, 10.2.3). Undefined where there is no header, or none that can be parsed.
 */
export function retryAfterMs(header: string | number | undefined, nowMs: number): number | undefined {
  const text = String(header ?? '');
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse reads "1.5" as a day in January; every date of RFC 9110 begins with the name of a weekday.
  const dateMs = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(dateMs - nowMs, 0);
}
