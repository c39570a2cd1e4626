import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBusy, openRebuildable, openSqlite } from './sqlite.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'));
  path = join(dir, 'x.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('SQLite files', () => {
  it('belong to their owner, side files too', () => {
    const db = openSqlite(path);
    db.exec('CREATE TABLE t(x); INSERT INTO t VALUES(1)');
    for (const suffix of ['', '-wal', '-shm'])
      expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    db.close();
    chmodSync(path, 0o644);
    openSqlite(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keep the pages that they were made with, and the same room for what is not copied yet', () => {
    const pages = (page?: number): unknown => {
      const db = openSqlite(path, page === undefined ? {} : { page });
      db.exec('CREATE TABLE IF NOT EXISTS t(x)');
      const size = Number(db.prepare('PRAGMA page_size').get()?.page_size);
      const most = Number(Object.values(db.prepare('PRAGMA wal_autocheckpoint').get() ?? {})[0]);
      db.close();
      return [size, size * most];
    };
    expect(pages()).toEqual([4_096, 16 * 1024 * 1024]);
    expect(pages(8_192)).toEqual([4_096, 16 * 1024 * 1024]);
    rmSync(path);
    expect(pages(8_192)).toEqual([8_192, 16 * 1024 * 1024]);
    expect(pages()).toEqual([8_192, 16 * 1024 * 1024]);
  });

  it('are never behind a link, nor directories', () => {
    openSqlite(path).close();
    symlinkSync(path, join(dir, 'link'));
    expect(() => openSqlite(join(dir, 'link'))).toThrow(/regular/);
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    expect(() => openSqlite(join(dir, 'dangling'))).toThrow();
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
    mkdirSync(join(dir, 'dir'));
    expect(() => openSqlite(join(dir, 'dir'))).toThrow(/regular/);
  });

  it('keep a lock against other processes while this one opens them again', () => {
    const holder = openSqlite(path, { journalMode: 'DELETE', busyTimeout: 0 });
    holder.exec('BEGIN EXCLUSIVE');
    let error: unknown;
    try {
      openSqlite(path, { journalMode: 'DELETE', busyTimeout: 0 });
    } catch (caught) {
      error = caught;
    }
    expect(isBusy(error)).toBe(true);
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const db = new DatabaseSync(process.argv[1], { timeout: 0 });
      try { db.exec('BEGIN EXCLUSIVE'); console.log('taken'); } catch (e) { console.log(e.errcode); }`;
    const other = spawnSync(process.execPath, ['-e', script, path]);
    expect(other.stdout.toString().trim()).toBe('5');
    holder.close();
    const free = spawnSync(process.execPath, ['-e', script, path]);
    expect(free.stdout.toString().trim()).toBe('taken');
  });

  it('are set aside when damaged, and only then', () => {
    const damage: string[] = [];
    const prepare = (db: { exec(sql: string): void }): void =>
      db.exec('CREATE TABLE IF NOT EXISTS t(x)');
    writeFileSync(path, Buffer.alloc(5_000, 'x'));
    openRebuildable(path, {}, prepare, (message) => damage.push(message)).close();
    expect(damage).toHaveLength(1);
    expect(existsSync(`${path}.damaged`)).toBe(true);
    openRebuildable(path, {}, prepare, (message) => damage.push(message)).close();
    expect(damage).toHaveLength(1);
    const fails = (): never => {
      throw new Error('of another kind');
    };
    expect(() => openRebuildable(path, {}, fails, () => {})).toThrow('of another kind');
  });
});
