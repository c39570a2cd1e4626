/** Pieces of every kind, in any order: told apart as a whole would be, shown soon, with nothing lost. */
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Part, Pieces } from './pieces.ts';

function through(...all: (Json | Uint8Array)[]): Part[] {
  const pieces = new Pieces(32, false);
  return [...all.flatMap((piece) => pieces.take(piece)), ...pieces.end()];
}

const textOf = (parts: readonly Part[]): string =>
  parts
    .filter(({ encoding }) => encoding === undefined)
    .map(({ data }) => data)
    .join('');

const bytesOf = (parts: readonly Part[]): Buffer =>
  Buffer.concat(
    parts
      .filter(({ encoding }) => encoding === 'base64')
      .map(({ data }) => Buffer.from(data as string, 'base64')),
  );

test('bytes cut anywhere are the text that they are', () => {
  const words = 'wörter, 言葉 and \u{1f511} keys\n';
  fc.assert(
    fc.property(
      fc.constantFrom('utf8', 'utf16le') as fc.Arbitrary<'utf8' | 'utf16le'>,
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (encoding, times, cuts) => {
        const mark = encoding === 'utf16le' ? '\ufeff' : '';
        const bytes = Buffer.from(mark + words.repeat(times), encoding);
        const places = [...new Set(cuts.map((at) => at % bytes.length))].sort((a, b) => a - b);
        const parts = [...places, bytes.length].map((to, at) =>
          bytes.subarray(places[at - 1] ?? 0, to),
        );
        expect(textOf(through(...parts)).replace(/^\ufeff/, '')).toBe(words.repeat(times));
      },
    ),
    { numRuns: 300 },
  );
});

test('a secret in bytes of any encoding is masked wherever they are cut', () => {
  const encoded: Record<string, (text: string) => Buffer> = {
    utf8: (text) => Buffer.from(text),
    utf16le: (text) => Buffer.from(text, 'utf16le'),
    utf16be: (text) => Buffer.from(text, 'utf16le').swap16(),
    none: (text) => Buffer.concat([Buffer.of(0xff, 0xfe, 0xc0), Buffer.from(text)]),
  };
  fc.assert(
    fc.property(
      fc.constantFrom('ghp_CANARYcanary0123456789CANARYcanary01', 'password=CANARYcanary'),
      fc.constantFrom(...Object.values(encoded)),
      fc.constantFrom('', '\n', 'some words ', 'many words and more '.repeat(40)),
      fc.array(fc.nat(), { maxLength: 12 }),
      (secret, encode, before, cuts) => {
        const bytes = encode(`${before} ${secret}\nwords after it\n`);
        const places = [...new Set(cuts.map((at) => at % bytes.length))].sort((a, b) => a - b);
        const parts = through(
          ...[...places, bytes.length].map((to, at) => bytes.subarray(places[at - 1] ?? 0, to)),
        );
        const shown = textOf(parts) + bytesOf(parts).toString('latin1');
        expect(shown.replaceAll('\0', '')).not.toContain('CANARY');
      },
    ),
    { numRuns: 1_000 },
  );
});

test('bytes that are no text come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 }), (chunks) => {
      const first = Uint8Array.of(0xff, 0, 0xfe, 0xc0, ...new Array(600).fill(0xc1));
      const parts = through(first, ...chunks);
      // What looks like a secret in them is masked, and nothing else is changed.
      if (parts.some(({ notes }) => notes.join().includes('masked'))) return;
      expect(bytesOf(parts)).toEqual(Buffer.concat([first, ...chunks]));
    }),
    { numRuns: 300 },
  );
});

describe('shown soon', () => {
  it.each([
    ['ASCII', 'a line\n'],
    ['other letters', 'eine längere Zeile\n'],
    ['few bytes', 'é\n'],
  ])('%s', (_, line) => {
    const pieces = new Pieces(32, false);
    expect(textOf(pieces.take(Buffer.from(line)))).toBe(line);
  });

  it('half of a character waits for the other half', () => {
    const pieces = new Pieces(32, false);
    expect(pieces.take(Buffer.of(0xc3))).toEqual([]);
    expect(textOf(pieces.take(Buffer.of(0xa9, 0x0a)))).toBe('é\n');
  });
});

test('texts, bytes and values in turn: nothing of one is lost to the next', () => {
  const parts = through(
    'a text, ',
    Buffer.from('bytes of text, '),
    { n: 1 },
    'again ',
    2,
    null,
    'end',
  );
  expect(parts.map(({ data }) => data)).toEqual([
    'a text, bytes of text, ',
    { n: 1 },
    'again ',
    2,
    null,
    'end',
  ]);
});

test('a part is never longer than an event may be', () => {
  const parts = through('\u{1f511}'.repeat(200_000));
  expect(parts.length).toBeGreaterThan(5);
  for (const { data } of parts) expect((data as string).length).toBeLessThanOrEqual(65_536);
  expect(textOf(parts)).toBe('\u{1f511}'.repeat(200_000));
});
