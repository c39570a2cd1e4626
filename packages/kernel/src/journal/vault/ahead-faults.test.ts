/** What waits survives a disk that fails where it is cut short, synced or read again. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Vault } from '../types.ts';
import { openVault } from './vault.ts';

const { fdatasyncSync } = fs;
/** Of what is synced now, as the modules that were loaded before see it too. */
function failing(fails: boolean): void {
  fs.fdatasyncSync = fails
    ? () => {
        throw new Error('EIO');
      }
    : fdatasyncSync;
  syncBuiltinESMExports();
}

const key = randomBytes(32);
/** Milliseconds that values last. */
const TTL = 5_000;
let now: number;
let root: string;
let opened: Vault[];
let said: string[];

const open = (at: string, synchronous: 'NORMAL' | 'FULL' = 'NORMAL'): Vault => {
  const path = join(at, 'vault.sqlite');
  const vault = openVault({
    path,
    key,
    now: () => now,
    quotaBytes: 100_000,
    synchronous,
    onMessage: (_, message) => said.push(message),
  });
  opened.push(vault);
  return vault;
};
const put = (vault: Vault, value: string): string =>
  vault.put('t', 'held', Buffer.from(value), TTL) as string;
const get = (vault: Vault, name: string): string | undefined => {
  const found = vault.get('t', name) as Uint8Array | undefined;
  return found && Buffer.from(found).toString();
};
/** What a process finds that comes after a kill. */
const killed = (at: string): string => {
  const copy = fs.mkdtempSync(join(root, 'killed-'));
  fs.cpSync(at, copy, { recursive: true });
  return copy;
};
const inDatabase = (at: string, sql: string): void => {
  const db = new DatabaseSync(join(at, 'vault.sqlite'));
  db.exec(sql);
  db.close();
};

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'portcullis-ahead-faults-'));
  now = 0;
  opened = [];
  said = [];
});
afterEach(() => {
  failing(false);
  for (const vault of opened) vault.close();
  fs.rmSync(root, { recursive: true, force: true });
});

it('what comes behind a write that was cut is found again, though nothing could be written to the database in between', () => {
  const first = fs.mkdtempSync(join(root, 'first-'));
  const vault = open(first);
  const names = [put(vault, 'whole'), put(vault, 'cut')];
  const at = killed(first);
  const ahead = join(at, 'vault.sqlite-ahead');
  fs.truncateSync(ahead, fs.statSync(ahead).size - 1);
  const refuse = `CREATE TRIGGER refuse BEFORE INSERT ON vault BEGIN SELECT RAISE(ABORT, 'refused'); END`;
  inDatabase(at, refuse);
  const hindered = open(at);
  expect(said.join()).toContain('refused');
  names.push(put(hindered, 'later'));
  const after = killed(at);
  inDatabase(after, 'DROP TRIGGER refuse');
  for (const one of [hindered, open(after)])
    expect(names.map((name) => get(one, name))).toEqual(['whole', undefined, 'later']);
});

it('what is put after a sync that failed is found again, and what was dropped before it is not', () => {
  const at = fs.mkdtempSync(join(root, 'first-'));
  const vault = open(at, 'FULL');
  const [kept, dropped] = [put(vault, 'kept'), put(vault, 'dropped')];
  failing(true);
  expect(() => vault.drop('t', dropped)).toThrow('did not answer');
  // Whoever asks again is not told that it is gone before it is.
  expect(() => vault.drop('t', dropped)).toThrow('did not answer');
  failing(false);
  const later = put(vault, 'later');
  for (const one of [vault, open(killed(at))])
    expect([kept, dropped, later].map((name) => get(one, name))).toEqual([
      'kept',
      undefined,
      'later',
    ]);
});

it('an older file put back, or one that a crash left behind what was written, counts nothing twice and outlives no time', () => {
  const at = fs.mkdtempSync(join(root, 'first-'));
  const ahead = join(at, 'vault.sqlite-ahead');
  let vault = open(at);
  const names = Array.from({ length: 5 }, (_, n) => put(vault, `value ${n}`));
  const older = fs.readFileSync(ahead);
  vault.drop('t', names[0] as string);
  expect(fs.statSync(ahead).size).toBe(0);
  for (const late of [false, true]) {
    vault.close();
    fs.writeFileSync(ahead, older);
    now = late ? TTL : 0;
    vault = open(at);
    const found = names.map((name) => get(vault, name));
    expect(found).toEqual(names.map((_, n) => (late ? undefined : `value ${n}`)));
    const db = new DatabaseSync(join(at, 'vault.sqlite'));
    const [row] = db
      .prepare('SELECT bytes, (SELECT sum(bytes) FROM vault) AS stored FROM held')
      .all();
    db.close();
    expect(row?.bytes).toBe(row?.stored);
  }
  expect(vault.sweep(now)).toBe(names.length);
});
