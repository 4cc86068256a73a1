/**
 * Random runs on the portal model: a case is plain data, so that fast-check can shrink it and a person can replay it.
 * `faultsOf` says which promises a run broke, by the true state and by what the run could know of it.
 */

import fc from 'fast-check';
import { seeded } from './fake-clock.ts';
import type { Place } from './in-process.ts';
import {
  archived,
  type Deed,
  HEALTH_URL,
  LIVE_VERSION,
  type Look,
  liveIn,
  type ModelPortal,
  type ModelRun,
  modelPortal,
  type RatioForm,
  REPEATABLE,
  type ReceivedWrite,
  type Row,
  runOnModel,
  type SeedRow,
  type Slip,
  type Status,
  type TimeForm,
  type Trouble,
  type Truth,
  VERSION,
  type WriteName,
} from './model-portal.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface Case {
  readonly stages: string;
  /** Where the release of 1.1.0 stands; none: it is uploaded only. */
  readonly from: Status | 'none';
  readonly ratioBefore: number;
  readonly changedAgoMs: number;
  readonly live: 'below' | 'above' | 'none' | 'unknown word';
  /** Newer releases that are only created, between ours and the live one. */
  readonly drafts: number;
  readonly archived: number;
  readonly other: 'none' | Status;
  readonly ratios: string;
  readonly soakMs: number;
  readonly soakMode: 'wait' | 'resume';
  readonly reapply: boolean;
  readonly allowDowngrade: boolean;
  readonly dryRun: boolean;
  /** When the canary turns bad; -1 where no health check is given. */
  readonly unwellFromMs: number;
  /** How many responses of the health check have no data. */
  readonly blindPercent: number;
  readonly review: { readonly afterMs: number; readonly verdict: 'approve' | 'reject' };
  readonly deeds: readonly Deed[];
  readonly lag: { readonly ms: number; readonly percent: number };
  readonly slips: { readonly kinds: readonly Slip[]; readonly percent: number };
  readonly troubles: readonly { readonly operation: WriteName; readonly sending: number; readonly trouble: Trouble }[];
  readonly outage: { readonly fromMs: number; readonly forMs: number; readonly slip: Slip };
  readonly times: TimeForm;
  readonly ratioForm: RatioForm;
  readonly pageCap: number;
  readonly total: boolean;
  readonly withoutHistory: boolean;
  readonly latencyMs: number;
  readonly chance: number;
}

// --- Cases -----------------------------------------------------------------------------------------------------------

/** The first is what a portal that behaves would do: fast-check shrinks towards it. */
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const mostly = <T>(plain: T, ...odd: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constant(plain), weight: 3 }, { arbitrary: fc.constantFrom(...odd), weight: 2 });

