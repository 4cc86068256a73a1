/**
 * Calls the health check of the canary: its own token as the only credential, no redirects, at most 10 s and 64 KiB.
 */

import { Cancelled } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';
import { USER_AGENT } from '../lib/user-agent.ts';
import { decodeBody } from '../net/decode.ts';
import { createAgent, exchange, type RawResponse } from '../net/exchange.ts';
import { parseJson } from '../net/json.ts';
import {
  type Condition,
  fillAddress,
  type HealthVerdict,
  type Judged,
  judge,
  verdictOf,
} from '../release/health-conditions.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const MAX_VALUE_CHARS = 100;

/** The ratio in effect when the health check is called, and when it took effect. */
export interface Moment {
  /** 0 before the first increase. */
  readonly ratioPercent: number;
  readonly sinceMs: number;
}

/** One response of the health check; `why` is one line for the log: "HTTP 503", "healthy is false". */
export interface Health {
  readonly verdict: HealthVerdict;
  readonly why: string;
  /** The value that each condition found in the response; absent where the response could not be read. */
  readonly judged?: readonly Judged[];
}

export interface HealthCheckOptions {
  /** The input health-url, its placeholders included. */
  readonly template: string;
  readonly miniappId: string;
  readonly targetApp: string;
  readonly version: string;
  /** Without conditions, a response is good if it is 2xx and does not say `"healthy": false`. */
  readonly conditions: readonly Condition[];
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  /** Untrusted text, redacted and cleaned for use in a sentence. */
  readonly show: (untrusted: string) => string;
  readonly onProxyPassword?: (password: string) => void;
  readonly send?: typeof exchange | undefined;
}

const bad = (why: string): Health => ({ verdict: 'bad', why });

/**
 * Creates the health check. Each call sends one request, with the token, to the host of health-url; it follows no
 * redirect. A response is bad if there is none, it is not 2xx, or a condition is false; without conditions, if its JSON
 * says `"healthy": false` or what was sent as JSON cannot be parsed.
 * @throws {Cancelled} and nothing else, from the check
 */
export async function createHealthCheck(options: HealthCheckOptions): Promise<(moment: Moment) => Promise<Health>> {
  const { template, miniappId, targetApp, version, conditions, token, signal, show, send = exchange } = options;
  const agent = await createAgent(new URL(template), options.onProxyPassword);
  return async ({ ratioPercent, sinceMs }) => {
    const ratio = String(ratioPercent);
    const since = String(Math.floor(sinceMs / 1_000));
    const values = { version, 'miniapp-id': miniappId, 'target-app': targetApp, ratio, since };
    try {
      const response = await send({
        method: 'GET',
        url: new URL(fillAddress(template, values)),
        agent,
        headers: {
          accept: 'application/json',
          'user-agent': USER_AGENT,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal,
      });
      return await healthOf(response, conditions, show);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      return bad(`no response: ${show(messageOf(error))}`);
    }
  };
}

async function healthOf(
  { status, headers, body }: RawResponse,
  conditions: readonly Condition[],
  show: HealthCheckOptions['show'],
): Promise<Health> {
  if (status < 200 || status > 299) return bad(`HTTP ${status}`);
  let text: string;
  try {
    text = await decodeBody(body, headers['content-encoding'], MAX_BYTES);
  } catch (error) {
    return bad(`the response is ${messageOf(error)}`);
  }
  if (conditions.length > 0) return healthByConditions(text, conditions, show);
  const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '') || /^\s*[[{]/.test(text);
  const whyBad = isJson ? whyUnhealthy(text) : undefined;
  return whyBad ? bad(whyBad) : { verdict: 'good', why: `HTTP ${status}` };
}

function healthByConditions(text: string, conditions: readonly Condition[], show: HealthCheckOptions['show']): Health {
  if (text.trim() === '') return { verdict: 'no data', why: 'the response is empty' };
  let json: unknown;
  try {
    json = parseJson(withNamedNumbers(text));
  } catch (error) {
    return bad(error instanceof RangeError ? `the JSON is ${error.message}` : 'the response is not JSON');
  }
  const judged = judge(json, conditions);
  const why = judged.map(({ value, missing }, index) => {
    return `${conditions[index]?.text ?? ''} (${missing ?? cleanLine(show(value), MAX_VALUE_CHARS)})`;
  });
  return { verdict: verdictOf(judged), why: why.join('; '), judged };
}

/** Puts NaN and Infinity in quotes: Python and others write them into otherwise valid JSON. */
function withNamedNumbers(text: string): string {
  return text.replace(STRINGS_AND_NAMED_NUMBERS, (found) => (found.startsWith('"') ? found : `"${found}"`));
}

/** A string ends at its quote or at the end of the text, so that the expression is linear. */
const STRINGS_AND_NAMED_NUMBERS = /"(?:[^"\\]+|\\[\s\S]?)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g;

/**
 * Why the JSON is unhealthy. `"healthy": true` counts only at the top; `false` also counts below it, such as in an
 * envelope.
 */
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
