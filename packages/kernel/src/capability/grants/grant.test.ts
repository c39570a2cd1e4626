import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type GrantTerms, LiveGrant, recordText, secondOf, termsOf } from './grant.ts';

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

it('what has expired is never held for live by its second, and what lives for longer than that is', () => {
  const time = fc.integer({ min: 0, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(terms, time, fc.integer({ min: -3_000, max: 3_000 }), (granted, now, away) => {
      const expires = now + away;
      const { lastSecond } = new LiveGrant({ ...granted, expires });
      if (now >= expires) expect(lastSecond).toBeLessThanOrEqual(secondOf(now));
      if (expires >= now + 1_000) expect(lastSecond).toBeGreaterThan(secondOf(now));
    }),
  );
});
