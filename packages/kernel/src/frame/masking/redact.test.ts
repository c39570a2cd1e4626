import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hidesSecret } from '../bytes.ts';
import { maskSecrets, redactText } from './redact.ts';

const a1B2 = 'a1B2'.repeat(10);

describe('masked', () => {
  test.each([
    ['AKIAIOSFODNN7EXAMPLE', 'AKIA'],
    ['key: ASIAIOSFODNN7EXAMPLE.', 'ASIA'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalr'],
    [`ghp_${a1B2}`, a1B2],
    [`github_pat_${a1B2}`, a1B2],
    [`glpat-${a1B2}`, a1B2],
    ['xoxb-1234567890-abcdef', '1234567890'],
    [`xapp-1-${a1B2}`, a1B2],
    [`https://hooks.slack.com/services/T00000000/B00000000/${a1B2}`, a1B2],
    [`sk-proj-${a1B2}`, a1B2],
    [`sk-ant-api03-${a1B2}`, a1B2],
    // Some issuers' are hexadecimal, or lower case alone.
    [`sk-or-v1-${'0123456789abcdef'.repeat(4)}`, '0123456789abcdef'],
    ['sk-7f3c9a1be0d24857a6b1c2d3e4f50617', '7f3c9a1be0d24857'],
    [`sk_live_${a1B2}`, a1B2],
    [`rk_test_${a1B2}`, a1B2],
    [`whsec_${a1B2}`, a1B2],
    [`AIza${a1B2.slice(0, 35)}`, a1B2.slice(0, 35)],
    [`ya29.${a1B2}`, a1B2],
    [`npm_${a1B2.slice(0, 36)}`, a1B2.slice(0, 36)],
    [`pypi-${a1B2}`, a1B2],
    [`hf_${a1B2}`, a1B2],
    [`SG.${a1B2.slice(0, 22)}.${a1B2}`, a1B2.slice(0, 22)],
    [`dop_v1_${'ab12'.repeat(16)}`, 'ab12ab12'],
    [`AGE-SECRET-KEY-1${'QPZ3'.repeat(14)}`, 'QPZ3'],
    [`pcl_0123456789abcdef_${a1B2}`, a1B2],
    [`pc1.${a1B2}.${a1B2}`, a1B2],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', 'c2lnbm'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0', 'zdWI'],
    ['Authorization: Bearer abcdef0123456789', 'abcdef0123'],
    ['authorization: BEARER abcdef0123456789==', 'abcdef0123'],
    ['Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l', 'YWxh'],
    ['Cookie: sid=31d4d96e407aad42', '31d4d'],
    ['Set-Cookie: sid=31d4d96e407aad42; Path=/', '31d4d'],
    ['postgres://app:s3cr3t@db.internal:5432/x', 's3cr3t'],
    ['mongodb+srv://u:p%40ss@c.example/x', 'p%40ss'],
    ['redis://:hunter2@localhost', 'hunter2'],
    ['https://user:p@ss@host/x', 'p@ss'],
    [`https://${a1B2}@github.com/x`, a1B2],
    ['Server=db;User Id=sa;Password=hunter2;', 'hunter2'],
    ['export DB_PASSWORD=hunter2', 'hunter2'],
    ['{"password":"hunter2"}', 'hunter2'],
    ['{\\"password\\":\\"hunter2\\"}', 'hunter2'],
    ["{'passwd': 'hun ter2'}", 'hun ter2'],
    ['password: swordfish', 'swordfish'],
    ['Password = "a b c"', 'a b c'],
    ['MY_SECRET=xyzzy', 'xyzzy'],
    ['apiKey=abcd1234efgh', 'abcd1234'],
    ['"api_key": "abcd1234efgh"', 'abcd1234'],
    ['x-api-key: abcd1234efgh', 'abcd1234'],
    ['?access_token=abc123def456&x=1', 'abc123'],
    ['AccountKey=abcd1234/==', 'abcd1234'],
    ['token=abcdef0123456789abcd', 'abcdef0123'],
    ['mysql --password hunter2 -h db', 'hunter2'],
    ['gh --auth-token abc123 x', 'abc123'],
    ['curl -u ann:hunter2 https://x', 'hunter2'],
    ['machine h.example login ann password hunter2', 'hunter2'],
    ['machine h.example login ann password hunter2 and so on', 'hunter2'],
    ['machine h.example\n  login ann\n  password hunter2', 'hunter2'],
    ['machine h.example\r\n\tlogin ann\r\n\taccount x\r\n\tpassword hunter2\r', 'hunter2'],
    ['machine\nh.example\nlogin\nann\npassword\nhunter2', 'hunter2'],
    ['machine h.example password hunter2 login ann', 'hunter2'],
    ['default login ann password hunter2', 'hunter2'],
    ['default\nlogin ann\npassword hunter2\n\nmachine b login c password d3', 'd3'],
    ['machine h login ann password "hunter two"', 'two'],
    ['machine h login ann password hunter2 # mine', 'hunter2'],
    ['{"text":"machine h\\nlogin ann\\npassword hunter2\\n"}', 'hunter2'],
    ['+machine h.example\n+  login ann\n+  password hunter2\n', 'hunter2'],
    ['-login ann\n-password hunter2\n+login ann\n+password hunter3', 'hunter3'],
    ['1:machine h\n2:  login ann\n3:  password hunter2', 'hunter2'],
    ['     1\tmachine h\n     2\tlogin ann\n     3\tpassword hunter2\n', 'hunter2'],
    ['{"out":"+login ann\\n+password hunter2\\n"}', 'hunter2'],
    ['{"out":"     1\\tlogin ann\\n     2\\tpassword hunter2\\n"}', 'hunter2'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----', 'MIIE'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Blb\\n-----END OPENSSH PRIVATE KEY-----', 'b3Blb'],
    ['-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY', 'lQOY'],
    ['-----BEGIN PRIVATE KEY----- MIIE', 'MIIE'],
  ])('%#', (text, secret) => {
    const masked = maskSecrets(`before ${text}\nafter`);
    expect(masked.text).not.toContain(secret);
    expect(masked.text).toContain('[masked:');
    expect(masked.text.startsWith('before ')).toBe(true);
    expect(masked.found.length).toBeGreaterThan(0);
    expect(maskSecrets(masked.text).text).toBe(masked.text);
  });
});

