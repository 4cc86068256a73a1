/** Random runs on the portal model: those with even numbers. */

import { testRandomRuns } from '../support/random-runs.ts';

testRandomRuns(2);
