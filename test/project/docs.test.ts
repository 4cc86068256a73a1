/** The pages of the documentation: each error has its section; workflows, commands and links are held against the code. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { INPUT_NAMES } from '../../src/action/inputs.ts';
import { readInputs } from '../../src/action/read-inputs.ts';
import { ERRORS, type ErrorCode, sectionOf } from '../../src/lib/errors.ts';
import { commentOf } from '../../src/report/comment.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { someReport } from '../support/github.ts';
import { faultsOf } from '../support/workflow.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CODES = Object.keys(ERRORS) as ErrorCode[];

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Each fenced block of code, without its indentation. */
const blocks = pages.flatMap((page) => {
  const text = read(page);
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = '', language = '', code = ''], at) => ({
      place: `${page}, block ${at + 1}`,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
});

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
  const links = [...read(page).matchAll(/(?:\]\(|src=")(?!https?:)([^)"\s]*)[)"]/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && sectionAt(target, anchor) === undefined;
  });
  expect(broken).toEqual([]);
});

describe.each(blocks.filter(({ language }) => /^ya?ml$/.test(language)))('the YAML at $place', ({ place, code }) => {
  const yaml: unknown = parseYaml(code);

  test('is taken by GitHub, where it is a workflow, steps, or inputs of the action', async () => {
    const workflow = asWorkflow(yaml, code);
    if (workflow !== undefined) expect(await faultsOf(place, workflow)).toEqual([]);
  });

  test('gives the action inputs that it has, with values that it takes', async () => {
    for (const inputs of inputsIn(yaml)) expect((await readInputs(asEnvironment(inputs))).faults).toEqual([]);
  });
});

test('the README has a workflow that names its trigger, permissions, environment and queue', () => {
  const workflow = blocks.find(({ place, code }) => place.startsWith('README.md') && /^jobs:$/m.test(code))?.code ?? '';
  for (const key of ['on', 'permissions', 'environment', 'concurrency']) {
    expect(workflow).toMatch(new RegExp(`^ *${key}:`, 'm'));
  }
});

test('each command in a code block is a script of package.json or a file', () => {
  const { scripts }: { scripts: object } = JSON.parse(read('package.json'));
  const commands = blocks.filter(({ language }) => /^(|sh|bash|shell|console)$/.test(language));
  const named = (pattern: RegExp) =>
    commands.flatMap(({ place, code }) => [...code.matchAll(pattern)].map(([, name = '']) => ({ place, name })));
  const npmScripts = named(/\bnpm run (?:-s )?([\w:-]+)/g);
  const files = named(/\bnode ([\w./-]+)/g);
  expect(npmScripts.filter(({ name }) => !(name in scripts))).toEqual([]);
  expect(files.filter(({ name }) => !existsSync(join(ROOT, name)))).toEqual([]);
  expect([npmScripts.length, files.length]).not.toContain(0);
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

/** A whole workflow around the block; undefined where it is none of what a workflow has. */
function asWorkflow(yaml: unknown, code: string): string | undefined {
  const inner = (lines: string, spaces: number) => lines.replaceAll(/^(?=.)/gm, ' '.repeat(spaces));
  const job = 'on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n';
  if (isObject(yaml) && 'jobs' in yaml) return code;
  if (Array.isArray(yaml)) return job + inner(code, 6);
  return isInputs(yaml)
    ? `${job}      - uses: your-org/gopay-miniapp-release@v1\n        with:\n${inner(code, 10)}`
    : undefined;
}

/** The inputs of each step of the action in a workflow or in steps; or the block itself. */
function inputsIn(yaml: unknown): Readonly<Record<string, unknown>>[] {
  return isInputs(yaml) ? [yaml] : stepsIn(yaml).flatMap((step) => (isObject(step.with) ? [step.with] : []));
}

function stepsIn(yaml: unknown): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(yaml)) return yaml.flatMap(stepsIn);
  if (!isObject(yaml)) return [];
  const isOurs = String(yaml.uses).startsWith('your-org/gopay-miniapp-release@');
  return isOurs ? [yaml] : Object.values(yaml).flatMap(stepsIn);
}

/** Whether a block is inputs by themselves, for a step that the text around it names. */
function isInputs(yaml: unknown): yaml is Record<string, unknown> {
  const names: readonly string[] = INPUT_NAMES;
  return isObject(yaml) && !('jobs' in yaml) && Object.keys(yaml).some((name) => names.includes(name));
}

/** The inputs as the runner hands them over. What every step needs, and what only the runner can evaluate, is filled in. */
function asEnvironment(inputs: Readonly<Record<string, unknown>>): Record<string, string> {
  const common = {
    stage: 'status',
    'portal-url': 'sandbox',
    'miniapp-id': '1',
    'space-id': '1',
    'target-app': 'GOPAY',
  };
  const filled = Object.entries(inputs).map(([name, value]) => {
    const isExpression = /^\$\{\{.*\}\}$/.test(String(value));
    return [name, isExpression ? (common[name as keyof typeof common] ?? 'abc') : String(value)];
  });
  const all: Record<string, string> = { ...common, ...Object.fromEntries(filled) };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
