/** Names the lines of pages that are too long to be read beside their difference; tables and code apart. Part of `npm run lint`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST = 170;
const root = join(import.meta.dirname, '..');
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '');

for (const page of pages) {
  let code = false;
  readFileSync(join(root, page), 'utf8')
    .split('\n')
    .forEach((line, at) => {
      if (line.trimStart().startsWith('```')) code = !code;
      if (code || line.length <= LONGEST || /^(?:\||#| {4})/.test(line)) return;
      console.error(`${page}:${at + 1}: ${line.length} characters, at most ${LONGEST}: wrap it`);
      process.exitCode = 1;
    });
}
