import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codesPage, denialsPage, languagePage } from './docs.ts';

const page = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../docs', name), 'utf8');

it('the page of codes is the table of codes', () => {
  expect(page('codes.md')).toBe(codesPage());
});

it('the tables of the policy language are those of the code', () => {
  expect(page('policy-language.md')).toBe(languagePage());
});

it('the table of what helps is that of the code', () => {
  expect(page('denials.md')).toBe(denialsPage());
});
