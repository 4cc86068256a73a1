/**
 * The words of our tables and sentences. A secret that is part of one is never given to add-mask, which would mask that
 * word everywhere.
 */

import { INPUTS } from './action/inputs.ts';
import { ERRORS, type ErrorCode, sectionOf } from './lib/errors.ts';
import { OPERATIONS, STAGES, STATES } from './release/lifecycle.ts';
import { OUTPUTS } from './report/outputs.ts';

const SECTIONS = (Object.keys(ERRORS) as ErrorCode[]).map(sectionOf);

const inputs = Object.entries(INPUTS).map(([name, { description, default: text }]) => [name, description, text]);

export const OUR_WORDS = JSON.stringify([ERRORS, SECTIONS, inputs, OPERATIONS, STAGES, STATES, OUTPUTS]);
