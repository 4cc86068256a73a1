/**
 * Plans the next action of a stage from the snapshot and from what was sent. Pure: the same facts give the same plan,
 * so a dry run and a run cannot differ.
 */

import { ReleaseError } from '../lib/errors.ts';
import { lazyPattern } from '../lib/lazy-pattern.ts';
import { callOf, callRow, does, type FoldedCall, type Folds, readsVersion, wayFor } from './folds.ts';
import {
  hasReached,
  type Operation,
  STAGE_NAMES,
  STAGES,
  STATES,
  type Stage,
  type State,
  stageRow,
  type WriteOperation,
} from './lifecycle.ts';
import type { Outcome, Stop } from './outcome.ts';
import type { Release, Unreadable } from './release.ts';
import {
  CLOCKS_DIFFER_MS,
  EARLIEST_MS,
  isFirstRelease,
  isKnown,
  liveOf,
  liveRelease,
  liveVersionAbove,
  othersInProgress,
  ratioShown,
  type Snapshot,
  stateOf,
  withState,
} from './snapshot.ts';

/** What to do next, or how the stage ends. */
export type Plan = Action | Extract<Outcome, { kind: 'reached' }> | Stop;

export type Action =
  | ({ readonly kind: 'send'; readonly ratioPercent?: number } & FoldedCall)
  /** Wait for the administrator's decision. */
  | { readonly kind: 'wait' }
  /** Hold the ratio in effect until `untilMs`, in ms since 1970. */
  | { readonly kind: 'hold'; readonly ratioPercent: number; readonly untilMs: number }
  /** Poll until the release has left a transitional status. */
  | { readonly kind: 'poll' };

export type Send = Extract<Action, { kind: 'send' }>;

type Refused = Extract<Outcome, { kind: 'refused' }> & { readonly todo: string };

/** The inputs on which a plan depends. */
export interface PlanOptions {
  readonly targetApp: string;
  readonly allowDowngrade: boolean;
  readonly reapply: boolean;
  readonly ratios: readonly number[];
  readonly soakMs: number;
  readonly soakMode: 'wait' | 'resume';
  /** Operations that another call does or that the portal does not have; none where absent. */
  readonly folds?: Folds;
  /** The number of user IDs to add, and how many of them one call may carry. */
  readonly whitelist?: { readonly count: number; readonly atOnce: number };
  /** Untrusted text, redacted and cleaned for use in a sentence. */
  readonly show: (untrusted: string) => string;
}

/** What this run has done in the stage. Everything else is in the snapshot. */
export interface Memory {
  /**
   * This run applied for the release, or has seen it in review. A rejection or withdrawal that it reads afterwards is
   * the decision that it waits for, not an earlier one that `reapply` resubmits.
   */
  readonly reviewed?: boolean;
  /** The paths that the portal gave the uploaded package. */
  readonly packageSent?: readonly string[];
  readonly versionCreated?: boolean;
  readonly idsAdded?: boolean;
  /** This run has withdrawn the release. */
  readonly takenBack?: boolean;
  /** The portal's time of the last change is not to be trusted: the history has newer changes. */
  readonly timeIsOld?: boolean;
  /** The ratio that was set and not started yet, in percent. */
  readonly ratioSet?: number;
  /**
   * The ratio that this run knows to be in effect, and since when in ms since 1970. It says nothing about another
   * ratio.
   */
  readonly held?: {
    readonly ratioPercent: number;
    readonly sinceMs: number;
    /** This run increased it, so its own clock counts and not the portal's. */
    readonly raised?: true;
  };
}

