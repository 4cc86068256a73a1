import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  logLevel: 'error',
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Half of the scenarios wait for a process or a socket: one worker more than there are cores.
    maxWorkers: availableParallelism() + 1,
    // A worker loads the modules once for all of its files. So a module of test/support keeps no state between them.
    isolate: false,
    unstubEnvs: true,
    // Its JSON is imported in a way that only a bundler takes.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
