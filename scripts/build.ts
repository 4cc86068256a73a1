/**
 * src -> build (tsc, which strips the types) -> dist (ncc): one minified file, a chunk for each dynamic import, licences
 * beside them.
 *
 *     node scripts/build.ts            writes dist
 *     node scripts/build.ts --check    builds into a temporary folder and fails where dist differs from it
 *     node scripts/build.ts --check-hashes    fails where source or dist has changed since the build that left their
 *                                             hashes in dist: in two seconds, which CI does not rely on
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ncc from '@vercel/ncc';
import { build as rolldown } from 'rolldown';
import { minifySync, transformSync } from 'rolldown/utils';

const root = fileURLToPath(new URL('..', import.meta.url));
/** As the sources load it; ncc leaves such an import alone. */
const PUPPETEER = "import(/* webpackIgnore: true */ 'puppeteer-core')";

/** The hashes of what a build took and of what it made. */
const HASHES = 'hashes.json';

if (process.argv.includes('--check')) check(await staleFiles());
else if (process.argv.includes('--check-hashes')) check(staleHashes());
else await build(join(root, 'dist'));

async function build(out: string): Promise<void> {
  rmSync(join(root, 'build/src'), { recursive: true, force: true });
  tsc('-p', 'tsconfig.build.json');
  leaveOutUnused('@actions/core');
  leaveOutCrypto();
  // The login starts the runner's browser: what installs browsers is never loaded.
  copyPackage('puppeteer-core');
  leaveOutUnused('@puppeteer/browsers');
  rmSync(out, { recursive: true, force: true });
  await bundle('build/src/index.js', out);
  // The largest package, which the action and learn load: one copy. As a chunk, so that ncc sees its licences.
  writeFileSync(join(root, 'build/src/puppeteer.js'), "export const { launch } = await import('puppeteer-core');\n");
  await bundle('build/src/puppeteer.js', join(out, 'puppeteer'));
  appendFileSync(join(out, 'licenses.txt'), `\n${readFileSync(join(out, 'puppeteer/licenses.txt'), 'utf8')}`);
  for (const name of ['licenses.txt', 'package.json']) rmSync(join(out, 'puppeteer', name), { force: true });
  // The demo runs with nothing installed. Jobs do not download it.
  await bundle('build/src/demo/page.js', join(out, 'demo'));
  const scripts = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  for (const name of scripts) minify(join(out, name));
  await bundleLearner(out);
  writeFileSync(join(out, HASHES), `${JSON.stringify({ source: hashOfSource(), dist: hashOfDist(out) })}\n`);
}

/** The hash of all that a build depends on; types, comments and white space do not count. */
function hashOfSource(): string {
  const src = join(root, 'src');
  const files = filesIn(src).map((name) => join(src, name));
  const others = ['package-lock.json', 'scripts/build.ts', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
    join(root, name),
  );
  // A comment for the bundler is no mere comment.
  const withoutTypes = (file: string, text: string) =>
    minified(file, transformSync(file, text.replaceAll('/* webpackIgnore: true */', 'webpackIgnore +')).code);
  return hashOf([...files, ...others], root, (file, text) => (file.startsWith(src) ? withoutTypes(file, text) : text));
}

/** The SHA-256 of the names, relative to the folder, and of the contents. */
function hashOf(files: readonly string[], folder: string, read = (_: string, text: string) => text): string {
  const hash = createHash('sha256');
  for (const file of [...files].sort())
    hash.update(`${relative(folder, file).replaceAll('\\', '/')}\0${read(file, readFileSync(file, 'latin1'))}\0`);
  return hash.digest('hex');
}

function hashOfDist(dist: string): string {
  const names = filesIn(dist).filter((name) => name !== HASHES);
  return hashOf(
    names.map((name) => join(dist, name)),
    dist,
  );
}

async function bundle(entry: string, folder: string): Promise<void> {
  const options = { cache: false, license: 'licenses.txt', quiet: true };
  const { code, assets } = await ncc(join(root, entry), options);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(folder, name), source);
}