/** The next action of a stage, or its outcome. `nowMs` in ms since 1970. */
export function plan(stage: Stage, snapshot: Snapshot, options: PlanOptions, memory: Memory, nowMs: number): Plan {
  const state = stateOf(snapshot);
  const row = stageRow(stage);
  if (row.only === 'read') return { kind: 'reached' };
  // A stage that waits keeps waiting during a transitional status, however long it lasts.
  const onlyWaits = row.only === 'wait' || memory.reviewed;
  if (state === 'busy') return { kind: onlyWaits ? 'wait' : 'poll' };
  if (state === 'unknown') return { kind: onlyWaits ? 'wait' : 'unknown-status' };
  // A release in review becomes approved, rejected or withdrawn; it does not disappear. A response without it is wrong
  // or out of date.
  if (state === 'none' && memory.reviewed) return { kind: 'wait' };
  if (isDone(stage, state, snapshot, memory)) return { kind: 'reached', ...noticeOf(stage, snapshot, memory) };

  const backFromReview = memory.reviewed && state === 'created';
  if (row.awaitsReview && (state === 'rejected' || state === 'withdrawn' || backFromReview)) {
    const sendAgain = row.reapplies && options.reapply && !memory.reviewed;
    if (!sendAgain) return { kind: state === 'rejected' ? 'rejected' : 'withdrawn' };
  }

  const ofRamp = row.takes === 'ratios' ? nextOfRamp(state, snapshot, options, memory, nowMs) : undefined;
  if (ofRamp?.kind === 'reached') return ofRamp;
  const stop = whyNot(stage, state, snapshot, options, memory, nowMs);
  if (stop) return stop;
  if (ofRamp) return ofRamp;
  const step = wayFor(stage, options.folds ?? {})[state];
  if (step === 'wait') return { kind: 'wait' };
  const call = step?.find((candidate) => !isSent(candidate, memory));
  if (call) return { kind: 'send', ...call };
  return { kind: 'reached', ...(stage === 'submit' && { notice: NOTHING_TO_SUBMIT }) };
}

const NOTHING_TO_SUBMIT =
  'This portal creates the release with the application for it (its profile folds createRelease into startApproval): nothing was sent. The stage apply does both.';

export interface SimulatedStage {
  readonly stage: Stage;
  /** The calls that it would send, with their values: `setRatio 20%`. */
  readonly operations: readonly SimulatedCall[];
  readonly waits: boolean;
}

export type SimulatedCall = FoldedCall & {
  readonly ratioPercent?: number;
  /** The vendor has not published the call, and no recording of the portal contains it. */
  readonly inferred?: true;
};

export interface Simulation {
  readonly steps: readonly SimulatedStage[];
  /** The outcome of the first stage that cannot reach its end state. */
  readonly end?: Stop;
}

/**
 * Simulates all stages from one snapshot before anything is written: the calls of each stage, and the outcome of the
 * first one that cannot reach its end state. So a step that must fail in its last stage fails before the first write.
 */
export function simulate(stages: readonly Stage[], first: Snapshot, options: PlanOptions, nowMs: number): Simulation {
  const steps: SimulatedStage[] = [];
  let snapshot = first;
  for (const stage of stages) {
    const operations: SimulatedStage['operations'][number][] = [];
    let memory: Memory = {};
    let waits = false;
    for (;;) {
      // After a wait every hold period counts as over, so that the stages after it are simulated too.
      const next = plan(stage, snapshot, options, memory, waits ? Number.POSITIVE_INFINITY : nowMs);
      if (next.kind === 'reached') break;
      if (next.kind === 'poll') return { steps };
      if (next.kind === 'hold') waits = true;
      else if (next.kind === 'wait') {
        waits = true;
        snapshot = withState(snapshot, 'approved');
      } else if (next.kind === 'send') {
        const { kind: _, ...call } = next;
        operations.push(call);
        if (next.operation === 'startGrayscale' && options.soakMs > 0) waits = true;
        memory = remember(memory, next, nowMs);
        snapshot = afterwards(snapshot, next);
      } else return { steps, end: next };
    }
    steps.push({ stage, operations, waits });
  }
  return { steps };
}

/** The memory after a write that took effect. */
export function remember(memory: Memory, sent: Send, nowMs: number, artifacts: readonly string[] = []): Memory {
  return [...(sent.folded ?? []), sent.operation].reduce(
    (known, operation) => rememberOne(known, { ...sent, operation }, nowMs, artifacts),
    memory,
  );
}

function rememberOne(memory: Memory, sent: Send, nowMs: number, artifacts: readonly string[]): Memory {
  switch (sent.operation) {
    case 'startApproval':
      return { ...memory, reviewed: true };
    case 'uploadPackage':
      return { ...memory, packageSent: artifacts };
    case 'createVersion':
      return { ...memory, versionCreated: true };
    case 'cancelApproval':
    case 'cancelRelease':
      return { ...memory, takenBack: true };
    case 'addWhitelist':
      return { ...memory, idsAdded: true };
    case 'setRatio':
      return sent.ratioPercent === undefined ? memory : { ...memory, ratioSet: sent.ratioPercent };
    case 'startGrayscale':
      return { ...memory, held: { ratioPercent: sent.ratioPercent ?? 0, sinceMs: nowMs, raised: true } };
    default:
      return memory;
  }
}

