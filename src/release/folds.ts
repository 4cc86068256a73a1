/**
 * Portals on which one call does several operations ("folds"). The lifecycle table stays as it is, and what a stage
 * does on such a portal is derived from it.
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

/** The operation whose call does another one; `none`: the portal has no such step. */
export type FoldTarget = WriteOperation | 'none';

/** The operations for which a portal has no call of its own, and the call that does each of them. */
export type Folds = Readonly<Partial<Record<WriteOperation, FoldTarget>>>;

/**
 * The operations that may be folded, each with the operations that may do it: only where the state of a release stays
 * unambiguous.
 */
export const FOLDABLE: Readonly<Partial<Record<Operation, readonly FoldTarget[]>>> = {
  uploadPackage: ['createVersion'],
  createRelease: ['startApproval'],
  addWhitelist: ['startPilot'],
  skipPilot: ['setRatio', 'startGrayscale', 'goOnline', 'none'],
  setRatio: ['startGrayscale'],
};

/** A call, with the other operations that it does. */
export interface FoldedCall {
  readonly operation: WriteOperation;
  /** In the order of the lifecycle; absent where the call does only its own operation. */
  readonly folded?: readonly WriteOperation[];
}

type Way = Readonly<Partial<Record<State, readonly FoldedCall[] | 'wait'>>>;

/** The calls of a stage in each state, on a portal with these folds. */
export function wayFor(stage: Stage, folds: Folds): Way {
  const { way } = stageRow(stage);
  const result: Partial<Record<State, readonly FoldedCall[] | 'wait'>> = {};
  for (const [state, step] of Object.entries(way) as [State, NonNullable<(typeof way)[State]>][]) {
    result[state] = step === 'wait' ? step : callsOf(step, state, stage, folds);
  }
  // This stage does what another stage does on other portals, if the portal does it with the same call.
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
      // The operation changes no state, so the call that does it can be sent again.
      if (target !== undefined && target !== 'none') calls.push(callOf(target, [operation]));
      continue;
    }
    // The stage continues from the state to which the operation leads.
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

/** A call, with the other operations that it does. */
export function callOf(operation: WriteOperation, folded: readonly WriteOperation[]): FoldedCall {
  return folded.length > 0 ? { operation, folded } : { operation };
}

/** Whether a call does an operation, its own or a folded one. */
export function does(
  { operation, folded }: { operation: Operation; folded?: readonly Operation[] },
  what: Operation,
): boolean {
  return operation === what || folded?.includes(what) === true;
}

/** The row of a call with all its operations: it is repeatable only if each of them is. */
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

/** Whether a stage has to read the version before it creates the release. */
export function readsVersion(stage: Stage, folds: Folds): boolean {
  const creates = Object.values(wayFor(stage, folds)).some(
    (step) => step !== 'wait' && step.some((call) => does(call, 'createRelease')),
  );
  return stageRow(stage).readsVersion === true || creates;
}

/** The folds of a profile: where an operation has a name instead of a call, that operation does it. */
export function foldsIn(operations: Readonly<Partial<Record<Operation, unknown>>>): Folds {
  return Object.fromEntries(Object.entries(operations).filter(([, one]) => typeof one === 'string')) as Folds;
}
