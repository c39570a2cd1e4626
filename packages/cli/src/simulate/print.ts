/** What came of each attack, in aligned lines: what got through first needs no looking for. */
import { columns } from '../terminal/columns.ts';
import { counted } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ScenarioReport } from './run.ts';

export function printReports(
  terminal: Terminal,
  given: readonly ScenarioReport[],
  policy: string,
): void {
  const reports = safe(given);
  const { bold, dim, green, red } = terminal.colour;
  terminal.line(`${bold('Attacks against')} ${safe(policy)}`);
  for (const { name, description, harm, through, calls } of reports) {
    terminal.line();
    terminal.line(
      `${through ? red('GOT THROUGH') : green('stopped')}  ${bold(name)}  ${dim(description)}`,
    );
    const rows = calls.map((call) => [
      call.through ? 'through' : 'stopped',
      call.by ?? '',
      call.action,
      call.resource,
      call.through
        ? ''
        : `${call.code}${call.stopped_by === 'provider' ? ' (provider)' : call.rule ? ` (${call.rule})` : ''}`,
    ]);
    const table = {
      columns: [
        { title: '' },
        { title: '' },
        { title: '', min: 9 },
        { title: '', min: 24, gives: true as const },
        { title: '' },
      ],
      rows,
      paint: (cell: string, column: number, row: number) =>
        column !== 0 ? cell : calls[row]?.through ? red(cell) : green(cell),
    };
    for (const line of columns(table, terminal.width - 2)) terminal.line(`  ${line}`);
    if (through) terminal.line(red(`  won: ${harm}`));
  }
  const lost = reports.filter(({ through }) => through).length;
  terminal.line();
  terminal.line(
    `${lost === 0 ? green('ok') : red('failed')}  ${counted(reports.length, 'attack')}, ${lost === 0 ? 'none' : lost} got through`,
  );
}
