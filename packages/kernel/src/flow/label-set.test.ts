import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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
  ])('names the place of %s', (_what, tool, message) => {
    const load = () => loadLabels({ objects: [{ version: 1, set: 'x', tools: { send: tool } }] });
    expect(load).toThrow(message);
  });

  it('refuses two entries for one action', () => {
    const one = { version: 1, set: 'one', tools: { send: {} } };
    expect(() => loadLabels({ objects: [one, { ...one, set: 'two' }] })).toThrow(
      /send has labels already/,
    );
  });
});
