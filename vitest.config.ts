import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  logLevel: 'error',
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 60_000,
    // A worker more than there are cores would take a tenth more of them: each compiles all modules again.
    maxWorkers: availableParallelism(),
    // A worker loads the modules once for all of its files. So a module of test/support keeps no state between them.
    isolate: false,
    unstubEnvs: true,
    // Node loads the modules itself, types and all, as it does for scripts: nothing is transformed.
    experimental: { viteModuleRunner: false },
    execArgv: [`--import=${new URL('test/support/json-modules.ts', import.meta.url)}`],
  },
});
