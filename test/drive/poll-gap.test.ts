import { describe, expect, test } from 'vitest';
import { pollGapMs } from '../../src/drive/wait.ts';
import type { Clock } from '../../src/lib/clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The first gap at its longest, and at its shortest. */
const FIRST = [0.999999, 0];

/** When the portal is polled in a wait of so long. */
function polls(waitMs: number, random: number): number[] {
  const clock: Clock = { now: () => 0, random: () => random, sleep: async () => {} };
  const times: number[] = [];
  for (let nowMs = 0; nowMs < waitMs; times.push(nowMs)) nowMs += pollGapMs(nowMs, times.length === 0, clock);
  return times;
}

describe('the delay until an approval is noticed', () => {
  test.each(FIRST)(
    'no delay is over a sixteenth of the time waited (10 s where that is less), nor over 5 min (%d)',
    (random) => {
      const times = [0, ...polls(5 * 24 * HOUR, random)];
      for (const [index, time] of times.slice(1).entries()) {
        const since = times[index] ?? 0;
        expect(time - since).toBeLessThanOrEqual(Math.min(Math.max(since / 16, 10_000), 5 * MINUTE) + 0.001);
      }
    },
  );

  test.each(FIRST)('in the first seconds none is over 2 s and a fifth of the time waited (%d)', (random) => {
    const times = [0, ...polls(MINUTE, random)];
    for (const [index, time] of times.slice(1).entries()) {
      const since = times[index] ?? 0;
      expect(time - since).toBeLessThanOrEqual(2_000 + since / 5 + 0.001);
    }
  });

  test.each(FIRST)('it takes at most 60 polls in 15 min and 350 in 24 h (%d)', (random) => {
    expect(polls(15 * MINUTE, random).length).toBeLessThanOrEqual(60);
    expect(polls(24 * HOUR, random).length).toBeLessThanOrEqual(350);
  });
});
