/** A step in this process, with a clock that a test holds: nothing sleeps, and hours pass at once. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { INPUTS } from '../../src/action/inputs.ts';
import type { ProcessDependencies } from '../../src/dependencies.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Cancelled } from '../../src/lib/errors.ts';
import { type RunResult, run } from '../../src/run.ts';

export interface FakeClock extends Clock {
  /** How often somebody slept. */
  readonly sleeps: number;
  /** Asked after each sleep. */
  onSleep: () => Promise<void> | void;
  /** Time passes without a sleep. */
  advance(ms: number): void;
}

/** Time passes by sleeping only; chance is seeded. */
export function fakeClock(seed = 1, startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs;
  let sleeps = 0;
  return {
    get sleeps() {
      return sleeps;
    },
    onSleep: () => {},
    advance(ms) {
      nowMs += ms;
    },
    now: () => nowMs,
    random: seeded(seed),
    async sleep(ms, signal) {
      if (signal.aborted) throw new Cancelled();
      const untilMs = nowMs + ms;
      await tick();
      nowMs = Math.max(nowMs, untilMs);
      sleeps++;
      await this.onSleep();
      if (signal.aborted) throw new Cancelled();
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Place {
  readonly workspace: string;
  readonly temp: string;
  close(): void;
}

export function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'in-process-'));
  return { workspace: folder, temp: folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export type StepWorld = Partial<Pick<ProcessDependencies, 'signal' | 'requestTimeoutMs' | 'exchange'>> & {
  readonly clock: Clock;
  readonly place: Place;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs a step; `inputs` as under `with:`. Gives its log, too. */
export async function runHere(
  inputs: Readonly<Record<string, string>>,
  { place, environment, ...world }: StepWorld,
): Promise<RunResult & { readonly log: string }> {
  let log = '';
  const given = { ...DEFAULTS, ...inputs };
  const result = await run({
    signal: new AbortController().signal,
    workspace: place.workspace,
    tempDir: place.temp,
    write: (text) => {
      log += text;
    },
    environment: {
      RUNNER_TEMP: place.temp,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...environment,
    },
    ...world,
  });
  return { ...result, log };
}

/** What the runner sets where an input is not given; the token is an expression that needs GitHub. */
const DEFAULTS = Object.fromEntries(
  Object.entries(INPUTS).flatMap(([name, row]) =>
    'default' in row && name !== 'github-token' ? [[name, row.default]] : [],
  ),
);
