/**
 * Portals that do several operations with one call. The lifecycle table stays as it is: the way of a stage on such a
 * portal is derived from it.
 */

import {
  type Operation,
  type OperationRow,
  operationRow,
  type Stage,
  type State,
  stageRow,
  type WriteOperation,
} from './lifecycle.ts';

/** `none`: the portal needs no such step. */
export type FoldTarget = WriteOperation | 'none';

/** The operations for which a portal has no call of its own, and the call that does each of them. */
export type Folds = Readonly<Partial<Record<WriteOperation, FoldTarget>>>;

/** What may be folded, and into which operations: only where the lifecycle stays unambiguous. */
export const FOLDABLE: Readonly<Partial<Record<Operation, readonly FoldTarget[]>>> = {
  uploadPackage: ['createVersion'],
  createRelease: ['startApproval'],
  addWhitelist: ['startPilot'],
  skipPilot: ['setRatio', 'startGrayscale', 'goOnline', 'none'],
  setRatio: ['startGrayscale'],
};

/** One call, with the operations that it does besides its own. */
export interface FoldedCall {
  readonly operation: WriteOperation;
  /** In their order; absent where the call does its own operation alone. */
  readonly folded?: readonly WriteOperation[];
}

type Way = Readonly<Partial<Record<State, readonly FoldedCall[] | 'wait'>>>;

/** What a stage does in each state on a portal with such folds. */
export function wayFor(stage: Stage, folds: Folds): Way {
  const { way } = stageRow(stage);
  const result: Partial<Record<State, readonly FoldedCall[] | 'wait'>> = {};
  for (const [state, step] of Object.entries(way) as [State, NonNullable<(typeof way)[State]>][]) {
    result[state] = step === 'wait' ? step : callsOf(step, state, stage, folds);
  }
  // What another stage begins with is done here, before what the portal does with the same call.
  for (const [folded, target] of Object.entries(folds) as [WriteOperation, FoldTarget][]) {
    const { from = [], to } = operationRow(folded);
    const step = to && way[to];
    if (!Array.isArray(step) || !step.includes(target)) continue;
    for (const state of from.filter((one) => way[one] === undefined))
      result[state] = [callOf(target as WriteOperation, [folded])];
  }
  return result;
}

function callsOf(step: readonly WriteOperation[], state: State, stage: Stage, folds: Folds): readonly FoldedCall[] {
  const calls: FoldedCall[] = [];
  let pending: WriteOperation[] = [];
  for (const operation of step) {
    if (folds[operation] !== undefined) {
      pending.push(operation);
      continue;
    }
    calls.push(callOf(operation, foldedInto(operation, pending, folds)));
    pending = pending.filter((one) => folds[one] !== operation);
  }
  for (const operation of pending) {
    const { to } = operationRow(operation);
    const target = folds[operation];
    if (to === undefined) {
      // It changes no state, so the call that does it is sent again.
      if (target !== undefined && target !== 'none') calls.push(callOf(target, [operation]));
      continue;
    }
    // The stage goes on as from the state to which the operation leads.
    const next = stageRow(stage).way[to];
    if (next === undefined || next === 'wait') continue;
    const [first, ...others] = callsOf(next, to, stage, folds);
    if (!first) continue;
    const isFirst = target === first.operation && operationRow(operation).from?.includes(state);
    calls.push(isFirst ? callOf(first.operation, [operation, ...(first.folded ?? [])]) : first, ...others);
  }
  return calls;
}

function foldedInto(operation: WriteOperation, candidates: readonly WriteOperation[], folds: Folds): WriteOperation[] {
  return candidates.filter((one) => folds[one] === operation);
}

/** A call and what it does besides. */
export function callOf(operation: WriteOperation, folded: readonly WriteOperation[]): FoldedCall {
  return folded.length > 0 ? { operation, folded } : { operation };
}

/** Whether a call does an operation, by itself or besides its own. */
export function does(
  { operation, folded }: { operation: Operation; folded?: readonly Operation[] },
  what: Operation,
): boolean {
  return operation === what || folded?.includes(what) === true;
}

/** What holds for a call with all that it does: it may be repeated only where each part may. */
export function callRow({
  operation,
  folded = [],
}: {
  readonly operation: Operation;
  readonly folded?: readonly WriteOperation[];
}): OperationRow {
  const own = operationRow(operation);
  if (folded.length === 0) return own;
  const rows = [own, ...folded.map(operationRow)];
  const { repeatable: _, ...others } = own;
  const to = own.to ?? folded.map((one) => operationRow(one).to).findLast((state) => state !== undefined);
  const needsHealth = rows.map((row) => row.needsHealth).find((when) => when !== undefined);
  return {
    ...others,
    words: own.words,
    ...(to && { to }),
    ...(needsHealth && { needsHealth }),
    ...(rows.every((row) => row.repeatable) && { repeatable: true }),
  };
}

/** Whether a stage has to know if the version exists, before its release does. */
export function readsVersion(stage: Stage, folds: Folds): boolean {
  const creates = Object.values(wayFor(stage, folds)).some(
    (step) => step !== 'wait' && step.some((call) => does(call, 'createRelease')),
  );
  return stageRow(stage).readsVersion === true || creates;
}

/** The folds among the operations of a profile: a text names what does it. */
export function foldsIn(operations: Readonly<Partial<Record<Operation, unknown>>>): Folds {
  return Object.fromEntries(Object.entries(operations).filter(([, one]) => typeof one === 'string')) as Folds;
}
