/**
 * The search for the assignment of calls to operations, and of words to states, that makes a recording a legal way
 * through the lifecycle table. A beam over the events in their order: what the table does not allow has a cost, so that
 * a gap in a recording does not end the search.
 */

import { OPERATIONS, operationRow, type State, type WriteOperation } from '../release/lifecycle.ts';
import { WORD_STATES } from './evidence.ts';

export const WRITES = (Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]).filter(
  (name): name is WriteOperation => OPERATIONS[name].access === 'write' && name !== 'login',
);

/** One thing that happened to a version: a call of a shape, a status word that was read, or a reading without it. */
export type Event =
  | { readonly kind: 'call'; readonly shape: number; readonly version: number }
  | { readonly kind: 'word'; readonly word: number; readonly version: number }
  | { readonly kind: 'absent'; readonly version: number };

export interface Question {
  readonly events: readonly Event[];
  readonly versions: number;
  /** For each shape, the weight of the evidence for each write of WRITES. */
  readonly callWeights: readonly (readonly number[])[];
  /** For each word, the weight for each state of WORD_STATES. */
  readonly wordWeights: readonly (readonly number[])[];
  /** What the user said: the index of a write, or of a state. */
  readonly fixedCalls: ReadonlyMap<number, number>;
  readonly fixedWords: ReadonlyMap<number, number>;
}

/** One of two readings of a portal without a separate step out of the pilot phase. */
export type Skip = 'none' | 'setRatio' | undefined;

export interface Assignment {
  readonly score: number;
  /** The write of each shape; NOISE for none; OPEN where it did not occur. */
  readonly calls: readonly number[];
  /** The state of each word; BUSY for a transitional one; OPEN where it did not occur. */
  readonly words: readonly number[];
  readonly skip: Skip;
  readonly createsByApplying: boolean;
  /** How often the lifecycle does not allow what was recorded, read in this way. */
  readonly conflicts: number;
}

export const OPEN = -1;
export const NOISE = -2;
export const BUSY = -2;

/** What the lifecycle does not allow, and what is unlikely. */
const COST = {
  illegal: 9,
  noise: 5,
  fold: 3,
  unseen: 1,
  takenBack: 4,
  busy: 20,
  second: 4,
  unknown: 0.5,
  jump: 9,
  leftOut: 4,
};
const NONE = -3;
const UNKNOWN = -1;
const STATE = Object.fromEntries(WORD_STATES.map((state, index) => [state, index])) as Record<State, number>;
const index = (state: State) => (state === 'none' ? NONE : STATE[state]);
const WRITE = Object.fromEntries(WRITES.map((write, at) => [write, at])) as Record<WriteOperation, number>;
const FROM = WRITES.map((write) => operationRow(write).from?.map(index));
const TO = WRITES.map((write) => {
  const { to } = operationRow(write);
  return to && index(to);
});
const ARCHIVING = [WRITE.goOnline, WRITE.rollback];
/** What releases from before the recording mostly are. */
const FINISHED = [STATE.released, STATE.archived];
const PILOT = [STATE.approved, STATE['whitelist-testing']];

interface Node extends Assignment {
  readonly states: readonly number[];
}

export interface Forbidden {
  readonly shape?: number;
  readonly word?: number;
  readonly value: number;
}

/** All assignments that a search was left with, the best first. */
export function searchAll(question: Question, width: number): Assignment[] {
  const first: readonly Node[] = [start(question)];
  return finished(question.events.reduce((beam, event) => next(beam, event, question, width), first));
}

/**
 * Searches for the best assignment without one conclusion; undefined where there is none. They share the way up to the
 * first event that the conclusion is about.
 */