const STARTS = {
  submit: ['none', 'INIT', 'ONLINE', 'ARCHIVED'],
  'submit apply': ['none', 'INIT', 'REJECTED'],
  'submit apply release': ['none', 'INIT'],
  'submit apply whitelist grayscale release': ['none', 'INIT', 'APPROVE'],
  apply: ['INIT', 'REJECTED', 'CANCELLED', 'APPROVE', 'PASSED'],
  approval: ['APPROVE', 'REJECTED', 'CANCELLED', 'PASSED', 'GRAY'],
  'approval release': ['APPROVE'],
  whitelist: ['PASSED', 'BETA', 'GRAY'],
  grayscale: ['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'ONLINE'],
  'grayscale release': ['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY'],
  release: ['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'ONLINE', 'ARCHIVED', 'INIT', 'CANCELLED'],
  withdraw: ['APPROVE', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'CANCELLED', 'ONLINE'],
  rollback: ['ONLINE', 'ARCHIVED', 'PASSED', 'GRAY'],
  status: ['none', 'PASSED', 'GRAY', 'ONLINE'],
} as const satisfies Readonly<Record<string, readonly Case['from'][]>>;

const route = fc.constantFrom(
  ...Object.entries(STARTS).flatMap(([stages, froms]) => froms.map((from) => ({ stages, from }))),
);

const SLIPS: readonly Slip[] = [
  'empty list',
  'data null',
  'no data',
  'without ours',
  'without the live one',
  'first row only',
  'other shape',
  'html',
  'empty body',
  'cut json',
  'SYSTEM_BUSY',
  'reset',
  '503',
  { status: 'INIT', agoMs: 30 * HOUR_MS },
  { status: 'REJECTED', agoMs: 30 * HOUR_MS },
  { status: 'CANCELLED', agoMs: 30 * HOUR_MS },
  { status: 'APPROVE', agoMs: 30 * HOUR_MS },
  { status: 'PASSED', agoMs: 30 * HOUR_MS },
];

/** A response that is lost or says success may come before the effect; a refusal that takes effect later cannot be known. */
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({
    effect: oneOf<Trouble['effect']>('now', 'never', 5 * SECOND_MS, 40 * SECOND_MS),
    response: oneOf<Trouble['response']>('reset', '503', 'success'),
  }),
  fc.record({
    effect: oneOf<Trouble['effect']>('now', 'never'),
    response: oneOf<Trouble['response']>(
      '500',
      'html',
      'empty body',
      'cut json',
      { code: 'SYSTEM_ERROR' },
      { code: 'E1' },
      { code: '' },
    ),
  }),
);
const WRITES: readonly WriteName[] = [
  'createRelease',
  'startApproval',
  'skipPilot',
  'goOnline',
  'addWhitelist',
  'startPilot',
  'setRatio',
  'startGrayscale',
  'cancelApproval',
  'cancelRelease',
  'rollback',
];

const deed: fc.Arbitrary<Deed> = fc.record({
  atMs: oneOf(SECOND_MS, 10 * SECOND_MS, 2 * MINUTE_MS, 12 * MINUTE_MS),
  does: oneOf<Deed['does']>('approve', 'reject', 'cancelApproval', 'cancelRelease', 'startGrayscale', 'goOnline'),
  version: fc.constant(VERSION),
  ratio: oneOf(10, 60),
});

const rest = fc.record({
  ratioBefore: oneOf(5, 20, 50),
  changedAgoMs: oneOf(10 * HOUR_MS, MINUTE_MS),
  live: mostly<Case['live']>('below', 'above', 'none', 'unknown word'),
  drafts: mostly(0, 0, 0, 1, 4, 12, 4, 12, 55),
  archived: mostly(0, 1, 3),
  other: mostly<Case['other']>('none', 'none', 'INIT', 'CANCELLED', 'APPROVE', 'PASSED', 'GRAY'),
  ratios: oneOf('20', '5, 20', '5, 20, 50, 100'),
  soakMs: oneOf(0, 3 * MINUTE_MS, 10 * MINUTE_MS),
  soakMode: mostly<Case['soakMode']>('wait', 'resume'),
  reapply: fc.boolean(),
  allowDowngrade: mostly(false, false, true),
  dryRun: mostly(false, false, false, true),
  unwellFromMs: mostly(-1, 10 * HOUR_MS, 0, 11 * MINUTE_MS),
  blindPercent: mostly(0, 50, 95, 100),
  review: fc.record({
    afterMs: oneOf(0, SECOND_MS, 20 * SECOND_MS, 5 * MINUTE_MS, 3 * HOUR_MS),
    verdict: mostly<'approve' | 'reject'>('approve', 'reject'),
  }),
  deeds: fc.oneof(
    { arbitrary: fc.constant([]), weight: 3 },
    { arbitrary: fc.array(deed, { minLength: 1, maxLength: 2 }), weight: 1 },
  ),
  lag: fc.record({ ms: oneOf(0, 2 * SECOND_MS, 20 * SECOND_MS, MINUTE_MS), percent: oneOf(0, 20, 50, 90) }),
  slips: fc.record({
    // Of a portal that shows a wrong state every second time, nothing can be known.
    percent: oneOf(0, 5, 20),
    kinds: fc.subarray([...SLIPS], { minLength: 1, maxLength: 3 }),
  }),
  troubles: fc.array(fc.record({ operation: oneOf(...WRITES), sending: oneOf(1, 2), trouble }), {
    maxLength: 4,
  }),
  outage: fc.record({
    fromMs: oneOf(SECOND_MS, 2.9 * MINUTE_MS, 9.9 * MINUTE_MS),
    forMs: mostly(0, 30 * SECOND_MS),
    slip: oneOf<Slip>('html', 'SYSTEM_BUSY', 'empty list', '503', 'other shape'),
  }),
  times: mostly<TimeForm>(
    'milliseconds',
    'absent',
    'zero',
    'seconds',
    'date as text',
    'constant',
    'now',
    'behind',
    'ahead',
  ),
  ratioForm: mostly<RatioForm>('number', 'number', 'digits as text', 'percent', 'fraction', 'null', 'absent'),
  pageCap: mostly(0, 2, 3, 10),
  total: fc.boolean(),
  withoutHistory: fc.boolean(),
  latencyMs: oneOf(0, 100, 900),
  chance: fc.nat(1_000_000),
});

export const anyCase: fc.Arbitrary<Case> = fc
  .tuple(route, rest)
  .map(([{ stages, from }, other]) => ({ stages, from, ...other }));

/** Stages that can reach their end from there. */
const REACHABLE: readonly (readonly [stages: string, from: Case['from']])[] = [
  ['submit', 'none'],
  ['submit apply', 'none'],
  ['submit apply release', 'none'],
  ['submit apply whitelist grayscale release', 'none'],
  ['apply', 'INIT'],
  ['apply', 'APPROVE'],
  ['approval', 'APPROVE'],
  ['approval release', 'APPROVE'],
  ['whitelist', 'PASSED'],
  ['grayscale', 'PASSED'],
  ['grayscale', 'GRAY_WAIT'],
  ['grayscale release', 'BETA'],
  ['grayscale release', 'GRAY'],
  ['release', 'PASSED'],
  ['release', 'GRAY'],
  ['release', 'ONLINE'],
  ['withdraw', 'APPROVE'],
  ['withdraw', 'BETA'],
  ['withdraw', 'GRAY'],
  ['withdraw', 'CANCELLED'],
  ['rollback', 'ARCHIVED'],
];

/** Slips that say nothing of a state: what a run has to read past. */
const EMPTY_SLIPS = SLIPS.filter((slip) => typeof slip === 'string');

/** Nothing goes wrong but reads: they lag by up to twenty seconds after the first, and slip once in a while. */
export const mildCase: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom(...REACHABLE),
    rest,
    fc.record({ ms: oneOf(0, 2 * SECOND_MS, 20 * SECOND_MS), percent: oneOf(0, 20, 50) }),
    fc.record({ percent: oneOf(0, 5, 20), kinds: fc.subarray([...EMPTY_SLIPS], { minLength: 1, maxLength: 3 }) }),
  )
  .map(([[stages, from], other, lag, slips]) => ({
    ...other,
    stages,
    from,
    lag,
    slips,
    ratioBefore: 5,
    ratios: '5, 20',
    live: 'below',
    other: 'none',
    soakMode: 'wait',
    dryRun: false,
    unwellFromMs: -1,
    review: { afterMs: Math.min(other.review.afterMs, 5 * MINUTE_MS), verdict: 'approve' },
    deeds: [],
    troubles: [],
    outage: { fromMs: 0, forMs: 0, slip: 'html' },
    ratioForm: 'number',
    times: other.times === 'now' ? 'absent' : other.times,
  }));

