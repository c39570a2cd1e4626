// The promise of one interface: the same program on a library and on a sidecar, with one line changed, and by type.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@portcullis/client';
import { createKernel } from '@portcullis/kernel';
import { createSidecar } from '@portcullis/sidecar';
import type { Kernel } from '@portcullis/wire';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { type Story, tellStory } from './same-program.ts';

const root = mkdtempSync(join(tmpdir(), 'same-'));
const startDir = join(root, 'work');
const policy = {
  remedy: 'Ask for what lies below the start directory.',
  rules: [
    { name: 'read', effect: 'permit', when: { action: 'fs.read', resource: `${startDir}/**` } },
    {
      name: 'refund',
      effect: 'permit',
      when: { action: 'issue_refund', params: { '/amount': { min: 0, max: 100 } } },
    },
  ],
};
const told: Story = {
  read: 'permit ok hello',
  refused: 'deny no_matching_rule',
  remedy: true,
  ran: ['permitted', 'no_matching_rule', 'ok'],
  permit: ['permit_ok', 'permit_used'],
  explained: 'deny no_matching_rule',
  closed: 'closed',
};

beforeAll(() => {
  mkdirSync(startDir);
  writeFileSync(join(startDir, 'hello.txt'), 'hello');
});
afterAll(() => rmSync(root, { recursive: true }));

test('in the process', async () => {
  expect(await tellStory(() => createKernel({ policy, startDir }))).toEqual(told);
});

test('behind a sidecar', async () => {
  const dataDir = join(root, 'data');
  const socketPath = join(root, 'run', 's.sock');
  const sidecar = await createSidecar({ policy, startDir, dataDir, socketPath, port: 0 }).listen();
  try {
    const { key: apiKey } = sidecar.keys.create('default', {
      principal: { id: 'owner', kind: 'service' },
      rights: ['submit', 'decide', 'outcomes', 'sessions:open', 'explain'],
    });
    expect(await tellStory(() => connect({ url: sidecar.url, apiKey }))).toEqual(told);
    expect(await tellStory(() => connect({ socketPath, apiKey }))).toEqual(told);
  } finally {
    await sidecar.close();
  }
});

test('both are the one interface, no more and no less', () => {
  expectTypeOf<Awaited<ReturnType<typeof connect>>>().toEqualTypeOf<Kernel>();
  expectTypeOf<Awaited<ReturnType<typeof createKernel>>>().toEqualTypeOf<Kernel>();
});
