/** The thread that takes records into a tree: it is given the tree as it was and the records, answers with the tree as it is then, and keeps nothing. */
import { parentPort } from 'node:worker_threads';
import { Frontier } from '../../merkle/merkle.ts';
import type { Given, Grown } from './helper.ts';
import { takeIn } from './take-in.ts';

parentPort?.on('message', ({ id, memory, end, size, range }: Given) => {
  const frontier = new Frontier(size, range);
  takeIn(frontier, Buffer.from(memory), end);
  const root = frontier.root().toString('hex');
  const grown: Grown = { id, size: frontier.size, range: frontier.range(), root };
  parentPort?.postMessage(grown);
});
