/**
 * Runs a step inside the test's process: src/run.ts as a process would call it, without the time it takes to start one.
 * Time is a fake clock's, so no test waits. It writes no outputs; they are read from the report.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INPUTS } from '../../src/action/inputs.ts';
import type { ProcessDependencies } from '../../src/dependencies.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type OutputName, outputsOf } from '../../src/report/outputs.ts';
import { type RunResult, run } from '../../src/run.ts';
import { fakeClock } from './fake-clock.ts';

/** Where a step works; steps of one job share it. */
export interface Place {
  readonly workspace: string;
  readonly temp: string;
  close(): void;
}

/** One new folder for both. */
export function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'in-process-'));
  return { workspace: folder, temp: folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export type InProcessOptions = Partial<Pick<ProcessDependencies, 'signal' | 'requestTimeoutMs' | 'exchange'>> & {
  readonly clock?: Clock;
  /** Of an earlier step, for what steps share; a new one where absent. */
  readonly place?: Place;
  readonly event?: { readonly name: string; readonly payload: unknown };
  readonly environment?: Readonly<Record<string, string>>;
};

export interface InProcessResult extends RunResult {
  readonly log: string;
  readonly outputs: Readonly<Record<OutputName, string>>;
}

/** Runs a step; `inputs` as under `with:`. */
export async function runInProcess(
  inputs: Readonly<Record<string, string>>,
  { clock = fakeClock(), place: given, event, environment, ...others }: InProcessOptions = {},
): Promise<InProcessResult> {
  const place = given ?? newPlace();
  const eventFile = join(mkdtempSync(join(tmpdir(), 'event-')), 'event.json');
  if (event) writeFileSync(eventFile, JSON.stringify(event.payload));
  let log = '';
  try {
    const result = await run({
      clock,
      signal: new AbortController().signal,
      write: (text) => {
        log += text;
      },
      workspace: place.workspace,
      tempDir: place.temp,
      environment: {
        GITHUB_WORKSPACE: place.workspace,
        RUNNER_TEMP: place.temp,
        ...(event && { GITHUB_EVENT_NAME: event.name, GITHUB_EVENT_PATH: eventFile }),
        ...asVariables({ ...DEFAULTS, ...inputs }),
        ...environment,
      },
      ...others,
    });
    return { ...result, log, outputs: outputsOf(result.report, '') };
  } finally {
    rmSync(join(eventFile, '..'), { recursive: true, force: true });
    if (!given) place.close();
  }
}

function asVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
}

/** What the runner sets where an input is not given; the token is an expression that needs GitHub. */
const DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(INPUTS).flatMap(([name, row]) =>
    'default' in row && name !== 'github-token' ? [[name, row.default]] : [],
  ),
);
