/** The whole test of the project, as `npm test` and CI run it: what is needed, types, structure, tests in both languages. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { requireNode24 } from './node-version.mjs';

requireNode24();
process.chdir(join(import.meta.dirname, '..'));

const bin = (name) => join('node_modules', '.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
const report = join(scratch, 'vitest.json');
const failures = [];
let passed = 0;
let failed = 0;

function step(title, command, args) {
  const started = performance.now();
  console.log(`\n== ${title}`);
  const run = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
  process.stderr.write(run.stderr ?? '');
  console.log(
    `== ${title}: ${run.status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (run.status !== 0) failures.push(title);
  return run;
}

step('setup', process.execPath, ['scripts/setup.mjs']);
step('types', bin('tsc'), ['--noEmit']);
step('lint', bin('biome'), ['ci', '.']);
step('import directions', bin('depcruise'), [
  'packages',
  'conformance',
  '--config',
  '.dependency-cruiser.cjs',
]);
step('dead exports', bin('knip'), []);
step('tests', bin('vitest'), [
  'run',
  '--coverage',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
try {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
} catch {
  failures.push('the test report');
}
const python = step('python', 'python3', [
  '-m',
  'unittest',
  'discover',
  '-s',
  'python/tests',
  '-t',
  'python',
]);
const ran = /^Ran (\d+) tests?/m.exec(python.stderr ?? '');
const broken = [...(python.stderr ?? '').matchAll(/(?:failures|errors)=(\d+)/g)].reduce(
  (sum, match) => sum + Number(match[1]),
  0,
);
passed += Number(ran?.[1] ?? 0) - broken;
failed += broken;

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${passed} passed, ${Math.max(failed, failures.length > 0 ? 1 : 0)} failed`);
process.exit(failures.length > 0 ? 1 : 0);
