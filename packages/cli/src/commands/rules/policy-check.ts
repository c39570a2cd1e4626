/** `portcullis policy check`: every mistake of a document with its place, and what the lint warns of. */
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { printDiagnostics } from '../../policy/diagnostics.ts';
import { policyDocument } from '../../policy/document.ts';
import { counted } from '../../terminal/numbers.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = async (context, file) => {
  const { terminal, options } = context;
  const { checkPolicy } = await import('@portcullis/kernel');
  const { path, text, format } = await policyDocument(context, file);
  const report = checkPolicy(text, format);
  if (has(options, 'json')) terminal.json({ file: path, ...report });
  else {
    printDiagnostics(terminal, path, report.diagnostics);
    const warnings = report.diagnostics.filter((found) => found.severity === 'warning').length;
    const mistakes = report.diagnostics.length - warnings;
    const { green, red } = terminal.colour;
    terminal.line(
      report.ok
        ? `${green('ok')}  ${printable(path)}: ${counted(report.rules, 'rule')}, ${counted(warnings, 'warning')}, digest ${report.digest ?? ''}`
        : `${red('does not load')}  ${printable(path)}: ${counted(mistakes, 'mistake')}, ${counted(warnings, 'warning')}`,
    );
  }
  return report.ok ? EXIT.fine : EXIT.refused;
};
