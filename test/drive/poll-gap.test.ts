import { describe, expect, test } from 'vitest';
import { pollGapMs } from '../../src/drive/wait.ts';
import type { Clock } from '../../src/lib/clock.ts';

/** The first gap at its longest: the worst case of every bound. */
const clock: Clock = { now: () => 0, random: () => 0.999999, sleep: async () => {} };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** When looks are made in a wait of so long. */
function looks(waitMs: number): number[] {
  const times: number[] = [];
  for (let nowMs = 0; nowMs < waitMs; times.push(nowMs)) nowMs += pollGapMs(nowMs, times.length === 0, clock);
  return times;
}

describe('the notice of an approval', () => {
  test('no delay is over a tenth of the time waited (2 s where that is less), nor over 5 min', () => {
    const times = [0, ...looks(5 * 24 * HOUR)];
    for (const [index, time] of times.slice(1).entries()) {
      const since = times[index] ?? 0;
      expect(time - since).toBeLessThanOrEqual(Math.min(Math.max(since / 10, 2_000), 5 * MINUTE) + 0.001);
    }
  });

  test('it takes at most 60 looks in 15 min and 350 in 24 h', () => {
    expect(looks(15 * MINUTE).length).toBeLessThanOrEqual(60);
    expect(looks(24 * HOUR).length).toBeLessThanOrEqual(350);
  });
});
