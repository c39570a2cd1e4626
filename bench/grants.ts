/** What a grant and its use cost, records and all: by algorithm, by how many grants are live, and beside a token kernel in Python that writes nothing to disk. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Provider } from '@portcullis/kernel';
import type { Kernel } from '@portcullis/wire';
import { type Figure, main, type Size } from './figure.ts';
import { withKernel } from './folder.ts';
import { format, spread, timePerCall } from './measure.ts';

const row = { id: 1, name: 'one', amount: 12.5 };
const provider: Provider = {
  family: 'rows',
  actions: [{ name: 'ok.row', resource: 'other', params: { type: 'object' }, effect: 'read' }],
  execute: () => ({ data: row, labels: [] }),
};
const LIMITS = { maxUses: 1_000_000_000, perPrincipal: 1_000_000, total: 1_000_000 };
/** So that as many expire as are made. */
const BRIEF = { ttl: 500 };

const using = <T>(
  algorithm: 'ed25519' | 'hmac',
  use: (kernel: Kernel) => Promise<T>,
  more: object = {},
): Promise<T> =>
  withKernel({ providers: [provider], grants: { ...LIMITS, algorithm, ...more } }, use);

const grant = (kernel: Kernel) => kernel.grant({ capability: 'ok.row' });

async function token(kernel: Kernel): Promise<string> {
  const constraints = { uses: 1_000_000_000, ttl: 3_600 };
  return (await kernel.grant({ capability: 'ok.row', constraints })).token as string;
}

async function granting(algorithm: 'ed25519' | 'hmac', calls: number): Promise<Figure> {
  const took = await using(
    algorithm,
    async (kernel) => {
      await timePerCall(calls, () => grant(kernel));
      const found: number[] = [];
      for (let round = 0; round < 7; round++)
        found.push(await timePerCall(calls, () => grant(kernel)));
      return found;
    },
    BRIEF,
  );
  return {
    name: `grant, ${algorithm}`,
    wanted: ['<', algorithm === 'ed25519' ? 60 : 25],
    unit: 'us',
    measured: spread(took),
  };
}

/** Invoking with one token while so many grants are live, in turn with a kernel that has one. */
async function invoking(calls: number, live: number): Promise<Figure[]> {
  return using('ed25519', (few) =>
    using('ed25519', async (many) => {
      for (let i = 0; i < live; i++) await grant(many);
      const [one, other] = [await token(few), await token(many)];
      const alone = () => timePerCall(calls, () => few.invoke({ token: one }));
      const among = () => timePerCall(calls, () => many.invoke({ token: other }));
      await alone();
      await among();
      const [took, beside]: [number[], number[]] = [[], []];
      for (let round = 0; round < 9; round++) {
        took.push(await among());
        beside.push(await alone());
      }
      const ratios = took.map((value, at) => value / (beside[at] as number));
      return [
        { name: 'invoke, both records', wanted: ['<', 50], unit: 'us', measured: spread(beside) },
        {
          name: `the same with ${live.toLocaleString('en-US')} live grants`,
          wanted: ['<', 1.2],
          unit: 'times',
          measured: spread(ratios),
        },
      ];
    }),
  );
}

type Rates = Record<'grant' | 'grant + invoke' | 'invoke', number>;
/** Its window of a minute makes a grant dearer the more went before: in runs that land near the published rows, and in brief ones. */
type Theirs = Rates & { readonly brief: Rates };

function theirs(): Theirs {
  const script = join(import.meta.dirname, 'baseline', 'token_kernel.py');
  return JSON.parse(execFileSync('python3', [script], { encoding: 'utf8' })) as Theirs;
}

async function ours(kernel: Kernel, calls: number): Promise<Rates> {
  const one = await token(kernel);
  const rate = async (call: () => unknown) => 1e6 / (await timePerCall(calls, call));
  return {
    grant: await rate(() => grant(kernel)),
    'grant + invoke': await rate(async () => {
      const granted = await grant(kernel);
      await kernel.invoke({ token: granted.token as string });
    }),
    invoke: await rate(() => kernel.invoke({ token: one })),
  };
}

async function besideTheirs(calls: number, algorithm: 'ed25519' | 'hmac'): Promise<Figure[]> {
  return using(algorithm, async (kernel) => {
    await ours(kernel, calls);
    const rounds: [Rates, Theirs][] = [];
    for (let round = 0; round < 5; round++) rounds.push([await ours(kernel, calls), theirs()]);
    return (['grant', 'grant + invoke', 'invoke'] as const).map((name) => {
      const of = (pick: (ours: Rates, theirs: Theirs) => number) =>
        spread(rounds.map(([a, b]) => pick(a, b)));
      const [mine, long, brief] = [
        of((a) => a[name]),
        of((_, b) => b[name]),
        of((_, b) => b.brief[name]),
      ].map(({ median }) => format(median));
      return {
        name: `${name}, ${algorithm}, times a token kernel`,
        wanted: ['>=', 2] as const,
        unit: 'times',
        measured: of((a, b) => a[name] / b[name]),
        note: `${mine} a second beside ${long}, near its published row; ${brief} in runs so brief that its window is empty`,
      };
    });
  });
}

export async function measure(size: Size): Promise<readonly Figure[]> {
  const small = size === 'small';
  const calls = small ? 2_000 : 10_000;
  return [
    await granting('ed25519', calls),
    await granting('hmac', calls),
    ...(await invoking(calls, small ? 5_000 : 100_000)),
    ...(await besideTheirs(small ? 1_000 : 5_000, 'hmac')),
    ...(await besideTheirs(small ? 1_000 : 5_000, 'ed25519')),
  ];
}

await main(import.meta, measure);
