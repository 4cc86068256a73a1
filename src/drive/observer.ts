/** Reads the release repeatedly during a run, and keeps what is believed about it. */

import type { Clock } from '../lib/clock.ts';
import type { Patience, Portal } from '../portal/port.ts';
import { does } from '../release/folds.ts';
import type { ListDepth } from '../release/lifecycle.ts';
import type { Release } from '../release/release.ts';
import { isOlder, type Snapshot } from '../release/snapshot.ts';
import { accepting, type Belief, beliefIn, considering, disproved, wasAccepted } from './belief.ts';
import type { Write } from './effect.ts';
import { observe, observeByName } from './observe.ts';

export interface Observer {
  /** The newest snapshot that is believed. */
  readonly snapshot: Snapshot;
  /**
   * The state that the last reading showed, such as `rejected`, while it is neither believed nor dismissed; else
   * undefined.
   */
  readonly doubt: string | undefined;
  /** What the last reading showed, believed or not. */
  readonly lastSeen: Snapshot;
  /** The accepted write whose effect no reading has shown yet. */
  readonly awaited: Write | undefined;
  /** Reads once, and resolves with what is believed afterwards. Reads by name while the last reading is in doubt. */
  read(patience?: Patience, depth?: ListDepth): Promise<Snapshot>;
  /** Considers a reading that was made elsewhere. */
  consider(seen: Snapshot): Snapshot;
  /** Records that the portal accepted a write. `wasSeen`: a reading has already shown its effect. */
  accept(effect: Write, wasSeen?: boolean): void;
  /** Records that the portal refused a write because of the release's state. */
  disprove(): void;
  wasAccepted(effect: Write): boolean;
  /**
   * The ticket of the release at the last believed reading. Undefined where none was shown, and where readings showed
   * different ones without a time that tells which is the newest, since one of them belongs to another release.
   */
  readonly publishId: string | undefined;
  /** How long to wait, in ms, before the next reading to confirm a doubt. */
  readonly confirmGapMs: number;
}

/** Creates an observer; `onSnapshot` is called with what is believed after each reading. */
export function createObserver(
  first: Snapshot,
  portal: Portal,
  clock: Clock,
  onSnapshot: (snapshot: Snapshot) => void,
): Observer {
  let belief: Belief = beliefIn(first);
  let lastSeen = first;
  let tickets = withTicket([], first.release);
  const consider = (seen: Snapshot): Snapshot => {
    lastSeen = seen;
    belief = considering(belief, seen, clock.now());
    // A stale or doubtful reading does not count.
    if (belief.snapshot.release === seen.release) tickets = withTicket(tickets, seen.release);
    onSnapshot(belief.snapshot);
    return belief.snapshot;
  };
  return {
    get snapshot() {
      return belief.snapshot;
    },
    get doubt() {
      return belief.doubt?.standing;
    },
    get lastSeen() {
      return lastSeen;
    },
    get awaited() {
      return belief.awaited;
    },
    get confirmGapMs() {
      return Math.min(1_000 * ((belief.doubt?.readings ?? 0) + 1), 10_000);
    },
    async read(patience = 'retry', depth = 'page') {
      const { version } = belief.snapshot;
      const byName = belief.doubt !== undefined && depth === 'page';
      return consider(
        byName ? await observeByName(portal, version, patience) : await observe(portal, version, { patience, depth }),
      );
    },
    consider,
    accept(effect, wasSeen = false) {
      belief = accepting(belief, effect, wasSeen, clock.now());
      // The write may give the release a new ticket.
      if (does(effect, 'createRelease') || does(effect, 'startApproval')) tickets = [];
    },
    disprove() {
      belief = disproved(belief);
    },
    wasAccepted: (effect) => wasAccepted(belief, effect),
    get publishId() {
      const publishId = belief.snapshot.release?.publishId;
      return tickets.every((one) => one.publishId === publishId) ? publishId : undefined;
    },
  };
}

/** The rows with the tickets of the release, one for each ticket; a row with a newer time replaces the others. */
function withTicket(known: readonly Release[], release: Release | undefined): readonly Release[] {
  if (release?.publishId === undefined) return known;
  const others = known.filter((one) => one.publishId !== release.publishId && !isOlder(one, release));
  return [...others, release];
}
