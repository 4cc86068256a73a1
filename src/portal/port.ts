/** The port: a portal in the terms of the product. Implemented over HTTP by calls.ts, and in memory by tests. */

import type { Operation, ReadOperation, State, WriteOperation } from '../release/lifecycle.ts';

/** A release of a version on the target app, as the portal showed it. */
export interface Release {
  readonly version: string;
  /** `busy`: a transitional status, poll again. `unknown`: not mapped by the profile; nothing is written on it. */
  readonly state: State | 'busy' | 'unknown';
  /** The portal status as it came; untrusted text, so it is redacted where it is shown. */
  readonly portalStatus: string;
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

/** A page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The page is empty, so no further page follows. */
  readonly last: boolean;
  /** How many rows the page has; more than `items` where some are of another target app. `items` where absent. */
  readonly rows?: number;
  /** How many rows all pages have together, where the portal says so. */
  readonly total?: number;
  /** As many rows as were asked for. */
  readonly full?: boolean;
}

/** What a write carries besides the release it is about. */
export interface WriteFields {
  readonly version: string;
  readonly releaseNotes?: string;
  readonly artifacts?: readonly string[];
  readonly userIds?: readonly string[];
  readonly ratioPercent?: number;
  readonly package?: UploadSource;
}

/** Bytes to upload, streamed: opened anew for each attempt. */
export interface UploadSource {
  readonly sizeBytes: number;
  readonly sha256: string;
  open(): AsyncIterable<Uint8Array>;
}

/** Whether a read is retried after a transient error: a wait polls again anyway, so its reads are sent once. */
export type Patience = 'retry' | 'once';

/**
 * A portal, for one miniapp on one target app.
 * @throws ReleaseError portal-unreachable, portal-unauthorized, portal-unexpected or portal-refused; Cancelled
 */
export interface Portal {
  /** Whether the profile has a template for the operation. */
  supports(operation: Operation): boolean;
  listVersions(page: number, patience?: Patience): Promise<Page<Version>>;
  listReleases(page: number, patience?: Patience): Promise<Page<Release>>;
  /** The rows of the version; several where the portal keeps more than one of it. */
  findRelease(version: string, patience?: Patience): Promise<readonly Release[]>;
  releaseHistory(version: string, patience?: Patience): Promise<readonly HistoryItem[]>;
  /**
   * Sends a write once, and resolves when the portal has accepted it. The `effect` of the error says whether the write
   * may have been carried out all the same.
   */
  write(operation: WriteOperation, fields: WriteFields): Promise<WriteReceipt>;
  /** User IDs that one addWhitelist may carry. */
  readonly whitelistBatch: number;
}

export interface WriteReceipt {
  readonly traceId?: string;
  /** Paths that the portal gave the uploaded package. */
  readonly artifacts?: readonly string[];
}

/** A call that has ended, for the report. */
export interface Call {
  readonly operation: ReadOperation | WriteOperation | 'login';
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly ok: boolean;
  readonly traceId?: string;
}
