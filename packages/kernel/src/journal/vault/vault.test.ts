import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Vault } from '../types.ts';
import { openMemoryVault } from './memory-vault.ts';
import { openVault } from './vault.ts';

const key = randomBytes(32);
const bytes = (text: string): Buffer => Buffer.from(text);
let dir: string;
let path: string;
let now: number;
const messages: string[] = [];
const open = (more: { key?: Uint8Array; quotaBytes?: number } = {}): Vault =>
  openVault({
    path,
    key,
    now: () => now,
    quotaBytes: 1_000,
    onMessage: (_level, message) => messages.push(message),
    ...more,
  });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-vault-'));
  path = join(dir, 'vault.sqlite');
  now = 1_000_000;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe.each([
  ['on disk', () => open()],
  ['in memory', () => openMemoryVault({ now: () => now, quotaBytes: 1_000 })],
])('the vault %s', (_name, make) => {
  it('gives back what was put, to its tenant only, until it expires', async () => {
    const vault = make();
    const name = await vault.put('default', 'held', bytes('a secret'), 5_000);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.from((await vault.get('default', name)) ?? [])).toEqual(bytes('a secret'));
    expect(await vault.get('other', name)).toBeUndefined();
    expect(await vault.get('default', 'x'.repeat(64))).toBeUndefined();
    now += 4_999;
    expect(await vault.get('default', name)).toBeDefined();
    now += 1;
    expect(await vault.get('default', name)).toBeUndefined();
    expect(await vault.sweep(now)).toBe(1);
    expect(await vault.sweep(now)).toBe(0);
    vault.close();
  });

  it('misses at once what was let go, and has its room for who needs it', async () => {
    const vault = make();
    const value = (n: number): Buffer => bytes(`value ${n}`.padEnd(40));
    const names = [];
    for (let n = 0; n < 25; n++) names.push(await vault.put('t', 'held', value(n), 5_000));
    await expect((async () => vault.put('t', 'held', value(25), 5_000))()).rejects.toThrow('full');
    for (const name of names.slice(0, 20)) await vault.letGo('t', name);
    await vault.letGo('other', names[20] as string);
    for (const name of names.slice(0, 20)) expect(await vault.get('t', name)).toBeUndefined();
    for (const name of names.slice(20)) expect(await vault.get('t', name)).toBeDefined();
    // One of them comes again, and stays.
    expect(await vault.put('t', 'held', value(3), 5_000)).toBe(names[3]);
    for (let n = 25; n < 44; n++) await vault.put('t', 'held', value(n), 5_000);
    expect(await vault.get('t', names[3] as string)).toBeDefined();
    await expect((async () => vault.put('t', 'held', value(44), 5_000))()).rejects.toThrow('full');
    vault.close();
  });

  it('keeps room for what is held, however much is kept for handles and answers', async () => {
    const vault = make();
    const fill = async (kind: string): Promise<number> => {
      for (let n = 0; ; n++) {
        try {
          await vault.put('t', kind, bytes(`${kind} ${n}`.padEnd(50)), 1_000);
        } catch (error) {
          expect(error).toMatchObject({ code: 'store_unavailable' });
          return n * 50;
        }
      }
    };
    expect(await fill('handle')).toBe(500);
    expect(await fill('answer')).toBe(250);
    expect(await fill('held')).toBe(250);
    now += 1_001;
    expect(await fill('handle')).toBe(500);
    vault.close();
  });

  it('names by content, tenant and kind', async () => {
    const vault = make();
    const name = await vault.put('a', 'held', bytes('x'), 10);
    expect(await vault.put('a', 'held', bytes('x'), 5_000)).toBe(name);
    now += 100;
    expect(await vault.get('a', name)).toBeDefined();
    const names = await Promise.all([
      vault.put('b', 'held', bytes('x'), 10),
      vault.put('a', 'frame', bytes('x'), 10),
      vault.put('a', 'held', bytes('y'), 10),
      vault.put('a,"held', '', bytes('x'), 10),
    ]);
    expect(new Set([name, ...names]).size).toBe(5);
    vault.close();
  });

  it('has room for each tenant, gets it back from what expired or was dropped, and never evicts', async () => {
    const vault = make();
    const first = await vault.put('a', 'k', Buffer.alloc(600, 1), 1_000);
    await expect(
      (async () => vault.put('a', 'k', Buffer.alloc(600, 2), 1_000))(),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await expect(
      (async () => vault.put('a', 'k', Buffer.alloc(1_001), 1_000))(),
    ).rejects.toMatchObject({
      code: 'too_large',
    });
    expect(await vault.get('a', first)).toHaveLength(600);
    await vault.put('b', 'k', Buffer.alloc(600, 2), 1_000);
    await vault.put('a', 'k', Buffer.alloc(600, 1), 1_000); // the same value takes its room once
    await vault.drop('a', first);
    await vault.drop('a', first);
    const second = await vault.put('a', 'k', Buffer.alloc(600, 2), 1_000);
    now += 1_001;
    const third = await vault.put('a', 'k', Buffer.alloc(600, 3), 1_000);
    expect(await vault.get('a', second)).toBeUndefined();
    expect(await vault.get('a', third)).toHaveLength(600);
    vault.close();
  });

  it('holds any bytes', async () => {
    const vault = make();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'binary' }),
        async (value, kind) => {
          const name = await vault.put('default', kind, value, 1_000);
          expect(Buffer.from((await vault.get('default', name)) ?? [1])).toEqual(
            Buffer.from(value),
          );
          await vault.drop('default', name);
        },
      ),
      { numRuns: 50 },
    );
    vault.close();
  });
});

