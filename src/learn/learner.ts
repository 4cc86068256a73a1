/**
 * The learner: recordings of one portal -> which call is which operation, which word is which state, and the changes
 * that make the profile fit. Pure. What is not established is said with its candidates and never written.
 */

import { cleanLine } from '../lib/text.ts';
import { checkProfile } from '../portal/profile/load.ts';
import { OPERATION_NAMES, type Profile, templatesOf } from '../portal/profile/profile.ts';
import { writesOf } from '../release/certainty.ts';
import { type Operation, operationRow, STAGE_NAMES, stageRow, type WriteOperation } from '../release/lifecycle.ts';
import { type Call, type Context, callOf, callsOf, namesRelease, storedPlace, templateOf } from './calls.ts';
import { credentialOf } from './credential.ts';
import { basePathOf, isLoggedOut, isSuccess, successOf } from './envelope.ts';
import { sentences, stateOfWords, WORD_STATES, weigh } from './evidence.ts';
import type { Answers, Learned, OperationFinding, WordFinding, Written } from './findings.ts';
import { changesOf, merged, type Parts } from './profile-changes.ts';
import { readOperations, withoutFind } from './reads.ts';
import { changedBy, isLook, isRead } from './reads-and-changes.ts';
import { type Exchange, isCall, type Recording, RecordingFault } from './recording.ts';
import { type Scene, sceneOf } from './scene.ts';
import { type Assignment, BUSY, NOISE, OPEN, type Question, searchAll, searchWithout, WRITES } from './search.ts';
import {
  commentPlace,
  type FoundField,
  type Item,
  itemsIn,
  releaseFields,
  statusPlace,
  ticketPlace,
} from './snapshots.ts';
import {
  carries,
  idsOf,
  isName,
  leavesOf,
  ofOtherChannels,
  PASSWORD,
  sentLeaves,
  type Tickets,
  ticketIn,
  versionsOf,
} from './values.ts';

/** Below this distance to the next best assignment a conclusion is not established. */
const MARGIN = 3;
/** From here on a recording contradicts itself: several releases as one, or another portal's calls among them. */
const MAX_CONFLICTS = 2;
const WIDTH = 240;
/** Where the first search found no legal way: the right one may have been cut off. */
const WIDE = 2_000;
const NARROW = 40;

/**
 * Learns from recordings of one portal, in any order.
 * @throws RecordingFault where nothing can be learned; the message says what was found and what to do
 */
