/** What waits is there again after a restart, as versions before wrote it, too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePrivateFile } from '../auth/private-file.ts';
import { WebhookMemory } from './memory.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-webhooks-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const refuse = (message: string): never => {
  throw new Error(message);
};

test('with whose doing each tells of', () => {
  const waiting = [
    { record: 1, part: 0, who: 'bot' },
    { record: 2, part: 1, who: undefined },
  ];
  const before = new WebhookMemory(dir, refuse);
  before.put('ops', { seen: 2, ended: true, waiting });
  before.write();
  expect(new WebhookMemory(dir, refuse).get('ops')).toEqual({ seen: 2, ended: true, waiting });
});

test('as it was written before', () => {
  const ops = { seen: 2, ended: false, waiting: [[1, 0]] };
  writePrivateFile(join(dir, 'webhooks.json'), JSON.stringify({ v: 1, webhooks: { ops } }));
  expect(new WebhookMemory(dir, refuse).get('ops')?.waiting).toEqual([{ record: 1, part: 0 }]);
});
