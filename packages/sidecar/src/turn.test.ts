import { expect, test } from 'vitest';
import { Turn } from './turn.ts';

const turnOver = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what one turn asks for is done in its order, and written once', async () => {
  const said: string[] = [];
  const turn = new Turn(() => said.push('written'));
  turn.add(() => said.push('a'));
  turn.add(() => {
    said.push('b');
    turn.add(() => said.push('d'));
  });
  turn.add(() => said.push('c'));
  expect(said).toEqual([]);
  await turnOver();
  expect(said).toEqual(['a', 'b', 'c', 'written']);
  await turnOver();
  expect(said.slice(4)).toEqual(['d', 'written']);
});
