import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, run, scratch } from '../testing/kit.ts';
import type { Provider } from '../types.ts';
import { createFsProvider } from './index.ts';

const linux = process.platform === 'linux';
let base: ReturnType<typeof scratch>;
let ws: string;
let secret: string;
let ours: string;
let fs: Provider;

beforeEach(() => {
  base = scratch();
  ws = join(base.path, 'ws');
  secret = join(base.path, 'secret');
  ours = join(base.path, 'data');
  for (const path of [ws, secret, ours]) mkdirSync(path);
  writeFileSync(join(secret, 'key'), 'SECRET');
  writeFileSync(join(ours, 'journal'), 'OURS');
  fs = createFsProvider({ outOfReach: [ours] });
});
afterEach(async () => {
  await fs.close?.();
  base.remove();
});

const text = async (path: string) => {
  const { data } = await run(fs, 'fs.read', path);
  return data instanceof Uint8Array ? Buffer.from(data).toString() : data;
};

describe('fs.read', () => {
  it('gives the bytes of a file, with its label', async () => {
    writeFileSync(join(ws, 'a'), 'hello');
    const output = await run(fs, 'fs.read', join(ws, 'a'));
    expect(Buffer.from(output.data as Uint8Array).toString()).toBe('hello');
    expect(output.labels).toEqual([
      { source: 'fs', origin: join(ws, 'a'), integrity: 'trusted', confidentiality: 'private' },
    ]);
  });

  it('gives parts, and encodes', async () => {
    writeFileSync(join(ws, 'a'), Buffer.from([0xff, 1, 2, 3]));
    const part = await run(fs, 'fs.read', join(ws, 'a'), {
      offset: 1,
      length: 2,
      encoding: 'base64',
    });
    expect(part.data).toBe('AQI=');
    const beyond = await run(fs, 'fs.read', join(ws, 'a'), { offset: 9 });
    expect((beyond.data as Uint8Array).length).toBe(0);
    expect(await failure(fs, 'fs.read', join(ws, 'a'), { encoding: 'utf8' })).toMatchObject({
      code: 'provider_error',
      effect: 'none',
    });
  });

  it('sees a directory that was replaced, and a file that was', async () => {
    mkdirSync(join(ws, 'd'));
    writeFileSync(join(ws, 'd/f'), 'one');
    expect(await text(join(ws, 'd/f'))).toBe('one');
    renameSync(join(ws, 'd'), join(ws, 'old'));
    mkdirSync(join(ws, 'd'));
    writeFileSync(join(ws, 'd/f'), 'two');
    expect(await text(join(ws, 'd/f'))).toBe('two');
    writeFileSync(join(ws, 'd/g'), 'three');
    renameSync(join(ws, 'd/g'), join(ws, 'd/f'));
    expect(await text(join(ws, 'd/f'))).toBe('three');
  });

  it('refuses what is larger than the cap before reading it', async () => {
    writeFileSync(join(ws, 'huge'), '');
    truncateSync(join(ws, 'huge'), 2 ** 40);
    expect(await failure(fs, 'fs.read', join(ws, 'huge'))).toMatchObject({
      code: 'output_too_large',
      effect: 'none',
    });
    const end = await run(fs, 'fs.read', join(ws, 'huge'), { offset: 2 ** 40 - 3, length: 100 });
    expect((end.data as Uint8Array).length).toBe(3);
  });

  it('names what is missing without its path', async () => {
    const error = await failure(fs, 'fs.read', join(ws, 'no'));
    expect(error).toMatchObject({ code: 'not_found', effect: 'none' });
    expect(error.message).not.toContain(base.path);
  });

  it.each([
    ['offset', -1],
    ['offset', 1.5],
    ['length', '1'],
    ['encoding', 'latin1'],
    ['encoding', null],
  ])('refuses %s = %j', async (name, value) => {
    writeFileSync(join(ws, 'a'), 'hello');
    expect(await failure(fs, 'fs.read', join(ws, 'a'), { [name]: value })).toMatchObject({
      code: 'invalid_params',
    });
  });
});

