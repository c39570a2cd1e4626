/** Canaries of every kind, put into results wherever a secret can hide: none may come out of a frame. */
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeFrame } from './frame.ts';
import { redactText } from './masking/redact.ts';

/** The canary, and the part of it that must never show. */
const CANARIES: readonly (readonly [string, string])[] = [
  ['AKIACANARYCANARYCA42', 'CANARYCANARY'],
  ['ghp_CANARYcanary0123456789CANARYcanary01', 'CANARYcanary'],
  ['Authorization: Bearer CANARYcanary0123456789', 'CANARYcanary'],
  ['eyJDQU5BUlkiOjF9.eyJDQU5BUlkiOjF9.CANARYcanary', 'eyJDQU5BUlki'],
  ['postgres://app:CANARYcanary@db/x', 'CANARYcanary'],
  ['password=CANARYcanary', 'CANARYcanary'],
  ['{"client_secret": "CANARYcanary01"}', 'CANARYcanary'],
  ['-----BEGIN PRIVATE KEY-----\nCANARYcanary\n-----END PRIVATE KEY-----', 'CANARYcanary'],
  ['pcl_CANARYcanary0123456789abcdef', 'CANARYcanary'],
  ['pc1.CANARYcanary0123456789abcdef.sig', 'CANARYcanary'],
];

type Hide = (canary: string) => unknown;
const PLACES: readonly Hide[] = [
  (canary) => canary,
  (canary) => `${'x'.repeat(5_000)} ${canary}`,
  (canary) => `${canary} ${'x'.repeat(5_000)}`,
  (canary) => `${'x'.repeat(985)} ${canary}`,
  (canary) => [[canary]],
  (canary) => ({ [canary]: 1 }),
  (canary) => ({ a: { b: { c: { d: { e: { f: { g: canary } } } } } } }),
  (canary) => Buffer.from(canary),
  (canary) => Buffer.from(canary, 'utf16le'),
  (canary) => Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.from(canary)]),
  (canary) => ({ content: Buffer.from(canary).toString('base64') }),
  (canary) => ({ content: Buffer.from(`a text with ${canary} inside`).toString('base64url') }),
  (canary) => JSON.stringify({ inner: JSON.stringify({ canary }) }),
  (canary) => ({ toJSON: () => canary }),
  (canary) => [{ name: 'x', value: canary }],
  (canary) => ({ bytes: Buffer.from(canary) }),
];

test('no canary in any place comes out', () => {
  for (const [canary, part] of CANARIES) {
    PLACES.forEach((hide, place) => {
      for (const limits of [undefined, { bytes: 1_000, depth: 4 }, { bytes: 100, depth: 16 }]) {
        const frame = makeFrame(hide(canary) as Json, [], limits);
        const out = JSON.stringify(frame);
        expect(out, `${canary} in place ${place}`).not.toContain(part);
        const decoded =
          typeof frame.data === 'string'
            ? Buffer.from(frame.data, 'base64').toString('latin1')
            : '';
        expect(decoded, `${canary} in place ${place}`).not.toContain(part);
      }
    });
    for (const cap of [8, 20, 64, 1_024])
      expect(redactText(`failed: ${canary}`, cap).text).not.toContain(part);
  }
});

test('wherever it stands in a text, and wherever the text is cut', () => {
  const around = fc.string({
    unit: fc.constantFrom(' ', '\n', '(', ')', ',', '"', '.', 'é', '{', '}'),
    maxLength: 300,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...CANARIES),
      around,
      around,
      fc.integer({ min: 64, max: 600 }),
      ([canary, part], before, after, bytes) => {
        const text = `${before} ${canary} ${after}`;
        expect(JSON.stringify(makeFrame(text, [], { bytes, depth: 2 }))).not.toContain(part);
        expect(redactText(text, bytes).text).not.toContain(part);
      },
    ),
    { numRuns: 1_000 },
  );
});
