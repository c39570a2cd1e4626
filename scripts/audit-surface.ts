/**
 * Prints the code that has to be trusted: what the kernel's wiring imports at run time, transitively, file by file with its lines of code (blank lines and
 * comments left out), and the libraries that this code imports. SECURITY.md states the sum; a test holds it to a bound.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const entry = join(root, 'packages/kernel/src/kernel.ts');

export interface Surface {
  /** Path from the root to lines of code. */
  readonly files: ReadonlyMap<string, number>;
  readonly libraries: readonly string[];
  readonly lines: number;
}

const IMPORT = /^\s*(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

export function auditSurface(): Surface {
  const files = new Map<string, number>();
  const libraries = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const name = relative(root, file);
    if (files.has(name)) continue;
    const text = readFileSync(file, 'utf8');
    files.set(
      name,
      text
        .replace(COMMENT, '')
        .split('\n')
        .filter((line) => line.trim() !== '').length,
    );
    for (const [, target] of text.matchAll(IMPORT)) {
      if (target === undefined || target.startsWith('node:')) continue;
      if (target.startsWith('.')) open.push(join(dirname(file), target));
      else libraries.add(target);
    }
  }
  const sorted = new Map([...files].sort(([a], [b]) => a.localeCompare(b)));
  return {
    files: sorted,
    libraries: [...libraries].sort(),
    lines: [...files.values()].reduce((a, b) => a + b, 0),
  };
}

if (import.meta.main) {
  const surface = auditSurface();
  const folders = new Map<string, number>();
  for (const [file, lines] of surface.files) {
    console.log(`${String(lines).padStart(6)}  ${file}`);
    const folder = dirname(file);
    folders.set(folder, (folders.get(folder) ?? 0) + lines);
  }
  console.log('');
  for (const [folder, lines] of folders) console.log(`${String(lines).padStart(6)}  ${folder}/`);
  console.log(
    `\n${surface.lines} lines of code in ${surface.files.size} files must be trusted, and with them: Node.js, ${surface.libraries.join(', ')}`,
  );
}
