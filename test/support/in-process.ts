/**
 * Runs a step inside the test's process: src/run.ts as a process would call it, without the 150 ms of starting one.
 * Time is a fake clock's, so no test waits. It writes no outputs; they are read from the report.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/lib/clock.ts';
import { Cancelled } from '../../src/lib/errors.ts';
import { type OutputName, outputsOf } from '../../src/report/outputs.ts';
import type { Report } from '../../src/report/report.ts';
import { run } from '../../src/run.ts';
import { type Job, newJob } from './action.ts';

/** 2027-01-15 08:00 UTC. */
const START_MS = 1_800_000_000_000;

export interface FakeClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: number[];
  advance(ms: number): void;
}

/** A clock that a sleep moves on. More sleeps than any wait has are a loop without end. */
export function fakeClock(random: () => number = () => 0.5): FakeClock {
  let nowMs = START_MS;
  const sleeps: number[] = [];
  return {
    sleeps,
    random,
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: async (ms, signal) => {
      if (signal.aborted) throw new Cancelled();
      if (sleeps.push(ms) > 20_000) throw new Error('the clock slept 20,000 times');
      nowMs += ms;
    },
  };
}

export interface InProcessOptions {
  readonly clock?: Clock;
  /** Of an earlier step, for what steps share. */
  readonly job?: Job;
  readonly event?: { readonly name: string; readonly payload: unknown };
}

export interface InProcessResult {
  readonly exitCode: 0 | 1;
  readonly log: string;
  readonly outputs: Readonly<Record<OutputName, string>>;
  readonly report: Report;
}

export async function runInProcess(
  inputs: Readonly<Record<string, string>>,
  options: InProcessOptions = {},
): Promise<InProcessResult> {
  const job = options.job ?? newJob();
  const files = mkdtempSync(join(tmpdir(), 'step-'));
  writeFileSync(join(files, 'event.json'), JSON.stringify(options.event?.payload ?? {}));
  let log = '';
  try {
    const { exitCode, report } = await run({
      environment: {
        GITHUB_WORKSPACE: job.workspace,
        RUNNER_TEMP: job.temp,
        GITHUB_EVENT_PATH: join(files, 'event.json'),
        ...(options.event && { GITHUB_EVENT_NAME: options.event.name }),
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      clock: options.clock ?? fakeClock(),
      signal: new AbortController().signal,
      write: (text) => {
        log += text;
      },
      workspace: job.workspace,
      tempDir: job.temp,
    });
    return { exitCode, log, report, outputs: outputsOf(report, '') };
  } finally {
    rmSync(files, { recursive: true, force: true });
    if (!options.job) job.close();
  }
}