describe('what is not a file at exactly this path', () => {
  it('refuses links, at the end and on the way', async () => {
    symlinkSync(join(secret, 'key'), join(ws, 'link'));
    symlinkSync(secret, join(ws, 'dir'));
    for (const path of ['link', 'dir/key']) {
      for (const action of ['fs.read', 'fs.stat', 'fs.delete']) {
        expect(await failure(fs, action, join(ws, path)), action).toMatchObject({
          code: 'outside_permit',
          effect: 'none',
        });
      }
      for (const action of ['fs.write', 'fs.append']) {
        const error = await failure(fs, action, join(ws, path), { content: 'x' });
        expect(error).toMatchObject({ code: 'outside_permit', effect: 'none' });
      }
    }
    expect(await failure(fs, 'fs.list', join(ws, 'dir'))).toMatchObject({ code: 'outside_permit' });
    expect(readFileSync(join(secret, 'key'), 'utf8')).toBe('SECRET');
  });

  it('refuses every path that is not canonical', async () => {
    writeFileSync(join(ws, 'a'), 'hello');
    mkdirSync(join(ws, 'd'));
    for (const path of [
      `${ws}/../ws/a`,
      `${ws}//a`,
      `${ws}/./a`,
      `${ws}/d/../a`,
      `${ws}/a/`,
      'a',
      '',
    ]) {
      const error = await failure(fs, 'fs.read', path);
      expect(error.effect).toBe('none');
      const write = await failure(fs, 'fs.write', path, { content: 'x' });
      expect(write.effect).toBe('none');
    }
    expect(await failure(fs, 'fs.read', `${ws}/a\0b`)).toBeInstanceOf(Error);
    expect(readFileSync(join(ws, 'a'), 'utf8')).toBe('hello');
  });

  it('never opens a pipe', async () => {
    execFileSync('mkfifo', [join(ws, 'pipe')]);
    for (const action of ['fs.read', 'fs.append', 'fs.write']) {
      expect(
        await failure(fs, action, join(ws, 'pipe'), action === 'fs.read' ? {} : { content: 'x' }),
      ).toMatchObject({ code: 'provider_refused', effect: 'none' });
    }
    expect(await failure(fs, 'fs.stat', join(ws, 'pipe'))).toMatchObject({
      code: 'provider_refused',
    });
  });

  it('refuses a file with a second name', async () => {
    linkSync(join(secret, 'key'), join(ws, 'hard'));
    expect(await failure(fs, 'fs.read', join(ws, 'hard'))).toMatchObject({
      code: 'provider_refused',
    });
    for (const action of ['fs.write', 'fs.append']) {
      expect(await failure(fs, action, join(ws, 'hard'), { content: 'x' })).toMatchObject({
        code: 'provider_refused',
      });
    }
    expect(readFileSync(join(secret, 'key'), 'utf8')).toBe('SECRET');
  });

  it('tells a directory from a file', async () => {
    mkdirSync(join(ws, 'd'));
    writeFileSync(join(ws, 'f'), '');
    expect(await failure(fs, 'fs.read', join(ws, 'd'))).toMatchObject({ code: 'provider_refused' });
    expect(await failure(fs, 'fs.write', join(ws, 'd'), { content: '' })).toMatchObject({
      code: 'provider_refused',
    });
    expect(await failure(fs, 'fs.list', join(ws, 'f'))).toMatchObject({ code: 'provider_error' });
    expect(await failure(fs, 'fs.read', join(ws, 'f/x'))).toMatchObject({ code: 'provider_error' });
  });

  it.runIf(linux)('refuses kernel interfaces and devices', async () => {
    for (const path of [
      '/proc/self/environ',
      `/proc/${process.pid}/environ`,
      '/sys/kernel/notes',
      '/dev/null',
      '/dev/zero',
      `/proc/${process.pid}/root/etc/hostname`,
    ]) {
      expect((await failure(fs, 'fs.read', path)).code, path).toBe('provider_refused');
    }
    expect(
      await failure(fs, 'fs.write', '/proc/self/oom_score_adj', { content: '0' }),
    ).toMatchObject({
      code: 'provider_refused',
    });
  });

  it('refuses names that the kernel shows ambiguously', async () => {
    for (const name of ['f (deleted)', 'f\uFFFD']) {
      mkdirSync(join(ws, name));
      writeFileSync(join(ws, name, 'x'), '1');
      expect(await failure(fs, 'fs.list', join(ws, name))).toMatchObject({
        code: 'provider_refused',
      });
      expect(await failure(fs, 'fs.read', join(ws, name, 'x'))).toMatchObject({
        code: 'provider_refused',
      });
    }
  });
});