export function learn(recordings: readonly Recording[], base: Profile, answers: Answers = {}): Learned {
  const origins = new Set(recordings.map(({ origin }) => origin));
  if (origins.size > 1) throw new RecordingFault('The recordings are of different portals. Read those of one portal.');
  const all = recordings.flatMap(({ exchanges }) => exchanges.filter(isCall)).sort((a, b) => a.atMs - b.atMs);
  if (all.length === 0)
    throw new RecordingFault('The recording has no calls. Record the portal itself, with responses.');
  const success = successOf(all, base);
  const isGood = (one: Exchange) => isSuccess(one, success);
  const succeeded = all.filter(isGood);
  if (succeeded.length === 0 || all.filter((one) => isLoggedOut(one, base)).length * 2 > all.length)
    throw new RecordingFault(
      'The portal refused the recorded calls: the session was logged out. Log in and record again.',
    );
  const versions = versionsOf(succeeded);
  const { ids, otherApps } = idsOf(succeeded, versions, base);
  if (otherApps.length > 0) throw twoOf('miniapps');
  // A person may look at the releases on another target app on the way.
  const elsewhere = ofOtherChannels(succeeded, ids.channelCode);
  if (succeeded.some((one) => elsewhere.has(one) && !isLook(one))) throw twoOf('target apps');
  const good = succeeded.filter((one) => !elsewhere.has(one));
  const warnings: string[] = [];
  // What was read: releases with their words, versions, and the history.
  const items = itemsIn(good, versions);
  const status = statusPlace(items, base);
  const releases = status ? items.filter(({ fields }) => fields.has(status)) : [];
  const shown = new Set([
    ...releases.map(({ fields }) => String(fields.get(status ?? ''))),
    ...templatesOf(base).flatMap(([, { path }]) => path.split('/')),
  ]);
  const { tickets, ticketAt } = ticketsOf(good, items, releases, status, new Set([...versions, ...Object.values(ids)]));
  const basePath = basePathOf(good, ids, new Set([...versions, ...tickets.keys()]), base);
  const context: Context = { ids, versions, tickets, base, basePath, all, shown };
  const calls = callsOf(good, context);
  const changing = changedBy(good, releases, items, status ?? '', context);
  const readCalls = calls.filter((call) => isRead(call, items, versions, changing));
  const sendsVersion = (call: Call) => call.exchanges.every((one) => namesRelease(one, context));
  const writes = calls.filter((call) => !readCalls.includes(call) && (call.isUpload || sendsVersion(call)));
  if (writes.length === 0)
    warnings.push('No change of a release was recorded: press the buttons of the guide while it records.');
  if (!status && writes.length > 0)
    warnings.push('No status of a release was recorded: open the release after each button.');

  const scene = sceneOf(good, calls, writes, releases, items, status ?? '', versions, context);
  const question = questionOf(scene, base, answers, context);
  const first = searchAll(question, WIDTH);
  const found = (first[0]?.conflicts ?? 0) > 0 ? searchAll(question, WIDE) : first;
  const [best] = found;
  const conclusions = best ? conclude(question, best, found) : undefined;
  if (best && isContradictory(best))
    warnings.push(
      `The recording contradicts itself, as two releases in one would: nothing of it is taken as sure. Record one release from its start to its end, and read each recording by itself, with --profile from the second on.`,
    );
  else if (best && best.conflicts > 0)
    warnings.push(
      `The status of a release changed ${best.conflicts === 1 ? 'once' : `${best.conflicts} times`} without a recorded request that does it: check the calls and words below.`,
    );

  const { findings, operations } = operationsOf(scene, conclusions, best, context, answers);
  // Without a change and a status only what the profile knows is believed of the reads: the site may be any.
  const isTold = writes.length > 0 && status !== undefined;
  const told = isTold ? readCalls : readCalls.filter((call) => call.readsOfProfile.length > 0);
  readOperations(findings, operations, told, releases, items, context, warnings);
  if (findings.every(({ verdict }) => verdict === 'not seen'))
    throw new RecordingFault(
      `The recording of ${cleanLine(new URL([...origins][0] ?? '').host, 100)} has no call about a version or a release. If that is not the portal, name the portal's host with --host; else press the buttons of the guide while it records.`,
    );
  withoutFind(findings, operations, base);
  const login = loginOperation(findings, operations, calls, context);
  const credential = credentialOf([...writes, ...told], login, base);
  if (credential.answer !== undefined)
    operations['login'] = {
      ...(operations['login'] as Written | undefined),
      answer: [credential.answer],
      mark: 'observed',
    };
  const words = wordsOf(scene, conclusions, base, question);
  warnings.push(...contradictions(words, base), ...otherCalls(findings, base, context));
  const rejected = words.find(({ state, verdict }) => state === 'rejected' && verdict !== 'unsure')?.word;
  const fields = fieldsOf(releases, status, scene, ticketAt, rejected);
  confirm(findings, operations, base, dateOf(all));
  const parts: Parts = {
    base,
    context,
    success,
    operations,
    findings,
    words,
    fields,
    items,
    releases,
    all,
    isGood,
    scene,
    ...(credential.credential && { credential: credential.credential }),
  };
  let changes = changesOf(parts);
  if (withdrawFaulty(findings, operations, base, changes)) changes = changesOf(parts);
  return {
    origin: [...origins][0] ?? '',
    calls: all.length,
    basePath: context.basePath,
    operations: findings,
    words,
    fields,
    ids,
    stages: stagesOf(findings, base),
    unexplained: [
      ...unexplainedOf(writes, conclusions),
      ...byUnknownTicket(calls, writes, readCalls, context),
      ...readByTicketOnly(findings, readCalls, releases, context),
      ...credential.unexplained,
    ],
    gaps: best?.conflicts ?? 0,
    warnings,
    changes,
  };
}

