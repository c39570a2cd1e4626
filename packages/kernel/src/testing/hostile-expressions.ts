/** Expressions that load and params that admission lets in, chosen to make evaluating one with the other slow. */
import type { Value } from '../policy/cel/values.ts';

// As much as admission lets in: a million characters, ten thousand members.
const mebi = 1_000_000;
export const HOSTILE_PARAMS: readonly Record<string, Value>[] = [
  { a: 'a'.repeat(mebi), b: 'a'.repeat(mebi - 1), l: Array(1_000).fill('a'.repeat(1_000)) },
  { a: 'aaaaaaab'.repeat(mebi / 8), b: `${'a'.repeat(500_000)}b`, l: Array(500_000).fill(1) },
  {
    a: Array(250_000).fill(1),
    b: Array(250_000).fill(1),
    l: Array(1_000).fill(Array(500).fill(1)),
  },
  {
    a: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, i])),
    b: 1,
    l: ['é'.repeat(500_000)],
  },
];
export const HOSTILE_SOURCES: readonly string[] = [
  'params.a.contains("aaaaaaaaaaaaaaaac") || params.a.contains("aaaaaaaaaaaaaaaad") || params.a.contains("x")',
  'params.a.contains(params.b)',
  'params.a == params.b',
  'params.a in params.l || params.b in params.l',
  'params.l.all(x, x.matches("(a|b)*c$"))',
  'params.a.matches("[ab]*a[ab]{14}$") || params.a.matches("(a|a)+$z")',
  'params.l.exists(x, x.contains("aaaaaaaaaaab"))',
  'params.l.exists(x, x == params.a)',
  'size(params.a) > 3 && size(params.a.lowerAscii()) > 3',
  'params.l.map(x, x + x).exists(y, y + y == y)',
  'params.a < params.b || params.a > params.b',
  'params == params',
];
