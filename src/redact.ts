/** Keeps credentials and whitelist ids out of everything that is written (promise 5). Imports nothing of ours. */

export type SecretKind = 'credential' | 'id';

export interface Redactor {
  /** Remembers a secret and its encodings; white space around it does not count, an empty one is ignored. */
  add(secret: string, kind: SecretKind): void;
  addAll(secrets: Iterable<string>, kind: SecretKind): void;
  /** The text with `***` for each stretch that secrets cover. */
  redact(text: string): string;
}

/**
 * A redactor that knows no secret yet.
 *
 * Cost: `add` makes some four to fourteen strings. `redact` looks up the next 8 and the next 4 characters at each
 * position, and only where some secret begins so, one slice for each length (64 at most) that such secrets have. So it
 * is linear in the text, whatever the number and the form of the secrets: with 100,000 ids of 20 characters, 64 KB of
 * text take some 10 ms, 50 ms where each position begins like an id. A set of 100,000 ids costs a second and 100 MB.
 */
export function createRedactor(): Redactor {
  const pieces = new Set<string>();
  const tiers = TIERS.map((startChars) => ({ startChars, lengths: new Map<string, number[]>() }));
  const tokens = new Set<string>();
  let hasIds = false;

  function remember(piece: string): void {
    const tier = tiers.find(({ startChars }) => piece.length >= startChars);
    if (tier === undefined || pieces.has(piece)) return;
    pieces.add(piece);
    const start = piece.slice(0, tier.startChars);
    tier.lengths.set(start, withLength(tier.lengths.get(start), piece.length));
  }

  /** The end of the longest secret that begins at `at`; `at` itself where none does. */
  function secretEnd(text: string, at: number): number {
    for (const { startChars, lengths } of tiers) {
      if (lengths.size === 0) continue;
      for (const length of lengths.get(text.slice(at, at + startChars)) ?? []) {
        if (pieces.has(text.slice(at, at + length))) return at + length;
      }
    }
    return tokens.size === 0 ? at : tokenEnd(text, at, tokens);
  }

  /** Ids are many, and base64 gives each of them three more forms: they are looked for in what a run decodes to. */
  function holdsId(run: string): boolean {
    return [0, 1, 2, 3].some((start) => {
      const decoded = Buffer.from(run.slice(start), 'base64').toString('utf8');
      for (let at = 0; at + BASE64_CORE_CHARS <= decoded.length; at++) {
        if (secretEnd(decoded, at) >= at + BASE64_CORE_CHARS) return true;
      }
      return false;
    });
  }

  function add(secret: string, kind: SecretKind): void {
    if (kind === 'id') hasIds = true;
    for (const form of encodings(secret.trim(), kind)) {
      if (form.length < WHOLE_TOKEN_BELOW[kind]) tokens.add(form);
      else for (const piece of piecesOf(form)) remember(piece);
    }
  }

  return {
    add,
    addAll(secrets, kind) {
      for (const secret of secrets) add(secret, kind);
    },
    redact(text) {
      const shown = covered(text, secretEnd);
      return hasIds ? shown.replace(BASE64_RUN, (run) => (holdsId(run) ? MASK : run)) : shown;
    },
  };
}

/**
 * What of a cookie header is secret: all of it, and each value of 8 or more characters, also without its quotes and
 * URL-decoded. Shorter values (`lang=en`) are not, or every "en" would be masked.
 */
export function cookieSecrets(header: string): string[] {
  const whole = header.trim();
  const values = whole.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const unquoted = values.map((value) => value.replace(/^"(.*)"$/, '$1'));
  const secrets = [...values, ...unquoted, ...unquoted.map(urlDecoded)].filter(
    (value) => value.length >= COOKIE_VALUE_CHARS,
  );
  return whole === '' ? [] : [...new Set([whole, ...secrets])];
}

const MASK = '***';
const COOKIE_VALUE_CHARS = 8;

/** How many characters are looked up at each position; a secret goes by the first that it is long enough for. */
const TIERS = [8, 4] as const;

/**
 * A longer secret is known by its pieces of this length, so that no look-up is longer, and a cookie header that was
 * cut or wrapped somewhere is still hidden but for its ends.
 */
const PIECE_CHARS = 64;

/** Shorter secrets are replaced only where they stand alone: an id `7` must not mask each 7 of a time. At least 4. */
const WHOLE_TOKEN_BELOW: Readonly<Record<SecretKind, number>> = { credential: 4, id: 4 };
const LONGEST_TOKEN_CHARS = Math.max(...Object.values(WHOLE_TOKEN_BELOW)) - 1;

/** Shorter pieces of base64 are found in ordinary words. */
const BASE64_CORE_CHARS = 6;
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}={0,2}/g;

/** Written alike in URLs and in JSON. */
const UNRESERVED = /^[A-Za-z0-9._-]*$/;

const WORD = /[\p{L}\p{M}\p{N}_]/u;

/** Stretches that overlap or touch are one: of two secrets that share characters neither leaves its tail behind. */
function covered(text: string, secretEnd: (text: string, at: number) => number): string {
  let shown = '';
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const next = secretEnd(text, at);
    if (next === at) continue;
    if (at > end || shown === '') shown += text.slice(end, at) + MASK;
    end = Math.max(end, next);
  }
  return shown + text.slice(end);
}

function tokenEnd(text: string, at: number, tokens: ReadonlySet<string>): number {
  if (at > 0 && WORD.test(charBefore(text, at))) return at;
  for (let end = Math.min(at + LONGEST_TOKEN_CHARS, text.length); end > at; end--) {
    if (tokens.has(text.slice(at, end)) && !WORD.test(charAt(text, end))) return end;
  }
  return at;
}

/** The ways in which a secret is written by those who carry it. */
function encodings(secret: string, kind: SecretKind): Set<string> {
  if (secret === '') return new Set();
  const base64 = kind === 'credential' ? base64Cores(secret) : [];
  return new Set([secret, ...(UNRESERVED.test(secret) ? [] : escapes(secret)), ...base64]);
}

/** JSON-escaped and URL-encoded: in a path or query, in a form (which encodes !'()~ too), in either case. */
function escapes(secret: string): string[] {
  // toString makes U+FFFD of lone surrogates, for which encodeURIComponent throws.
  const url = encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8'));
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const inUrls = [url, url.replaceAll('%20', '+'), form];
  return [JSON.stringify(secret).slice(1, -1), ...inUrls, ...inUrls.map(lowerHex)];
}

function lowerHex(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
}

/**
 * The characters of base64 that the secret alone decides, for each of the three ways in which its first byte can fall
 * into a group of three: base64 gives 6 bits a character, so they are those whose 6 bits lie within the secret's.
 */
function base64Cores(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.from('\0'.repeat(before) + secret, 'utf8');
    const core = bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return core.length < BASE64_CORE_CHARS ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Pieces that cover all of it; the last one ends where it ends. */
function piecesOf(form: string): string[] {
  if (form.length <= PIECE_CHARS) return [form];
  const count = Math.ceil(form.length / PIECE_CHARS);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.min(index * PIECE_CHARS, form.length - PIECE_CHARS);
    return form.slice(start, start + PIECE_CHARS);
  });
}

/** The lengths with one more, longest first. */
function withLength(lengths: number[] | undefined, length: number): number[] {
  if (lengths === undefined) return [length];
  return lengths.includes(length) ? lengths : [...lengths, length].sort((a, b) => b - a);
}

function charBefore(text: string, at: number): string {
  return /[\s\S]$/u.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? '';
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0x20);
}

function urlDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
