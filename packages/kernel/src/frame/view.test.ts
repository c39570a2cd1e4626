import type { Frame, Json, Label, ResponseMode } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wholeValue } from './columns.ts';
import { FRAME_BUDGETS, type FrameBudgets } from './types.ts';
import { showFrame } from './view.ts';

const LABELS: readonly Label[] = [
  { source: 'sql', origin: 'crm', integrity: 'trusted', confidentiality: 'private' },
];
const MODES: readonly ResponseMode[] = ['summary', 'table', 'handle_only', 'raw'];
const size = (frame: Frame): number => Buffer.byteLength(JSON.stringify(frame));
const people = (count: number): Json[] =>
  Array.from({ length: count }, (_, id) => ({
    id,
    name: `Person ${id}`,
    email: `person.${id}@example.com`,
    phone: `+1 555 010 ${1000 + id}`,
    ssn: '123-45-6789',
    city: id % 3 === 0 ? 'Lyon' : 'Oslo',
    amount: id / 7,
  }));

function show(data: unknown, mode?: ResponseMode, limits?: object, budgets: object = {}) {
  const all = { ...FRAME_BUDGETS, ...budgets };
  const { frame, rest } = showFrame(data as Json, LABELS, all, mode, limits);
  return { frame, rest: rest === undefined ? undefined : wholeValue(rest) };
}

describe('modes', () => {
  test('a table has all the rows that there is room for, to the byte, whether all of them fit or not', () => {
    const rows = Array.from({ length: 40 }, (_, n) => ({
      a: 1e15 + n,
      b: 10 ** (n % 9),
      c: n / 7,
    }));
    const shownAt = (view: number): Json[] =>
      show(rows, 'table', undefined, { view }).frame.data as Json[];
    let count = shownAt(2_048).length;
    expect(count).toBeLessThan(rows.length);
    const began: number[] = [];
    for (let view = 2_048; count < rows.length; view++) {
      const shown = shownAt(view);
      expect(shown).toEqual(rows.slice(0, shown.length));
      for (; count < shown.length; count++) began[count] = view;
    }
    const [, ...known] = Object.keys(began).map(Number);
    for (const row of known)
      expect((began[row] as number) - (began[row - 1] as number)).toBe(
        JSON.stringify(rows[row]).length + 1,
      );
    expect(known.length).toBeGreaterThan(3);
  });
  test('left out: the result itself, and nothing to expand', () => {
    const { frame, rest } = show(people(3));
    expect(frame.data).toEqual(people(3));
    expect(frame.mode).toBeUndefined();
    expect(rest).toBeUndefined();
  });
  test('left out, and it does not fit: the rest has a name', () => {
    const { frame, rest } = show(people(5_000));
    expect(frame.notes[0]).toMatch(/^cut:/);
    expect(rest).toEqual(people(5_000));
  });
  test('summary of records', () => {
    const { frame, rest } = show(people(200), 'summary');
    expect(frame.data).toMatchObject({
      rows: 200,
      fields: ['amount', 'city', 'email', 'id', 'name', 'phone', 'ssn'],
      numbers: { id: { count: 200, min: 0, max: 199, avg: 99.5 } },
      values: { city: { Oslo: 133, Lyon: 67 } },
    });
    expect(frame).toMatchObject({ mode: 'summary', rows: 200 });
    expect(rest).toHaveLength(200);
  });
  test('summary of an object, of a text, of a number, of nothing', () => {
    expect(show({ b: 1, a: 'x'.repeat(900) }, 'summary').frame.data).toMatchObject({
      members: { a: `${'x'.repeat(79)}…`, b: 1 },
    });
    expect(show('one\ntwo\n', 'summary').frame.data).toEqual({
      characters: 8,
      lines: 2,
      beginning: 'one\ntwo\n',
    });
    expect(show(7, 'summary').frame.data).toEqual({ value: 7 });
    expect(show([], 'summary').frame.data).toMatchObject({ rows: 0, fields: [] });
  });
  test('table: bounded rows, members, cells and depth', () => {
    const wide = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`f${at}`, at]));
    const { frame } = show(
      Array.from({ length: 80 }, () => wide),
      'table',
    );
    expect(frame.data).toHaveLength(50);
    expect(Object.keys((frame.data as object[])[0] as object)).toHaveLength(20);
    expect(frame.notes).toEqual([expect.stringMatching(/^cut: 0 texts shortened, \d+ items left/)]);
    expect(show([{ a: { b: { c: { d: 1 } } } }], 'table').frame.data).toEqual([
      { a: { b: { c: '[cut]' } } },
    ]);
  });
  test('a table of the one list of records in an object', () => {
    const data = { entries: [{ name: 'a' }, { name: 'b' }], truncated: false };
    expect(show(data, 'table').frame.data).toEqual([{ name: 'a' }, { name: 'b' }]);
  });
  test('a cell of a megabyte is cut', () => {
    const { frame } = show([{ cell: 'x'.repeat(1_000_000), next: 1 }], 'table');
    expect(size(frame)).toBeLessThan(2_000);
    expect((frame.data as { next: number }[])[0]?.next).toBe(1);
  });
  test('handle_only shows nothing', () => {
    const { frame, rest } = show(people(3), 'handle_only');
    expect(frame).toMatchObject({ data: null, rows: 3, mode: 'handle_only' });
    expect(rest).toHaveLength(3);
  });
  test('raw is masked all the same', () => {
    const { frame } = show({ password: 'hunter2', text: 'x'.repeat(300_000) }, 'raw');
    expect(frame.data).toMatchObject({ password: '[masked:assigned_secret]' });
    expect((frame.data as { text: string }).text).toHaveLength(300_000);
    expect(frame.notes).toEqual(['masked: assigned_secret']);
  });
});

