/** A fault at every request, in the stages up to the approval. */

import { testEndlessLists, testFaults } from '../support/fault-matrix.ts';

testFaults(['upload', 'submit', 'apply', 'apply, waiting', 'approval', 'status']);
testEndlessLists();
