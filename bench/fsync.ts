/** 256 callers under `fsync`: what they share is one sync, so the rate follows the disk. The floor is fdatasync(2) of the same machine. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider } from '@portcullis/kernel';
import { main, type Size } from './figure.ts';
import { inFolder, withKernel } from './folder.ts';
import { format, spread } from './measure.ts';

const CALLERS = 256;

export async function measure(size: Size) {
  const calls = size === 'small' ? 20_000 : 200_000;
  const permitted: number[] = [];
  const denied: number[] = [];
  for (let round = 0; round < 5; round++) {
    permitted.push(await rate('ok.mark', calls));
    denied.push(await rate('no.mark', calls));
  }
  const note = `fdatasync(2) after a write takes ${format(await syncTime())} us here`;
  const figure = (name: string, bound: number, values: number[]) => ({
    name: `fsync, ${CALLERS} callers, ${name}`,
    wanted: ['>=', bound] as const,
    unit: '/s',
    measured: spread(values),
    note,
  });
  return [figure('permitted', 25_000, permitted), figure('denied', 40_000, denied)];
}

/** A provider that does nothing: what is left is the gate, the intent and the outcome. */
const NOTHING: Provider = {
  family: 'ok',
  actions: [{ name: 'ok.mark', resource: 'other', params: { type: 'object' }, effect: 'read' }],
  execute: () => ({ data: null, labels: [] }),
};

/** Actions submitted a second: two records for a permitted one, one for a denied one. */
const rate = (action: string, calls: number): Promise<number> =>
  withKernel({ durability: 'fsync', providers: [NOTHING] }, async (kernel) => {
    const run = async (each: number): Promise<void> => {
      const caller = async () => {
        for (let i = 0; i < each; i++) await kernel.submit({ action, params: { i } });
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    };
    await run(20);
    const each = Math.ceil(calls / CALLERS);
    const began = performance.now();
    await run(each);
    return (each * CALLERS * 1000) / (performance.now() - began);
  });

const syncTime = (): Promise<number> =>
  inFolder((folder) => {
    const fd = openSync(join(folder, 'file'), 'w');
    const group = Buffer.alloc(CALLERS * 700, 'x');
    const took: number[] = [];
    for (let i = 0; i < 100; i++) {
      writeSync(fd, group);
      const began = performance.now();
      fdatasyncSync(fd);
      took.push((performance.now() - began) * 1000);
    }
    closeSync(fd);
    return spread(took).median;
  });

await main(import.meta, measure);
