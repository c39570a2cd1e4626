/** `portcullis init`: what it writes, that all of it is valid, and what it refuses to overwrite. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfiguration } from '../config/effective.ts';
import { type Place, place } from '../testing/run.ts';
import { policyText, WORKED, type WorkedPolicy } from './policies.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here.clear());

const path = (name: string): string => join(here.dir, name);

test('--yes writes a configuration that loads, and a policy for this directory', async () => {
  const ran = await here.run(['init', '--yes']);
  expect(ran).toMatchObject({ code: 0, err: '' });
  const { settings } = loadConfiguration({ configFile: path('portcullis.yaml'), env: {} });
  expect(settings.start_dir).toBe(realpathSync(here.dir));
  expect(settings['policy.file']).toBe(path('policy.yaml'));
  expect(readFileSync(path('policy.yaml'), 'utf8')).toContain(`"${realpathSync(here.dir)}/**"`);
});

test('every comment is a setting: with the signs taken away the file still loads', async () => {
  await here.run(['init', '--yes']);
  const text = readFileSync(path('portcullis.yaml'), 'utf8')
    .replace(/^(# )?( *)(?:# )?([a-z_]+:(?: .*)?)$/gm, '$2$3')
    .replace(/^ *(managed: true|preset: safe)\n/gm, '');
  writeFileSync(path('all.yaml'), text);
  const { settings, origins } = loadConfiguration({ configFile: path('all.yaml'), env: {} });
  expect(settings['rate.max']).toBe(100);
  expect([...origins].filter(([, o]) => o.origin === 'default').map(([key]) => key)).toEqual([
    'policy.managed',
    'policy.preset',
    'api_key',
  ]);
});

test('files that are there stay, unless it is told to overwrite them', async () => {
  writeFileSync(path('policy.yaml'), 'mine');
  const refused = await here.run(['init', '--yes']);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(path('policy.yaml'));
  expect(refused.err).toContain('--force');
  expect(readFileSync(path('policy.yaml'), 'utf8')).toBe('mine');
  expect(existsSync(path('portcullis.yaml'))).toBe(false);
  expect((await here.run(['init', '--yes', '--force'])).code).toBe(0);
  expect(readFileSync(path('policy.yaml'), 'utf8')).toContain('version: 1');
});

test('not through a symbolic link, dangling or not, even when told to overwrite', async () => {
  writeFileSync(path('elsewhere'), 'untouched');
  symlinkSync(path('elsewhere'), path('policy.yaml'));
  const linked = await here.run(['init', '--yes', '--force']);
  expect(linked.code).toBe(2);
  expect(linked.err).toContain('symbolic link');
  expect(readFileSync(path('elsewhere'), 'utf8')).toBe('untouched');

  mkdirSync(path('other'));
  symlinkSync(path('nowhere'), path('other/portcullis.yaml'));
  expect((await here.run(['init', '--yes', '--dir', 'other'])).code).toBe(2);
  expect(existsSync(path('nowhere'))).toBe(false);
});

test('without a terminal it asks nothing and writes nothing', async () => {
  const ran = await here.run(['init'], { input: '\n\n\n\n' });
  expect(ran.code).toBe(2);
  expect(ran.err).toContain('--yes');
  expect(existsSync(path('portcullis.yaml'))).toBe(false);
});

test('an unknown policy, and one that is a path', async () => {
  for (const name of ['none', '../../etc/passwd', '__proto__', 'toString']) {
    const ran = await here.run(['init', '--yes', '--policy', name]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('restrictive, example, permissive');
  }
});

test.each(Object.keys(WORKED) as WorkedPolicy[])('%s keeps a directory with any name', (name) => {
  const hostile = '/home/a "b" \\c *d [e]: #f\n- g';
  const text = policyText(name, hostile);
  expect(text).not.toContain('/workspace');
  // Whatever the name, it stays inside its double quotes: as many lines and quotes as before.
  expect(text.split('\n')).toHaveLength(policyText(name, '/w').split('\n').length);
});
