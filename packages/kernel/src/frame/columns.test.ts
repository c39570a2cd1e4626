/** Records by column are shown, summed up and kept as the list of them would be. */
import type { Json } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../handle/packed.ts';
import { columnsOf, onlyColumns, recordsOf } from './columns.ts';
import { Framing } from './framing.ts';
import { onlyFields } from './rows.ts';
import { summarize } from './summary.ts';

const text = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      'Lyon',
      'Porto',
      'a@b.co',
      'card 4111 1111 1111 1111',
      '+49 170 1234567',
      '123-45-6789',
    ],
    ...[
      'DE89 3704 0044 0532 0130 00',
      'AKIAIOSFODNN7EXAMPLE',
      'password=hunter2',
      '[masked:email]',
    ],
    ...[
      'YWtpYSBBS0lBSU9TRk9ETk43RVhBTVBMRQ==',
      'Cookie: a=b',
      '\ud800',
      'a\nb',
      'password',
      '=hunter22',
    ],
    ...['4111 1111', '1111 1111', 'token: ', 'a1B2'.repeat(10), 'DB_PASSWORD', 'x'.repeat(70)],
  ),
  fc.string({ maxLength: 6 }),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: text },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<unknown>(
    ...[true, null, -0, 7, [], {}, ['a@b.co'], { password: 'x' }, { a: { b: 'a@b.co' } }],
    ...[Buffer.from('a@b.co'), Buffer.from([255, 0]), 5n, Number.NaN, new Date(0), () => 1],
  ),
);
const name = fc.constantFrom(
  ...[
    'id',
    'name',
    'email',
    'phone',
    'note',
    'city',
    'password',
    'max_tokens',
    'api_key',
    'key',
    'value',
  ],
  ...['a@b.co', 'b@b.co', '[masked:email]', '__proto__', '2', '1', 'constructor', 'toString'],
);
const tables = fc.uniqueArray(name, { maxLength: 6 }).chain((names) =>
  fc.array(fc.tuple(...names.map(() => value)), { minLength: 2, maxLength: 12 }).map((rows) =>
    rows.map((row) => {
      const made = {};
      for (const [at, name] of names.entries())
        Object.defineProperty(made, name, {
          value: row[at],
          enumerable: true,
          configurable: true,
          writable: true,
        });
      return made;
    }),
  ),
);

/** Columns of texts alone, many of them the same, made of parts of what is masked: what one text ends with, the next may go on from. */
const part = fc.constantFrom(
  ...[
    'machine ',
    'h.example ',
    'login ',
    'ann ',
    'password ',
    'netrcpw1',
    'login ann password netrcpw2',
  ],
  ...[
    '',
    ' ',
    '\0',
    '\n',
    '=',
    '-',
    '.',
    '@',
    'a',
    'ann',
    'b.co',
    'a@b.co',
    'x'.repeat(64),
    'é',
    'ß@b.co',
  ],
  ...[
    '1',
    '111',
    '4111',
    '4111 1111 1111 1111',
    '123-45-6789',
    '+49 170 1234567',
    '555.123.4567',
    'DE89',
  ],
  ...[
    'DE89 3704 0044 0532 0130 00',
    'bearer ',
    'token',
    'password=',
    'hunter22',
    'AKIAIOSFODNN7EXAMPLE',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '[masked:email]',
    '[masked:',
    '\udc00',
  ],
  ...['YWtpYSBBS0lBSU9TRk9ETk43RVhBTVBMRQ==', 'Y'.repeat(24), '\ud83d'],
);
const made = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
const texts = fc
  .record({
    few: fc.array(made, { minLength: 1, maxLength: 4 }),
    more: fc.array(made, { maxLength: 3 }),
  })
  .chain(({ few, more }) =>
    fc
      .array(fc.constantFrom(...few), { minLength: 2, maxLength: 24 })
      .chain((many) => fc.shuffledSubarray([...many, ...more], { minLength: many.length })),
  );
