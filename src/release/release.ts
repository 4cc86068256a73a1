/** Releases, versions and histories as the portal shows them. */

import type { State } from './lifecycle.ts';

/** A release of a version on the target app, as the portal showed it. */
export interface Release {
  readonly version: string;
  /** `busy`: a transitional status, poll again. `unknown`: not mapped by the profile; nothing is written on it. */
  readonly state: State | 'busy' | 'unknown';
  /** The unchanged portal status. Untrusted text, so it is redacted where it is shown. */
  readonly portalStatus: string;
  /** The portal's label of an unmapped status, such as `Whitelist testing`. Untrusted text. */
  readonly statusText?: string;
  /** The release ticket: decimal digits, more than a JavaScript number holds. */
  readonly publishId?: string;
  /** The reviewer's reason. Untrusted text. */
  readonly comment?: string;
  /** The ratio in effect in percent, 0 before a rollout; absent where the portal shows none or it cannot be read. */
  readonly ratioPercent?: number;
  readonly whitelistCount?: number;
  /**
   * When status or ratio last changed by the portal's clock, unchanged. It should be in ms since 1970; only
   * `changedAtMs` in plan.ts decides whether it can be a time.
   */
  readonly modifiedAtMs?: number;
  /** The value in place of the time, if it does not have the form that the profile describes. */
  readonly unreadableTime?: Unreadable;
  /** The value in place of the ratio, if it is not a whole percentage. */
  readonly unreadableRatio?: Unreadable;
}

/** A value that is present but cannot be read. */
export interface Unreadable {
  /** The key of the profile that describes the value: `release.ratio`. */
  readonly profileKey: string;
  /** The place of the value in the response: `grayRatio`. */
  readonly field: string;
  /** The value as JSON, bounded; untrusted text. */
  readonly value: string;
}

/** A version of the miniapp, whatever target apps it is released to. */
export interface Version {
  readonly version: string;
  /** The paths of its artifacts, which createRelease sends back; empty where the portal lists none. */
  readonly artifacts: readonly string[];
  readonly unreadableArtifacts?: Unreadable;
}

/** An unchanged entry of a release's history. All untrusted text. */
export interface HistoryItem {
  readonly type: string;
  readonly operator: string;
  readonly time: string;
  readonly comment: string;
}

/** A stream of bytes to upload; opened again for each attempt. */
export interface UploadSource {
  readonly sizeBytes: number;
  readonly sha256: string;
  open(): AsyncIterable<Uint8Array>;
}
