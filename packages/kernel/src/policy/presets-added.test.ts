/** A preset with rules over the order of calls on top: it is the preset still, and takes away only. */
import { afterEach, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';
import { ADDITIONS, PRESETS, presetText } from './presets.ts';

let kernel: Awaited<ReturnType<typeof createKernel>> | undefined;
afterEach(() => kernel?.close());

const open = async (preset: string) => {
  kernel = await createKernel({ policy: 'rules: [{name: all, effect: permit}]', startDir: '/tmp' });
  return await kernel.openSession({ preset });
};

it.each([
  'no-such',
  'safe+',
  'safe+no-such',
  '+ari-six',
  'ari-six',
  'safe+ari-six+ari-six',
  'safe+ari-six-4',
  'safe+toString',
  'constructor',
  'constructor+ari-six',
  '__proto__+ari-six',
  'safe+__proto__',
  'safe +ari-six',
])('%j is no preset', async (name) => {
  expect(presetText(PRESETS, name)).toBeUndefined();
  await expect(open(name)).rejects.toThrow('there is no preset');
});

it.each(Object.keys(PRESETS))('%s takes every addition, and keeps its own text', async (name) => {
  const own = PRESETS[name]?.('/work') ?? '';
  for (const added of Object.keys(ADDITIONS)) {
    const text = presetText(PRESETS, `${name}+${added}`)?.('/work') ?? '';
    expect(text.startsWith(own)).toBe(true);
    expect(text.match(/^behaviour:/gm)).toHaveLength(1);
    const session = await open(`${name}+${added}`);
    expect(session.preset).toBe(`${name}+${added}`);
    await kernel?.close();
  }
});

it.each([
  ['strict+ari-six-3', 3],
  ['safe+ari-six', 5],
  ['research+ari-six-20', 20],
])('%s holds a session after so many refusals', async (name, most) => {
  const { id: session } = await open(name);
  for (let i = 0; i < most; i++) {
    expect((await kernel?.session(session))?.quarantine).toBe('none');
    await kernel?.decide({ action: 'no.such', session, execution: 'none' });
  }
  expect((await kernel?.session(session))?.quarantine).toBe('read_only');
});
