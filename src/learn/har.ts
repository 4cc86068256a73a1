/**
 * HAR files of any browser -> the exchanges of one portal. A file is untrusted and may be large: it is read in pieces,
 * one entry at a time, and of each entry only what the learner needs is kept.
 */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { at } from '../lib/json-places.ts';
import { cleanLine } from '../lib/text.ts';
import { KNOWN_HOSTS } from '../lib/trust.ts';
import { parseJson } from '../net/json.ts';
import { SECRET_HEADER } from './credential.ts';
import { type Exchange, formBody, isCall, type Recording, RecordingFault } from './recording.ts';

const CHUNK_BYTES = 1024 * 1024;
const MAX_ENTRY_BYTES = 24 * 1024 * 1024;
const MAX_BODY_CHARS = 2 * 1024 * 1024;
const MAX_CALLS = 20_000;
const MAX_ITEMS = 100;
const MAX_TEXT_CHARS = 4_000;
/** Of all responses that are kept; the later ones beyond it are left out. */
const MAX_KEPT_CHARS = 48 * 1024 * 1024;

export interface ReadRecording extends Recording {
  readonly warnings: readonly string[];
}

const NO_RESPONSES =
  'No response was recorded. Export it again with content: "Save all as HAR with content" or "Save All As HAR".';

/**
 * Reads the files and joins them in the order of time; `host` chooses the portal where several hosts could be it.
 * @throws RecordingFault where a file is no HAR, or nothing of the portal was recorded
 */
export function readHars(files: readonly string[], host?: string): ReadRecording {
  const warnings: string[] = [];
  const byOrigin = new Map<string, Exchange[]>();
  const kept: Kept = { chars: 0, answers: new Map(), left: 0, texts: 0, pages: 0 };
  let seen = 0;
  for (const file of files) {
    readEntries(
      file,
      (entry) => {
        const read = readEntry(entry, kept);
        if (!read) return;
        seen += 1;
        const list = byOrigin.get(read.origin) ?? [];
        if (isCall(read.exchange) && list.length < MAX_CALLS) list.push(read.exchange);
        byOrigin.set(read.origin, list);
      },
      (warning) => warnings.push(warning),
    );
  }
  if (kept.left > 0) warnings.push(`${kept.left} responses were left out, because the recording is very large.`);
  const origin = portalOf(byOrigin, host);
  if (seen === 0)
    throw new RecordingFault('The recording is empty: reload the portal while the panel Network is open.');
  if (kept.texts === 0) throw new RecordingFault(NO_RESPONSES);
  if (kept.answers.size === 0 && kept.pages > 0)
    throw new RecordingFault(
      'The recording holds pages (HTML) and no calls of a portal, as of a login page. Log in, and record the release page with "Preserve log" on.',
    );
  if (origin === undefined) {
    throw new RecordingFault(
      host
        ? `The recording has no calls of ${host}. Name the portal's host with --host, or record again on the portal.`
        : 'The recording has no calls of any portal. Record again with "Preserve log" on, and log in to the portal.',
    );
  }
  const exchanges = withoutCopies([...(byOrigin.get(origin) ?? [])].sort((a, b) => a.atMs - b.atMs));
  if (exchanges.every(({ answer }) => answer === undefined)) {
    throw new RecordingFault(NO_RESPONSES);
  }
  return { origin, exchanges, warnings };
}

