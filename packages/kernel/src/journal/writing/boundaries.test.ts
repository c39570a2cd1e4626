import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UNFINISHED } from '../format/format.ts';
import { Boundaries } from './boundaries.ts';

let folder: string;
let told: string[];
const standing = () =>
  readdirSync(folder)
    .filter((name) => !name.endsWith(UNFINISHED))
    .sort();
const hooks = {
  placed: () => told.push(standing().join(' ')),
  failed: (error: unknown) => told.push((error as NodeJS.ErrnoException).code ?? 'another'),
};
const snapshot = (name: string, text = `of ${name}`) => ({ path: join(folder, name), text });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-boundaries-'));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('puts one after another in place, whole, and tells each', async () => {
  const boundaries = new Boundaries(hooks);
  for (const name of ['a', 'b', 'c']) boundaries.add(snapshot(name));
  expect(existsSync(join(folder, 'a'))).toBe(false);
  await boundaries.settled();
  expect(told).toEqual(['a', 'a b', 'a b c']);
  expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('of b');
  boundaries.add(snapshot('d'));
  await boundaries.settled();
  expect(told.at(-1)).toBe('a b c d');
});

it('waits for the disk where more wait than there is memory for', async () => {
  const boundaries = new Boundaries(hooks, 10);
  boundaries.add(snapshot('long', 'x'.repeat(11)));
  boundaries.add(snapshot('next'));
  expect(readFileSync(join(folder, 'next'), 'utf8')).toBe('of next');
  await boundaries.settled();
  boundaries.add(snapshot('later'));
  expect(existsSync(join(folder, 'later'))).toBe(false);
  await boundaries.settled();
  expect(told).toEqual(['next', 'long next', 'later long next']);
});

it('tells what could not be put in place, leaves nothing of it, and goes on', async () => {
  const boundaries = new Boundaries(hooks);
  boundaries.add(snapshot(join('no', 'folder')));
  boundaries.add(snapshot('after'));
  await boundaries.settled();
  expect(told).toEqual(['ENOENT', 'after']);
  expect(readdirSync(folder)).toEqual(['after']);
});
