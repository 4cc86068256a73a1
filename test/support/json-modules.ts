/** In each worker before all: @actions/workflow-parser imports its JSON in a way that only a bundler takes. */

import { registerHooks } from 'node:module';

registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