/** Of each ticket the version; and where it stands in a release. */
function ticketsOf(
  good: readonly Exchange[],
  items: readonly Item[],
  releases: readonly Item[],
  status: string | undefined,
  constants: ReadonlySet<string>,
): { tickets: Tickets; ticketAt: string | undefined } {
  const isRelease = new Set(releases);
  const others = new Set(constants);
  for (const item of items)
    if (!isRelease.has(item)) for (const value of item.fields.values()) others.add(String(value));
  for (const one of good) if (one.isUpload) for (const { value } of leavesOf(one.answer)) others.add(String(value));
  const writes = good.filter(({ method }) => method !== 'GET');
  const isCarried = (ticket: string, version: string) =>
    writes.some((one) => ticketIn(one, new Map([[ticket, version]])) !== undefined);
  const ticketAt = status === undefined ? undefined : ticketPlace(releases, status, others, isCarried);
  const shown = releases.flatMap(({ version, fields }) => {
    const value = ticketAt === undefined ? undefined : fields.get(ticketAt);
    return value === undefined || value === null || value === '' ? [] : [[String(value), version] as const];
  });
  return { tickets: new Map(shown), ticketAt };
}

function twoOf(what: string): RecordingFault {
  return new RecordingFault(
    `The recording is of two ${what}. Record one release of one miniapp on one target app, and read each recording by itself, with --profile from the second on.`,
  );
}

function questionOf(scene: Scene, base: Profile, answers: Answers, context: Context): Question {
  const callWeights = scene.writes.map((call) => {
    const traits = traitsOf(call, scene);
    return WRITES.map((write) => weigh(traits, write));
  });
  const wordWeights = scene.words.map((word) => {
    const known = Object.hasOwn(base.statuses, word) ? base.statuses[word] : undefined;
    const hint = stateOfWords(word);
    const label = stateOfWords(scene.labels.get(word) ?? '');
    return WORD_STATES.map(
      (state) => (known?.state === state ? 4 : 0) + (hint === state ? 1 : 0) + (label === state ? 1.5 : 0),
    );
  });
  const fixedCalls = fixedCallsOf(scene, answers, context);
  const fixedWords = fixedWordsOf(scene, answers);
  return { events: scene.events, versions: scene.versions.length, callWeights, wordWeights, fixedCalls, fixedWords };
}

/** What the user said of calls. */
function fixedCallsOf(scene: Scene, { is = {} }: Answers, context: Context): Map<number, number> {
  const fixed = new Map<number, number>();
  const known = scene.writes.map(callOf).join('; ') || 'none';
  for (const [operation, text] of Object.entries(is)) {
    const write = WRITES.indexOf(operation as WriteOperation);
    if (write < 0) throw fault(`--is ${operation}: no such operation. Known: ${WRITES.join(', ')}.`);
    const shapes = scene.writes.flatMap((call, shape) => (isNamed(call, text, context) ? [shape] : []));
    const [shape] = shapes;
    if (shape === undefined) throw fault(`--is ${operation}: the recording has no such call. Known: ${known}.`);
    const other = fixed.get(shape);
    if (other !== undefined && other !== write)
      throw fault(
        `--is gives the call ${text} to ${WRITES[other]} and to ${operation}: a call is one operation. Where it does both, give the one that the portal names; the other is folded into it. Known: ${known}.`,
      );
    fixed.set(shape, write);
  }
  return fixed;
}

/** What the user said of words. */
function fixedWordsOf(scene: Scene, { means = {} }: Answers): Map<number, number> {
  const fixed = new Map<number, number>();
  for (const [word, state] of Object.entries(means)) {
    const target = state === 'busy' ? BUSY : WORD_STATES.indexOf(state as (typeof WORD_STATES)[number]);
    if (target < 0 && target !== BUSY)
      throw fault(`--means ${word}: no such state. Known: ${WORD_STATES.join(', ')}, busy.`);
    const index = scene.words.indexOf(word);
    if (index < 0)
      throw fault(`--means ${word}: the recording has no such status word. Met: ${scene.words.join(', ') || 'none'}.`);
    fixed.set(index, target);
  }
  return fixed;
}

function fault(message: string): RecordingFault {
  return new RecordingFault(cleanLine(message, 2_000));
}

/** `POST /path`, with the base path or without it, and with the constant where the address serves several. */
function isNamed(call: Call, text: string, { basePath }: Context): boolean {
  const [method = '', path = '', action = ''] = text.trim().split(/\s+/, 3);
  const isPath = call.path === path || basePath + call.path === path;
  return call.method === method.toUpperCase() && isPath && (action === '' || call.action === action);
}

