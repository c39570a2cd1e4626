/**
 * What it costs to show less: secrets searched for in a megabyte made to be slow, 200 rows of personal data as a summary and as a table beside a token
 * kernel in Python that writes nothing to disk, a page of a handle, and a call among many live handles.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Provider } from '@portcullis/kernel';
import type { Frame, Kernel, ResponseMode } from '@portcullis/wire';
import { maskSecrets } from '../packages/kernel/src/frame/masking/redact.ts';
import { type Figure, main, type Size } from './figure.ts';
import { withKernel } from './folder.ts';
import { format, type Spread, spread, timePerCall } from './measure.ts';

/** The same rows as the baseline's. */
const ROWS = Array.from({ length: 200 }, (_, i) => ({
  id: i,
  name: `Customer ${i}`,
  email: `customer.${i}@example.com`,
  phone: `+44 20 7946 ${String(i).padStart(4, '0')}`,
  ssn: `${100 + i}-45-${6000 + i}`,
  city: ['Lyon', 'Porto', 'Graz'][i % 3] as string,
  balance: i * 12.5,
  note: `Asked on 2026-03-${String((i % 28) + 1).padStart(2, '0')} to be written to at other.${i}@example.org, card 4111 1111 1111 1111.`,
}));

const action = (name: string) =>
  ({ name, resource: 'other', params: { type: 'object' }, effect: 'read' }) as const;
const provider: Provider = {
  family: 'rows',
  actions: [action('ok.rows'), action('ok.row')],
  execute: ({ name }) => ({ data: name === 'ok.rows' ? ROWS : { id: 1 }, labels: [] }),
};
const capability = {
  id: 'rows.personal',
  name: 'rows',
  description: 'all of them',
  action: 'ok.rows',
  safety: 'read',
  sensitivity: 'pii',
} as const;

/** Nothing here is about rates. */
const UNBOUND = { capabilityRates: { read: false }, grants: { maxUses: 1_000_000_000 } } as const;

async function invoked(kernel: Kernel, token: string, mode?: ResponseMode): Promise<Frame> {
  const asked = mode === undefined ? { token } : { token, response_mode: mode };
  const { frame, decision } = await kernel.invoke(asked);
  if (frame === undefined) throw new Error(`refused: ${decision.code}`);
  return frame;
}

const MEGABYTE = 1024 * 1024;
const filled = (piece: string): string =>
  piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE);
/** Beginnings that never come to anything, each a text of its own. */
const HOSTILE = [
  'a',
  'password=',
  '"token": "x',
  'eyJ',
  'eyJaaaaaaaa.',
  '://',
  '://a:',
  '-----BEGIN ',
  'AKIA',
  'bearer ',
  'sk-',
  '--password ',
  'a.b@',
  'x='.repeat(20),
].map(filled);

function redaction(): Figure {
  for (const text of HOSTILE) maskSecrets(text);
  const worst = HOSTILE.map((text) => {
    const took = Array.from({ length: 5 }, () => {
      const began = performance.now();
      maskSecrets(text);
      return performance.now() - began;
    });
    return spread(took);
  }).reduce((a, b) => (b.median > a.median ? b : a));
  return {
    name: 'a megabyte made to be slow, searched',
    wanted: ['<', 50],
    unit: 'ms',
    measured: worst,
    note: `the slowest of ${HOSTILE.length} texts`,
  };
}

async function beside(rounds: number, calls: number): Promise<Figure[]> {
  const options = { ...UNBOUND, providers: [provider], capabilities: [capability] };
  return withKernel(options, async (kernel) => {
    const token = await tokenFor(kernel, 'rows.personal');
    const rate = async (mode: 'summary' | 'table') =>
      1e6 / (await timePerCall(calls, () => invoked(kernel, token, mode)));
    await rate('summary');
    await rate('table');
    const ratios: Record<'summary' | 'table', number[]> = { summary: [], table: [] };
    const own: Record<'summary' | 'table', number[]> = { summary: [], table: [] };
    for (let round = 0; round < rounds; round++) {
      const theirs = JSON.parse(
        execFileSync('python3', [
          join(import.meta.dirname, 'baseline', 'token_kernel.py'),
          'rows',
          String(calls),
        ]).toString(),
      ) as Record<'summary' | 'table', number>;
      for (const mode of ['summary', 'table'] as const) {
        const mine = await rate(mode);
        own[mode].push(mine);
        ratios[mode].push(mine / theirs[mode]);
      }
    }
    return (['summary', 'table'] as const).map((mode) => ({
      name: `200 personal rows as a ${mode}, times a token kernel`,
      wanted: ['>=', 10] as const,
      unit: 'times',
      measured: spread(ratios[mode]),
      note: `${format(spread(own[mode]).median)} a second, both records, handle in the vault`,
    }));
  });
}

async function tokenFor(kernel: Kernel, id: string): Promise<string> {
  const constraints = { uses: 1_000_000_000, ttl: 3_600 };
  return (await kernel.grant({ capability: id, constraints })).token as string;
}

async function handles(rounds: number, calls: number, live: number): Promise<Figure[]> {
  const options = {
    ...UNBOUND,
    providers: [provider],
    handles: { perPrincipal: 1_000_000, total: 1_000_000 },
  };
  return withKernel(options, (few) =>
    withKernel(options, async (many) => {
      const [one, other] = [await tokenFor(few, 'ok.row'), await tokenFor(many, 'ok.row')];
      const held = () => invoked(many, other, 'handle_only');
      for (let i = 0; i < live; i++) await held();
      const handle = (await held()).handle as string;
      const alone = () => timePerCall(calls, () => invoked(few, one));
      const among = () => timePerCall(calls, () => invoked(many, other));
      const page = () => timePerCall(calls, () => many.expand({ handle, query: { limit: 10 } }));
      await alone();
      await among();
      await page();
      const [ratios, pages]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        ratios.push((await among()) / (await alone()));
        pages.push(await page());
      }
      const pageTook: Spread = spread(pages);
      return [
        {
          name: `invoke among ${live.toLocaleString('en-US')} live handles`,
          wanted: ['<', 1.2],
          unit: 'times',
          measured: spread(ratios),
          note: `a page of one of them: ${format(pageTook.median)} us`,
        },
      ];
    }),
  );
}

export async function measure(size: Size): Promise<readonly Figure[]> {
  const small = size === 'small';
  return [
    redaction(),
    ...(await beside(small ? 3 : 7, small ? 200 : 1_000)),
    ...(await handles(small ? 3 : 9, small ? 1_000 : 10_000, small ? 2_000 : 100_000)),
  ];
}

await main(import.meta, measure);
