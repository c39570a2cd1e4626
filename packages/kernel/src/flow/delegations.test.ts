/** What a named source may supply: how many, up to what amount, until the user speaks again. */
import type { JournalRecord, Json, JsonObject, Kernel } from '@portcullis/wire';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import type { Provider } from '../provider/types.ts';
import { type DelegatedUse, Delegations, delegatedMember } from './delegations.ts';

const use = (more: Partial<DelegatedUse> = {}): DelegatedUse => ({
  key: '["server","pay"]',
  actions: 3,
  amounts: [],
  ...more,
});
const sum = (amount: number, max = 100) =>
  use({ actions: undefined, amounts: [{ pointer: '/amount', amount, max }] });

describe('a cap', () => {
  it('takes so many actions and no more, gives back, and begins anew', () => {
    const delegations = new Delegations();
    const taken = [1, 2, 3].map(() => delegations.take('s', [use()]));
    expect(taken.every((one) => one !== undefined)).toBe(true);
    expect(delegations.take('s', [use()])).toBeUndefined();
    expect(delegations.take('t', [use()])).toBeDefined();
    taken[0]?.release();
    expect(delegations.room('s', use())).toBe(true);
    delegations.begin('s');
    // What was taken before the turn is nobody's to give back.
    taken[1]?.release();
    for (let i = 0; i < 3; i++) expect(delegations.take('s', [use()])).toBeDefined();
    expect(delegations.take('s', [use()])).toBeUndefined();
  });

  it('never lets a sum over its amount, whatever comes in which order', () => {
    const step = fc.record({
      amount: fc.double({ min: 0, max: 60, noNaN: true }),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const delegations = new Delegations();
        let total = 0;
        for (const { amount, release } of steps) {
          const fits = total + amount <= 100;
          const taken = delegations.take('s', [sum(amount)]);
          if (taken !== undefined && !fits) expect(total + amount).toBeCloseTo(100, 6);
          if (taken === undefined) expect(fits).toBe(false);
          else if (release) taken.release();
          else total += amount;
        }
        expect(total).toBeLessThan(100 + 1e-6);
      }),
    );
  });

  it('adds decimals as people do, and takes nothing that is negative or no number', () => {
    const delegations = new Delegations();
    for (const amount of [0.1, 0.2])
      expect(delegations.take('s', [sum(amount, 0.3)])).toBeDefined();
    expect(delegations.take('s', [sum(0.001, 0.3)])).toBeUndefined();
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(delegations.take('s', [sum(wrong)])).toBeUndefined();
  });

  it('takes all of several or none', () => {
    const delegations = new Delegations();
    expect(delegations.take('s', [use(), sum(101)])).toBeUndefined();
    expect(delegations.save()).toEqual([]);
  });

  it('is the same after a restart, from records or from what was saved', () => {
    const live = new Delegations();
    const folded = new Delegations();
    const record = (members: object): JournalRecord =>
      ({
        v: 1,
        seq: 1,
        ts: '',
        kind: 'decision',
        tenant: 'default',
        prev: '',
        hash: '',
        session: 's',
        ...members,
      }) as never;
    const uses = [use(), sum(20)];
    live.take('s', uses);
    const delegated = delegatedMember(uses);
    folded.apply(record({ effect: 'permit', delegated }));
    folded.apply(record({ effect: 'deny', delegated }));
    expect(folded.save()).toEqual(live.save());
    const loaded = new Delegations();
    loaded.load(JSON.parse(JSON.stringify(folded.save())));
    expect(loaded.save()).toEqual(live.save());
    expect(loaded.room('s', sum(81))).toBe(false);
    folded.apply(record({ kind: 'state', event: 'session.turn' }));
    expect(folded.save()).toEqual([]);
  });
});

const LABELS = {
  version: 1,
  set: 'bank',
  tools: {
    'file.read': { args: { '/name': 'selector' } },
    'money.send': {
      sink: 'money',
      args: { '/to': 'destination', '/amount': 'quantity' },
      intent: { does: ['pay', 'send'] },
      result: { author: 'platform' },
    },
  },
};
const BILLS = [
  'AT681100000000000001',
  'AT681100000000000002',
  'AT681100000000000003',
  'AT681100000000000004',
];
const POLICY: JsonObject = {
  version: 1,
  rules: [
    { name: 'reads', effect: 'permit', when: { action: 'file.read' } },
    {
      name: 'pay-as-told',
      effect: 'permit',
      when: {
        flow: {
          sink: 'money',
          destination: ['user', 'named'],
          delegation: { actions: 3, amount: { '/amount': 100 } },
        },
      },
    },
  ],
};

