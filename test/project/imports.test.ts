/**
 * The house's rules of who may import whom (docs/architecture.md), held on what tsc makes of src: type-only imports,
 * which are allowed everywhere, are gone there.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IModule } from 'dependency-cruiser';
import { beforeAll, describe, expect, test } from 'vitest';
import { STAGE_NAMES } from '../../src/release/lifecycle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = 'build/imports/src/';

/**
 * What each folder, and each file at the root, may import of ours; a folder ends with a slash. Type-only imports are
 * not restricted. What is not named is not allowed, and a folder without a rule is a fault.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/': ['lib/'],
  'release/': ['release/', 'lib/errors.js'],
  'net/': ['net/', 'lib/'],
  'action/': ['action/', 'release/', 'lib/', 'sandbox/options.js'],
  'portal/': ['portal/', 'net/', 'release/', 'lib/', 'sandbox/server.js'],
  'package/': ['package/', 'lib/'],
  'drive/': ['drive/', 'release/', 'net/', 'lib/'],
  'report/': ['report/', 'release/', 'lib/'],
  'github/': ['github/', 'report/', 'action/', 'release/versions.js', 'net/', 'lib/'],
  'sandbox/': ['sandbox/', 'release/lifecycle.js'],
  'demo/': [],
  // A program of its own, which sends nothing: of the portal it knows the profile and how its JSON is read.
  'learn/': [
    'learn/',
    'portal/profile/',
    'portal/find-browser.js',
    'net/json.js',
    'release/certainty.js',
    'release/lifecycle.js',
    'release/versions.js',
    'lib/',
  ],
  'index.js': ['run.js', 'net/proxy.js', 'lib/clock.js'],
  'dependencies.js': [],
  'assemble.js': ['package/', 'drive/', 'github/', 'release/', 'lib/'],
  'our-words.js': ['action/', 'release/', 'report/', 'lib/'],
  'rest.js': ['drive/', 'report/'],
  'run.js': [
    'assemble.js',
    'our-words.js',
    'rest.js',
    'action/',
    'release/',
    'portal/',
    'package/',
    'drive/',
    'report/',
    'github/',
    'lib/',
  ],
};

/** Packages with one owner each. */
const ONLY_USED_BY: Readonly<Record<string, readonly string[]>> = {
  '@actions/http-client': ['net/exchange.js'],
  '@actions/core': ['report/publish.js'],
  '@actions/github': ['github/client.js'],
  'fastest-levenshtein': ['lib/nearest.js'],
  'compare-versions': ['release/versions.js'],
  uqr: ['report/qr-code.js'],
  'puppeteer-core': ['learn/watch-browser.js', 'portal/browser-login.js'],
  yauzl: ['package/check-zip.js', 'package/zip-layout.js', 'package/zip-reader.js'],
};

/** Chunks of their own: a run that does not need them does not load them. */
const LAZY = [
  '@actions/core',
  '@actions/github',
  'puppeteer-core',
  'github/client.js',
  'net/tunnel.js',
  'uqr',
  'yauzl',
  'zod',
  'package/',
  'sandbox/',
  'portal/browser-login.js',
  'portal/browser-proxy.js',
  'portal/find-browser.js',
  'portal/profile/addresses.js',
  'portal/profile/load.js',
  'portal/profile/rules.js',
  'portal/profile/schema.js',
  'report/comment.js',
  'report/deployment.js',
  'report/publish.js',
  'report/summary.js',
  'rest.js',
];

interface Import {
  readonly from: string;
  /** A file of ours, or the name of a package. */
  readonly to: string;
  readonly dynamic: boolean;
}

let imports: readonly Import[] = [];
let result: ICruiseResult;

beforeAll(async () => {
  rmSync(join(ROOT, 'build/imports'), { recursive: true, force: true });
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', 'build/imports'], {
    cwd: ROOT,
  });
  const cruised = await cruise([BUILD], {
    baseDir: ROOT,
    doNotFollow: { path: 'node_modules' },
    validate: true,
    ruleSet: { forbidden: [{ name: 'no-circle', from: {}, to: { circular: true } }] },
  });
  result = cruised.output as ICruiseResult;
  imports = result.modules.filter((module) => module.source.startsWith(BUILD)).flatMap(importsOf);
}, 60_000);

