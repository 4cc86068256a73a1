/**
 * The checks of the project: `npm test`, or all of them with `THOROUGH=1`. None writes to the tree. They run side by side,
 * on as many cores as there are; what failed is told after the tests, where it is seen.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** As CI runs it (docs/decisions/0021-thorough-tests.md). */
const isThorough = process.env['THOROUGH'] === '1';

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  // One checker: each of several checks again what they share, and the other cores have tests to run.
  types: ['tsc', '-p', '.', '--checkers', '1'],
  'lint and format': ['biome', 'ci', '--colors=off', '.'],
  'generated files are current': ['node', 'scripts/generate.ts', '--check'],
  'dist is current': ['node', 'scripts/build.ts', isThorough ? '--check' : '--check-hashes'],
};

const WORKFLOWS = ['.github/workflows', 'examples'].flatMap((folder) =>
  readdirSync(`${ROOT}${folder}`).map((name) => `${folder}/${name}`),
);

/**
 * Checks by programs that npm does not bring, the last word of each name: skipped where they are not on the PATH. CI
 * installs them, at the versions that are pinned in .github/workflows/ci.yml.
 */
const IF_INSTALLED: Readonly<Record<string, readonly string[]>> = {
  'workflows, by actionlint': ['actionlint', '-no-color', ...WORKFLOWS],
  'workflows, by zizmor': [
    ...['zizmor', '--offline', '--quiet', '--color=never', '--persona=pedantic', '--strict-collection'],
    ...[
      '--config=.github/zizmor.yml',
      '.github',
      ...WORKFLOWS.filter((name) => name.startsWith('examples')),
      'action.yml',
    ],
  ],
  // It runs each of them, which takes longer than all other checks.
  ...(isThorough && { 'workflows, by act': ['node', 'scripts/workflows.ts'] }),
};

const checks = [
  ...Object.entries(CHECKS).map(([name, command]) => checked(name, command)),
  ...Object.entries(IF_INSTALLED).map(([name, command]) => checkedIfInstalled(name, command)),
];
const { code } = await run(['vitest', 'run'], 'inherit');
const faults = (await Promise.all(checks)).filter((fault) => fault !== undefined);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : code;

/** Runs a check and prints one line; what it said is returned where it failed. */
async function checked(name: string, command: readonly string[]): Promise<string | undefined> {
  const startMs = Date.now();
  const { code, output } = await run(command, 'pipe');
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  return code === 0 ? undefined : `FAILED  ${name}: ${command.join(' ')}\n${output}`;
}

async function checkedIfInstalled(name: string, command: readonly string[]): Promise<string | undefined> {
  const program = name.split(' ').at(-1) ?? '';
  if ((await run([program, '--version'], 'pipe')).code === 0) return checked(name, command);
  console.log(`skipped ${name}: ${program} is not installed`);
  return undefined;
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
