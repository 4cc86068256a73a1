import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { cleanLine } from '../../src/lib/text.ts';
import { code, escapeMarkdown, limitParts, table } from '../../src/report/markdown.ts';
import { anyCharacter } from '../support/any-character.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const FRAGMENTS = [
  '@octocat',
  '@org/team',
  'a@b.co',
  '@',
  '#123',
  '#',
  'GH-1',
  'gh-2',
  'owner/repo#1',
  'a/b/issues/3',
  '/pull/4',
  'KEY-5',
  'Fixes #1',
  'closes GH-2',
  'resolves o/r#3',
  'https://x.io/a',
  'http://',
  'ftp://x.io',
  'www.x.io',
  'WWW.',
  'wwww',
  'mailto:a@b.co',
  'xmpp:a@b.co',
  'javascript:alert(1)',
  '<https://x.io>',
  '<a@b.co>',
  '[a](javascript:alert(1))',
  '![i](https://x.io/i.png)',
  '[a]: /b',
  '[^1]',
  '[^1]: n',
  '[ ] ',
  '[x] ',
  '<img src=x>',
  '<!-- -->',
  '<script>',
  '<details>',
  '</td>',
  '&amp;',
  '&#64;',
  '&lt',
  ':smile:',
  ':',
  '|',
  '\\|',
  '---',
  '===',
  '***',
  '**b**',
  '_i_',
  '~~s~~',
  '`c`',
  '``',
  '```',
  '$x$',
  '$$',
  '$`x`$',
  '# h',
  '> q',
  '- l',
  '+ l',
  '1. l',
  '2) l',
  '    ',
  '\t',
  '\n',
  '\n\n',
  '\r',
  '\\',
  '!',
  '"',
  "'",
  '0a1b2c3',
  'deadbeefcafe',
  'DEADBEEF00',
  '20880000000000000001',
  '1234567',
  '\u200b',
  '\u202e',
  '\x1b[31m',
  '\u{e0041}',
  '::error::',
  '##[x]',
  'é',
  '😀',
  '⚠️',
  'text',
  ' ',
]; // prettier-ignore
const untrusted = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...FRAGMENTS) }, fc.string({ unit: anyCharacter, maxLength: 6 })),
    {
      minLength: 1,
      maxLength: 10,
    },
  )
  .map((parts) => parts.join(''))
  .filter((text) => cleanLine(text, 500) !== '');

/** Where untrusted text may stand, and the HTML that GitHub is to make of it. */
const PLACES: Record<string, { markdown: (x: string) => string; html: (x: string) => string }> = {
  'in a paragraph': { markdown: (x) => `before ${x} after`, html: (x) => `<p>before ${x} after</p>` },
  'at the start of a line': { markdown: (x) => x, html: (x) => `<p>${x}</p>` },
  'between lines': { markdown: (x) => `a\n${x}\nb`, html: (x) => `<p>a\n${x}\nb</p>` },
  'after a list marker': { markdown: (x) => `- ${x}`, html: (x) => `<ul>\n<li>${x}</li>\n</ul>` },
  'after a number': { markdown: (x) => `1. ${x}`, html: (x) => `<ol>\n<li>${x}</li>\n</ol>` },
  'in a quote': { markdown: (x) => `> ${x}`, html: (x) => `<blockquote>\n<p>${x}</p>\n</blockquote>` },
  'in a table': {
    markdown: (x) => table([[x, x]], [x, 'b']),
    html: (x) =>
      '<table>\n<thead>\n<tr>\n' +
      `<th>${x}</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>${x}</td>\n<td>${x}</td>\n</tr>\n</tbody>\n</table>`,
  },
};

describe.each(Object.entries(PLACES))('untrusted text %s', (_, place) => {
  it('shows as itself and as nothing else, once it is escaped', () => {
    fc.assert(
      fc.property(untrusted, (text) => {
        const html = rendered(place.markdown(escapeMarkdown(text)));
        expect(html.replaceAll('\u200b', '').replaceAll('<span>$</span>', '$')).toBe(place.html(encoded(text)));
        expect(linksThatGitHubMakes(html)).toEqual([]);
      }),
    );
  });

  it('shows as itself and as nothing else in inline code', () => {
    fc.assert(
      fc.property(untrusted, (text) => {
        const html = rendered(place.markdown(code(text)));
        const plain = html.replaceAll('<span></span>', '').replaceAll('<span>$</span>', '$');
        expect(plain).toBe(place.html(`<code>${encoded(text)}</code>`));
        expect(linksThatGitHubMakes(html)).toEqual([]);
      }),
    );
  });
});