function traitsOf(call: Call, { added }: Scene) {
  return {
    words: call.words,
    isUpload: call.isUpload,
    hasRatio: call.ratio !== undefined,
    mayHaveRatio: call.mayHaveRatio,
    hasUserIds: call.userIds !== undefined,
    hasArtifact: call.hasArtifact,
    addsVersion: added.version.has(call),
    addsRelease: added.release.has(call),
    takesRatio: added.ratio.has(call),
    ...(call.ofProfile && { isOfProfile: call.ofProfile }),
    buttons: call.buttons,
  };
}

// --- What is established ---------------------------------------------------------------------------------------------

interface Conclusion {
  readonly value: number;
  readonly isSure: boolean;
  /** The next best, where it is not clearly worse. */
  readonly other?: number;
}

interface Conclusions {
  readonly calls: readonly Conclusion[];
  readonly words: readonly Conclusion[];
}

/** Whether the best reading still has too much that the lifecycle does not allow, or leaves too much unexplained beside it. */
function isContradictory({ conflicts, calls, words }: Assignment): boolean {
  const left = calls.filter((value) => value === NOISE).length + words.filter((value) => value === BUSY).length;
  return conflicts > MAX_CONFLICTS || (conflicts > 0 && conflicts + left > MAX_CONFLICTS + 1);
}

/** Each conclusion against the best assignment without it. */
function conclude(question: Question, best: Assignment, found: readonly Assignment[]): Conclusions {
  const without = searchWithout(question, NARROW);
  const judge = (
    value: number,
    isFixed: boolean,
    nextBest: () => Assignment | undefined,
    of: (one: Assignment) => number | undefined,
  ) => {
    if (value === OPEN || isFixed) return { value, isSure: value !== OPEN };
    if (isContradictory(best)) return { value, isSure: false };
    // The search without it is narrow: the wide one may have kept a better reading.
    const [next] = [nextBest(), found.find((one) => of(one) !== value)]
      .flatMap((one) => one ?? [])
      .sort((a, b) => b.score - a.score);
    if (!next || best.score - next.score >= MARGIN) return { value, isSure: true };
    return { value, isSure: false, other: of(next) ?? OPEN };
  };
  return {
    calls: best.calls.map((value, shape) =>
      judge(
        value,
        question.fixedCalls.has(shape),
        () => without({ shape, value }),
        ({ calls }) => calls[shape],
      ),
    ),
    words: best.words.map((value, word) =>
      judge(
        value,
        question.fixedWords.has(word),
        () => without({ word, value }),
        ({ words }) => words[word],
      ),
    ),
  };
}

function operationsOf(
  scene: Scene,
  conclusions: Conclusions | undefined,
  best: Assignment | undefined,
  context: Context,
  answers: Answers,
): { findings: OperationFinding[]; operations: Written } {
  const findings: OperationFinding[] = [];
  const operations: Written = {};
  const add = (finding: OperationFinding) => findings.push(finding);
  const sure = new Map<Operation, Call>();
  for (const operation of OPERATION_NAMES) {
    const write = WRITES.indexOf(operation as WriteOperation);
    if (write < 0) continue;
    const shape = conclusions?.calls.findIndex(({ value }) => value === write) ?? -1;
    const others = conclusions?.calls.flatMap(({ value, other, isSure }, index) =>
      !isSure && (value === write || other === write) ? [index] : [],
    );
    const call = scene.writes[shape];
    const isRatio = operation === 'setRatio' || (operation === 'startGrayscale' && !sure.has('setRatio'));
    if (call && conclusions?.calls[shape]?.isSure && isRatio && call.mayHaveRatio) {
      const evidence =
        'a profile cannot say it (none of its numbers is known as the ratio; set two, or in whole percent)';
      add({ operation, verdict: 'unsure', evidence, candidates: [callOf(call)] });
    } else if (call && conclusions?.calls[shape]?.isSure) {
      sure.set(operation, call);
      const creates = operation === (best?.createsByApplying ? 'startApproval' : 'createRelease');
      const { changes, differences } = templateOf(operation, call, context, creates);
      const stored = operation === 'uploadPackage' ? storedPlace(call, context) : undefined;
      const before = context.base.operations[operation];
      if (stored && !(typeof before === 'object' && before.answer?.includes(stored))) changes['answer'] = [stored];
      if (Object.keys(changes).length > 0) operations[operation] = { ...changes, mark: 'observed' };
      const isSaid = answers.is?.[operation] !== undefined;
      const told = isSaid ? ['you said so'] : sentences(traitsOf(call, scene), operation as WriteOperation);
      const way = wayOf(operation, conclusions, call, scene);
      add({
        operation,
        verdict: Object.keys(changes).some((key) => key !== 'mark') ? 'learned' : 'confirmed',
        call: callOf(call),
        evidence: [...new Set([...way, ...told])].slice(0, 4).join('; '),
        candidates: differences,
      });
    } else if (others && others.length > 0) {
      const candidates = others.flatMap((index) => (scene.writes[index] ? [callOf(scene.writes[index])] : []));
      add({ operation, verdict: 'unsure', evidence: 'the recording allows more than one reading', candidates });
    } else add({ operation, verdict: 'not seen', evidence: '', candidates: [] });
  }
  fold(findings, operations, sure, best);
  return { findings, operations };
}