/** Without entries that stand in several files; responses with the same text are the same object. */
function withoutCopies(sorted: readonly Exchange[]): Exchange[] {
  const isCopy = (one: Exchange, other: Exchange) =>
    one.method === other.method &&
    one.path === other.path &&
    one.answer === other.answer &&
    textOf([one.query, one.body]) === textOf([other.query, other.body]);
  const kept: Exchange[] = [];
  for (const one of sorted) {
    let isNew = true;
    for (let at = kept.length - 1; isNew && one.atMs > 0 && kept[at]?.atMs === one.atMs; at--)
      isNew = !isCopy(one, kept[at] as Exchange);
    if (isNew) kept.push(one);
  }
  return kept;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

function portalOf(byOrigin: ReadonlyMap<string, readonly Exchange[]>, host: string | undefined): string | undefined {
  const origins = [...byOrigin].filter(([, calls]) => calls.length > 0);
  if (host) return origins.find(([origin]) => new URL(origin).host === host)?.[0];
  // The portal's usual hosts win over other hosts of the recording.
  const known = origins.find(([origin]) => KNOWN_HOSTS.includes(new URL(origin).host));
  const score = (calls: readonly Exchange[]) =>
    calls.length + 5 * calls.filter(({ method, answer }) => method !== 'GET' && answer !== undefined).length;
  return known?.[0] ?? origins.sort((a, b) => score(b[1]) - score(a[1]))[0]?.[0];
}

// --- The file, one entry at a time -----------------------------------------------------------------------------------

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COLON] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x3a];

/** Cuts `log.entries` of a HAR file into entries without ever holding the file. */
function readEntries(file: string, take: (entry: unknown) => void, warn: (warning: string) => void): void {
  const handle = openSync(file, 'r');
  try {
    const cutter = newCutter(take, warn);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      cutter.write(chunk.subarray(0, read));
    }
    cutter.end();
  } catch (error) {
    if (!(error instanceof RecordingFault)) throw error;
    throw new RecordingFault(`${cleanLine(basename(file), 100)}: ${error.message}`);
  } finally {
    closeSync(handle);
  }
}

function newCutter(take: (entry: unknown) => void, warn: (warning: string) => void) {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let isStarted = false;
  let isOver = false;
  let entriesDepth = 0;
  let foundEntries = false;
  let word: number[] = [];
  const keys: string[] = [];
  let parts: Buffer[] | undefined;
  let bytes = 0;
  let tooLarge = 0;
  let broken = 0;

  function keep(piece: Buffer): void {
    if (!parts) return;
    bytes += piece.length;
    if (bytes <= MAX_ENTRY_BYTES) parts.push(Buffer.from(piece));
    else parts.length = 0;
  }
  function finish(): void {
    if (bytes > MAX_ENTRY_BYTES) tooLarge += 1;
    else {
      try {
        take(JSON.parse(Buffer.concat(parts ?? []).toString('utf8')));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        broken += 1;
      }
    }
    parts = undefined;
  }

  return {
    write(chunk: Buffer): void {
      let entryStart = parts ? 0 : -1;
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index] ?? 0;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) inString = false;
          else if (depth <= 2 && word.length < 20) word.push(byte);
          else if (byte !== QUOTE) {
            // Long texts are most of a large recording: jump to what may end one.
            const quote = chunk.indexOf(QUOTE, index);
            const slash = chunk.subarray(index, quote < 0 ? chunk.length : quote).indexOf(BACKSLASH);
            index = (slash >= 0 ? index + slash : quote >= 0 ? quote : chunk.length) - 1;
          }
          continue;
        }
        if (!isStarted && byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) {
          isStarted = true;
          if (byte !== OPEN)
            throw new RecordingFault('The file does not begin as JSON, so it is no HAR. Export the recording again.');
        }
        if (byte === QUOTE) {
          inString = true;
          word = [];
        } else if (byte === COLON && depth <= 2) keys[depth] = String.fromCharCode(...word);
        else if (byte === OPEN || byte === OPEN_LIST) {
          if (byte === OPEN && entriesDepth > 0 && depth === entriesDepth && !parts) {
            parts = [];
            bytes = 0;
            entryStart = index;
          }
          depth += 1;
          if (byte === OPEN_LIST && depth === 3 && keys[1] === 'log' && keys[2] === 'entries') {
            entriesDepth = depth;
            foundEntries = true;
          }
        } else if (byte === CLOSE || byte === CLOSE_LIST) {
          depth -= 1;
          if (entriesDepth > 0 && depth === entriesDepth && parts) {
            keep(chunk.subarray(entryStart, index + 1));
            finish();
            entryStart = -1;
          } else if (entriesDepth > 0 && depth < entriesDepth) entriesDepth = 0;
          if (depth === 0) isOver = true;
        }
      }
      if (parts && entryStart >= 0) keep(chunk.subarray(entryStart));
    },
    end(): void {
      if (!isStarted) throw new RecordingFault('The file is empty, so it is no HAR. Export the recording again.');
      if (!foundEntries)
        throw new RecordingFault('The file has no log.entries, so it is no HAR. Export the recording again.');
      if (!isOver)
        warn(
          'The file ends in the middle: what stands before its end was read. Export the recording again for the rest.',
        );
      if (tooLarge > 0) warn(`${tooLarge} entries larger than ${MAX_ENTRY_BYTES / 1024 / 1024} MiB were not read.`);
      if (broken > 0) warn(`${broken} entries are not JSON and were not read.`);
    },
  };
}

