import type { Json, Label } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeFrame } from './frame.ts';

const labels: readonly Label[] = [
  { source: 'fs', origin: '/x', integrity: 'untrusted', confidentiality: 'private' },
];
const sizeOf = (data: Json): number => Buffer.byteLength(JSON.stringify(data));
const SMALL = { bytes: 1_000, depth: 4 };

test('what fits and holds no secret comes through whole', () => {
  const data = { status: 200, list: [1, -2.5, true, null, 'x'], nested: { a: { b: '' } } };
  const frame = makeFrame(data, labels);
  expect(frame).toEqual({ data, labels, notes: [], bytes: sizeOf(data) });
  expect(frame.data).not.toBe(data);
  expect(
    Object.isFrozen(frame) &&
      Object.isFrozen(frame.labels) &&
      Object.isFrozen(frame.notes) &&
      Object.isFrozen(frame.data),
  ).toBe(true);
});

describe('secrets', () => {
  test('in values, names, lists, and by the name of the member', () => {
    const frame = makeFrame(
      {
        note: 'AKIAIOSFODNN7EXAMPLE',
        AKIAIOSFODNN7EXAMPLE: 1,
        db_password: 'p',
        apiKey: ['x', 'y'],
        pin: 1234,
        headers: { 'Set-Cookie': ['a=b'], Authorization: 'zzz' },
      },
      [],
    );
    expect(frame.data).toEqual({
      note: '[masked:aws_access_key]',
      '[masked:aws_access_key]': 1,
      db_password: '[masked:assigned_secret]',
      apiKey: ['[masked:assigned_secret]', '[masked:assigned_secret]'],
      pin: '[masked:assigned_secret]',
      headers: {
        'Set-Cookie': ['[masked:assigned_secret]'],
        Authorization: '[masked:assigned_secret]',
      },
    });
    expect(frame.notes).toEqual(['masked: aws_access_key, assigned_secret']);
  });
  test('names that only sound like it stay', () => {
    const data = {
      next_page_token: 'abc',
      public_key: 'abc',
      max_tokens: 5,
      secretName: 's',
      password_reset_url: 'https://x/',
      password: '',
      secret: null,
      token: true,
    };
    expect(makeFrame(data, [])).toMatchObject({ data, notes: [] });
  });
  test('in a pair, and in the object of a secret', () => {
    const data = {
      env: [
        { name: 'DB_PASSWORD', value: 'x' },
        { name: 'HOME', value: '/root' },
      ],
      secret: { name: 'n', value: 'x' },
      SecretString: 'x',
    };
    expect(JSON.stringify(makeFrame(data, []).data)).toBe(
      '{"env":[{"name":"DB_PASSWORD","value":"[masked:assigned_secret]"},{"name":"HOME","value":"/root"}],"secret":{"name":"n","value":"[masked:assigned_secret]"},"SecretString":"[masked:assigned_secret]"}',
    );
  });
  test('two names that come out the same stay two members', () => {
    const frame = makeFrame({ AKIAIOSFODNN7EXAMPLE: 1, AKIAIOSFODNN7EXAMPLF: 2 }, []);
    expect(Object.values(frame.data as object)).toEqual([1, 2]);
  });
  test('in base64 that is a text', () => {
    const hidden = Buffer.from('the key is AKIAIOSFODNN7EXAMPLE').toString('base64');
    expect(makeFrame({ content: hidden }, []).data).toEqual({ content: '[masked:base64]' });
    const plain = Buffer.from('nothing to see here at all').toString('base64');
    expect(makeFrame({ content: plain }, []).data).toEqual({ content: plain });
  });
  test('never half of one: a cut comes after the mask', () => {
    for (let pad = 900; pad < 1_010; pad++) {
      const frame = makeFrame(`${'x'.repeat(pad)} AKIAIOSFODNN7EXAMPLE`, [], SMALL);
      expect(JSON.stringify(frame.data)).not.toContain('AKI');
    }
  });
});

describe('bytes', () => {
  test('UTF-8 is text, byte for byte', () => {
    expect(makeFrame(Buffer.from('é\r\n\ufeff\u0000x'), [])).toEqual({
      data: 'é\r\n\ufeff\u0000x',
      labels: [],
      notes: [],
      bytes: 9,
    });
    expect(makeFrame(new Uint8Array(0), [])).toMatchObject({ data: '', bytes: 0 });
  });
  test('others are base64, searched all the same', () => {
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0x80, 0x01]),
      Buffer.from('AKIAIOSFODNN7EXAMPLE'),
    ]);
    const frame = makeFrame(bytes, []);
    expect(Buffer.from(frame.data as string, 'base64').toString('latin1')).toBe(
      '\u00ff\u0080\u0001[masked:aws_access_key]',
    );
    expect(frame.notes).toEqual(['as base64: bytes that are no text', 'masked: aws_access_key']);
    const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0xff]);
    expect(makeFrame(image, []).data).toBe(image.toString('base64'));
  });
  test.each(['utf16le', 'utf16be', 'marked'])('UTF-16 (%s) is text', (kind) => {
    let bytes: Buffer = Buffer.from(
      `${kind === 'marked' ? '\ufeff' : ''}key AKIAIOSFODNN7EXAMPLE`,
      'utf16le',
    );
    if (kind === 'utf16be') bytes = bytes.swap16();
    const frame = makeFrame(bytes, []);
    expect((frame.data as string).replace('\ufeff', '')).toBe('key [masked:aws_access_key]');
    expect(frame.notes).toContain('as text: bytes in UTF-16');
  });
  test('inside a structure too', () => {
    const data = { file: Buffer.from('password=hunter2') } as unknown as Json;
    expect(makeFrame(data, []).data).toEqual({ file: 'password=[masked:assigned_secret]' });
  });
  test('a cut never falls inside a character', () => {
    for (let pad = 0; pad < 6; pad++) {
      const frame = makeFrame(Buffer.from('x'.repeat(pad) + 'é😀'.repeat(20_000)), [], SMALL);
      expect(frame.data).not.toContain('\ufffd');
      expect((frame.data as string).isWellFormed()).toBe(true);
    }
  });
});