/** The states before and after, where the words say them. */
function wayOf(operation: Operation, conclusions: Conclusions, call: Call, scene: Scene): string[] {
  const { to } = operationRow(operation);
  const met = scene.words.filter((word, index) => {
    const state = WORD_STATES[conclusions.words[index]?.value ?? OPEN];
    return state === to && scene.met.get(word)?.after.has(call);
  });
  return met.length > 0 ? [`after it the release was ${met[0]}`] : [];
}

/** Operations that another call does, told by what that call carries and by the way that the release took. */
function fold(
  findings: OperationFinding[],
  operations: Written,
  sure: ReadonlyMap<Operation, Call>,
  best: Assignment | undefined,
): void {
  const into = (operation: Operation, target: string, evidence: string) => {
    const index = findings.findIndex((one) => one.operation === operation);
    if (sure.has(operation) || findings[index]?.verdict !== 'not seen') return;
    operations[operation] = target;
    const call = target === 'none' ? 'no call' : `done by ${target}`;
    findings[index] = { operation, verdict: 'learned', call, evidence, candidates: [] };
  };
  if (sure.get('startGrayscale')?.ratio) into('setRatio', 'startGrayscale', 'that call carries the ratio');
  if (sure.get('startPilot')?.userIds) into('addWhitelist', 'startPilot', 'that call carries the user IDs');
  if (sure.get('createVersion')?.isUpload) into('uploadPackage', 'createVersion', 'that call sent the file');
  if (best?.createsByApplying && sure.has('startApproval'))
    into('createRelease', 'startApproval', 'the release appeared with that call');
  if (best?.skip && (sure.has('startGrayscale') || sure.has('goOnline')))
    into('skipPilot', best.skip, 'the rollout went on from the pilot phase without another call');
}

function loginOperation(
  findings: OperationFinding[],
  operations: Written,
  calls: readonly Call[],
  context: Context,
): Call | undefined {
  const isPassword = (call: Call) =>
    call.exchanges.some((one) => sentLeaves(one).some(({ name }) => PASSWORD.test(name)));
  const call = calls.find(isPassword);
  if (!call) {
    findings.push({ operation: 'login', verdict: 'not seen', evidence: '', candidates: [] });
    return undefined;
  }
  const { changes, differences } = templateOf('login', call, context);
  if (Object.keys(changes).length > 0) operations['login'] = { ...changes, mark: 'observed' };
  const verdict = Object.keys(changes).some((key) => key !== 'mark') ? 'learned' : 'confirmed';
  findings.push({
    operation: 'login',
    verdict,
    call: callOf(call),
    evidence: 'it carries a password',
    candidates: differences,
  });
  return call;
}

// --- The date, and what a profile cannot say ---------------------------------------------------------------------------

/** The day of the latest call, in UTC; undefined where the recording says no times. */
function dateOf(all: readonly Exchange[]): string | undefined {
  const latest = all.at(-1)?.atMs ?? 0;
  return latest > 0 ? new Date(latest).toISOString().slice(0, 10) : undefined;
}

/** Notes the day of the recording in each call that it held; an earlier recording does not set it back. */
function confirm(
  findings: readonly OperationFinding[],
  operations: Written,
  base: Profile,
  date: string | undefined,
): void {
  for (const { operation, verdict } of findings) {
    const own = operations[operation];
    if (
      date === undefined ||
      (verdict !== 'confirmed' && verdict !== 'learned') ||
      typeof own === 'string' ||
      own === null
    )
      continue;
    const before = base.operations[operation];
    if (own === undefined && typeof before === 'object' && (before.confirmedOn ?? '') >= date) continue;
    operations[operation] = { ...(own as Written | undefined), mark: 'observed', confirmedOn: date };
  }
}

