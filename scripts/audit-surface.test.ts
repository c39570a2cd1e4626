import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { auditSurface } from './audit-surface.ts';

const surface = auditSurface();

it('follows the imports of the wiring into every stage', () => {
  for (const file of [
    'gate/execute.ts',
    'journal/opening/open.ts',
    'policy/evaluate.ts',
    'provider/fs/index.ts',
  ]) {
    expect([...surface.files.keys()]).toContain(`packages/kernel/src/${file}`);
  }
  expect(
    [...surface.files.keys()].filter((file) => !file.startsWith('packages/kernel/src/')),
  ).toEqual([]);
});

it('is as large as SECURITY.md says, to the next hundred lines', () => {
  const text = readFileSync(join(import.meta.dirname, '../SECURITY.md'), 'utf8');
  const stated = Number(/at most ([\d,]+) lines of code/.exec(text)?.[1]?.replaceAll(',', ''));
  expect(surface.lines).toBeLessThanOrEqual(stated);
  expect(surface.lines).toBeGreaterThan(stated - 1_000);
});
