/** The words that we use: names and sentences of the tables. A secret that is part of one is never given to add-mask. */

import { ERRORS } from './errors.ts';
import { INPUTS } from './inputs.ts';
import { OPERATIONS, STAGES, STATES } from './lifecycle.ts';
import { OUTPUTS } from './report/outputs.ts';

export const OUR_WORDS = JSON.stringify([ERRORS, INPUTS, OPERATIONS, STAGES, STATES, OUTPUTS]);