describe('what is out of reach', () => {
  it('holds for paths, below them, and what is made later', async () => {
    for (const path of [join(ours, 'journal'), join(ours, 'later'), ours]) {
      expect(await failure(fs, 'fs.read', path)).toMatchObject({ code: 'provider_refused' });
      expect(await failure(fs, 'fs.stat', path)).toMatchObject({ code: 'provider_refused' });
      expect(await failure(fs, 'fs.write', path, { content: 'x' })).toMatchObject({
        code: 'provider_refused',
        effect: 'none',
      });
      expect(await failure(fs, 'fs.delete', path)).toMatchObject({ code: 'provider_refused' });
    }
    expect(await failure(fs, 'fs.list', ours)).toMatchObject({ code: 'provider_refused' });
  });

  it('is not carried along by a move, nor written over by one', async () => {
    writeFileSync(join(ws, 'f'), '');
    expect(await failure(fs, 'fs.move', base.path, { to: `${base.path}-2` })).toMatchObject({
      code: 'provider_refused',
    });
    expect(await failure(fs, 'fs.move', join(ws, 'f'), { to: join(ours, 'f') })).toMatchObject({
      code: 'provider_refused',
    });
    expect(
      await failure(fs, 'fs.move', join(ours, 'journal'), { to: join(ws, 'j') }),
    ).toMatchObject({
      code: 'provider_refused',
    });
    expect(readFileSync(join(ours, 'journal'), 'utf8')).toBe('OURS');
  });

  it('is not put in place by a move of the directory above', async () => {
    const fs = createFsProvider({ outOfReach: [join(base.path, '.git', 'hooks')] });
    mkdirSync(join(base.path, 'x', 'hooks'), { recursive: true });
    writeFileSync(join(base.path, 'x', 'hooks', 'pre-commit'), 'mine');
    const to = join(base.path, '.git');
    expect(await failure(fs, 'fs.move', join(base.path, 'x'), { to })).toMatchObject({
      code: 'provider_refused',
      effect: 'none',
    });
    expect(existsSync(to)).toBe(false);
    await fs.close?.();
  });

  it('holds for an inode that was renamed elsewhere', async () => {
    const key = join(base.path, 'key');
    writeFileSync(key, 'K');
    const guarded = createFsProvider({ outOfReach: [key] });
    renameSync(key, join(ws, 'innocent'));
    expect(await failure(guarded, 'fs.read', join(ws, 'innocent'))).toMatchObject({
      code: 'provider_refused',
    });
    await guarded.close?.();
  });
});

describe('fs.write', () => {
  it('makes files, with their directories, and says so', async () => {
    const { data } = await run(fs, 'fs.write', join(ws, 'a/b/c.txt'), { content: 'é' });
    expect(data).toEqual({ bytes: 2, created: true });
    expect(readFileSync(join(ws, 'a/b/c.txt'), 'utf8')).toBe('é');
    expect(readdirSync(join(ws, 'a/b'))).toEqual(['c.txt']);
    expect(
      await failure(fs, 'fs.write', join(ws, 'x/y'), { content: '', parents: false }),
    ).toMatchObject({
      code: 'not_found',
      effect: 'none',
    });
  });

  it('replaces whole, keeps the mode, drops set-id bits, leaves no draft', async () => {
    const path = join(ws, 'f');
    writeFileSync(path, 'a long old text');
    chmodSync(path, 0o4750);
    const { data } = await run(fs, 'fs.write', path, { content: 'new' });
    expect(data).toEqual({ bytes: 3, created: false });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o7777).toBe(0o750);
    expect(readdirSync(ws)).toEqual(['f']);
  });

  it('writes bytes exactly: CRLF, NUL, and canonical base64 only', async () => {
    const bytes = Buffer.from([0, 13, 10, 0xff, 0x80]);
    await run(fs, 'fs.write', join(ws, 'b'), {
      content: bytes.toString('base64'),
      encoding: 'base64',
    });
    expect(readFileSync(join(ws, 'b'))).toEqual(bytes);
    await run(fs, 'fs.write', join(ws, 'c'), { content: 'a\r\nb\0' });
    expect(readFileSync(join(ws, 'c'), 'latin1')).toBe('a\r\nb\0');
    for (const content of ['AA', 'AA==AA==', '!!!!', 'AB==']) {
      expect(
        await failure(fs, 'fs.write', join(ws, 'd'), { content, encoding: 'base64' }),
      ).toMatchObject({ code: 'invalid_params' });
    }
    expect(existsSync(join(ws, 'd'))).toBe(false);
  });

  it('keeps what is there where overwrite is false', async () => {
    writeFileSync(join(ws, 'f'), 'old');
    expect(
      await failure(fs, 'fs.write', join(ws, 'f'), { content: 'new', overwrite: false }),
    ).toMatchObject({ code: 'provider_refused', effect: 'none' });
    expect(readFileSync(join(ws, 'f'), 'utf8')).toBe('old');
  });

  it('refuses more than the cap', async () => {
    const small = createFsProvider({ maxWriteBytes: 4 });
    expect(await failure(small, 'fs.write', join(ws, 'f'), { content: '12345' })).toMatchObject({
      code: 'provider_refused',
    });
    await small.close?.();
  });

  it('round-trips any text and any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const content = Buffer.from(bytes).toString('base64');
        await run(fs, 'fs.write', join(ws, 'p'), { content, encoding: 'base64' });
        const read = await run(fs, 'fs.read', join(ws, 'p'), { encoding: 'base64' });
        expect(read.data).toBe(content);
      }),
      { numRuns: 50 },
    );
  });
});

