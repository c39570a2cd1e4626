/** A data directory that cannot be made, or has no room: the command says where and why, at once, and ends with a fault. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { finished, place } from '../testing/run.ts';

const BIN = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));
const here = place();
afterAll(() => here.clear());

test.skipIf(process.platform !== 'linux')('where no directory can be made', async () => {
  const ran = await here.run(['serve', '--data-dir', '/proc/x', '--port', '0']);
  expect(ran).toMatchObject({ code: 3, out: '' });
  // Who is not root is told of the right that is missing.
  expect(ran.err).toMatch(
    /^portcullis: (?:\/proc\/x cannot be made: no directory can be made there\n {2}ENOENT|EACCES.*\/proc\/x'\n {2}EACCES)\n$/,
  );
});

test.skipIf(process.platform === 'win32').each([1, 16])(
  'files of at most %i blocks',
  async (most) => {
    const dir = join(here.dir, `data-${most}`);
    // What it compiled it could not keep whole either.
    const env = { ...here.env, XDG_CACHE_HOME: here.dir };
    const serve = [process.execPath, BIN, 'serve', '--data-dir', dir, '--port', '0'];
    const child = spawn('/bin/sh', ['-c', `ulimit -f ${most}; exec "$0" "$@"`, ...serve], {
      cwd: here.dir,
      env,
    });
    const ran = await finished(child);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toMatch(
      /^portcullis: \/.*\/data-\d+ is on a disk .* room.*start again \(.*\)$/m,
    );
    expect(ran.err).toMatch(/^ {2}ENOSPC$/m);
    expect(ran.err).not.toContain('    at ');
  },
);
