/** A fault at every request, in the stages of tests and rollouts. */

import { testFaults } from '../support/fault-matrix.ts';

testFaults(['whitelist', 'a ramp', 'rollback']);
