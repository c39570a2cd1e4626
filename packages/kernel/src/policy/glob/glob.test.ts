import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseActionPattern } from './action.ts';
import { compileResource, wrongResourcePattern } from './resource.ts';

const permits = (pattern: string, resource: string): boolean =>
  compileResource({ patterns: [pattern], ignoreCase: false, strict: true })(resource);
const restricts = (pattern: string, resource: string): boolean =>
  compileResource({ patterns: [pattern], ignoreCase: false, strict: false })(resource);

function action(pattern: string, name: string): boolean {
  const parsed = parseActionPattern(pattern);
  if ('wrong' in parsed) throw new Error(parsed.wrong);
  return parsed.matches(name);
}

describe('action patterns', () => {
  it('go by dot-separated parts', () => {
    const table: [string, string, boolean][] = [
      ['fs.read', 'fs.read', true],
      ['fs.*', 'fs.read', true],
      ['fs.*', 'fs', false],
      ['fs.*', 'fs.a.b', false],
      ['fs.**', 'fs.a.b', true],
      ['fs.**', 'fs', true],
      ['refund.*', 'refunds_admin_purge', false],
      ['refund*', 'refunds_admin_purge', true],
      ['refund*', 'refund.all', false],
      ['*.read', 'fs.read', true],
      ['*.read', 'a.fs.read', false],
      ['**', 'anything.at.all', true],
      ['get_*_by_*', 'get_user_by_id', true],
      ['get_*_by_*', 'get_user_by', false],
    ];
    for (const [pattern, name, expected] of table) {
      expect([pattern, name, action(pattern, name)]).toEqual([pattern, name, expected]);
    }
  });

  it('are refused where they could never match or would mean two things', () => {
    for (const text of [
      '*',
      'FS.read',
      'fs..read',
      'fs.',
      '.fs',
      '',
      'fs.r?ad',
      'fs.{a,b}',
      'a**.b',
      'fs read',
      'ﬁs',
      'fs-x',
    ]) {
      expect([text, 'wrong' in parseActionPattern(text)]).toEqual([text, true]);
    }
  });
});

