/** Replays many runs on all cores, a batch at a time, in the order of the runs. A worker that fails ends the replay with what it said. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Decided, ReplayOptions } from './engine.ts';
import type { Run } from './run.ts';

const BATCH = 8;

export async function replayAll(
  runs: readonly Run[],
  options: ReplayOptions,
  workers: number = availableParallelism(),
  progress: (done: number) => void = () => {},
): Promise<Decided[]> {
  const batches = Array.from({ length: Math.ceil(runs.length / BATCH) }, (_, i) =>
    runs.slice(i * BATCH, (i + 1) * BATCH),
  );
  const decided: Decided[][] = [];
  let next = 0;
  let done = 0;
  const one = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options });
    try {
      while (next < batches.length) {
        const at = next++;
        const batch = batches[at] as Run[];
        decided[at] = await ask(worker, batch);
        done += batch.length;
        progress(done);
      }
    } finally {
      await worker.terminate();
    }
  };
  const count = Math.max(1, Math.min(workers, batches.length));
  await Promise.all(Array.from({ length: count }, one));
  return decided.flat();
}

function ask(worker: Worker, batch: readonly Run[]): Promise<Decided[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      act();
    };
    const onError = (error: unknown): void => settle(() => reject(error));
    const onMessage = (answer: { decided?: Decided[]; failed?: string }): void =>
      settle(() =>
        answer.decided === undefined ? reject(new Error(answer.failed)) : resolve(answer.decided),
      );
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(batch);
  });
}
