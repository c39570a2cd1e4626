/** One caller, one decision after the other, each with its record written before the answer. The floor is the write(2) of one record. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { main, type Size } from './figure.ts';
import { inFolder, withKernel } from './folder.ts';
import { format, spread, timePerCall } from './measure.ts';

export async function measure(size: Size) {
  const calls = size === 'small' ? 5_000 : 50_000;
  const took: number[] = [];
  const floor: number[] = [];
  await withKernel({}, async (kernel) => {
    const decide = () =>
      kernel.decide({ action: 'ok.refund', params: { amount: 5 }, execution: 'none' });
    await timePerCall(calls, decide);
    for (let round = 0; round < 9; round++) {
      took.push(await timePerCall(calls, decide));
      floor.push(await writes(calls));
    }
  });
  return [
    {
      name: 'in-process decide with record',
      wanted: ['<', 15],
      unit: 'us',
      measured: spread(took),
      note: `of this, write(2) of 700 bytes alone: ${format(spread(floor).median)} us`,
    },
  ] as const;
}

const writes = (calls: number): Promise<number> =>
  inFolder(async (folder) => {
    const fd = openSync(join(folder, 'file'), 'w');
    const record = Buffer.alloc(700, 'x');
    let at = 0;
    const took = await timePerCall(calls, () => {
      at += writeSync(fd, record, 0, record.length, at);
    });
    closeSync(fd);
    return took;
  });

await main(import.meta, measure);
