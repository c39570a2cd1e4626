/** A text in pieces is masked as the whole text is, wherever it was cut, and no canary comes out. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { makeFrame } from '../frame.ts';
import { maskPersonal } from '../masking/personal.ts';
import { maskSecrets } from '../masking/redact.ts';
import { SECRET_PATTERNS } from '../masking/secret-forms.ts';
import { StreamMask } from './mask.ts';
import { StreamText } from './text.ts';

const SECRETS: readonly string[] = [
  'AKIACANARYCANARYCA42',
  'ghp_CANARYcanary0123456789CANARYcanary01',
  'Authorization: Bearer CANARYcanary0123456789',
  'Bearer CANARYcanary0123456789',
  'Basic dXNlcjpDQU5BUlk=',
  'eyJDQU5BUlkiOjF9.eyJDQU5BUlkiOjF9.CANARYcanary',
  'postgres://app:CANARYcanary@db/x',
  'password=CANARYcanary',
  'password = "CANARY canary"',
  '{"client_secret": "CANARYcanary01"}',
  '{\\"client_secret\\": \\"CANARYcanary01\\"}',
  '-----BEGIN PRIVATE KEY-----\nCANARYcanary\n-----END PRIVATE KEY-----',
  '-----BEGIN OPENSSH PRIVATE KEY-----\nCANARYcanary\nCANARY\n-----END OPENSSH PRIVATE KEY-----',
  'pcl_CANARYcanary0123456789abcdef',
  'sk-CANARYcanary0123456789',
  'Cookie: sid=CANARYcanary; theme=dark',
  'deploy --db-password  CANARYcanary',
  'curl -u admin:CANARYcanary https://x',
  'xoxb-CANARY-0123456789',
  'SG.CANARYcanary012345.CANARYcanary012345',
  'api_key: CANARYcanary0123456789',
  "token => 'CANARYcanary0123456789'",
  'glpat-CANARYcanary0123456789',
  'hooks.slack.com/services/CANARYcanary/0123456789',
  'sk_live_CANARYcanary01',
  'AIzaCANARYcanary0123456789CANARYcanary01234',
  'npm_CANARYcanary0123456789CANARYcanary0123',
  'pypi-CANARYcanary0123456789CANARYcanary0123',
  'hf_CANARYcanary0123456789CANARYcanary0123',
  'dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'AGE-SECRET-KEY-1CANARYCANARY0123456789',
  'pc1.CANARYcanary0123456789.CANARYcanary',
  'https://CANARYcanary0123456789@host/x',
  ' machine h login ann password CANARYcanary and ',
  ' machine h login ann password "CANARY canary" ',
  '\nmachine h\n  login ann\n  password CANARYcanary\n',
  '\ndefault\nlogin\nann\npassword\nCANARYcanary\n',
  '\n+machine h\n+  login ann\n+  password CANARYcanary\n',
  '\n     1\tmachine h\n     2\tlogin ann\n     3\tpassword CANARYcanary\n',
];
const PLAIN: readonly string[] = [
  ' ',
  '\n',
  '\r\n',
  '"',
  "'",
  ',',
  '{',
  ':',
  '=',
  '-----',
  '-----BEGIN ',
  '-----BEGIN PUBLIC KEY-----',
  'password',
  'token: ',
  'bearer ',
  '--token ',
  'machine ',
  'login ',
  'password "',
  'cookie: ',
  '://',
  '@',
  'a word and another ',
  'é',
  '\u{1f511}',
  'CamelCaseName0',
  'x'.repeat(700),
  'lorem ipsum "dolor" sit, '.repeat(60),
  '\\',
];

/** Where a secret stands beside plain texts: some of them swallow it, some cut it off; what counts is that both ways agree. */
const texts = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...PLAIN) },
      { weight: 1, arbitrary: fc.constantFrom(...SECRETS) },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join('').toWellFormed());

/** Cut at these places, of which each is taken modulo the length. */
const cuts = fc.array(fc.nat(), { maxLength: 40 });

function pieces(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  const parts: string[] = [];
  let from = 0;
  for (const place of [...places, text.length]) {
    parts.push(text.slice(from, place));
    from = place;
  }
  return parts;
}

function through(
  mask: { push(text: string): string; end(): string },
  parts: readonly string[],
): string {
  let out = '';
  for (const part of parts) out += mask.push(part);
  return out + mask.end();
}

test('every pattern has an example here: a new one needs to be one that no line breaks', () => {
  const kinds = new Set(SECRETS.flatMap((secret) => maskSecrets(secret).found));
  for (const { kind } of SECRET_PATTERNS) expect(kinds, kind).toContain(kind);
});

