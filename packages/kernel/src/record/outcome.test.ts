/** The writer by hand and with what it remembers, against an object and JSON.stringify. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactText } from '../frame/index.ts';
import { type OutcomeFacts, outcomeMembers } from './outcome.ts';

function plainly({ error, duration, frame, labels, ...facts }: OutcomeFacts): string {
  const { id, session, principal, action, status, result, redeemed, kept } = facts;
  const { handle, usage, frames, tokens } = facts;
  const message = error && redactText(error.message, 1_024).text;
  const members = {
    ...{ id, session, principal, action, status },
    error: error && { code: error.code, message },
    duration_ms: duration,
    result,
    bytes: frame?.bytes,
    labels: labels === undefined || labels.length === 0 ? undefined : labels,
    ...{ redeemed, kept, handle, usage, frames, tokens },
  };
  return JSON.stringify(members).slice(1, -1);
}

/** Few enough to come again, next to whatever else there is. */
const text = fc.oneof(
  fc.constantFrom('a', 'b', 'say "it"', '\\', '\ud800', ''),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

const facts = fc.record({
  id: text,
  session: some(text),
  principal: text,
  action: text,
  status: fc.constantFrom('ok', 'error', 'unknown'),
  error: some(fc.record({ code: text, message: text })),
  duration: fc.nat(),
  result: some(fc.constantFrom('a', 'b')),
  frame: some(fc.record({ bytes: fc.nat(), notes: fc.constant([]) })),
  labels: some(fc.array(fc.record({ source: text, origin: text }), { maxLength: 2 })),
  redeemed: some(fc.boolean()),
  kept: some(text),
  handle: some(fc.record({ key: text })),
  usage: some(fc.record({ tokens: fc.nat() })),
  frames: some(fc.nat()),
  tokens: some(fc.nat()),
}) as unknown as fc.Arbitrary<OutcomeFacts>;

it('writes what JSON.stringify writes, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 12 }), (all) => {
      for (const one of [...all, ...all]) expect(outcomeMembers(one)).toBe(plainly(one));
    }),
    { numRuns: 300 },
  );
});
