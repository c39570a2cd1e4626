/** What deleted ids are held against, and that a flood of them opens no way around approval. */
import { expect, it } from 'vitest';
import { DeletedPins } from './deleted.ts';

it('takes what is new and what was approved, and nothing else', () => {
  const pins = new DeletedPins();
  pins.note('a', '1');
  expect([pins.allows('a', '1'), pins.allows('a', '2'), pins.allows('b', '2')]).toEqual([
    true,
    false,
    true,
  ]);
});

it('an id that a flood of others pushed out needs approval, after a restart too', () => {
  const pins = new DeletedPins();
  for (let i = 0; i <= 10_000; i++) pins.note(`id${i}`, 'old');
  const again = new DeletedPins();
  again.load(JSON.parse(JSON.stringify(pins.save())));
  for (const each of [pins, again]) {
    expect(each.allows('id0', 'new')).toBe(false);
    expect(each.allows('id1', 'old')).toBe(true);
  }
});
