import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HeldCounts } from './held-counts.ts';

it('counts what one list of pairs holds, never below none, and no pair of names is another', () => {
  const name = fc.constantFrom('', 'a', 'b', 'a\0b', '\0', '__proto__');
  const step = fc.tuple(name, name, fc.constantFrom<1 | -1>(1, -1));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const counts = new HeldCounts();
      const held: string[] = [];
      for (const [tenant, principal, by] of steps) {
        counts.add(tenant, principal, by);
        const pair = JSON.stringify([tenant, principal]);
        if (by === 1) held.push(pair);
        else if (held.includes(pair)) held.splice(held.indexOf(pair), 1);
      }
      for (const tenant of ['', 'a', 'b', 'a\0b', '\0']) {
        const own = held.filter((pair) => JSON.parse(pair)[0] === tenant);
        expect(counts.ofTenant(tenant)).toBe(own.length);
        for (const principal of ['', 'a', 'b', 'a\0b', '\0', '__proto__'])
          expect(counts.of(tenant, principal)).toBe(
            held.filter((pair) => pair === JSON.stringify([tenant, principal])).length,
          );
      }
      counts.clear();
      expect(counts.of('a', 'b')).toBe(0);
    }),
  );
});
