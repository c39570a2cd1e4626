/** A preset as the policy of a server: named by flag or file, one source of policy like the others, and what really decides. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRESETS } from '@portcullis/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../testing/call.ts';
import { type Place, place } from '../testing/run.ts';
import { serve } from '../testing/serving.ts';
import { PRESET_NAMES } from './setting.ts';

let here: Place;
beforeAll(() => {
  here = place();
});
afterAll(() => here.clear());

test('the names are those of the kernel', () => {
  expect([...PRESET_NAMES]).toEqual(Object.keys(PRESETS));
});

test('serve --preset decides by it', async () => {
  const { stop, banner, url } = await serve(here, ['--preset', 'automation-agent']);
  try {
    expect(banner).toContain('the preset automation-agent');
    const read = await here.run([
      'decide',
      'fs.read',
      'a.md',
      '--url',
      url,
      '--execution',
      'none',
      '--json',
    ]);
    expect(JSON.parse(read.out).decision).toMatchObject({ effect: 'deny', code: 'denied_by_rule' });
    const get = await here.run([
      'decide',
      'http.get',
      'https://example.com/',
      '--url',
      url,
      '--execution',
      'none',
      '--json',
    ]);
    expect(JSON.parse(get.out).decision).toMatchObject({ effect: 'permit' });
  } finally {
    expect(await stop()).toBe(0);
  }
});

test('from a file; unknown names and two sources are usage', async () => {
  writeFileSync(join(here.dir, 'portcullis.yaml'), 'policy: {preset: strict}\n');
  const checked = await call(here, ['policy', 'check', '--json']);
  expect(JSON.parse(checked.out)).toMatchObject({ ok: true, diagnostics: [] });
  const explained = await call(here, ['policy', 'explain', 'proc.exec', 'ls', '--json']);
  expect(explained.code).toBe(1);
  expect(explained.out).toContain('no-programs');
  const attacks = await call(here, ['simulate', 'shell-without-capability', '--json']);
  expect(JSON.parse(attacks.out).policy).toBe('strict');
  expect((await call(here, ['config', '--preset', 'nope'])).code).toBe(2);
  const two = await call(here, ['config', '--preset', 'safe', '--policy', 'x.yaml']);
  expect(two.err).toContain('exclude each other');
});