const alike = fc
  .tuple(name, name, texts, texts)
  .filter(([one, other]) => one !== other)
  .map(([one, other, some, others]) =>
    some.slice(0, others.length).map((text, row) => ({ [one]: text, [other]: others[row] })),
  )
  .filter((rows) => rows.length >= 2);

const framing = (personal: boolean, depth = 32): Framing =>
  new Framing({ bytes: 2 ** 50, depth }, 0, personal);

describe('records by column', () => {
  /** Whether they were shown by column at all. */
  const shownAlike = (rows: readonly object[], personal: boolean, depth: number): boolean => {
    const given = columnsOf(rows);
    expect(given).toBeDefined();
    const fast = framing(personal, depth);
    const columns = fast.columns(given as NonNullable<typeof given>);
    if (columns === undefined) return false;
    const slow = framing(personal, depth);
    const list = slow.show(rows) as { [key: string]: Json }[];
    const records = recordsOf(columns);
    expect(records).toEqual(list);
    expect(records.map(Object.keys)).toEqual(list.map(Object.keys));
    expect(JSON.stringify(records)).toBe(JSON.stringify(list));
    expect(fast.notes(9)).toEqual(slow.notes(9));
    for (const room of [10_000, 300, 60]) {
      const left = [
        { texts: 0, items: 0 },
        { texts: 0, items: 0 },
      ] as const;
      expect(JSON.stringify(summarize({ kind: 'columns', columns }, 20, room, left[0]))).toBe(
        JSON.stringify(summarize({ kind: 'value', value: list }, 20, room, left[1])),
      );
      expect(left[0]).toEqual(left[1]);
    }
    const fields = ['id', 'email', '[masked:email]'];
    expect(recordsOf(onlyColumns(columns, fields))).toEqual(onlyFields(list, fields));
    const kept = pack(columns);
    if (kept !== undefined) {
      const head = JSON.parse(JSON.stringify(kept.packed));
      expect(JSON.stringify(unpack(head, kept.texts, columns.rows))).toBe(JSON.stringify(list));
    }
    return true;
  };

  it('are masked, summed up and kept as the list would be, with the same notes', () => {
    let shown = 0;
    fc.assert(
      fc.property(tables, fc.boolean(), fc.constantFrom(2, 3, 32), (rows, personal, depth) => {
        if (shownAlike(rows, personal, depth)) shown++;
      }),
      { numRuns: 3_000 },
    );
    expect(shown).toBeGreaterThan(1_000);
  });

  it('and so are texts that are read as one', () => {
    let shown = 0;
    fc.assert(
      fc.property(alike, fc.boolean(), (rows, personal) => {
        if (shownAlike(rows, personal, 32)) shown++;
      }),
      { numRuns: 1_000 },
    );
    expect(shown).toBeGreaterThan(100);
  });

  it('are records that all have the same members in the same order, and no other value', () => {
    const inherits = Object.assign(Object.create({ b: 1 }), { a: 1 });
    for (const other of [
      ...[null, 'a', {}, { length: 2 }, [], [{ a: 1 }], [1, 2], [[], []], [{ a: 1 }, null]],
      ...[
        [{ a: 1 }, { b: 1 }],
        [{ a: 1 }, { a: 1, b: 1 }],
        [{ a: 1, b: 1 }, { a: 1 }],
      ],
      ...[
        [
          { a: 1, b: 1 },
          { b: 1, a: 1 },
        ],
        [{ a: 1 }, { a: undefined }],
        [inherits, inherits],
      ],
      ...[[new Date(0), new Date(0)], [Buffer.from('a'), Buffer.from('b')], new Array(2)],
    ])
      expect(columnsOf(other)).toBeUndefined();
    const says = { name: 'DB_PASSWORD', value: 'hunter2' };
    const given = columnsOf([says, says]);
    expect(given).toBeDefined();
    // Which value is a secret, another member says: it is asked of each record.
    expect(framing(false).columns(given as NonNullable<typeof given>)).toBeUndefined();
  });
});
