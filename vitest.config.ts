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
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    coverage: {
      provider: 'v8',
      include: ['packages/{kernel,sidecar,client}/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**', '**/crash-child.ts'],
      reporter: ['text-summary'],
      reportOnFailure: true,
      thresholds: { lines: 95 },
    },
  },
});
