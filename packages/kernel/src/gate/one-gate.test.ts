/** Promise 1, from the sources: one line calls a provider, one stage makes permits, and nothing else can reach either. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const packages = join(import.meta.dirname, '../../..');

const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => /\/src\/.*\.ts$/.test(name) && !/\.test\.ts$|\/testing|node_modules/.test(name),
    )
    .map((name) => [relative('.', name), readFileSync(join(packages, name), 'utf8')]),
);

const matching = (pattern: RegExp, where: RegExp = /^/): string[] =>
  [...sources]
    .filter(([name, text]) => where.test(name) && pattern.test(text))
    .map(([name]) => name)
    .sort();

describe('one gate', () => {
  it('reads the sources that it judges', () => {
    expect(sources.size).toBeGreaterThan(100);
  });

  it('one line of one file calls a provider', () => {
    expect(matching(/\.execute\(/)).toEqual(['kernel/src/gate/execute.ts']);
    expect(sources.get('kernel/src/gate/execute.ts')?.match(/\.execute\(/g)).toHaveLength(1);
    expect(matching(/\.executeStream\??\.?\(/)).toEqual(['kernel/src/gate/execute.ts']);
    expect(
      sources.get('kernel/src/gate/execute.ts')?.match(/\.executeStream\??\.?\(/g),
    ).toHaveLength(1);
  });

  it('one stage makes permits, one place uses them up, and the wiring hands them out', () => {
    expect(matching(/\boffice\.mint\(/)).toEqual(['kernel/src/gate/permit-guard.ts']);
    expect(matching(/\boffice\.consume\(/)).toEqual(['kernel/src/gate/execute.ts']);
    expect(matching(/openPermitOffice\(\)/, /^(?!kernel\/src\/gate\/permit\.ts)/)).toEqual([
      'kernel/src/kernel.ts',
    ]);
  });

  it('only the gate, the wiring and the providers import providers at run time', () => {
    const importing = /^import (?!type)[^;]*from '(\.\.?\/)*provider\//m;
    expect(matching(importing, /^kernel\/src\/(?!provider\/)/)).toEqual([
      'kernel/src/gate/execute.ts',
      'kernel/src/kernel.ts',
      'kernel/src/wiring/builtins.ts',
    ]);
  });

  it('no other package reaches into the kernel past its public face', () => {
    const { exports } = JSON.parse(readFileSync(join(packages, 'kernel/package.json'), 'utf8'));
    // What reads times is public too: by itself, for a command need not load a kernel for it.
    expect(Object.keys(exports)).toEqual(['.', './time']);
    const past = /from '@portcullis\/kernel\/(?!time')|\/kernel\/src\//;
    expect(matching(past, /^(?!kernel\/)/)).toEqual([]);
  });
});