// --- A run -----------------------------------------------------------------------------------------------------------

const NUMBER = /\d+/g;
const NO_DATA = '{"healthy": null}';

function seedRows(given: Case): SeedRow[] {
  const { from, live, other } = given;
  const liveVersion = live === 'above' ? '2.0.0' : LIVE_VERSION;
  const ours: SeedRow[] =
    from === 'none'
      ? []
      : [
          {
            version: VERSION,
            status: from,
            changedAgoMs: given.changedAgoMs,
            ...(from === 'GRAY' && { ratio: given.ratioBefore }),
          },
        ];
  const isLive = live !== 'none' && from !== 'ONLINE';
  return [
    ...ours,
    ...Array.from({ length: given.drafts }, (_, index): SeedRow => ({ version: `1.0.${100 - index}`, status: 'INIT' })),
    ...(other === 'none' ? [] : [{ version: '1.0.5', status: other, ratio: other === 'GRAY' ? 5 : 0 }]),
    ...(isLive ? [{ version: liveVersion, status: 'ONLINE', changedAgoMs: 240 * HOUR_MS } as const] : []),
    ...(from === 'ONLINE' && live !== 'none' ? [{ version: LIVE_VERSION, status: 'ARCHIVED' } as const] : []),
    ...(live === 'none' ? [] : archived(given.archived)),
  ];
}

