/** The process: environment, clock, signals. Everything else is in run.ts. */

import { tmpdir } from 'node:os';
import { systemClock } from './lib/clock.ts';
import { readableProxies } from './net/proxy.ts';
import { run } from './run.ts';

// The toolkit, Octokit and the browser each read them.
Object.assign(process.env, readableProxies(process.env));

const cancelled = new AbortController();
// A cancelled step gets SIGINT, and SIGTERM 7.5 s later.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());
// A runner that stops reading the output must not end a release half way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// What is thrown where nobody catches it ends in a report too, and its text in no log unredacted.
const crashed = new Promise<never>((_, reject) => {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, reject);
});
crashed.catch(() => {});

// Not awaited at the top level: the bundler then keeps all of it in one function, which V8 parses twice. A process that
// ends before the run does is red, as with an await at the top level.
process.exitCode = 1;
void run({
  environment: process.env,
  clock: systemClock,
  signal: cancelled.signal,
  write: (text) => process.stdout.write(text),
  workspace: process.cwd(),
  tempDir: tmpdir(),
  crashed,
}).then(({ exitCode }) => {
  // Everything is said: nothing that is still open (a socket, an upload, a timer) may hold the step.
  process.stdout.write('', () => process.exit(exitCode));
});
