/** The port: a portal in the terms of the product. Implemented over HTTP by calls.ts, and in memory by tests. */

import type { Folds } from '../release/folds.ts';
import type { Operation, ReadOperation, WriteOperation } from '../release/lifecycle.ts';
import type { HistoryItem, Release, UploadSource, Version } from '../release/release.ts';

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

/** How a release is named to the portal: by its version, and on some portals by its ticket. */
export type NamedRelease = Pick<Release, 'version' | 'publishId'>;

/** What a write carries besides the release it is about. */
export interface WriteFields extends NamedRelease {
  readonly releaseNotes?: string;
  readonly artifacts?: readonly string[];
  readonly userIds?: readonly string[];
  readonly ratioPercent?: number;
  readonly package?: UploadSource;
}

/** Whether a read is retried after a transient error: a wait polls again anyway, so its reads are sent once. */
export type Patience = 'retry' | 'once';

/**
 * A portal, for one miniapp on one target app.
 * @throws ReleaseError portal-unreachable, portal-unauthorized, portal-unexpected or portal-refused; Cancelled
 */
export interface Portal {
  /** Whether the profile has a call for the operation, its own or one that does it besides. */
  supports(operation: Operation): boolean;
  listVersions(page: number, patience?: Patience): Promise<Page<Version>>;
  listReleases(page: number, patience?: Patience): Promise<Page<Release>>;
  /** The rows of the version; several where the portal keeps more than one of it. */
  findRelease(version: string, patience?: Patience): Promise<readonly Release[]>;
  releaseHistory(release: NamedRelease, patience?: Patience): Promise<readonly HistoryItem[]>;
  /**
   * Sends a write once, and resolves when the portal has accepted it. The `effect` of the error says whether the write
   * may have been carried out all the same.
   */
  write(operation: WriteOperation, fields: WriteFields): Promise<WriteReceipt>;
  /** Operations that the portal does with another call, or does not have; none where absent. */
  readonly folds?: Folds;
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
