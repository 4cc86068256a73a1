/** A release, a version and its history, as the portal shows them. */

import type { State } from './lifecycle.ts';

/** A release of a version on the target app, as the portal showed it. */
export interface Release {
  readonly version: string;
  /** `busy`: a transitional status, poll again. `unknown`: not mapped by the profile; nothing is written on it. */
  readonly state: State | 'busy' | 'unknown';
  /** The portal status as it came; untrusted text, so it is redacted where it is shown. */
  readonly portalStatus: string;
  /** The portal's text for people beside a status that the profile does not map: `Whitelist testing`; untrusted. */
  readonly statusText?: string;
  /** The release ticket; decimal digits, more than a number holds. */
  readonly publishId?: string;
  /** The reviewer's reason as it came; untrusted text. */
  readonly comment?: string;
  /** The ratio in effect in percent, 0 before a rollout; absent where the portal shows none, or none that can be read. */
  readonly ratioPercent?: number;
  readonly whitelistCount?: number;
  /**
   * When status or ratio last changed, by the portal's clock. Meant as milliseconds since 1970; compared as it came,
   * and taken for a time only where it can be one (`changedAtMs` in plan.ts).
   */
  readonly modifiedAtMs?: number;
  /** What stands where the time should, but is none in the form that the profile says. */
  readonly unreadableTime?: Unreadable;
  /** What stands where the ratio should, but is not a whole percentage. */
  readonly unreadableRatio?: Unreadable;
}

/** A value that is there and cannot be read. */
export interface Unreadable {
  /** Where the profile says what stands there: `release.ratio`. */
  readonly profileKey: string;
  /** Its place in the response: `grayRatio`. */
  readonly field: string;
  /** The value as JSON, bounded; untrusted text. */
  readonly value: string;
}

/** A version of the miniapp, whatever target apps it is released to. */
export interface Version {
  readonly version: string;
  /** Paths of its artifacts, as createRelease wants them back; empty where the portal lists none. */
  readonly artifacts: readonly string[];
  readonly unreadableArtifacts?: Unreadable;
}

/** An entry of a release's history as it came; all untrusted text. */
export interface HistoryItem {
  readonly type: string;
  readonly operator: string;
  readonly time: string;
  readonly comment: string;
}

/** Bytes to upload, streamed: opened anew for each attempt. */
export interface UploadSource {
  readonly sizeBytes: number;
  readonly sha256: string;
  open(): AsyncIterable<Uint8Array>;
}
