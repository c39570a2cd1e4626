/** Looking before searching finds what searching alone would: every mask, and no other, in texts made of parts of what is masked. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskAssigned } from './assigned.ts';
import { assignmentFrom, assignsSecret } from './names.ts';
import { maskPersonal } from './personal.ts';
import { maskPrivateKeys } from './private-key.ts';
import { maskSecrets } from './redact.ts';
import { announcesSecret, maskOf, SECRET_PATTERNS } from './secret-forms.ts';

const a1B2 = 'a1B2'.repeat(10);

const SECRET = [
  ...SECRET_PATTERNS.flatMap(({ needles }) => needles),
  ...[
    'b',
    'B',
    'bearer',
    'Bearer ',
    'BEARER\t',
    'bEARER ',
    'basic ',
    'BASIC ',
    'YWxhZGRpbjpvcGVuc2VzYW1l',
  ],
  ...[
    '-u',
    '-u=',
    '--user ',
    '--token ',
    '--db-password\t',
    'ann:hunter2',
    'cookie: ',
    'COOKIE:',
    'sid=1',
  ],
  ...['-----BEGIN ', 'PRIVATE KEY-----', '-----END ', '-----', '[masked:', '[masked:jwt]'],
  ...[
    a1B2,
    a1B2.slice(0, 4),
    a1B2.slice(0, 35),
    'AKIAIOSFODNN7EXAMPLE',
    'com/services/',
    'secret@h',
  ],
];
const ASSIGNED = [
  ...[
    'password',
    'passwd',
    'PassPhrase',
    'pwd',
    'PWD',
    'secret',
    'SECRET',
    'token',
    'ToKen',
    'api',
    'access',
  ],
  ...[
    'shared_access',
    'signature',
    'client',
    'key',
    'KEY',
    '\u212aey',
    'pa\u017fsword',
    '\u0130d',
    '_',
    '-',
  ],
  ...[
    '=',
    ':',
    ':=',
    '=>',
    '"',
    "'",
    '\\',
    '\\"',
    '\\\\\\"',
    '\t',
    '        ',
    'hunter2',
    '/home',
    'read()',
  ],
];
const PERSONAL = [
  ...[
    '@',
    'a',
    'ann',
    '.',
    '..',
    'example',
    '.org',
    '.c',
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(65),
  ],
  ...['é', '\u{10400}', '\ud800', 'ß', '١', '+', '%', "'", '_', '-', '(', ')', '[', ']', '/', '#'],
  ...[
    '1',
    '12',
    '123',
    '1234',
    '4111 1111 1111 1111',
    '4111111111111111',
    '123-45-6789',
    '+49 170 1234567',
  ],
  ...[
    '555.123.4567',
    '(555) 123-4567',
    'DE89 3704 0044 0532 0130 00',
    'GB82WEST12345698765432',
    'DE',
    '89',
  ],
  ...['[masked:email]', 'a@b.co', 'a.b'.repeat(9), '\u00a0', '\n'],
];
const textOf = (...parts: string[][]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...parts.flat(), ' ', '') },
        { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
      ),
      { maxLength: 14 },
    )
    .map((pieces) => pieces.join(''));

/** Tries every pattern whose needle is there. */
function searched(text: string): { text: string; found: string[] } {
  const found = new Set<string>();
  let masked = maskPrivateKeys(text, found);
  for (const { kind, needles, pattern, group, accept } of SECRET_PATTERNS) {
    if (!needles.some((needle) => masked.includes(needle))) continue;
    masked = masked.replace(pattern, (match: string, first: unknown) => {
      const hidden = group === 1 ? String(first) : match;
      if (accept !== undefined && !accept(hidden)) return match;
      found.add(kind);
      const start = match.lastIndexOf(hidden);
      return match.slice(0, start) + maskOf(kind) + match.slice(start + hidden.length);
    });
  }
  masked = maskAssigned(masked, found);
  return { text: masked, found: [...found] };
}

