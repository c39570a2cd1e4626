/** `portcullis policy test`: tables of cases against policies, with coverage of rules. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CasesReport } from '@portcullis/kernel';
import { has, numberOption, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { readPolicy } from '../../policy/document.ts';
import { type JunitSuite, junit } from '../../policy/junit.ts';
import { compile } from '../../policy/load.ts';
import { printReport } from '../../policy/print-report.ts';
import { findTables } from '../../policy/tables.ts';
import { counted } from '../../terminal/numbers.ts';

export interface TableReport {
  readonly table: string;
  readonly policy: string;
  readonly report: CasesReport;
}

export const run: Run = async (context, ...files) => {
  const { terminal, options } = context;
  const { runPolicyCases, casePlayer } = await import('@portcullis/kernel');
  const least = numberOption(options, 'minCoverage') ?? 0;
  const reports: TableReport[] = [];
  for (const { table, text, policy } of await findTables(files)) {
    const compiled = await compile(readPolicy(resolve(policy), policy));
    const player = casePlayer({ file: resolve(policy) });
    reports.push({ table, policy, report: await runPolicyCases(compiled, text, { player }) });
  }
  const path = textOption(options, 'junit');
  if (path !== undefined) {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, junit(reports.map(suite)));
  }
  const covered = reports.every(({ report }) => share(report) >= least);
  const ok = covered && reports.every(({ report }) => report.ok);
  if (has(options, 'json')) terminal.json({ ok, tables: reports });
  else {
    for (const report of reports) printReport(terminal, report);
    const total = reports.reduce((sum, { report }) => sum + report.cases.length, 0);
    const failed = reports.reduce((sum, { report }) => sum + report.failed, 0);
    const { green, red } = terminal.colour;
    terminal.line(
      `${ok ? green('ok') : red('failed')}  ${counted(total, 'case')}, ${failed} failed${covered ? '' : `, coverage below ${least} %`}`,
    );
  }
  return ok ? EXIT.fine : EXIT.refused;
};

/** Percent of the rules that a case reached; a policy without rules is covered. */
const share = ({ coverage }: CasesReport): number =>
  coverage.rules === 0 ? 100 : (100 * coverage.covered) / coverage.rules;

const suite = ({ table, report }: TableReport): JunitSuite => ({
  name: table,
  seconds: report.cases.reduce((sum, one) => sum + one.duration_ms, 0) / 1000,
  cases: [
    ...report.diagnostics
      .filter((found) => found.severity === 'error')
      .map((found) => ({
        name: `line ${found.line ?? 1}`,
        failure: `${found.line ?? 1}:${found.column ?? 1} ${found.message}`,
      })),
    ...report.cases.map((one) => ({
      name: one.name,
      ...(one.ok ? {} : { failure: one.differences.join('; ') }),
    })),
  ],
});