export function searchWithout(question: Question, width: number): (forbidden: Forbidden) => Assignment | undefined {
  const { events } = question;
  const beams: (readonly Node[])[] = [[start(question)]];
  for (const [at, event] of events.entries()) beams.push(next(beams[at] ?? [], event, question, width));
  return (forbidden) => {
    const first = events.findIndex((event) =>
      event.kind === 'call' ? event.shape === forbidden.shape : event.kind === 'word' && event.word === forbidden.word,
    );
    const rest = events.slice(first);
    return finished(rest.reduce((beam, event) => next(beam, event, question, width, forbidden), beams[first] ?? []))[0];
  };
}

function start(question: Question): Node {
  return {
    score: 0,
    calls: question.callWeights.map(() => OPEN),
    words: question.wordWeights.map(() => OPEN),
    states: Array.from({ length: question.versions }, () => UNKNOWN),
    skip: undefined,
    createsByApplying: false,
    conflicts: 0,
  };
}

function next(
  beam: readonly Node[],
  event: Event,
  question: Question,
  width: number,
  forbidden?: Forbidden,
): readonly Node[] {
  const children = beam.flatMap((node) => expand(node, event, question, forbidden));
  return distinct(
    children.sort((a, b) => b.score - a.score),
    width,
  );
}

function finished(beam: readonly Node[]): Assignment[] {
  return beam.map((node) => ({ ...node, score: node.score - leftOut(node) })).sort((a, b) => b.score - a.score);
}

/**
 * The first `limit` nodes that differ in more than their score. A character stands for each number: this is the inner loop
 * of `learn`.
 */
function distinct(nodes: readonly Node[], limit: number): Node[] {
  const seen = new Set<string>();
  const result: Node[] = [];
  for (const node of nodes) {
    if (result.length === limit) break;
    const key = String.fromCharCode(...node.calls, ...node.words, ...node.states) + node.skip;
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(node);
  }
  return result;
}

/** A way that went on, and in which a step was prepared that was never taken, is less likely than one that took it. */
function leftOut({ calls }: Node): number {
  const has = (write: WriteOperation) => calls.includes(WRITE[write]);
  const ratio = has('setRatio') && !has('startGrayscale') && has('goOnline');
  const pilot =
    has('addWhitelist') && !has('startPilot') && (has('startGrayscale') || has('setRatio') || has('goOnline'));
  return (ratio ? COST.leftOut : 0) + (pilot ? COST.leftOut : 0);
}

function expand(node: Node, event: Event, question: Question, forbidden: Forbidden | undefined): Node[] {
  const state = node.states[event.version] ?? UNKNOWN;
  if (event.kind === 'absent') {
    if (state === NONE) return [node];
    return [moved(node, event.version, NONE, state === UNKNOWN ? 0 : COST.jump)];
  }
  return event.kind === 'call'
    ? expandCall(node, event.shape, event.version, state, question, forbidden)
    : expandWord(node, event.word, event.version, state, question, forbidden);
}

function moved(node: Node, version: number, state: number, cost: number): Node {
  const states = node.states.with(version, state);
  const conflicts = node.conflicts + (cost >= COST.jump ? 1 : 0);
  return { ...node, states, score: node.score - cost, conflicts };
}

function expandCall(
  node: Node,
  shape: number,
  version: number,
  state: number,
  question: Question,
  forbidden: Forbidden | undefined,
): Node[] {
  const known = node.calls[shape] ?? OPEN;
  if (known === NOISE) return [node];
  if (known !== OPEN) return perform(node, known, version, state);
  const fixed = question.fixedCalls.get(shape);
  const result: Node[] = [];
  for (let write = 0; write < WRITES.length; write++) {
    if (fixed !== undefined ? fixed !== write : node.calls.includes(write)) continue;
    if (forbidden?.shape === shape && forbidden.value === write) continue;
    const weight = question.callWeights[shape]?.[write] ?? 0;
    if (weight < -10 && fixed === undefined) continue;
    if (write === WRITE.skipPilot && node.skip !== undefined) continue;
    if (write === WRITE.createRelease && node.createsByApplying) continue;
    const assigned = { ...node, calls: node.calls.with(shape, write), score: node.score + weight };
    result.push(...perform(assigned, write, version, state));
  }
  if (fixed === undefined && !(forbidden?.shape === shape && forbidden.value === NOISE))
    result.push({ ...node, calls: node.calls.with(shape, NOISE), score: node.score - COST.noise });
  return result;
}

