/** A policy file that changes or goes away at the worst moments. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { PolicyOrigin } from './origin.ts';

let dir: string;
let file: string;
let origin: PolicyOrigin;
const changes: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy-origin-'));
  file = join(dir, 'policy.yaml');
  writeFileSync(file, textOf('before'));
  changes.length = 0;
  origin = new PolicyOrigin({
    policy: { file },
    startDir: dir,
    declaredParams: () => undefined,
    presets: {},
    onMessage: () => {},
  });
});
afterEach(() => {
  origin.close();
  rmSync(dir, { recursive: true, force: true });
});

const textOf = (action: string): string =>
  `version: 1\nrules:\n  - {name: a, effect: deny, when: {action: ${action}}}\n`;
const start = (): void => origin.start(({ to }) => changes.push(to));
const digest = (): string => origin.current.for(undefined).digest;

it('what was put in its place while everything else was opened is in force from the start', () => {
  const before = digest();
  writeFileSync(`${file}.new`, textOf('after'));
  renameSync(`${file}.new`, file);
  start();
  expect(digest()).not.toBe(before);
  expect(changes).toEqual([digest()]);
});

it('what was broken meanwhile leaves the good one in force, and says so', () => {
  const before = digest();
  writeFileSync(file, 'rules: [');
  start();
  expect(digest()).toBe(before);
  expect(origin.view(false).pending_error).toMatch(/./);
});

it.skipIf(process.platform === 'win32')(
  'a pipe in its place holds up nothing, and the file coming back is no longer an error',
  async () => {
    start();
    const before = digest();
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await eventually(() => expect(origin.view(false).pending_error).toMatch(/regular file/));
    expect(digest()).toBe(before);
    writeFileSync(`${file}.new`, textOf('before'));
    renameSync(`${file}.new`, file);
    await eventually(() => expect(origin.view(false).pending_error).toBeUndefined());
    expect(changes).toEqual([]);
  },
);