describe('the vault on disk', () => {
  it('is private, encrypted, and there after a restart', async () => {
    const secret = 'correct horse battery staple';
    let vault = open();
    const name = await vault.put(
      'tenant-name-that-is-long'.repeat(200),
      'held',
      bytes(secret),
      1_000,
    );
    vault.close();
    vault.close();
    for (const file of readdirSync(dir)) {
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dir, file)).includes('battery')).toBe(false);
    }
    vault = open();
    const value = await vault.get('tenant-name-that-is-long'.repeat(200), name);
    expect(Buffer.from(value ?? []).toString()).toBe(secret);
    vault.close();
  });

  it('reads as missing with another key, whatever was changed, moved or made to live longer', async () => {
    let vault = open();
    const name = await vault.put('a', 'held', bytes('one'), 1_000);
    const other = await vault.put('a', 'held', bytes('two'), 1_000);
    vault.close();
    const stranger = open({ key: randomBytes(32) });
    expect(await stranger.get('a', name)).toBeUndefined();
    stranger.close();
    const changes: [string, string][] = [
      ["UPDATE vault SET sealed = substr(sealed, 1, length(sealed) - 1) || x'00'", 'tag'],
      ["UPDATE vault SET sealed = x''", 'empty'],
      ["UPDATE vault SET sealed = 'text'", 'of another type'],
      ["UPDATE vault SET kind = 'frame'", 'kind'],
      ['UPDATE vault SET expires = expires + 1', 'longer life'],
      ["UPDATE vault SET tenant = 'b'", 'tenant'],
    ];
    const whole = readFileSync(path);
    for (const [sql, what] of changes) {
      writeFileSync(path, whole);
      const db = new DatabaseSync(path);
      db.exec(sql);
      db.close();
      vault = open();
      expect(await vault.get('a', name), what).toBeUndefined();
      expect(await vault.get('b', name), what).toBeUndefined();
      vault.close();
    }
    writeFileSync(path, whole);
    const db = new DatabaseSync(path);
    const sealed = db.prepare('SELECT sealed FROM vault WHERE name = ?').get(other)
      ?.sealed as Uint8Array;
    db.prepare('UPDATE vault SET sealed = ? WHERE name = ?').run(sealed, name);
    db.close();
    vault = open();
    expect(await vault.get('a', name), 'swapped').toBeUndefined();
    expect(await vault.get('a', other)).toBeDefined();
    vault.close();
  });

  it('sets a damaged file aside and starts empty', async () => {
    writeFileSync(path, Buffer.alloc(10_000, 'garbage'));
    const vault = open();
    expect(messages.join()).toContain('damaged');
    const name = await vault.put('a', 'k', bytes('x'), 1_000);
    expect(await vault.get('a', name)).toBeDefined();
    vault.close();
    expect(readdirSync(dir)).toContain('vault.sqlite.damaged');
  });

  it('answers nothing after close', async () => {
    const vault = open();
    const name = await vault.put('a', 'k', bytes('x'), 1_000);
    vault.close();
    expect(await vault.get('a', name)).toBeUndefined();
    await expect((async () => vault.put('a', 'k', bytes('x'), 1))()).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(() => open({ key: Buffer.alloc(31) })).toThrow(/32 bytes/);
  });
});

