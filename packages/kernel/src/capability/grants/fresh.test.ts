import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fresh } from './fresh.ts';
import type { GrantTerms } from './grant.ts';
import { asRead } from './request.ts';

const PLAIN = asRead({});
const termsOf = (id: string): GrantTerms => ({
  id,
  tenant: 'default',
  principal: 'p',
  capability: 'c',
  definition: 'd',
  caveats: [],
  issued: 0,
  expires: 1,
  uses: 1,
  by: [],
});

const put = (fresh: Fresh, token: string): void =>
  fresh.put(token, termsOf(token), PLAIN, 'k', undefined);

/** What is found, where it is not another one that is found. */
const found = (fresh: Fresh, token: string): boolean => {
  const one = fresh.find(token);
  if (one !== undefined) expect(one.terms.id).toBe(token);
  return one !== undefined;
};

const text = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'aAbZ09-_.'), minLength: min, maxLength: max });

test('what was put is found by its whole text, and no other text is, whatever was changed in it', () => {
  const changes = fc.array(
    fc.tuple(fc.nat(), fc.constantFrom('A', '', '\0', '.', 'aa', '\u0161', '\u0100', '\ud800')),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(text(10, 600), changes, (token, changed) => {
      const fresh = new Fresh();
      put(fresh, token);
      expect(found(fresh, token)).toBe(true);
      for (const [nat, by] of changed) {
        const at = nat % token.length;
        const other = token.slice(0, at) + by + token.slice(at + 1);
        // A character 256 or more further on, which has the same last byte.
        const far =
          token.slice(0, at) +
          String.fromCharCode(token.charCodeAt(at) + 256 * ((nat % 200) + 1)) +
          token.slice(at + 1);
        expect(found(fresh, other)).toBe(other === token);
        expect(found(fresh, far)).toBe(false);
      }
      expect(found(fresh, token.slice(1))).toBe(false);
      expect(found(fresh, `${token}A`)).toBe(false);
      expect(found(fresh, '')).toBe(false);
    }),
    { numRuns: 60 },
  );
});

test('shorter ones in the place of longer ones leave nothing of them, and what is too long is not kept', () => {
  const fresh = new Fresh();
  const long = 'x'.repeat(1_021);
  put(fresh, long);
  expect(found(fresh, long)).toBe(false);
  const most = 'y'.repeat(1_020);
  put(fresh, most);
  expect(found(fresh, most)).toBe(true);
  const made = Array.from({ length: 4_096 }, (_, at) => `${at}.${'z'.repeat(9)}${at * 7_919}`);
  for (const token of made) put(fresh, token);
  // It stood in the first place, which was written again.
  expect(found(fresh, most)).toBe(false);
  const kept = made.filter((token) => found(fresh, token)).length;
  expect(kept).toBeGreaterThan(0);
  const newest = made.at(-1) as string;
  expect(found(fresh, newest)).toBe(true);
});

test('nothing is found where nothing was put', () => {
  expect(found(new Fresh(), 'a'.repeat(100))).toBe(false);
});
