/** `portcullis labels check`: whether label files load, and what they say in numbers. */
import { statSync } from 'node:fs';
import { loadLabels } from '@portcullis/kernel';
import type { Run } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { counted } from '../../terminal/numbers.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = async ({ terminal }, ...paths) => {
  if (paths.length === 0) throw new UsageError('name label files, or a directory of them');
  let fine = true;
  for (const path of paths) {
    try {
      const files = statSync(path).isDirectory() ? { dir: path } : { files: [path] };
      terminal.line(`ok  ${printable(path)}: ${counted(loadLabels(files).size, 'tool')}`);
    } catch (error) {
      fine = false;
      terminal.line(`does not load  ${printable(why(path, error))}`);
    }
  }
  return fine ? EXIT.fine : EXIT.refused;
};

function why(path: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? error.message : `cannot read ${path}: ${code}`;
}
