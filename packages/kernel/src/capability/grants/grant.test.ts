import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type GrantTerms, recordText, termsOf } from './grant.ts';

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', 'plain-1.x'),
);
const terms: fc.Arbitrary<GrantTerms> = fc
  .record(
    {
      id: text,
      tenant: text,
      principal: text,
      onBehalfOf: text,
      capability: text,
      definition: text,
      caveats: fc.array(fc.record({ uses: fc.nat() })),
      issued: fc.nat(),
      expires: fc.nat(),
      uses: fc.nat(),
      justification: text,
      by: fc.constantFrom([], [{ grant: 'g' } as never]),
    },
    {
      requiredKeys: [
        'id',
        'tenant',
        'principal',
        'capability',
        'definition',
        'caveats',
        'issued',
        'expires',
        'uses',
        'by',
      ],
    },
  )
  .map((made) => made as GrantTerms);

it('the record holds all members but those of its own, and the terms come back from both', () => {
  fc.assert(
    fc.property(terms, (granted) => {
      const { tenant, issued, justification, onBehalfOf, ...members } = granted;
      const text = recordText(granted);
      const recorded = JSON.parse(text);
      const behind = onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf };
      expect(text).toBe(JSON.stringify({ ...members, ...behind }));
      expect(termsOf(recorded, { tenant, issued, justification })).toEqual(granted);
    }),
  );
});