export async function runCase(given: Case, place: Place): Promise<ModelRun> {
  const random = seeded(given.chance);
  const percent = (chance: number) => random() * 100 < chance;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const { lag, slips, outage, review } = given;
  /** One-off: never two of three reads, so that a run that reads again can know. */
  let cleanReads = 2;
  const slipNow = (): Slip | undefined => {
    const slip = cleanReads >= 2 && percent(slips.percent) ? pick(slips.kinds) : undefined;
    // A status that the release once had; one that it never had is no state of a replica.
    const isPlausible = typeof slip !== 'object' || isEarlier(slip.status, portal.row()?.status);
    cleanReads = slip && isPlausible ? 0 : cleanReads + 1;
    return isPlausible ? slip : undefined;
  };
  const portal: ModelPortal = modelPortal({
    releases: seedRows(given),
    versions: [VERSION],
    review,
    timeline: [
      ...given.deeds,
      ...(given.from === 'APPROVE' ? [{ atMs: review.afterMs, does: review.verdict } as const] : []),
    ],
    health: (atMs) => {
      if (given.blindPercent > 0 && percent(given.blindPercent)) return NO_DATA;
      return given.unwellFromMs >= 0 && atMs >= given.unwellFromMs ? '{"healthy": false}' : '{"healthy": true}';
    },
    quirks: {
      lagMs: () => (percent(lag.percent) ? lag.ms : 0),
      slip: ({ page }) => (page > 1 ? undefined : slipNow()),
      trouble: ({ operation, sending }) =>
        given.troubles.find((one) => one.operation === operation && one.sending === sending)?.trouble,
      outages: [{ fromMs: outage.fromMs, toMs: outage.fromMs + outage.forMs, slip: outage.slip }],
      times: given.times,
      ratios: given.ratioForm,
      ...(given.pageCap > 0 && { pageCap: given.pageCap }),
      total: given.total,
      withoutHistory: given.withoutHistory,
      latencyMs: () => Math.floor(random() * given.latencyMs),
      ...(given.live === 'unknown word' && { words: { ONLINE: 'RELEASED' } }),
    },
  });
  const inputs: Record<string, string> = {
    stage: given.stages,
    version: given.stages === 'rollback' && given.from === 'ONLINE' ? '' : VERSION,
    'grayscale-ratio': given.ratios,
    'grayscale-soak': `${given.soakMs / SECOND_MS}s`,
    'soak-mode': given.soakMode,
    'whitelist-ids': 'user-0001 user-0002',
    'approval-timeout': '30m',
    reapply: String(given.reapply),
    'allow-downgrade': String(given.allowDowngrade),
    'dry-run': String(given.dryRun),
    ...(given.unwellFromMs >= 0 && { 'health-url': HEALTH_URL }),
    ...(given.unwellFromMs >= 0 && given.blindPercent > 0 && { 'health-when': 'healthy == true' }),
  };
  return runOnModel(inputs, portal, place);
}

/** Whether a release may have had the status before the one it has. */
function isEarlier(status: Status, than: Status | undefined): boolean {
  const way: readonly Status[] = ['INIT', 'APPROVE', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'ONLINE', 'ARCHIVED'];
  if (than === undefined || than === 'INIT') return false;
  if (than === 'REJECTED' || than === 'CANCELLED') return status === 'INIT' || status === 'APPROVE';
  return !way.includes(status) || way.indexOf(status) < way.indexOf(than);
}

// --- What must hold --------------------------------------------------------------------------------------------------

/** The writes that each stage may send. */
const SENDS: Readonly<Record<string, readonly WriteName[]>> = {
  submit: ['createRelease'],
  apply: ['startApproval'],
  approval: [],
  whitelist: ['addWhitelist', 'startPilot'],
  grayscale: ['skipPilot', 'setRatio', 'startGrayscale'],
  release: ['skipPilot', 'goOnline'],
  withdraw: ['cancelApproval', 'cancelRelease'],
  rollback: ['rollback'],
  status: [],
};

