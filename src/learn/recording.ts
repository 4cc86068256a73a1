/**
 * A recording of a portal: what `watch` and `read` give, and what the learner takes. Values stay in memory; report.ts and
 * the written profile hold names, structure and the three ids only.
 */

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON, or the fields of a form, or undefined. */
  readonly body: unknown;
  /** The request sent a file. */
  readonly isUpload?: boolean;
  /** The name of the form field with the file, where it was recorded. */
  readonly fileField?: string;
  readonly status: number;
  /** The parsed response; undefined where it was no JSON or was not recorded. */
  readonly answer: unknown;
  readonly atMs: number;
  /** The visible text of the click that sent it. */
  readonly button?: string;
}

export interface Recording {
  readonly origin: string;
  readonly exchanges: readonly Exchange[];
}

/** A recording that cannot be used; the message says what was found and what to do. */
export class RecordingFault extends Error {}

/** Whether an exchange can be a call of an API: page files and failed connections are not. */
export function isCall({ method, answer, body, status }: Exchange): boolean {
  if (method === 'OPTIONS' || method === 'HEAD' || status === 0) return false;
  return answer !== undefined || (method !== 'GET' && body !== undefined) || method === 'DELETE';
}
