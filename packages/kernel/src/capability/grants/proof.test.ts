/** What is remembered of proofs: so much of each, whatever the others do. */
import { expect, test } from 'vitest';
import { Proofs } from './proof.ts';

const NOW = 1_000_000;
const nonce = (n: number): string => String(n).padStart(16, '0');
// Without keys to hold it to, any signature will do.
const check = (proofs: Proofs, n: number, who: string, now = NOW) =>
  proofs.check(`${now}.${nonce(n)}.${'A'.repeat(86)}`, [], 'text', now, who);

test('who proves more than is remembered keeps nobody else from it, and may again later', () => {
  const proofs = new Proofs(NOW);
  const flood = Array.from({ length: 10_001 }, (_, n) => check(proofs, n, 'mallory'));
  expect(flood.filter((one) => typeof one === 'string')).toEqual([
    'more proofs than are remembered',
  ]);
  expect(check(proofs, 20_000, 'alice')).toEqual({ at: NOW });
  expect(check(proofs, 20_000, 'alice')).toBe('used before');
  expect(check(proofs, 30_000, 'mallory', NOW + 60_001)).toEqual({ at: NOW + 60_001 });
});