/** The stages that are possible in this state, in order. */
export function nextStages(snapshot: Snapshot, folds: Folds = {}): Stage[] {
  const state = stateOf(snapshot);
  if (!isKnown(state)) return [];
  if (state === 'none' && snapshot.uploaded !== undefined) {
    return [!snapshot.uploaded ? 'upload' : folds.createRelease ? 'apply' : 'submit'];
  }
  const first = isFirstRelease(snapshot) === true;
  return STAGE_NAMES.filter((stage) => {
    const row = stageRow(stage);
    return (wayFor(stage, folds)[state]?.length ?? 0) > 0 && !(first && row.notOnFirstRelease) && row.end !== 'version';
  });
}

/** All operations that a stage may need on a portal with these folds, to check that the profile has them. */
export function operationsOf(stage: Stage, folds: Folds = {}): Operation[] {
  const steps = Object.values(wayFor(stage, folds)).filter((step) => step !== 'wait');
  const reads: Operation[] = readsVersion(stage, folds) ? ['listVersions'] : [];
  return [...new Set([...reads, ...steps.flat().flatMap(({ operation, folded = [] }) => [...folded, operation])])];
}

function isDone(stage: Stage, state: State, snapshot: Snapshot, memory: Memory): boolean {
  const { end } = STAGES[stage];
  if (end === 'any') return true;
  if (end === 'version') return state !== 'none' || Boolean(snapshot.uploaded);
  if (stage === 'whitelist' && state === 'whitelist-testing') return Boolean(memory.idsAdded);
  if (stage === 'withdraw' && state === 'created') return Boolean(memory.takenBack);
  // A rollout that has begun is not done; nextOfRamp decides when it is.
  if (stage === 'grayscale' && state === 'grayscale') return false;
  return hasReached(end, state);
}

function noticeOf(stage: Stage, snapshot: Snapshot, memory: Memory): { notice?: string } {
  const state = stateOf(snapshot);
  if (stage === 'upload' && !memory.versionCreated) {
    const notice = memory.packageSent
      ? 'The version was created by somebody else meanwhile: it may not hold this build.'
      : 'The version exists on the portal already: this build was not sent.';
    return { notice };
  }
  const [other] = stage === 'rollback' ? othersInProgress(snapshot) : [];
  if (other) {
    return {
      notice: `${other.version} is still ${STATES[other.state].words}: a rollback leaves it as it is. To take it back as well, run withdraw with version: ${other.version}.`,
    };
  }
  if (stage === 'whitelist' && isKnown(state) && state !== 'whitelist-testing') {
    return { notice: `The release is ${STATES[state].words}, past the whitelist test: no user IDs were added.` };
  }
  return {};
}

function isSent({ operation }: FoldedCall, memory: Memory): boolean {
  return (
    (operation === 'addWhitelist' && memory.idsAdded === true) ||
    (operation === 'uploadPackage' && memory.packageSent !== undefined)
  );
}

function nextOfRamp(
  state: State,
  snapshot: Snapshot,
  options: PlanOptions,
  memory: Memory,
  nowMs: number,
): Plan | undefined {
  const { ratios, soakMs, folds = {} } = options;
  const isBefore = state !== 'grayscale' && state !== 'rollout-ready';
  if (isBefore && folds.skipPilot === undefined) return { kind: 'send', operation: 'skipPilot' };
  const inEffect = ratioInEffect(snapshot, memory);
  if (inEffect === undefined) return undefined;
  if (inEffect > 0 && soakMs > 0) {
    const untilMs = (heldSince(inEffect, snapshot, memory, nowMs) ?? nowMs) + soakMs;
    if (nowMs < untilMs) return { kind: 'hold', ratioPercent: inEffect, untilMs };
  }
  const target = ratios.find((ratio) => ratio > inEffect);
  if (target === undefined && inEffect === ratios.at(-1)) return { kind: 'reached' };
  if (target === undefined) return whyNotThisRatio(snapshot, options, memory, nowMs) ?? { kind: 'reached' };
  // On a portal that shows no ratio, no reading could show the increase.
  if (inEffect > 0 && ratioShown(snapshot.release) === undefined) return undefined;
  const operation = folds.setRatio || memory.ratioSet === target ? 'startGrayscale' : 'setRatio';
  const folded: WriteOperation[] = [];
  if (isBefore && folds.skipPilot === operation) folded.push('skipPilot');
  if (folds.setRatio === operation) folded.push('setRatio');
  return { kind: 'send', ...callOf(operation, folded), ratioPercent: target };
}