/** Takes back operations that the profile's rules refuse, so that a written profile always loads; whether there were any. */
function withdrawFaulty(
  findings: OperationFinding[],
  operations: Written,
  base: Profile,
  changes: Readonly<Record<string, unknown>>,
): boolean {
  const { faults } = checkProfile(merged(base, changes));
  for (const fault of faults) {
    const operation = OPERATION_NAMES.find((name) => fault.startsWith(`operations.${name}`));
    const index = findings.findIndex((one) => one.operation === operation);
    const finding = findings[index];
    if (!operation || !finding || finding.verdict === 'unsure' || operations[operation] === undefined) continue;
    delete operations[operation];
    const evidence = `a profile cannot say it (${fault.replace(/\.$/, '')})`;
    findings[index] = { operation, verdict: 'unsure', evidence, candidates: finding.call ? [finding.call] : [] };
  }
  return faults.length > 0;
}

// --- Words, fields, stages -------------------------------------------------------------------------------------------

function wordsOf(scene: Scene, conclusions: Conclusions | undefined, base: Profile, question: Question): WordFinding[] {
  const nameOf = (call: Call) => {
    const value = conclusions?.calls[scene.writes.indexOf(call)];
    return value?.isSure && value.value >= 0 ? WRITES[value.value] : undefined;
  };
  const stateAt = (index: number) => conclusions?.words[index]?.value;
  // A portal has one word for a state. Where two fall on the same one, it is not known which of them is right.
  const isDouble = (index: number) =>
    scene.words.some((_, other) => other !== index && stateAt(other) === stateAt(index)) &&
    !question.fixedWords.has(index);
  return scene.words.map((word, index) => {
    const conclusion = conclusions?.words[index];
    const label = scene.labels.get(word);
    const { before, after } = scene.met.get(word) ?? { before: new Set<Call>(), after: new Set<Call>() };
    const names = (set: ReadonlySet<Call>) =>
      [...new Set([...set].flatMap((call) => nameOf(call) ?? []))].slice(0, 3).join(', ');
    const told = [names(after) && `met after ${names(after)}`, names(before) && `before ${names(before)}`].filter(
      Boolean,
    );
    const evidence = question.fixedWords.has(index) ? 'you said so' : told.join(', ');
    const state = conclusion?.value === BUSY ? ('busy' as const) : WORD_STATES[conclusion?.value ?? OPEN];
    const isSaid = question.fixedWords.has(index);
    if (!conclusion?.isSure || state === undefined || (state === 'busy' && !isSaid) || isDouble(index)) {
      const candidates = [conclusion?.value, conclusion?.other].flatMap((value) => WORD_STATES[value ?? OPEN] ?? []);
      return { word, ...(label && { label }), verdict: 'unsure' as const, evidence, candidates };
    }
    const known = Object.hasOwn(base.statuses, word) && base.statuses[word]?.state === state;
    return {
      word,
      ...(label && { label }),
      state,
      verdict: known ? ('confirmed' as const) : ('learned' as const),
      evidence,
      candidates: [],
    };
  });
}

/** Where the recording says otherwise than the profile that it began from. */
function contradictions(words: readonly WordFinding[], base: Profile): string[] {
  return words.flatMap(({ word, state, verdict }) => {
    const before = Object.hasOwn(base.statuses, word) ? base.statuses[word] : undefined;
    if (!before || verdict === 'unsure' || before.mark !== 'observed' || before.state === state) return [];
    return [`The profile says that ${word} is ${before.state}; this recording shows ${state}. Check which is right.`];
  });
}

/** Operations that an earlier recording held with another call. */
function otherCalls(findings: readonly OperationFinding[], base: Profile, { basePath }: Context): string[] {
  return findings.flatMap(({ operation, verdict, call }) => {
    const before = base.operations[operation];
    if (verdict !== 'learned' || !call || typeof before !== 'object' || !before.confirmedOn) return [];
    const known = `${before.method} ${before.path}`;
    const isSame = call === known || call.startsWith(`${known} `);
    if (isSame && basePath === base.basePath) return [];
    const now = isSame ? `it below ${basePath || '/'}` : call;
    return [
      `The profile says, of ${before.confirmedOn}, that ${operation} is ${known}; this recording shows ${now}. Check which is right.`,
    ];
  });
}

