/**
 * A portal model that a run talks to in process, through the seam `ProcessDependencies.exchange`: no socket, no waiting, and time is
 * the fake clock's. It keeps the true state by the rules of docs/portal.md, with every past state, and shows it through
 * misbehaviours that real portals have: replicas that lag, slips, page caps, odd forms, lost and wrong responses. What
 * was written and what it did is recorded by the true state, whatever the run was shown.
 *
 * It shares no code with the client, so that the two can disagree.
 */

import type { Exchange, RawResponse } from '../../src/net/exchange.ts';
import { MINIAPP, SPACE, TARGET } from './action.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type Place, runInProcess } from './in-process.ts';

export const VERSION = '1.1.0';
export const LIVE_VERSION = '1.0.0';
/** No port of a service, so that a request that escapes the seam reaches nobody. */
const ORIGIN = 'http://127.0.0.1:9';
export const HEALTH_URL = `${ORIGIN}/health`;
const BASE = '/rest/intercnn';
const HOUR_MS = 3_600_000;
/** More than any run needs: a loop without end is an error of the run. */
const MOST_REQUESTS = 5_000;

/** The portal's words, in the order of a release. */
export type Status =
  | 'INIT'
  | 'APPROVE'
  | 'REJECTED'
  | 'CANCELLED'
  | 'PASSED'
  | 'BETA'
  | 'GRAY_WAIT'
  | 'GRAY'
  | 'ONLINE'
  | 'ARCHIVED';

export interface Row {
  readonly version: string;
  readonly status: Status;
  /** In effect, in percent; 0 before a rollout. */
  readonly ratio: number;
  /** Set, and in effect only after startGrayscale. */
  readonly ratioSet: number;
  readonly whitelisted: number;
  readonly comment: string;
  readonly modifiedAtMs: number;
}

export interface Truth {
  /** Newest first. */
  readonly releases: readonly Row[];
  /** Uploaded versions, newest first. */
  readonly versions: readonly string[];
  readonly history: readonly HistoryEntry[];
}

interface HistoryEntry {
  readonly version: string;
  readonly type: string;
  readonly atMs: number;
  readonly comment: string;
}

const READS: Readonly<Record<string, ReadName>> = {
  '/app/version/query': 'listVersions',
  '/app/publish/version/query': 'listReleases',
  '/app/publish/version/history/query': 'releaseHistory',
};

const WRITES: Readonly<Record<string, WriteName>> = {
  '/app/version/uploadResource': 'uploadPackage',
  '/app/version/create': 'createVersion',
  '/app/publish/version/create': 'createRelease',
  '/app/publish/version/startApprove': 'startApproval',
  '/app/publish/version/gray/skipBeta': 'skipPilot',
  '/app/publish/online': 'goOnline',
  '/app/publish/version/gray/whitelist/add': 'addWhitelist',
  '/app/publish/version/gray/startBeta': 'startPilot',
  '/app/publish/version/gray/setRatio': 'setRatio',
  '/app/publish/version/gray/start': 'startGrayscale',
  '/app/publish/version/cancelApprove': 'cancelApproval',
  '/app/publish/version/cancel': 'cancelRelease',
  '/app/publish/rollback': 'rollback',
};

export type ReadName = 'listVersions' | 'listReleases' | 'findRelease' | 'releaseHistory';

export type WriteName =
  | 'uploadPackage'
  | 'createVersion'
  | 'createRelease'
  | 'startApproval'
  | 'skipPilot'
  | 'goOnline'
  | 'addWhitelist'
  | 'startPilot'
  | 'setRatio'
  | 'startGrayscale'
  | 'cancelApproval'
  | 'cancelRelease'
  | 'rollback';

/** Twice the same value changes nothing, and no read can show it. */
export const REPEATABLE: readonly WriteName[] = ['uploadPackage', 'addWhitelist', 'setRatio'];

/** The statuses that the portal allows each operation from, and the one it leads to. */
const RULES: Readonly<Partial<Record<WriteName, readonly [from: readonly Status[], to?: Status]>>> = {
  startApproval: [['INIT', 'REJECTED', 'CANCELLED'], 'APPROVE'],
  cancelApproval: [['APPROVE'], 'CANCELLED'],
  cancelRelease: [['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY'], 'CANCELLED'],
  addWhitelist: [['PASSED', 'BETA']],
  startPilot: [['PASSED', 'BETA'], 'BETA'],
  skipPilot: [['PASSED', 'BETA'], 'GRAY_WAIT'],
  setRatio: [['GRAY_WAIT', 'GRAY']],
  startGrayscale: [['GRAY_WAIT', 'GRAY'], 'GRAY'],
  goOnline: [['GRAY_WAIT', 'GRAY'], 'ONLINE'],
  rollback: [['ARCHIVED'], 'ONLINE'],
};

