/** How long a server asks a client to pause: the header Retry-After. */

/**
 * The pause in milliseconds, at least 0, that a Retry-After header asks for: a number of seconds, or the time at which
 * the pause ends (RFC 9110, 10.2.3). Undefined where there is no header, or none that can be read.
 */
export function retryAfterMs(header: string | number | undefined, nowMs: number): number | undefined {
  const text = String(header ?? '');
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse reads "1.5" as a day in January; every date of RFC 9110 begins with the name of a weekday.
  const dateMs = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(dateMs - nowMs, 0);
}
