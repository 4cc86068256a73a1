/** The canary's health check: no credentials, no redirects, ten seconds, 64 KiB. */

import { Cancelled } from './errors.ts';
import { decodeBody } from './portal/decode.ts';
import { createAgent, exchange, type RawAnswer, USER_AGENT } from './portal/transport.ts';
import { cleanLine } from './text.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

/** One response of the health check; `why` is one line for the log: "HTTP 503", "healthy is false". */
export interface Health {
  readonly verdict: 'good' | 'bad';
  readonly why: string;
}

const bad = (why: string): Health => ({ verdict: 'bad', why });

/**
 * One request each call. Bad is: no response, not 2xx, JSON that says `"healthy": false`, and what was sent as JSON and
 * cannot be understood. Throws nothing but Cancelled.
 */
export async function createHealthCheck(
  url: URL,
  signal: AbortSignal,
  send: typeof exchange = exchange,
): Promise<() => Promise<Health>> {
  const agent = await createAgent(url);
  return async () => {
    try {
      const response = await send({
        method: 'GET',
        url,
        agent,
        headers: { accept: 'application/json', 'user-agent': USER_AGENT },
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal,
      });
      return healthOf(response);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      return bad(`no response: ${messageOf(error)}`);
    }
  };
}

function healthOf({ status, headers, body }: RawAnswer): Health {
  if (status < 200 || status > 299) return bad(`HTTP ${status}`);
  let text: string;
  try {
    text = decodeBody(body, headers['content-encoding'], MAX_BYTES);
  } catch (error) {
    return bad(`the response is ${messageOf(error)}`);
  }
  const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '') || /^\s*[[{]/.test(text);
  const whyBad = isJson ? whyUnhealthy(text) : undefined;
  return whyBad ? bad(whyBad) : { verdict: 'good', why: `HTTP ${status}` };
}

/** A yes counts at the top alone; a no counts anywhere below it too, such as in an envelope. */
function whyUnhealthy(json: string): string | undefined {
  let saysNo = false;
  let value: unknown;
  try {
    value = JSON.parse(json, (key, part: unknown) => {
      saysNo ||= key === 'healthy' && part === false;
      return part;
    });
  } catch {
    return 'the JSON is cut or malformed';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'the JSON is not an object';
  const { healthy } = value as { healthy?: unknown };
  if (healthy === true) return undefined;
  if (saysNo) return 'healthy is false';
  return healthy === undefined ? undefined : 'healthy is neither true nor false';
}

function messageOf(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error), 200);
}