const UNDER_WAY: readonly Status[] = ['APPROVE', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY'];
const NOT_ON_FIRST_RELEASE: readonly WriteName[] = ['addWhitelist', 'startPilot', 'setRatio', 'startGrayscale'];

// --- What a test says ------------------------------------------------------------------------------------------------

export interface SeedRow {
  readonly version: string;
  readonly status: Status;
  readonly ratio?: number;
  readonly whitelisted?: number;
  readonly comment?: string;
  /** How long before the run's start it was last changed; an hour where absent. */
  readonly changedAgoMs?: number;
}

/** What somebody else does, at a time from the start. */
export interface Deed {
  readonly atMs: number;
  readonly does: 'approve' | 'reject' | WriteName;
  readonly version?: string;
  readonly ratio?: number;
  readonly reason?: string;
}

export interface ReadInfo {
  readonly operation: ReadName;
  /** The version asked for; empty for a list. */
  readonly version: string;
  readonly page: number;
  /** Since the start. */
  readonly atMs: number;
  /** Counts the reads of releases (listReleases and findRelease) from 1; 0 for other reads. */
  readonly nth: number;
  /** Counts the reads of releases since the last write that was accepted or took effect, from 1. */
  readonly sinceWrite: number;
  /** That write; undefined before the first. */
  readonly lastWrite: WriteName | undefined;
  /** Since that write. */
  readonly sinceWriteMs: number;
}

/** What one read shows instead of what is there. */
export type Slip =
  | 'empty list'
  | 'data null'
  | 'no data'
  | 'without ours'
  | 'without the live one'
  | 'first row only'
  | 'other shape'
  | 'html'
  | 'empty body'
  | 'cut json'
  | 'SYSTEM_BUSY'
  | 'reset'
  | '503'
  /** Our row with another status, changed so long ago; its time unchanged where absent. */
  | { readonly status: Status; readonly agoMs?: number; readonly ratio?: number };

export interface Trouble {
  /** When it takes effect, if the rules allow it: now, never, or so many milliseconds later. */
  readonly effect: 'now' | 'never' | number;
  readonly response:
    | 'success'
    | 'reset'
    | '500'
    | '503'
    | 'html'
    | 'empty body'
    | 'cut json'
    /** success: false with this code; '' for none. */
    | { readonly code: string };
}

export type TimeForm =
  | 'milliseconds'
  | 'digits as text'
  | 'absent'
  | 'null'
  | 'zero'
  | 'seconds'
  | 'minutes'
  | 'date as text'
  | 'constant'
  /** The time of the read, whatever changed. */
  | 'now'
  /** Moves with each change, but two days behind. */
  | 'behind'
  /** Moves with each change, but two days ahead. */
  | 'ahead';

export type RatioForm =
  | 'number'
  | 'digits as text'
  | 'percent'
  | 'fraction'
  | 'decimal as text'
  | 'null'
  | 'absent'
  | 'empty text'
  | 'object';

export interface Quirks {
  /** How far behind the replica is that a read meets, in milliseconds. */
  readonly lagMs?: (read: ReadInfo) => number;
  readonly slip?: (read: ReadInfo) => Slip | undefined;
  readonly trouble?: (write: { operation: WriteName; sending: number; ratio: number }) => Trouble | undefined;
  readonly times?: TimeForm;
  readonly ratios?: RatioForm;
  /** The most rows a page has, whatever size is asked for. */
  readonly pageCap?: number;
  readonly total?: boolean;
  /** Another word for a status, of some versions or of all. */
  readonly words?: Readonly<Record<string, string>>;
  /** Rows as they are shown: rows of others added, rows doubled. */
  readonly rows?: (rows: readonly WireRow[], now: Truth) => readonly WireRow[];
  /** While it lasts, every read and write slips so. */
  readonly outages?: readonly { readonly fromMs: number; readonly toMs: number; readonly slip: Slip }[];
  /** The portal keeps no history. */
  readonly withoutHistory?: boolean;
  readonly latencyMs?: () => number;
}

export type WireRow = Readonly<Record<string, unknown>>;

export interface ModelOptions {
  readonly clock?: FakeClock;
  /** Newest first. */
  readonly releases?: readonly SeedRow[];
  /** Uploaded besides those that have a release. */
  readonly versions?: readonly string[];
  /** What the administrator answers to each application, and how long after it; nothing where absent. */
  readonly review?: { readonly afterMs: number; readonly verdict: 'approve' | 'reject'; readonly reason?: string };
  readonly timeline?: readonly Deed[];
  readonly quirks?: Quirks;
  /** The health check's response body at a time from the start; healthy where absent. */
  readonly health?: (atMs: number) => string | { readonly status: number; readonly body: string };
}

// --- What a test reads -----------------------------------------------------------------------------------------------

export interface ReceivedWrite {
  readonly operation: WriteName;
  readonly version: string;
  /** Of setRatio the one sent, of startGrayscale the one that was set. */
  readonly ratio: number;
  readonly atMs: number;
  /** The true row before it; undefined where there was none. */
  readonly before: Row | undefined;
  readonly truthBefore: Truth;
  /** The code by which the true state forbids it; undefined where it is allowed. */
  readonly forbidden: string | undefined;
  /** How many reads of releases came before it. */
  readonly looksBefore: number;
  /** The response says success. */
  readonly accepted: boolean;
  /** The response says neither that it took nor that the portal refused it. */
  readonly isLost: boolean;
  /** Its effect took place, now or later. */
  readonly took: boolean;
}

/** A read of releases, and what the response showed. */
export interface Look {
  readonly atMs: number;
  readonly operation: ReadName;
  readonly page: number;
  readonly slip: Slip | undefined;
  /** The true state that the replica had. */
  readonly shown: Truth;
  /** The versions in the response; empty where it was no list. */
  readonly versions: readonly string[];
}

export interface ModelPortal {
  readonly clock: FakeClock;
  readonly startMs: number;
  readonly exchange: (request: Exchange) => Promise<RawResponse>;
  readonly writes: readonly ReceivedWrite[];
  readonly looks: readonly Look[];
  /** Reads by operation. */
  readonly reads: Readonly<Record<ReadName, number>>;
  /** Each request to the health check, with the number of writes that the portal had received by then. */
  readonly healthChecks: readonly { readonly atMs: number; readonly response: string; readonly writesBefore: number }[];
  /** A line for each request and each deed of others, for a person who replays a run; repeated lines are counted. */
  trace(): readonly string[];
  /** `setRatio 20` for each write received, with what became of it where that is not plain success. */
  received(): string[];
  /** What holds now. */
  truth(): Truth;
  /** Every true state with the time from which it held, oldest first. */
  states(): readonly { readonly atMs: number; readonly truth: Truth }[];
  row(version?: string): Row | undefined;
  live(): string | undefined;
}

export const LIVE_ROW: SeedRow = { version: LIVE_VERSION, status: 'ONLINE', changedAgoMs: 240 * HOUR_MS };

/** Our version in a status, above the one that is live. */
export function ours(status: Status, more: Partial<SeedRow> = {}): readonly SeedRow[] {
  return [{ version: VERSION, status, ...more }, LIVE_ROW];
}

/** So many archived versions below the live one, newest first. */
export function archived(count: number, major = 0): readonly SeedRow[] {
  return Array.from({ length: count }, (_, index) => ({
    version: `${major}.${count - index}.0`,
    status: 'ARCHIVED' as const,
    changedAgoMs: (500 + index) * HOUR_MS,
  }));
}

export function modelPortal(options: ModelOptions = {}): ModelPortal {
  const { quirks = {} } = options;
  const clock = options.clock ?? fakeClock();
  const startMs = clock.now();
  const elapsed = () => clock.now() - startMs;
  const writes: ReceivedWrite[] = [];
  const reads: Record<ReadName, number> = { listVersions: 0, listReleases: 0, findRelease: 0, releaseHistory: 0 };
  const looks: Look[] = [];
  const shownRows = new Map<Truth, readonly WireRow[]>();
  const healthChecks: { atMs: number; response: string; writesBefore: number }[] = [];
  const trace: { atMs: number; text: string; times: number }[] = [];
  const states: { atMs: number; truth: Truth }[] = [
    { atMs: Number.NEGATIVE_INFINITY, truth: seedTruth(options, startMs) },
  ];
  /** What is still to come, in the order of time. */
  const coming: Deed[] = [...(options.timeline ?? [])];
  const sendings = new Map<string, number>();
  let uploads: readonly string[] = [];
  let nth = 0;
  let requests = 0;
  let sinceWrite = 0;
  let lastWrite: { operation: WriteName; atMs: number } | undefined;

  const say = (text: string, atMs = elapsed()) => {
    const last = trace.at(-1);
    if (last?.text === text) last.times++;
    else trace.push({ atMs, text, times: 1 });
  };
  const latest = (): Truth => (states.at(-1) as { truth: Truth }).truth;
  const stateAt = (atMs: number): Truth => {
    for (let index = states.length - 1; index > 0; index--) {
      const state = states[index];
      if (state && state.atMs <= atMs) return state.truth;
    }
    return (states[0] as { truth: Truth }).truth;
  };

  /** What others did up to now, each at its own time. */
  const settle = () => {
    for (;;) {
      const [next] = coming.toSorted((a, b) => a.atMs - b.atMs);
      if (!next || next.atMs > elapsed()) return;
      coming.splice(coming.indexOf(next), 1);
      const version = next.version ?? VERSION;
      const done = doneBy(latest(), next, version, startMs + next.atMs);
      say(`   somebody else: ${next.does} ${version} ${next.ratio ?? ''}${done ? '' : ' (not allowed)'}`, next.atMs);
      if (!done) continue;
      states.push({ atMs: next.atMs, truth: done });
      if (next.does === 'startApproval') review(version, next.atMs);
    }
  };
  const review = (version: string, atMs: number) => {
    if (!options.review) return;
    const { afterMs, verdict, reason } = options.review;
    coming.push({ atMs: atMs + afterMs, does: verdict, version, ...(reason && { reason }) });
  };

  function read(operation: ReadName, url: URL): RawResponse {
    const version = url.searchParams.get('version') ?? '';
    const name = operation === 'listReleases' && url.searchParams.has('version') ? 'findRelease' : operation;
    const isOfReleases = name === 'listReleases' || name === 'findRelease';
    reads[name]++;
    if (isOfReleases) {
      nth++;
      sinceWrite++;
    }
    const info: ReadInfo = {
      operation: name,
      version,
      page: Number(url.searchParams.get('currentPage') ?? 1),
      atMs: elapsed(),
      nth: isOfReleases ? nth : 0,
      sinceWrite,
      lastWrite: lastWrite?.operation,
      sinceWriteMs: lastWrite ? elapsed() - lastWrite.atMs : Number.POSITIVE_INFINITY,
    };
    const lagMs = quirks.lagMs?.(info) ?? 0;
    const slip = outageAt(info.atMs) ?? quirks.slip?.(info);
    const shown = withSlip(stateAt(elapsed() - lagMs), slip, clock.now());
    const rows = rowsFor(info, shown);
    say(
      `${name} ${version}${info.page > 1 ? ` page ${info.page}` : ''}${lagMs ? ` (${lagMs / 1000} s old)` : ''}` +
        `${slip ? ` (${typeof slip === 'string' ? slip : slip.status})` : ''} -> ${summary(rows)}`,
    );
    if (isOfReleases) looks.push({ atMs: info.atMs, operation: name, page: info.page, slip, shown, versions: [] });
    const answer = typeof slip === 'string' ? slipped(slip, rows, info, url) : page(rows, url);
    if (isOfReleases) looks[looks.length - 1] = { ...(looks.at(-1) as Look), versions: versionsIn(answer) };
    return answer;
  }

  function rowsFor(info: ReadInfo, shown: Truth): readonly WireRow[] {
    if (info.operation === 'listVersions') {
      return shown.versions.map((version) => ({ version, artifactList: [pathOf(version)] }));
    }
    if (info.operation === 'releaseHistory') {
      if (quirks.withoutHistory) return [];
      const entries = shown.history.filter((entry) => entry.version === info.version);
      return entries
        .toReversed()
        .map(({ type, atMs, comment }) => ({ type, operator: 'somebody', time: atMs, comment }));
    }
    // Most reads show what the read before showed.
    const all = (quirks.times !== 'now' && shownRows.get(shown)) || wireRows(shown);
    shownRows.set(shown, all);
    const rows = quirks.rows?.(all, shown) ?? all;
    return info.version === '' ? rows : rows.filter((row) => row['version'] === info.version);
  }

  function wireRows({ releases }: Truth): readonly WireRow[] {
    return releases.map((row) => wireRow(row, quirks, clock.now(), startMs));
  }

  function page(rows: readonly WireRow[], url: URL): RawResponse {
    const asked = Number(url.searchParams.get('pageSize') ?? rows.length);
    const size = Math.max(1, Math.min(asked, quirks.pageCap ?? asked));
    const from = (Number(url.searchParams.get('currentPage') ?? 1) - 1) * size;
    const list = rows.slice(from, from + size);
    return envelope({ list, ...(quirks.total && { total: rows.length }) });
  }

  function slipped(slip: Exclude<Slip, object>, rows: readonly WireRow[], info: ReadInfo, url: URL): RawResponse {
    switch (slip) {
      case 'empty list':
        return envelope({ list: [] });
      case 'without ours':
        return page(
          rows.filter((row) => row['version'] !== (info.version || VERSION)),
          url,
        );
      case 'without the live one':
        return page(
          rows.filter((row) => row['versionStatus'] !== (quirks.words?.['ONLINE'] ?? 'ONLINE')),
          url,
        );
      case 'first row only':
        return page(rows.slice(0, 1), url);
      default:
        return faulty(slip);
    }
  }

  function outageAt(atMs: number): Slip | undefined {
    return quirks.outages?.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.slip;
  }

  async function write(operation: WriteName, request: Exchange): Promise<RawResponse> {
    const fields = await fieldsOf(operation, request);
    const { version } = fields;
    const before = latest();
    const row = before.releases.find((release) => release.version === version);
    const ratio = operation === 'startGrayscale' ? (row?.ratioSet ?? 0) : fields.ratio;
    const forbidden = whyForbidden(before, operation, fields, uploads);
    const key = operation === 'startGrayscale' || operation === 'setRatio' ? `${operation} ${ratio}` : operation;
    const sending = (sendings.get(key) ?? 0) + 1;
    sendings.set(key, sending);
    const outage = outageAt(elapsed());
    const trouble: Trouble = outage
      ? { effect: 'never', response: outage === 'SYSTEM_BUSY' ? { code: 'SYSTEM_BUSY' } : 'html' }
      : (quirks.trouble?.({ operation, sending, ratio }) ?? { effect: 'now', response: 'success' });
    const took = forbidden === undefined && trouble.effect !== 'never';
    const isRefused =
      forbidden !== undefined && (trouble.response === 'success' || typeof trouble.response === 'object');
    const accepted = trouble.response === 'success' && !isRefused;
    const atMs = elapsed();
    writes.push({
      operation,
      version,
      ratio,
      atMs,
      before: row,
      truthBefore: before,
      forbidden,
      looksBefore: looks.length,
      accepted,
      took,
      isLost: trouble.response !== 'success' && typeof trouble.response !== 'object',
    });
    say(
      `>> ${nameOf(operation, ratio)} ${version} from ${row ? row.status : 'none'}: ` +
        `${forbidden ?? (took ? `takes effect ${trouble.effect}` : 'no effect')}, ` +
        `response ${isRefused ? forbidden : typeof trouble.response === 'object' ? trouble.response.code || 'no code' : trouble.response}`,
    );
    if (took) {
      if (typeof trouble.effect === 'number') {
        coming.push({
          atMs: atMs + trouble.effect,
          does: operation,
          version,
          ...(operation === 'setRatio' && { ratio }),
        });
      } else {
        if (operation === 'uploadPackage') uploads = [...uploads, version];
        states.push({ atMs, truth: applied(before, operation, fields, clock.now()) });
        if (operation === 'startApproval') review(version, atMs);
      }
    }
    if (took || accepted) {
      lastWrite = { operation, atMs };
      sinceWrite = 0;
    }
    if (isRefused) return refusal(forbidden ?? '');
    if (typeof trouble.response === 'object') return refusal(trouble.response.code);
    if (trouble.response === 'success') {
      return envelope(operation === 'uploadPackage' ? { path: pathOf(version) } : {});
    }
    return faulty(trouble.response);
  }

  async function exchange(request: Exchange): Promise<RawResponse> {
    const { url } = request;
    clock.advance(quirks.latencyMs?.() ?? 0);
    if (url.pathname === '/health') {
      const answer = options.health?.(elapsed()) ?? '{"healthy": true}';
      const { status, body } = typeof answer === 'string' ? { status: 200, body: answer } : answer;
      healthChecks.push({ atMs: elapsed(), response: body, writesBefore: writes.length });
      say(`health check -> ${status} ${body}`);
      return raw(status, {}, body);
    }
    settle();
    if (++requests > MOST_REQUESTS) throw new Error(`The run sent more than ${MOST_REQUESTS} requests.`);
    const path = url.pathname.slice(BASE.length);
    const readName = request.method === 'GET' ? READS[path] : undefined;
    if (readName) return read(readName, url);
    const writeName = request.method === 'POST' ? WRITES[path] : undefined;
    if (writeName) return write(writeName, request);
    throw new Error(`The model knows no ${request.method} ${url.pathname}.`);
  }

  const truth = () => {
    settle();
    return latest();
  };
  return {
    clock,
    startMs,
    exchange,
    writes,
    reads,
    looks,
    healthChecks,
    trace: () =>
      trace.map(({ atMs, text, times }) => {
        const time = `${(atMs / 1000).toFixed(1).padStart(9)} s`;
        return `${time}  ${text}${times > 1 ? ` (and ${times - 1} more)` : ''}`;
      }),
    received: () =>
      writes.map(({ operation, ratio, accepted, took, forbidden }) => {
        const became = accepted
          ? took
            ? ''
            : ' (no effect)'
          : forbidden
            ? ' (refused)'
            : took
              ? ' (took)'
              : ' (lost)';
        return nameOf(operation, ratio) + became;
      }),
    truth,
    states: () => {
      settle();
      return states;
    },
    row: (version = VERSION) => truth().releases.find((release) => release.version === version),
    live: () => liveIn(truth()),
  };
}

function versionsIn({ text }: RawResponse): readonly string[] {
  return [...text.matchAll(/"version":"([^"]*)"/g)].map(([, version = '']) => version);
}

/** The state with our row as the slip shows it. */
function withSlip(truth: Truth, slip: Slip | undefined, nowMs: number): Truth {
  if (typeof slip !== 'object') return truth;
  const { status, agoMs, ratio } = slip;
  const change = (row: Row): Row => ({
    ...row,
    status,
    ratio: ratio ?? row.ratio,
    modifiedAtMs: agoMs === undefined ? row.modifiedAtMs : nowMs - agoMs,
  });
  return { ...truth, releases: truth.releases.map((row) => (row.version === VERSION ? change(row) : row)) };
}

export function liveIn(truth: Truth): string | undefined {
  return truth.releases.find((release) => release.status === 'ONLINE')?.version;
}

function nameOf(operation: WriteName, ratio: number): string {
  return operation === 'setRatio' ? `${operation} ${ratio}` : operation;
}

function summary(rows: readonly WireRow[]): string {
  const shown = rows
    .slice(0, 4)
    .map((row) => `${row['version'] ?? row['type']} ${row['versionStatus'] ?? ''} ${row['grayRatio'] ?? ''}`.trim());
  return `${shown.join(', ')}${rows.length > 4 ? `, ... (${rows.length})` : ''}` || 'nothing';
}

// --- The rules -------------------------------------------------------------------------------------------------------

interface Fields {
  readonly version: string;
  readonly ratio: number;
  readonly userIds: number;
}

function whyForbidden(
  truth: Truth,
  operation: WriteName,
  { version, ratio }: Fields,
  uploads: readonly string[],
): string | undefined {
  if (operation === 'uploadPackage') return undefined;
  if (operation === 'createVersion') {
    if (truth.versions.includes(version)) return 'VERSION_EXISTS';
    return uploads.includes(version) ? undefined : 'PACKAGE_NOT_FOUND';
  }
  const row = truth.releases.find((release) => release.version === version);
  if (operation === 'createRelease') {
    if (!truth.versions.includes(version)) return 'VERSION_NOT_FOUND';
    return row ? 'RELEASE_EXISTS' : undefined;
  }
  if (!row) return 'RELEASE_NOT_FOUND';
  const [from] = RULES[operation] ?? [[]];
  if (!from.includes(row.status)) return 'STATUS_NOT_ALLOWED';
  const others = truth.releases.filter((release) => release.version !== version);
  if (operation === 'startApproval' && others.some(({ status }) => UNDER_WAY.includes(status))) {
    return 'ANOTHER_RELEASE_IN_PROGRESS';
  }
  if (operation === 'rollback' && others.some(({ status }) => status === 'GRAY')) return 'STATUS_NOT_ALLOWED';
  const wasEverLive = truth.releases.some(({ status }) => status === 'ONLINE' || status === 'ARCHIVED');
  if (NOT_ON_FIRST_RELEASE.includes(operation) && !wasEverLive) return 'FIRST_RELEASE';
  if (operation === 'startPilot' && row.whitelisted === 0) return 'WHITELIST_EMPTY';
  if (operation === 'setRatio') {
    if (!Number.isInteger(ratio) || ratio < 1 || ratio > 100) return 'RATIO_INVALID';
    if (ratio <= row.ratio) return 'RATIO_MUST_INCREASE';
  }
  // A second start without a new ratio does nothing, so it shows its effect already.
  if (operation === 'startGrayscale' && row.ratioSet === 0) return 'RATIO_MISSING';
  if (operation === 'startGrayscale' && row.status === 'GRAY' && row.ratioSet <= row.ratio) return 'STATUS_NOT_ALLOWED';
  return undefined;
}

function applied(truth: Truth, operation: WriteName, { version, ratio, userIds }: Fields, nowMs: number): Truth {
  if (operation === 'uploadPackage') return truth;
  if (operation === 'createVersion') return { ...truth, versions: [version, ...truth.versions] };
  if (operation === 'createRelease') {
    const row = {
      version,
      status: 'INIT',
      ratio: 0,
      ratioSet: 0,
      whitelisted: 0,
      comment: '',
      modifiedAtMs: nowMs,
    } as const;
    return { ...truth, releases: [row, ...truth.releases], history: withEntry(truth, version, 'INIT', nowMs) };
  }
  const [, to] = RULES[operation] ?? [[]];
  const change = (row: Row): Row => {
    if (row.version !== version) {
      const isReplaced = to === 'ONLINE' && row.status === 'ONLINE';
      return isReplaced ? { ...row, status: 'ARCHIVED', modifiedAtMs: nowMs } : row;
    }
    if (operation === 'addWhitelist') return { ...row, whitelisted: row.whitelisted + userIds };
    if (operation === 'setRatio') return { ...row, ratioSet: ratio };
    const status = to ?? row.status;
    const inEffect = operation === 'startGrayscale' ? row.ratioSet : status === 'GRAY' ? row.ratio : 0;
    return { ...row, status, ratio: inEffect, ratioSet: status === 'GRAY' ? row.ratioSet : 0, modifiedAtMs: nowMs };
  };
  const history = to ? withEntry(truth, version, to, nowMs) : truth.history;
  return { ...truth, releases: truth.releases.map(change), history };
}

/** The state after a deed of others; undefined where the rules forbid it. */
function doneBy(truth: Truth, deed: Deed, version: string, nowMs: number): Truth | undefined {
  const { does, ratio = 0, reason = '' } = deed;
  if (does === 'approve' || does === 'reject') {
    const row = truth.releases.find((release) => release.version === version);
    if (row?.status !== 'APPROVE') return undefined;
    const status: Status = does === 'approve' ? 'PASSED' : 'REJECTED';
    const releases = truth.releases.map((other) =>
      other === row ? { ...row, status, comment: reason, modifiedAtMs: nowMs } : other,
    );
    return { ...truth, releases, history: withEntry(truth, version, status, nowMs, reason) };
  }
  // Others press the portal's own button, which sets and starts in one.
  if (does === 'startGrayscale' && ratio > 0) {
    const set = doneBy(truth, { ...deed, does: 'setRatio' }, version, nowMs);
    return set && doneBy(set, { ...deed, ratio: 0 }, version, nowMs);
  }
  const fields = { version, ratio, userIds: 1 };
  return whyForbidden(truth, does, fields, [version]) ? undefined : applied(truth, does, fields, nowMs);
}

function withEntry(truth: Truth, version: string, type: string, atMs: number, comment = ''): readonly HistoryEntry[] {
  return [...truth.history, { version, type, atMs, comment }];
}

function seedTruth(options: ModelOptions, startMs: number): Truth {
  const releases = (options.releases ?? ours('PASSED')).map((row): Row => {
    const { version, status, ratio = 0, whitelisted = 0, comment = '', changedAgoMs = HOUR_MS } = row;
    return { version, status, ratio, ratioSet: 0, whitelisted, comment, modifiedAtMs: startMs - changedAgoMs };
  });
  const versions = [...(options.versions ?? []), ...releases.map(({ version }) => version)];
  const history = releases.map((row) => ({
    version: row.version,
    type: row.status,
    atMs: row.modifiedAtMs,
    comment: row.comment,
  }));
  return { releases, versions, history };
}

// --- The wire --------------------------------------------------------------------------------------------------------

function wireRow(row: Row, quirks: Quirks, nowMs: number, startMs: number): WireRow {
  const { words = {} } = quirks;
  return {
    version: row.version,
    versionStatus: words[`${row.version} ${row.status}`] ?? words[row.status] ?? row.status,
    versionStatusDesc: `${row.status} in words`,
    publishId: `3000000000000000${row.version.replaceAll(/\D/g, '').padStart(6, '0')}`,
    channelCode: TARGET,
    whitelistCount: row.whitelisted,
    ...(row.comment && { approveComment: row.comment }),
    // What is undefined is absent in JSON.
    grayRatio: RATIO_FORMS[quirks.ratios ?? 'number'](row.ratio),
    gmtModified: TIME_FORMS[quirks.times ?? 'milliseconds'](row.modifiedAtMs, nowMs, startMs),
  };
}

const RATIO_FORMS: Readonly<Record<RatioForm, (ratio: number) => unknown>> = {
  number: (ratio) => ratio,
  'digits as text': String,
  percent: (ratio) => `${ratio}%`,
  fraction: (ratio) => ratio / 100,
  'decimal as text': (ratio) => ratio.toFixed(1),
  null: () => null,
  absent: () => undefined,
  'empty text': () => '',
  object: (ratio) => ({ percent: ratio }),
};

const TIME_FORMS: Readonly<Record<TimeForm, (ms: number, nowMs: number, startMs: number) => unknown>> = {
  milliseconds: (ms) => ms,
  'digits as text': String,
  absent: () => undefined,
  null: () => null,
  zero: () => 0,
  seconds: (ms) => Math.floor(ms / 1_000),
  minutes: (ms) => Math.floor(ms / 60_000),
  'date as text': (ms) => new Date(ms).toISOString(),
  constant: (_, __, startMs) => startMs - 100 * HOUR_MS,
  now: (_, nowMs) => nowMs,
  behind: (ms) => ms - 48 * HOUR_MS,
  ahead: (ms) => ms + 48 * HOUR_MS,
};

/** Numbers of more digits than 2^53 has never occur here, so JSON.stringify keeps them all. */
function envelope(data: unknown): RawResponse {
  return json({ success: true, data, errorCode: null, errorMsg: null, traceId: 'trace-1' });
}

function refusal(code: string): RawResponse {
  return json({ success: false, data: null, errorCode: code || null, errorMsg: 'refused', traceId: 'trace-2' });
}

function raw(status: number, headers: RawResponse['headers'], text: string): RawResponse {
  return { status, headers, body: Buffer.from(text), text };
}

function json(body: unknown): RawResponse {
  return raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));
}

