/** The tags of the run's repository, for `version: latest`. The client is loaded only when they are read. */

import type { Inputs } from '../action/inputs.ts';
import { Cancelled, ReleaseError } from '../lib/errors.ts';
import {
  type AccessOptions,
  clientOptions,
  describeError,
  hasAccess,
  isPermissionError,
  permissionAdvice,
} from './access.ts';
import type { TaskLimits } from './client.ts';

/** A repository may have thousands of tags, a hundred to a page. */
const LIMITS = { timeoutMs: 30_000, graceMs: 0 } as const satisfies TaskLimits;

/**
 * Every tag of the repository.
 * @throws ReleaseError version-unresolved; Cancelled
 */
export async function tagsOf(inputs: Inputs, options: AccessOptions): Promise<readonly string[]> {
  if (!hasAccess(inputs, options.context)) {
    throw new ReleaseError('version-unresolved', {
      found: 'version: latest reads the tags on GitHub, and the input github-token or the repository is empty.',
      todo: 'Give github-token, or name the version.',
    });
  }
  const gitHub = await import('./github.ts');
  try {
    return await gitHub.runTask(clientOptions(inputs, options), LIMITS, gitHub.listTags);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    throw new ReleaseError('version-unresolved', {
      found: `version: latest could not read the repository's tags. ${describeError(error)}`,
      todo: isPermissionError(error) ? permissionAdvice('contents: read') : 'Run the step again, or name the version.',
      cause: error,
    });
  }
}