// --- One entry -------------------------------------------------------------------------------------------------------

interface Kept {
  chars: number;
  /** Responses by the hash of their text: polls repeat the same one many times. */
  readonly answers: Map<string, unknown>;
  left: number;
  /** Entries with any response text, and those of them that are HTML. */
  texts: number;
  pages: number;
}

function readEntry(entry: unknown, kept: Kept): { origin: string; exchange: Exchange } | undefined {
  const address = at(entry, 'request.url');
  if (typeof address !== 'string' || address.length > 16_384 || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const { isUpload, ...sent } = readBody(entry);
  const answer = readAnswer(entry, kept);
  const started = Date.parse(String(at(entry, 'startedDateTime')));
  const exchange: Exchange = {
    method: String(at(entry, 'request.method') ?? methodOf(entry))
      .toUpperCase()
      .slice(0, 10),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    ...sent,
    ...(isUpload && { isUpload }),
    status: Number(at(entry, 'response.status')) || 0,
    answer,
    atMs: Number.isFinite(started) ? started : 0,
    ...secretsOf(entry),
  };
  return { origin: url.origin, exchange };
}

function secretsOf(entry: unknown): Pick<Exchange, 'secrets'> {
  const headers = listAt(entry, 'request.headers').flatMap((header) => {
    const name = String(at(header, 'name')).toLowerCase();
    return SECRET_HEADER.test(name) ? [[name, String(at(header, 'value'))] as const] : [];
  });
  return headers.length > 0 ? { secrets: Object.fromEntries(headers) } : {};
}

/** The method as an HTTP/2 pseudo header, where a browser wrote it nowhere else. */
function methodOf(entry: unknown): string {
  const found = listAt(entry, 'request.headers').find((header) => at(header, 'name') === ':method');
  return String(at(found, 'value') ?? 'GET');
}

type Body = Pick<Exchange, 'body' | 'isForm' | 'repeated' | 'fileField'> & { readonly isUpload: boolean };

function readBody(entry: unknown): Body {
  const text = decoded(at(entry, 'request.postData.text'), at(entry, 'request.postData.encoding'));
  const type = typeOf(entry);
  const form: Record<string, string> = {};
  const fields: [string, string][] = [];
  let isUpload = false;
  let fileField: string | undefined;
  for (const param of listAt(entry, 'request.postData.params')) {
    if (at(param, 'fileName') !== undefined || at(param, 'value') === '(binary)') {
      isUpload = true;
      fileField = String(at(param, 'name'));
    } else fields.push([String(at(param, 'name')), decodedParam(String(at(param, 'value') ?? ''), type)]);
  }
  for (const [name, value] of fields) form[name] = value;
  if (/multipart\/form-data/i.test(type)) {
    for (const [name, value] of multipartFields(text ?? '')) {
      if (value === undefined) {
        isUpload = true;
        fileField = name;
      } else form[name] = value;
    }
    // Chrome leaves the body of an upload out: it is one all the same.
    if (!text && Object.keys(form).length === 0) isUpload = true;
    return { body: form, isUpload, ...(fileField && { fileField }) };
  }
  if (text !== undefined && text.length <= MAX_BODY_CHARS) {
    const json = jsonOf(text);
    if (json !== undefined) return { body: bareIds(pruned(json), text), isUpload: false };
    if (/x-www-form-urlencoded/i.test(type)) return { ...formBody(new URLSearchParams(text)), isUpload };
  }
  if (/x-www-form-urlencoded/i.test(type) && fields.length > 0) return { ...formBody(fields), isUpload };
  return { body: fields.length > 0 ? form : undefined, isUpload };
}

/** Integers that a number cannot hold come as text from parseJson; an id that was sent bare has to be sent so again. */
function bareIds(value: unknown, text: string): unknown {
  const bare = new Set([...text.matchAll(/[:[,]\s*(\d{16,64})\s*[,}\]]/g)].map(([, digits]) => digits));
  const visit = (one: unknown): unknown => {
    if (typeof one === 'string') return bare.has(one) ? BigInt(one) : one;
    if (Array.isArray(one)) return one.map(visit);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, visit(inner)]));
  };
  return bare.size > 0 ? visit(value) : value;
}

