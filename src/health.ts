/** The canary's health check: no credentials, no redirects, ten seconds, 64 KiB. */

import { Cancelled } from './errors.ts';
import { createAgent, exchange, USER_AGENT } from './portal/transport.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

/**
 * One question each call. Bad is: no answer, not 2xx, or JSON with `"healthy": false`. Throws nothing but Cancelled.
 */
export async function createHealthCheck(
  url: URL,
  signal: AbortSignal,
  send: typeof exchange = exchange,
): Promise<() => Promise<boolean>> {
  const agent = await createAgent(url);
  return async () => {
    try {
      const { status, text } = await send({
        method: 'GET',
        url,
        agent,
        headers: { accept: 'application/json', 'user-agent': USER_AGENT },
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal,
      });
      return status >= 200 && status < 300 && !saysUnhealthy(text);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      return false;
    }
  };
}

function saysUnhealthy(text: string): boolean {
  try {
    return (JSON.parse(text) as { healthy?: unknown } | null)?.healthy === false;
  } catch {
    return false;
  }
}
