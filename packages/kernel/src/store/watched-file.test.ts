import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WatchedFile, watchFile } from './watched-file.ts';

let directory: string;
let open: WatchedFile | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-watch-'));
});
afterEach(() => {
  open?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Everything that the watch told, and a promise for the next of it. */
function follow(file: string) {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const tell = (what: string): void => {
    told.push(what);
    for (const wake of waiting.splice(0)) wake();
  };
  open = watchFile(
    file,
    (text) => tell(text),
    (error) => tell(`error ${(error as NodeJS.ErrnoException).code}`),
  );
  const until = async (what: string): Promise<void> => {
    // Less than the poll takes: what it would find, the watch has to.
    const deadline = AbortSignal.timeout(4_000);
    while (told.at(-1) !== what) {
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        deadline.addEventListener('abort', () =>
          reject(new Error(`waited for ${what}, was told ${told.join(' | ')}`)),
        );
      });
    }
  };
  return { told, until, text: open.text };
}

describe('watchFile', () => {
  it('gives the text as it is, then every other one: edits, atomic renames, deletion and return', async () => {
    const file = join(directory, 'policy.yaml');
    writeFileSync(file, 'one');
    const { until, text, told } = follow(file);
    expect(text).toBe('one');
    writeFileSync(file, 'two');
    await until('two');
    for (const next of ['three', 'four']) {
      writeFileSync(`${file}.tmp`, next);
      renameSync(`${file}.tmp`, file);
      await until(next);
    }
    unlinkSync(file);
    await until('error ENOENT');
    writeFileSync(file, 'five');
    await until('five');
    expect(told.filter((what) => what.startsWith('error'))).toHaveLength(1);
  });

  it('is not put off by what is written beside it without a pause', async () => {
    const file = join(directory, 'policy.yaml');
    writeFileSync(file, 'one');
    const { until, told } = follow(file);
    const log = setInterval(() => writeFileSync(join(directory, 'a.log'), 'x'), 5);
    try {
      for (const next of ['two', 'three']) {
        writeFileSync(`${file}.tmp`, next);
        renameSync(`${file}.tmp`, file);
        await until(next);
      }
      rmSync(file);
      await until('error ENOENT');
      writeFileSync(file, 'four');
      await until('four');
    } finally {
      clearInterval(log);
    }
    expect(told).toHaveLength(4);
  });

  it('follows the links that a mounted volume swaps', async () => {
    const volume = join(directory, 'mounted');
    for (const version of ['v1', 'v2', 'v3']) {
      mkdirSync(join(volume, `..${version}`), { recursive: true });
      writeFileSync(join(volume, `..${version}`, 'policy.yaml'), version);
    }
    symlinkSync('..v1', join(volume, '..data'));
    symlinkSync('..data/policy.yaml', join(volume, 'policy.yaml'));
    const { until, text } = follow(join(volume, 'policy.yaml'));
    expect(text).toBe('v1');
    for (const version of ['v2', 'v3']) {
      symlinkSync(`..${version}`, join(volume, '..tmp'));
      renameSync(join(volume, '..tmp'), join(volume, '..data'));
      await until(version);
    }
    writeFileSync(join(volume, '..v3', 'policy.yaml'), 'edited');
    await until('edited');
  });

  it('throws where there is nothing to begin with, and tells nothing once closed', () => {
    expect(() => follow(join(directory, 'none.yaml'))).toThrowError(/ENOENT/);
    const file = join(directory, 'policy.yaml');
    writeFileSync(file, 'one');
    const { told } = follow(file);
    open?.close();
    open?.close();
    writeFileSync(file, 'two');
    expect(told).toEqual([]);
  });
});
