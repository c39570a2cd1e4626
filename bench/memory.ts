/** What many decisions leave in memory: heap and external after a forced collection, above what ten thousand leave. */
import { main, type Size } from './figure.ts';
import { spread } from './measure.ts';
import { answerOf } from './process.ts';

const MEGABYTE = 1024 * 1024;

export async function measure(size: Size) {
  const many = size === 'small' ? [50_000, 1_000] : [1_000_000, 10_000];
  const rounds = size === 'small' ? 1 : 3;
  const more: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const after = await left(many[0] as number, many[1] as number);
    more.push((after - (await left(10_000, 100))) / MEGABYTE);
  }
  const name = `${many[0]?.toLocaleString('en-US')} decisions, ${many[1]?.toLocaleString('en-US')} sessions`;
  return [{ name, wanted: ['<', 60], unit: 'MB', measured: spread(more) }] as const;
}

const left = (decisions: number, sessions: number): Promise<number> =>
  answerOf('memory-child.ts', [String(decisions), String(sessions)], ['--expose-gc']);

await main(import.meta, measure);
