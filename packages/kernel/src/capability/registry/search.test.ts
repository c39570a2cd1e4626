/** A goal of many words costs no more than one of few. */
import type { CapabilityView } from '@portcullis/wire';
import MiniSearch from 'minisearch';
import { expect, it, vi } from 'vitest';
import { CapabilitySearch } from './search.ts';

const view = (id: string, description: string): CapabilityView => ({
  id,
  name: id,
  description,
  action: 'do.it',
  safety: 'read',
  digest: id,
  status: 'active',
  source: 'managed',
});
const VIEWS = [view('mail.send', 'send a letter'), view('pay.back', 'refund money to a customer')];
const found = async (goal: string) =>
  (await new CapabilitySearch().find(VIEWS, goal, [], 10)).map(({ id }) => id);

it('finds nothing by words that stand everywhere, unless there are no others', async () => {
  const goal = 'I want to give a customer their money back, as the rules say';
  expect(await found(goal)).toEqual(['pay.back']);
  expect(await found('a')).toEqual(['mail.send', 'pay.back']);
});

it('looks for each word once, and for so many', async () => {
  const search = vi.spyOn(MiniSearch.prototype, 'search');
  expect(await found('Refund, refund: '.repeat(60))).toEqual(['pay.back']);
  expect(search.mock.lastCall?.[0]).toMatch(/^refund ?$/);
  const words = Array.from({ length: 200 }, (_, i) => `w${i}`);
  expect(await found(['money', ...words].join(' '))).toEqual(['pay.back']);
  expect(await found([...words, 'money'].join(' '))).toEqual([]);
  expect(String(search.mock.lastCall?.[0]).split(' ')).toHaveLength(24);
  expect(await found('ＬＥＴＴＥＲ')).toEqual(['mail.send']);
  search.mockRestore();
});
