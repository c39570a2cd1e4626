import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FS_ACTIONS } from '../../provider/fs/definitions.ts';
import { HTTP_ACTIONS } from '../../provider/http/definitions.ts';
import { PROC_ACTIONS } from '../../provider/proc/definitions.ts';
import { loadLabels } from './label-set.ts';

const dirs: string[] = [];
function dir(files: Record<string, string>): string {
  const made = mkdtempSync(join(tmpdir(), 'labels-'));
  dirs.push(made);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}
afterEach(() => {
  for (const made of dirs.splice(0)) rmSync(made, { recursive: true });
});

describe('label files', () => {
  it('loads every file of a directory', () => {
    const labels = loadLabels({
      dir: dir({
        'a.yaml':
          'version: 1\nset: a\ntools:\n  send: {sink: egress, args: {/to/*: destination}}\n',
        'b.json': '{"version": 1, "set": "b", "tools": {"read": {}}}',
        'notes.txt': 'no labels',
      }),
    });
    expect(labels.size).toBe(2);
    expect(labels.get('send')).toMatchObject({
      sinks: ['egress'],
      args: [{ steps: ['to', '*'], role: 'destination' }],
    });
    expect(labels.get('read')?.result.author).toBe('free');
  });

  it.each([
    ['an unknown key', { sinks: 'egress' }, /sinks/],
    ['an unknown sink', { sink: 'mail' }, /\/tools\/send\/sink/],
    ['an unknown role', { args: { '/to': 'recipient' } }, /\/tools\/send\/args\/\/to/],
    ['a place that is no pointer', { args: { to: 'destination' } }, /Pointer/],
    ['an unknown author', { result: { fields: { id: 'me' } } }, /fields/],
    [
      'an unknown use of stored things',
      { object: { does: 'keep' } },
      /\/tools\/send\/object\/does/,
    ],
    ['a key that is no pointer', { object: { does: 'read', key: 'id' } }, /Pointer/],
    ['a place with a strange name', { object: { does: 'read', in: '../fs' } }, /lower case/],
    ['a move to nowhere', { object: { does: 'move', key: '/id' } }, /\/object\/to/],
    ['a way to, without a move', { object: { does: 'write', to: '/id' } }, /\/object\/to/],
  ])('names the place of %s', (_what, tool, message) => {
    const load = () => loadLabels({ objects: [{ version: 1, set: 'x', tools: { send: tool } }] });
    expect(load).toThrow(message);
  });

  it('describes the built-in providers wherever tools are described, entry by entry', () => {
    const mine = { sink: 'egress', result: { author: 'trusted' } };
    const labels = loadLabels({
      objects: [{ version: 1, set: 'x', tools: { 'fs.read': mine } }],
    });
    expect(labels.get('fs.read')?.result.author).toBe('trusted');
    expect(labels.object('fs.read')).toMatchObject({ in: 'fs', shows: true });
    expect(labels.get('fs.write')?.sinks).toEqual(['local_write']);
    expect(labels.size).toBe(1);
    const none = loadLabels(undefined);
    expect(none.empty).toBe(true);
    expect(none.get('fs.write')).toBeUndefined();
    expect(none.object('fs.write')).toMatchObject({ in: 'fs', changes: true });
  });

  it('leaves no built-in action without labels, and none that changes anything without a sink', () => {
    const labels = loadLabels({ objects: [{ version: 1, set: 'x', tools: { other: {} } }] });
    for (const { name, effect } of [...FS_ACTIONS, ...HTTP_ACTIONS, ...PROC_ACTIONS]) {
      const label = labels.get(name);
      expect([name, label !== undefined]).toEqual([name, true]);
      if (effect !== 'read') expect([name, label?.sinks]).not.toEqual([name, []]);
    }
  });

  it('refuses two entries for one action', () => {
    const one = { version: 1, set: 'one', tools: { send: {} } };
    expect(() => loadLabels({ objects: [one, { ...one, set: 'two' }] })).toThrow(
      /send has labels already/,
    );
  });
});
