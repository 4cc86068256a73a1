/**
 * The learner: recordings of one portal -> which call is which operation, which word is which state, and the changes
 * that make the profile fit. Pure. What is not established is said with its candidates and never written.
 */

import { cleanLine } from '../lib/text.ts';
import { checkProfile } from '../portal/profile/load.ts';
import { type CallTemplate, OPERATION_NAMES, type Profile, templatesOf } from '../portal/profile/profile.ts';
import { writesOf } from '../release/certainty.ts';
import {
  type Mark,
  OPERATIONS,
  type Operation,
  operationRow,
  STAGE_NAMES,
  type Stage,
  type State,
  stageRow,
  type WriteOperation,
} from '../release/lifecycle.ts';
import { isVersion } from '../release/versions.ts';
import { type Call, type Context, callOf, callsOf, namesRelease, storedPlace, templateOf } from './calls.ts';
import { basePathOf, envelopeOf, isLoggedOut, isSuccess, type Success, successOf } from './envelope.ts';
import { isButtonOfWrite, sentences, stateOfWords, WORD_STATES, weigh } from './evidence.ts';
import { type Exchange, isCall, type Recording, RecordingFault } from './recording.ts';
import { type Scene, sceneOf } from './scene.ts';
import { type Assignment, BUSY, NOISE, OPEN, type Question, search, WRITES } from './search.ts';
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
  type Ids,
  idsOf,
  isName,
  leavesOf,
  ofOtherChannels,
  PASSWORD,
  sentLeaves,
  type Tickets,
  ticketIn,
  versionIn,
  versionsOf,
} from './values.ts';

export interface Answers {
  /** `setRatio` -> `POST /path`. */
  readonly is?: Readonly<Record<string, string>>;
  /** `WAIT_GRAY` -> `rollout-ready`. */
  readonly means?: Readonly<Record<string, string>>;
}

export interface OperationFinding {
  readonly operation: Operation;
  readonly verdict: 'confirmed' | 'learned' | 'unsure' | 'not seen';
  readonly call?: string;
  readonly evidence: string;
  readonly candidates: readonly string[];
}

export interface WordFinding {
  readonly word: string;
  readonly label?: string;
  readonly state?: State | 'busy';
  readonly verdict: 'confirmed' | 'learned' | 'unsure';
  readonly evidence: string;
  readonly candidates: readonly string[];
}

export interface Learned {
  readonly origin: string;
  readonly calls: number;
  readonly basePath: string;
  readonly operations: readonly OperationFinding[];
  readonly words: readonly WordFinding[];
  readonly fields: Readonly<Record<string, FoundField>>;
  readonly ids: Ids;
  readonly stages: readonly {
    readonly stage: Stage;
    readonly certain: boolean;
    /** What the recording does not hold of it, with what the profile knows of each call. */
    readonly unconfirmed: readonly { readonly operation: Operation; readonly known: Mark | 'absent' }[];
  }[];
  readonly unexplained: readonly string[];
  readonly warnings: readonly string[];
  /** What a profile file has to say over the base profile. */
  readonly changes: Readonly<Record<string, unknown>>;
}

/** Below this distance to the next best assignment a conclusion is not established. */
const MARGIN = 3;
/** From here on a recording contradicts itself: several releases as one, or another portal's calls among them. */
const MAX_CONFLICTS = 2;
const WIDTH = 240;
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
  const best = search(question, WIDTH);
  const conclusions = best ? conclude(question, best) : undefined;
  if (best && isContradictory(best))
    warnings.push(
      `The recording contradicts itself, as two releases in one would: nothing of it is taken as sure. Record one release from its start to its end, and read each recording by itself, with --profile from the second on.`,
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
  loginOperation(findings, operations, calls, context);
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
    ],
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

const READ_WORDS =
  /(^|[^a-z])(list|get|query|find|search|details?|info|fetch|history|logs?|records?|timeline|chaxun|liebiao|lishi)([^a-z]|$)/;

