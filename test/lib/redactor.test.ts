import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFinder } from '../../src/lib/redaction/finder.ts';
import { cookieSecrets, createRedactor, shownBy } from '../../src/lib/redaction/redactor.ts';
import { thoroughTest } from '../support/thorough.ts';

const secrets = fc
  .oneof(
    fc.string({ minLength: 7, maxLength: 30, unit: 'grapheme' }),
    fc.string({ minLength: 7, maxLength: 30, unit: fc.constantFrom(...'ab %+/=&"\\\n\t!\'()~*é😀-_.') }),
    fc.string({ minLength: 60, maxLength: 200, unit: fc.constantFrom('a', 'b') }),
  )
  .filter((secret) => secret.trim() === secret && Buffer.byteLength(secret) >= 7)
  // Nobody can type what is not shown; at the ends of a secret it is not masked.
  .filter((secret) => !/[^\P{C}\t\n]|\p{Default_Ignorable_Code_Point}/u.test(secret));

const hex = (char: string, digits: number) => (char.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');
const perUnit = (pattern: RegExp, write: (unit: string) => string) => (secret: string) =>
  secret.replace(pattern, write);
const json = (secret: string) => JSON.stringify(secret).slice(1, -1);
const NOT_ASCII_UNITS = /[^\0-\x7f]/g;
const NAMES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '=': 'equals' };
const named = (char: string) => (NAMES[char] ? `&${NAMES[char]};` : char === 'é' ? '&eacute;' : char);

