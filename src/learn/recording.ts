/**
 * A HAR file -> the exchanges with one portal, for the comparison. Untrusted data of unknown size: everything is
 * bounded, and nothing is kept that the comparison does not need. Values stay in memory; compare.ts decides what is
 * shown.
 */

import { at } from '../lib/json-places.ts';
import { parseJson } from '../net/json.ts';

const MAX_ENTRIES = 20_000;
const MAX_BODY_CHARS = 4 * 1024 * 1024;

/** One call to the portal and its response. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON, or the fields of a form; undefined where there was none. */
  readonly body: unknown;
  readonly isUpload?: boolean;
  readonly status: number;
  readonly answer: unknown;
  readonly atMs: number;
  /** The visible text of the click that sent it. */
  readonly button?: string;
}

export interface Recording {
  readonly origin: string;
  readonly exchanges: readonly Exchange[];
}

export interface HarExchange {
  readonly method: string;
  readonly path: string;
  /** Fields by where they stood; values as sent. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly form: Readonly<Record<string, unknown>>;
  readonly hasFile: boolean;
  readonly status: number;
  /** The parsed response; undefined where it was no JSON, or was not recorded. */
  readonly response: unknown;
}

export interface HarRecording {
  readonly host: string;
  readonly exchanges: readonly HarExchange[];
  /** The number of other hosts in the recording, which are ignored. */
  readonly otherHosts: number;
  readonly warnings: readonly string[];
}

/** A recording that cannot be used; the message is one sentence for the user. */
export class RecordingFault extends Error {}

/**
 * The exchanges with the portal; `host` chooses one where several hosts could be the portal.
 * @throws RecordingFault where the text is no HAR, or has no call of that host
 */
export function readRecording(text: string, host?: string): HarRecording {
  const entries = entriesOf(text);
  const warnings: string[] = [];
  if (entries.length > MAX_ENTRIES)
    warnings.push(`Only the first ${MAX_ENTRIES} of ${entries.length} entries are read.`);
  const read = entries.slice(0, MAX_ENTRIES).flatMap(readEntry);
  const hosts = new Map<string, number>();
  for (const entry of read) {
    const isCall = entry.exchange.response !== undefined || entry.exchange.method !== 'GET';
    hosts.set(entry.host, (hosts.get(entry.host) ?? 0) + (isCall ? 1 : 0));
  }
  const chosen = host ?? likelyPortal(hosts);
  if (chosen === undefined || !hosts.has(chosen)) {
    throw new RecordingFault(`The recording has no calls of ${host ?? 'any portal'}; name the portal with --host.`);
  }
  const exchanges = read.filter((entry) => entry.host === chosen).map(({ exchange }) => exchange);
  const calls = exchanges.filter(({ response, method }) => response !== undefined || method !== 'GET');
  if (calls.length > 0 && calls.every(({ response }) => response === undefined)) {
    warnings.push('No response was recorded: save the HAR with content ("Save all as HAR with content").');
  }
  return { host: chosen, exchanges: calls, otherHosts: hosts.size - 1, warnings };
}

function entriesOf(text: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new RecordingFault('The file is not JSON, so it is no HAR.');
  }
  const entries = at(json, 'log.entries');
  if (!Array.isArray(entries)) throw new RecordingFault('The file has no log.entries, so it is no HAR.');
  return entries;
}

function likelyPortal(hosts: ReadonlyMap<string, number>): string | undefined {
  if (hosts.has('miniapp.midtrans.com')) return 'miniapp.midtrans.com';
  return [...hosts].filter(([, calls]) => calls > 0).sort((a, b) => b[1] - a[1])[0]?.[0];
}

function readEntry(entry: unknown): { host: string; exchange: HarExchange }[] {
  const address = at(entry, 'request.url');
  if (typeof address !== 'string' || address.length > 16_384 || !URL.canParse(address)) return [];
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return [];
  const { body, form, hasFile } = readBody(entry);
  const exchange = {
    method: String(at(entry, 'request.method')).toUpperCase().slice(0, 10),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body,
    form,
    hasFile,
    status: Number(at(entry, 'response.status')) || 0,
    response: readResponse(entry),
  };
  return [{ host: url.host, exchange }];
}

function readBody(entry: unknown): Pick<HarExchange, 'body' | 'form' | 'hasFile'> {
  const text = at(entry, 'request.postData.text');
  const type = String(at(entry, 'request.postData.mimeType') ?? '');
  const params = listAt(entry, 'request.postData.params');
  const form: Record<string, unknown> = {};
  let hasFile = false;
  for (const param of params) {
    if (at(param, 'fileName') !== undefined) hasFile = true;
    else form[String(at(param, 'name'))] = at(param, 'value');
  }
  if (typeof text !== 'string' || text.length > MAX_BODY_CHARS) return { body: {}, form, hasFile };
  if (/multipart\/form-data/i.test(type)) {
    for (const [, name = '', file, value] of text.matchAll(
      /name="([^"]{1,100})"(; filename=)?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]{0,1000})/g,
    )) {
      if (file) hasFile = true;
      else form[name] = value;
    }
    return { body: {}, form, hasFile };
  }
  const json = jsonOf(text);
  const isFields = typeof json === 'object' && json !== null && !Array.isArray(json);
  return { body: isFields ? (json as Record<string, unknown>) : {}, form, hasFile };
}

function readResponse(entry: unknown): unknown {
  const text = at(entry, 'response.content.text');
  if (typeof text !== 'string' || text.length > MAX_BODY_CHARS) return undefined;
  const plain = at(entry, 'response.content.encoding') === 'base64' ? Buffer.from(text, 'base64').toString() : text;
  const json = jsonOf(plain);
  return typeof json === 'object' && json !== null ? json : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function listAt(value: unknown, place: string): readonly unknown[] {
  const found = at(value, place);
  return Array.isArray(found) ? found : [];
}
