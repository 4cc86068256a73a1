/** Time and random numbers, given by the caller so that a test can control them. */

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

/**
 * The start time of the process plus the time passed by a monotonic clock: a change of the system time ends no wait and
 * no hold period.
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

/** Exponential backoff with full jitter, in ms: up to `baseMs` before the second attempt, doubling up to `capMs`. */
export function backoffMs(attempt: number, clock: Clock, baseMs = 500, capMs = 10_000): number {
  return Math.round(clock.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
