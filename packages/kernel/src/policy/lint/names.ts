/** Names in the families of the built-in providers that none of their actions has: mostly a typo, and a deny with one denies nothing. */
import type { Diagnostics, Path } from '../document/diagnostics.ts';
import { suggest } from '../document/suggest.ts';
import { many } from '../document/terms.ts';

/** A policy knows no provider; a test holds this to what they have. */
export const BUILT_IN: readonly string[] = Object.freeze([
  ...['read', 'list', 'stat', 'write', 'append', 'delete', 'move'].map((verb) => `fs.${verb}`),
  'proc.exec',
  ...['get', 'head', 'options', 'post', 'put', 'patch', 'delete'].map((verb) => `http.${verb}`),
]);

const FAMILY = /^(?:fs|proc|http)\./;

export function lintNames(
  actions: string | readonly string[] | undefined,
  at: Path,
  into: Diagnostics,
): void {
  for (const name of many(actions)) {
    if (!FAMILY.test(name) || name.includes('*') || BUILT_IN.includes(name)) continue;
    const meant = suggest(name, BUILT_IN);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    into.warning('unknown_action', at, `no built-in action is named ${name}${hint}`);
  }
}
