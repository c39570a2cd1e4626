/** Installs what the tests need from Debian's packages, says what it does, and where it may not, names what is missing and fails. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** Program looked for, Debian package that has it, what needs it. */
const NEEDS = [
  ['bwrap', 'bubblewrap', 'the sandbox of the proc provider'],
  ['python3', 'python3', 'the Python client'],
];

const onPath = (program) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .some((dir) => dir !== '' && existsSync(join(dir, program)));

const run = (command, args) =>
  spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

function privileged() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n']
    : undefined;
}

const missing = NEEDS.filter(([program]) => !onPath(program));
if (missing.length === 0) {
  console.log(
    `setup: nothing to install (${NEEDS.map(([program]) => program).join(', ')} are there)`,
  );
  process.exit(0);
}
for (const [program, pack, purpose] of missing)
  console.log(`setup: ${program} is missing (${purpose}): Debian package ${pack}`);

const prefix = process.platform === 'linux' && onPath('apt-get') ? privileged() : undefined;
if (prefix === undefined) {
  console.error(
    `setup: may not install here; please install: ${missing.map(([, pack]) => pack).join(' ')}`,
  );
  process.exit(1);
}
const apt = [...prefix, 'apt-get'];
console.log(`setup: apt-get install ${missing.map(([, pack]) => pack).join(' ')}`);
run(apt[0], [...apt.slice(1), 'update', '-qq']);
if (
  !run(apt[0], [
    ...apt.slice(1),
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...missing.map(([, pack]) => pack),
  ])
) {
  console.error('setup: apt-get failed; the lines above say why');
  process.exit(1);
}
