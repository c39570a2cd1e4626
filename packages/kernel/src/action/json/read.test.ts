import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADMISSION_LIMITS } from '../limits.ts';
import { readJson } from './read.ts';

const code = (input: string | Uint8Array): string => {
  const read = readJson(input);
  return read.ok ? 'ok' : read.code;
};
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('what JSON.parse lets through', () => {
  test.each([
    ['{"a":1,"a":2}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['{"x":{"a":1,"b":2,"a":3}}', 'duplicate_key'],
    ['{"__proto__":1,"__proto__":2}', 'duplicate_key'],
    ['9007199254740993', 'inexact_number'],
    ['[1e400]', 'inexact_number'],
    ['{"a":0.1000000000000000055}', 'inexact_number'],
    ['"\\ud800"', 'invalid_text'],
    ['"\\udc00\\ud800"', 'invalid_text'],
    ['{"\\ud83d":1}', 'invalid_text'],
    [nested(33), 'too_deep'],
    [nested(100_000), 'too_deep'],
    [`"${'a'.repeat(1_000_001)}"`, 'too_large'],
    [`{"${'k'.repeat(1_025)}":1}`, 'too_large'],
    [`[${'1,'.repeat(600_000)}1]`, 'too_large'],
    [`{${Array.from({ length: 10_001 }, (_, at) => `"${at}":0`).join()}}`, 'too_large'],
  ])('%# is refused', (text, expected) => {
    expect(code(text)).toBe(expected);
    expect(code(Buffer.from(text))).toBe(expected);
  });

  test('half a surrogate pair, and bytes that are not UTF-8', () => {
    expect(code('"\ud800"')).toBe('invalid_text');
    expect(code(Buffer.from([0x22, 0xff, 0x22]))).toBe('invalid_text');
    expect(code(Buffer.from([0x22, 0xc0, 0xaf, 0x22]))).toBe('invalid_text');
    expect(code(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe('invalid_text');
  });
});

test.each([
  '',
  ' ',
  '\ufeff{}',
  '{',
  '[',
  '"',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '{,}',
  '{a:1}',
  "{'a':1}",
  '01',
  '-',
  '-01',
  '+1',
  '.5',
  '1.',
  '1.e1',
  '1e',
  '1e+',
  '0x10',
  'NaN',
  'Infinity',
  '-Infinity',
  'nul',
  'truex',
  'True',
  '1 2',
  '{} {}',
  '"\t"',
  '"\\x41"',
  '"\\u12"',
  '"\\u12g4"',
  '"\\',
  '"\\"',
  '// a\n1',
  '/* a */ 1',
  '[1 2]',
  '{"a" 1}',
  ']',
  '}',
  ':',
  ',',
  '\u00a01',
  '\u20281',
])('%j is malformed', (text) => {
  expect(code(text)).toBe('malformed_request');
});

test('says where', () => {
  expect(readJson('{"a": 1, "a": 2}')).toMatchObject({ ok: false, offset: 9 });
  expect(readJson('[1, 9007199254740993]')).toMatchObject({ ok: false, offset: 4 });
  expect(readJson('{"a": ?}')).toMatchObject({ ok: false, offset: 6 });
  expect(readJson('{"a": ')).toMatchObject({ ok: false, offset: 6 });
});

test('messages never quote values', () => {
  for (const text of ['{"a":"canary-value', '{"a":canary-value}', '{"a":"canary-value","a":1}']) {
    expect(JSON.stringify(readJson(text))).not.toContain('canary');
  }
});

test('reads what JSON is', () => {
  const text = '{"a":[1,-2.5,1e3,true,false,null,"\\u00e9\\n\\ud83d\\ude00"],"b":{}}';
  expect(readJson(text)).toEqual({
    ok: true,
    value: { a: [1, -2.5, 1000, true, false, null, 'é\n😀'], b: {} },
  });
  expect(code(nested(32))).toBe('ok');
});

test('minus zero is zero, wherever it stands', () => {
  const read = readJson('{"a":[-0,-0.0,-0e1],"__proto__":-0,"b":-0.0000000000000000000}');
  expect(read.ok && JSON.stringify(read.value)).toBe('{"a":[0,0,0],"__proto__":0,"b":0}');
  expect(readJson('-0')).toEqual({ ok: true, value: 0 });
  expect(Object.is((readJson('-0') as { value: number }).value, 0)).toBe(true);
});

test('names with a meaning to JavaScript are data', () => {
  const text =
    '{"__proto__":{"polluted":true},"constructor":1,"toString":"x","hasOwnProperty":null}';
  const read = readJson(text);
  if (!read.ok) throw new Error(read.code);
  expect(JSON.stringify(read.value)).toBe(text);
  expect(Object.hasOwn(read.value as object, '__proto__')).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('agrees with JSON.parse on every value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      const read = readJson(text, ADMISSION_LIMITS);
      // Half surrogate pairs are the one thing that JSON.stringify writes and this reader refuses.
      if (!read.ok) return void expect(read.code).toBe('invalid_text');
      expect(JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('on broken texts: malformed where JSON.parse throws, never anything but a value or a code', () => {
  const pieces = fc.constantFrom(...'{}[]:,"\\.-+eE0123456789 \t\nutrfalsn/\u0000é\ud800');
  const edit = fc.tuple(fc.nat(), fc.nat(3), fc.array(pieces, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.array(edit, { maxLength: 3 }), (value, edits) => {
      let text = JSON.stringify(value);
      for (const [at, drop, insert] of edits) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + insert.join('') + text.slice(from + drop);
      }
      const read = readJson(text);
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      if (read.ok) expect(parsed).toBe(true);
      else if (parsed) expect(read.code).not.toBe('malformed_request');
    }),
    { numRuns: 2_000 },
  );
});

test('time is linear in hostile texts of a megabyte', () => {
  const million = 1_000_000;
  const texts = [
    '['.repeat(million),
    '{"a":'.repeat(million / 5),
    `"${'\\u0041'.repeat(million / 6)}"`,
    `"${'\\'.repeat(million)}`,
    ' '.repeat(million),
    '1'.repeat(million),
    `-0.${'0'.repeat(million - 10)}`,
    `[${'[],'.repeat(300_000)}1]`,
    `{${Array.from({ length: 10_000 }, (_, at) => `"key${at}":0`).join()},"key9999":1}`,
  ];
  for (const text of texts) {
    const started = process.threadCpuUsage();
    readJson(text);
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
  }
});
