/** Keeps credentials and whitelist ids out of everything that is written (promise 5). */

import type { Log } from '../log.ts';
import { cleanLine } from '../text.ts';
import { createFinder } from './finder.ts';
import { folded, type Reading, readingsOf } from './spellings.ts';

export type SecretKind = 'credential' | 'id';

export interface Redactor {
  /** Adds a secret. White space around it is removed, and an empty one is ignored. */
  add(secret: string, kind: SecretKind): void;
  addAll(secrets: Iterable<string>, kind: SecretKind): void;
  /** Adds plain inputs of the step: where a text contains one of them, secrets inside it are not masked. */
  keep(plain: Iterable<string>): void;
  /** Untrusted text with `***` in place of secrets, however they are escaped. */
  redact(text: string): string;
  /**
   * A sentence of ours whose untrusted parts are redacted already, redacted once more. It ignores secrets that could be
   * words or numbers of ours, so that a user ID `live` does not change our sentences.
   */
  redactSentence(text: string): string;
  /**
   * Whether the runner may mask the secret everywhere (add-mask): it is long enough, and part of no plain input and no
   * word of ours.
   */
  mayBeMasked(secret: string): boolean;
}

/**
 * Creates a redactor without secrets. `ourWords` are words that add-mask never gets, in any form.
 *
 * A secret is looked for in the text, in each layer of its escapes, and in decoded base64, without regard to letter
 * case. Each pass is linear in the text, whatever the number and the form of the secrets. Measured with 100,000 ids of
 * 20 characters: adding them takes half a second; then 64 KB of text take 10 to 90 ms, and 270 ms where all of it is
 * nested escapes.
 */
export function createRedactor(ourWords = ''): Redactor {
  const secrets = createFinder();
  const plain = createFinder();
  const keptTexts: string[] = [ourWords.toLowerCase()];
  let isEmpty = true;
  /** Results for texts that a wait writes again and again. Cleared when a secret or plain input is added. */
  const redacted = new Map<string, string>();

  function add(secret: string, kind: SecretKind): void {
    const text = secret.trim();
    if (text === '') return;
    isEmpty = false;
    redacted.clear();
    const uses = couldBeOurs(text, kind) ? UNTRUSTED : UNTRUSTED | SENTENCE;
    for (const form of formsOf(text)) secrets.add(form, uses);
  }

  /** Calls `found` for each stretch of the text that secrets cover and that is not part of a plain input. */
  function find(reading: Reading, use: number, found: (start: number, end: number, chars: number) => void): void {
    const { text, starts, froms } = folded(reading);
    const textEnd = reading.ends[reading.text.length - 1] ?? 0;
    let plainEnd = 0;
    for (let at = 0; at < text.length; at++) {
      plainEnd = Math.max(plainEnd, plain.endAt(text, at, UNTRUSTED));
      const end = secrets.endAt(text, at, use);
      // Folding has left out characters inside the stretch; they are part of it.
      if (end > at && end > plainEnd) found(froms[at] ?? 0, starts[end] ?? textEnd, end - at);
    }
  }

  /** In base64 a secret has three forms whose ends depend on the bytes beside it, so the text is decoded instead. */
  function holdsSecret(run: string, use: number): boolean {
    const chars = run.replace(/\s/g, '');
    // Most runs are words of ours, and too short for any secret.
    if ((chars.length * 3) / 4 < secrets.shortest(BASE64_SECRET_CHARS)) return false;
    return [0, 1, 2, 3].some((start) => {
      // As Latin-1: the text may begin in the middle of a UTF-8 character, and the forms of a secret include its UTF-8
      // read as Latin-1.
      const bytes = Buffer.from(chars.slice(start), 'base64').toString('latin1');
      let holds = false;
      for (const reading of readingsOf(bytes)) {
        find(reading, use, (_start, _end, secretChars) => {
          holds ||= secretChars >= BASE64_SECRET_CHARS;
        });
      }
      return holds;
    });
  }

  function redact(text: string, use: number): string {
    if (isEmpty || text === '') return text;
    if (text.length > MAX_KEPT_CHARS) return redactAnew(text, use);
    const key = use + text;
    const known = redacted.get(key);
    if (known !== undefined) return known;
    if (redacted.size >= MAX_KEPT_TEXTS) redacted.clear();
    const result = redactAnew(text, use);
    redacted.set(key, result);
    return result;
  }

  /** Most lines of ours: nothing in them is escaped, and no word of theirs is long enough to hold a secret in base64. */
  function isClearlyWithout(text: string): boolean {
    if (!PLAIN.test(text) || LONG_WORD.test(text)) return false;
    if (secrets.shortest(BASE64_SECRET_CHARS) <= (LONG_WORD_CHARS * 3) / 4) return false;
    return !secrets.mayBeIn(text.toLowerCase().replace(/ {2,}/g, ' '));
  }

  function redactAnew(text: string, use: number): string {
    if (isClearlyWithout(text)) return text;
    const hidden = new Uint8Array(text.length);
    const hide = (start: number, end: number) => hidden.fill(1, start, end);
    for (const reading of readingsOf(text)) {
      find(reading, use, hide);
      for (const { 0: run, index } of reading.text.matchAll(BASE64_RUN)) {
        if (run.length < BASE64_RUN_CHARS || !holdsSecret(run, use)) continue;
        hide(reading.starts[index] ?? 0, reading.ends[index + run.length - 1] ?? 0);
      }
    }
    return masked(text, hidden);
  }

  return {
    add,
    addAll(list, kind) {
      for (const secret of list) add(secret, kind);
    },
    keep(list) {
      redacted.clear();
      for (const text of list) {
        const form = foldedText(text);
        plain.add(form, UNTRUSTED);
        keptTexts.push(form);
      }
    },
    redact: (text) => redact(text, UNTRUSTED),
    redactSentence: (text) => redact(text, SENTENCE),
    mayBeMasked: (secret) =>
      secret.length >= MASKED_CHARS && !keptTexts.some((kept) => kept.includes(foldedText(secret))),
  };
}

