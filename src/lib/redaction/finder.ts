/** Finds known texts in a text, in a time that does not depend on their number. */

import { lazyPattern } from '../lazy-pattern.ts';

export interface Finder {
  /** Adds a known text for some uses, given as bits. */
  add(text: string, uses: number): void;
  /** The end of the longest known text of this use that begins at `at`; `at` itself where there is none. */
  endAt(text: string, at: number, use: number): number;
  /** False where no known text is in the text; a quick look, which is given up where many are known. */
  mayBeIn(text: string): boolean;
  /** The length of the shortest text that `endAt` may find, if only texts of at least `chars` characters count. */
  shortest(chars: number): number;
}

/** The lengths of the beginnings by which texts are looked up. A text uses the first one that it is long enough for. */
const TIERS = [8, 4] as const;

/** So many beginnings are looked for, one after the other, to tell that no known text is there. */
const MAX_BEGINNINGS = 16;
const BEGINNING_CHARS = 4;

/** Shorter texts are found only as whole words: an id `7` must not mask each 7 of a time. */
const WHOLE_WORD_BELOW = 4;

/**
 * A longer text is split into pieces of this length. That limits the look-ups, and a cookie header that was cut or
 * wrapped is still found except at its ends.
 */
const PIECE_CHARS = 64;

/**
 * Creates a finder. At each position it looks up the next 8 and the next 4 characters, and only where a known text
 * begins with them compares one slice for each length (at most 64) of such texts.
 */
export function createFinder(): Finder {
  const pieces = new Map<string, number>();
  const words = new Map<string, number>();
  /** The first UTF-16 units of all known texts, so that most positions need only one look-up. */
  const firstUnits = new Set<number>();
  const lengthsOfAll = new Set<number>();
  /** How the known texts begin, up to one more than are looked for. */
  const beginnings = new Set<string>();
  const tiers = TIERS.map((startChars) => ({ startChars, lengths: new Map<string, number[]>() }));

  function rememberBeginning(text: string): void {
    firstUnits.add(text.charCodeAt(0));
    if (beginnings.size <= MAX_BEGINNINGS) beginnings.add(text.slice(0, BEGINNING_CHARS));
  }

  function remember(piece: string, uses: number): void {
    const known = pieces.get(piece);
    pieces.set(piece, (known ?? 0) | uses);
    rememberBeginning(piece);
    lengthsOfAll.add(piece.length);
    const tier = tiers.find(({ startChars }) => piece.length >= startChars);
    if (known !== undefined || tier === undefined) return;
    const start = piece.slice(0, tier.startChars);
    tier.lengths.set(start, withLength(tier.lengths.get(start), piece.length));
  }

  function wordEnd(text: string, at: number, use: number): number {
    if (words.size === 0 || (at > 0 && word().test(charBefore(text, at)))) return at;
    for (let end = Math.min(at + WHOLE_WORD_BELOW - 1, text.length); end > at; end--) {
      if ((words.get(text.slice(at, end)) ?? 0) & use && !word().test(charAt(text, end))) return end;
    }
    return at;
  }

  return {
    add(text, uses) {
      if (text === '') return;
      if (text.length < WHOLE_WORD_BELOW) {
        rememberBeginning(text);
        words.set(text, (words.get(text) ?? 0) | uses);
      } else for (const piece of piecesOf(text)) remember(piece, uses);
    },
    endAt(text, at, use) {
      if (!firstUnits.has(text.charCodeAt(at))) return at;
      for (const { startChars, lengths } of tiers) {
        if (lengths.size === 0) continue;
        for (const length of lengths.get(text.slice(at, at + startChars)) ?? []) {
          const end = at + length;
          if (end <= text.length && (pieces.get(text.slice(at, end)) ?? 0) & use) return end;
        }
      }
      return wordEnd(text, at, use);
    },
    mayBeIn: (text) =>
      beginnings.size > MAX_BEGINNINGS || [...beginnings].some((beginning) => text.includes(beginning)),
    shortest: (chars) => Math.min(...[...lengthsOfAll].filter((length) => length >= chars)),
  };
}

const word = lazyPattern(String.raw`[\p{L}\p{M}\p{N}_]`, 'u');

/** Pieces that cover the whole text; the last one ends at its end. */
function piecesOf(text: string): string[] {
  const count = Math.max(1, Math.ceil(text.length / PIECE_CHARS));
  return Array.from({ length: count }, (_, index) => {
    const start = Math.max(0, Math.min(index * PIECE_CHARS, text.length - PIECE_CHARS));
    return text.slice(start, start + PIECE_CHARS);
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
