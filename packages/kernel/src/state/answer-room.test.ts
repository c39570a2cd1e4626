/** Whoever asks much with keys keeps nobody else from handles, nor from answers of their own. */
import { expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import { openHost } from '../kernel.ts';
import type { Provider } from '../provider/types.ts';
import { AnswerRoom } from './answer-room.ts';
import { REMEMBER_FOR } from './idempotency.ts';

it('lets the oldest of the same principal go for a new one, and all in their time', () => {
  const room = new AnswerRoom(100);
  expect([room.takes(100), room.takes(101)]).toEqual([true, false]);
  expect(room.keep('one', 'a', 60, 0)).toEqual([]);
  expect(room.keep('other', 'b', 60, 0)).toEqual([]);
  expect(room.keep('one', 'c', 40, 1)).toEqual([]);
  expect(room.keep('one', 'd', 50, 2)).toEqual(['a']);
  expect(room.keep('one', 'e', 100, 3)).toEqual(['c', 'd']);
  expect(room.keep('other', 'f', 10, 4)).toEqual([]);
  expect(room.keep('one', 'g', 0, REMEMBER_FOR + 3)).toEqual(['e']);
  expect(room.keep('other', 'h', 100, REMEMBER_FOR + 3)).toEqual(['b', 'f']);
});

it('one principal’s answers leave room for the results and the answers of others', async () => {
  const provider: Provider = {
    family: 'thing',
    actions: [{ name: 'thing.do', resource: 'other', params: {}, effect: 'read' }],
    execute: () => ({ data: 'x'.repeat(20_000), labels: [] }),
  };
  const host = await openHost({
    builtins: [],
    providers: [provider],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
    vaultBytes: 1_000_000,
  });
  const as = (id: string) => {
    const caller: Caller = {
      tenant: 'default',
      credential: `key-${id}`,
      principal: { id, kind: 'agent', roles: [], attributes: {} },
      rights: new Set(['submit']),
      mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
    };
    return host.as(caller);
  };
  const ask = (id: string, key: string) =>
    as(id).submit({ action: 'thing.do', idempotency_key: key });
  for (let i = 0; i < 60; i++) await ask('greedy', `key ${i}`);
  const newest = await ask('greedy', 'key 59');
  expect(newest).toMatchObject({ replayed: true, frame: { data: 'x'.repeat(20_000) } });
  const oldest = await ask('greedy', 'key 0');
  expect(oldest).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
  expect(oldest).not.toHaveProperty('frame');
  await ask('other', 'key 0');
  expect((await ask('other', 'key 0')).frame?.data).toHaveLength(20_000);
  const more = await as('other').submit({ action: 'thing.do', response_mode: 'handle_only' });
  expect(more.frame?.notes).toEqual([]);
  const page = await as('other').expand({ handle: more.frame?.handle ?? '' });
  expect((page.data as string[]).join('')).toHaveLength(20_000);
  await host.close();
});
