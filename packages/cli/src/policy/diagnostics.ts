/** Diagnostics of a policy as a compiler prints them: place, severity, message, code. */
import type { PolicyDiagnostic } from '@portcullis/wire';
import { safe } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function printDiagnostics(
  terminal: Terminal,
  file: string,
  diagnostics: readonly PolicyDiagnostic[],
): void {
  const { red, yellow, dim, bold } = terminal.colour;
  for (const found of safe(diagnostics)) {
    const place =
      found.line === undefined
        ? `${safe(file)} ${found.path}`
        : `${safe(file)}:${found.line}:${found.column ?? 1}`;
    const severity = found.severity === 'error' ? red('error') : yellow('warning');
    terminal.line(`${bold(place)}  ${severity}  ${found.message}  ${dim(found.code)}`);
  }
}
