/**
 * How certain it is that the calls of a profile are those of the portal: confirmed by a recording, or known only by
 * their mark. A stage is certain if each of its writes is confirmed.
 */

import { foldsIn } from './folds.ts';
import { type Mark, type Operation, STAGE_NAMES, type Stage, stageRow, type WriteOperation } from './lifecycle.ts';
import type { SimulatedStage } from './plan.ts';

/** The operations of a profile: for each a call with its mark, or the name of the operation whose call does it. */
export type MarkedOperations = { readonly [Name in Operation]?: MarkedCall | string | undefined };

interface MarkedCall {
  readonly mark: Mark;
  /** The date of the recording that contained the call. */
  readonly confirmedOn?: string | undefined;
}

export interface StageCertainty {
  readonly stage: Stage;
  /** Each write of the stage is confirmed by a recording, or needs no call. */
  readonly certain: boolean;
  /** The unconfirmed writes with the mark of their call, or `absent` if the profile has no call. */
  readonly unconfirmed: readonly { readonly operation: WriteOperation; readonly known: Mark | 'absent' }[];
}

/** The writes that a stage may send, from the lifecycle table. */
export function writesOf(stage: Stage): WriteOperation[] {
  return [...new Set(Object.values(stageRow(stage).way).flatMap((step) => (step === 'wait' ? [] : step)))];
}

/** The certainty of each stage that writes. */
export function certaintyOf(operations: MarkedOperations): StageCertainty[] {
  return STAGE_NAMES.filter((stage) => writesOf(stage).length > 0).map((stage) => {
    const unconfirmed = writesOf(stage).flatMap((operation) => {
      const call = callFor(operation, operations);
      if (call === 'none' || call?.confirmedOn) return [];
      return [{ operation, known: call?.mark ?? ('absent' as const) }];
    });
    return { stage, certain: unconfirmed.length === 0, unconfirmed };
  });
}

/** The call that does the operation, its own or that of another operation; `none` where the portal needs none. */
function callFor(operation: WriteOperation, operations: MarkedOperations): MarkedCall | 'none' | undefined {
  const carrier = foldsIn(operations)[operation] ?? operation;
  if (carrier === 'none') return 'none';
  const call = operations[carrier];
  return typeof call === 'string' ? undefined : call;
}

/** Words for each mark, the least certain first. */
const UNCONFIRMED: Readonly<Record<Mark | 'absent', string>> = {
  inferred: 'inferred, not recorded',
  observed: 'observed elsewhere, not recorded',
  documented: 'documented, not recorded',
  absent: 'not in the profile',
};

/** `grayscale: certain`, or `rollback: inferred, not recorded: rollback`. */
export function formatCertainty({
  stage,
  unconfirmed,
}: {
  readonly stage: Stage;
  readonly unconfirmed: readonly { readonly operation: Operation; readonly known: Mark | 'absent' }[];
}): string {
  const groups = Object.entries(UNCONFIRMED).flatMap(([known, words]) => {
    const names = unconfirmed.filter((one) => one.known === known).map(({ operation }) => operation);
    return names.length > 0 ? [`${words}: ${names.join(', ')}`] : [];
  });
  return `${stage}: ${groups.join('; ') || 'certain'}`;
}

/** How to confirm an inferred call. */
export const HOW_TO_CONFIRM =
  'To be certain, record one release on your portal with `node dist/learn.js watch` (docs/portal.md).';

/** A notice that is shown once before an inferred call is sent to a real portal; undefined for any other call. */
export function noticeOfInferred(operation: Operation, operations: MarkedOperations, path: string): string | undefined {
  if (!isInferred(operations[operation])) return undefined;
  return `${operation} is inferred: nobody has published \`${path}\`, and no recording of your portal holds it. ${HOW_TO_CONFIRM}`;
}

/** Whether the vendor has not published the call and no recording contains it. */
export function isInferred(call: MarkedCall | string | undefined): boolean {
  return typeof call === 'object' && call.mark === 'inferred' && !call.confirmedOn;
}

/** The simulated stages, with inferred calls marked. */
export function withInferred(steps: readonly SimulatedStage[], operations: MarkedOperations): SimulatedStage[] {
  return steps.map((step) => ({
    ...step,
    operations: step.operations.map((call) =>
      isInferred(operations[call.operation]) ? { ...call, inferred: true as const } : call,
    ),
  }));
}