function fieldsOf(
  releases: readonly Item[],
  status: string | undefined,
  scene: Scene,
  ticketAt: string | undefined,
  rejected: string | undefined,
): Record<string, FoundField> {
  if (!status || releases.length === 0) return {};
  const found = {
    status: { at: status },
    ...(ticketAt && { publishId: { at: ticketAt } }),
    ...releaseFields(
      releases,
      status,
      scene.ratios,
      scene.testers,
      scene.writes.flatMap(({ exchanges }) => exchanges),
    ),
  };
  const comment = rejected === undefined ? undefined : commentPlace(releases, status, rejected);
  const fields: Record<string, FoundField> = { ...found, ...(comment && { comment: { at: comment } }) };
  const time = fields['modifiedAt'];
  if (time?.form === 'text') fields['modifiedAt'] = { ...time, zone: zoneOf(releases, time.at) };
  return fields;
}

/** The offset between the portal's clock in text and the time of the recording, where a change was read at once. */
function zoneOf(releases: readonly Item[], place: string): string {
  const offsets = releases.map(({ exchange, fields }) => {
    const text = String(fields.get(place)).slice(0, 19).replace(' ', 'T');
    return Date.parse(`${text}Z`) - exchange.atMs;
  });
  const minutes = Math.round(Math.max(...offsets) / 1_800_000) * 30;
  const clock = `${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`;
  return `${minutes < 0 ? '-' : '+'}${clock}`;
}

function stagesOf(findings: readonly OperationFinding[], { operations }: Profile): Learned['stages'] {
  const isKnown = (operation: Operation) =>
    ['confirmed', 'learned'].includes(findings.find((one) => one.operation === operation)?.verdict ?? '');
  // Each stage begins with the list.
  const reads: Operation[] = isKnown('listReleases') ? [] : ['listReleases'];
  return STAGE_NAMES.filter((stage) => stageRow(stage).only === undefined).map((stage) => {
    const missing = [...reads, ...writesOf(stage).filter((write) => !isKnown(write))];
    const unconfirmed = missing.map((operation) => {
      const call = operations[operation];
      return { operation, known: typeof call === 'object' ? call.mark : ('absent' as const) };
    });
    return { stage, certain: missing.length === 0, unconfirmed };
  });
}

function unexplainedOf(writes: readonly Call[], conclusions: Conclusions | undefined): string[] {
  return writes.filter((_, index) => conclusions?.calls[index]?.value === NOISE).map(callOf);
}

/** Reads of a release by its ticket, where nothing that was recorded shows a ticket that is not known yet. */
function readByTicketOnly(
  findings: readonly OperationFinding[],
  reads: readonly Call[],
  releases: readonly Item[],
  { tickets }: Context,
): string[] {
  const isSeen = ({ operation, verdict }: OperationFinding) =>
    /^(listReleases|findRelease)$/.test(operation) && verdict !== 'not seen';
  if (findings.some(isSeen)) return [];
  const shown = new Set(releases.map(({ exchange }) => exchange));
  return reads
    .filter((call) => call.exchanges.some((one) => shown.has(one) && ticketIn(one, tickets) !== undefined))
    .map(
      (call) =>
        `${callOf(call)}: reads the release by its ticket, which has to be known before. Open the list of releases while it records`,
    );
}

/** Changes that name a release by what only the response to another change held: no reading of the release shows it. */
function byUnknownTicket(
  calls: readonly Call[],
  writes: readonly Call[],
  reads: readonly Call[],
  context: Context,
): string[] {
  const given = writes.flatMap(({ exchanges }) => exchanges.flatMap(({ answer }) => leavesOf(answer)));
  const tickets = given.filter(({ value }) => /^(?=.*\d)[\w-]{6,64}$/.test(String(value)));
  return calls.flatMap((call) => {
    if (writes.includes(call) || reads.includes(call)) return [];
    const ticket = tickets.find(({ value }) => call.exchanges.some((one) => carries(one, new Set([String(value)]))));
    if (!ticket || call.exchanges.some((one) => namesRelease(one, context))) return [];
    const place = ticket.place.split('.').every(isName) ? ticket.place : 'its response';
    return [
      `${callOf(call)}: names the release by a ticket (${place}) that no recorded list of releases shows, so a profile cannot say it. Open the list of releases while it records`,
    ];
  });
}
