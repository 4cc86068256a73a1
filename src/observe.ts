/** Reads the portal into a View. A look is one request where the portal lists the release, two where it does not. */

import { ReleaseError } from './errors.ts';
import type { Page, Patience, Portal, Release, Version } from './portal/portal.ts';
import type { View } from './view.ts';

/** More pages than any miniapp has: a portal that pages without end is an error, not a loop. */
const MAX_PAGES = 400;

export interface LookOptions {
  readonly patience?: Patience;
  /**
   * Ask for the release by name even where the whole list seems to be on the first page. A stage that creates the
   * release need not: the portal refuses a second one.
   */
  readonly byName?: boolean;
}

/** One look: the first page of the releases, and the release by name where it is not on it. */
export async function look(portal: Portal, version: string, options: LookOptions = {}): Promise<View> {
  const { patience = 'retry', byName = true } = options;
  const page = portal.speaks('listReleases') ? await portal.listReleases(1, patience) : undefined;
  const listed = page?.items.find((release) => release.version === version);
  const ask = !listed && version !== '' && portal.speaks('findRelease') && (byName || !page?.last);
  const release = listed ?? (ask ? await portal.findRelease(version, patience) : undefined);
  return { version, release, releases: page?.items, complete: page?.last ?? false };
}

/** How many versions, newest first, are looked up one by one where the portal lists no releases. */
const VERSIONS_ASKED = 5;

/**
 * A look by the observed reads alone, for a portal that turned the inferred list of releases down: the release by name,
 * or, where no version is named, those of the newest versions. Which one is live is known only if it is among them.
 */
export async function lookWithoutList(portal: Portal, version: string): Promise<View> {
  const none = { version, release: undefined, releases: undefined, complete: false };
  if (!portal.speaks('findRelease')) return none;
  if (version !== '') return { ...none, release: await portal.findRelease(version) };
  const releases: Release[] = [];
  for (const { version: candidate } of (await someVersions(portal)).slice(0, VERSIONS_ASKED)) {
    const release = await portal.findRelease(candidate);
    if (release) releases.push(release);
    if (release?.state === 'released') break;
  }
  return { ...none, releases };
}

/** The view with every release that the portal lists: what a rollback chooses from. */
export async function lookAtAll(portal: Portal, version: string): Promise<View> {
  if (!portal.speaks('listReleases')) return look(portal, version);
  const releases = await readAll('releases', (page) => portal.listReleases(page));
  const release = releases.find((candidate) => candidate.version === version);
  return { version, release, releases, complete: true };
}

/** The view with what the portal has of the version itself. Read page by page, no further than needed. */
export async function lookAtVersion(portal: Portal, view: View, patience: Patience = 'retry'): Promise<View> {
  const versions = await readAll(
    'versions',
    (page) => portal.listVersions(page, patience),
    (item) => item.version === view.version,
  );
  return { ...view, uploaded: versions.find((item) => item.version === view.version) ?? null };
}

/** The versions on the first page, for a message. */
export async function someVersions(portal: Portal): Promise<readonly Version[]> {
  return portal.speaks('listVersions') ? (await portal.listVersions(1)).items : [];
}

/**
 * Every item of a list, or those up to the first that is wanted. A portal may cap its pages below what was asked, so
 * a short first page is no end; an empty page is, and so is one that shows nothing new.
 */
async function readAll<T extends { readonly version: string }>(
  what: string,
  read: (page: number) => Promise<Page<T>>,
  isWanted: (item: T) => boolean = () => false,
): Promise<readonly T[]> {
  const found = new Map<string, T>();
  let firstPageLength = 0;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { items } = await read(page);
    if (page === 1) firstPageLength = items.length;
    const before = found.size;
    for (const item of items) if (!found.has(item.version)) found.set(item.version, item);
    if (items.some(isWanted) || found.size === before || items.length < firstPageLength) return [...found.values()];
  }
  throw new ReleaseError('portal-unexpected', { found: `The list of ${what} goes on after ${MAX_PAGES} pages.` });
}
