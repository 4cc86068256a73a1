/** Finds many texts in one, whatever their number. Imports nothing of ours. */

export interface Finder {
  /** Remembers a text for some uses, a set of bits. */
  add(text: string, uses: number): void;
  /** The end of the longest known text of this use that begins at `at`; `at` itself where none does. */
  endAt(text: string, at: number, use: number): number;
}

/** How many characters are looked up at each position; a text goes by the first that it is long enough for. */
const TIERS = [8, 4] as const;

/** Shorter texts are found only where they stand alone: an id `7` must not mask each 7 of a time. */
const WHOLE_WORD_BELOW = 4;

/**
 * A longer text is known by its pieces of this length, so that no look-up is longer, and a cookie header that was cut
 * or wrapped somewhere is still found but for its ends.
 */
const PIECE_CHARS = 64;

/**
 * Looks up the next 8 and the next 4 characters at each position, and only where some known text begins so, one slice
 * for each length (64 at most) that such texts have.
 */
export function createFinder(): Finder {
  const pieces = new Map<string, number>();
  const words = new Map<string, number>();
  /** The first UTF-16 units of all known texts: most positions of most texts are passed by with one look-up. */
  const firstUnits = new Set<number>();
  const tiers = TIERS.map((startChars) => ({ startChars, lengths: new Map<string, number[]>() }));

  function remember(piece: string, uses: number): void {
    const known = pieces.get(piece);
    pieces.set(piece, (known ?? 0) | uses);
    firstUnits.add(piece.charCodeAt(0));
    const tier = tiers.find(({ startChars }) => piece.length >= startChars);
    if (known !== undefined || tier === undefined) return;
    const start = piece.slice(0, tier.startChars);
    tier.lengths.set(start, withLength(tier.lengths.get(start), piece.length));
  }

  function wordEnd(text: string, at: number, use: number): number {
    if (words.size === 0 || (at > 0 && WORD.test(charBefore(text, at)))) return at;
    for (let end = Math.min(at + WHOLE_WORD_BELOW - 1, text.length); end > at; end--) {
      if ((words.get(text.slice(at, end)) ?? 0) & use && !WORD.test(charAt(text, end))) return end;
    }
    return at;
  }

  return {
    add(text, uses) {
      if (text === '') return;
      firstUnits.add(text.charCodeAt(0));
      if (text.length < WHOLE_WORD_BELOW) words.set(text, (words.get(text) ?? 0) | uses);
      else for (const piece of piecesOf(text)) remember(piece, uses);
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
  };
}

const WORD = /[\p{L}\p{M}\p{N}_]/u;

/** Pieces that cover all of it; the last one ends where it ends. */
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