/**
 * Untrusted text as one line that can be shown. It is redacted before it is cut, so that no half of a secret remains,
 * and again after escape sequences inside a secret are removed.
 */
export function shownBy({ redact }: Pick<Redactor, 'redact'>, maxChars = 500): (untrusted: string) => string {
  return (untrusted) => {
    const clean = cleanLine(redact(bounded(untrusted)), MAX_READ_CHARS);
    return cleanLine(redact(clean), maxChars);
  };
}

/**
 * The secret parts of a cookie header: all of it, and each value of 8 or more characters, also without quotes and
 * URL-decoded. Shorter values (`lang=en`) are not secret, or every "en" would be masked; but the value of a single
 * cookie is the credential.
 */
export function cookieSecrets(header: string): string[] {
  const whole = header.trim();
  const values = whole.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const unquoted = values.map((value) => value.replace(/^"(.*)"$/, '$1'));
  const secrets = [...values, ...unquoted, ...unquoted.map(urlDecoded)].filter(
    (value) => value.length >= COOKIE_VALUE_CHARS || (values.length === 1 && value !== ''),
  );
  return whole === '' ? [] : [...new Set([whole, ...secrets])];
}

const MASK = '***';
const COOKIE_VALUE_CHARS = 8;
const MASKED_CHARS = 8;
const MAX_READ_CHARS = 65_536;
/** Limits of the kept results: less than half a megabyte. */
const MAX_KEPT_CHARS = 500;
const MAX_KEPT_TEXTS = 256;

/** The kinds of text in which a secret is looked for, as bits. */
const UNTRUSTED = 1;
const SENTENCE = 2;

/** Runs of base64, with MIME's line ends; shorter secrets in base64 would be found in ordinary words. */
const BASE64_RUN = /(?:[A-Za-z0-9+/_-]{16,}\s+)*[A-Za-z0-9+/_-]{2,}={0,2}/g;
/** Printable ASCII without the marks of escapes: the only reading of such a text is the text in lower case. */
const PLAIN = /^[ -$'-[\]-~]*$/;
/** Words that are shorter are no lines of a longer run of base64. */
const LONG_WORD = /[A-Za-z0-9+/_=-]{16}/;
const LONG_WORD_CHARS = 16;
const BASE64_RUN_CHARS = 7;
const BASE64_SECRET_CHARS = 5;

/**
 * The forms in which a secret is looked for: unchanged, with its own escapes decoded (a text is decoded as a whole),
 * with `+` for a space as in forms, with composed and decomposed accents, and with UTF-8 read as Latin-1 or
 * Windows-1252 or the reverse.
 */
function formsOf(secret: string): Iterable<string> {
  if (/^[\w.-]*$/.test(secret)) return [secret.toLowerCase()];
  const texts = [secret.replaceAll(' ', '+'), ...readingsOf(secret).map(({ text }) => text)];
  if (NOT_ASCII.test(secret)) {
    const utf8 = Buffer.from(secret, 'utf8');
    texts.push(secret.normalize('NFC'), secret.normalize('NFD'));
    texts.push(utf8.toString('latin1'), new TextDecoder('windows-1252').decode(utf8));
    if (LATIN_1.test(secret)) texts.push(Buffer.from(secret, 'latin1').toString('utf8'));
  }
  return new Set(texts.map(foldedText));
}

const NOT_ASCII = /[^\0-\x7f]/;
const LATIN_1 = /^[\0-\xff]*$/;

function foldedText(text: string): string {
  const [reading] = readingsOf(text);
  return reading ? folded(reading).text.trimStart() : '';
}

/**
 * Whether our own sentences may contain the secret: words and names of letters only, and short numbers. Ids are many
 * and often short, so only those of 8 or more characters count.
 */
function couldBeOurs(secret: string, kind: SecretKind): boolean {
  if (secret.length < (kind === 'id' ? 8 : 4) || /^[\d.:-]{1,5}$/.test(secret)) return true;
  return secret.split(/[ ./_:-]+/).every((word) => /^(?:[A-Z]?[a-z]*(?:[A-Z][a-z]+)*|[A-Z]{2,5})$/.test(word));
}

/** Overlapping and adjacent stretches become one mask, so that no tail of a secret remains. */
function masked(text: string, hidden: Uint8Array): string {
  let shown = '';
  let at = 0;
  while (at < text.length) {
    const start = hidden.indexOf(1, at);
    if (start < 0) break;
    const end = hidden.indexOf(0, start);
    shown += text.slice(at, start) + MASK;
    at = end < 0 ? text.length : end;
  }
  return shown + text.slice(at);
}

/** At most 64 Ki characters, cut at a space, since a secret that is cut in half is not found. */
function bounded(text: string): string {
  return text.length <= MAX_READ_CHARS ? text : text.slice(0, text.lastIndexOf(' ', MAX_READ_CHARS) + 1);
}

function urlDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Keeps a credential out of the log (by the runner's masks) and out of everything that we write (by the redactor). */
export function keepSecret(credential: string, log: Log, redactor: Redactor): void {
  // A credential that is not a cookie header may have several words (`Bearer ...`), of which the long ones are secret.
  const words = credential.split(' ').filter((word) => word.length >= 8 && !word.includes('='));
  for (const secret of new Set([...cookieSecrets(credential), ...words])) {
    redactor.add(secret, 'credential');
    if (redactor.mayBeMasked(secret)) log.mask(secret);
  }
}
