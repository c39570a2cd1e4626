/** All figures at small sizes, in one table: `npm run bench`. The stated sizes are what each file measures by itself, and `npm run soak`. */
import { join } from 'node:path';
import { type Measure, type Size, table } from './figure.ts';

const FILES = [
  'policy-evaluation',
  'decide-with-record',
  'allow-list-rows',
  'grants',
  'frames',
  'fsync',
  'http',
  'memory',
  'stream',
  'flow',
  'behaviour',
  'idle',
  'verify-and-restart',
] as const;

/** Measures one file after the other and gives each table to `print`. */
export async function runAll(size: Size, print: (text: string) => void): Promise<void> {
  print(
    '       figure                                            wanted  measured (least to most)             command',
  );
  for (const file of FILES) {
    const { measure } = (await import(join(import.meta.dirname, `${file}.ts`))) as {
      measure: Measure;
    };
    print(table(await measure(size), `node bench/${file}.ts`));
  }
}

if (import.meta.main) await runAll('small', console.log);
