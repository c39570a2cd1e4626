import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where nobody ran them before, larger files are taken for longer ones. These are short and run for a minute. */
const LONG = /\/conformance\/src\/(?:tcp|in-process)\.test\.ts$/;

/** What takes long begins first: at the end no core waits for another. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const [long, others] = [true, false].map((is) =>
      sorted.filter(({ moduleId }) => LONG.test(moduleId) === is),
    );
    return [...(long ?? []), ...(others ?? [])];
  }
}

// Asked for on the command line, a random order is a random order.
const shuffled = process.argv.some((arg) => arg.startsWith('--sequence.shuffle'));

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
    ...(shuffled ? {} : { sequence: { sequencer: LongFirst } }),
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
