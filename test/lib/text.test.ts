import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, logLine, shellSafe } from '../../src/lib/text.ts';
import { anyCharacter } from '../support/any-character.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const FRAGMENTS = [
  '::error::x',
  '::',
  ':',
  '##[add-mask]x',
  '##[',
  '#',
  '[',
  ']',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\v',
  '\f',
  '\x85',
  '\u2028',
  '\u2029',
  '\x1b[31m',
  '\x1b[',
  '\x1b]0;title\x07',
  '\x1b]8;;http://a\x1b\\',
  '\x1b',
  '\x9b1m',
  '\x9d',
  '\x9c',
  '\x07',
  '\0',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u034f',
  '\u3164',
  '\ufe0f',
  '\u{e0041}',
  '\u{e0101}',
  '\ue000',
  '\ud800',
  '\udc00',
  '\ufffe',
  '👩‍💻',
  '⚠️',
  '✅',
  '→',
  '║',
  'é',
  'e\u0301',
  'ǃ',
  'ǀ',
  'ʼ',
  'ʺ',
  '‘',
  '“',
  '–',
  '―',
  '＂',
  ' ',
  '  ',
  '-',
  '--help',
  '~',
  '//',
  '$(touch canary)',
  '`touch canary`',
  ';touch canary;',
  '\ntouch canary\n',
  '>canary',
  '&touch canary&',
  '|touch canary',
  '"',
  "'",
  '\\',
  '!',
  '!!',
  '*',
  '?',
  '{a,b}',
  '$HOME',
  '%PATH%',
  '^',
  '(',
  ')',
  '<',
  '=',
  'rejected',
]; // prettier-ignore
const foreign = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...FRAGMENTS) }, fc.string({ unit: anyCharacter, maxLength: 8 })),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

/** Whatever a terminal, an editor or .NET may take for the end of a line, and all that is not shown. */
const NOT_ONE_PLAIN_LINE = /[\r\n\t\v\f\x1b\x85\u2028\u2029]|(?!\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}]/u;

const METACHARACTERS = [
  '\x1b',
  '\x1b[',
  '\x1b]',
  '\x1b[0',
  '\x1b[0 ',
  '\x1b(',
  '\x9b',
  '\x9d',
  ' ',
  '\n',
  ' \u200b',
  ':',
  '#',
  '##[',
  '-',
  ' -',
  '\u200b',
  '\ufe0f',
  '⚠\ufe0f',
  '\ud83d',
  '😀',
  '\u0301',
  '\u0316\u0301',
  'a',
  "'",
]; // prettier-ignore
const MEGABYTE = 2 ** 20;

describe('cleanLine', () => {
  it('makes one line of bounded length of any text', () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 0, max: 60 }), (text, maxChars) => {
        const line = cleanLine(text, maxChars);
        expect(line).not.toMatch(NOT_ONE_PLAIN_LINE);
        expect(line).not.toMatch(/^\s|\s$|\s\s/);
        expect(line.length).toBeLessThanOrEqual(maxChars);
        expect(line).not.toMatch(/\p{Cs}/u);
        expect(cleanLine(line, maxChars)).toBe(line);
      }),
    );
  });

  it.each([
    ['folds lines and white space', ' a\r\n\tb\u2028c\x85d\u00a0 e ', 'a b c d e'],
    [
      'removes colours and titles',
      '\x1b[1;31mred\x1b[0m \x1b]0;title\x07x \x9b2Jy \x1b]8;;http://a\x1b\\z',
      'red x y z',
    ],
    ['shows what an unterminated sequence would hide', 'a\x1b]0;rest', 'a0;rest'],
    ['leaves no gap where something invisible was', 'a \u200b b', 'a b'],
    ['removes bidi, tags, zero width, private use, halves', 'a\u202eb\u{e0041}c\u200bd\ue000e\ud800f', 'abcdef'],
    ['removes fillers and hidden variation selectors', 'a\u3164b\u{e0101}c\ufe0fd', 'abcd'],
    ['keeps emoji', '⚠️ ✅ 👍🏽', '⚠️ ✅ 👍🏽'],
    ['keeps the normalization', 'é e\u0301', 'é e\u0301'],
  ])('%s', (_, text, line) => {
    expect(cleanLine(text, 100)).toBe(line);
  });

  it('marks a cut, and cuts no character in two', () => {
    expect(cleanLine('abcdef', 6)).toBe('abcdef');
    expect(cleanLine('abcdefg', 6)).toBe('abcde…');
    expect(cleanLine('abcd😀efg', 6)).toBe('abcd…');
    expect(cleanLine(`${'\u200b'.repeat(9999)}abc`, 6)).toBe('abc');
    expect(cleanLine('abc', 0)).toBe('');
  });

  // Quadratic work on a megabyte would take minutes, far over the timeout.
  it.each(METACHARACTERS)('takes linear time for a megabyte of %j', (unit) => {
    const text = unit.repeat(MEGABYTE / unit.length);
    expect(cleanLine(text, 100).length).toBeLessThanOrEqual(100);
    expect(shellSafe(text, 100).length).toBeLessThanOrEqual(100);
    expect(logLine(text)).not.toMatch(/##\[/);
  });
});

