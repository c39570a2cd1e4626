/** Decides so many times in so many sessions and prints the bytes of heap and external memory that are left after a forced collection. */
import { setTimeout as pause } from 'node:timers/promises';
import { withKernel } from './folder.ts';
import { live } from './live.ts';

const [decisions = 0, sessions = 0] = process.argv.slice(2).map(Number);
const TOGETHER = 100;

const left = await withKernel({}, async (kernel) => {
  const ids: string[] = [];
  for (let i = 0; i < sessions; i++) ids.push((await kernel.openSession({})).id);
  for (let done = 0; done < decisions; done += TOGETHER) {
    await Promise.all(
      Array.from({ length: TOGETHER }, (_, i) => {
        const session = ids[(done + i) % ids.length] as string;
        return kernel.decide({ action: 'ok.refund', params: { i }, session, execution: 'none' });
      }),
    );
  }
  // What the journal still owes its index is not what decisions leave behind.
  await pause(2_000);
  return live();
});
console.log(left);
