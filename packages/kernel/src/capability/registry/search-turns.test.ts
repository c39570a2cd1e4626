/** Searching tens of thousands: others get their turns, and who asks meanwhile waits for the same index. */
import type { CapabilityView } from '@portcullis/wire';
import { expect, it } from 'vitest';
import { CapabilitySearch } from './search.ts';

const view = (i: number): CapabilityView => ({
  id: `tool.n${i}`,
  name: `tool ${i}`,
  description: i === 4_321 ? 'pay it back' : `does thing ${i}`,
  action: 'do.it',
  safety: 'write',
  digest: `d${i}`,
  status: 'active',
  source: 'managed',
});

it('gives others their turns while it indexes, and finds what is there', async () => {
  const all = Array.from({ length: 5_000 }, (_, i) => view(i));
  const search = new CapabilitySearch();
  let turns = 0;
  let over = false;
  const others = (): void => {
    turns += 1;
    if (!over) setImmediate(others);
  };
  setImmediate(others);
  const found = await Promise.all([
    search.find(all, 'pay it back', [], 3),
    search.find(all, 'pay it back', [], 3),
  ]);
  over = true;
  for (const [first] of found) expect(first?.id).toBe('tool.n4321');
  expect(turns).toBeGreaterThan(10);
});

it('finds what changed, and no more what went', async () => {
  const search = new CapabilitySearch();
  const all = [view(1), view(4_321)];
  expect((await search.find(all, 'pay', [], 3)).map(({ id }) => id)).toEqual(['tool.n4321']);
  const changed = all.map((one) =>
    one.id === 'tool.n4321' ? { ...one, description: 'keep it', digest: 'other' } : one,
  );
  expect(await search.find(changed, 'pay', [], 3)).toEqual([]);
  expect(await search.find([view(1)], 'pay', [], 3)).toEqual([]);
});
