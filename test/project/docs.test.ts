/** The pages of the documentation: each error has its section, and links lead to what exists. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode, sectionOf } from '../../src/lib/errors.ts';
import { commentOf } from '../../src/report/comment.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { someReport } from '../support/github.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CODES = Object.keys(ERRORS) as ErrorCode[];

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe.each(CODES)('%s', (code) => {
  test('has a section in the troubleshooting page, with what it means and what to do', () => {
    const [page = '', anchor = ''] = sectionOf(code).split('#');
    expect(sectionAt(page, anchor)).toMatch(/^\*\*Meaning\.\*\* .{40,}\n\n.{40,}$/s);
  });

  test('summary and comment of a step that failed so name that section', () => {
    const error = { code, what: 'What.', found: 'Found.', todo: 'Do this.', more: sectionOf(code) };
    const report = someReport({ verdict: 'failed', error, todo: error.todo });
    for (const text of [summaryOf(report), commentOf(report)]) {
      expect(text).toContain(`**What to do:** Do this.\n\nMore: <code>docs/troubleshooting.md&#35;${code}</code>`);
    }
  });
});

test('the troubleshooting page has no section for an error that does not exist', () => {
  const page = read('docs/troubleshooting.md');
  const codes = [...page.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code);
  expect(codes).toEqual(CODES);
});

test('each message that the troubleshooting page quotes is one of the texts in src', () => {
  const texts = read('test/project/texts.txt').replaceAll('\\"', '"').replaceAll('{}', '...');
  const quotes = [...read('docs/troubleshooting.md').matchAll(/^- (".*?): /gms)].flatMap(([, list = '']) =>
    [...list.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote),
  );
  expect(quotes.length).toBeGreaterThan(30);
  const parts = quotes.flatMap((quote) => quote.split('...').map((part) => part.trim()));
  expect(parts.filter((part) => !texts.includes(part))).toEqual([]);
});

test.each(pages)('each link of %s leads to a file and a heading that exist', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && sectionAt(target, anchor) === undefined;
  });
  expect(broken).toEqual([]);
});

describe('a decision', () => {
  const decisions = pages.filter((page) => /decisions\/\d/.test(page));

  test.each(decisions)('%s says context, decision and consequences on one screen', (page) => {
    const text = read(page);
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ]);
    expect(text.split('\n').length).toBeLessThan(30);
  });

  test('is in the index under its title, in order', () => {
    const rows = decisions.sort().map((page, at) => {
      const title = read(page).split('\n', 1)[0]?.replace('# ', '');
      return `${at + 1}. [${title}](${basename(page)})`;
    });
    expect(rows.length).toBeGreaterThan(0);
    expect(read('docs/decisions/README.md')).toContain(rows.join('\n'));
  });
});

/** The text below the heading with this anchor, up to the next heading; undefined where there is none. */
function sectionAt(page: string, anchor: string): string | undefined {
  const sections = read(page)
    .split(/^#{1,6} /m)
    .slice(1);
  const section = sections.find((text) => anchorOf(text.slice(0, text.indexOf('\n'))) === anchor);
  return section?.slice(section.indexOf('\n') + 1).trim();
}

/** As GitHub makes it: lower case, punctuation left out, a hyphen for each space. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}