type Fault = Exclude<Slip, object | 'empty list' | 'without ours' | 'without the live one' | 'first row only'> | '500';

function faulty(fault: Fault): RawResponse {
  const html = { 'content-type': 'text/html' };
  switch (fault) {
    case 'data null':
      return envelope(null);
    case 'no data':
      return json({ success: true, traceId: 'trace-3' });
    case 'other shape':
      return envelope({ rows: [], message: 'please retry' });
    case 'html':
      return raw(200, html, '<!doctype html><title>Maintenance</title>');
    case 'empty body':
      return raw(200, {}, '');
    case 'cut json':
      return raw(200, {}, '{"success": true, "data": {"li');
    case 'SYSTEM_BUSY':
      return refusal('SYSTEM_BUSY');
    case '500':
    case '503':
      return raw(Number(fault), html, '<html>error</html>');
    case 'reset':
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  }
}

async function fieldsOf(operation: WriteName, { body }: Exchange): Promise<Fields> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body?.open() ?? []) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (operation === 'uploadPackage') {
    const [, version = ''] = /name="version"\r\n\r\n([^\r]*)/.exec(text) ?? [];
    return { version, ratio: 0, userIds: 0 };
  }
  const { version, ratio = 0, userIds = [] } = JSON.parse(text);
  return { version, ratio, userIds: userIds.length };
}

function pathOf(version: string): string {
  return `app/version/${MINIAPP}/${version}/${MINIAPP}_v${version}.zip`;
}

// --- A run -----------------------------------------------------------------------------------------------------------

export type ModelRun = Awaited<ReturnType<typeof runInProcess>> & { readonly portal: ModelPortal };

/** Runs a step on the model; inputs as under `with:`, for version 1.1.0 unless given otherwise. */
export async function runOnModel(
  inputs: Readonly<Record<string, string>>,
  options: ModelOptions | ModelPortal,
  place: Place,
): Promise<ModelRun> {
  const portal = 'exchange' in options ? options : modelPortal(options);
  const given = { ...MODEL_INPUTS, ...inputs };
  const result = await runInProcess(given, { clock: portal.clock, place, exchange: portal.exchange });
  return { ...result, portal };
}

export const MODEL_INPUTS = {
  'miniapp-id': MINIAPP,
  'space-id': SPACE,
  'target-app': TARGET,
  'portal-url': ORIGIN,
  'portal-session': 'SESSION=0123456789abcdef',
  version: VERSION,
} as const;