/** The ratio in effect and since when; the time is undefined where neither this run nor the portal knows it. */
export function rolloutOf(
  snapshot: Snapshot,
  memory: Memory,
  nowMs: number,
): { readonly ratioPercent: number; readonly sinceMs: number | undefined } {
  const ratioPercent = ratioInEffect(snapshot, memory) ?? 0;
  return { ratioPercent, sinceMs: ratioPercent > 0 ? heldSince(ratioPercent, snapshot, memory, nowMs) : undefined };
}

function heldSince(ratioPercent: number, snapshot: Snapshot, memory: Memory, nowMs: number): number | undefined {
  const held = memory.held?.ratioPercent === ratioPercent ? memory.held : undefined;
  if (held?.raised) return held.sinceMs;
  // A portal's clock that is ahead of ours must not extend the hold period.
  const changedMs = changedAtMs(snapshot.release, memory, nowMs);
  return changedMs === undefined ? held?.sinceMs : Math.min(changedMs, held?.sinceMs ?? nowMs);
}

/** The portal's time of the last change, in ms since 1970; undefined where it has none or an impossible one. */
function changedAtMs(release: Release | undefined, memory: Memory, nowMs: number): number | undefined {
  const ms = release?.modifiedAtMs;
  if (ms === undefined || memory.timeIsOld) return undefined;
  return ms >= EARLIEST_MS && ms <= nowMs + CLOCKS_DIFFER_MS ? ms : undefined;
}

/** Why a stage is not possible in this state; undefined where it is. */
function whyNot(
  stage: Stage,
  state: State,
  snapshot: Snapshot,
  options: PlanOptions,
  memory: Memory,
  nowMs: number,
): Stop | undefined {
  const row = stageRow(stage);
  const { version } = snapshot;
  const where = `on ${options.targetApp}`;
  const way = wayFor(stage, options.folds ?? {});
  const step = way[state];
  if (!step) {
    const from = (Object.keys(way) as State[]).map((name) => STATES[name].words).join(', or ');
    return refused(
      `${version} is ${STATES[state].words} ${where}; ${stage} takes a release that is ${from}.`,
      todo(stage, snapshot, options.folds),
    );
  }
  if (row.notOnFirstRelease && isFirstRelease(snapshot)) {
    return refused(
      `Nothing was ever official ${where}, and a first release can only be official: ${stage} is for later ones.`,
      'Run the stage release.',
    );
  }
  const isCreated = state === 'none' && row.end !== 'version';
  if (isCreated && snapshot.uploaded === null) {
    return refused(`The portal has no version ${version} of this miniapp.`, 'Run the stage upload first.');
  }
  const applies = step !== 'wait' && step.some((call) => does(call, 'startApproval'));
  const { count = 0, atOnce = count } = options.whitelist ?? {};
  if (step !== 'wait' && count > atOnce && step.some(({ folded }) => folded?.includes('addWhitelist'))) {
    return refused(
      `There are ${count} user IDs, and the call that starts the whitelist test carries at most ${atOnce} on this portal.`,
      `Give at most ${atOnce} user IDs, or raise whitelistBatch in your portal profile if the portal takes more.`,
    );
  }
  const guards = row.refusesDowngrade && !options.allowDowngrade;
  // While the status of the live version is unmapped, the official release of this one could not be read either.
  if (row.refusesDowngrade || row.notOnFirstRelease) {
    const isNeeded = guards || row.notOnFirstRelease === true;
    const unknown = whyLiveIsUnknown(snapshot, where, `whether ${stage} may run`, options.show, isNeeded);
    if (unknown) return unknown;
  }
  const live = liveVersionAbove(snapshot);
  if (guards && live) {
    return refused(
      live.how === 'above'
        ? `${version} is below ${live.live}, which is live ${where}.`
        : `${version} cannot be compared with ${live.live}, which is live ${where}: it may be a downgrade.`,
      'Release a higher version, roll back with the stage rollback, or set allow-downgrade: true if this is meant.',
    );
  }
  const [other] = othersInProgress(snapshot);
  if (other && applies) {
    return refused(
      `Another version, ${other.version}, is ${STATES[other.state].words} ${where}; the portal takes one release at a time.`,
      `Release ${other.version} or withdraw it first.`,
    );
  }
  if (row.takes === 'ratios') return whyNotThisRatio(snapshot, options, memory, nowMs);
  return stage === 'rollback' ? whyNoRollback(snapshot, where, options.show) : undefined;
}

