/** Reads the release again and again in a run, and tells what is known of it. */

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
  /** What a reading showed that is neither believed nor dismissed yet: `rejected`; undefined where there is none. */
  readonly doubt: string | undefined;
  /** What the last reading showed, believed or not. */
  readonly lastSeen: Snapshot;
  /** The accepted write whose effect no reading has shown yet. */
  readonly awaited: Write | undefined;
  /** One reading; resolves with what is believed after it. By name where the last one is in doubt. */
  read(patience?: Patience, depth?: ListDepth): Promise<Snapshot>;
  /** Takes in a reading that somebody else made. */
  consider(seen: Snapshot): Snapshot;
  /** The portal accepted a write; `wasSeen`: its effect has been read already. */
  accept(effect: Write, wasSeen?: boolean): void;
  /** The portal refused a write because of the release's state. */
  disprove(): void;
  wasAccepted(effect: Write): boolean;
  /**
   * The ticket of the release as it was last read and believed. Undefined where none was shown, and where readings
   * showed different ones without a time that tells which is the newest: one of them is that of another release.
   */
  readonly publishId: string | undefined;
  /** How long to wait before a reading that is to settle the doubt. */
  readonly confirmGapMs: number;
}

/** `onSnapshot` gets what is known after each reading. */
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
    // A reading that is stale, or in doubt, does not count.
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
      // From here on the release may have a new ticket.
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

/** The rows that show a ticket of the release, one for each ticket; a newer time puts the others aside. */
function withTicket(known: readonly Release[], release: Release | undefined): readonly Release[] {
  if (release?.publishId === undefined) return known;
  const others = known.filter((one) => one.publishId !== release.publishId && !isOlder(one, release));
  return [...others, release];
}
