import { defineConfig } from 'vitest/config';

export default defineConfig({
  logLevel: 'error',
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Half of the scenarios wait for a process or a socket: one worker more than the cores of a small machine.
    maxWorkers: 3,
    // Its JSON is imported in a way that only a bundler takes.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
