/** The clock of every test in which time matters: a sleep passes at once, and chance is seeded. */

import { setImmediate as tick } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.ts';
import { Cancelled } from '../../src/lib/errors.ts';

export interface FakeClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Called after each sleep. */
  onSleep: () => Promise<void> | void;
  /** Time passes without a sleep. */
  advance(ms: number): void;
}

export interface FakeClockOptions {
  /** Of the random numbers; ignored where `random` is given. */
  readonly seed?: number;
  readonly random?: () => number;
  /** When the clock begins, in milliseconds since 1970; START_MS where absent. */
  readonly startMs?: number;
}

/** 2026-01-01 00:00 UTC, at which a fake clock begins. */
export const START_MS = Date.UTC(2026, 0, 1);
/** More sleeps than any wait has are a loop without end. */
const MAX_SLEEPS = 20_000;

export function fakeClock({ seed = 1, random = seeded(seed), startMs = START_MS }: FakeClockOptions = {}): FakeClock {
  let nowMs = startMs;
  const sleeps: number[] = [];
  return {
    sleeps,
    onSleep: () => {},
    advance(ms) {
      nowMs += ms;
    },
    now: () => nowMs,
    random,
    async sleep(ms, signal) {
      if (signal.aborted) throw new Cancelled();
      if (sleeps.push(ms) > MAX_SLEEPS) throw new Error(`the clock slept ${MAX_SLEEPS} times`);
      const untilMs = nowMs + ms;
      // Two runs that share the clock may both sleep: time goes on to the later end.
      await tick();
      nowMs = Math.max(nowMs, untilMs);
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
