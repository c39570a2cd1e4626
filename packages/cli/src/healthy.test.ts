/** The image's health check, as its Dockerfile has it, against real sidecars. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { finished, type Place, place } from './testing/run.ts';
import { serve } from './testing/serving.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const dockerfile = readFileSync(join(ROOT, 'deploy', 'Dockerfile'), 'utf8');
const [, check = '[]'] = /^HEALTHCHECK[^\n]*\\\n\s*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
const [program, ...args] = (JSON.parse(check) as string[]).map((part) =>
  part.replace('/opt/portcullis/', ROOT),
);

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here.clear());

const healthy = async (): Promise<boolean> => {
  expect(program).toBe('node');
  const { code } = await finished(
    spawn(process.execPath, args, { cwd: here.dir, env: { ...here.env }, stdio: 'pipe' }),
  );
  return code === 0;
};

test('says whether a sidecar of this configuration takes requests, and starts none', async () => {
  expect(await healthy()).toBe(false);
  const sidecar = await serve(here);
  expect(await healthy()).toBe(true);
  await sidecar.stop();
  expect(await healthy()).toBe(false);
});

test('finds it where the configuration moved its socket, or has none', async () => {
  mkdirSync(join(here.dir, 'run'), { mode: 0o700 });
  const config = join(here.dir, 'portcullis.yaml');
  writeFileSync(config, 'listen: {socket: run/p.sock}\n');
  const moved = await serve(here);
  expect(await healthy()).toBe(true);
  await moved.stop();

  writeFileSync(config, 'listen: {socket: false}\n');
  const without = await serve(here);
  const { port } = new URL(without.url);
  writeFileSync(config, `listen: {socket: false, port: ${port}}\n`);
  expect(await healthy()).toBe(true);
  await without.stop();
  expect(await healthy()).toBe(false);
});
