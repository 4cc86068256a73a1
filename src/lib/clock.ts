/** Time and random numbers, given by the caller so that a test can control them. */

import { hrtime } from 'node:process';
import { Cancelled } from './errors.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Waits for `ms` milliseconds.
   * @throws {Cancelled} as soon as the run is cancelled
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A random number, at least 0 and below 1. */
  random(): number;
}

const START_MS = Date.now();
const START_NS = hrtime.bigint();

/**
 * The time at the start plus the time passed by a monotonic clock: a change of the system time ends no wait and no hold
 * period. `performance` would load nine modules of Node.
 */
export const systemClock: Clock = {
  now: () => START_MS + Math.round(Number(hrtime.bigint() - START_NS) / 1e6),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Cancelled());
      const cancel = () => {
        clearTimeout(timer);
        reject(new Cancelled());
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', cancel);
        resolve();
      }, ms);
      signal.addEventListener('abort', cancel, { once: true });
    }),
};

/** Exponential backoff with full jitter, in ms: up to `baseMs` before the second attempt, doubling up to `capMs`. */
export function backoffMs(attempt: number, clock: Clock, baseMs = 500, capMs = 10_000): number {
  return Math.round(clock.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