function typeOf(entry: unknown): string {
  const given = at(entry, 'request.postData.mimeType');
  if (typeof given === 'string' && given !== '') return given;
  const header = listAt(entry, 'request.headers').find((one) => /^content-type$/i.test(String(at(one, 'name'))));
  return String(at(header, 'value') ?? '');
}

function decodedParam(value: string, type: string): string {
  if (!/urlencoded/i.test(type) || !value.includes('%')) return value;
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

/** The fields of a multipart body; a file has no value. */
function* multipartFields(text: string): Generator<[string, string | undefined]> {
  const parts =
    /name="([^"\r\n]{1,100})"(; ?filename)?[^\r\n]*\r?\n(?:[^\r\n]{1,1000}\r?\n){0,10}\r?\n([^\r\n]{0,1000})/g;
  for (const [, name = '', file, value = ''] of text.slice(0, MAX_BODY_CHARS).matchAll(parts)) {
    yield [name, file ? undefined : value];
  }
}

function readAnswer(entry: unknown, kept: Kept): unknown {
  const content = at(entry, 'response.content.text');
  if (typeof content !== 'string' || content === '') return undefined;
  kept.texts += 1;
  if (content.length > MAX_BODY_CHARS) return undefined;
  const type = String(at(entry, 'response.content.mimeType') ?? '');
  if (/html/i.test(type)) kept.pages += 1;
  if (/^(image|font|video|audio)\/|javascript|css|html/i.test(type)) return undefined;
  const text = decoded(content, at(entry, 'response.content.encoding')) ?? '';
  const key = createHash('sha1').update(text).digest('base64');
  if (kept.answers.has(key)) return kept.answers.get(key);
  if (kept.chars + text.length > MAX_KEPT_CHARS) {
    kept.left += 1;
    return undefined;
  }
  const json = jsonOf(text);
  if (typeof json !== 'object' || json === null) return undefined;
  const answer = pruned(json);
  kept.chars += text.length;
  kept.answers.set(key, answer);
  return answer;
}

function decoded(text: unknown, encoding: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  return encoding === 'base64' ? Buffer.from(text, 'base64').toString() : text;
}

function jsonOf(text: string): unknown {
  if (!/^\uFEFF?\s*[[{]/.test(text)) return undefined;
  try {
    return parseJson(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** Long lists and texts are cut: the learner needs their beginning only. */
function pruned(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT_CHARS ? value.slice(0, MAX_TEXT_CHARS) : value;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(pruned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, pruned(one)]));
}

function listAt(value: unknown, place: string): readonly unknown[] {
  const found = at(value, place);
  return Array.isArray(found) ? found : [];
}
