import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canonicalPath, lexicalPath } from './fs.ts';

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'portcullis-paths-')));
  mkdirSync(join(root, 'work/sub/deep'), { recursive: true });
  mkdirSync(join(root, 'out'));
  for (const file of ['work/a.txt', 'work/sub/b.txt', 'work/sub/deep/c.txt', 'out/secret'])
    writeFileSync(join(root, file), file);
  symlinkSync('../out', join(root, 'work/link'));
  symlinkSync(join(root, 'out/secret'), join(root, 'work/innocent.txt'));
  symlinkSync('sub/deep', join(root, 'work/short'));
  symlinkSync('loop2', join(root, 'work/loop1'));
  symlinkSync('loop1', join(root, 'work/loop2'));
  symlinkSync('nowhere/../../out', join(root, 'work/dangling'));
  symlinkSync('missing.txt', join(root, 'work/later'));
  symlinkSync('/', join(root, 'work/root'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const real = (raw: string, start = join(root, 'work')): string => {
  const read = canonicalPath(raw, start);
  return read.ok ? read.value.replace(root, '') : read.code;
};

test.each([
  ['a.txt', '/work/a.txt'],
  ['./sub//b.txt', '/work/sub/b.txt'],
  ['sub/', '/work/sub'],
  ['.', '/work'],
  ['..', ''],
  ['sub/../a.txt', '/work/a.txt'],
  ['../out/secret', '/out/secret'],
  ['link', '/out'],
  ['link/', '/out'],
  ['link/secret', '/out/secret'],
  ['innocent.txt', '/out/secret'],
  ['short/c.txt', '/work/sub/deep/c.txt'],
  ['short/new/file', '/work/sub/deep/new/file'],
  ['later', '/work/missing.txt'],
  ['root/etc/hostname', '/etc/hostname'],
  ['new.txt', '/work/new.txt'],
  ['new/dir/x', '/work/new/dir/x'],
  ['a.txt/x', '/work/a.txt/x'],
  ['~', '/work/~'],
  ['~/x', '/work/~/x'],
  ['...', '/work/...'],
  ['..a/b..', '/work/..a/b..'],
  ['a\\b', '/work/a\\b'],
  ['e\u0301', '/work/e\u0301'],
])('%s', (raw, expected) => {
  expect(real(raw)).toBe(expected);
});

test.each([
  [''],
  ['a\0b'],
  ['a\nb'],
  ['a\u001b[2J'],
  ['a\u007f'],
  ['a\u0085'],
  ['a\u202etxt.exe'],
  ['a\u2066b'],
  ['a\u2028b'],
  ['a\ud800'],
  ['link/../a.txt'],
  ['new/../a.txt'],
  ['a.txt/../b'],
  ['short/../x'],
  ['loop1'],
  ['loop1/x'],
  ['dangling'],
  ['a/'.repeat(2_100)],
  ['é'.repeat(2_100)],
  ['a/'.repeat(300)],
])('%j is refused', (raw) => {
  expect(real(raw)).toBe('invalid_resource');
});

test('absolute paths, and the file system of a process seen from outside', () => {
  expect(real('/')).toBe('/');
  expect(real('//')).toBe('/');
  expect(real('/..')).toBe('/');
  expect(real('//etc//passwd')).toBe('/etc/passwd');
  if (process.platform === 'linux') expect(real('/proc/self/root/etc/passwd')).toBe('/etc/passwd');
});

test('a name that only looks like another after Unicode normalisation is another', () => {
  // U+2100 is `a/c` under NFKC.
  expect(real('\u2100')).toBe('/work/\u2100');
});

test('a link that moves is followed anew, warm or cold', () => {
  mkdirSync(join(root, 'v1'));
  mkdirSync(join(root, 'v2'));
  for (const version of ['v1', 'v2']) writeFileSync(join(root, version, 'f'), version);
  symlinkSync('v1', join(root, 'current'));
  for (let round = 0; round < 3; round++) expect(real('current/f', root)).toBe('/v1/f');
  symlinkSync('v2', join(root, 'next'));
  renameSync(join(root, 'next'), join(root, 'current'));
  for (let round = 0; round < 3; round++) {
    expect(real('current/f', root)).toBe('/v2/f');
    expect(real(`current/new${round}`, root)).toBe(`/v2/new${round}`);
  }
});

test('a directory that becomes a link is seen at once', () => {
  mkdirSync(join(root, 'plain'));
  writeFileSync(join(root, 'plain/f'), 'f');
  expect(real('plain/f', root)).toBe('/plain/f');
  expect(real('plain/g', root)).toBe('/plain/g');
  renameSync(join(root, 'plain'), join(root, 'moved'));
  symlinkSync('out', join(root, 'plain'));
  expect(real('plain/g', root)).toBe('/out/g');
  expect(real('plain/secret', root)).toBe('/out/secret');
});

test('a directory renamed and linked to from its old name: the old answer lasts a second at most', async () => {
  mkdirSync(join(root, 'app'));
  writeFileSync(join(root, 'app/f'), 'f');
  expect(real('app/f', root)).toBe('/app/f');
  renameSync(join(root, 'app'), join(root, 'app-v1'));
  symlinkSync('app-v1', join(root, 'app'));
  // The same inode by the same name: only time tells. What runs meanwhile meets a link, and fails.
  expect(['/app/f', '/app-v1/f']).toContain(real('app/f', root));
  const deadline = performance.now() + 5_000;
  while (real('app/f', root) !== '/app-v1/f' && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(real('app/f', root)).toBe('/app-v1/f');
});

test('a file that becomes a link is seen at once', () => {
  writeFileSync(join(root, 'turn'), 'x');
  expect(real('turn', root)).toBe('/turn');
  rmSync(join(root, 'turn'));
  symlinkSync('out/secret', join(root, 'turn'));
  expect(real('turn', root)).toBe('/out/secret');
});

test('agrees with the kernel on whatever exists, and is its own fixed point', () => {
  const part = fc.constantFrom(
    'work',
    'sub',
    'deep',
    'out',
    'link',
    'short',
    'root',
    'a.txt',
    'secret',
    '.',
    '',
    'missing',
    '..',
    'innocent.txt',
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 7 }), (parts) => {
      const raw = `${root}/${parts.join('/')}`;
      const read = canonicalPath(raw, '/');
      if (!read.ok) return void expect(parts).toContain('..');
      expect(canonicalPath(read.value, '/')).toEqual(read);
      let known: string | undefined;
      try {
        known = realpathSync.native(raw);
      } catch {
        return;
      }
      expect(read.value).toBe(known);
    }),
    { numRuns: 500 },
  );
});

test('any text gets an answer; what passes is absolute and tidy', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      for (const read of [canonicalPath(raw, '/nowhere'), lexicalPath(raw, '/nowhere')]) {
        if (!read.ok) expect(read.code).toBe('invalid_resource');
        else expect(read.value).toMatch(/^\/(?!.*(?:\/\/|\/\.{1,2}(?:\/|$)|.\/$))/s);
      }
    }),
  );
});

test("the host's paths are lexical: nothing is looked up here", () => {
  expect(lexicalPath('link/../a', join(root, 'work'))).toEqual({
    ok: true,
    value: join(root, 'work/a'),
  });
  expect(lexicalPath('innocent.txt', join(root, 'work'))).toEqual({
    ok: true,
    value: join(root, 'work/innocent.txt'),
  });
  expect(lexicalPath('../../../../../../../../etc/passwd', root)).toEqual({
    ok: true,
    value: '/etc/passwd',
  });
});