describe('resource patterns', () => {
  it('go by segments: * never crosses a /, dot files match, /** includes the directory', () => {
    const table: [string, string, boolean][] = [
      ['/workspace/**', '/workspace', true],
      ['/workspace/**', '/workspace/a/b', true],
      ['/workspace/**', '/workspace/.env', true],
      ['/workspace/**', '/workspace2', false],
      ['/workspace/**', '/etc/passwd', false],
      ['/workspace/*', '/workspace/a', true],
      ['/workspace/*', '/workspace/.a', true],
      ['/workspace/*', '/workspace/a/b', false],
      ['/workspace/*', '/workspace', false],
      ['/workspace/*', '/workspace/', false],
      ['/**', '/', true],
      ['**', 'anything', true],
      ['**/.ssh/**', '/home/me/.ssh', true],
      ['**/.ssh/**', '.ssh/id', true],
      ['**/*.pem', '/a/b.pem', true],
      ['**/*.pem', '/a/b.pem/c', false],
      ['/a/**/z', '/a/z', true],
      ['/a/**/z', '/a/b/c/z', true],
      ['/a/**/b/**/z', '/a/b/b/z', true],
      ['/a/**/b/**/z', '/a/z', false],
      ['/a/\\*', '/a/*', true],
      ['/a/\\*', '/a/b', false],
      ['/data/\\[id\\].ts', '/data/[id].ts', true],
      ['server/*', 'server/tool', true],
      ['/a/x*y*z', '/a/xyyz', true],
      ['/a/x*y*z', '/a/xz', false],
      ['/a/x*x', '/a/x', false],
    ];
    for (const [pattern, resource, expected] of table) {
      expect([pattern, resource, permits(pattern, resource)]).toEqual([
        pattern,
        resource,
        expected,
      ]);
      expect([pattern, resource, restricts(pattern, resource)]).toEqual([
        pattern,
        resource,
        expected,
      ]);
    }
  });

  it('of permit rules stand for nothing that a canonical path cannot hold', () => {
    for (const resource of [
      '/workspace/../etc/passwd',
      '/workspace/./x',
      '/workspace/..',
      '/workspace/a/../..',
    ]) {
      expect(permits('/workspace/**', resource)).toBe(false);
      expect(permits('/workspace/*/**', resource)).toBe(false);
      expect(permits('**', resource)).toBe(false);
      expect(restricts('/workspace/**', resource)).toBe(true);
    }
    expect(permits('/workspace/**', '/workspace/..a/.b.')).toBe(true);
  });

  it('take URLs by labels, port and segments', () => {
    const table: [string, string, boolean][] = [
      ['https://api.example.com/**', 'https://api.example.com/', true],
      ['https://api.example.com/**', 'https://api.example.com/v1/x', true],
      ['https://api.example.com', 'https://api.example.com/', true],
      ['https://api.example.com/**', 'http://api.example.com/', false],
      ['https://api.example.com/**', 'https://api.example.com.evil.io/', false],
      ['https://api.example.com/**', 'https://api.example.com@evil.io/', false],
      ['https://api.example.com/**', 'https://evil.io/api.example.com/', false],
      ['https://api.example.com/**', 'https://api.example.com:8443/', false],
      ['https://api.example.com:8443/**', 'https://api.example.com:8443/', true],
      ['https://api.example.com:*/**', 'https://api.example.com:1/', true],
      ['https://*.example.com/**', 'https://a.example.com/', true],
      ['https://*.example.com/**', 'https://a.b.example.com/', false],
      ['https://*.example.com/**', 'https://example.com/', false],
      ['https://**.example.com/**', 'https://a.b.example.com/', true],
      ['https://**.example.com/**', 'https://example.com.evil.io/', false],
      ['*://**/**', 'http://x/y', true],
      ['*://**/**', 'ftp://x/y', false],
      ['https://h/a/*', 'https://h/a/b', true],
      ['https://h/a/*', 'https://h/a/b/c', false],
      ['https://h/a/**', 'https://h/a/../b', false],
      ['https://[::1]:8080/**', 'https://[::1]:8080/x', true],
      ['https://*.com/**', 'https://user@evil.com/', false],
      ['https://h/**', '/local/path', false],
    ];
    for (const [pattern, resource, expected] of table) {
      expect([pattern, resource, permits(pattern, resource)]).toEqual([
        pattern,
        resource,
        expected,
      ]);
    }
  });

  it('are refused where they mean something else, or nothing', () => {
    for (const text of [
      '',
      '*',
      '/a/../b',
      '/a/./b',
      '/a/b?',
      '/a/[ab]',
      '/a/{b,c}',
      '/a**',
      '/a/**b',
      '/a\\',
      'https://*/x',
      'https://Example.com/',
      'https://u@h/',
      'https://h:443/',
      'http://h:80/',
      'https://h/x?q=1',
      'https://h/#f',
      'https://bücher.de/',
      'x'.repeat(5_000),
    ]) {
      expect([text.slice(0, 20), wrongResourcePattern(text) !== undefined]).toEqual([
        text.slice(0, 20),
        true,
      ]);
    }
  });

  it('ignore case and combining where told to', () => {
    const matches = compileResource({
      patterns: ['**/.env*', '**/*.PEM'],
      ignoreCase: true,
      strict: false,
    });
    expect(matches('/a/.ENV.local')).toBe(true);
    expect(matches('/a/b.Pem')).toBe(true);
    expect(matches('/a/env')).toBe(false);
    // Written decomposed, canonical composed.
    expect(restricts('/re\u0301sume\u0301/**', '/r\u00e9sum\u00e9/x')).toBe(true);
  });

  it('are one matcher for a list, equal to asking each', () => {
    const pool = [
      '/w/**',
      '/w/*',
      '/w/a',
      '**/.env',
      '**/*.key',
      '**/s*/**',
      '**/.ssh/**',
      '/w/**/z',
      'https://h/**',
      '/**',
    ];
    const resource = fc.constantFrom(
      '/w',
      '/w/a',
      '/w/a/.env',
      '/x/b.key',
      '/x/sec/y',
      '/.ssh',
      '/w/q/z',
      'https://h/x',
      '/',
      '',
      '/w/..',
      '/w/./z',
    );
    fc.assert(
      fc.property(fc.subarray(pool), resource, fc.boolean(), (patterns, text, strict) => {
        const together = compileResource({ patterns, ignoreCase: false, strict })(text);
        const apart = patterns.some((pattern) =>
          compileResource({ patterns: [pattern], ignoreCase: false, strict })(text),
        );
        expect(together).toBe(apart);
      }),
    );
  });

  it('stay linear on what makes others backtrack', () => {
    const long = `/${'a'.repeat(200_000)}`;
    const deep = `/${'a/'.repeat(50_000)}b`;
    const start = process.threadCpuUsage();
    for (const pattern of [
      '/*a*a*a*a*a*a*a*a*b',
      '/**/a/**/a/**/a/**/c',
      '/**/*a*/**/*a*/**/*b*/c',
      `/${'*a'.repeat(60)}b`,
    ]) {
      permits(pattern, long);
      permits(pattern, deep);
    }
    expect(process.threadCpuUsage(start).user).toBeLessThan(1_000_000);
  });
});
