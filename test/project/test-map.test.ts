/** The documentation names files and folders that exist, and test/README.md every folder of tests. */

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(TESTS, '..');
const PAGE = readFileSync(join(TESTS, 'README.md'), 'utf8');

test('every path and every file of test/support that test/README.md names exists', () => {
  const named = [...PAGE.matchAll(/(?<=`)test\/[\w./-]+(?=`)/g)].map(([path]) => join(TESTS, '..', path));
  const rows = PAGE.split('\n').filter((line) => /^\| `[\w-]+\.ts`/.test(line));
  const support = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([\w-]+\.ts)`/g)]);
  expect(support.length).toBeGreaterThan(10);
  const paths = [...named, ...support.map(([, name = '']) => join(TESTS, 'support', name))];
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('test/README.md names every folder of tests', () => {
  const folders = readdirSync(TESTS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const tested = folders.map(({ name }) => name).filter((name) => name !== 'fixtures');
  expect(tested.filter((name) => !PAGE.includes(`test/${name}`))).toEqual([]);
});

test.each(globSync('docs/{,decisions/}*.md', { cwd: ROOT }))(
  'each path of the repository that %s names exists',
  (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const paths = [...text.matchAll(/`((?:src|test|scripts|examples|profiles|docs)\/[\w.*/-]+)`/g)];
    const inSrc = [...text.matchAll(/`((?:action|drive|github|lib|net|portal|release|report)\/[\w/-]+\.ts)`/g)];
    const named = [...paths.map(([, path = '']) => path), ...inSrc.map(([, path]) => `src/${path}`)];
    expect(named.filter((path) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
  },
);
