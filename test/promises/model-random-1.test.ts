/** Random runs on the portal model: those with odd numbers. */

import { testRandomRuns } from '../support/random-runs.ts';

testRandomRuns(1);
