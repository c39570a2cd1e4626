/** A listing as a table: with titles on a terminal, without them in a pipe, where every line is a row. */
import { columns, type Rows } from './columns.ts';
import type { Terminal } from './terminal.ts';

export function table(terminal: Terminal, rows: Omit<Rows, 'head'>): void {
  const head = terminal.interactive ? { head: terminal.colour.dim } : {};
  for (const line of columns({ ...rows, ...head }, terminal.width)) terminal.line(line);
}
