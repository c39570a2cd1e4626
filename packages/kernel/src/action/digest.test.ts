import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actionDigest, actionText } from './digest.ts';
import { jcs } from './json/jcs.ts';

/** Few enough to come again, next to all others. */
const text = fc.oneof(
  fc.constantFrom('', 'a', '"', '\\', 'default', 'fs', '\ud800'),
  fc.string({ unit: 'grapheme' }),
);

const input = fc.record({
  tenant: text,
  principal: text,
  onBehalfOf: fc.option(text, { nil: undefined }),
  name: text,
  resource: fc.record({ kind: text, value: text }),
  params: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())),
  definition: fc.option(text, { nil: undefined }),
});

test('the text written by hand is the JCS text, and the digest is over it, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 8 }), (inputs) => {
      for (const { params, ...rest } of [...inputs, ...inputs.flatMap((one) => [one, one])]) {
        const whole = jcs({
          tenant: rest.tenant,
          principal: rest.principal,
          on_behalf_of: rest.onBehalfOf ?? null,
          name: rest.name,
          resource: rest.resource,
          params,
          ...(rest.definition === undefined ? {} : { definition: rest.definition }),
        });
        const digested = { ...rest, paramsText: jcs(params) };
        expect(actionText(digested)).toBe(whole);
        const expected = createHash('sha256').update('portcullis/action/v1\0').update(whole);
        expect(actionDigest(digested)).toBe(expected.digest('hex'));
      }
    }),
    { numRuns: 300 },
  );
});

test('of more names, principals and tenants than are remembered each has its own text', () => {
  for (let n = 0; n < 1_000; n++) {
    const one = { tenant: `t${n}`, principal: `p${n}`, name: `do.${n}`, onBehalfOf: undefined };
    const resource = { kind: 'other', value: '' };
    const whole = { ...one, on_behalf_of: null, resource, params: {} };
    const { onBehalfOf: _, ...said } = whole;
    expect(actionText({ ...one, resource, paramsText: '{}' })).toBe(jcs(said));
  }
});

test('the digest of one action, pinned', () => {
  const digest = actionDigest({
    tenant: 'default',
    principal: 'bot-1',
    onBehalfOf: undefined,
    name: 'issue_refund',
    resource: { kind: 'other', value: 'order/17' },
    paramsText: '{"amount":12.5,"currency":"EUR"}',
  });
  expect(digest).toBe('03e51d63b69412d3dd080a86e65b46ae0ef3dc220562420b2da7c0081d764a6f');
});

test('whoever changes what was digested gets the digest of what it is then', () => {
  const resource = { kind: 'fs', value: '/a' };
  const one = { tenant: 't', principal: 'p', onBehalfOf: undefined, name: 'do.changed' };
  const input = { ...one, resource, paramsText: '{}' };
  const before = actionDigest(input);
  const other = actionDigest({ ...input, resource: { kind: 'fs', value: '/b' } });
  expect(actionDigest(input)).toBe(before);
  resource.value = '/b';
  expect(actionDigest(input)).toBe(other);
  input.paramsText = '{"a":1}';
  expect(actionDigest(input)).not.toBe(other);
});
