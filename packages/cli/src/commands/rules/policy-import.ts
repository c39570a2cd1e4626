/** `portcullis policy import`: another system's policy as a document of ours, on stdout. */
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { readStdin } from '../../answer/stdin.ts';
import { has, type Run, textOption } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { printDiagnostics } from '../../policy/diagnostics.ts';
import { MOST_BYTES, type PolicyText, readPolicy } from '../../policy/document.ts';
import { importPolicy, type SystemName } from '../../policy/import/import.ts';

export const run: Run = async ({ terminal, options }, file = '') => {
  const { path, text, format } = await source(file, textOption(options, 'format'));
  const system = textOption(options, 'from') as SystemName;
  const { document, diagnostics } = importPolicy(system, text, format);
  if (has(options, 'json')) terminal.json({ policy: document ?? null, diagnostics });
  else {
    // The document alone goes to stdout, so that it can be kept.
    printDiagnostics(terminal.toStderr(), path, diagnostics);
    if (document !== undefined) terminal.line(stringify(document).trimEnd());
  }
  return document === undefined ? EXIT.refused : EXIT.fine;
};

async function source(file: string, named: string | undefined): Promise<PolicyText> {
  const format = named as PolicyText['format'] | undefined;
  if (file === '-')
    return {
      path: 'stdin',
      text: await readStdin(MOST_BYTES, 'the policy'),
      format: format ?? 'yaml',
    };
  const read = readPolicy(resolve(file), file);
  return format === undefined ? read : { ...read, format };
}
