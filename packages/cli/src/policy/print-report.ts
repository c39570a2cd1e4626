/** What came of a table of cases: failures with their line, then a summary and the rules that no case reached. */
import type { CasesReport } from '@portcullis/kernel';
import { counted } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printDiagnostics } from './diagnostics.ts';

export function printReport(
  terminal: Terminal,
  given: { readonly table: string; readonly policy: string; readonly report: CasesReport },
): void {
  const { table, policy, report } = safe(given);
  const { red, green, yellow, dim, bold } = terminal.colour;
  printDiagnostics(terminal, table, report.diagnostics);
  for (const failed of report.cases.filter((one) => !one.ok)) {
    terminal.line(`${bold(`${table}:${failed.line ?? 1}`)}  ${red('failed')}  ${failed.name}`);
    for (const difference of failed.differences) terminal.line(`    ${difference}`);
  }
  // A table with mistakes has run nothing: its coverage says nothing.
  if (report.cases.length === 0 && !report.ok) return;
  const { rules, covered, missing } = report.coverage;
  const coverage = `${covered} of ${counted(rules, 'rule')} reached`;
  terminal.line(
    `${report.ok ? green('ok') : red('failed')}  ${policy}  ${dim(`${counted(report.passed, 'case')} passed, ${report.failed} failed,`)} ${missing.length > 0 ? yellow(coverage) : dim(coverage)}`,
  );
  for (const name of missing) terminal.line(`    ${yellow('no case reaches')} ${name}`);
}
