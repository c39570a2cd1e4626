import { createHash } from 'node:crypto';
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measured } from './measured.ts';

/** Size and digest of the text by itself. */
function naive(data: Json) {
  const text = JSON.stringify(data);
  return {
    data,
    bytes: Buffer.byteLength(text),
    digest: createHash('sha256').update(text).digest('hex'),
  };
}

describe('what a result measures', () => {
  test('is what its JSON does, whatever is in it', () => {
    const unit = fc.constantFrom('a', '"', '\\', '\0', 'é', '語', '😀', '\ud800', '\udc00');
    const texts = fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), texts, fc.array(texts)), (value) => {
        expect(measured(value as Json)).toEqual(naive(value as Json));
      }),
    );
  });

  test.each(['a', 'é', '語', '😀', '\0', '\ud800'])(
    'is the same around 64 Ki units of %j',
    (unit) => {
      for (const length of [1, 10_000, 21_845, 32_767, 65_533, 65_534, 65_535, 65_536, 200_000]) {
        const text = unit.repeat(length);
        expect(measured(text)).toEqual(naive(text));
      }
    },
  );

  test('is nothing where the value is no JSON', () => {
    const loop: { [key: string]: Json } = {};
    loop.self = loop;
    expect(measured(loop)).toEqual({ data: loop, bytes: undefined, digest: undefined });
    expect(measured(undefined as unknown as Json).digest).toBeUndefined();
  });

  test('is that of the bytes themselves', () => {
    const digest = createHash('sha256').update('abc').digest('hex');
    expect(measured(Buffer.from('abc'))).toMatchObject({ bytes: 3, digest });
  });
});
