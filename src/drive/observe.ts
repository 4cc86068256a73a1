/**
 * Reads the portal into a Snapshot. One request is enough where the first page of the releases has all that is needed;
 * more follow where the portal has several pages or does not list the version.
 */

import { ReleaseError } from '../lib/errors.ts';
import type { Page, Patience, Portal } from '../portal/port.ts';
import type { ListDepth } from '../release/lifecycle.ts';
import type { Release, Version } from '../release/release.ts';
import { newestOf, type Snapshot } from '../release/snapshot.ts';

/** More pages than any miniapp has, so that a list without an end becomes an error. */
const MAX_PAGES = 400;

export interface ObserveOptions {
  readonly patience?: Patience;
  readonly depth?: ListDepth;
  /**
   * Read the release by name if the list does not contain it. A stage that creates the release needs that only after a
   * full page: the portal would refuse to create a second one.
   */
  readonly byName?: boolean;
}

/** Reads the list of releases to `depth`, and the release by name if the list does not contain it. */
export async function observe(portal: Portal, version: string, options: ObserveOptions = {}): Promise<Snapshot> {
  const { patience = 'retry', depth = 'page', byName = true } = options;
  // A portal without findRelease may have the release on any page of the list.
  const wanted = portal.supports('findRelease') ? '' : version;
  const list = portal.supports('listReleases') ? await readReleases(portal, depth, patience, wanted) : undefined;
  const asks = version !== '' && portal.supports('findRelease') && (byName || list?.full !== false);
  const isListed = list?.rows.some((release) => release.version === version);
  const named = asks && !isListed ? await portal.findRelease(version, patience) : [];
  return snapshotOf(version, list, named);
}

/** Reads the release only by name, to confirm what the list showed. Reads the list if the profile has no such call. */
export async function observeByName(portal: Portal, version: string, patience: Patience = 'retry'): Promise<Snapshot> {
  if (!portal.supports('findRelease')) return observe(portal, version, { patience });
  return snapshotOf(version, undefined, await portal.findRelease(version, patience));
}

/** How many of the newest versions are read one by one on a portal without a list of releases. */
const VERSIONS_ASKED = 5;

/**
 * Reads without the list of releases, by observed calls only: the named release, or those of the newest versions if
 * none is named. The live version is known only if it is among them.
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

/** Adds the uploaded version to the snapshot. Reads page by page until the version is found. */
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

/** The versions on the first page, for an error message. */
export async function someVersions(portal: Portal): Promise<readonly Version[]> {
  return portal.supports('listVersions') ? (await portal.listVersions(1)).items : [];
}

interface List<T> {
  readonly rows: readonly T[];
  /** The list was read to its end. */
  readonly whole: boolean;
  /** The first page had as many rows as were requested. */
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
    // If the portal finds the release by name only, the list was incomplete.
    wholeReads: list?.whole && (isListed || !own) ? 1 : 0,
    ...(conflicts.length > 0 && { conflicts }),
  };
}

/** Reads the pages that `depth` requires, and further ones until that with the version `wanted`, if given. */
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
 * Reads the pages of a list until `isEnough` or its end. A portal may return fewer rows a page than requested, so a
 * short page is not the end. An empty page is the end, as is a page with nothing new, or the total where the portal
 * gives it.
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
    // A total below the number of rows that were read is wrong.
    const total = page.total !== undefined && page.total >= count ? page.total : undefined;
    const isLast = page.last || (number > 1 && versions.size === before);
    if (total === undefined ? isLast : count === total || (isLast && number > 1)) {
      return { rows, whole: total === undefined || count === total, full };
    }
    if (page.last || isEnough(rows)) return { rows, whole: false, full };
  }
  throw new ReleaseError('portal-unexpected', { found: `The list of ${what} continues after ${MAX_PAGES} pages.` });
}

/** The page, or an empty one if the portal refuses a page after the last. */
async function orTheEnd<T>(page: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'portal-refused') return { items: [], last: true };
    throw error;
  }
}
