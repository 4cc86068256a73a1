/**
 * A recording of a portal: what `watch` and `read` give, and what the learner takes. Values stay in memory; report.ts and
 * the written profile hold names, structure and the three ids only.
 */

import { parseJson } from '../net/json.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON, or the fields of a form, or undefined. */
  readonly body: unknown;
  /** The body was sent as `application/x-www-form-urlencoded`. */
  readonly isForm?: boolean;
  /** Of such a body, the fields that were sent more than once: their values are a list. */
  readonly repeated?: readonly string[];
  /** The request sent a file. */
  readonly isUpload?: boolean;
  /** The name of the form field with the file, where it was recorded. */
  readonly fileField?: string;
  readonly status: number;
  /** The parsed response; undefined where it was no JSON or was not recorded. */
  readonly answer: unknown;
  readonly atMs: number;
  /** Headers that may carry a credential, in lower case. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The visible text of the click that sent it. */
  readonly button?: string;
}

export interface Recording {
  readonly origin: string;
  readonly exchanges: readonly Exchange[];
}

/** The body of a form: fields that were repeated are lists, and so is a field that holds a list as JSON. */
export function formBody(
  fields: Iterable<readonly [name: string, value: string]>,
): Pick<Exchange, 'body' | 'isForm' | 'repeated'> {
  const values = new Map<string, unknown[]>();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), parsedValue(value)]);
  const repeated = [...values].flatMap(([name, all]) => (all.length > 1 ? [name] : []));
  const body = Object.fromEntries([...values].map(([name, all]) => [name, all.length > 1 ? all : all[0]]));
  return { body, isForm: true, ...(repeated.length > 0 && { repeated }) };
}

function parsedValue(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** A recording that cannot be used; the message says what was found and what to do. */
export class RecordingFault extends Error {}

/** Whether an exchange can be a call of an API: page files and failed connections are not. */
export function isCall({ method, answer, status }: Exchange): boolean {
  if (method === 'OPTIONS' || method === 'HEAD' || status === 0) return false;
  return answer !== undefined || method !== 'GET';
}
