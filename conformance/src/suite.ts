/** Makes a vitest suite of all cases on one kind of target. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, loadCases, type Setup } from './case.ts';
import { runCase } from './run.ts';
import type { Target } from './target.ts';

const machine: Readonly<Record<string, boolean>> = {
  linux: process.platform === 'linux',
  sandbox: existsSync('/usr/bin/bwrap'),
  'no-sandbox': !existsSync('/usr/bin/bwrap'),
};

/** `share`: of the cases that are not about the wire itself, one in so many; all of them where the environment says `PORTCULLIS_SIZE=stated`. */
export function suite(
  name: string,
  wire: boolean,
  open: (setup: Setup) => Promise<Target>,
  share = 1,
): void {
  const has: Record<string, boolean> = { ...machine, http: wire };
  const every = process.env.PORTCULLIS_SIZE === 'stated' ? 1 : share;
  const cases = loadCases().filter(
    (one, at) => at % every === 0 || (one.needs ?? []).includes('http'),
  );
  describe(`conformance ${name}`, () => {
    for (const one of cases) {
      const missing = (one.needs ?? []).filter((need) => !has[need]);
      const title = missing.length === 0 ? one.name : `${one.name} (needs ${missing.join(', ')})`;
      test.skipIf(missing.length > 0)(title, async () => {
        const wrong = await outcome(one, open);
        if (wrong.length > 0) expect.fail(wrong.join('\n'));
      });
    }
  });
}

async function outcome(one: Case, open: (setup: Setup) => Promise<Target>): Promise<string[]> {
  const target = await open(one.setup);
  try {
    return await runCase(one, target);
  } finally {
    await target.close();
  }
}
