/** The process: environment, clock, signals. Everything else is in run.ts. */

import { tmpdir } from 'node:os';
import { systemClock } from './clock.ts';
import { run } from './run.ts';

const cancelled = new AbortController();
// A cancelled step gets SIGINT, and SIGTERM 7.5 s later.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());

const { exitCode } = await run({
  environment: process.env,
  clock: systemClock,
  signal: cancelled.signal,
  write: (text) => process.stdout.write(text),
  workspace: process.cwd(),
  tempDir: tmpdir(),
});
process.exitCode = exitCode;