describe('fs.append', () => {
  it('begins and extends a file', async () => {
    const first = await run(fs, 'fs.append', join(ws, 'd/log'), { content: 'one\n' });
    expect(first.data).toEqual({ bytes: 4, size: 4, created: true });
    const second = await run(fs, 'fs.append', join(ws, 'd/log'), { content: 'two\n' });
    expect(second.data).toEqual({ bytes: 4, size: 8, created: false });
    expect(readFileSync(join(ws, 'd/log'), 'utf8')).toBe('one\ntwo\n');
  });
});

/** A file system of 64 KiB, where this process may mount one. */
function smallDisk(path: string): boolean {
  mkdirSync(path);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0;
}

describe.runIf(linux && process.getuid?.() === 0)('a full disk (needs root to mount one)', () => {
  it('leaves the old file after a write, and owns up after an append', async (test) => {
    const disk = join(base.path, 'disk');
    if (!smallDisk(disk)) return test.skip('this system does not let root mount a tmpfs');
    const roomy = createFsProvider();
    try {
      await run(roomy, 'fs.write', join(disk, 'f'), { content: 'old' });
      const content = 'x'.repeat(100_000);
      expect(await failure(roomy, 'fs.write', join(disk, 'f'), { content })).toMatchObject({
        code: 'provider_error',
        effect: 'none',
      });
      expect(readdirSync(disk)).toEqual(['f']);
      expect(readFileSync(join(disk, 'f'), 'utf8')).toBe('old');
      expect(await failure(roomy, 'fs.append', join(disk, 'f'), { content })).toMatchObject({
        code: 'provider_error',
        effect: 'possible',
      });
      expect(await failure(roomy, 'fs.move', join(disk, 'f'), { to: join(ws, 'f') })).toMatchObject(
        {
          code: 'provider_error',
          effect: 'none',
        },
      );
    } finally {
      await roomy.close?.();
      spawnSync('umount', [disk]);
    }
  });
});

describe('fs.list and fs.stat', () => {
  it('lists sorted, with types, and stops at the limit', async () => {
    for (const name of ['b', 'a', '.hidden']) writeFileSync(join(ws, name), '');
    mkdirSync(join(ws, 'c'));
    symlinkSync('a', join(ws, 'l'));
    const { data } = await run(fs, 'fs.list', ws);
    expect(data).toEqual({
      entries: [
        { name: '.hidden', type: 'file' },
        { name: 'a', type: 'file' },
        { name: 'b', type: 'file' },
        { name: 'c', type: 'directory' },
        { name: 'l', type: 'link' },
      ],
      truncated: false,
    });
    const cut = await run(fs, 'fs.list', ws, { limit: 2 });
    expect(cut.data).toMatchObject({ truncated: true });
    expect((cut.data as { entries: [] }).entries).toHaveLength(2);
  });

  it('describes files and directories', async () => {
    writeFileSync(join(ws, 'a'), 'abc');
    chmodSync(join(ws, 'a'), 0o640);
    const { data } = await run(fs, 'fs.stat', join(ws, 'a'));
    expect(data).toMatchObject({ type: 'file', size: 3, mode: '0640', links: 1 });
    expect((await run(fs, 'fs.stat', ws)).data).toMatchObject({ type: 'directory' });
    expect((await run(fs, 'fs.stat', '/')).data).toMatchObject({ type: 'directory' });
  });
});

