/** The words that we use: names and sentences of the tables. A secret that is part of one is never given to add-mask. */

import { INPUTS } from './action/inputs.ts';
import { ERRORS } from './lib/errors.ts';
import { OPERATIONS, STAGES, STATES } from './release/lifecycle.ts';
import { OUTPUTS } from './report/outputs.ts';

const inputs = Object.entries(INPUTS).map(([name, { description, default: text }]) => [name, description, text]);

export const OUR_WORDS = JSON.stringify([ERRORS, inputs, OPERATIONS, STAGES, STATES, OUTPUTS]);
