/** What waits to be written to the database is in the vault: for readers, for its room, and for who opens it after a kill at any point. */
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fill, mountSmall, unmount } from '../testing/small-disk.ts';
import type { Vault } from '../types.ts';
import { openVault } from './vault.ts';

const key = randomBytes(32);
const bytes = (text: string): Buffer => Buffer.from(text);
const text = (value: unknown): string | undefined =>
  value === undefined ? undefined : Buffer.from(value as Uint8Array).toString();
let root: string;
let dir: string;
let now: number;
let opened: Vault[];
let copies: number;

const open = (at = dir, synchronous: 'NORMAL' | 'FULL' = 'NORMAL', quotaBytes = 100_000): Vault => {
  const path = join(at, 'vault.sqlite');
  const vault = openVault({ path, key, now: () => now, quotaBytes, synchronous });
  opened.push(vault);
  return vault;
};
const put = (vault: Vault, value: string, ttl = 5_000): string =>
  vault.put('t', 'held', bytes(value), ttl) as string;
const ahead = (at = dir): string => join(at, 'vault.sqlite-ahead');
/** What lies on the disk now, as a process finds it that comes after a kill. */
const killed = (): string => {
  const copy = join(root, `copy-${copies++}`);
  cpSync(dir, copy, { recursive: true });
  return copy;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-ahead-'));
  dir = join(root, 'data');
  mkdirSync(dir);
  now = 1_000_000;
  opened = [];
  copies = 0;
});
afterEach(() => {
  for (const vault of opened) vault.close();
  rmSync(root, { recursive: true, force: true });
});