it('deletes what was let go, many at a time and at the latest when it closes', () => {
  const vault = open({ quotaBytes: 100_000 });
  const names = Array.from({ length: 70 }, (_, n) =>
    vault.put('t', 'handle', bytes(`${n}`), 5_000),
  );
  const rows = (): unknown => {
    const db = new DatabaseSync(path, { readOnly: true });
    const [row] = db.prepare('SELECT count(*) AS count, total(bytes) AS bytes FROM vault').all();
    const held = db.prepare('SELECT bytes FROM held').get()?.bytes;
    db.close();
    expect(held).toBe(row?.bytes);
    return row?.count;
  };
  for (const name of names) void vault.letGo('t', name as string);
  expect(rows()).toBe(70 - 64);
  vault.close();
  expect(rows()).toBe(0);
});

it('deletes what was let go along with what is written, and knows how many bytes each tenant has after any steps', () => {
  const step = fc.record({
    tenant: fc.constantFrom('a', 'b'),
    size: fc.constantFrom(1, 300, 20_000),
    does: fc.constantFrom('put', 'put', 'again', 'letGo', 'drop', 'sweep'),
    times: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      rmSync(path, { force: true });
      const vault = open({ quotaBytes: 10_000_000 });
      const there = new Map<string, { tenant: string; name: string; value: Uint8Array }>();
      let made = 0;
      for (const { tenant, size, does, times } of steps) {
        if (does === 'sweep') vault.sweep(now);
        for (let n = 0; n < times; n++) {
          const last = [...there.values()].at(-1);
          if (does === 'put' || (does === 'again' && last !== undefined)) {
            const value = does === 'put' ? Buffer.alloc(size, `${made++};`) : last?.value;
            const name = vault.put(tenant, 'held', value as Uint8Array, 5_000) as string;
            there.set(tenant + name, { tenant, name, value: value as Uint8Array });
          } else if ((does === 'letGo' || does === 'drop') && last !== undefined) {
            void vault[does](last.tenant, last.name);
            there.delete(last.tenant + last.name);
            expect(vault.get(last.tenant, last.name)).toBeUndefined();
          }
        }
      }
      for (const { tenant, name, value } of there.values())
        expect(Buffer.from(vault.get(tenant, name) as Uint8Array).equals(value)).toBe(true);
      vault.close();
      const db = new DatabaseSync(path, { readOnly: true });
      const rows = db.prepare('SELECT tenant, name FROM vault').all();
      expect(rows.map((row) => `${row.tenant}${row.name}`).sort()).toEqual(
        [...there.keys()].sort(),
      );
      for (const { tenant, bytes: sum } of db.prepare('SELECT tenant, bytes FROM held').all()) {
        const own = [...there.values()].filter((value) => value.tenant === tenant);
        expect(sum).toBe(own.reduce((all, { value }) => all + value.length, 0));
      }
      db.close();
    }),
    { numRuns: 25 },
  );
});
