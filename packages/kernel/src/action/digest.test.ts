import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actionDigest, actionText } from './digest.ts';
import { jcs } from './jcs.ts';

const text = fc.string({ unit: 'grapheme' });

test('the text written by hand is the JCS text, and the digest is over it', () => {
  const input = fc.record({
    tenant: text,
    principal: text,
    onBehalfOf: fc.option(text, { nil: undefined }),
    name: text,
    resource: fc.record({ kind: text, value: text }),
    params: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())),
    definition: fc.option(text, { nil: undefined }),
  });
  fc.assert(
    fc.property(input, ({ params, ...rest }) => {
      const whole = {
        tenant: rest.tenant,
        principal: rest.principal,
        on_behalf_of: rest.onBehalfOf ?? null,
        name: rest.name,
        resource: rest.resource,
        params,
        ...(rest.definition === undefined ? {} : { definition: rest.definition }),
      };
      const digested = { ...rest, paramsText: jcs(params) };
      expect(actionText(digested)).toBe(jcs(whole));
      const expected = createHash('sha256')
        .update('portcullis/action/v1\0')
        .update(jcs(whole))
        .digest('hex');
      expect(actionDigest(digested)).toBe(expected);
    }),
  );
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
