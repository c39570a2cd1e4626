import { expect, it } from 'vitest';
import { randomPart, randomText } from './random.ts';

it('gives every byte once, and what it gave stays as it was', () => {
  const parts = Array.from({ length: 2_000 }, (_, at) =>
    at % 2 === 0 ? randomPart(12 + (at % 5)) : Buffer.from(randomText(), 'base64url'),
  );
  const before = parts.map((part) => part.toString('hex'));
  for (let more = 0; more < 1_000; more++) randomText();
  expect(parts.map((part) => part.toString('hex'))).toEqual(before);
  expect(new Set(before).size).toBe(parts.length);
  expect(parts.every((part, at) => part.length === (at % 2 === 0 ? 12 + (at % 5) : 16))).toBe(true);
  expect(() => randomPart(5_000)).toThrow();
});