test('secrets', () => {
  fc.assert(
    fc.property(textOf(SECRET), textOf(SECRET, ASSIGNED, PERSONAL), (a, b) => {
      for (const text of [a, b]) expect(maskSecrets(text)).toEqual(searched(text));
    }),
    { numRuns: 3_000 },
  );
});

test('every needle is announced where its pattern may match', () => {
  for (const { needles } of SECRET_PATTERNS)
    for (const needle of needles) expect(announcesSecret(`b${needle} `), needle).toBe(true);
});

/** As it is read from its beginning. */
const ASSIGNMENT =
  /(?:(secret[_-]?access[_-]?key|(?:api|access|private|secret|account|encryption|signing|shared[_-]?access)[_-]?key|shared[_-]?access[_-]?signature|client[_-]?secret|(?:access|refresh|id|auth|session|bearer|api|csrf|security)[_-]?token|token)|(password|passwd|passphrase|pwd|secret))(?:\\{0,15}["'])?([ \t]{0,8})(?:=>|:=|[:=])([ \t]{0,8})/gi;

test('assignments', () => {
  fc.assert(
    fc.property(textOf(ASSIGNED, ASSIGNED, ASSIGNED, SECRET), fc.nat(40), (text, from) => {
      ASSIGNMENT.lastIndex = from;
      const wanted = ASSIGNMENT.exec(text);
      const got = assignmentFrom(text, from);
      expect(got === null ? null : [got.index, ...got]).toEqual(
        wanted === null ? null : [wanted.index, ...wanted],
      );
      expect(assignsSecret(text)).toBe(text.search(ASSIGNMENT) !== -1);
    }),
    { numRuns: 3_000 },
  );
  const longest = `shared_access_signature${'\\'.repeat(15)}"${' '.repeat(8)}=`;
  expect(assignmentFrom(`${'x'.repeat(100)}${longest}`, 0)?.index).toBe(100);
});

const luhn = (match: string): boolean =>
  [...match.replace(/\D/g, '')]
    .reverse()
    .map((digit, at) => (at % 2 === 0 ? Number(digit) : Number(digit) * 2))
    .reduce((sum, times) => sum + (times > 9 ? times - 9 : times), 0) %
    10 ===
  0;

function iban(match: string): boolean {
  const bare = match.replaceAll(' ', '');
  const digits = [...(bare.slice(4) + bare.slice(0, 4))].map((one) => Number.parseInt(one, 36));
  return bare.length >= 15 && bare.length <= 34 && BigInt(digits.join('')) % 97n === 1n;
}

const FORMS: readonly [string, RegExp, ((match: string) => boolean)?][] = [
  [
    'email',
    /(?<![\p{L}\d_.+%'-])[\p{L}\d_.+%'-]{1,64}@(?:[\p{L}\d-]{1,63}\.){1,8}[\p{L}\d-]{2,63}/gu,
  ],
  [
    'iban',
    /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
    iban,
  ],
  ['card_number', /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, luhn],
  ['ssn', /(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])/g],
  [
    'phone',
    /(?<![\w+])(?:\+\d{1,3}(?:[ ()./-]{0,2}\d){6,13}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w-])/g,
  ],
];

test('personal data', () => {
  fc.assert(
    fc.property(textOf(PERSONAL), (text) => {
      const wanted = new Set<string>();
      let masked = text;
      for (const [kind, form, accept] of FORMS)
        masked = masked.replace(form, (match) => {
          if (accept?.(match) === false) return match;
          wanted.add(kind);
          return maskOf(kind);
        });
      const found = new Set<string>();
      expect(maskPersonal(text, found)).toBe(masked);
      expect([...found]).toEqual([...wanted]);
    }),
    { numRuns: 5_000 },
  );
});

test('an account number that begins where an address ends', () => {
  const text = `a@b.co.${'x'.repeat(63)}GB82WEST12345698765432`;
  expect(maskPersonal(text, new Set())).toBe('[masked:email][masked:iban]');
});
