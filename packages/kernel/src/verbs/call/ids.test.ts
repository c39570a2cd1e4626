import { expect, test } from 'vitest';
import { mintActionId, mintGrantId } from './ids.ts';

test('ids say what they name, have 128 random bits, and none comes twice', () => {
  const ids = Array.from({ length: 600 }, (_, at) =>
    at % 3 === 0 ? mintGrantId() : mintActionId(),
  );
  ids.forEach((id, at) => {
    expect(id).toMatch(at % 3 === 0 ? /^grt_[\w-]{22}$/ : /^act_[\w-]{22}$/);
    // As 16 bytes are written, and nothing behind them.
    expect(Buffer.from(id.slice(4), 'base64url').toString('base64url')).toBe(id.slice(4));
  });
  expect(new Set(ids).size).toBe(ids.length);
});