describe('what a capability keeps back', () => {
  test('members, in every mode and in what the handle names', () => {
    for (const mode of [undefined, ...MODES]) {
      const { frame, rest } = show(people(60), mode, { fields: ['id', 'city'] });
      const out = JSON.stringify([frame, rest]);
      for (const hidden of ['email', 'ssn', 'Person', '123-45']) expect(out).not.toContain(hidden);
    }
  });
  test('where there are no members, everything', () => {
    for (const data of ['a text', 7, ['x'], Buffer.from('bytes')]) {
      const { frame, rest } = show(data, undefined, { fields: ['id'] });
      expect(JSON.stringify([frame.data, rest])).toMatch(/^\[(?:null|\[\]),(?:null|\[\])?\]$/);
    }
  });
  test('rows, and how many there are', () => {
    for (const mode of [undefined, ...MODES]) {
      const { frame } = show(people(60), mode, { rows: 5 });
      if (mode !== 'summary' && mode !== 'handle_only') expect(frame.data).toHaveLength(5);
      expect(frame.rows).toBeUndefined();
    }
    expect(show('a\nb\nc\n', undefined, { rows: 2 }).frame.data).toBe('a\nb\n');
    for (const data of [people(6), { list: people(6), more: 1 }, 'a\n'.repeat(6)] as Json[]) {
      const some = show(data, undefined, { rows: 5 });
      expect(some.frame.notes).toContain('cut: no more than 5 rows are shown');
      expect(some.rest).toBeDefined();
      const all = show(data, undefined, { rows: 6 });
      expect(all).toMatchObject({ rest: undefined, frame: { notes: [] } });
    }
    expect(show({ a: 1 }, undefined, { rows: 0 }).frame.data).toBeNull();
  });
  test('personal data, by form and by name', () => {
    const data = {
      note: 'write to jürgen.o@exämple.org or +49 170 1234567, card 4111 1111 1111 1111',
      plain: 'order 2024-01-02 17:30, part 555-0100-22, version 1.2.3.4, 4111 1111 1111 1112',
      iban: 'x',
      dob: '1970-01-01',
      text: 'DE89 3704 0044 0532 0130 00 and 123-45-6789',
      list: ['a@b.co'],
      bytes: Buffer.from('a@b.co'),
      'a@b.co': 1,
    };
    const { frame } = show(data, undefined, { personal: true });
    expect(frame.data).toEqual({
      note: 'write to [masked:email] or [masked:phone], card [masked:card_number]',
      plain: data.plain,
      iban: '[masked:personal]',
      dob: '[masked:personal]',
      text: '[masked:iban] and [masked:ssn]',
      list: ['[masked:email]'],
      bytes: '[masked:email]',
      '[masked:email]': 1,
    });
  });
});

test('four hundred things to say take no more than a few words, and name nothing that is hidden', () => {
  const rows = Array.from({ length: 200 }, (_, id) => ({
    id,
    email: 'a@b.co',
    phone: '+49 170 1234567',
    password: 'hunter2',
    deep: [[[[['x']]]]],
    bytes: Buffer.from([255]),
  }));
  for (const mode of MODES) {
    const { frame } = show(rows, mode, { personal: true });
    expect(frame.notes.length).toBeLessThan(6);
    expect(JSON.stringify(frame.notes).length).toBeLessThan(400);
    expect(JSON.stringify(frame.notes)).not.toContain('hunter2');
  }
});

