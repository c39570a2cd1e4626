import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalTool } from './mcp.ts';
import { canonicalText } from './other.ts';
import { canonicalProgram, checkArguments } from './proc.ts';

test.each(['git', 'python3.12', '/usr/bin/env', '/opt/My App/run', 'g++', '[', 'x-y_z'])(
  'program %s',
  (raw) => {
    expect(canonicalProgram(raw)).toEqual({ ok: true, value: raw });
  },
);
test.each([
  '',
  '.',
  '..',
  './x',
  'bin/x',
  '../x',
  '/',
  '//bin/ls',
  '/bin/../bin/ls',
  '/bin/./ls',
  '/bin/',
  '/bin/ls/',
  '-rf',
  'git status',
  'git\tstatus',
  'a\0b',
  'a\nb',
  'gi\u200bt',
  'g\u202eit',
  'g\u00adit',
  '/bin/l\u2060s',
  'x'.repeat(5_000),
  'a\ud800',
])('program %j is refused', (raw) => {
  expect(canonicalProgram(raw)).toMatchObject({ ok: false, code: 'invalid_resource' });
});
test('arguments are texts', () => {
  expect(checkArguments(undefined)).toBeUndefined();
  expect(checkArguments(['-n', '', 'a b', '\n'])).toBeUndefined();
  for (const args of ['-n', {}, 1, null, [1], [['x']], [null], ['a\0b']]) {
    expect(checkArguments(args)).toMatchObject({ code: 'invalid_params' });
  }
});

test.each(['files/read', 'a.b-c_d/Tool:x', 'server/group/tool'])('tool %s', (raw) => {
  expect(canonicalTool(raw)).toEqual({ ok: true, value: raw });
});
test.each([
  '',
  'server',
  '/tool',
  'server/',
  'a//b',
  'a/../b',
  './a',
  'a/.b',
  'a b/c',
  'a/b\n',
  'а/b',
  `a/${'b'.repeat(200)}`,
  'a/'.repeat(300),
])('tool %j is refused', (raw) => {
  expect(canonicalTool(raw)).toMatchObject({ ok: false, code: 'invalid_resource' });
});

test('other resources: NFC, all of it visible', () => {
  expect(canonicalText('order/17')).toEqual({ ok: true, value: 'order/17' });
  expect(canonicalText('cafe\u0301 ☕')).toEqual({ ok: true, value: 'café ☕' });
  expect(canonicalText('')).toEqual({ ok: true, value: '' });
});
test.each([
  ' a',
  'a ',
  'a  b',
  'a\u00a0b',
  'a\u3000b',
  'a\tb',
  'a\u0000',
  'a\u200bb',
  'a\u200d',
  'a\u202eb',
  'a\u2066b',
  'a\ufeffb',
  'a\u00adb',
  'a\u{e0041}',
  'a\u115fb',
  'a\ufe0f',
  'a\ud800',
  'x'.repeat(2_049),
])('%j is refused', (raw) => {
  expect(canonicalText(raw)).toMatchObject({ ok: false, code: 'invalid_resource' });
});

test('all three are fixed points of themselves', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      for (const canonical of [canonicalText, canonicalTool, canonicalProgram]) {
        const read = canonical(raw);
        if (read.ok) expect(canonical(read.value)).toEqual(read);
      }
    }),
  );
});