/**
 * `learn` is a program of its own for users: a folder, and a file that starts it. Rolldown takes a twelfth of ncc's time
 * for it, and leaves out more. What it bundles, the action bundles too, so that the licences are there.
 */
async function bundleLearner(out: string): Promise<void> {
  await rolldown({
    input: join(root, 'build/src/learn/main.js'),
    platform: 'node',
    external: ['puppeteer-core'],
    logLevel: 'warn',
    output: {
      dir: join(out, 'learn'),
      paths: { 'puppeteer-core': '../puppeteer/index.js' },
      minify: true,
      entryFileNames: 'index.js',
      chunkFileNames: '[name].js',
    },
  });
  writeFileSync(join(out, 'learn.js'), "import './learn/index.js';\n");
}

/** ncc minifies its entry alone; Rolldown's minifier takes the chunks too, makes them smaller and takes no second. */
function minify(file: string): void {
  const text = readFileSync(file, 'utf8').replace(PUPPETEER, "import('./puppeteer/index.js')");
  writeFileSync(file, minified(file, text));
}

function minified(file: string, text: string): string {
  const { code, errors } = minifySync(file, text, { module: true });
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  return code;
}

/**
 * Lets the bundler leave out the modules of a package that nothing uses: a copy of the package, nearer to what imports
 * it than the installed one, says in its package.json that loading a module of it has no effect by itself. Of
 * `@actions/core` the OIDC client goes so, and undici with it. The package itself exports no smaller part.
 */
function leaveOutUnused(name: string): void {
  const file = join(copyPackage(name), 'package.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), sideEffects: false }));
}

/**
 * `@actions/core` loads Node's cryptography, a fifth of the time of an empty process, for the random part of the delimiters
 * of its outputs alone. It refuses a value that contains its delimiter, so any random number will do there.
 */
function leaveOutCrypto(): void {
  const file = join(root, 'build/src/node_modules/@actions/core/lib/file-command.js');
  const text = readFileSync(file, 'utf8');
  const shorter = text.replace("import * as crypto from 'crypto';", '').replace('crypto.randomUUID()', 'Math.random()');
  if (/\bcrypto\b/.test(shorter) || !text.includes('value should not contain the delimiter'))
    throw new Error('@actions/core uses its delimiters or node:crypto otherwise: adapt leaveOutCrypto');
  writeFileSync(file, shorter);
}

/** Copies a package nearer to what imports it: modules of the copy find the other copies first. */
function copyPackage(name: string): string {
  const copy = join(root, 'build/src/node_modules', name);
  cpSync(join(root, 'node_modules', name), copy, { recursive: true });
  return copy;
}

function check(stale: readonly string[]): void {
  const unknown = execFileSync('git', ['ls-files', '--others', '--', 'dist'], { cwd: root, encoding: 'utf8' });
  const found = [...stale, ...lines(unknown, 'is not in git')];
  if (found.length === 0) return;
  console.error(`${found.join('\n')}\nRun npm run build and commit dist.`);
  process.exitCode = 1;
}

function staleHashes(): string[] {
  const file = join(root, 'dist', HASHES);
  const built = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return [
    ...(built.source === hashOfSource() ? [] : ['the source, or what it depends on, has changed since dist was built']),
    ...(built.dist === hashOfDist(join(root, 'dist')) ? [] : ['dist has changed since it was built']),
  ];
}

/** Byte by byte, so that a chunk too many is seen as well. */
async function staleFiles(): Promise<string[]> {
  const fresh = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    await build(fresh);
    const dist = join(root, 'dist');
    const names = new Set([...filesIn(fresh), ...(existsSync(dist) ? filesIn(dist) : [])]);
    const stale = [...names].filter((name) => !isSame(join(fresh, name), join(dist, name)));
    return stale.map((name) => `dist/${name} is not what src builds`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function isSame(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

function lines(text: string, what: string): string[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => `${line} ${what}`);
}

/** What it says is a fault. Types are checked by `npm test`. */
function tsc(...args: string[]): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