describe('bounds', () => {
  test('a long text is shortened, and that is said', () => {
    const frame = makeFrame('x'.repeat(5_000), [], SMALL);
    expect(frame.data).toBe('x'.repeat(998));
    expect(frame.bytes).toBe(5_002);
    expect(frame.notes).toEqual([
      'cut: 1 texts shortened; the result has 5002 bytes, a frame 1000',
    ]);
  });
  test('long lists and objects lose their ends', () => {
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}` }));
    const frame = makeFrame(rows, [], SMALL);
    expect((frame.data as Json[])[0]).toEqual({ id: 0, name: 'row 0' });
    expect(frame.notes[0]).toMatch(/^cut: .*items left out/);
    expect(sizeOf(frame.data)).toBeLessThanOrEqual(1_000);
  });
  test('depth', () => {
    expect(makeFrame([[[[['deep']]]]], [], SMALL)).toMatchObject({
      data: [[[['[cut]']]]],
      notes: ['cut: what lies deeper than 4 levels'],
    });
    let deep: Json = 'AKIAIOSFODNN7EXAMPLE';
    for (let at = 0; at < 10_000; at++) deep = [deep];
    expect(JSON.stringify(makeFrame(deep, []))).not.toContain('AKIA');
  });
  test('escapes count', () => {
    for (const unit of ['\u0001', '"', '\\', 'é', '😀', '\n']) {
      const frame = makeFrame({ a: unit.repeat(5_000), b: 'x' }, [], SMALL);
      expect(sizeOf(frame.data)).toBeLessThanOrEqual(1_000);
    }
  });
  test('a big result costs no more than what is shown of it', () => {
    const big = Buffer.alloc(50_000_000, 'password=x ');
    const started = process.threadCpuUsage();
    makeFrame(big, []);
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

describe('results that are no JSON', () => {
  const of = (data: unknown): Json => makeFrame(data as Json, []).data;
  test('become what they can', () => {
    expect(
      of({
        n: Number.NaN,
        b: 12n,
        d: new Date(0),
        u: undefined,
        f: () => 1,
        s: Symbol('x'),
        m: new Map([[1, 2]]),
      }),
    ).toEqual({ n: 'NaN', b: '12', d: '1970-01-01T00:00:00.000Z', f: null, s: null, m: {} });
    expect(of(undefined)).toBe(null);
    expect(of('a\ud800')).toBe('a\ufffd');
  });
  test('cycles end', () => {
    const cycle: { self?: unknown; secret: string } = { secret: 'x' };
    cycle.self = cycle;
    expect(JSON.stringify(of(cycle))).not.toContain('"x"');
    const forever = { toJSON: (): unknown => forever };
    expect(of(forever)).toBe('[cut]');
  });
  test('special names are members', () => {
    const data = JSON.parse('{"__proto__":{"a":1},"constructor":"c"}');
    expect(JSON.stringify(of(data))).toBe('{"__proto__":{"a":1},"constructor":"c"}');
  });
  test('fails closed', () => {
    const bad = {
      secret: 'hunter2',
      get boom(): string {
        throw new Error('hunter2');
      },
    };
    expect(makeFrame(bad, labels)).toEqual({
      data: null,
      labels,
      bytes: 0,
      notes: ['withheld: the result could not be searched for secrets'],
    });
  });
});

test('whatever comes: within bounds, within JSON, and never a throw', () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    maxDepth: 6,
  });
  const limits = fc.record({
    bytes: fc.integer({ min: 64, max: 4_000 }),
    depth: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(value, limits, (data, limit) => {
      const frame = makeFrame(data as Json, labels, limit);
      expect(sizeOf(frame.data)).toBeLessThanOrEqual(limit.bytes);
      expect(JSON.parse(JSON.stringify(frame.data))).toEqual(frame.data);
    }),
    { numRuns: 1_000 },
  );
});

test('JSON far from the bounds comes through unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }), (data) => {
      const frame = makeFrame(data as Json, []);
      if (frame.notes.length === 0) expect(JSON.stringify(frame.data)).toBe(JSON.stringify(data));
    }),
  );
});
