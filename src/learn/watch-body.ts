/** The body of a request or a response -> what a recording keeps of it. Pure. */

import { parseJson } from '../net/json.ts';
import { type Exchange, formBody } from './recording.ts';

/** Of a field whose value is a secret only the name is kept. */
const SECRET_NAMES = /pass(word|wd|phrase|code)?$|^pass|pwd|secret|token|otp|captcha|credential|cookie|authorization/i;

/** In place of a value that is not kept. */
export const NOT_KEPT = null;

type Body = Pick<Exchange, 'body' | 'isForm' | 'repeated' | 'isUpload'>;

/** A request's body: JSON, the fields of a form, or undefined. Contents of files and values of secrets are left out. */
export function requestBody(text: string | undefined): Body {
  if (text === undefined || text === '') return { body: undefined };
  if (text.startsWith('--')) return multipartBody(text);
  const json = answerOf(text);
  if (json !== undefined) return { body: json };
  if (/^[^\s=&{}[\]"<>]+=[^\s]*$/.test(text)) {
    const { body, ...sent } = formBody(new URLSearchParams(text));
    return { ...sent, body: withoutSecrets(body) };
  }
  return { body: undefined };
}

/** Parsed JSON without the values of secrets; undefined for what is no JSON object or list. */
export function answerOf(text: string): unknown {
  try {
    const json = parseJson(text);
    return typeof json === 'object' && json !== null ? withoutSecrets(json) : undefined;
  } catch {
    return undefined;
  }
}

/** The same with the values of secrets replaced, at every depth. parseJson bounds the depth. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, kept]) => [name, isSecret(name) ? NOT_KEPT : withoutSecrets(kept)]);
  return Object.fromEntries(entries);
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.test(name);
}

const MAX_FIELD_CHARS = 4_096;
const MAX_PARTS = 50;

/** The fields of a multipart form. A part with a file name is an upload: its content is not looked at. */
function multipartBody(text: string): Body {
  const boundary = text.slice(0, text.indexOf('\r\n'));
  if (boundary.length < 3 || boundary.length > 202) return { body: undefined };
  const fields: Record<string, string> = {};
  let isUpload = false;
  for (const part of text.split(boundary, MAX_PARTS).slice(1)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const head = part.slice(0, end);
    const name = /[;\s]name="([^"]{1,100})"/i.exec(head)?.[1];
    if (/filename\*?=/i.test(head)) isUpload = true;
    else if (name !== undefined)
      fields[name] = part
        .slice(end + 4)
        .replace(/\r\n$/, '')
        .slice(0, MAX_FIELD_CHARS);
  }
  return { body: withoutSecrets(fields), ...(isUpload && { isUpload }) };
}
