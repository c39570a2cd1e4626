/**
 * The rows that a plain allow-list kernel in Python publishes, beside ours with the full journal: intent, outcome, hash chain, checkpoints.
 * Both start fresh for each round and take turns; a row is operations a second, and p50 and p99 in microseconds. Beside the rows stands their floor.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel } from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';
import { type Figure, main, type Size } from './figure.ts';
import { floors } from './floor.ts';
import { format, percentile, spread } from './measure.ts';

interface Row {
  per_second: number;
  p50: number;
  p99: number;
}
type Rows = Record<string, Row>;

const rows = ['deny-only', 'fs.read', 'mixed', 'write', '10 x 100'] as const;
/** How many times the baseline's rate each row is to reach. */
const target: Record<string, number> = {
  'deny-only': 2,
  'fs.read': 1.5,
  mixed: 1.5,
  write: 2,
  '10 x 100': 5,
};

const rule = (action: string | string[], files: string) => ({
  version: 1,
  rules: [{ name: 'files', effect: 'permit', when: { action, resource: `${files}/**` } }],
});

async function series(count: number, call: (index: number) => Promise<unknown>): Promise<Row> {
  const samples = new Float64Array(count);
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const at = performance.now();
    await call(i);
    samples[i] = (performance.now() - at) * 1000;
  }
  return summary(count, performance.now() - began, samples);
}

const summary = (count: number, wall: number, samples: Float64Array): Row => ({
  per_second: (count / wall) * 1000,
  p50: percentile(samples, 0.5),
  p99: percentile(samples, 0.99),
});

async function withKernel<T>(
  folder: string,
  policy: object,
  use: (kernel: Kernel) => Promise<T>,
): Promise<T> {
  const kernel = await createKernel({
    dataDir: mkdtempSync(join(folder, 'data-')),
    startDir: folder,
    policy: policy as never,
    builtins: ['fs'],
  });
  try {
    return await use(kernel);
  } finally {
    await kernel.close();
  }
}

async function oursOnce(): Promise<Rows> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  try {
    const files = join(folder, 'files');
    mkdirSync(files);
    const file = (name: string, size: number): string => {
      writeFileSync(join(files, name), 'x'.repeat(size));
      return join(files, name);
    };
    const big = file('big', 2500);
    const small = file('small', 20);
    const tiny = file('tiny', 4);
    const read = rule('fs.read', files);
    const result: Rows = {};
    result['deny-only'] = await withKernel(folder, { version: 1, rules: [] }, (kernel) =>
      series(2000, () => kernel.submit({ action: 'fs.read', resource: '/nobody/permits' })),
    );
    result['fs.read'] = await withKernel(folder, read, (kernel) =>
      series(500, () => kernel.submit({ action: 'fs.read', resource: big })),
    );
    result.mixed = await withKernel(folder, read, (kernel) =>
      series(1000, (i) => {
        if (i % 3 === 0) return kernel.submit({ action: 'fs.read', resource: tiny });
        if (i % 3 === 1)
          return kernel.submit({ action: 'fs.write', resource: tiny, params: { content: 'x' } });
        return kernel.submit({ action: 'fs.read', resource: '/etc/passwd' });
      }),
    );
    result.write = await withKernel(
      folder,
      {
        version: 1,
        rules: [
          {
            name: 'w',
            effect: 'permit',
            when: { action: 'fs.write', resource: `${files}/**`, params: { '/content': {} } },
          },
        ],
      },
      (kernel) =>
        series(200, (i) =>
          kernel.submit({
            action: 'fs.write',
            resource: join(files, `new${i}`),
            params: { content: 'y'.repeat(190 + (i % 31)) },
          }),
        ),
    );
    result['10 x 100'] = await withKernel(folder, read, async (kernel) => {
      const samples: number[] = [];
      const began = performance.now();
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          for (let i = 0; i < 100; i++) {
            const at = performance.now();
            await kernel.submit({ action: 'fs.read', resource: small });
            samples.push((performance.now() - at) * 1000);
          }
        }),
      );
      return summary(1000, performance.now() - began, Float64Array.from(samples));
    });
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const theirsOnce = (): Rows =>
  JSON.parse(
    execFileSync('python3', [join(import.meta.dirname, 'baseline', 'allow_list_kernel.py')], {
      encoding: 'utf8',
    }),
  ) as Rows;

export async function measure(size: Size): Promise<readonly Figure[]> {
  const rounds = size === 'small' ? 3 : 9;
  const ours: Rows[] = [];
  const theirs: Rows[] = [];
  const floor: Record<string, number>[] = [];
  await oursOnce();
  for (let round = 0; round < rounds; round++) {
    ours.push(await oursOnce());
    theirs.push(theirsOnce());
    floor.push(await floors());
  }
  const of = (all: Rows[], name: string, field: keyof Row) =>
    spread(all.map((round) => (round[name] as Row)[field]));
  const ratio = (name: string, field: keyof Row) =>
    spread(
      ours.map(
        (round, at) => (round[name] as Row)[field] / ((theirs[at] as Rows)[name] as Row)[field],
      ),
    );
  const least = (name: string): string => {
    const alone = floor.map((round) => round[name]).filter((rate) => rate !== undefined);
    return alone.length === 0
      ? ''
      : `; system calls and hashes alone: ${format(spread(alone).median)}`;
  };
  return rows.flatMap((name): Figure[] => [
    {
      name: `${name}, of the allow-list's rate`,
      wanted: ['>=', target[name] as number],
      unit: 'x',
      measured: ratio(name, 'per_second'),
      note: `${format(of(ours, name, 'per_second').median)} a second beside ${format(of(theirs, name, 'per_second').median)}${least(name)}`,
    },
    {
      name: `${name}, p99 of theirs`,
      wanted: ['<', 1],
      unit: 'x',
      measured: ratio(name, 'p99'),
      note: `${format(of(ours, name, 'p99').median)} us beside ${format(of(theirs, name, 'p99').median)}`,
    },
  ]);
}

await main(import.meta, measure);
