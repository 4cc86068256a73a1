/** The process: environment, clock and signals. The rest is in run.ts. */

import { tmpdir } from 'node:os';
import { systemClock } from './lib/clock.ts';
import { readableProxies } from './net/proxy.ts';
import { run } from './run.ts';

// The toolkit, Octokit and the browser each read the proxy variables.
Object.assign(process.env, readableProxies(process.env));

const INCOMPLETE =
  '::error::The action could not load its own files, so this step has no report. Check the ref behind uses:, and the release in the portal, then run the step again.\n';

const cancelled = new AbortController();
// A cancelled step gets SIGINT, and SIGTERM 7.5 s later.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());
// If the runner stops reading the output, the release must still go on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// An uncaught error also ends in a report, with its text redacted.
const crashed = new Promise<never>((_, reject) => {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, reject);
});
crashed.catch(() => {});

// Not awaited at the top level, since the bundler would then wrap all code in one function, which V8 parses twice. If
// the process ends before the run does, the exit code 1 makes the step red, as a top-level await would.
process.exitCode = 1;
void run({
  environment: process.env,
  clock: systemClock,
  signal: cancelled.signal,
  write: (text) => process.stdout.write(text),
  workspace: process.cwd(),
  tempDir: tmpdir(),
  crashed,
}).then(
  ({ exitCode }) => {
    // All output is written. An open socket, upload or timer must not keep the step running.
    process.stdout.write('', () => process.exit(exitCode));
  },
  // What would report it is what could not be loaded.
  () => process.stdout.write(INCOMPLETE, () => process.exit(1)),
);
