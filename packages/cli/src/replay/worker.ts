/** One core of a replay: takes runs from its parent, answers with decisions. */
import { parentPort, workerData } from 'node:worker_threads';
import { Replayer, type ReplayOptions } from './engine.ts';
import type { Run } from './run.ts';

const replayer = new Replayer(workerData as ReplayOptions);

parentPort?.on('message', async (runs: readonly Run[]) => {
  try {
    const decided = [];
    for (const run of runs) decided.push(...(await replayer.replay(run)));
    parentPort?.postMessage({ decided });
  } catch (error) {
    parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
});