describe('values on their way to the database', () => {
  it('are there after a kill, each from the moment that it was put', () => {
    const vault = open();
    const names: string[] = [];
    for (let n = 0; n < 70; n++) {
      names.push(put(vault, `value ${n}`));
      if (n % 9 !== 0 && n < 63) continue;
      const after = open(killed());
      for (const [at, name] of names.entries())
        expect(text(after.get('t', name))).toBe(`value ${at}`);
      after.close();
    }
    vault.close();
    expect(statSync(ahead()).size).toBe(0);
    const after = open();
    expect(names.map((name) => text(after.get('t', name)))).toEqual(
      names.map((_, n) => `value ${n}`),
    );
  });

  it('are whole or missing, wherever a write was cut', () => {
    const vault = open();
    const names = ['one', 'two', 'three'].map((value) => put(vault, value));
    const copy = killed();
    const ends = [0];
    const file = readFileSync(ahead(copy));
    for (let at = 0; at < file.length; ends.push(at))
      at += 8 + file.readUInt32BE(at) + file.readUInt32BE(at + 4);
    expect(ends).toHaveLength(4);
    // At every edge, and here and there between.
    const cuts = ends.flatMap((end) => [end - 1, end, end + 1, end + 6, end + 40]);
    for (const size of cuts.filter((cut) => cut >= 0 && cut <= file.length)) {
      writeFileSync(ahead(copy), file.subarray(0, size));
      rmSync(join(copy, 'vault.sqlite'), { force: true });
      for (const suffix of ['-wal', '-shm'])
        rmSync(join(copy, `vault.sqlite${suffix}`), { force: true });
      const after = open(copy);
      const whole = ends.filter((end) => end > 0 && end <= size).length;
      expect(names.map((name) => after.get('t', name) !== undefined)).toEqual(
        names.map((_, at) => at < whole),
      );
      after.close();
    }
  });

  it('read as missing where their file was changed', () => {
    const vault = open();
    const name = put(vault, 'a value');
    const copy = killed();
    const file = readFileSync(ahead(copy));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] as number) ^ flip;
        const own = join(root, `changed-${copies++}`);
        mkdirSync(own);
        writeFileSync(ahead(own), changed);
        const after = open(own);
        expect(after.get('t', name)).toBeUndefined();
        after.close();
        rmSync(own, { recursive: true });
      }),
      { numRuns: 30 },
    );
    const stranger = join(root, 'stranger');
    cpSync(copy, stranger, { recursive: true });
    const path = join(stranger, 'vault.sqlite');
    const other = openVault({ path, key: randomBytes(32), now: () => now, quotaBytes: 1_000 });
    expect(other.get('t', name)).toBeUndefined();
    other.close();
  });

  it('do not come back after a drop, nor live longer than they would', () => {
    const vault = open();
    const [kept, dropped] = [put(vault, 'kept'), put(vault, 'dropped')];
    const short = put(vault, 'short', 10);
    vault.drop('t', dropped);
    const later = put(vault, 'later', 10);
    const after = open(killed());
    expect(after.get('t', dropped)).toBeUndefined();
    expect(text(after.get('t', kept))).toBe('kept');
    expect(text(after.get('t', later))).toBe('later');
    now += 10;
    for (const one of [vault, after])
      for (const name of [short, later]) expect(one.get('t', name)).toBeUndefined();
    const much = open(killed());
    for (const name of [short, later]) expect(much.get('t', name)).toBeUndefined();
    expect(vault.sweep(now)).toBe(2);
    expect(text(vault.get('t', kept))).toBe('kept');
  });

  it('take their room, and give it back', () => {
    const vault = open(dir, 'NORMAL', 1_000);
    const name = put(vault, 'x'.repeat(600));
    expect(() => put(vault, 'y'.repeat(600))).toThrow('full');
    expect(put(vault, 'x'.repeat(600))).toBe(name);
    const after = open(killed(), 'NORMAL', 1_000);
    expect(() => put(after, 'y'.repeat(600))).toThrow('full');
    expect(text(after.get('t', name))).toBe('x'.repeat(600));
    vault.letGo('t', name);
    expect(vault.get('t', name)).toBeUndefined();
    const other = put(vault, 'y'.repeat(600));
    expect(text(vault.get('t', other))).toBe('y'.repeat(600));
    expect(vault.get('u', other)).toBeUndefined();
  });

  it('lie in a file that is private, and no link', () => {
    writeFileSync(ahead(), '', { mode: 0o644 });
    const vault = open();
    put(vault, 'a secret');
    expect(statSync(ahead()).mode & 0o777).toBe(0o600);
    expect(readFileSync(ahead()).includes('a secret')).toBe(false);
    vault.close();
    rmSync(ahead());
    symlinkSync(join(root, 'elsewhere'), ahead());
    expect(() => open()).toThrow();
    rmSync(ahead());
    mkdirSync(ahead());
    expect(() => open()).toThrow();
  });

  it('are forgotten where they are no values', () => {
    for (const junk of [randomBytes(3_000_000), Buffer.alloc(3_000_000)]) {
      writeFileSync(ahead(), junk);
      const vault = open();
      expect(statSync(ahead()).size).toBe(0);
      vault.close();
    }
    writeFileSync(ahead(), randomBytes(5_000));
    const name = put(open(), 'a value');
    writeFileSync(ahead(), Buffer.alloc(5_000));
    expect(text(open(killed()).get('t', name))).toBeUndefined();
    truncateSync(ahead(), 0);
  });

  it('do with the database, after any steps and any kill, what a list of them would', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), n: fc.nat(9), large: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('drop' as const, 'letGo' as const), n: fc.nat(9) }),
      fc.record({ kind: fc.constantFrom('kill' as const, 'sweep' as const, 'close' as const) }),
      fc.record({ kind: fc.constant('burst' as const), n: fc.nat(80) }),
    );
    const made = (n: number, large: boolean): string => `value ${n} `.repeat(large ? 3_000 : 1);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 14 }),
        fc.constantFrom('NORMAL' as const, 'FULL' as const),
        (steps, synchronous) => {
          let at = join(root, `run-${copies++}`);
          mkdirSync(at);
          let vault = open(at, synchronous, 10_000_000);
          const names = new Map<string, string>();
          const live = new Set<string>();
          /** Let go, and missed from then on; after a kill perhaps there again, where nobody names them. */
          const gone = new Set<string>();
          const perhaps = new Set<string>();
          for (const { kind, ...rest } of steps) {
            const { n = 0, large = false } = rest as { n?: number; large?: boolean };
            const value = made(n, large);
            if (kind === 'put') {
              names.set(value, put(vault, value));
              live.add(value);
              gone.delete(value);
              perhaps.delete(value);
            } else if (kind === 'burst') {
              for (let count = 0; count < n; count++) put(vault, `burst ${copies} ${count}`);
            } else if (kind === 'drop' || kind === 'letGo') {
              const name = names.get(value);
              if (name === undefined) continue;
              if (kind === 'drop') gone.delete(value);
              else if (live.has(value) || perhaps.has(value)) gone.add(value);
              live.delete(value);
              perhaps.delete(value);
              vault[kind]('t', name);
            } else if (kind === 'sweep') {
              expect(vault.sweep(now)).toBe(0);
              gone.clear();
            } else {
              if (kind === 'close') vault.close();
              const next = join(root, `run-${copies++}`);
              cpSync(at, next, { recursive: true });
              vault.close();
              at = next;
              vault = open(at, synchronous, 10_000_000);
              if (kind === 'kill') for (const value of gone) perhaps.add(value);
              gone.clear();
            }
            for (const [value, name] of names) {
              const found = text(vault.get('t', name));
              if (live.has(value)) expect(found).toBe(value);
              else if (perhaps.has(value)) expect([value, undefined]).toContain(found);
              else expect(found).toBeUndefined();
            }
          }
          vault.close();
        },
      ),
      { numRuns: 30 },
    );
  });
});

const mounts: string[] = [];
const disk = mountSmall(4);
if (disk !== undefined) mounts.push(disk);
afterAll(() => {
  for (const path of mounts) unmount(path);
});

it.skipIf(disk === undefined)(
  'are refused where the disk is full, and none that was taken is lost (skipped where no tmpfs may be mounted)',
  () => {
    const at = disk as string;
    const vault = open(at);
    const names = Array.from({ length: 20 }, (_, n) => put(vault, `value ${n}`));
    const free = fill(at);
    const refused = expect.objectContaining({ code: 'store_unavailable' });
    let more = 0;
    const failing = (): void => {
      for (; more < 1_000; more++) names.push(put(vault, `value ${names.length}`.padEnd(200)));
    };
    expect(failing).toThrow(refused);
    expect(() => vault.drop('t', names[0] as string)).toThrow(refused);
    for (const [n, name] of names.entries())
      if (n > 0) expect(text(vault.get('t', name))?.trimEnd()).toBe(`value ${n}`);
    free();
    vault.drop('t', names[0] as string);
    names.push(put(vault, `value ${names.length}`));
    const after = open(killedFrom(at));
    expect(after.get('t', names[0] as string)).toBeUndefined();
    for (const [n, name] of names.entries())
      if (n > 0) expect(text(after.get('t', name))?.trimEnd()).toBe(`value ${n}`);
    vault.close();
  },
);

function killedFrom(at: string): string {
  const copy = join(root, 'from-disk');
  cpSync(at, copy, { recursive: true });
  return copy;
}
