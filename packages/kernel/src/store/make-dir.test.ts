import {
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDir } from './make-dir.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'make-dir-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('makes all that is missing, with the mode, and nothing where all is there', () => {
  const deep = join(dir, 'a', 'b', 'c');
  makeDir(deep, 0o700);
  makeDir(deep, 0o755);
  for (const made of [join(dir, 'a'), deep]) expect(statSync(made).mode & 0o777).toBe(0o700);
  symlinkSync(deep, join(dir, 'link'));
  makeDir(join(dir, 'link', 'd'));
  expect(existsSync(join(deep, 'd'))).toBe(true);
});

it('says that a file, or a link to nothing, is in the way', () => {
  writeFileSync(join(dir, 'file'), '');
  symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
  expect(() => makeDir(join(dir, 'file'))).toThrow('EEXIST');
  expect(() => makeDir(join(dir, 'file', 'b'))).toThrow('ENOTDIR');
  expect(() => makeDir(join(dir, 'dangling'))).toThrow('EEXIST');
});

it.skipIf(process.platform !== 'linux')('ends where no directory can be made', () => {
  // Who is not root is told of the right that is missing.
  for (const path of ['/proc/x', '/proc/x/y/z'])
    expect(() => makeDir(path)).toThrow(/^(?:\/proc\/x cannot be made|EACCES)/);
});