test.each([
  'commit 3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c',
  'uuid 123e4567-e89b-12d3-a456-426614174000',
  'price: 12.50 EUR',
  '2025-01-31T12:00:00Z',
  'version 1.2.3-beta.4',
  'the default password is empty',
  'on the login page password fields are hidden',
  'machine h login ann password <yours>',
  'a machine account password reset takes a day',
  'password reset\nlogin\n',
  '10.0.0.1:8080',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '+91 98765 43210',
  'password: string',
  'password?: string',
  'const password = getPassword();',
  'const token = req.headers.token;',
  'token: string;',
  'def f(password=None, token=tok):',
  'password = self.password',
  'if (password) {',
  'password == other',
  '"max_tokens": 4096',
  'next_page_token',
  'PWD=/home/user',
  'OLDPWD=/',
  'Enter your password: it must be long',
  'tokens: 123456789012345678',
  'secret: \u0024{SECRET}',
  'password=$DB_PASSWORD',
  'password={{ vault }}',
  'password=<yours>',
  'password=********',
  '<input type="password" name="x">',
  'sk-loading-indicator-container',
  'sk-loading-indicator-container-2-of-10000000000',
  'http://localhost:8080/a',
  'git@github.com:a/b.git',
  'ssh://git@github.com/x',
  'https://host/path?x=1@2',
  'the bearer of bad news today',
  'bearer certificates',
  'basic information here',
  'key: value',
  '"secretName": "db-creds"',
  'pc1.example.com',
  'a://b',
  '"token": "next"',
  'api_key: str',
  '--token TOKEN',
  'docker run -u 1000:1000 x',
  'cookie: chocolate',
  'AKIA',
  'eyJ',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----',
])('stays: %s', (text) => {
  expect(maskSecrets(text)).toEqual({ text, found: [] });
});

test('names what it found, each kind once', () => {
  expect(maskSecrets(`AKIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLF password=hunter2`)).toEqual({
    text: '[masked:aws_access_key] [masked:aws_access_key] password=[masked:assigned_secret]',
    found: ['aws_access_key', 'assigned_secret'],
  });
});

test('what surrounds a private key stays', () => {
  const key = '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----';
  expect(maskSecrets(`a ${key} b ${key} c`).text).toBe(
    'a [masked:private_key] b [masked:private_key] c',
  );
});

