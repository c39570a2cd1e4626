/** A list of named facts: names in one column, values in the next. */

import { widthOf } from './columns.ts';
import type { Terminal } from './terminal.ts';

/** The value is safe text, coloured where the caller wants it; an undefined one leaves its line out. */
export type Fact = readonly [name: string, value: string | undefined];

export function facts(terminal: Terminal, pairs: readonly Fact[]): void {
  const present = pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const room = present.reduce((most, [name]) => Math.max(most, widthOf(name)), 0);
  for (const [name, value] of present) {
    terminal.line(`  ${terminal.colour.dim(name.padEnd(room))}  ${value}`);
  }
}
