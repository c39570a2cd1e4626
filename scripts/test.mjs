/** The whole test of the project, as `npm test` and CI run it: what is needed, types, structure, tests in both languages. */
import { spawn, spawnSync } from 'node:child_process';
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
step('types, as older runtimes have them', bin('tsc'), ['-p', 'tsconfig.client.json']);
step('lint', bin('biome'), ['ci', '.']);
step('import directions', bin('depcruise'), [
  'packages',
  'conformance',
  '--config',
  '.dependency-cruiser.cjs',
]);
step('dead exports', bin('knip'), []);
/** Mostly waits for processes of its own, so it runs beside the rest; what it says comes when that is done. */
function beside(title, command, args) {
  const started = performance.now();
  const run = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [run.stdout, run.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  return new Promise((resolve) => {
    const ended = (status) =>
      resolve({ status, said, seconds: ((performance.now() - started) / 1000).toFixed(1), title });
    run.on('error', (error) => {
      said += String(error);
      ended(1);
    });
    run.on('close', ended);
  });
}

/** Percent of its lines that have to run. */
const PYTHON_COVERAGE = '95';
const pending = beside('python', 'python3', ['scripts/python-tests.py', PYTHON_COVERAGE]);
const tests = spawn(
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
console.log('\n== tests');
const testsStarted = performance.now();
const testStatus = await new Promise((resolve) => tests.on('close', resolve));
console.log(
  `== tests: ${testStatus === 0 ? 'ok' : 'FAILED'} (${((performance.now() - testsStarted) / 1000).toFixed(1)} s)`,
);
if (testStatus !== 0) failures.push('tests');
try {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
} catch {
  failures.push('the test report');
}
const python = await pending;
console.log(`\n== ${python.title}\n${python.said.trimEnd()}`);
console.log(
  `== ${python.title}: ${python.status === 0 ? 'ok' : 'FAILED'} (${python.seconds} s, beside the tests)`,
);
if (python.status !== 0) failures.push(python.title);
const ran = /^Ran (\d+) tests?/m.exec(python.said);
const broken = [...python.said.matchAll(/(?:failures|errors)=(\d+)/g)].reduce(
  (sum, match) => sum + Number(match[1]),
  0,
);
passed += Number(ran?.[1] ?? 0) - broken;
failed += broken;

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${passed} passed, ${Math.max(failed, failures.length > 0 ? 1 : 0)} failed`);
process.exit(failures.length > 0 ? 1 : 0);
