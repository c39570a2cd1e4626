import type { Label } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinLabels, summary } from './labels.ts';

const label: fc.Arbitrary<Label> = fc.record({
  source: fc.constantFrom('fs', 'http'),
  origin: fc.string({ maxLength: 3 }),
  integrity: fc.constantFrom('trusted', 'untrusted'),
  confidentiality: fc.constantFrom('public', 'private', 'secret'),
});
const labels = fc.array(label, { maxLength: 60 });

describe('joining labels', () => {
  it('never forgets distrust or secrecy, and stays bounded', () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const joined = joinLabels(joinLabels([], a), b);
        expect(joined.length).toBeLessThanOrEqual(32);
        if (a.length + b.length > 0) expect(summary(joined)).toEqual(summary([...a, ...b]));
      }),
    );
  });

  it('answers with the same list where nothing is new', () => {
    fc.assert(
      fc.property(labels, (a) => {
        const joined = joinLabels([], a);
        expect(joinLabels(joined, a)).toBe(joined);
      }),
    );
  });
});
