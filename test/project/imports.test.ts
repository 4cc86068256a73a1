/** The house's rules of who may import whom (docs/architecture.md). Imports of types alone are allowed everywhere. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { STAGE_NAMES } from '../../src/release/lifecycle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES: ReadonlyMap<string, string> = new Map(
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(ROOT, 'src', name), 'utf8')]),
);

/**
 * What each folder, and each file at the root, may import of ours; a folder ends with a slash. Type-only imports are
 * not restricted. What is not named is not allowed, and a folder without a rule is a fault.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/': ['lib/'],
  'release/': ['release/', 'lib/errors.ts', 'lib/lazy-pattern.ts'],
  'net/': ['net/', 'lib/'],
  'action/': ['action/', 'release/', 'lib/', 'sandbox/options.ts'],
  'portal/': ['portal/', 'net/', 'release/', 'lib/', 'sandbox/server.ts'],
  'package/': ['package/', 'lib/'],
  'drive/': ['drive/', 'release/', 'net/', 'lib/'],
  'report/': ['report/', 'release/', 'lib/'],
  'github/': ['github/', 'report/', 'action/', 'release/versions.ts', 'net/', 'lib/'],
  'sandbox/': ['sandbox/', 'release/lifecycle.ts'],
  'demo/': [],
  // A program of its own, which sends nothing: of the portal it knows the profile and how its JSON is read.
  'learn/': [
    'learn/',
    'portal/profile/',
    'portal/find-browser.ts',
    'net/json.ts',
    'release/certainty.ts',
    'release/lifecycle.ts',
    'release/versions.ts',
    'lib/',
  ],
  'index.ts': ['run.ts', 'net/proxy.ts', 'lib/clock.ts'],
  'dependencies.ts': [],
  'assemble.ts': ['package/', 'drive/', 'github/', 'release/', 'lib/'],
  'our-words.ts': ['action/', 'release/', 'report/', 'lib/'],
  'rest.ts': ['drive/', 'report/'],
  'run.ts': [
    'assemble.ts',
    'our-words.ts',
    'rest.ts',
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
  '@actions/http-client': ['net/exchange.ts'],
  '@actions/core': ['report/publish.ts'],
  '@actions/github': ['github/client.ts'],
  'fastest-levenshtein': ['lib/nearest.ts'],
  'compare-versions': ['release/versions.ts'],
  uqr: ['report/qr-code.ts'],
  'puppeteer-core': ['learn/watch-browser.ts', 'portal/browser-login.ts'],
  yauzl: ['package/check-zip.ts', 'package/zip-layout.ts', 'package/zip-reader.ts'],
};

/** Chunks of their own: a run that does not need them does not load them. */
const LAZY = [
  '@actions/core',
  '@actions/github',
  'puppeteer-core',
  'github/client.ts',
  'net/tunnel.ts',
  'uqr',
  'yauzl',
  'zod',
  'package/',
  'sandbox/',
  'portal/browser-login.ts',
  'portal/browser-proxy.ts',
  'portal/find-browser.ts',
  'portal/profile/addresses.ts',
  'portal/profile/load.ts',
  'portal/profile/rules.ts',
  'portal/profile/schema.ts',
  'report/comment.ts',
  'report/deployment.ts',
  'report/publish.ts',
  'report/summary.ts',
  'rest.ts',
];

interface Import {
  readonly from: string;
  /** A file of ours, or the name of a package. */
  readonly to: string;
  readonly dynamic: boolean;
  readonly isType: boolean;
}

const allImports = [...SOURCES].flatMap(([name, code]) => importsOf(name, code));
/** What is left when the types are stripped. */
const imports = allImports.filter(({ isType }) => !isType);

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
    expect(importersOf('run.ts')).toEqual(['index.ts']);
    expect(importersOf('drive/driver.ts')).toEqual(['rest.ts']);
    expect(importersOf('rest.ts').filter((from) => from !== 'run.ts')).toEqual([]);
    expect(importersOf('report/run-record.ts')).toEqual(['run.ts']);
  });

  test('a stage is named in the lifecycle and the planner alone; everything else reads the columns of the table', () => {
    const naming = new RegExp(
      `\\bstages?\\b[^;\\n]{0,40}'(${STAGE_NAMES.join('|')})'|'(${STAGE_NAMES.join('|')})'[^;\\n]{0,20}\\bstages?\\b`,
    );
    const allowed = ['release/lifecycle.ts', 'release/plan.ts'];
    const others = [...SOURCES].filter(([name]) => !allowed.includes(name) && !name.startsWith('sandbox'));
    expect(others.filter(([, code]) => naming.test(code)).map(([name]) => name)).toEqual([]);
  });

  test('nothing imports in a circle, not even types', () => {
    const left = new Map([...SOURCES.keys()].map((name) => [name, allImports.filter(({ from }) => from === name)]));
    // Whatever imports nothing that is left is in no circle.
    for (let before = -1; before !== left.size; ) {
      before = left.size;
      for (const [name, own] of left) if (!own.some(({ to }) => left.has(to))) left.delete(name);
    }
    expect([...left.keys()]).toEqual([]);
  });

  test.each(Object.entries(ONLY_USED_BY))('only %s is used by %j', (name, owners) => {
    const users = imports.filter(({ to }) => to === name).map(({ from }) => from);
    expect([...new Set(users)].sort()).toEqual([...owners].sort());
  });

  test('what few runs need is loaded only then', () => {
    const atStart = reachedFrom('index.ts');
    expect(atStart).toContain('portal/transport.ts');
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
    const users = [...SOURCES].filter(([, code]) => touchesProcess(code)).map(([name]) => name);
    expect(users.sort()).toEqual(PROCESS_USERS);
  });
});

/**
 * learn is a program of its own, for the command line. The sandbox's server names its temporary files after the
 * process id, so that two processes never share one. The clock reads the monotonic time.
 */
const PROCESS_USERS = ['index.ts', 'learn/main.ts', 'lib/clock.ts', 'sandbox/server.ts'];

function touchesProcess(code: string): boolean {
  const withoutComments = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return /(?<![\w.'"`])process\.|['"]node:process['"]/.test(withoutComments);
}

function importsOf(from: string, code: string): Import[] {
  const { module, errors } = parseSync(from, code);
  if (errors.length > 0) throw new Error(`${from}: ${errors.map(({ message }) => message).join('; ')}`);
  const one = (specifier: string, isType: boolean, dynamic = false) => ({
    from,
    to: specifier.startsWith('.') ? join(dirname(from), specifier) : packageName(specifier),
    isType,
    dynamic,
  });
  const all = [
    // `import { type A } from` stays as an import without names.
    ...module.staticImports.map(({ moduleRequest, start }) =>
      one(moduleRequest.value, code.startsWith('import type ', start)),
    ),
    ...module.staticExports.flatMap(({ entries, start }) =>
      entries.flatMap(({ moduleRequest }) =>
        moduleRequest ? [one(moduleRequest.value, code.startsWith('export type ', start))] : [],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
      one(code.slice(start + 1, end - 1), false, true),
    ),
  ];
  return all.filter(({ to }) => !to.startsWith('node:'));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isOurs(name: string): boolean {
  return name.endsWith('.ts') && !name.startsWith('.');
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
