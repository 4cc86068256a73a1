/** What a step loads of dist and of Node: a part that few runs need costs every run its time otherwise. */

import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COMMON, runStep, type StepOptions, type StepResult } from '../support/action.ts';
import { withScene } from '../support/scene.ts';
import { thoroughTest } from '../support/thorough.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const PRELOADED = fileURLToPath(new URL('../support/loaded.mjs', import.meta.url));

/** A text that only the part holds; the bundler numbers its chunks. */
const PARTS = {
  'outputs and summary': 'ghadelimiter_',
  'the OIDC client': 'ACTIONS_ID_TOKEN_REQUEST_URL',
  undici: 'UND_ERR_',
  'the GitHub client': 'octokit-core.js',
  'the comment and the deployment': 'issues/comments',
  'the browser': 'Page.navigate',
  'the installer of browsers': 'Unsupported archive format',
  'the health check': 'NaN|Infinity',
  'the proxy tunnel': 'the proxy responded',
  'the package': 'end of central directory',
  'the QR code': 'Version value out of range',
  zod: 'ZodError',
  'the sandbox': 'current-password',
} as const;
type Part = keyof typeof PARTS;

interface Loaded {
  readonly result: StepResult;
  readonly parts: readonly Part[];
  /** Modules of Node that the process loaded, besides what an empty one has. */
  readonly builtins: readonly string[];
}

async function loadedBy(step: (options: StepOptions) => Promise<StepResult>): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'loaded-'));
  try {
    const file = join(folder, 'loaded.json');
    const result = await step({ env: { NODE_OPTIONS: `--import=${PRELOADED}`, LOADED_FILE: file } });
    const { files, builtins } = JSON.parse(readFileSync(file, 'utf8')) as { files: string[]; builtins: string[] };
    expect(files.map((url) => basename(url))).toContain('index.js');
    const texts = files.map((url) => readFileSync(fileURLToPath(url), 'utf8'));
    const parts = (Object.keys(PARTS) as Part[]).filter((part) => texts.some((text) => text.includes(PARTS[part])));
    return { result, parts, builtins };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.concurrent('a step loads of dist only what it needs', () => {
  test('every part is in dist under its text, but those that nothing uses', () => {
    const texts = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => readFileSync(join(DIST, name), 'utf8'));
    const found = Object.entries(PARTS).filter(([, text]) => texts.some((each) => each.includes(text)));
    const unused = ['the OIDC client', 'the installer of browsers'];
    expect(found.map(([part]) => part)).toEqual(Object.keys(PARTS).filter((part) => !unused.includes(part)));
  });

  test('every file of dist is one that the action, learn, or a file that they load, asks for', () => {
    const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.js') && !name.startsWith('demo'),
    );
    const reachable = new Set(['index.js', 'learn.js']);
    // A set goes on to what is added while it is walked.
    for (const name of reachable) {
      const text = readFileSync(join(DIST, name), 'utf8');
      for (const [, id] of text.matchAll(/\.e\((\d+)\)/g)) reachable.add(join(dirname(name), `${id}.index.js`));
      for (const [, path = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*["'`](\.[^"'`]*\.js)["'`]/g)) {
        const file = join(dirname(name), path);
        // What puppeteer names beside itself is in its chunk.
        if (files.includes(file)) reachable.add(file);
      }
    }
    expect([...reachable].sort()).toEqual(files.sort());
  });

  test('a status on a portal loads what writes the outputs, and no undici, TLS, cryptography, decompression or fs.promises', async () => {
    await withScene({ portal: { seed: { versions: ['1.1.0'] } } }, async ({ step }) => {
      const { result, parts, builtins } = await loadedBy((options) => step({ stage: 'status' }, options));
      expect(result.outputs.verdict).toBe('unchanged');
      expect(parts).toEqual(['outputs and summary']);
      expect(builtins).toContain('http');
      const promises = ['fs/promises', 'timers/promises'];
      const notNeeded = [
        'internal/deps/undici/undici',
        'https',
        'tls',
        'crypto',
        'zlib',
        'child_process',
        'perf_hooks',
      ];
      expect(builtins.filter((name) => [...notNeeded, ...promises].includes(name))).toEqual([]);
    });
  });

  thoroughTest('a status on the sandbox loads the sandbox too, and no undici', async () => {
    const inputs = { ...COMMON, 'portal-url': 'sandbox', stage: 'status', version: '1.1.0' };
    const { result, parts, builtins } = await loadedBy((options) => runStep(inputs, options));
    expect(result.outputs.verdict).toBe('unchanged');
    expect(parts).toEqual(['outputs and summary', 'zod', 'the sandbox']);
    expect(builtins).not.toContain('internal/deps/undici/undici');
  });

  test('without the chunk that reports, the step says so and is red', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'incomplete-'));
    for (const name of ['index.js', 'package.json']) copyFileSync(join(DIST, name), join(folder, name));
    await withScene({ portal: { seed: { versions: ['1.1.0'] } } }, async ({ portal }) => {
      const inputs = { ...portal.inputs, stage: 'status' };
      const { exitCode, log } = await runStep(inputs, { dist: join(folder, 'index.js') });
      expect(log).toContain('::error::The action could not load its own files');
      expect(exitCode).toBe(1);
    });
    rmSync(folder, { recursive: true });
  });
});
