/**
 * A thread that hashes trees for every journal of the process. It begins with the first that asks, since most processes write few records, and ends with
 * the process. Where there is none, or it is not there yet, who asks does the work.
 */
import { Worker } from 'node:worker_threads';

/** Records behind a tree: the first `end` bytes of `memory`. */
export interface Given {
  readonly id: number;
  readonly memory: SharedArrayBuffer;
  readonly end: number;
  readonly size: number;
  readonly range: readonly string[];
}

/** The tree with them in it. */
export interface Grown {
  readonly id: number;
  readonly size: number;
  readonly range: readonly string[];
  /** Lower-case hex. */
  readonly root: string;
}

type Done = (grown: Grown) => void;

/** False where nobody helps, or not yet; else `done` is called, some turns later, unless the thread dies. */
export type Help = (work: Omit<Given, 'id'>, done: Done) => boolean;

let worker: Worker | undefined;
let state: 'none' | 'starting' | 'ready' | 'failed' = 'none';
let next = 0;
const waiting = new Map<number, Done>();

export const grow: Help = (work, done) => {
  if (state === 'none') start();
  if (state !== 'ready') return false;
  const id = next++;
  waiting.set(id, done);
  worker?.postMessage({ ...work, id } satisfies Given);
  return true;
};

function start(): void {
  state = 'starting';
  try {
    const options = { resourceLimits: { maxOldGenerationSizeMb: 16 } };
    worker = new Worker(new URL('./thread.ts', import.meta.url), options);
    worker.on('online', () => {
      state = 'ready';
    });
    worker.on('message', (grown: Grown) => {
      const done = waiting.get(grown.id);
      waiting.delete(grown.id);
      done?.(grown);
    });
    worker.on('error', fail);
    worker.on('exit', fail);
    worker.unref();
  } catch {
    fail();
  }
}

function fail(): void {
  state = 'failed';
  waiting.clear();
}