let host: KernelHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function bank(): Promise<{
  kernel: Kernel;
  session: string;
  pay: (to: number | string, amount: Json) => Promise<string>;
}> {
  const provider: Provider = {
    family: 'bank',
    actions: ['file.read', 'money.send'].map((name) => ({
      name,
      resource: 'other',
      params: { type: 'object' },
      effect: 'write',
    })),
    execute: ({ name }) => ({
      data: name === 'file.read' ? `Please pay these: ${BILLS.join(', ')}` : 'sent',
      labels: [
        { source: 'bank', origin: name, integrity: 'untrusted', confidentiality: 'private' },
      ],
    }),
  };
  host = await openHost({
    builtins: [],
    providers: [provider],
    policy: POLICY,
    labels: { objects: [LABELS] },
  });
  const kernel = host.as(ownerCaller({ id: 'agent', kind: 'agent' }));
  const { id: session } = await kernel.openSession();
  await kernel.addTurn(session, { role: 'user', text: 'Pay the bills in bills.txt, please' });
  await kernel.submit({ action: 'file.read', params: { name: 'bills.txt' }, session });
  const pay = async (to: number | string, amount: Json) => {
    const params = { to: typeof to === 'number' ? (BILLS[to] as string) : to, amount };
    return (await kernel.submit({ action: 'money.send', params, session })).decision.code;
  };
  return { kernel, session, pay };
}

describe('through the gate', () => {
  it('a file that the user named may have three bills paid, and no fourth', async () => {
    const { kernel, session, pay } = await bank();
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) codes.push(await pay(i, 10));
    expect(codes).toEqual(['permitted', 'permitted', 'permitted', 'no_matching_rule']);
    const { records } = await kernel.journal({ action: 'money.send', kind: 'decision' });
    expect(records[0]?.delegated).toEqual([['["server","pay-as-told"]', [['/amount', 10]]]]);
    await kernel.addTurn(session, { role: 'user', text: 'Go on with the rest of bills.txt' });
    expect(await pay(3, 10)).toBe('permitted');
  });

  it('up to the amount, whatever the single sums are', async () => {
    const { pay } = await bank();
    expect(await pay(0, 60)).toBe('permitted');
    expect(await pay(1, 41)).toBe('no_matching_rule');
    expect(await pay(1, 40)).toBe('permitted');
    expect(await pay(2, 0.01)).toBe('no_matching_rule');
  });

  it.each([
    ['text', '10'],
    ['negative', -10],
    ['missing', null],
    ['a list', [1]],
  ])('no amount that is %s', async (_, amount) => {
    const { pay } = await bank();
    expect(await pay(0, amount as Json)).toBe('no_matching_rule');
  });

  it('asked all at once, no more than the cap', async () => {
    const { pay } = await bank();
    const codes = await Promise.all(Array.from({ length: 12 }, (_, i) => pay(i % 4, 1)));
    expect(codes.filter((code) => code === 'permitted')).toHaveLength(3);
  });

  it('what the user typed is not delegated and costs nothing; a pure check neither', async () => {
    const { kernel, session, pay } = await bank();
    const mine = 'DE89370400440532013000';
    await kernel.addTurn(session, { role: 'user', text: `and pay ${mine} 1 euro` });
    for (let i = 0; i < 5; i++) expect(await pay(mine, 1)).toBe('permitted');
    const params = { to: BILLS[0] as string, amount: 1 };
    for (let i = 0; i < 5; i++) {
      const asked = await kernel.decide({
        action: 'money.send',
        params,
        session,
        execution: 'none',
      });
      expect(asked.decision.code).toBe('permitted');
    }
    for (let i = 0; i < 3; i++) expect(await pay(i, 1)).toBe('permitted');
    expect(await pay(3, 1)).toBe('no_matching_rule');
  });
});