describe('fs.delete and fs.move', () => {
  it('deletes files and empty directories only', async () => {
    writeFileSync(join(ws, 'f'), '');
    mkdirSync(join(ws, 'd/e'), { recursive: true });
    expect((await run(fs, 'fs.delete', join(ws, 'f'))).data).toEqual({ deleted: 'file' });
    expect(await failure(fs, 'fs.delete', join(ws, 'd'))).toMatchObject({ effect: 'none' });
    expect((await run(fs, 'fs.delete', join(ws, 'd/e'))).data).toEqual({ deleted: 'directory' });
    expect(await failure(fs, 'fs.delete', join(ws, 'f'))).toMatchObject({ code: 'not_found' });
    expect(await failure(fs, 'fs.delete', '/')).toMatchObject({ effect: 'none' });
  });

  it('moves files and directories, and replaces only when told', async () => {
    writeFileSync(join(ws, 'f'), 'F');
    writeFileSync(join(ws, 'g'), 'G');
    expect(await failure(fs, 'fs.move', join(ws, 'f'), { to: join(ws, 'g') })).toMatchObject({
      code: 'provider_refused',
      effect: 'none',
    });
    const { data } = await run(fs, 'fs.move', join(ws, 'f'), {
      to: join(ws, 'g'),
      overwrite: true,
    });
    expect(data).toEqual({ moved: 'file', replaced: true });
    expect(readFileSync(join(ws, 'g'), 'utf8')).toBe('F');
    await run(fs, 'fs.move', join(ws, 'g'), { to: join(ws, 'n/e/w') });
    expect(readFileSync(join(ws, 'n/e/w'), 'utf8')).toBe('F');
    await run(fs, 'fs.move', join(ws, 'n/e'), { to: join(ws, 'm') });
    expect(readFileSync(join(ws, 'm/w'), 'utf8')).toBe('F');
    expect(await text(join(ws, 'm/w'))).toBe('F');
  });

  it('refuses a destination that is not canonical, is below the source, or is of another kind', async () => {
    mkdirSync(join(ws, 'd'));
    writeFileSync(join(ws, 'f'), '');
    symlinkSync(secret, join(ws, 'out'));
    for (const to of ['g', `${ws}/d/../g`, `${ws}/out/g`, `${ws}//g`, `${ws}/g/`]) {
      expect((await failure(fs, 'fs.move', join(ws, 'f'), { to })).effect, to).toBe('none');
    }
    expect(await failure(fs, 'fs.move', join(ws, 'd'), { to: join(ws, 'd/e') })).toMatchObject({
      code: 'provider_refused',
    });
    expect(
      await failure(fs, 'fs.move', join(ws, 'f'), { to: join(ws, 'd'), overwrite: true }),
    ).toMatchObject({ code: 'provider_refused' });
    expect(existsSync(join(ws, 'f'))).toBe(true);
    expect(readdirSync(secret)).toEqual(['key']);
  });
});