/** What the operation makes of the states: one result, or two where a portal may fold steps in two ways. */
function perform(node: Node, write: number, version: number, state: number): Node[] {
  const from = FROM[write];
  const to = TO[write] ?? state;
  const go = (target: number, cost: number): Node => {
    const done = moved(node, version, target, cost);
    if (!ARCHIVING.includes(write)) return done;
    const states = done.states.map((one, at) => (at !== version && one === STATE.released ? STATE.archived : one));
    return { ...done, states };
  };
  if (!from)
    return [state === NONE ? node : go(state === UNKNOWN ? NONE : state, state === UNKNOWN ? 0 : COST.illegal)];
  if (state === UNKNOWN) return [go(to, COST.unseen)];
  if (from.includes(state)) return [go(to, 0)];
  // The administrator decided between two readings.
  const review = STATE['in-review'];
  // A release in review is rather taken back by withdrawing the request.
  if (state === review && write === WRITE.cancelRelease) return [go(to, COST.takenBack)];
  if (state === review && from.includes(STATE.approved)) return [go(to === state ? STATE.approved : to, COST.unseen)];
  if (state === review && from.includes(STATE.rejected)) return [go(to, COST.unseen)];
  const results: Node[] = [];
  if (PILOT.includes(state) && from.includes(STATE['rollout-ready']) && !node.calls.includes(WRITE.skipPilot)) {
    const cost = node.skip === undefined ? COST.fold : 0;
    if (node.skip !== 'setRatio') results.push({ ...go(TO[write] ?? state, cost), skip: 'none' });
    // A portal that does it with setRatio needs no such step before an official release without a rollout either.
    else if (write === WRITE.goOnline) results.push(go(TO[write] ?? state, cost));
    if (write === WRITE.setRatio && node.skip !== 'none')
      results.push({ ...go(STATE['rollout-ready'], cost), skip: 'setRatio' });
  }
  if (state === NONE && write === WRITE.startApproval && !node.calls.includes(WRITE.createRelease))
    results.push({ ...go(to, node.createsByApplying ? 0 : COST.fold), createsByApplying: true });
  return results.length > 0 ? results : [go(to, COST.illegal)];
}

function expandWord(
  node: Node,
  word: number,
  version: number,
  state: number,
  question: Question,
  forbidden: Forbidden | undefined,
): Node[] {
  const known = node.words[word] ?? OPEN;
  if (known === BUSY) return [node];
  const review = STATE['in-review'];
  const cost = (target: number) => {
    if (state === target) return 0;
    if (state === UNKNOWN) return FINISHED.includes(target) ? COST.unknown : COST.unseen;
    return state === review && (target === STATE.approved || target === STATE.rejected) ? 0 : COST.jump;
  };
  if (known !== OPEN) return [moved(node, version, known, cost(known))];
  const fixed = question.fixedWords.get(word);
  const result: Node[] = [];
  for (let target = 0; target < WORD_STATES.length; target++) {
    if (fixed !== undefined && fixed !== target) continue;
    if (forbidden?.word === word && forbidden.value === target) continue;
    const weight = question.wordWeights[word]?.[target] ?? 0;
    const price = cost(target) + (node.words.includes(target) ? COST.second : 0);
    // Another state than the table says is tried only where something speaks for it.
    if (price >= COST.jump && weight <= 0 && fixed === undefined) continue;
    const assigned = { ...node, words: node.words.with(word, target), score: node.score + weight };
    result.push(moved(assigned, version, target, price));
  }
  if ((fixed ?? BUSY) === BUSY && !(forbidden?.word === word && forbidden.value === BUSY))
    result.push({ ...node, words: node.words.with(word, BUSY), score: node.score - (fixed === BUSY ? 0 : COST.busy) });
  return result;
}
