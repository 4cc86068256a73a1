/** Runs the built dist as the runner does: INPUT_ variables, the GITHUB_ files, one process a step. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutputName } from '../../src/report/outputs.ts';
import type { Report } from '../../src/report/report.ts';

const DIST = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

export const MINIAPP = '2088000000000000000001';
export const SPACE = '2088000000000000000002';
export const TARGET = 'GOPAY';

/** The inputs that every scenario gives. */
export const COMMON = { 'miniapp-id': MINIAPP, 'space-id': SPACE, 'target-app': TARGET } as const;

export interface StepOptions {
  /** Further environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The event's payload. */
  readonly event?: unknown;
  /** Of an earlier step, for what steps share. */
  readonly job?: Job;
  /** Called with the running process, for signals. */
  readonly onStart?: (child: ChildProcess, logSoFar: () => string) => void;
  /** Another build than the one of this tree. */
  readonly dist?: string;
}

export interface StepResult {
  readonly exitCode: number | null;
  /** stdout and stderr as they came. */
  readonly log: string;
  readonly outputs: Readonly<Record<OutputName, string>>;
  readonly summary: string;
  readonly report: Report;
  /** Everything that the process wrote, for searches of secrets: log, files, summary. */
  readonly everything: string;
}

/** A job's machine: a workspace and a temp folder that its steps share. */
export interface Job {
  readonly workspace: string;
  readonly temp: string;
  close(): void;
}

export function newJob(): Job {
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  const temp = mkdtempSync(join(tmpdir(), 'runner-temp-'));
  return {
    workspace,
    temp,
    close: () => {
      for (const folder of [workspace, temp]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one step; `inputs` as under `with:`. The process sees nothing of this one's environment but PATH. */
export async function runStep(
  inputs: Readonly<Record<string, string>>,
  options: StepOptions = {},
): Promise<StepResult> {
  const job = options.job ?? newJob();
  const files = mkdtempSync(join(tmpdir(), 'step-'));
  const file = (name: string, content = '') => {
    writeFileSync(join(files, name), content);
    return join(files, name);
  };
  const env: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: job.workspace,
    RUNNER_TEMP: job.temp,
    GITHUB_OUTPUT: file('output'),
    GITHUB_STEP_SUMMARY: file('summary'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_STATE: file('state'),
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(options.event ?? {})),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    ...options.env,
  };
  const child = spawn(process.execPath, [options.dist ?? DIST], {
    cwd: job.workspace,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  options.onStart?.(child, () => log);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const read = (name: string) => readFileSync(join(files, name), 'utf8');
  const outputs = parseOutputs(read('output'));
  const reportFile = outputs['report-file'] ? readFileSync(outputs['report-file'], 'utf8') : '';
  // A mask is how the runner learns what to hide; it prints none of it.
  const everything = [
    log.replace(/^::add-mask::.*$/gm, ''),
    reportFile,
    ...['output', 'summary', 'env', 'path', 'state'].map(read),
  ].join('\n');
  const summary = read('summary');
  for (const name of ['env', 'path', 'state']) if (read(name) !== '') throw new Error(`GITHUB_${name} was written`);
  rmSync(files, { recursive: true, force: true });
  if (!options.job) job.close();
  const report = outputs.report ? JSON.parse(outputs.report) : undefined;
  return { exitCode, log, outputs, summary, report, everything };
}

/** `name<<delimiter` blocks, as the runner reads them. */
function parseOutputs(text: string): Record<OutputName, string> {
  const outputs: Record<string, string> = {};
  for (const match of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) outputs[match[1] ?? ''] = match[3] ?? '';
  return outputs as Record<OutputName, string>;
}
