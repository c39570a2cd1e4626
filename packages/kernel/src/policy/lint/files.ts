/** Files are absolute paths: a rule over `fs` actions whose pattern is relative never holds. */
import type { Diagnostics, Path } from '../document/diagnostics.ts';

export function lintFiles(
  actions: readonly string[],
  patterns: readonly string[],
  at: Path,
  into: Diagnostics,
): void {
  if (actions.length === 0 || !actions.every((action) => action.startsWith('fs.'))) return;
  for (const pattern of patterns) {
    if (/^(\/|\*\*)/.test(pattern)) continue;
    const message = `never holds: files are absolute paths, and ${pattern} is none`;
    into.warning('impossible_rule', at, message);
  }
}
