/**
 * A box from outside: its first process, which all others in it die with, and how much they take together. It is measured by the `/proc` that
 * was mounted for it, which shows its own processes and no others.
 */
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import type { Bound, Bounds } from './bounds.ts';

export interface Box {
  readonly pid: number;
  /** Ends all that is in it, if it is still there. */
  kill(): void;
  /** Until the last of all that is in it has ended. */
  isThere(): boolean;
  /** The first bound that it has reached. */
  reached(bounds: Bounds): Bound | undefined;
}

/** Bytes of a page, and ticks of a second, as the kernel told this process: getauxval(3). */
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
let told: ReadonlyMap<bigint, number> | undefined;
function system(key: bigint, usual: number): number {
  told ??= auxiliary();
  return told.get(key) ?? usual;
}

function auxiliary(): ReadonlyMap<bigint, number> {
  const vector = new Map<bigint, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16)
      vector.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // What is usual has to do.
  }
  return vector;
}

/** Zombie, dead: only the news of it is left. */
const ENDED: ReadonlySet<string> = new Set(['Z', 'X']);
/** What an empty file takes of the kernel's memory, about. */
const INODE = 1024;
/** File systems in memory that a box can write. */
const IN_MEMORY = ['/tmp', '/run', '/dev/shm'];

/** undefined where no such process is. */
export function boxOf(pid: number): Box | undefined {
  const born = statOf(`/proc/${pid}`)?.born;
  if (born === undefined) return undefined;
  const root = `/proc/${pid}/root`;
  // The first process of a namespace ends after all others. Its number may be another's by then.
  const isThere = (): boolean => {
    const stat = statOf(`/proc/${pid}`);
    return stat?.born === born && !ENDED.has(stat.state);
  };
  return Object.freeze({
    pid,
    isThere,
    kill(): void {
      if (!isThere()) return;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went by itself.
      }
    },
    // Until it has a /proc of its own it stands in the host's, which shows all that runs there.
    reached: (bounds: Bounds) =>
      statOf(`${root}/proc/1`)?.born === born ? measure(root, bounds) : undefined,
  });
}

interface Stat {
  readonly state: string;
  readonly threads: number;
  readonly ticks: number;
  readonly resident: number;
  readonly born: string;
}

function statOf(directory: string): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`${directory}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // proc_pid_stat(5), from the third field on: the second is the program's name, in its own words.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number): number => Number(fields[field - 3]);
  return {
    state: fields[0] ?? '',
    threads: number(20),
    ticks: number(14) + number(15) + number(16) + number(17),
    resident: number(24) * system(AT_PAGESZ, 4096),
    born: fields[22 - 3] ?? '',
  };
}

function measure(root: string, bounds: Bounds): Bound | undefined {
  let pids: string[];
  try {
    pids = readdirSync(`${root}/proc`).filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  let threads = 0;
  let ticks = 0;
  let resident = 0;
  for (const pid of pids) {
    const stat = statOf(`${root}/proc/${pid}`);
    if (stat === undefined) continue;
    threads += stat.threads;
    ticks += stat.ticks;
    resident += stat.resident;
  }
  if (threads >= bounds.processes) return 'processes';
  if ((ticks * 1000) / system(AT_CLKTCK, 100) >= bounds.cpu) return 'cpu';
  const files = IN_MEMORY.reduce((sum, path) => sum + held(root + path), 0);
  if (resident + files <= bounds.memory) return undefined;
  // Pages that several share were counted for each of them: looked at closely only now, for it takes long.
  const exact = pids.reduce((sum, pid) => sum + share(`${root}/proc/${pid}`), 0);
  return exact + files > bounds.memory ? 'memory' : undefined;
}

function held(path: string): number {
  try {
    const { blocks, bfree, bsize, files, ffree } = statfsSync(path);
    return (blocks - bfree) * bsize + (files - ffree) * INODE;
  } catch {
    return 0;
  }
}

/** A process that lets nobody look counts whole. */
function share(directory: string): number {
  try {
    const rollup = readFileSync(`${directory}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return statOf(directory)?.resident ?? 0;
  }
}
