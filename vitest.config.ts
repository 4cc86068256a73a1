import { defineConfig } from 'vitest/config';

export default defineConfig({
  logLevel: 'error',
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // Its JSON is imported in a way that only a bundler takes.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
