import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieSecrets, createRedactor } from '../src/redact.ts';

const secrets = fc
  .oneof(
    fc.string({ minLength: 7, maxLength: 30, unit: 'grapheme' }),
    fc.string({ minLength: 7, maxLength: 30, unit: fc.constantFrom(...'ab %+/=&"\\\n\t!\'()~*é😀-_.') }),
    fc.string({ minLength: 60, maxLength: 200, unit: fc.constantFrom('a', 'b') }),
  )
  .filter((secret) => secret.trim() === secret && Buffer.byteLength(secret) >= 7); // prettier-ignore

/** How a secret travels, each with what stands around it. */
const WRITTEN: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'URL-encoded': (secret) => encodeURIComponent(secret),
  'URL-encoded in lower case': (secret) => encodeURIComponent(secret).replace(/%../g, (byte) => byte.toLowerCase()),
  'URL-encoded with + for space': (secret) => encodeURIComponent(secret).replaceAll('%20', '+'),
  'in a form': (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  'JSON-escaped': (secret) => JSON.stringify(secret).slice(1, -1),
};

describe('redact', () => {
  it.each(Object.entries(WRITTEN))('finds a secret %s', (_, write) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(redactorOf(secret).redact(`x, ${write(secret)}, y`)).toBe('x, ***, y');
      }),
    );
  });

  it.each(['base64', 'base64url'] as const)('finds a secret in %s, wherever it begins in there', (encoding) => {
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), (secret, before, after) => {
        const shown = redactorOf(secret).redact(Buffer.from(before + secret + after).toString(encoding));
        const rest = Buffer.from(shown.replace('***', ''), 'base64').length;
        expect(shown).toContain('***');
        // What is left is what stood around it and at most a byte that the secret shares, at either end.
        expect(rest).toBeLessThanOrEqual(Buffer.byteLength(before) + Buffer.byteLength(after) + 2);
      }),
    );
  });

  it('agrees with a simple one that replaces the longest first', () => {
    const alphabet = fc.constantFrom('a', 'b', '-');
    const words = fc.string({ minLength: 4, maxLength: 9, unit: alphabet }).filter((word) => word === word.trim());
    const cases = fc.array(words, { minLength: 1, maxLength: 5 }).chain((known) => {
      const texts = fc.array(fc.oneof(alphabet, fc.constantFrom(...known)), { maxLength: 12 });
      return fc.record({ known: fc.constant(known), text: texts.map((parts) => parts.join('')) });
    });
    fc.assert(
      fc.property(cases, ({ known, text }) => {
        expect(redactorOf(...known).redact(text)).toBe(simplyRedacted(known, text));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves no tail where secrets share characters', () => {
    expect(redactorOf('abcdef', 'defghi', 'abcdefgh').redact('-abcdefghi-')).toBe('-***-');
  });

  it.each(['credential', 'id'] as const)('replaces a short %s only where it stands alone', (kind) => {
    const redactor = createRedactor();
    redactor.addAll(['7', 'abc', 'a&b'], kind);
    expect(redactor.redact('7, 17 and 7a: abc abcd _abc (7) é7 7😀 a&b')).toBe(
      '***, 17 and 7a: *** abcd _abc (***) é7 ***😀 ***',
    );
  });

  it('leaves words alone that hold a few characters of base64', () => {
    expect(redactorOf('abcd').redact(`${btoa('abcd')} abcd`)).toBe('YWJjZA== ***');
  });

  it('replaces a secret of four characters anywhere', () => {
    expect(redactorOf('1234').redact('x12345')).toBe('x***5');
  });

  it('hides what a cut or wrapped long secret leaves, but for its ends', () => {
    const secret = randomBytes(1500).toString('base64url');
    expect(redactorOf(secret).redact(secret.slice(0, 1500)).length).toBeLessThan(64 + 3);
    expect(redactorOf(secret).redact(`a ${secret} b`)).toBe('a *** b');
  });

  it('ignores nothing and white space around a secret', () => {
    const redactor = redactorOf('', ' ', '\n', 'token-1\n');
    expect(redactor.redact('a b token-1 c')).toBe('a b *** c');
    expect(createRedactor().redact('a b')).toBe('a b');
  });

  it('takes a secret that is no valid text', () => {
    expect(redactorOf('abc\ud800def').redact('x abc\ud800def')).toBe('x ***');
  });

  it('looks at each position a fixed number of times, however many secrets there are', () => {
    const few = redactorOf(...ids(10));
    const many = redactorOf(...ids(10_000));
    const text = `${'2088'.repeat(2000)} ${ids(3000).join(' ')}`;
    // Two looks for what may begin here, one for each length that ids have, plain and in base64.
    expect(slicesOf(few, text)).toBeLessThan(6 * text.length);
    expect(slicesOf(many, text)).toBeLessThan(6 * text.length);
  });

  it('stays fast with many ids, and with a long secret that repeats itself', () => {
    const known = ids(30_000);
    const redactor = redactorOf(...known, 'a'.repeat(4000));
    expect(redactor.redact(known.slice(0, 3000).join(','))).toBe(Array(3000).fill('***').join(','));
    // Comparing all of the secret at each position would take a minute here.
    expect(redactor.redact(`${'a'.repeat(3999)}b`.repeat(250))).toBe('***b'.repeat(250));
  });

  function redactorOf(...known: readonly string[]) {
    const redactor = createRedactor();
    redactor.addAll(known, 'credential');
    return redactor;
  }

  function ids(count: number): string[] {
    return Array.from({ length: count }, (_, index) => `2088${String(index * 7919).padStart(16, '0')}`);
  }

  function simplyRedacted(known: readonly string[], text: string): string {
    const hidden = new Array<boolean>(text.length).fill(false);
    for (const secret of known) {
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
        hidden.fill(true, at, at + secret.length);
    }
    return [...text]
      .map((char, at) => (hidden[at] ? '\0' : char))
      .join('')
      .replace(/\0+/g, '***'); // prettier-ignore
  }

  /** How often the text is looked into. */
  function slicesOf(redactor: { redact(text: string): string }, text: string): number {
    let count = 0;
    const counting = {
      length: text.length,
      slice: (start: number, end?: number) => {
        count++;
        return text.slice(start, end);
      },
    };
    redactor.redact(counting as unknown as string);
    return count;
  }
});

describe('cookieSecrets', () => {
  it('takes the whole header and each value of 8 or more characters', () => {
    expect(cookieSecrets(' lang=en; sid=abcdefgh; t=a=b=cdefg; short=1234567; flag ')).toEqual([
      'lang=en; sid=abcdefgh; t=a=b=cdefg; short=1234567; flag',
      'abcdefgh',
      'a=b=cdefg',
    ]);
  });

  it('takes a value without its quotes and decoded too', () => {
    expect(cookieSecrets('a="12345678"; b=s%3Aabc%2Bdef; c=%E0%A4%Axyz')).toEqual([
      'a="12345678"; b=s%3Aabc%2Bdef; c=%E0%A4%Axyz',
      '"12345678"',
      's%3Aabc%2Bdef',
      '%E0%A4%Axyz',
      '12345678',
      's:abc+def',
    ]);
  });

  it('finds nothing in nothing', () => {
    expect(cookieSecrets('  ')).toEqual([]);
  });

  it('does not make a word of the short values', () => {
    const redactor = createRedactor();
    redactor.addAll(cookieSecrets('lang=en; sid=0123456789'), 'credential');
    expect(redactor.redact('when the token 0123456789 ended')).toBe('when the token *** ended');
  });
});
