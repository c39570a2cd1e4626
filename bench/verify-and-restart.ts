/**
 * A journal of a million records: verified offline, and folded again when a kernel starts on it. The index and the snapshots in it are deleted before each
 * start, so that every record behind the sealed summary is read.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createKernel, type HostOptions } from '@portcullis/kernel';
import { main, type Size } from './figure.ts';
import { inFolder, POLICY } from './folder.ts';
import { spread } from './measure.ts';
import { answerOf } from './process.ts';

const TOGETHER = 500;

interface Took {
  readonly seconds: number;
  readonly megabytes: number;
}

export function measure(size: Size) {
  const records = size === 'small' ? 50_000 : 1_000_000;
  const rounds = 3;
  return inFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    await fill(dataDir, records);
    const verified: Took[] = [];
    const opened: Took[] = [];
    for (let round = 0; round < rounds; round++) {
      verified.push(await answerOf<Took>('verify-child.ts', ['verify', dataDir]));
      for (const name of ['index.sqlite', 'index.sqlite-wal', 'index.sqlite-shm'])
        rmSync(join(dataDir, name), { force: true });
      opened.push(await answerOf<Took>('verify-child.ts', ['open', dataDir]));
    }
    const of = (all: Took[], field: keyof Took) => spread(all.map((one) => one[field]));
    const many = `${records.toLocaleString('en-US')} records`;
    return [
      { name: `verify ${many}`, wanted: ['<', 15], unit: 's', measured: of(verified, 'seconds') },
      {
        name: `verify ${many}, resident at most`,
        wanted: ['<', 200],
        unit: 'MB',
        measured: of(verified, 'megabytes'),
      },
      {
        name: `restart over ${many}`,
        wanted: ['<', 15],
        unit: 's',
        measured: of(opened, 'seconds'),
      },
    ] as const;
  });
}

/** First what retention drops, so that a sealed summary stands at the beginning; then one segment of all the records. */
async function fill(dataDir: string, records: number): Promise<void> {
  const segmentBytes = 2 ** 20;
  await write(dataDir, records / 20, { segmentBytes, retention: { bytes: segmentBytes } });
  await write(dataDir, records, { segmentBytes: 2 ** 40 });
}

async function write(
  dataDir: string,
  records: number,
  options: Pick<HostOptions, 'segmentBytes' | 'retention'>,
): Promise<void> {
  const kernel = await createKernel({ dataDir, builtins: [], policy: POLICY, ...options });
  for (let done = 0; done < records; done += TOGETHER) {
    await Promise.all(
      Array.from({ length: TOGETHER }, (_, i) =>
        kernel.decide({ action: 'ok.refund', params: { i }, execution: 'none' }),
      ),
    );
  }
  await kernel.close();
}

await main(import.meta, measure);