describe('summaries', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom('a', 'b', 'c'),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 2 }),
  );
  const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', 'x', 'length');
  const row = fc.array(fc.tuple(name, value), { maxLength: 5 }).map((pairs) => {
    const made = {};
    for (const [key, member] of pairs)
      Object.defineProperty(made, key, { value: member, enumerable: true, configurable: true });
    return made as Json;
  });
  test('do not hang on the order of rows or members', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (rows, dice) => {
        const keys = dice[Symbol.iterator]();
        const shuffled = rows
          .map(
            (one) =>
              [
                keys.next().value,
                Object.fromEntries(Object.entries(one as object).reverse()),
              ] as const,
          )
          .sort((a, b) => a[0] - b[0])
          .map(([, one]) => one as Json);
        expect(JSON.stringify(show(shuffled, 'summary').frame.data)).toBe(
          JSON.stringify(
            show(
              rows.map((one) => Object.fromEntries(Object.entries(one as object)) as Json),
              'summary',
            ).frame.data,
          ),
        );
      }),
      { numRuns: 500 },
    );
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
  test('the mean is exact where doubles alone are not', () => {
    const rows = [1e16, 1, -1e16, 1e-9, 3].map((v) => ({ v }));
    const { frame } = show(rows, 'summary');
    expect(frame.data).toMatchObject({ numbers: { v: { avg: (4 + 1e-9) / 5 } } });
  });
});

test('whatever comes, a view is whole within its budget, notes and labels included', () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withTypedArray: true,
    maxDepth: 6,
  });
  const odd = fc.array(
    fc.record({
      source: fc.string({ maxLength: 2_000 }),
      origin: fc.string({ maxLength: 2_000 }),
      integrity: fc.constant('trusted' as const),
      confidentiality: fc.constantFrom('public' as const, 'secret' as const),
    }),
    { maxLength: 40 },
  );
  const budgets = fc.record({
    view: fc.integer({ min: 0, max: 9_000 }),
    rows: fc.integer({ min: 0, max: 100 }),
    fields: fc.integer({ min: 0, max: 30 }),
    characters: fc.integer({ min: 0, max: 600 }),
  });
  fc.assert(
    fc.property(value, odd, budgets, fc.constantFrom(...MODES), (data, labels, given, mode) => {
      const all: FrameBudgets = { ...FRAME_BUDGETS, ...given };
      const { frame } = showFrame(data as Json, labels, all, mode);
      if (mode !== 'raw') expect(size(frame)).toBeLessThanOrEqual(Math.max(given.view, 2_048));
      expect(JSON.parse(JSON.stringify(frame.data))).toEqual(frame.data);
    }),
    { numRuns: 500 },
  );
});

test('no canary in any mode, at any depth, in names and bytes', () => {
  const canary = 'AKIACANARYCANARYCA42';
  const places: unknown[] = [
    canary,
    [{ a: canary }],
    [{ [canary]: 1 }],
    [{ a: { b: { c: { d: { e: canary } } } } }],
    { list: [{ x: Buffer.from(canary) }] },
    [{ password: 'CANARYCANARY' }],
    Array.from({ length: 5 }, () => ({ kind: canary })),
    `${'line\n'.repeat(3_000)}${canary}`,
  ];
  for (const data of places) {
    for (const mode of [undefined, ...MODES]) {
      const { frame, rest } = show(data, mode);
      expect(JSON.stringify([frame, rest])).not.toContain('CANARYCANARY');
    }
  }
});

test('what is shown as it was found is what looking at it once more would show', () => {
  const texts = fc.constantFrom(
    'plain',
    '',
    'password=hunter2hunter2',
    'AKIAIOSFODNN7EXAMPLE',
    'ann@example.com',
    'cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI=',
    '\ud800',
    'x'.repeat(3_000),
  );
  const odd = fc.constantFrom<unknown>(
    Number.NaN,
    -0,
    10n,
    undefined,
    new Date(0),
    Buffer.from('text'),
    Buffer.from([255, 254, 0]),
    { toJSON: () => 'password=hunter2hunter2' },
    [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]],
  );
  const data = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      texts,
      fc.integer(),
      fc.boolean(),
      odd,
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('any'), { maxLength: 5 }),
    object: fc.dictionary(
      fc.oneof(fc.constantFrom('password', 'name', 'secret', 'value', 'email'), fc.string()),
      tie('any'),
      { maxKeys: 5 },
    ),
  })).any;
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  fc.assert(
    fc.property(
      data,
      fc.constantFrom(undefined, 'raw' as const),
      fc.boolean(),
      fc.constantFrom(200, 2_000, 60_000),
      (value, mode, personal, bytes) => {
        const once = show(value, mode, { grant: 'g', personal }, { bytes, raw: bytes });
        // So many rows that none is left out: this is shown the long way.
        const rows = Number.MAX_SAFE_INTEGER;
        const again = show(value, mode, { grant: 'g', personal, rows }, { bytes, raw: bytes });
        expect(JSON.stringify(once.frame)).toBe(JSON.stringify(again.frame));
        expect(frozen(once.frame)).toBe(frozen(again.frame));
        const short = once.frame.notes.some((note) => note.endsWith(`, a frame ${bytes}`));
        if (short) expect(once.rest).toEqual(again.rest);
        else expect(once.rest).toBeUndefined();
      },
    ),
    { numRuns: 1_000 },
  );
});
