/**
 * The Portal port in memory, for the drive: it answers by the state it is in, never by the order of the calls. What
 * other people do is a timeline, and what goes wrong is a condition that holds for a time or for an operation.
 */

import { ReleaseError } from '../../src/lib/errors.ts';
import type { Portal, WriteFields } from '../../src/portal/port.ts';
import type { State, WriteOperation } from '../../src/release/lifecycle.ts';
import type { Release } from '../../src/release/release.ts';
import type { FakeClock } from './fake-clock.ts';

export const VERSION = '1.1.0';

export interface MemoryPortal extends Portal {
  /** Every write that was sent, accepted or not: `setRatio 20`, `skipPilot (lost)`, `goOnline (refused)`. */
  readonly sent: string[];
  /** The times of the looks, in milliseconds from the start. */
  readonly looksMs: number[];
  /** The release of VERSION as it is now. */
  now(): Release;
}

export interface MemoryPortalOptions {
  readonly clock: FakeClock;
  readonly state: Release['state'];
  readonly ratioPercent?: number;
  readonly status?: string;
  /** What others do, by the time since the start. */
  readonly timeline?: readonly { readonly atMs: number; readonly becomes: Partial<Release> }[];
  /** Looks fail so between two times since the start. */
  readonly outages?: readonly { readonly fromMs: number; readonly toMs: number; readonly error: ReleaseError }[];
  /** How a write goes other than well; called for each sending, counted from 1. */
  readonly onWrite?: (operation: WriteOperation, sending: number) => Trouble | undefined;
  /** A look shows what a write did so much later; only the new time at once. */
  readonly effectDelayMs?: number;
  /** The portal does not say when something changed. */
  readonly withoutTimes?: true;
  /** The portal puts another ratio into effect than the one set. */
  readonly ratioOverride?: number;
}

export type Trouble =
  /** The connection broke, after the portal took it or before. */
  | 'lost, but it took'
  | 'lost'
  /** Accepted, and nothing comes of it. */
  | 'ignored'
  /** Another run did the same right before: refused, and the effect is there. */
  | 'done by another'
  | ReleaseError;

/** The states that the portal allows each operation from, and the one it leads to. */
const RULES: Partial<Record<WriteOperation, readonly [from: readonly State[], to?: State]>> = {
  startApproval: [['created', 'rejected', 'withdrawn'], 'in-review'],
  cancelApproval: [['in-review'], 'withdrawn'],
  cancelRelease: [['approved', 'whitelist-testing', 'rollout-ready', 'grayscale'], 'withdrawn'],
  addWhitelist: [['approved', 'whitelist-testing']],
  startPilot: [['approved', 'whitelist-testing'], 'whitelist-testing'],
  skipPilot: [['approved', 'whitelist-testing'], 'rollout-ready'],
  setRatio: [['rollout-ready', 'grayscale']],
  startGrayscale: [['rollout-ready', 'grayscale'], 'grayscale'],
  goOnline: [['rollout-ready', 'grayscale'], 'released'],
};

export const unreachable = () =>
  new ReleaseError('portal-unreachable', { found: 'reset.', transient: true, effect: 'unknown' });
export const unexpected = () => new ReleaseError('portal-unexpected', { found: 'an HTML page.' });
export const unauthorized = () => new ReleaseError('portal-unauthorized', { found: 'not logged in.' });
export const notAllowed = () =>
  new ReleaseError('portal-refused', { found: 'STATUS_NOT_ALLOWED.', refusal: 'not-allowed-in-state' });

export function memoryPortal(options: MemoryPortalOptions): MemoryPortal {
  const { clock } = options;
  const startMs = clock.now();
  const elapsed = () => clock.now() - startMs;
  const sent: string[] = [];
  const looksMs: number[] = [];
  const sendings = new Map<WriteOperation, number>();
  /** What happened, and when a look shows it. */
  const changes: { atMs: number; shownAtMs: number; becomes: Partial<Release> }[] = [];
  for (const { atMs, becomes } of options.timeline ?? []) changes.push({ atMs, shownAtMs: atMs, becomes });
  let ratioSet = 0;

  const initial: Release = {
    version: VERSION,
    state: options.state,
    portalStatus: options.status ?? options.state.toUpperCase(),
    ratioPercent: options.ratioPercent ?? 0,
    modifiedAtMs: startMs,
  };
  const after = (done: typeof changes): Release => {
    let release = initial;
    for (const { atMs, becomes } of done.toSorted((a, b) => a.atMs - b.atMs)) {
      const { state } = becomes;
      release = {
        ...release,
        modifiedAtMs: startMs + atMs,
        ...(state && { portalStatus: state.toUpperCase() }),
        ...(state && state !== 'grayscale' && { ratioPercent: 0 }),
        ...becomes,
      };
    }
    return release;
  };
  const seen = (): Release => {
    const { modifiedAtMs, ...release } = after(changes.filter(({ shownAtMs }) => shownAtMs <= elapsed()));
    return options.withoutTimes || modifiedAtMs === undefined ? release : { ...release, modifiedAtMs };
  };
  const look = () => {
    looksMs.push(elapsed());
    const outage = options.outages?.find(({ fromMs, toMs }) => elapsed() >= fromMs && elapsed() < toMs);
    if (outage) throw outage.error;
    const live: Release = { version: '1.0.0', state: 'released', portalStatus: 'ONLINE', ratioPercent: 0 };
    return seen().state === 'none' ? [live] : [seen(), live];
  };
  const take = (operation: WriteOperation, fields: WriteFields) => {
    // The portal itself knows what it took, however late it shows it.
    const { state } = after(changes.filter(({ atMs }) => atMs <= elapsed()));
    const [from, to] = RULES[operation] ?? [[]];
    if (!from.includes(state as State)) throw notAllowed();
    if (operation === 'setRatio') ratioSet = options.ratioOverride ?? fields.ratioPercent ?? 0;
    if (!to) return;
    const becomes = { state: to, ...(operation === 'startGrayscale' && { ratioPercent: ratioSet }) };
    const atMs = elapsed();
    changes.push({ atMs, shownAtMs: atMs, becomes: {} });
    changes.push({ atMs, shownAtMs: atMs + (options.effectDelayMs ?? 0), becomes });
  };

  return {
    sent,
    looksMs,
    now: seen,
    whitelistBatch: 2,
    supports: () => true,
    listVersions: async () => ({ items: [{ version: VERSION, artifacts: ['a.zip'] }], last: true }),
    listReleases: async () => ({ items: look(), last: true }),
    findRelease: async (version) => look().filter((release) => release.version === version),
    releaseHistory: async () => [],
    async write(operation, fields) {
      const what = fields.userIds?.length ? fields.userIds.join('+') : (fields.ratioPercent ?? '');
      const name = `${operation} ${what}`.trim();
      const sending = (sendings.get(operation) ?? 0) + 1;
      sendings.set(operation, sending);
      const trouble = options.onWrite?.(operation, sending);
      try {
        if (trouble instanceof ReleaseError) throw trouble;
        if (trouble !== 'lost' && trouble !== 'ignored') take(operation, fields);
        if (trouble === 'done by another') throw notAllowed();
      } catch (error) {
        sent.push(`${name} (refused)`);
        throw error;
      }
      const isLost = trouble === 'lost' || trouble === 'lost, but it took';
      sent.push(isLost ? `${name} (lost)` : name);
      if (isLost) throw unreachable();
      return {};
    },
  };
}