describe('data flows one way', () => {
  test.each(Object.entries(MAY_IMPORT))('%s imports nothing of ours but %j', (part, allowed) => {
    const found = imports.filter(({ from, to }) => isIn(from, part) && isOurs(to));
    expect(found.filter(({ to }) => !allowed.some((name) => isIn(to, name)))).toEqual([]);
  });

  test('each folder and each file at the root has a rule', () => {
    const parts = new Set(imports.map(({ from }) => from.replace(/\/.*/, '/')));
    expect([...parts].filter((part) => MAY_IMPORT[part] === undefined)).toEqual([]);
  });

  test('only run.ts knows the driver (by rest.ts) and the run record, and only index.ts knows run.ts', () => {
    const importersOf = (name: string) => imports.filter(({ to }) => to === name).map(({ from }) => from);
    expect(importersOf('run.js')).toEqual(['index.js']);
    expect(importersOf('drive/driver.js')).toEqual(['rest.js']);
    expect(importersOf('rest.js').filter((from) => from !== 'run.js')).toEqual([]);
    expect(importersOf('report/run-record.js')).toEqual(['run.js']);
  });

  test('a stage is named in the lifecycle and the planner alone; everything else reads the columns of the table', () => {
    const naming = new RegExp(
      `\\bstages?\\b[^;\\n]{0,40}'(${STAGE_NAMES.join('|')})'|'(${STAGE_NAMES.join('|')})'[^;\\n]{0,20}\\bstages?\\b`,
    );
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const allowed = ['release/lifecycle.ts', 'release/plan.ts'];
    const others = files.filter((name) => !allowed.includes(name.replaceAll('\\', '/')) && !name.startsWith('sandbox'));
    expect(others.filter((name) => naming.test(readFileSync(join(ROOT, 'src', name), 'utf8')))).toEqual([]);
  });

  test('nothing imports in a circle', () => {
    expect(result.summary.violations).toEqual([]);
  });

  test('no types are imported in a circle, which tsc leaves out of what it makes', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const left = new Map(files.map((name) => [join(name), importedBy(name)]));
    // Whatever imports nothing that is left is in no circle.
    for (let before = -1; before !== left.size; ) {
      before = left.size;
      for (const [name, imported] of left) if (!imported.some((one) => left.has(one))) left.delete(name);
    }
    expect([...left.keys()]).toEqual([]);
  });

  test.each(Object.entries(ONLY_USED_BY))('only %s is used by %j', (name, owners) => {
    const users = imports.filter(({ to }) => to === name).map(({ from }) => from);
    expect([...new Set(users)].sort()).toEqual([...owners].sort());
  });

  test('what few runs need is loaded only then', () => {
    const atStart = reachedFrom('index.js');
    expect(atStart).toContain('portal/transport.js');
    expect([...atStart].filter((name) => LAZY.some((lazy) => isIn(name, lazy)))).toEqual([]);
  });

  test('what we depend on, and undici, are there in one version', () => {
    const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
    const { packages } = read('package-lock.json') as { packages: Record<string, unknown> };
    const { dependencies } = read('package.json') as { dependencies: Record<string, string> };
    const placesOf = (name: string) => Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`));
    for (const name of [...Object.keys(dependencies), 'undici']) expect(placesOf(name), name).toHaveLength(1);
  });

  test('only index.ts touches the process, but for what is named below', () => {
    const files = readdirSync(join(ROOT, BUILD), { recursive: true, encoding: 'utf8' });
    const users = files.filter(
      (name) => name.endsWith('.js') && touchesProcess(readFileSync(join(ROOT, BUILD, name), 'utf8')),
    );
    expect(users.map((name) => name.replaceAll('\\', '/')).sort()).toEqual(PROCESS_USERS);
  });
});

/**
 * learn is a program of its own, for the command line. The sandbox's server names its temporary files after the
 * process id, so that two processes never share one. The clock reads the monotonic time.
 */
const PROCESS_USERS = ['index.js', 'learn/main.js', 'lib/clock.js', 'sandbox/server.js'];

function touchesProcess(code: string): boolean {
  const withoutComments = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return /(?<![\w.'"`])process\.|['"]node:process['"]/.test(withoutComments);
}

function importsOf(module: IModule): Import[] {
  return module.dependencies
    .filter(({ coreModule }) => !coreModule)
    .map(({ module: name, resolved, dynamic }) => ({
      from: module.source.slice(BUILD.length),
      to: resolved.startsWith(BUILD) ? resolved.slice(BUILD.length) : packageName(name),
      dynamic,
    }));
}

/** The files of ours that a source file imports, types and all. */
function importedBy(name: string): readonly string[] {
  const code = readFileSync(join(ROOT, 'src', name), 'utf8');
  return [...code.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path = '']) => join(name, '..', path));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isOurs(name: string): boolean {
  return name.endsWith('.js') && !name.startsWith('.');
}

function isIn(name: string, part: string): boolean {
  return part.endsWith('/') ? name.startsWith(part) : name === part;
}

/** Everything that is loaded at the start, without a dynamic import on the way. */
function reachedFrom(start: string): Set<string> {
  const reached = new Set([start]);
  for (const name of reached) {
    for (const { from, to, dynamic } of imports) if (from === name && !dynamic) reached.add(to);
  }
  return reached;
}
