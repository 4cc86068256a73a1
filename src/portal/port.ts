/** The port: the portal in the product's own terms. What speaks it (HTTP, a test) is no concern of who uses it. */

import type { Operation, ReadOperation, WriteOperation } from '../release/lifecycle.ts';
import type { HistoryItem, Release, UploadSource, Version } from '../release/release.ts';

/** A page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The page alone shows that nothing follows: it is empty. */
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

/** How long to try: a wait looks once and comes back, everything else rides out a passing fault. */
export type Patience = 'retry' | 'once';

/**
 * A portal, for one miniapp on one target app. Every method throws a ReleaseError:
 * portal-unreachable, portal-unauthorized, portal-unexpected or portal-refused.
 */
export interface Portal {
  /** Whether the profile speaks the operation at all. */
  speaks(operation: Operation): boolean;
  listVersions(page: number, patience?: Patience): Promise<Page<Version>>;
  listReleases(page: number, patience?: Patience): Promise<Page<Release>>;
  /** The rows of the version; several where the portal keeps more than one of it. */
  findRelease(version: string, patience?: Patience): Promise<readonly Release[]>;
  releaseHistory(version: string, patience?: Patience): Promise<readonly HistoryItem[]>;
  /**
   * Sends a write once. Resolves when the portal says that it took. Throws a WriteError that says whether it may
   * have taken all the same.
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

/** What is sent and what it took, for the report; calls are told as they end. */
export interface Call {
  readonly operation: ReadOperation | WriteOperation | 'login';
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly ok: boolean;
  readonly traceId?: string;
}