describe('fit for a record', () => {
  test('one line, no controls, nothing that reorders', () => {
    expect(redactText('a\r\nb\tc\u001b[31md\u0000\u202ee\u2028f\ud800').text).toBe(
      'a b c[31mde f\ufffd',
    );
  });
  test('a secret with a control character inside is that secret', () => {
    expect(redactText('AKIA\u0000IOSFODNN7\u202eEXAMPLE').text).toBe('[masked:aws_access_key]');
    expect(redactText('pass\u0000word=hunter2').text).toBe('password=[masked:assigned_secret]');
  });
  test('capped after masking, never through a character or a secret', () => {
    expect(redactText('x'.repeat(100), 10).text).toBe(`${'x'.repeat(9)}…`);
    expect(redactText(`aaaaaaaa😀😀`, 10).text).toBe('aaaaaaaa…');
    expect(redactText(`${'x'.repeat(20)} AKIAIOSFODNN7EXAMPLE`, 30).text).toBe(
      `${'x'.repeat(20)} [masked:…`,
    );
    expect(redactText('short', 10)).toEqual({ text: 'short', found: [] });
    expect(redactText('long', 0).text.length).toBeLessThanOrEqual(1);
  });
  test('time goes with the cap', () => {
    const text = 'password=x '.repeat(2_000_000);
    const started = process.threadCpuUsage();
    expect(redactText(text, 1_024).text.length).toBe(1_024);
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

test('linear: a megabyte of any hostile text', () => {
  const pieces = [
    'AKIA',
    'eyJ',
    'eyJa.',
    'eyJaaaaaaaa.',
    'sk-',
    'ghp_',
    'password=',
    '"password":"',
    'token: ',
    '://a:',
    '://',
    '://a@',
    '://aaaa:a@',
    'bearer ',
    'basic ',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN A ',
    'a',
    '-',
    '--',
    '--a-',
    '--password ',
    '-u a',
    '/a',
    '=',
    ':',
    'token="token=\'',
    'password=\\"',
    'cookie:',
    'pcl_',
    'pc1.',
    'glpat-',
    'SG.',
    'machine ',
    'login a ',
    'machine login ',
    'login a\n+',
    'login a\n1:\t',
    'machine 1\t',
    'machine a login b password ',
    'login a password "',
    'login\\n',
    'password ',
    'password "a',
    'password\\\\',
    'machine\n\n',
    'SG.aaaaaaaaaaaaaaaaaaaa',
    'password=password=',
    'x-api-key:\t ',
    '[masked:',
    'pwd=/',
    'access_',
    'YWFhYWFh',
    ' ',
    '\u0000',
    '\n',
    'é',
    'password=${',
    'password: a ',
    'session_token=a1',
    'secret: foo.bar(',
    '😀',
    '\u202e',
  ];
  const texts = pieces.map((piece) => piece.repeat(Math.ceil(1_000_000 / piece.length)));
  texts.push(
    `login${' '.repeat(1_000_000)}a${' '.repeat(1_000_000)}password${'\\'.repeat(1_000_000)}`,
    `login a password${'\\'.repeat(1_000_000)}!`,
    `${'a'.repeat(100)}${' '.repeat(1_000_000)}!`,
    `${'QUJD\n'.repeat(200_000)}!`,
    `${'QUJD'.repeat(250_000)}===`,
  );
  // Quotes opened at ever deeper levels and never closed.
  texts.push(Array.from({ length: 1_400 }, (_, level) => `token=${'\\'.repeat(level)}"`).join(''));
  texts.push(
    `token="token='token=\`token=\\"token=\\'token=\\\\\\"${'password=\\\\"'.repeat(80_000)}`,
  );
  for (const text of texts) {
    const started = process.threadCpuUsage();
    maskSecrets(text);
    redactText(text);
    hidesSecret(text);
    // Either alone stays below 50 ms on a quiet machine; quadratic time would take minutes.
    expect(process.threadCpuUsage(started).user, JSON.stringify(text.slice(0, 30))).toBeLessThan(
      1_000_000,
    );
  }
});

test('on any text: masks no mask, finds nothing twice, and says what it found', () => {
  const piece = fc.constantFrom(
    'password',
    '=',
    ':',
    ' ',
    '"',
    "'",
    '\\',
    'hunter2',
    'AKIAIOSFODNN7EXAMPLE',
    '://',
    'u',
    '@',
    'token',
    a1B2,
    'bearer ',
    'eyJhbGciOiJ9',
    '.',
    '-----BEGIN PRIVATE KEY-----',
    '-----END ',
    '\n',
    ',',
    '[masked:x]',
    '--secret ',
    'Cookie: ',
    'machine ',
    'login ',
    'password ',
    '; ',
    'é',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const once = maskSecrets(text);
      expect(once.found.length > 0).toBe(once.text !== text);
      expect(new Set(once.found).size).toBe(once.found.length);
      const twice = maskSecrets(once.text);
      expect(maskSecrets(twice.text).text).toBe(twice.text);
      const fit = redactText(text, 64);
      expect(fit.text.length).toBeLessThanOrEqual(64);
      expect(fit.text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u);
    }),
    { numRuns: 2_000 },
  );
});