describe('escapeMarkdown', () => {
  it.each([
    ['@octocat', '&#64;&#8203;octocat'],
    ['Fixes #12', 'Fixes &#35;&#8203;12'],
    ['GH-1', 'GH&#45;&#8203;1'],
    ['0a1b2c3d', '0a1b2c&#8203;3d'],
    ['www.x.io', 'www&#8203;&#46;x&#46;io'],
    ['$x$', '<span>&#36;</span>x<span>&#36;</span>'],
    ['plain (words): 1.2.3 is done.', 'plain (words): 1.2.3 is done.'],
    ['2) a', '2&#41; a'],
  ])('%j is %j', (text, markdown) => {
    expect(escapeMarkdown(text)).toBe(markdown);
  });

  it('cuts long text before it escapes it', () => {
    expect(escapeMarkdown('||||', 3)).toBe('&#124;&#124;…');
    expect(code('||||', 3)).toBe('<code>&#124;&#124;…</code>');
    expect(escapeMarkdown('a'.repeat(600))).toHaveLength(500 + '&#8203;'.length * 83);
  });

  it('would be caught by this test if it let GitHub make a link', () => {
    const made = '@octocat o/r#1 GH-1 https://x.io www.x.io a@b.co :smile: 0a1b2c3 $x$ /issues/1';
    expect(linksThatGitHubMakes(`<p>${made}</p>`).length).toBeGreaterThanOrEqual(10);
    expect(linksThatGitHubMakes(`<p><code>@octocat #1 0a1b2c3</code></p>`)).toEqual([]);
    expect(linksThatGitHubMakes(`<p><code>a@b.co</code></p>`)).toEqual(['a@b']);
  });
});

describe('inline code', () => {
  it('is copied as the original text', () => {
    expect(code('20880000000000000001')).toBe('<code>20880000000000000001</code>');
    expect(code('')).toBe('');
    expect(code('a@b.co')).toBe('<code>a&#64;<span></span>b.co</code>');
  });
});

describe('table', () => {
  it('has a header, a rule and one line for each row', () => {
    expect(
      table(
        [
          ['a', 'b'],
          ['c\n d', ''],
        ],
        ['h', 'i'],
      ),
    ).toBe('| h | i |\n| --- | --- |\n| a | b |\n| c d |  |'); // prettier-ignore
  });
});

describe('limitParts', () => {
  const parts = [
    { text: 'first', weight: 3 },
    { text: 'ä'.repeat(100), weight: 1 },
    { text: '', weight: 9 },
    { text: 'last', weight: 2 },
  ];

  it('joins all parts where they fit', () => {
    expect(limitParts(parts, 1000)).toBe(`first\n\n${'ä'.repeat(100)}\n\nlast`);
    expect(limitParts(parts, 213)).toBe(limitParts(parts, 1000));
  });

  it('drops whole parts, the lightest first, and says so', () => {
    expect(limitParts(parts, 212)).toMatch(/^first\n\nlast\n\n_.*left out.*_$/);
    expect(limitParts(parts, 85)).toMatch(/^first\n\n_.*left out.*_$/);
    expect(limitParts(parts, 78)).toMatch(/^_.*left out.*_$/);
    expect(limitParts(parts, 10)).toBe('');
  });

  it('never exceeds the limit, and keeps the order and the heaviest part', () => {
    const some = fc.array(fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 60 }), weight: fc.nat(3) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(some, fc.nat(400), (all, maxBytes) => {
        const text = limitParts(all, maxBytes);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });

  it('drops the last of several parts of equal weight', () => {
    const equal = ['a', 'b', 'c'].map((letter) => ({ text: letter.repeat(50), weight: 1 }));
    expect(limitParts(equal, 140)).toMatch(/^a{50}\n\n_/);
  });
});

function rendered(markdown: string): string {
  return micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
}

/** The cleaned text as micromark writes text. */
function encoded(text: string): string {
  return cleanLine(text, 500).replace(
    /[&<>"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? '',
  );
}

/**
 * What GitHub reads in text after Markdown, more strictly than it does: emails and URLs in any text (cmark-gfm's
 * autolink extension runs on decoded text and knows no HTML elements), the rest outside of code (html-pipeline's
 * filters skip pre, code and a).
 */
function linksThatGitHubMakes(html: string): string[] {
  const nodes = html.split(/(<[^>]*>)/);
  let inCode = false;
  const found: string[] = [];
  for (const node of nodes) {
    if (/^<\/?code>$/.test(node)) inCode = node === '<code>';
    if (node.startsWith('<')) continue;
    const text = node.replace(
      /&(amp|lt|gt|quot);/g,
      (_, name: string) => ({ amp: '&', lt: '<', gt: '>' })[name] ?? '"',
    );
    // A dollar sign alone in its element begins no formula.
    const everywhere = /[\w.+-]@[\w-]|\w+:\/\/|(?:mailto|xmpp):[^\s\u200b]|www\./gi;
    const outsideCode = /@[a-z0-9]|#\d|\b[a-z]+-\d|\/\d|:[\w+-]+:|[0-9a-f]{7}|\$\S|\S\$/gi;
    found.push(...(text.match(everywhere) ?? []), ...(inCode ? [] : (text.match(outsideCode) ?? [])));
  }
  return found;
}
