/** `portcullis labels suggest`: a draft of label files from tool schemas, to stdout or one file for each set. */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDir } from '@portcullis/kernel';
import { type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { readTools } from '../../labels/read-tools.ts';
import { suggestLabels } from '../../labels/suggest.ts';

export const run: Run = async ({ terminal, options }, file) => {
  if (file === undefined) throw new UsageError('name the file of tool schemas');
  const sets = read(file);
  const wanted = textOption(options, 'set');
  const out = textOption(options, 'out');
  const chosen = [...sets].filter(([set]) => wanted === undefined || set === wanted || set === '');
  if (chosen.length === 0)
    throw new UsageError(
      `there is no set ${wanted ?? ''}; there are ${[...sets.keys()].join(', ')}`,
    );
  if (out === undefined && chosen.length > 1)
    throw new UsageError(
      `the file has ${chosen.length} sets: name one by --set, or write them all by --out DIR`,
    );
  for (const [set, tools] of chosen) {
    const name = (wanted ?? set) || basename(file).replace(/\.[^.]*$/, '');
    const text = suggestLabels(name, tools);
    if (out === undefined) terminal.line(text.trimEnd());
    else {
      makeDir(out);
      const path = join(out, `${name.replace(/[^\w.-]+/g, '_')}.yaml`);
      writeFileSync(path, text, { flag: 'wx' });
      terminal.note(`wrote ${path}`);
    }
  }
  return EXIT.fine;
};

function read(file: string): ReturnType<typeof readTools> {
  try {
    return readTools(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(`${file}: ${code ?? 'not a list of tools with names and JSON schemas'}`);
  }
}
