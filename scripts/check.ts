/**
 * Every check of the project, which `npm test` runs. None of them writes to the tree. The quick ones run side by side;
 * the tests, which want the machine to themselves, follow only where all of those are good.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const QUICK: Readonly<Record<string, readonly string[]>> = {
  types: ['tsc', '-p', '.'],
  'lint and format': ['biome', 'ci', '--colors=off', '.'],
  'generated files are current': ['node', 'scripts/generate.ts', '--check'],
  'dist is current': ['node', 'scripts/build.ts', '--check'],
};
const TESTS = ['vitest', 'run'];

const results = await Promise.all(Object.entries(QUICK).map(([name, command]) => checked(name, command)));
if (results.includes(false)) process.exit(1);
process.exitCode = (await run(TESTS, 'inherit')).code;

/** Runs a check and prints one line, with what it said where it failed. */
async function checked(name: string, command: readonly string[]): Promise<boolean> {
  const startMs = Date.now();
  const { code, output } = await run(command, 'pipe');
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  console.log(code === 0 ? `ok      ${name} (${seconds} s)` : `FAILED  ${name}: ${command.join(' ')}\n${output}`);
  return code === 0;
}

/** npm puts node_modules/.bin first on PATH, and with it Node 24. */
function run([file = '', ...args]: readonly string[], stdio: 'inherit' | 'pipe') {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', stdio, stdio] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}${hint()}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function hint(): string {
  return existsSync(`${ROOT}node_modules`) ? '' : '; run npm ci first';
}