describe('shellSafe', () => {
  it('holds nothing but letters, marks, numbers and the few safe signs', () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 3, max: 60 }), (text, maxChars) => {
        const safe = shellSafe(text, maxChars);
        expect(safe).toMatch(/^[\p{L}\p{M}\p{N} .,:_/+-]*$/u);
        expect(safe).not.toMatch(/(^| )-|^\s|\s$|\s\s|::/);
        expect(safe.length).toBeLessThanOrEqual(maxChars);
      }),
    );
  });

  it.each([
    ['The portal said: "don\'t" (code 12)', 'The portal said: dont code 12'],
    ['-rf --force - x-y', 'rf force x-y'],
    ['::error::boom', ': :error: :boom'],
    ['100%PATH% !! ~root $x `y` {a,b} a=b', '100 PATH root x y a,b a b'],
    ['“smart” – ＂wide＂ ǃ ʼ ʺ', 'smart wide'],
    ['cafe\u0301 Ünïcode แอป 应用 \u0300', 'café Ünïcode แอป 应用'],
  ])('%j is %j', (text, safe) => {
    expect(shellSafe(text)).toBe(safe);
  });

  it('is cut off at 500 characters', () => {
    expect(shellSafe('a'.repeat(501))).toBe(`${'a'.repeat(497)}...`);
  });

  it.each(['bash', 'sh'])('is text and nothing else in a script of %s', (shell) => {
    const texts = fc.sample(foreign, 400).map((text) => shellSafe(text));
    const { printed, canary } = pasted(shell, texts);
    expect(canary).toBe(false);
    // Bare, in double quotes, in single quotes, and twice by way of a variable.
    expect(printed).toEqual(texts.flatMap((text) => [text, text, text, text, text]));
  });

  it('would be caught by this test if it let a command through', () => {
    expect(pasted('bash', ['$(touch canary)']).canary).toBe(true);
  });

  function pasted(shell: string, texts: readonly string[]): { printed: string[]; canary: boolean } {
    const directory = mkdtempSync(join(tmpdir(), 'shell-safe-'));
    try {
      writeFileSync(join(directory, 'a'), ''); // for a glob to find
      const script = texts.map(
        (t) => `echo ${t}\necho "${t}"\necho '${t}'\nx="${t}"\necho "$x"\nx='${t}'\necho "$x"\n`,
      );
      const { stdout } = spawnSync(shell, {
        cwd: directory,
        input: `${shell === 'bash' ? 'set -H\n' : ''}${script.join('')}`,
        encoding: 'utf8',
      });
      return { printed: stdout.split('\n').slice(0, -1), canary: existsSync(join(directory, 'canary')) };
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
});

describe('logLine', () => {
  it('gives one line in which the runner finds no command', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const line = logLine(text);
        expect(line).not.toMatch(NOT_ONE_PLAIN_LINE);
        expect(commandIn(line)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['::error::x', ': :error::x'],
    [' \u200b\t:\u2060:error::x', '  : :error::x'],
    ['\r\n::add-mask::e', ' : :add-mask::e'],
    ['a ##[error]x ###[b]', 'a ## [error]x ### [b]'],
    ['a #\u200b#\x1b[0m[error]x', 'a ## [error]x'],
    ['a\rb\n\nc', 'a b c'],
  ])('%j becomes %j', (text, line) => {
    expect(logLine(text)).toBe(line);
  });

  it.each(['  ├── a  →  b  ✅ ⚠️', '12:30:01 std::vector # [x] 50%', ''])('leaves %j alone', (text) => {
    expect(logLine(text)).toBe(text);
  });

  /** TryParseV2 and TryParse of the runner (see logLine), taking every name for a command. */
  function commandIn(line: string): string | undefined {
    // .NET compares by culture and passes over what is ignorable.
    const seen = line.replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '');
    return /^\s*::(.*?)::/su.exec(seen)?.[1] ?? /##\[([^\]]*)/u.exec(seen)?.[1];
  }
});