/**
 * A GET that changes nothing, or a POST that mostly returns releases, versions or a list, and does not look like a change
 * that does.
 */
function isRead(
  call: Call,
  items: readonly Item[],
  versions: ReadonlySet<string>,
  changing: ReadonlySet<Exchange>,
): boolean {
  if (call.isUpload) return false;
  if (call.method === 'GET') return !isChangeByGet(call, items, changing);
  if (call.method !== 'POST' || call.ratio || call.userIds) return false;
  const withItems = new Set(items.map(({ exchange }) => exchange));
  const isList = ({ answer }: Exchange) => Object.values(Object(answer)).some(hasList);
  const reading = call.exchanges.filter((one) => withItems.has(one)).length;
  const lists = call.exchanges.filter(isList).length;
  if (READ_WORDS.test(call.words)) return (reading + lists) * 2 > call.exchanges.length;
  // A change may return the release, but is not sent again and again for the same version.
  const perVersion = [...versions].map((one) => call.exchanges.filter((sent) => carries(sent, new Set([one]))).length);
  return reading * 2 > call.exchanges.length && (lists > 0 || Math.max(0, ...perVersion) > 3);
}

/**
 * Whether a call that is sent with GET changes a release: it returns neither a release, a version nor a list, and
 * something changed after it, it carries a ratio or user IDs, or it is such a call of the profile.
 */
function isChangeByGet(call: Call, items: readonly Item[], changing: ReadonlySet<Exchange>): boolean {
  const withItems = new Set(items.map(({ exchange }) => exchange));
  if (
    call.exchanges.some(
      (one) => withItems.has(one) || hasList(one.answer) || Object.values(Object(one.answer)).some(hasList),
    )
  )
    return false;
  const isList = call.userIds !== undefined && call.userIds.form !== '{userId}';
  const isTold = call.ratio !== undefined || isList || call.ofProfile !== undefined;
  return isTold || isButtonOfWrite(call.buttons) || call.exchanges.some((one) => changing.has(one));
}

/**
 * The requests with GET after which a version or its release was read for the first time, or its status was another
 * one, and between which and the reading before it no other change of that version was sent.
 */
function changedBy(
  good: readonly Exchange[],
  releases: readonly Item[],
  items: readonly Item[],
  status: string,
  context: Context,
): ReadonlySet<Exchange> {
  const isRelease = new Set(releases);
  const shown = new Map<Exchange, Map<string, string>>();
  for (const item of items) {
    const own = shown.get(item.exchange) ?? new Map<string, string>();
    const kind = isRelease.has(item) ? 'release' : 'version';
    own.set(`${kind} ${item.version}`, isRelease.has(item) ? String(item.fields.get(status)) : '');
    shown.set(item.exchange, own);
  }
  const found = new Set<Exchange>();
  const last = new Map<string, string>();
  const sent = new Map<string, Exchange[]>();
  for (const one of good) {
    for (const [what, word] of shown.get(one) ?? []) {
      const version = what.slice(what.indexOf(' ') + 1);
      const [only, ...others] = sent.get(version) ?? [];
      if (only?.method === 'GET' && others.length === 0 && last.get(what) !== word) found.add(only);
      last.set(what, word);
      sent.delete(version);
    }
    const version = shown.has(one) ? undefined : versionIn(one, context.versions, context.tickets);
    if (version !== undefined && !hasList(one.answer) && !Object.values(Object(one.answer)).some(hasList))
      sent.set(version, [...(sent.get(version) ?? []), one]);
  }
  return found;
}

/** Whether a request only looked: a GET, or a POST that returned a list or a version. */
function isLook({ method, answer }: Exchange): boolean {
  const hasVersion = leavesOf(answer).some(({ value }) => isVersion(String(value)));
  return method === 'GET' || (method === 'POST' && (hasVersion || Object.values(Object(answer)).some(hasList)));
}

