import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateSigningKey } from '../../crypto/index.ts';
import { begin } from './chain.ts';
import { newEphemeralKey } from './ephemeral-key.ts';
import { encodeToken, MAX_TOKEN, MOST_BYTES } from './format.ts';
import { grantKeys } from './keys.ts';
import { singleToken } from './single.ts';
import type { Algorithm } from './types.ts';

const keys = [generateSigningKey(), randomBytes(32)] as const;

describe.each(['ed25519', 'hmac'] as Algorithm[])('%s', (algorithm) => {
  const root = grantKeys(algorithm, ...keys).current.key;
  const next = newEphemeralKey();
  const plain = (payload: string) =>
    encodeToken(begin(root, Buffer.from(payload), () => next)) ?? 'too long';
  const single = (payload: string) => singleToken(root, payload, () => next) ?? 'too long';

  test('the same text as block and encoding one after the other, for any payload, one after the other', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 99 })
        .map((codes) => String.fromCharCode(...codes)),
      fc
        .tuple(fc.constantFrom('x', 'é', '€', '😀', '\ud800'), fc.integer({ min: 0, max: 6_300 }))
        .map(([piece, length]) => piece.repeat(length)),
    );
    fc.assert(
      fc.property(text, (payload) => {
        expect(single(payload)).toBe(plain(payload));
      }),
    );
  });

  test('to the byte at the length that a token may have', () => {
    const most = MOST_BYTES - (algorithm === 'hmac' ? 38 : 134);
    for (const [piece, size] of [
      ['x', 1],
      ['é', 2],
      ['€', 3],
    ] as const) {
      for (let over = -4; over < 5; over++) {
        const payload = piece.repeat((most - (most % size)) / size + over);
        expect(single(payload)).toBe(plain(payload));
      }
    }
    expect(single('x'.repeat(most)).length).toBeLessThanOrEqual(MAX_TOKEN);
    expect(single('x'.repeat(most)).length).toBeGreaterThan(MAX_TOKEN - 4);
    expect(single('x'.repeat(most + 1))).toBe('too long');
  });
});
