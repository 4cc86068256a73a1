/** Before the first test of each worker. */

import { registerHooks } from 'node:module';
import fc from 'fast-check';
import { isThorough } from './thorough.ts';

/** Cases of a property that names no number of its own: fast-check's default, or a quarter of it. */
if (!isThorough) fc.configureGlobal({ numRuns: 25 });

/** @actions/workflow-parser imports its JSON in a way that only a bundler takes. */
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
