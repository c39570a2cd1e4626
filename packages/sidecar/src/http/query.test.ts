import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test('texts, numbers and flags', () => {
  expect({ ...readQuery('/x?after=0&limit=10&reverse=true&action=fs.read&id=7') }).toEqual({
    after: 0,
    limit: 10,
    reverse: true,
    action: 'fs.read',
    id: '7',
  });
  expect({ ...readQuery('/x') }).toEqual({});
  expect({ ...readQuery('/x?__proto__=1') }).toEqual(Object.fromEntries([['__proto__', '1']]));
});

test.each([
  '?after=-1',
  '?after=1e3',
  '?after=01',
  '?after=',
  '?limit=0x10',
  '?limit=1.5',
  '?limit=99999999999999999',
  '?reverse=1',
  '?reverse=TRUE',
  '?after=1&after=2',
  '?a=1&a=1',
  '?after=%31%30%00',
])('%s is refused', (query) => {
  expect(() => readQuery(`/x${query}`)).toThrow(/whole number|true or false|twice/);
});
