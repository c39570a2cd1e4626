import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generated } from './docs.ts';

const texts = await generated();

it('covers the pages and the presets', () => {
  expect([...texts.keys()]).toEqual(
    expect.arrayContaining([
      'docs/codes.md',
      'docs/configuration.md',
      'policies/presets/safe.yaml',
    ]),
  );
});

it.each([...texts])('%s is what the code makes of it', (path, text) => {
  expect(readFileSync(join(import.meta.dirname, '..', path), 'utf8')).toBe(text);
});
