import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hmacKey } from './hmac.ts';

const tagOf = (key: string, data: string): string =>
  hmacKey(Buffer.from(key, 'hex')).tag(Buffer.from(data, 'hex')).toString('hex');

it.each([
  [
    '0b'.repeat(20),
    Buffer.from('Hi There').toString('hex'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    Buffer.from('Jefe').toString('hex'),
    Buffer.from('what do ya want for nothing?').toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'aa'.repeat(20),
    'dd'.repeat(50),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
])('RFC 4231: key %s', (key, data, tag) => {
  expect(tagOf(key, data)).toBe(tag);
});

it('is what the platform says, for any key of a block and any message, one after the other', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      (secret, messages) => {
        const key = hmacKey(secret);
        for (const message of messages)
          expect(
            key.tag(message).equals(createHmac('sha256', secret).update(message).digest()),
          ).toBe(true);
      },
    ),
  );
});

it('takes no key that would have to be hashed first', () => {
  for (const length of [0, 65]) expect(() => hmacKey(Buffer.alloc(length))).toThrow(/64 bytes/);
});
