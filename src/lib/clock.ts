/** Time and chance, handed in so that a test can hold both. */

import { Cancelled } from './errors.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Waits so many milliseconds.
   * @throws Cancelled as soon as the run is cancelled
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0, below 1. */
  random(): number;
}

/**
 * The time at which the process began, and what has passed since by a clock that nobody sets: a system clock that jumps
 * ends no wait and no hold period.
 */
export const systemClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
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

/** Exponential backoff with full jitter: up to `baseMs` before the second attempt, doubling up to `capMs`. */
export function backoffMs(attempt: number, clock: Clock, baseMs = 500, capMs = 10_000): number {
  return Math.round(clock.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
