/**
 * One policy, one budget, one revocation domain, one journal for many processes: two Python processes, a TypeScript one and curl share a budget of ten.
 * The eleventh is refused, whoever asks; what is over is over for all of them at the next call; one journal holds all of it, and verifies.
 */
import type { JournalRecord } from '@portcullis/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { type Asked, type Caller, fourCallers } from './callers.ts';
import { openWire, type WireTarget } from './wire.ts';

const POLICY = {
  version: 1,
  rules: [{ name: 'all', effect: 'permit', when: { action: 'test.count' } }],
  budgets: [{ name: 'ten', of: 'calls', max: 10, action: 'test.count' }],
};
const RIGHTS = ['submit', 'explain', 'sessions:open'];
const ACTORS = {
  ada: { principal: { id: 'ada', kind: 'agent' }, rights: RIGHTS },
  bob: { principal: { id: 'bob', kind: 'agent' }, rights: RIGHTS },
} as const;
/** Two with one key, the others each with their own: a budget that names nobody is everybody's. */
const WHO = ['ada', 'ada', 'bob', 'agent'] as const;
const COUNT: Asked = {
  python: 'kernel.submit("test.count")',
  typescript: (kernel) => kernel.submit({ action: 'test.count' }),
  path: '/v1/submit',
  body: { action: 'test.count' },
};

let target: WireTarget;
let four: Caller[] = [];
afterEach(async () => {
  for (const caller of four) caller.end();
  await target.close();
});

async function open(): Promise<void> {
  target = await openWire({ policy: POLICY, durable: true, actors: ACTORS as never }, 'tcp');
  four = await fourCallers(target, COUNT, WHO);
}

async function decisions(): Promise<JournalRecord[]> {
  const admin = await target.kernel('admin');
  expect(await admin.verify()).toMatchObject({ ok: true });
  const { records } = await admin.journal({ limit: 1_000, kind: 'decision', action: 'test.count' });
  return [...records];
}

const all = (): Promise<string[]> => Promise.all(four.map((caller) => caller.call()));

describe('a budget of ten', () => {
  it.each([0, 1, 2, 3])(
    'refuses the eleventh, whoever asks: caller %i',
    async (last) => {
      await open();
      const codes: string[] = [];
      for (const caller of four) codes.push(await caller.call());
      codes.push(...(await all()));
      for (const one of [0, 2]) codes.push(await (four[one] as Caller).call());
      expect(codes).toEqual(Array(10).fill('permitted'));
      expect(await (four[last] as Caller).call()).toBe('budget_exhausted');
      expect(await all()).toEqual(Array(4).fill('budget_exhausted'));
      expect(target.world.ran['test.count']).toBe(10);
      const records = await decisions();
      expect(records.filter(({ effect }) => effect === 'permit')).toHaveLength(10);
      expect(records).toHaveLength(15);
      expect(new Set(records.map(({ principal }) => principal))).toEqual(
        new Set(['ada', 'bob', 'agent-1']),
      );
      const [budget] = await (await target.kernel('admin')).budgets();
      expect(budget).toMatchObject({ used: 10, remaining: 0 });
    },
    60_000,
  );

  it('is ten when all of them run for it', async () => {
    await open();
    const codes = (await Promise.all(Array.from({ length: 5 }, all))).flat();
    expect(codes.filter((code) => code === 'permitted')).toHaveLength(10);
    expect(codes.filter((code) => code === 'budget_exhausted')).toHaveLength(10);
    expect(target.world.ran['test.count']).toBe(10);
  });
});

it('who is over is over at the next call, in every process, and nobody else', async () => {
  await open();
  expect(await all()).toEqual(Array(4).fill('permitted'));
  const admin = await target.kernel('admin');
  await admin.invalidate({ target: 'principal', id: 'ada', reason: 'a test' });
  expect(await all()).toEqual(['invalidated', 'invalidated', 'permitted', 'permitted']);
  await admin.freeze(true, 'a test');
  expect(await all()).toEqual(Array(4).fill('frozen'));
  expect(await decisions()).toHaveLength(12);
});
