/** One stage, driven on a portal in memory, in fake time. */

import type { DriveContext } from '../../src/drive/context.ts';
import { driveStage } from '../../src/drive/driver.ts';
import { observe, observeVersion } from '../../src/drive/observe.ts';
import { createObserver } from '../../src/drive/observer.ts';
import type { Portal } from '../../src/portal/port.ts';
import type { Stage } from '../../src/release/lifecycle.ts';
import type { PlanOptions } from '../../src/release/plan.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type MemoryPortal, type MemoryPortalOptions, memoryPortal, VERSION } from './memory-portal.ts';

export interface StageScene {
  readonly clock: FakeClock;
  readonly portal: MemoryPortal;
  drive(stage: Stage, context?: Partial<DriveContext>): ReturnType<typeof driveStage>;
}

/** `plan` and `context` replace single defaults: no ratios, no hold period, no wait for an approval. */
export function stageScene(options: Omit<MemoryPortalOptions, 'clock'>, plan: Partial<PlanOptions> = {}): StageScene {
  const clock = fakeClock();
  const portal = memoryPortal({ clock, ...options });
  return {
    clock,
    portal,
    async drive(stage, context = {}) {
      const asked: Portal = context.portal ?? portal;
      const seen = await observe(asked, VERSION);
      const first = stage === 'upload' ? await observeVersion(asked, seen) : seen;
      return driveStage(stage, {
        portal: asked,
        observer: createObserver(first, asked, clock, () => {}),
        clock,
        signal: new AbortController().signal,
        plan: {
          targetApp: 'GOPAY',
          allowDowngrade: false,
          reapply: false,
          ratios: [],
          soakMs: 0,
          soakMode: 'wait',
          show: String,
          ...plan,
        },
        approvalTimeoutMs: 0,
        releaseNotes: '',
        userIds: [],
        log: () => {},
        show: String,
        emit: async () => {},
        ...context,
      });
    },
  };
}
