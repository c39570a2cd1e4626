import { expect, test } from 'vitest';
import { createRoom } from './room.ts';

test('one who asks for everything leaves an eighth, and gives back what it took, once', () => {
  const room = createRoom(800);
  const [many, more, few] = ['a', 'a', 'b'].map((who) => room.lease(who));
  many?.grow(600);
  expect(() => more?.grow(101)).toThrow(/too many large responses/);
  more?.grow(100);
  few?.grow(100);
  expect(() => few?.grow(1)).toThrow(/too many large responses/);
  many?.end();
  many?.end();
  expect(() => many?.grow(1)).toThrow();
  few?.grow(600);
  for (const lease of [more, few]) lease?.end();
  room.lease('c').grow(700);
});
