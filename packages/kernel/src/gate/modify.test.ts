/** What two rules change at once: what runs is what each of them lets run, or nothing. */
import type { Kernel } from '@portcullis/wire';
import { afterEach, expect, test } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';

let host: KernelHost;
afterEach(() => host.close());

const as = (id: string): Kernel =>
  host.as({
    tenant: 'default',
    credential: `key-${id}`,
    principal: { id, kind: 'agent', roles: [], attributes: {} },
    rights: new Set<Right>(['decide']),
    mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
  });

async function open(rules: readonly string[]): Promise<void> {
  host = await openHost({
    builtins: [],
    policy: `version: 1\nrules:\n${rules.join('\n')}`,
    capabilities: [{ id: 'cap.pay', name: 'n', description: 'd', action: 'pay', safety: 'write' }],
  });
}
const set = (change: string, who = '') =>
  `  - {name: "${change}", effect: modify, when: {action: pay${who}}, then: {set: {/amount: {${change}}}}}`;
const pay = async (amount: number, more: object = {}) => {
  const { decision, action } = await as('b').decide({ action: 'pay', params: { amount }, ...more });
  return [decision.effect, decision.code, action?.params.amount];
};

test.each([[5], [100], [500], [1_000], [5_000]])(
  'a cap and a floor above it: %d is not permitted, whichever is written first',
  async (amount) => {
    for (const order of [0, 1]) {
      const rules = [set('cap: 100'), set('floor: 1000')];
      await open(order === 0 ? rules : rules.reverse());
      expect((await pay(amount)).slice(0, 2)).toEqual(['deny', 'modify_loop']);
      await host.close();
    }
  },
);

test('what each lets run together runs', async () => {
  await open([set('cap: 100'), set('floor: 10')]);
  expect(await pay(5)).toEqual(['modify', 'modified', 10]);
  expect(await pay(500)).toEqual(['modify', 'modified', 100]);
  expect(await pay(50)).toEqual(['permit', 'permitted', 50]);
});

test('a cap on who delegated holds for who was delegated to, whatever its own rules set', async () => {
  await open([set('cap: 100', ', principal: {id: a}'), set('floor: 1000', ', principal: {id: b}')]);
  const granted = await as('a').grant({ capability: 'cap.pay' });
  const { token } = await as('a').grant({ token: granted.token as string, delegate_to: 'b' });
  expect(token).toBeDefined();
  for (const amount of [5, 500, 1_000, 5_000])
    expect((await pay(amount, { token })).slice(0, 2)).toEqual(['deny', 'modify_loop']);
});
