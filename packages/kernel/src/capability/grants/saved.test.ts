import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type GrantTerms, LiveGrant } from './grant.ts';
import { loadGrants, type SavedGrants, saveGrants } from './saved.ts';

const name = fc.constantFrom('a', 'b', '__proto__', 'ü');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const known = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

const delegator = fc.record({
  principal: fc.record({ id: name, roles: fc.array(name, { maxLength: 2 }) }),
  session: name,
  grant: name,
  blocks: fc.array(name, { maxLength: 2 }),
  counted: fc.array(fc.record({ block: name, max: fc.nat() }), { maxLength: 2 }),
});

const terms = fc
  .record({
    id: fc.base64String(),
    tenant: name,
    principal: name,
    onBehalfOf: optional(name),
    capability: name,
    definition: name,
    caveats: fc.array(fc.record({ session: name }), { maxLength: 2 }),
    issued: fc.nat(2 ** 41),
    expires: fc.nat(2 ** 41),
    uses: fc.nat(),
    justification: optional(fc.string()),
    by: fc.array(delegator, { maxLength: 2 }),
  })
  .map((record) => known(record) as unknown as GrantTerms);

const grant = fc
  .record({
    terms,
    used: fc.nat(),
    revoked: fc.boolean(),
    blocks: fc.array(fc.tuple(name, fc.nat()), { maxLength: 2 }),
  })
  .map(({ terms, used, revoked, blocks }) => {
    const one = new LiveGrant(terms);
    one.used = used;
    one.revoked = revoked;
    if (blocks.length > 0) one.blocks = new Map(blocks);
    return one;
  });

const through = (saved: unknown): LiveGrant[] => [
  ...loadGrants(JSON.parse(JSON.stringify(saved)) as SavedGrants),
];

it('reads what it wrote, whatever the grants say', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 12 }), (grants) => {
      expect(through(saveGrants(grants))).toEqual(grants);
    }),
  );
});

it('writes what grants share once, and of a plain one hardly more than its id', () => {
  const plain = { tenant: 'default', principal: 'agent', capability: 'fs.read' };
  const more = { definition: 'f'.repeat(64), caveats: [], by: [], issued: 1.7e12, expires: 1.8e12 };
  const grants = Array.from(
    { length: 1_000 },
    (_, n) => new LiveGrant({ ...plain, ...more, id: `grt_${n}`.padEnd(26, '0'), uses: 10 }),
  );
  const text = JSON.stringify(saveGrants(grants));
  expect(text.length / grants.length).toBeLessThan(100);
  expect(text.split('f'.repeat(64))).toHaveLength(2);
});

it('reads those of version 1', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 5 }), (grants) => {
      const rows = grants.map(({ terms, used, revoked, blocks }) => ({
        terms,
        used,
        revoked,
        blocks: [...(blocks ?? [])],
      }));
      expect(through({ v: 1, grants: rows })).toEqual(grants);
    }),
  );
});
