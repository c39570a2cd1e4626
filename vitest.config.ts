import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'conformance/src/**/*.test.ts',
      'scripts/**/*.test.ts',
      'policies/**/*.test.ts',
      'docs/**/*.test.ts',
    ],
    // These end what hangs, and nothing else: tests wait for what they want to see, on a machine that is many times slower, too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // No file leaves anything behind, and loading the kernel anew for each costs as much as running it.
    isolate: false,
    maxWorkers: availableParallelism(),
    coverage: {
      provider: 'v8',
      include: ['packages/{kernel,sidecar,client}/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**'],
      reporter: ['text-summary'],
      reportOnFailure: true,
      thresholds: { lines: 95 },
    },
  },
});
