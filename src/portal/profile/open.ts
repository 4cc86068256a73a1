/** The profile of a run: the default one or the user's, and whether it has what the requested stages need. */

import { ReleaseError } from '../../lib/errors.ts';
import type { Operation, Stage } from '../../release/lifecycle.ts';
import { operationsOf } from '../../release/plan.ts';
import { defaultProfile, foldsOf, isSupported, type Profile } from './profile.ts';

/**
 * The profile in the user's file, or the default one where `path` names none. `path` is relative to the workspace, or
 * absolute below it or below `tempDir`.
 * @throws ReleaseError profile-invalid, with every fault
 */
export async function openProfile(path: string | undefined, workspace: string, tempDir: string): Promise<Profile> {
  if (!path) return defaultProfile;
  const { loadProfile } = await import('./load.ts');
  return loadProfile(path, workspace, tempDir);
}

/**
 * Checks, before anything is sent, that the profile has a call for every operation of the stages; a folded operation
 * is there where its target is.
 * @param needsLogin whether the run has to log in by the login call of the portal
 * @throws ReleaseError profile-invalid, with every operation that is missing
 */
export function assertSupported(profile: Profile, stages: readonly Stage[], needsLogin: boolean): void {
  const needed: Operation[] = [
    ...stages.flatMap((stage) => operationsOf(stage, foldsOf(profile))),
    ...(needsLogin ? (['login'] as const) : []),
  ];
  const isMissing = (operation: Operation) => !isSupported(profile, operation);
  const missing = needed.filter(isMissing);
  if (isMissing('findRelease') && isMissing('listReleases')) missing.push('findRelease');
  if (missing.length === 0) return;
  throw new ReleaseError('profile-invalid', {
    found: `The profile ${profile.name} does not support ${[...new Set(missing)].join(', ')}, which ${stages.join(', ')} needs.`,
  });
}
