/** What came of a verification, in words: how much was checked, and where it first went wrong. */
import type { VerifyReport } from '@portcullis/wire';
import { facts } from '../terminal/facts.ts';
import { counted, whole } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function printVerdict(terminal: Terminal, given: VerifyReport): void {
  const report = safe(given);
  const { green, red, yellow, bold } = terminal.colour;
  const { problem, torn_tail: torn } = report;
  terminal.line(report.ok ? bold(green('verified')) : bold(red('not verified')));
  facts(terminal, [
    ['problem', problem && red(problem.what)],
    ['where', problem && place(problem)],
    ['', problem?.message],
    ['records', range(report)],
    ['checkpoints', `${whole(report.checkpoints)}, covering up to record ${whole(report.covered)}`],
    ['root', report.root],
    [
      'torn tail',
      torn &&
        yellow(
          `${counted(torn.bytes, 'byte')} at the end of ${torn.segment}: a line that a crash cut short, or one being written`,
        ),
    ],
  ]);
}

const range = ({ records, first, last }: VerifyReport): string =>
  first === undefined || last === undefined
    ? whole(records)
    : `${whole(records)}, from ${whole(first)} to ${whole(last)}`;

function place(problem: NonNullable<VerifyReport['problem']>): string {
  const line = problem.line === undefined ? '' : `, line ${whole(problem.line)}`;
  const seq = problem.seq === undefined ? '' : `, record ${whole(problem.seq)}`;
  return `${problem.segment}${line}${seq}`;
}