/** The refusal of what depends on the live version, where that is not known; else undefined. */
function whyLiveIsUnknown(
  snapshot: Snapshot,
  where: string,
  what: string,
  show: PlanOptions['show'],
  needsWholeList = true,
): Refused | undefined {
  const live = liveOf(snapshot);
  if (live.kind === 'unknown') return whyUnknown(live.releases, where, what, show);
  if (live.kind !== 'unlisted' || snapshot.releases === undefined || !needsWholeList) return undefined;
  return refused(
    `The list of releases ${where} ended before all of it was read, so it is not known which version is live, and ${what}.`,
    'Run the step again; if it stays so, look at the list in the portal.',
  );
}

/** The refusal because other releases have unmapped statuses, with the lines to add to the profile. */
export function whyUnknown(
  releases: readonly Release[],
  where: string,
  what: string,
  show: PlanOptions['show'],
): Refused {
  const shown = releases.slice(0, 3).map(({ version, portalStatus }) => `${show(version)} (${show(portalStatus)})`);
  return refused(
    `The profile does not map the status of ${shown.join(', ')} ${where}, so it is not known which version is live, and ${what}.`,
    todoOfUnmapped(releases.slice(0, 3), show),
  );
}

/** What to do about unmapped statuses: three lines, of which the second is JSON to paste into the profile. */
export function todoOfUnmapped(
  releases: readonly Pick<Release, 'portalStatus' | 'statusText'>[],
  show: PlanOptions['show'],
): string {
  const words = new Map(releases.map(({ portalStatus, statusText }) => [show(portalStatus), show(statusText ?? '')]));
  const texts = [...words].filter(([, text]) => text !== '').map(([word, text]) => `${word}: "${text}"`);
  const besides = texts.length > 0 ? ` The portal shows beside it: ${texts.join('; ')}.` : '';
  const lines = [...words.keys()].map((word) => `${jsonOfWords(word)}: { "state": "...", "mark": "observed" }`);
  return [
    `Find out what it means, and put a state in place of the dots in this addition to your portal profile (docs/portal.md).${besides}`,
    `{ "statuses": { ${lines.join(', ')} } }`,
    `Allowed states: ${STATUS_STATES.join(', ')}.`,
  ].join('\n');
}

const notPlain = lazyPattern(String.raw`[^\p{L}\p{M}\p{N} _.-]|-(?=\d)`, 'gu');

