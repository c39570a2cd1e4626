/** Prints the summary of a replay. */
import type { Terminal } from '../terminal/terminal.ts';
import type { Decided, Verdict } from './engine.ts';
import type { Row } from './summary.ts';

const share = (value: number | undefined): string =>
  value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;

const COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['attacks stopped', (row) => share(row.attackStopped)],
  ['benign alone', (row) => share(row.benignAlone)],
  ['with approvals', (row) => share(row.benignApproved)],
  ['approvals a run', (row) => row.benignAsks?.toFixed(2) ?? '-'],
  ['resisted alone', (row) => share(row.resistedAlone)],
  ['asked alone', (row) => share(row.askedAlone)],
];

export function printSummary(
  terminal: Terminal,
  runs: number,
  decided: readonly Decided[],
  rows: readonly Row[],
): void {
  const count = (verdict: Verdict): number =>
    decided.filter(({ decision }) => decision === verdict).length;
  terminal.line(
    `${runs} runs, ${decided.length} calls: ${count('allow')} allowed, ${count('approve')} to approve, ${count('deny')} denied`,
  );
  if (rows.every((row) => row.attackStopped === undefined && row.benignAlone === undefined)) return;
  terminal.line('averages over tasks:');
  const first = Math.max(...rows.map(({ name }) => name.length));
  terminal.line([''.padEnd(first), ...COLUMNS.map(([title]) => title.padStart(15))].join('  '));
  for (const row of rows)
    terminal.line(
      [row.name.padEnd(first), ...COLUMNS.map(([, text]) => text(row).padStart(15))].join('  '),
    );
}
