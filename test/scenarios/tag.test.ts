/** A workflow on a tag is rehearsed as it stands: the sandbox seeds the tag's version. */

import { expect, test } from 'vitest';
import { COMMON, runStep } from '../support/action.ts';

test('state=approved is of the version that the tag names', async () => {
  const { outputs } = await runStep(
    { ...COMMON, stage: 'submit, apply', 'portal-url': 'sandbox?live=1.0.0&state=approved', comment: 'off' },
    { env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.4.0', GITHUB_REF_NAME: 'v1.4.0' } },
  );
  expect(outputs).toMatchObject({ verdict: 'unchanged', state: 'approved', version: '1.4.0', 'live-version': '1.0.0' });
});