/** How a secret travels, each with what stands around it. */
const WRITTEN: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'URL-encoded': encodeURIComponent,
  'URL-encoded with / and the like left': encodeURI,
  'URL-encoded in lower case': (secret) => encodeURIComponent(secret).replace(/%../g, (byte) => byte.toLowerCase()),
  'URL-encoded with + for space': (secret) => encodeURIComponent(secret).replaceAll('%20', '+'),
  'URL-encoded in every byte': (secret) => Buffer.from(secret).toString('hex').replace(/../g, '%$&'),
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'in a form': (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  'by escape() of JavaScript': (secret) => secret.replace(/[^\w]/g, (unit) => `%u${hex(unit, 4)}`),
  'JSON-escaped': json,
  'JSON-escaped by Gson': (secret) => json(secret).replace(/[=<>&']/g, (char) => `\\u${hex(char, 4)}`),
  'JSON-escaped by PHP': (secret) => json(secret).replaceAll('/', '\\/'),
  'JSON-escaped to ASCII': (secret) => perUnit(NOT_ASCII_UNITS, (unit) => `\\u${hex(unit, 4)}`)(json(secret)),
  'JSON-escaped to ASCII in upper case': (secret) =>
    perUnit(NOT_ASCII_UNITS, (unit) => `\\u${hex(unit, 4).toUpperCase()}`)(json(secret)),
  'JSON in JSON': (secret) => json(json(secret)),
  'JSON in a URL': (secret) => encodeURIComponent(json(secret)),
  'with hexadecimal escapes of JavaScript': (secret) => secret.replace(/[\\&="'/]/g, (char) => `\\x${hex(char, 2)}`),
  'with HTML entities by name': (secret) => [...secret].map(named).join(''),
  'with decimal HTML entities': (secret) => [...secret].map((char) => `&#${char.codePointAt(0)};`).join(''),
  'with hexadecimal HTML entities': (secret) => [...secret].map((char) => `&#x${hex(char, 2).toUpperCase()};`).join(''),
  'HTML in JSON': (secret) => json([...secret].map(named).join('')),
  'in capitals': (secret) => secret.replace(/[a-z]/g, (char) => char.toUpperCase()),
  'in small letters': (secret) => secret.replace(/[A-Z]/g, (char) => char.toLowerCase()),
  'with accents apart': (secret) => secret.normalize('NFD'),
  'as UTF-8 read as Latin-1': (secret) => Buffer.from(secret).toString('latin1'),
  'as UTF-8 read as Windows-1252': (secret) => new TextDecoder('windows-1252').decode(Buffer.from(secret)),
  'as UTF-16 with its zero bytes': (secret) => [...secret].join('\0'),
  'with characters inside that are not shown': (secret) => [...secret].join('\u200b'),
};

describe('redact', () => {
  it.each(Object.entries(WRITTEN))('finds a secret %s', (_, write) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(redactorOf(secret).redact(`x, ${write(secret)}, y`)).toBe('x, ***, y');
      }),
    );
  });

  it('leaves nothing of a secret that begins with what reads as an escape', () => {
    expect(redactorOf('\\baaaa=aa').redact('x, \\baaaa&equals;aa, y')).toBe('x, ***, y');
  });

  it('finds a secret in base64 that MIME has wrapped, or that JSON and URLs have escaped', () => {
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 90 }), fc.string({ maxLength: 90 }), (secret, before, after) => {
        const base64 = Buffer.from(before + secret + after).toString('base64');
        const wrapped = base64.replace(/.{76}/g, '$&\r\n');
        for (const written of [wrapped, json(wrapped), json(base64).replaceAll('/', '\\/'), encodeURIComponent(base64)])
          expect(redactorOf(secret).redact(written)).toMatch(/^(\*\*\*)[%3D=\s]*$|^\*\*\*/);
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

  it('hides a secret that it learns after it has read the text', () => {
    const redactor = redactorOf('token-1');
    expect(redactor.redact('token-1 and token-2')).toBe('*** and token-2');
    redactor.add('token-2', 'credential');
    expect(redactor.redact('token-1 and token-2')).toBe('*** and ***');
    redactor.keep(['token-1 and']);
    expect(redactor.redact('token-1 and token-2')).toBe('token-1 and ***');
  });

  it('takes a secret that is no valid text', () => {
    expect(redactorOf('abc\ud800def').redact('x abc\ud800def')).toBe('x ***');
  });

  it('looks at each position a fixed number of times, however many secrets there are', () => {
    const text = `${'2088'.repeat(2000)} ${ids(3000).join(' ')}`;
    // Two looks for what may begin here, one for each length that ids have.
    expect(slicesOf(ids(10), text)).toBeLessThan(5 * text.length);
    expect(slicesOf(ids(10_000), text)).toBeLessThan(5 * text.length);
  });

  thoroughTest('stays fast with many ids, and with a long secret that repeats itself', () => {
    const known = ids(5_000);
    const redactor = redactorOf(...known, 'a'.repeat(4000));
    expect(redactor.redact(known.slice(0, 500).join(','))).toBe(Array(500).fill('***').join(','));
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

  /** How often a finder of these texts looks into another one. */
  function slicesOf(known: readonly string[], text: string): number {
    const finder = createFinder();
    for (const one of known) finder.add(one, 1);
    let count = 0;
    const counting = {
      length: text.length,
      slice: (start: number, end?: number) => {
        count++;
        return text.slice(start, end);
      },
      charCodeAt: (at: number) => text.charCodeAt(at),
    };
    for (let at = 0; at < text.length; at++) finder.endAt(counting as unknown as string, at, 1);
    return count;
  }
});

describe('plain inputs and words of ours', () => {
  it('leaves a plain input whole where a secret is equal to it or part of it', () => {
    const redactor = createRedactor();
    redactor.addAll(['2088', 'GOPAY', '1.2.3', '1'], 'id');
    redactor.keep(['2088000000000000000001', 'GOPAY', '1.2.3', '']);
    expect(redactor.redact('2088000000000000000001 on GOPAY at 1.2.3, 2088, 1')).toBe(
      '2088000000000000000001 on GOPAY at 1.2.3, ***, ***',
    );
  });

  it.each(['the', 'live', 'unchanged', 'whitelist-testing', 'setRatio', 'Nothing was written', '2026', 'GOPAY'])(
    'leaves %s in a sentence of ours, and hides it in untrusted text',
    (secret) => {
      const redactor = createRedactor();
      redactor.add(secret, 'id');
      expect(redactor.redactSentence(`It is ${secret}.`)).toBe(`It is ${secret}.`);
      expect(redactor.redact(`It is ${secret}.`)).toBe('It is ***.');
    },
  );

  it.each(['budi77', 'hunter2', 'c0ffee-secret', '123456'])('hides the credential %s in a sentence, too', (secret) => {
    const redactor = createRedactor();
    redactor.add(secret, 'credential');
    expect(redactor.redactSentence(`It is ${secret}.`)).toBe('It is ***.');
  });

  it('gives add-mask no plain input, nothing of one, no word of ours and nothing short', () => {
    const redactor = createRedactor('["whitelist-testing"]');
    redactor.keep(['2088000000000000000001']);
    const given = ['2088000000000000000001', '20880000', 'Whitelist', 'testing', 'short77', 'c0ffee-secret'];
    expect(given.filter(redactor.mayBeMasked)).toEqual(['c0ffee-secret']);
  });
});

describe('shownBy', () => {
  const showing = (secret: string, maxChars?: number) => {
    const redactor = createRedactor();
    redactor.add(secret, 'credential');
    return shownBy(redactor, maxChars);
  };

  it('leaves no part of a secret where it cuts', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), (before) => {
        const shown = showing('c0ffee-secret-4711', 20)(`${'a '.repeat(before)}c0ffee-secret-4711 z`);
        expect(shown).not.toMatch(/c0|ff|secret|47/);
      }),
    );
    const long = `${'\u200b'.repeat(65_530)}c0ffee-secret-4711`;
    expect(showing('c0ffee-secret-4711')(long)).not.toContain('c0');
  });

  it('finds a secret that an escape sequence parts', () => {
    expect(showing('c0ffee-secret-4711')('\u001b[31mc0ffee\u001b[0m-secret\u001b[1m-4711 ended')).toBe('*** ended');
  });
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

  it('takes the value of a single cookie whatever its length', () => {
    expect(cookieSecrets('sid=abc12')).toEqual(['sid=abc12', 'abc12']);
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
