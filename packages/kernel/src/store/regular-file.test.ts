/** A pipe, a device, a directory or a giant in the place of a file: an error at once. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRegular } from './regular-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'regular-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const codeOf = (path: string): string => {
  try {
    return readRegular(path, 1_000);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
};

it('gives the text of a file, and of one that a link leads to', () => {
  writeFileSync(join(dir, 'file'), 'text');
  symlinkSync('file', join(dir, 'link'));
  expect(codeOf(join(dir, 'file'))).toBe('text');
  expect(codeOf(join(dir, 'link'))).toBe('text');
});

it.skipIf(process.platform === 'win32')('is held up by nothing, and fed by nothing', () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync('/dev/zero', join(dir, 'zero'));
  writeFileSync(join(dir, 'giant'), '');
  truncateSync(join(dir, 'giant'), 2 ** 40);
  expect(codeOf(pipe)).toBe('EINVAL');
  expect(codeOf(join(dir, 'zero'))).toBe('EINVAL');
  expect(codeOf(dir)).toBe('EINVAL');
  expect(codeOf(join(dir, 'giant'))).toBe('EFBIG');
  expect(codeOf(join(dir, 'missing'))).toBe('ENOENT');
});
