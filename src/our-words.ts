/** The words that we use: names and sentences of the tables. A secret that is part of one is never given to add-mask. */

import { ERRORS, type ErrorCode, sectionOf } from './errors.ts';
import { INPUTS } from './inputs.ts';
import { OPERATIONS, STAGES, STATES } from './lifecycle.ts';
import { OUTPUTS } from './report/outputs.ts';

const SECTIONS = (Object.keys(ERRORS) as ErrorCode[]).map(sectionOf);

export const OUR_WORDS = JSON.stringify([ERRORS, SECTIONS, INPUTS, OPERATIONS, STAGES, STATES, OUTPUTS]);
