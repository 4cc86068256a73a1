/** What a job downloads: the archive of the repository, without what .gitattributes keeps out of it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMON, runStep } from '../support/action.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
  const archive = execFileSync('git', ['archive', '--worktree-attributes', 'HEAD'], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 ** 2,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the archive has what runs and what messages refer to, and nothing that only a clone needs', () => {
  const names = readdirSync(folder);
  expect(names).toEqual(expect.arrayContaining(['action.yml', 'dist', 'docs', 'LICENSE', 'README.md', 'package.json']));
  const left = ['.ci', '.github', 'scripts', 'src', 'test', 'package-lock.json', 'biome.json', 'vitest.config.ts'];
  expect(names.filter((name) => left.includes(name) || name.startsWith('tsconfig'))).toEqual([]);
  expect(readdirSync(join(folder, 'docs')).filter((name) => !name.endsWith('.md'))).toEqual([]);
  const tracked = execFileSync('git', ['ls-tree', '--name-only', 'HEAD:dist'], { cwd: ROOT, encoding: 'utf8' });
  const downloaded = tracked
    .trim()
    .split('\n')
    .filter((name) => name !== 'demo' && name !== 'hashes.json');
  expect(readdirSync(join(folder, 'dist')).sort()).toEqual(downloaded.sort());
});

test('the action runs from the archive: sandbox, summary and QR code', async () => {
  const inputs = { ...COMMON, 'portal-url': 'sandbox?versions=1.0.0&after=0s', version: '1.0.0', comment: 'off' };
  const options = { dist: join(folder, 'dist/index.js') };
  const { outputs, summary, log } = await runStep(
    { ...inputs, stage: 'submit, apply, release', 'show-preview': 'true' },
    options,
  );
  expect(outputs, log).toMatchObject({ verdict: 'succeeded', released: 'true' });
  expect(summary).toContain('| light theme | dark theme |');
  const usage = execFileSync(process.execPath, [join(folder, 'dist/learn.js'), '--help'], { encoding: 'utf8' });
  expect(usage).toContain('It sends nothing itself');
});

test('no line end of dist is changed on its way into the repository', () => {
  const attributes = execFileSync('git', ['check-attr', 'text', '--', 'dist/index.js', 'src/index.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(attributes).toBe('dist/index.js: text: unset\nsrc/index.ts: text: auto\n');
});
