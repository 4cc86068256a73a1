import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actionYml, generated, outOfDate, TABLES, withTables } from '../../scripts/generate.ts';
import { INPUTS } from '../../src/action/inputs.ts';
import { STAGE_NAMES } from '../../src/release/lifecycle.ts';
import { OUTPUTS } from '../../src/report/outputs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'generate-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The keys below a top-level one, and the scalars below those: as much YAML as action.yml has. */
function section(name: string): Record<string, Record<string, string>> {
  const [, block = ''] = new RegExp(`^${name}:\\n((?: {2}.*\\n)+)`, 'm').exec(actionYml()) ?? [];
  const withoutComments = block.replace(/^ *#.*\n/gm, '');
  const entries = withoutComments.split(/^ {2}(?=\S)/m).filter((text) => text !== '');
  return Object.fromEntries(
    entries.map((entry) => {
      const [key = '', ...lines] = entry.trimEnd().split('\n');
      const fields = lines.map((line) => /^ {4}([a-z]+): (?:(".*")|(true))$/.exec(line) ?? expect.fail(line));
      return [
        key.slice(0, -1),
        Object.fromEntries(fields.map(([, k, quoted, word]) => [k, quoted ? JSON.parse(quoted) : word])),
      ];
    }),
  );
}

describe('action.yml', () => {
  test('has every input in its order, with its default, and every output', () => {
    const inputs = section('inputs');
    expect(Object.keys(inputs)).toEqual(Object.keys(INPUTS));
    for (const [name, row] of Object.entries(INPUTS)) {
      expect(inputs[name]).toEqual({
        description: row.description,
        ...('required' in row && { required: 'true' }),
        ...('default' in row && { default: row.default }),
      });
    }
    const outputs = Object.entries(OUTPUTS).map(([name, description]) => [name, { description }]);
    expect(section('outputs')).toEqual(Object.fromEntries(outputs));
  });

  test('has the required inputs first, and a comment above each group of inputs', () => {
    const lines = actionYml().split('\n');
    const groups = lines.filter((line) => line.startsWith('  # --- ')).map((line) => line.slice('  # --- '.length));
    expect(groups).toEqual([...new Set(Object.values(INPUTS).map((row) => row.group))]);
    expect(groups).toHaveLength(new Set(groups).size);
    expect(lines[lines.indexOf('inputs:') + 1]).toBe('  # --- Required');
    const isRequired = Object.values(INPUTS).map((row) => row.required === true);
    expect(isRequired.lastIndexOf(true)).toBeLessThan(isRequired.indexOf(false));
  });

  test('names the runtime that the bundle is made for', () => {
    expect(actionYml()).toMatch(/\nruns:\n {2}using: node24\n {2}main: dist\/index\.js\n$/);
  });
});

describe('a page', () => {
  test('gets its tables between the markers, and nothing else of it changes', () => {
    const page = 'A\n<!-- stages -->\nold | table\n<!-- end -->\nB <!-- end -->\n<!-- note -->\nC\n';
    const made = withTables(page);
    expect(made).toBe(
      `A\n<!-- stages -->\n\n${TABLES['stages']?.()}\n\n<!-- end -->\nB <!-- end -->\n<!-- note -->\nC\n`,
    );
    expect(withTables(made)).toBe(made);
    for (const stage of STAGE_NAMES) expect(made).toContain(`| \`${stage}\` |`);
  });

  test.each(['<!-- inputs -->\n', '<!-- inputs -->\n<!-- outputs -->\n<!-- end -->\n'])('%j is not closed', (page) =>
    expect(() => withTables(page)).toThrow('<!-- inputs --> is not followed by <!-- end -->'),
  );

  test.each(Object.keys(TABLES))('the table of %s has as many cells in each row', (name) => {
    const rows = TABLES[name]?.().split('\n') ?? [];
    const cells = rows.map((row) => row.replaceAll('\\|', '').split('|').length);
    expect(new Set(cells).size).toBe(1);
  });
});

test('what is out of date is named, in README.md and docs', () => {
  expect(outOfDate(root)).toEqual(['action.yml']);
  mkdirSync(join(root, 'docs'));
  writeFileSync(join(root, 'README.md'), '<!-- outputs -->\n<!-- end -->\n');
  writeFileSync(join(root, 'docs/inputs.md'), '<!-- inputs -->\n<!-- end -->\n');
  writeFileSync(join(root, 'docs/portal.md'), 'no tables');
  expect(outOfDate(root)).toEqual(['action.yml', 'README.md', 'docs/inputs.md']);
  for (const [name, content] of generated(root)) writeFileSync(join(root, name), content);
  expect(outOfDate(root)).toEqual([]);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('`error-code`');
});
