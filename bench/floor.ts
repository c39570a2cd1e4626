/**
 * The least that a row with the full journal can cost: the system calls that opening by descriptor, replacing whole and writing each record before the
 * answer take, and the SHA-256 of digests, commitments, chain and tree. Nothing is decided, parsed, searched or framed; what is measured beside it is.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { inFolder } from './folder.ts';

const RECORD = 850;
const TEXT = 'x'.repeat(150);
const QUIET = { throwIfNoEntry: false } as const;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const O_PATH = 0o10000000;

type Row = 'deny-only' | 'fs.read' | 'write';

/** Operations a second. */
export function floors(): Promise<Readonly<Record<Row, number>>> {
  return inFolder((folder) => {
    const files = join(folder, 'files');
    mkdirSync(files);
    const big = join(files, 'big');
    writeFileSync(big, 'x'.repeat(2500));
    const journal = openSync(join(folder, 'journal'), 'w');
    const held = openSync(files, O_PATH);
    const here = `/proc/self/fd/${held}`;
    const record = Buffer.alloc(RECORD, 'x');
    let at = 0;
    const recorded = (): void => {
      hash('sha256', record);
      hash('sha256', record);
      at += writeSync(journal, record, 0, RECORD, at);
    };
    const judged = (path: string): void => {
      lstatSync(path, QUIET);
      hash('sha256', TEXT);
      hash('sha256', TEXT);
      recorded();
    };
    const bytes = Buffer.alloc(2500);
    const rows: Record<Row, (i: number) => void> = {
      'deny-only': () => {
        lstatSync('/nobody', QUIET);
        judged('/nobody/permits');
      },
      'fs.read': () => {
        judged(big);
        lstatSync(big);
        const fd = openSync(`${here}/big`, O_RDONLY | O_NOFOLLOW);
        fstatSync(fd);
        readSync(fd, bytes, 0, bytes.length, 0);
        closeSync(fd);
        hash('sha256', bytes);
        recorded();
      },
      write: (i) => {
        const name = `new${i}`;
        statSync(files);
        judged(join(files, name));
        readlinkSync(here);
        lstatSync(`${here}/${name}`, QUIET);
        const fd = openSync(`${here}/.draft${i}`, O_WRONLY | O_CREAT | O_EXCL, 0o644);
        writeSync(fd, record, 0, 200);
        closeSync(fd);
        readlinkSync(here);
        renameSync(`${here}/.draft${i}`, `${here}/${name}`);
        recorded();
      },
    };
    const rate = (row: Row, count: number): number => {
      const began = performance.now();
      for (let i = 0; i < count; i++) rows[row](i);
      return (count / (performance.now() - began)) * 1000;
    };
    try {
      rate('deny-only', 2000);
      return {
        'deny-only': rate('deny-only', 2000),
        'fs.read': rate('fs.read', 500),
        write: rate('write', 200),
      };
    } finally {
      closeSync(held);
      closeSync(journal);
    }
  });
}
