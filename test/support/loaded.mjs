/**
 * Preloaded into a step's process (`--import`): writes to the file LOADED_FILE, as JSON, which files the process loaded
 * after this one, and which modules of Node.
 */

import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const before = new Set(process.moduleLoadList);
const files = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) files.push(url);
    return next(url, context);
  },
});
process.once('exit', () => {
  writeFileSync(process.env['LOADED_FILE'], JSON.stringify({ files, builtins: builtins() }));
});

function builtins() {
  return process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace(/^NativeModule /, ''));
}
