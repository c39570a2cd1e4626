import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuery, canonicalUrl } from './http.ts';

const url = (raw: string): string => {
  const read = canonicalUrl(raw);
  return read.ok ? read.value : read.code;
};

test.each([
  ['https://example.com', 'https://example.com/'],
  ['HTTPS://EXAMPLE.com:443/A', 'https://example.com/A'],
  ['http://example.com:80/', 'http://example.com/'],
  ['http://example.com:8080/x/', 'http://example.com:8080/x/'],
  ['https://example.com./', 'https://example.com/'],
  ['https://example.com/a?b=1#c', 'https://example.com/a'],
  ['https://example.com/#/../x', 'https://example.com/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://ｅｘａｍｐｌｅ。com/', 'https://example.com/'],
  ['https://ex%61mple.com/', 'https://example.com/'],
  ['https://example.com/a/../b', 'https://example.com/b'],
  ['https://example.com/a/%2e%2E/b', 'https://example.com/b'],
  ['https://example.com/.%2e/.%2e/b', 'https://example.com/b'],
  ['https://example.com/%7Euser/%61', 'https://example.com/~user/a'],
  ['https://example.com/a%40b.example', 'https://example.com/a@b.example'],
  ['https://example.com/%c3%a9/é', 'https://example.com/%C3%A9/%C3%A9'],
  ['https://example.com/a|b%7cc', 'https://example.com/a%7Cb%7Cc'],
  ['https://example.com//admin//x', 'https://example.com/admin/x'],
  ['https://example.com/%252e%252e/x', 'https://example.com/%252e%252e/x'],
  ['https://example.com/a;v=1/b', 'https://example.com/a;v=1/b'],
  ['http://2130706433/', 'http://127.0.0.1/'],
  ['http://0x7f.1/', 'http://127.0.0.1/'],
  ['http://0177.0.0.01/', 'http://127.0.0.1/'],
  ['http://127.1./', 'http://127.0.0.1/'],
  ['http://[::1]:80/', 'http://[::1]/'],
  ['http://[0:0:0:0:0:0:0:1]/', 'http://[::1]/'],
  ['http://[::ffff:169.254.169.254]/', 'http://169.254.169.254/'],
  ['http://[::FFFF:7f00:1]:81/', 'http://127.0.0.1:81/'],
])('%s', (raw, expected) => {
  expect(url(raw)).toBe(expected);
});

test.each([
  '',
  'example.com',
  '//example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'data:text/html,x',
  'javascript:alert(1)',
  'gopher://x/',
  'http:example.com',
  'http:/example.com',
  'http:///example.com',
  'http://',
  'http://?x',
  'http://#x',
  'http:\\\\example.com',
  'http://example.com\\@evil.example/',
  'http://user@example.com/',
  'http://user:pw@example.com/',
  'http://@example.com/',
  'http://example.com@evil.example/',
  'http://example.com:80@evil.example/',
  'https://example.com/a%2fb',
  'https://example.com/a%2Fb',
  'https://example.com/a%5cb',
  'https://example.com/a%00',
  'https://example.com/a%0d%0aX: y',
  'https://example.com/%7f',
  'https://example.com/%c0%af',
  'https://example.com/%ff',
  'https://example.com/%zz',
  'https://example.com/%',
  'https://example.com/..;/admin',
  'https://example.com/a/.;x/b',
  'https://example.com/a%3Bb',
  ' https://example.com/',
  'https://example.com/ ',
  'https://exam\tple.com/',
  'https://example.com/a b',
  'https://example.com/a\nb',
  'https://example.com/\u00a0',
  'https://*.example.com/',
  'https://a..b/',
  'https://.a/',
  'https://a.b../',
  `https://${'a'.repeat(64)}.com/`,
  `https://${'a.'.repeat(130)}com/`,
  'https://exa$mple.com/',
  'https://example.com:99999/',
  'https://example.com:x/',
  'https://[::1/',
  'https://[fe80::1%25eth0]/',
  'http://1.2.3.4.5/',
  'http://256.1.1.1/',
  `https://example.com/${'a'.repeat(9_000)}`,
  'https://example.com/\ud800',
])('%j is refused', (raw) => {
  expect(url(raw)).toBe('invalid_resource');
});

test('host look-alikes are other hosts', () => {
  expect(url('https://example.com.evil.example/')).toBe('https://example.com.evil.example/');
  expect(url('https://exаmple.com/')).toBe('https://xn--exmple-4nf.com/');
});

test('the query stands apart, the fragment goes', () => {
  expect(canonicalUrl('https://example.com/a?b=1&c=é#d')).toEqual({
    ok: true,
    value: 'https://example.com/a',
    query: 'b=1&c=%C3%A9',
  });
  expect(canonicalUrl('https://example.com/a?')).toEqual({
    ok: true,
    value: 'https://example.com/a',
  });
  expect(canonicalQuery('b=1&c=é')).toEqual({ ok: true, value: 'b=1&c=%C3%A9' });
  for (const raw of ['a#b', 'a b', 'a\nb', 'a\\b', 'x'.repeat(9_000)])
    expect(canonicalQuery(raw).ok).toBe(false);
});

test('is its own fixed point, and leaves no second reading', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%',
    '%25',
    'a',
    'B',
    ';',
    '@',
    ':',
    '?',
    '#',
    '\\',
    'é',
    '%41',
    '//',
    '1',
    '|',
    '%c3%a9',
    '~',
    '0x7f',
  );
  const raw = fc
    .array(piece, { maxLength: 12 })
    .map((pieces) => `http://h.example/${pieces.join('')}`);
  const host = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => `http://${pieces.join('')}/x`);
  fc.assert(
    fc.property(fc.oneof(raw, host, fc.webUrl(), fc.string({ unit: 'binary' })), (text) => {
      const read = canonicalUrl(text);
      if (!read.ok) return void expect(read.code).toBe('invalid_resource');
      expect(canonicalUrl(read.value)).toEqual({ ok: true, value: read.value });
      expect(new URL(read.value).href).toBe(read.value);
      expect(read.value).not.toMatch(/%2f|%5c|%2e|%00|[?#\\]|\/\.{1,2}(?:\/|;|$)/i);
      expect(read.value.slice(8)).not.toContain('//');
      if (read.query !== undefined)
        expect(canonicalQuery(read.query)).toEqual({ ok: true, value: read.query });
    }),
    { numRuns: 2_000 },
  );
});