const APPROVED: readonly Status[] = ['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'ONLINE'];
const HOLDS: Readonly<Record<string, readonly Status[]>> = {
  apply: APPROVED,
  approval: APPROVED,
  whitelist: APPROVED.slice(1),
  grayscale: ['GRAY', 'ONLINE'],
  release: ['ONLINE'],
  withdraw: ['CANCELLED'],
  rollback: ['ONLINE'],
};

const WORDS: Readonly<Record<Status, string>> = {
  INIT: 'created',
  APPROVE: 'in-review',
  REJECTED: 'rejected',
  CANCELLED: 'withdrawn',
  PASSED: 'approved',
  BETA: 'whitelist-testing',
  GRAY_WAIT: 'rollout-ready',
  GRAY: 'grayscale',
  ONLINE: 'released',
  ARCHIVED: 'archived',
};

/** Refusals for what the row of the release itself shows; a set ratio and a whitelist are not shown. */
const SHOWN = ['STATUS_NOT_ALLOWED', 'RELEASE_EXISTS', 'RELEASE_NOT_FOUND', 'RATIO_MUST_INCREASE'];
/** Slips after which the list may seem to be whole, and does not show what is live. */
const HIDES_LIVE: readonly Slip[] = ['empty list', 'data null', 'without the live one', 'first row only'];
/** Odd times that look plausible: how long a ratio was held before the run cannot be known from them. */
const MISLEADING: readonly TimeForm[] = ['constant', 'behind'];

/** Each promise that the run broke, in a sentence; nothing where all hold. */
export function faultsOf(given: Case, ran: ModelRun): string[] {
  return [...faultsOfWrites(given, ran), ...faultsOfVerdict(given, ran), ...faultsOfCanary(given, ran)];
}

/** Whether the last read before the write showed the truth about our release. */
function couldKnow({ portal }: ModelRun, write: ReceivedWrite): boolean {
  const look = portal.looks[write.looksBefore - 1];
  if (!look || look.slip !== undefined || look.page > 1) return false;
  const shown = rowOf(look.shown, write.version);
  const isListed = look.versions.includes(write.version);
  return shown === rowOf(write.truthBefore, write.version) && (shown === undefined || isListed);
}

function rowOf(truth: Truth, version: string): Row | undefined {
  return truth.releases.find((row) => row.version === version);
}

/** Whether a read that did not slip showed the version before then. */
function wasShown({ portal }: ModelRun, version: string, beforeMs: number): boolean {
  return portal.looks.some(
    (look: Look) => look.atMs <= beforeMs && look.slip === undefined && look.versions.includes(version),
  );
}

function faultsOfWrites(given: Case, ran: ModelRun): string[] {
  const faults: string[] = [];
  const { portal } = ran;
  const { writes } = portal;
  const allowed = given.dryRun ? [] : given.stages.split(' ').flatMap((stage) => SENDS[stage] ?? []);
  const nameOf = ({ operation, ratio }: ReceivedWrite) =>
    operation === 'startGrayscale' ? `${operation} ${ratio}` : operation;

  for (const [index, write] of writes.entries()) {
    const name = nameOf(write);
    if (!allowed.includes(write.operation)) faults.push(`${name} was sent, and no stage asks for it`);
    const isOfHiddenRatio =
      write.forbidden === 'RATIO_MUST_INCREASE' && !['number', 'digits as text'].includes(given.ratioForm);
    if (write.forbidden && SHOWN.includes(write.forbidden) && !isOfHiddenRatio && couldKnow(ran, write)) {
      faults.push(`${name} was sent though the last read showed that it is not allowed (${write.forbidden})`);
    }
    if (REPEATABLE.includes(write.operation)) continue;
    const earlier = writes.slice(0, index).filter((other) => nameOf(other) === name);
    if (earlier.some(({ accepted }) => accepted)) faults.push(`${name} was sent again after it was accepted`);
    const [last] = earlier.slice(-1);
    const since = portal.looks.slice(last?.looksBefore, write.looksBefore);
    const isShown = since.some(({ versions }) => versions.includes(write.version));
    if (last?.isLost && !isShown && write.operation !== 'createRelease') {
      faults.push(`${name} was sent again though no read since the lost response showed the release`);
    }
    const took = earlier.find((other) => other.took);
    if (took && couldKnow(ran, write) && !given.deeds.length && rowOf(portal.truth(), write.version) !== took.before) {
      const look = portal.looks[write.looksBefore - 1];
      const isVisible = look && rowOf(look.shown, write.version)?.status !== took.before?.status;
      if (isVisible) faults.push(`${name} was sent again though the last read showed that it took`);
    }
    if (earlier.filter(({ forbidden }) => forbidden).length > 2)
      faults.push(`${name} was sent again after three refusals`);
  }

  const online = writes.find(({ operation, took }) => operation === 'goOnline' && took);
  if (online && !given.allowDowngrade) {
    const live = liveIn(online.truthBefore);
    if (live && isBelow(VERSION, live) && wasShown(ran, live, online.atMs))
      faults.push(`released below ${live}, which was shown as live`);
  }
  // A release that was created reaches nobody, and a submit has four requests.
  const free = ['cancelApproval', 'cancelRelease', 'createRelease'];
  const needsLive = writes.filter(({ operation }) => !free.includes(operation));
  const [first] = needsLive;
  if (first && given.live === 'unknown word' && !given.allowDowngrade) {
    const live = liveIn(first.truthBefore);
    // Our own row may have been shown with another word by a slip.
    if (live && live !== VERSION && wasShown(ran, live, first.atMs))
      faults.push(`${first.operation} was sent though a status word was not known`);
  }
  return faults;
}

function faultsOfVerdict(given: Case, ran: ModelRun): string[] {
  const faults: string[] = [];
  const { portal, report } = ran;
  const version = report.version || VERSION;
  // What others did after the run's last good read it cannot have seen, but what it did itself it knows.
  const lastOwnMs = Math.max(0, ...portal.writes.filter(({ took }) => took).map(({ atMs }) => atMs));
  const lastLookMs = portal.looks.findLast(({ slip, versions }) => !slip && versions.length > 0)?.atMs ?? 0;
  const sinceMs = Math.max(lastOwnMs, lastLookMs - (given.lag.percent > 0 ? given.lag.ms : 0));
  const all = portal.states();
  const recent = all
    .filter((_, index) => (all[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) > sinceMs)
    .map(({ truth }) => truth);
  const was = (test: (row: Row | undefined, truth: Truth) => boolean) =>
    recent.some((truth) => test(rowOf(truth, version), truth));
  const { verdict } = report;
  // A run that met stale or wrong reads only cannot know better.
  const knew = portal.looks.some(({ slip, shown, versions }) => {
    const isFresh = recent.some((truth) => rowOf(truth, version) === rowOf(shown, version));
    return slip === undefined && isFresh && versions.includes(version);
  });
  // Where every read has a new time, none tells which of two states is the newer one.
  const isTold = knew && given.times !== 'now' && report.version !== '';

  if (report.error?.code === 'internal') faults.push(`internal: ${report.error.found}`);
  if (report.complete && !given.dryRun) {
    for (const stage of given.stages.split(' ')) {
      const holding = HOLDS[stage];
      const lastRatio = Number(given.ratios.match(NUMBER)?.at(-1));
      const holds = was((row, truth) => {
        if (stage === 'status') return true;
        if (stage === 'submit') return row !== undefined;
        if (stage === 'rollback') return liveIn(truth) === version;
        const isFarEnough = stage !== 'grayscale' || row?.status !== 'GRAY' || row.ratio >= lastRatio;
        return row !== undefined && (holding ?? []).includes(row.status) && isFarEnough;
      });
      if (!holds && knew) faults.push(`${verdict}: complete, but the end of ${stage} does not hold`);
    }
  }
  if (report.released && !was((row) => row?.status === 'ONLINE'))
    faults.push(`${verdict}: released=true, but it is not live`);
  const isHonest = verdict === 'failed' || verdict === 'pending';
  if (!report.released && !isHonest && knew && recent.every((truth) => liveIn(truth) === version)) {
    if (given.live !== 'unknown word') faults.push(`${verdict}: released=false, but it is live`);
  }
  if (['rejected', 'withdrawn', 'refused'].includes(verdict) && report.state !== 'unknown' && report.state !== 'busy') {
    const holds = was((row) => (row ? WORDS[row.status] : 'none') === report.state);
    // What a replica that lags shows beside the portal's own refusal is the best that there is.
    const isByPortal = /The portal refused/.test(report.error?.found ?? '');
    if (!holds && isTold && !isByPortal)
      faults.push(`${verdict}: state=${report.state}, but it is ${portal.row(version)?.status ?? 'not there'}`);
  }
  const took = portal.writes.filter((write) => write.took && !REPEATABLE.includes(write.operation));
  const isInDoubt = ['failed', 'refused'].includes(verdict) && /is not known/.test(report.message);
  if (took.length > 0 && !report.changed && !isInDoubt)
    faults.push(`${verdict}: changed=false, but ${took[0]?.operation} took`);
  const isOfRead = /^(The answer to |The response to )?(listReleases|findRelease|listVersions)/.test(
    report.error?.found ?? '',
  );
  const isOfSlip = ['portal-unexpected', 'portal-refused'].includes(report.error?.code ?? '') && isOfRead;
  if (isOfSlip && given.outage.forMs === 0 && took.length > 0)
    faults.push('failed: one wrong read ended the run after a write');
  // A write whose response was lost or unclear may look as if it took where somebody else did the same.
  const touched = portal.writes.filter((write) => write.took || write.accepted || write.isLost);
  if (touched.length === 0 && given.deeds.length === 0 && report.changed)
    faults.push(`${verdict}: changed=true, but no write took`);
  const hidden = portal.looks.filter(
    ({ slip, operation }) => operation === 'listReleases' && slip !== undefined && HIDES_LIVE.includes(slip),
  );
  const wasEverLive = all[0]?.truth.releases.some(({ status }) => status === 'ONLINE' || status === 'ARCHIVED');
  if (report.firstRelease && wasEverLive && hidden.length < 2)
    faults.push('first-release=true, but a version was live');
  return faults;
}

function faultsOfCanary(given: Case, ran: ModelRun): string[] {
  const faults: string[] = [];
  const { portal, report } = ran;
  const states = portal.states();
  const others = given.deeds.filter(({ does }) => does === 'startGrayscale');
  /** Since when a ratio was in effect at a time. */
  const heldSince = (ratio: number, atMs: number) => {
    const before = states.filter((state) => state.atMs < atMs || state === states[0]);
    const start = before.findLastIndex(
      ({ truth }) => rowOf(truth, VERSION)?.status !== 'GRAY' || rowOf(truth, VERSION)?.ratio !== ratio,
    );
    return before[start + 1]?.atMs === Number.NEGATIVE_INFINITY
      ? -given.changedAgoMs
      : (before[start + 1]?.atMs ?? Number.NaN);
  };
  const asked = given.stages.split(' ');
  const raises = portal.writes.filter(({ operation, took, before, accepted }) => {
    const isRaise = operation === 'startGrayscale' || (operation === 'goOnline' && asked.includes('grayscale'));
    return isRaise && (took || accepted) && before?.status === 'GRAY';
  });
  for (const { operation, before, atMs } of raises) {
    const ratio = before?.ratio ?? 0;
    const sinceMs = heldSince(ratio, atMs);
    if (sinceMs <= 0 && MISLEADING.includes(given.times)) continue;
    if (others.some((one) => one.ratio === ratio)) continue;
    const heldMs = atMs - sinceMs;
    if (heldMs < given.soakMs - SECOND_MS)
      faults.push(`${operation} after ${ratio}% was held for ${heldMs / SECOND_MS} s`);
  }
  const nowMs = portal.clock.now() - portal.startMs;
  const row = portal.row();
  if (
    report.complete &&
    !given.dryRun &&
    asked.at(-1) === 'grayscale' &&
    row?.status === 'GRAY' &&
    others.length === 0
  ) {
    const sinceMs = heldSince(row.ratio, nowMs + 1);
    const isKnown = sinceMs > 0 || !MISLEADING.includes(given.times);
    if (isKnown && nowMs - sinceMs < given.soakMs - SECOND_MS) {
      faults.push(`complete after ${row.ratio}% was held for ${(nowMs - sinceMs) / SECOND_MS} s`);
    }
  }
  if (given.unwellFromMs >= 0) {
    for (const [index, write] of portal.writes.entries()) {
      const changesUsers =
        write.operation === 'startGrayscale' || (write.operation === 'goOnline' && write.before?.status === 'GRAY');
      if (!changesUsers) continue;
      const check = portal.healthChecks.findLast(({ writesBefore }) => writesBefore <= index);
      const isRight = check?.writesBefore === index && !check.response.includes('false');
      if (!isRight) faults.push(`${write.operation} was sent without a good health check right before it`);
      const last = portal.writes.findLastIndex(
        (one, at) => at < index && one.operation === 'startGrayscale' && one.took,
      );
      const data = portal.healthChecks.filter(
        ({ writesBefore, response }) => writesBefore > last && writesBefore <= index && response !== NO_DATA,
      );
      const isGood = data.at(-1)?.response.includes('true');
      if (write.took && !isGood) faults.push(`${write.operation} was sent without data since the last increase`);
    }
  }
  return faults;
}

/** Of versions of three numbers. */
function isBelow(version: string, other: string): boolean {
  const [a = [], b = []] = [version, other].map((text) => text.match(NUMBER)?.map(Number) ?? []);
  const at = a.findIndex((number, index) => number !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