/** Untrusted text as a JSON string without characters that GitHub could read as a mention, reference or markup. */
function jsonOfWords(text: string): string {
  const escaped = text.replace(notPlain(), (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
  return `"${escaped}"`;
}

/** The states to which a status may be mapped; `busy` is a transitional status. */
const STATUS_STATES = [...Object.keys(STATES).filter((state) => state !== 'none'), 'busy'];

function whyNotThisRatio(snapshot: Snapshot, options: PlanOptions, memory: Memory, nowMs: number): Stop | undefined {
  const inEffect = ratioInEffect(snapshot, memory);
  const unreadable = snapshot.release?.unreadableRatio;
  const tellsRatio = stateOf(snapshot) !== 'grayscale' || ratioShown(snapshot.release) !== undefined;
  const isWanted = inEffect === undefined || inEffect < (options.ratios.at(-1) ?? 0);
  if (!tellsRatio && isWanted && unreadable && !isHeld(inEffect, memory, options, nowMs)) {
    return { kind: 'failed', error: unreadableError(unreadable, options.show) };
  }
  if (inEffect === undefined || (!tellsRatio && isWanted && !isHeld(inEffect, memory, options, nowMs))) {
    return refused(
      `${snapshot.version} is in grayscale rollout and the portal shows no ratio, so it is not known whether ${options.ratios.at(-1)}% would increase it.`,
      'Name the field that holds the ratio in your portal profile, at release.ratio (docs/portal.md).',
    );
  }
  const last = options.ratios.at(-1) ?? 0;
  if (inEffect > last) {
    return refused(
      `${snapshot.version} is rolled out to ${inEffect}% already, and a ratio may only be increased; ${last}% was asked for.`,
      'Ask for a higher ratio, run release, or take the release back with withdraw.',
    );
  }
  const tellsNoTime = changedAtMs(snapshot.release, memory, nowMs) === undefined;
  if (options.soakMs > 0 && options.soakMode === 'resume' && tellsNoTime) {
    const shown = snapshot.release?.unreadableTime;
    if (shown) {
      return refused(
        `The portal shows ${options.show(shown.value)} at ${shown.field}, which is no time in the form that the profile says (profile key ${shown.profileKey}), so a later run cannot know how long the ratio was held.`,
        'Name the form of the time in your portal profile, at release.modifiedAt (docs/portal.md), or use soak-mode: wait.',
      );
    }
    return refused(
      'The portal does not say when the ratio was last changed, so a later run cannot know how long it was held.',
      'Use soak-mode: wait.',
    );
  }
  return undefined;
}

/** The error for a value that is present but cannot be read. */
export function unreadableError(
  { profileKey, field, value }: Unreadable,
  show: (untrusted: string) => string,
): ReleaseError {
  return new ReleaseError('portal-unexpected', {
    found: `The portal shows ${show(value)} at ${field}, which cannot be read (profile key ${profileKey}).`,
    todo: `Say in your portal profile at ${profileKey} where the value stands (docs/portal.md).`,
  });
}

/** A notice that the ratio of a rollout is not known, which matters to the next run; else undefined. */
export function noticeOfRatio(release: Release | undefined, show: (untrusted: string) => string): string | undefined {
  if (release?.state !== 'grayscale' || release.ratioPercent !== undefined) return undefined;
  const shown = release.unreadableRatio;
  return shown
    ? `The portal shows ${show(shown.value)} at ${shown.field}, which is no whole percentage (profile key ${shown.profileKey}), so the ratio in effect could not be checked.`
    : 'The portal shows no ratio (profile key release.ratio), so the ratio in effect could not be checked.';
}

/** Whether the hold period of a ratio that this run knows to be in effect is not over. */
function isHeld(inEffect: number | undefined, { held }: Memory, { soakMs }: PlanOptions, nowMs: number): boolean {
  return held !== undefined && held.ratioPercent === inEffect && nowMs < held.sinceMs + soakMs;
}

/** The ratio in effect in percent; undefined in a rollout whose ratio the portal does not show. */
function ratioInEffect(snapshot: Snapshot, memory: Memory): number | undefined {
  if (stateOf(snapshot) !== 'grayscale') return 0;
  return ratioShown(snapshot.release) ?? (memory.held?.raised ? memory.held.ratioPercent : undefined);
}

function whyNoRollback(snapshot: Snapshot, where: string, show: PlanOptions['show']): Stop | undefined {
  const unknown = whyLiveIsUnknown(snapshot, where, 'whether a rollback may run', show);
  if (unknown) return unknown;
  const rollout = othersInProgress(snapshot).find((release) => release.state === 'grayscale');
  if (!rollout) return undefined;
  return refused(
    `${rollout.version} is in grayscale rollout ${where}, and nothing can be rolled back during a rollout.`,
    `If ${rollout.version} is at fault, run withdraw with version: ${rollout.version}: its users return to the live version. If the live version is at fault, run withdraw first, then rollback.`,
  );
}

function refused(found: string, whatToDo: string): Refused {
  return { kind: 'refused', found, todo: whatToDo };
}

/** What to do where a stage is not possible: mostly which stage to run first. */
function todo(stage: Stage, snapshot: Snapshot, folds: Folds = {}): string {
  if (stage === 'withdraw') return 'There is nothing to take back. Nothing was changed.';
  if (stage === 'rollback') return 'Name an archived version with the input version.';
  const [next, ...others] = nextStages(snapshot, folds).filter((stage) => stage !== 'approval');
  const live = liveRelease(snapshot)?.version;
  if (stateOf(snapshot) === 'released')
    return 'The version is live, so no stage comes before this one. To take it back, run rollback.';
  if (stateOf(snapshot) === 'archived') {
    return `${live ? `${live} is live. ` : ''}Release a new version, or bring this one back with the stage rollback.`;
  }
  if (stateOf(snapshot) === 'in-review') return 'Wait for the administrator with the stage approval.';
  if (!next) return 'Look at the release in the portal.';
  if (next === 'apply' && stateOf(snapshot) !== 'created') return 'Correct it, then run apply with reapply: true.';
  return `Run the stage ${next} first${others.length > 0 ? ` (next stages: ${[next, ...others].join(', ')})` : ''}.`;
}

/** The expected snapshot after a write, for the simulation. */
function afterwards(snapshot: Snapshot, sent: Send): Snapshot {
  if (sent.operation === 'createVersion')
    return { ...snapshot, uploaded: { version: snapshot.version, artifacts: [] } };
  const { to } = callRow(sent);
  return to ? withState(snapshot, to, sent.ratioPercent) : snapshot;
}