function hasList(value: unknown): boolean {
  return (
    Array.isArray(value) || (value !== null && typeof value === 'object' && Object.values(value).some(Array.isArray))
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
function conclude(question: Question, best: Assignment): Conclusions {
  const judge = (
    value: number,
    isFixed: boolean,
    without: () => Assignment | undefined,
    of: (one: Assignment) => number | undefined,
  ) => {
    if (value === OPEN || isFixed) return { value, isSure: value !== OPEN };
    if (isContradictory(best)) return { value, isSure: false };
    const next = without();
    if (!next || best.score - next.score >= MARGIN) return { value, isSure: true };
    return { value, isSure: false, other: of(next) ?? OPEN };
  };
  return {
    calls: best.calls.map((value, shape) =>
      judge(
        value,
        question.fixedCalls.has(shape),
        () => search(question, NARROW, { shape, value }),
        ({ calls }) => calls[shape],
      ),
    ),
    words: best.words.map((value, word) =>
      judge(
        value,
        question.fixedWords.has(word),
        () => search(question, NARROW, { word, value }),
        ({ words }) => words[word],
      ),
    ),
  };
}

type Written = Record<string, unknown>;

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
    if (call && conclusions?.calls[shape]?.isSure) {
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

// --- Reads -----------------------------------------------------------------------------------------------------------

function readOperations(
  findings: OperationFinding[],
  operations: Written,
  reads: readonly Call[],
  releases: readonly Item[],
  items: readonly Item[],
  context: Context,
  warnings: string[],
): void {
  const releaseOf = new Map(releases.map((item) => [item.exchange, item.place]));
  const itemOf = new Map(items.map((item) => [item.exchange, item.place]));
  // Of the release that was recorded, or of another one whose page was opened.
  const sendsVersion = (call: Call) =>
    call.exchanges.every(
      (one) => namesRelease(one, context) || sentLeaves(one).some(({ value }) => isVersion(String(value))),
    );
  // The release is looked up to know its ticket, so not by its ticket.
  const sendsTicket = (call: Call) => call.exchanges.some((one) => ticketIn(one, context.tickets) !== undefined);
  const placesIn = (call: Call, of: ReadonlyMap<Exchange, string>) => [
    ...new Set(call.exchanges.flatMap((one) => of.get(one) ?? [])),
  ];
  const pick = (operation: Operation, fits: (call: Call) => boolean) => {
    const fitting = reads.filter(fits);
    const own = fitting.find((call) => call.readsOfProfile.includes(operation));
    return own ?? fitting.sort((a, b) => b.exchanges.length - a.exchanges.length)[0];
  };
  const isRelease = (call: Call) => call.exchanges.some((one) => releaseOf.has(one));
  const isVersions = (call: Call) =>
    !isRelease(call) && call.exchanges.some((one) => itemOf.has(one)) && !sendsVersion(call);
  const isHistory = (call: Call) =>
    !isRelease(call) &&
    sendsVersion(call) &&
    (call.readsOfProfile.includes('releaseHistory') ||
      /histor|timeline|logs?\b|record|event/.test(call.words) ||
      listPlaces(call).length === 1);
  const rows: [Operation, Call | undefined, readonly string[], string][] = [];
  const find = pick('findRelease', (call) => isRelease(call) && sendsVersion(call) && !sendsTicket(call));
  const list = pick('listReleases', (call) => isRelease(call) && !sendsVersion(call));
  const versions = pick('listVersions', isVersions);
  const history = pick('releaseHistory', isHistory);
  if (find) rows.push(['findRelease', find, placesIn(find, releaseOf), 'it returned the release and its status']);
  if (list)
    rows.push(['listReleases', list, placesIn(list, releaseOf), 'it returned several releases and their status']);
  if (versions) rows.push(['listVersions', versions, placesIn(versions, itemOf), 'it returned the versions']);
  if (history) rows.push(['releaseHistory', history, listPlaces(history), 'it returned a list for one version']);
  for (const operation of OPERATION_NAMES.filter((one) => OPERATIONS[one].access === 'read')) {
    const row = rows.find(([one]) => one === operation);
    const call = row?.[1];
    if (!row || !call) {
      findings.push({ operation, verdict: 'not seen', evidence: '', candidates: [] });
      continue;
    }
    const { changes, differences } = templateOf(operation, call, context);
    const before = context.base.operations[operation] as CallTemplate | undefined;
    const isPaged = /\{(page|offset)\b/.test(JSON.stringify(merged(before ?? {}, changes)));
    const left =
      /^list/.test(operation) && !isPaged ? call.exchanges.flatMap((one) => restOf(one) ?? [])[0] : undefined;
    if (left) warnings.push(`${operation} (${callOf(call)}): ${left}, so only its first page is read.`);
    const isKnown = row[2].length > 0 && row[2].every((place) => before?.answer?.includes(place));
    if (row[2].length > 0 && !isKnown) changes['answer'] = row[2];
    if (Object.keys(changes).length > 0) operations[operation] = { ...changes, mark: 'observed' };
    const isLearned = Object.keys(changes).some((key) => key !== 'mark');
    const verdict = isLearned ? 'learned' : 'confirmed';
    findings.push({ operation, verdict, call: callOf(call), evidence: row[3], candidates: differences });
  }
}

/** What a response says of a list that goes on, where a profile cannot read the rest. */
function restOf({ answer }: Exchange): string | undefined {
  let rows = 0;
  const outside: { name: string; value: unknown }[] = [];
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) rows = Math.max(rows, value.length);
    else if (value !== null && typeof value === 'object')
      for (const [key, one] of Object.entries(value)) visit(one, key);
    else outside.push({ name, value });
  };
  visit(answer, '');
  const isCursor = ({ name, value }: { name: string; value: unknown }) =>
    /^(next(_?(cursor|token|page_?token|marker))?|cursor|marker)$/i.test(name) &&
    typeof value === 'string' &&
    value !== '';
  const isMore = ({ name, value }: { name: string; value: unknown }) =>
    (/^(has_?(more|next)|more)$/i.test(name) && value === true) ||
    (/^(total(_?(count|num|size|elements|rows|items|records))?|count)$/i.test(name) &&
      rows > 0 &&
      Number(value) > rows);
  if (outside.some(isCursor)) return 'the list goes on by a cursor, which a profile cannot send';
  return outside.some(isMore) ? 'the list is cut, and the request has no page' : undefined;
}

/** Where a portal shows its releases in a list alone, the default profile's call for one release is not sent. */
function withoutFind(findings: readonly OperationFinding[], operations: Written, base: Profile): void {
  const verdictOf = (name: Operation) => findings.find(({ operation }) => operation === name)?.verdict;
  if (verdictOf('listReleases') !== 'learned' || verdictOf('findRelease') !== 'not seen') return;
  if (base.operations.findRelease && !base.operations.findRelease.confirmedOn) operations['findRelease'] = null;
}

function listPlaces(call: Call): string[] {
  const places = (value: unknown, place: string, depth: number): string[] => {
    if (Array.isArray(value)) return [place || '$'];
    if (depth === 0 || value === null || typeof value !== 'object') return [];
    return Object.entries(value).flatMap(([name, one]) => places(one, place ? `${place}.${name}` : name, depth - 1));
  };
  const found = [...new Set(call.exchanges.flatMap(({ answer }) => places(answer, '', 4)))];
  return found.length === 1 ? found : [];
}

function loginOperation(
  findings: OperationFinding[],
  operations: Written,
  calls: readonly Call[],
  context: Context,
): void {
  const isPassword = (call: Call) =>
    call.exchanges.some((one) => sentLeaves(one).some(({ name }) => PASSWORD.test(name)));
  const call = calls.find(isPassword);
  if (!call) {
    findings.push({ operation: 'login', verdict: 'not seen', evidence: '', candidates: [] });
    return;
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

/** The profile with the changes, as a file is merged into the default profile. */
function merged(base: object, changes: object): Record<string, unknown> {
  const result = new Map<string, unknown>(Object.entries(base));
  const isPlain = (value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value);
  for (const [key, value] of Object.entries(changes)) {
    const old = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isPlain(value) ? merged(isPlain(old) ? (old as object) : {}, value) : value);
  }
  return Object.fromEntries(result);
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
    ...releaseFields(releases, status, scene.ratios, scene.testers),
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

// --- The profile -----------------------------------------------------------------------------------------------------

interface Parts {
  readonly base: Profile;
  readonly context: Context;
  readonly success: Success;
  readonly operations: Written;
  readonly findings: readonly OperationFinding[];
  readonly words: readonly WordFinding[];
  readonly fields: Readonly<Record<string, FoundField>>;
  readonly items: readonly Item[];
  readonly releases: readonly Item[];
  readonly all: readonly Exchange[];
  readonly isGood: (one: Exchange) => boolean;
  readonly scene: Scene;
}

function changesOf({
  base,
  context,
  success,
  operations,
  words,
  fields,
  items,
  releases,
  all,
  isGood,
  scene,
}: Parts): Written {
  const release: Written = {};
  for (const [name, field] of Object.entries(fields)) {
    const before = base.release[name as keyof Profile['release']];
    if (before?.at === field.at && before.mark === 'observed' && field.form === undefined) continue;
    const { words: _, ...written } = field;
    release[name] = { ...written, mark: 'observed' };
  }
  const statuses: Written = {};
  for (const { word, state, verdict } of words) {
    if (verdict === 'unsure' || !state) continue;
    const before = Object.hasOwn(base.statuses, word) ? base.statuses[word] : undefined;
    if (before?.state !== state || before.mark !== 'observed') statuses[word] = { state, mark: 'observed' };
  }
  const envelope = envelopeOf(
    base,
    success,
    all.filter((one) => !isGood(one)),
    all,
  );
  const uploads = all.filter(({ isUpload }) => isUpload);
  const stored = uploads.flatMap(({ answer }) => leavesOf(answer).map(({ value }) => String(value)));
  const version = versionFields(
    base,
    items.filter((one) => !releases.includes(one)),
    new Set(stored.filter((value) => value.length > 8)),
  );
  const batch = scene.writes.some((call) => call.userIds?.form === '{userId}');
  return {
    ...(context.basePath !== base.basePath && { basePath: context.basePath }),
    ...(Object.keys(envelope).length > 0 && { envelope }),
    ...(batch && { whitelistBatch: 1 }),
    ...(Object.keys(operations).length > 0 && { operations }),
    ...(Object.keys(release).length > 0 && { release }),
    ...(version && { version }),
    ...(Object.keys(statuses).length > 0 && { statuses }),
  };
}

/** Where an item of the versions names its version, and the files that an upload returned. */
function versionFields(base: Profile, items: readonly Item[], stored: ReadonlySet<string>): Written | undefined {
  const placeOf = (fits: (value: string, item: Item) => boolean) => {
    const places = new Map<string, number>();
    for (const item of items) {
      for (const [place, value] of item.fields)
        if (fits(String(value), item)) places.set(place, (places.get(place) ?? 0) + 1);
    }
    return [...places.keys()].sort((a, b) => (places.get(b) ?? 0) - (places.get(a) ?? 0));
  };
  const changes: Written = {};
  const add = (name: 'version' | 'artifacts', places: readonly string[]) => {
    const isKnown = [base.version[name].at].flat().some((known) => places.includes(known));
    if (places[0] !== undefined && !isKnown) changes[name] = { at: places[0], mark: 'observed' };
  };
  add(
    'version',
    placeOf((value, { version }) => value === version),
  );
  add(
    'artifacts',
    placeOf((value) => stored.has(value)),
  );
  return Object.keys(changes).length > 0 ? changes : undefined;
}