describe('in pieces as in one', () => {
  test('secrets', () => {
    fc.assert(
      fc.property(texts, cuts, (text, at) => {
        const mask = new StreamMask();
        expect(through(mask, halves(pieces(text, at)))).toBe(maskSecrets(text).text);
        expect([...mask.found].sort()).toEqual([...maskSecrets(text).found].sort());
      }),
      { numRuns: 3_000 },
    );
  });

  test('what begins a word only once what is before it is masked', () => {
    const words = 'lorem ipsum "dolor" sit, '.repeat(60);
    const text = `dop_v1_${'0123456789abcdef'.repeat(4)}Cookie: a=b; ${words}`;
    expect(through(new StreamMask(), [text])).toBe(maskSecrets(text).text);
  });

  test('a character at a time', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(through(new StreamMask(), [...text])).toBe(maskSecrets(text).text);
      }),
      { numRuns: 300 },
    );
  });

  test('personal data too', () => {
    const personal = fc
      .array(
        fc.constantFrom(
          ...PLAIN,
          'anna@example.org',
          '+1 415 555 0123',
          '4111 1111 1111 1111',
          'GB33 BUKB 2020 1555 5555 55',
          'password=CANARYcanary',
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(personal, cuts, (text, at) => {
        const whole = maskSecrets(maskPersonal(text, new Set())).text;
        expect(through(new StreamMask(true), halves(pieces(text, at)))).toBe(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and so the whole of a frame, base64 of short texts among them', () => {
    const hidden = fc
      .tuple(fc.constantFrom(...SECRETS, 'nothing at all to see here'), fc.nat(30))
      .map(([secret, before]) =>
        Buffer.from(`${'some words '.repeat(before)}${secret}`).toString('base64'),
      );
    fc.assert(
      fc.property(fc.oneof(texts, hidden), cuts, (text, at) => {
        const whole = makeFrame(text, [], { bytes: 2 ** 40, depth: 4 }).data;
        expect(through(new StreamText(), pieces(text, at))).toBe(whole);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** StreamText keeps surrogate pairs together; here the test does. */
function halves(parts: readonly string[]): string[] {
  let half = '';
  return parts.map((part) => {
    const whole = half + part;
    const cut = (whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800 ? 1 : 0;
    half = whole.slice(whole.length - cut);
    return whole.slice(0, whole.length - cut);
  });
}

describe('without an end', () => {
  const long = 'A'.repeat(200_000);
  it.each([
    ['a token', `ghp_CANARY${long}`, 'CANARY'],
    ['a bare value', `password=CANARY${long}`, 'CANARY'],
    ['a value in quotes', `"password": "CANARY ${'b c '.repeat(50_000)}CANARY"`, 'CANARY'],
    ['a cookie', `cookie: a=b; ${'x "y" '.repeat(40_000)}CANARY`, 'CANARY'],
    ['the password of a URL', `https://${'u'.repeat(100_000)}:CANARY@host/`, 'CANARY'],
    ['a private key', `-----BEGIN PRIVATE KEY-----\n${'CANARY\n'.repeat(50_000)}`, 'CANARY'],
    ['a bearer token', `Bearer CANARY0123456789${long}CANARY`, 'CANARY'],
    ['a token behind a long word', `${long} ghp_CANARYCANARYCANARYCANARY01${long}CANARY`, 'CANARY'],
  ])('%s is masked, and little is held', (_, text, canary) => {
    for (const size of [1_000, 65_536]) {
      const mask = new StreamText();
      const parts = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      const out = through(mask, parts);
      expect(out).not.toContain(canary);
      expect(out).toContain('[masked:');
      // What comes behind its end is shown again.
      expect(through(new StreamText(), [...parts, `"\nafterwards\n`])).toMatch(
        text.startsWith('-----') ? /masked/ : /afterwards\n$/,
      );
    }
  });

  it('long base64 of a text with a secret shows no more than what is before it', () => {
    const text = Buffer.from(
      `${'a line of words\n'.repeat(20_000)}password=CANARYcanary\n`.repeat(3),
    );
    const out = through(
      new StreamText(),
      pieces(text.toString('base64'), [1_000, 50_001, 200_003]),
    );
    expect(Buffer.from(out.replace(/\[masked:base64\].*/s, ''), 'base64').toString()).not.toContain(
      'CANARY',
    );
    expect(out).toContain('[masked:base64]');
  });
});

test('a megabyte of one line, of quotes, of keys that never end: in linear time', () => {
  const units = [
    'a',
    'a b ',
    '"',
    '"token":"',
    '-----BEGIN ',
    'password=',
    '://',
    '\\"',
    'eyJ',
    '--',
  ];
  for (const unit of units) {
    const piece = unit.repeat(Math.ceil(4_096 / unit.length));
    const mask = new StreamText();
    const began = process.threadCpuUsage();
    for (let at = 0; at < 256; at++) mask.push(piece);
    mask.end();
    expect(process.threadCpuUsage(began).user, unit).toBeLessThan(2_000_000);
  }
});

test('what is shown comes soon: a line at its end, of a long line all but the end', () => {
  const mask = new StreamText();
  expect(mask.push('one line\nand part of')).toBe('one line\n');
  expect(mask.push(' another\n')).toBe('and part of another\n');
  const words = 'words and words '.repeat(200);
  expect(mask.push(words).length).toBeGreaterThan(words.length - 1_100);
});
