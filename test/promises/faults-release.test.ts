/** A fault at every request, in the stages of the official release and of what takes it back. */

import { testFaults } from '../support/fault-matrix.ts';

testFaults(['release', 'withdraw a request', 'withdraw a rollout', 'all of it, with a login']);
