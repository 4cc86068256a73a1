/**
 * The whole life of a miniapp's release on the built-in sandbox: `npm run demo`. Needs Node 20 or newer and nothing
 * installed. Each step is one process of dist, run as GitHub's runner would run it: INPUT_ variables and the GITHUB_
 * files. Everything is written to a temporary folder.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageOf } from '../dist/demo/index.js';

const DIST = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gopay-miniapp-demo-'));
const workspace = join(folder, 'workspace');
const temp = join(folder, 'temp');
for (const path of [join(workspace, 'build'), temp]) mkdirSync(path, { recursive: true });
writeFileSync(join(workspace, 'build', 'index.html'), '<!doctype html><title>Demo</title><h1>Version 1.1.0</h1>\n');

const COMMON = {
  'portal-url': 'sandbox?after=1s',
  'miniapp-id': '2088000000000000000001',
  'space-id': '2088000000000000000002',
  'target-app': 'GOPAY',
  'show-preview': 'true',
  comment: 'off',
};

const FIRST = { version: '1.0.0' };
/** The administrator of the second release is quicker. */
const SECOND = { 'portal-url': 'sandbox?after=0s', version: '1.1.0' };

/** What is said of the step, its inputs, and the verdict that it must end with. */
const STEPS = [
  ['The first release of the miniapp on the target app'],
  ['Create the release', { ...FIRST, stage: 'submit', 'portal-url': 'sandbox?versions=1.0.0&after=1s' }, 'succeeded'],
  ['Apply for it and wait for the administrator', { ...FIRST, stage: 'apply' }, 'succeeded'],
  ['Release it to everyone', { ...FIRST, stage: 'release' }, 'succeeded'],
  ['The same again: nothing is left to do', { ...FIRST, stage: 'submit, apply, release' }, 'unchanged'],
  ['The second release, with a canary'],
  ['Upload a build folder', { ...SECOND, stage: 'upload', package: 'build' }, 'succeeded'],
  ['Say what would be done, and do nothing', { ...SECOND, stage: 'submit, apply', 'dry-run': 'true' }, 'planned'],
  [
    'Create and apply',
    { ...SECOND, stage: 'submit, apply', 'release-notes': 'A demo of a second release.' },
    'succeeded',
  ],
  [
    'Let two users test it',
    { ...SECOND, stage: 'whitelist', 'whitelist-ids': '2088100000000001 2088100000000002' },
    'succeeded',
  ],
  [
    'Roll it out to 20%, then 50% of the users',
    { ...SECOND, stage: 'grayscale', 'grayscale-ratio': '20, 50', 'grayscale-soak': '0s' },
    'succeeded',
  ],
  ['Release it to everyone; 1.0.0 is archived', { ...SECOND, stage: 'release' }, 'succeeded'],
  ['The way back'],
  ['Roll back to the archived version', { stage: 'rollback' }, 'succeeded'],
  ['Press the button twice: nothing flips back', { stage: 'rollback' }, 'unchanged'],
  ['Show what is live', { stage: 'status' }, 'unchanged'],
];

const startMs = Date.now();
const summaries = [];
let number = 0;
let surprises = 0;
for (const [title, inputs, expected] of STEPS) {
  if (inputs === undefined) {
    console.log(`\n━━ ${title} ${'━'.repeat(Math.max(0, 76 - title.length))}`);
    continue;
  }
  number += 1;
  const { log, outputs, summary } = await runStep(inputs);
  console.log(`\n${number}. ${title}\n   ${settings(inputs)}`);
  for (const line of tidy(log)) console.log(`   │ ${line}`);
  const { verdict } = outputs;
  console.log(`   └ verdict ${verdict || 'missing'}${verdict === expected ? '' : ` (expected: ${expected})`}`);
  if (verdict !== expected) surprises += 1;
  summaries.push({ title: `${number}. ${title}`, summary, outputs });
}

const last = summaries.at(-1)?.outputs ?? {};
console.log('\n━━ Outputs of the last step ━━');
for (const [name, value] of Object.entries(last)) if (name !== 'report') console.log(`   ${name.padEnd(18)}${value}`);

const markdown = join(folder, 'summaries.md');
const html = join(folder, 'summaries.html');
const sections = summaries.map(({ title, summary }) => ({ title, markdown: summary }));
writeFileSync(markdown, summaries.map(({ title, summary }) => `# ${title}\n\n${summary}\n`).join('\n---\n\n'));
writeFileSync(html, pageOf('Job summaries of the demo', sections));
console.log(`\nThe job summaries of all ${number} steps, as a page and as Markdown:\n   ${html}\n   ${markdown}`);
console.log(`${number} steps in ${((Date.now() - startMs) / 1000).toFixed(1)} s, all against the sandbox.`);
if (surprises > 0) {
  console.error(`${surprises} steps ended otherwise than expected.`);
  process.exitCode = 1;
}

/** One step in a process of its own; it sees nothing of this environment but PATH. */
async function runStep(inputs) {
  const files = mkdtempSync(join(folder, 'step-'));
  const file = (name) => {
    writeFileSync(join(files, name), name === 'event.json' ? '{}' : '');
    return join(files, name);
  };
  const env = {
    PATH: process.env.PATH,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_ACTOR: 'you',
    RUNNER_TEMP: temp,
    GITHUB_EVENT_PATH: file('event.json'),
    GITHUB_OUTPUT: file('output'),
    GITHUB_STEP_SUMMARY: file('summary.md'),
  };
  for (const [name, value] of Object.entries({ ...COMMON, ...inputs })) env[`INPUT_${name.toUpperCase()}`] = value;
  const child = spawn(process.execPath, [DIST], { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log += text;
    });
  }
  await new Promise((resolve) => child.on('close', resolve));
  const read = (name) => readFileSync(join(files, name), 'utf8');
  return { log, outputs: parseOutputs(read('output')), summary: read('summary.md') };
}

/** `name<<delimiter` blocks, as the runner reads them. */
function parseOutputs(text) {
  const outputs = {};
  for (const [, name, , value] of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) outputs[name] = value;
  return outputs;
}

/** The log as the runner shows it: its commands are headings and notes. */
function tidy(log) {
  return log
    .trimEnd()
    .split('\n')
    .filter((line) => !/^::(endgroup|add-mask)/.test(line))
    .map((line) => line.replace(/^::group::/, '▸ ').replace(/^::(notice|warning|error)[^:]*::/, '$1: '))
    .map(unescaped);
}

/** Commands carry %0A and the like. */
function unescaped(line) {
  return line.replace(/%0D|%0A|%25/gi, (code) => (code === '%25' ? '%' : ' '));
}

function settings(inputs) {
  const told = Object.entries(inputs).filter(([name]) => name !== 'portal-url');
  const shown = told.map(([name, value]) => `${name}: ${name === 'whitelist-ids' ? '(2 user IDs, hidden)' : value}`);
  return shown.join(' · ');
}
