/** Prints what another policy would have decided of a journal: how much stays, what flips, what nobody can know. */
import { counted } from '../terminal/numbers.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Compared } from './journal.ts';

export function printComparison(
  terminal: Terminal,
  found: readonly Compared[],
  verbose: boolean,
): void {
  const flips = found.filter(
    ({ candidate, recorded }) => candidate !== undefined && candidate !== recorded,
  );
  const unknown = found.filter(({ candidate }) => candidate === undefined);
  const same = found.length - flips.length - unknown.length;
  terminal.line(
    `${counted(found.length, 'decision')}: ${same} the same, ${flips.length} would change, ${unknown.length} cannot be known`,
  );
  const kinds = new Map<string, number>();
  for (const { action, recorded, candidate } of flips) {
    const kind = `${action}: ${recorded} -> ${candidate}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  for (const [kind, count] of kinds) terminal.line(`  ${count} x ${printable(kind)}`);
  const reasons = new Map<string, number>();
  for (const { because } of unknown) {
    for (const reason of because) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (reasons.size > 0) terminal.line('what it hangs on, and the journal does not hold:');
  for (const [reason, count] of reasons) terminal.line(`  ${count} x ${printable(reason)}`);
  if (!verbose) return;
  for (const { seq, id, action, recorded, candidate } of flips)
    terminal.line(`record ${seq}  ${id}  ${printable(action)}  ${recorded} -> ${candidate}`);
}
