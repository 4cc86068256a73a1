/**
 * Reads the portal into a Snapshot. One observation is one request where the first page of the releases holds what is
 * needed, and more where the portal pages, or does not list the version.
 */

import { ReleaseError } from '../lib/errors.ts';
import type { Page, Patience, Portal } from '../portal/port.ts';
import type { ListDepth } from '../release/lifecycle.ts';
import type { Release, Version } from '../release/release.ts';
import { newestOf, type Snapshot } from '../release/snapshot.ts';

/** More pages than any miniapp has: a portal that pages without end is an error, not a loop. */
const MAX_PAGES = 400;

export interface ObserveOptions {
  readonly patience?: Patience;
  readonly depth?: ListDepth;
  /**
   * Ask for the release by name where the list does not hold it. A stage that creates the release need not, unless the
   * page was full: the portal refuses a second one.
   */
  readonly byName?: boolean;
}

/** Reads the releases as far as `depth` says, and the release by name where they do not hold it. */
export async function observe(portal: Portal, version: string, options: ObserveOptions = {}): Promise<Snapshot> {
  const { patience = 'retry', depth = 'page', byName = true } = options;
  // Where the portal cannot be asked for one release, it is looked for on all pages.
  const wanted = portal.supports('findRelease') ? '' : version;
  const list = portal.supports('listReleases') ? await readReleases(portal, depth, patience, wanted) : undefined;
  const asks = version !== '' && portal.supports('findRelease') && (byName || list?.full !== false);
  const isListed = list?.rows.some((release) => release.version === version);
  const named = asks && !isListed ? await portal.findRelease(version, patience) : [];
  return snapshotOf(version, list, named);
}

/** Reads the release by name alone, for a second opinion on what a list showed. The list where the profile lacks that. */
export async function observeByName(portal: Portal, version: string, patience: Patience = 'retry'): Promise<Snapshot> {
  if (!portal.supports('findRelease')) return observe(portal, version, { patience });
  return snapshotOf(version, undefined, await portal.findRelease(version, patience));
}

/** How many versions, newest first, are looked up one by one where the portal lists no releases. */
const VERSIONS_ASKED = 5;

/**
 * Reads by the observed calls alone, for a portal that turned the inferred list of releases down: the release by name,
 * or, where no version is named, those of the newest versions. Which one is live is known only if it is among them.
 */
export async function observeWithoutList(portal: Portal, version: string): Promise<Snapshot> {
  if (!portal.supports('findRelease')) return snapshotOf(version, undefined, []);
  if (version !== '') return observeByName(portal, version);
  const rows: Release[] = [];
  for (const { version: candidate } of (await someVersions(portal)).slice(0, VERSIONS_ASKED)) {
    const found = await portal.findRelease(candidate);
    rows.push(...found);
    if (found.some(({ state }) => state === 'released')) break;
  }
  return snapshotOf('', { rows, whole: false, full: false }, []);
}

/** The snapshot with what the portal has of the version itself. Read page by page, no further than needed. */
export async function observeVersion(
  portal: Portal,
  snapshot: Snapshot,
  patience: Patience = 'retry',
): Promise<Snapshot> {
  const isIt = (item: Version) => item.version === snapshot.version;
  const { rows } = await readPages(
    'versions',
    (page) => portal.listVersions(page, patience),
    (versions) => versions.some(isIt),
  );
  return { ...snapshot, uploaded: rows.find(isIt) ?? null };
}

/** The versions on the first page, for a message. */
export async function someVersions(portal: Portal): Promise<readonly Version[]> {
  return portal.supports('listVersions') ? (await portal.listVersions(1)).items : [];
}

interface List<T> {
  readonly rows: readonly T[];
  /** It was read to its end. */
  readonly whole: boolean;
  /** The first page had as many rows as were asked for. */
  readonly full: boolean;
}

function snapshotOf(version: string, list: List<Release> | undefined, named: readonly Release[]): Snapshot {
  const { releases, conflicts } = newestOf([...named, ...(list?.rows ?? [])]);
  const own = releases.find((release) => release.version === version);
  const isListed = list?.rows.some((release) => release.version === version);
  return {
    version,
    release: own,
    releases: list && (isListed ? releases : releases.filter((release) => release !== own)),
    // A list that lacks what the portal finds by name is not all there is.
    wholeReads: list?.whole && (isListed || !own) ? 1 : 0,
    ...(conflicts.length > 0 && { conflicts }),
  };
}

/** The pages that `depth` asks for, and on to the one that holds `wanted`, where that names a version. */
function readReleases(portal: Portal, depth: ListDepth, patience: Patience, wanted: string): Promise<List<Release>> {
  const isEnough: Record<ListDepth, (rows: readonly Release[]) => boolean> = {
    page: () => true,
    live: (rows) => rows.some(({ state }) => state === 'released'),
    all: () => false,
  };
  const holdsWanted = (rows: readonly Release[]) => wanted === '' || rows.some(({ version }) => version === wanted);
  return readPages(
    'releases',
    (page) => portal.listReleases(page, patience),
    (rows) => isEnough[depth](rows) && holdsWanted(rows),
  );
}

/**
 * The pages of a list until there is enough of it, or it ends. A portal may cap its pages below what was asked for, so
 * a short page is no end. An empty page is, one that shows nothing new, and the total where the portal tells it.
 */
async function readPages<T extends { readonly version: string }>(
  what: string,
  read: (page: number) => Promise<Page<T>>,
  isEnough: (rows: readonly T[]) => boolean,
): Promise<List<T>> {
  const rows: T[] = [];
  const versions = new Set<string>();
  let count = 0;
  let full = false;
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = number === 1 ? await read(1) : await orTheEnd(read(number));
    const before = versions.size;
    rows.push(...page.items);
    for (const { version } of page.items) versions.add(version);
    const pageRows = page.rows ?? page.items.length;
    count += pageRows;
    full ||= number === 1 && page.full === true;
    // A total below what was counted is none.
    const total = page.total !== undefined && page.total >= count ? page.total : undefined;
    const isLast = page.last || (number > 1 && versions.size === before);
    if (total === undefined ? isLast : count === total || (isLast && number > 1)) {
      return { rows, whole: total === undefined || count === total, full };
    }
    if (page.last || isEnough(rows)) return { rows, whole: false, full };
  }
  throw new ReleaseError('portal-unexpected', { found: `The list of ${what} continues after ${MAX_PAGES} pages.` });
}

/** A portal may refuse a page behind the last one. */
async function orTheEnd<T>(page: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'portal-refused') return { items: [], last: true };
    throw error;
  }
}
