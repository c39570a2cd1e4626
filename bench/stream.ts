/** A result of 5 GB, streamed: what of it is in memory at once. */
import { main, type Size } from './figure.ts';
import { spread } from './measure.ts';
import { answerOf } from './process.ts';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;

export async function measure(size: Size) {
  const bytes = size === 'small' ? GIGABYTE / 4 : 5 * GIGABYTE;
  const { most, seconds } = await answerOf<{ most: number; seconds: number }>(
    'stream-child.ts',
    [String(bytes)],
    ['--expose-gc', '--max-old-space-size=256'],
  );
  const figure = {
    name: `${bytes / GIGABYTE} GB streamed, live at once`,
    wanted: ['<', 32],
    unit: 'MB',
    measured: spread([most / MEGABYTE]),
    note: `${(bytes / MEGABYTE / seconds).toFixed(0)} MB/s, with the search for secrets, in ${seconds.toFixed(0)} s`,
  } as const;
  return [figure];
}

await main(import.meta, measure);
