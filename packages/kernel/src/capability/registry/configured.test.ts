/** Files of definitions that change while agents work: what holds then, what is on record, and what a mistake leaves standing. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import { eventually } from '../../testing/eventually.ts';

let dir: string;
let file: string;
let host: KernelHost;
const said: string[] = [];

const one = (id: string, more: object = {}) => ({
  id,
  name: id,
  description: 'pay it back',
  action: 'do.it',
  safety: 'write',
  ...more,
});
const write = (...capabilities: object[]): void => {
  writeFileSync(`${file}.new`, JSON.stringify({ version: 1, capabilities }));
  renameSync(`${file}.new`, file);
};
const open = () =>
  openHost({
    builtins: [],
    dataDir: join(dir, 'data'),
    policy: {
      version: 1,
      rules: [{ name: 'a', effect: 'permit', when: { action: 'do.it' } }],
    } as never,
    capabilityFiles: [file],
    onMessage: (_, message) => said.push(message),
  });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'configured-'));
  file = join(dir, 'caps.json');
  said.length = 0;
  write(one('a.b'));
  host = await open();
});
afterEach(async () => {
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});

const kernel = () => host.as(ownerCaller({ id: 'bot' }));
const ids = async (): Promise<string[]> =>
  (await kernel().requestCapabilities({ goal: 'pay it back' })).map(({ id }) => id).sort();
const changes = async () =>
  (await kernel().journal({ kind: 'state' })).records
    .filter(({ event }) => event === 'capabilities')
    .map((record) => record.changes);

it('what a file adds, changes and takes away holds at once, with a record of each change', async () => {
  const { token } = await kernel().grant({ capability: 'a.b' });
  const use = async () =>
    (await kernel().invoke({ token: token as string, args: {} })).decision.code;
  expect(await use()).toBe('permitted');

  write(one('a.b'), one('c.d'));
  await eventually(async () => expect(await ids()).toEqual(['a.b', 'c.d']));
  expect(await use()).toBe('permitted');

  write(one('a.b', { description: 'pay it back twice' }), one('c.d'));
  await eventually(async () => expect(await use()).toBe('token_scope'));

  write(one('c.d', { safety: 'destructive' }));
  await eventually(async () => expect(await ids()).toEqual(['c.d']));
  expect((await kernel().submit({ action: 'do.it' })).decision.code).toBe('grant_required');
  write(one('c.d'));
  await eventually(async () =>
    expect((await kernel().submit({ action: 'do.it' })).decision.code).toBe('permitted'),
  );

  const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(await changes()).toEqual([
    [['c.d', digest]],
    [['a.b', digest]],
    [
      ['a.b', null],
      ['c.d', digest],
    ],
    [['c.d', digest]],
  ]);
  expect(said).toEqual([]);
});

it('mistakes leave the last good set in force, whole, and are said once', async () => {
  for (const [bad, why] of [
    [[one('a.b', { safety: 'harmless' }), one('c.d')], /caps\.json:1:\d+ .*safety/],
    [[one('file.read')], /file\.read/],
  ] as const) {
    said.length = 0;
    write(...bad);
    await eventually(() => expect(said).toEqual([expect.stringMatching(why)]));
    expect(said[0]).toContain('the last good capabilities stay in force');
    expect(await ids()).toEqual(['a.b']);
  }
  rmSync(file);
  await eventually(() => expect(said.length).toBe(2));
  expect(await ids()).toEqual(['a.b']);
  expect(await changes()).toEqual([]);
  write(one('c.d'));
  await eventually(async () => expect(await ids()).toEqual(['c.d']));
});

it('what was written while everything else was opened holds from the start', async () => {
  await host.close();
  const opening = open();
  write(one('c.d'));
  host = await opening;
  await eventually(async () => expect(await ids()).toEqual(['c.d']));
});

it('an id that a file defines is the file’s, whatever was registered under it, after a restart too', async () => {
  await kernel().registerCapability(one('c.d', { description: 'pay it back slowly' }) as never);
  await kernel().registerCapability(one('c.d', { description: 'pay it back later' }) as never);
  write(one('a.b'), one('c.d'));
  const shown = async () =>
    (await kernel().capabilities())
      .filter(({ id }) => id === 'c.d')
      .map(({ source, status, description }) => [source, status, description]);
  const files = [['configuration', 'active', 'pay it back']];
  await expect(kernel().deleteCapability('a.b')).rejects.toThrow('defined by the configuration');
  await eventually(async () => expect(await shown()).toEqual(files));
  await host.close();
  host = await open();
  expect(await shown()).toEqual(files);
  write(one('a.b'));
  await eventually(async () =>
    expect((await shown()).map(([source, status]) => [source, status])).toEqual([
      ['managed', 'active'],
      ['managed', 'pending'],
    ]),
  );
});