describe.runIf(linux)('a directory swapped by another process', () => {
  /** A child that swaps ws/d between a directory and a link to `secret`, as fast as it can, until it is ended. */
  async function whileSwapping(work: () => Promise<void>): Promise<void> {
    const code = `
      const fs = require('node:fs');
      const [ws, secret] = process.argv.slice(1);
      fs.symlinkSync(secret, ws + '/l');
      process.stdout.write('go');
      for (;;) {
        try { fs.renameSync(ws + '/d', ws + '/real'); fs.renameSync(ws + '/l', ws + '/d'); } catch {}
        try { fs.renameSync(ws + '/d', ws + '/l'); fs.renameSync(ws + '/real', ws + '/d'); } catch {}
      }`;
    const child = spawn(process.execPath, ['-e', code, ws, secret], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await work();
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  }

  it('never makes a read or a write land elsewhere', async () => {
    mkdirSync(join(ws, 'd'));
    writeFileSync(join(ws, 'd/key'), 'PUBLIC');
    const seen = new Map<string, number>();
    const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    await whileSwapping(async () => {
      const some = (...codes: string[]) => codes.some((code) => seen.has(code));
      const least = performance.now() + 1_000;
      const most = least + 60_000;
      // Until both were met: which of the two comes when is up to the machine.
      while (
        performance.now() < least ||
        !(some('read PUBLIC') && some('outside_permit', 'not_found'))
      ) {
        if (performance.now() > most) break;
        for (const [name, params] of [
          ['fs.read', {}],
          ['fs.write', { content: 'PUBLIC', parents: false }],
          ['fs.append', { content: '', parents: false }],
        ] as const) {
          try {
            const { data } = await run(fs, name, join(ws, 'd/key'), params);
            note(data instanceof Uint8Array ? `read ${Buffer.from(data)}` : 'changed');
          } catch (error) {
            note(String((error as { code: unknown }).code));
          }
        }
      }
    });
    expect(readFileSync(join(secret, 'key'), 'utf8')).toBe('SECRET');
    expect(readdirSync(secret)).toEqual(['key']);
    expect([...seen.keys()]).not.toContain('read SECRET');
    expect(seen.get('read PUBLIC') ?? 0).toBeGreaterThan(0);
    expect((seen.get('outside_permit') ?? 0) + (seen.get('not_found') ?? 0)).toBeGreaterThan(0);
  });

  it('reads a file that is replaced over and over, whole', async () => {
    writeFileSync(join(ws, 'f'), 'A'.repeat(2_000));
    for (let i = 0; i < 200; i += 1) {
      const letter = i % 2 === 0 ? 'B' : 'A';
      await run(fs, 'fs.write', join(ws, 'f'), { content: letter.repeat(2_000) });
      expect(await text(join(ws, 'f'))).toBe(letter.repeat(2_000));
    }
  });
});

describe('where directories cannot be held', () => {
  it('reads, refuses links, and changes nothing unless allowed', async () => {
    const lexical = createFsProvider({ lexical: true, outOfReach: [ours] });
    writeFileSync(join(ws, 'a'), 'hello');
    symlinkSync(secret, join(ws, 'dir'));
    const { data } = await run(lexical, 'fs.read', join(ws, 'a'));
    expect(Buffer.from(data as Uint8Array).toString()).toBe('hello');
    expect(await failure(lexical, 'fs.read', join(ws, 'dir/key'))).toMatchObject({
      code: 'outside_permit',
    });
    expect(await failure(lexical, 'fs.read', join(ours, 'journal'))).toMatchObject({
      code: 'provider_refused',
    });
    for (const [name, params] of [
      ['fs.write', { content: '' }],
      ['fs.append', { content: '' }],
      ['fs.delete', {}],
      ['fs.move', { to: join(ws, 'b') }],
    ] as const) {
      expect(await failure(lexical, name, join(ws, 'a'), params)).toMatchObject({
        code: 'unsafe_platform',
        effect: 'none',
      });
    }
    expect(lexical.limits).toHaveLength(2);
    const allowed = createFsProvider({ lexical: true, allowUnsafePlatform: true });
    await run(allowed, 'fs.write', join(ws, 'n/b'), { content: 'x' });
    await run(allowed, 'fs.delete', join(ws, 'n/b'));
    unlinkSync(join(ws, 'a'));
  });
});

it('stops before it starts when the caller has gone away', async () => {
  writeFileSync(join(ws, 'a'), 'hello');
  const gone = AbortSignal.abort();
  expect(await failure(fs, 'fs.read', join(ws, 'a'), {}, gone)).toMatchObject({
    code: 'cancelled',
    effect: 'none',
  });
});

it('answers any path and any params with a ProviderError or a result', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('fs.read', 'fs.list', 'fs.stat', 'fs.delete', 'fs.move', 'fs.append'),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.dictionary(
        fc.constantFrom('to', 'content', 'offset', 'limit', 'encoding'),
        fc.jsonValue(),
      ),
      async (name, tail, params) => {
        // Below a file, so that nothing can be found or made.
        writeFileSync(join(ws, 'file'), '');
        const safe = {
          ...params,
          ...(typeof params.to === 'string' ? { to: `${ws}/file/x` } : {}),
        };
        await failure(fs, name, `${ws}/file/${tail}`, safe as never);
      },
    ),
    { numRuns: 200 },
  );
});

it('gives its descriptors back', async () => {
  for (let i = 0; i < 200; i += 1) {
    mkdirSync(join(ws, `d${i}`));
    await run(fs, 'fs.write', join(ws, `d${i}/f`), { content: 'x' });
    await run(fs, 'fs.read', join(ws, `d${i}/f`));
  }
  if (linux) {
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(200);
    await fs.close?.();
    rmSync(join(ws, 'd0'), { recursive: true });
  }
});
