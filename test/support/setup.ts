/** Before the first test of each worker. */

import fc from 'fast-check';
import { isThorough } from './thorough.ts';

/** Cases of a property that names no number of its own: fast-check's default, or a quarter of it. */
if (!isThorough) fc.configureGlobal({ numRuns: 25 });
