/** What a provider runs is found by who could be granted it, like every other capability; and by nobody else. */
import type { Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';

let kernel: Kernel;
const params = {
  type: 'object',
  properties: { note: { type: 'string' } },
  additionalProperties: false,
};

beforeEach(async () => {
  kernel = await createKernel({
    policy: {
      version: 1,
      rules: [
        { name: 'tickets', effect: 'permit', when: { action: 'tickets.close' } },
        { name: 'files', effect: 'permit', when: { action: ['fs.read', 'fs.list'] } },
      ],
    },
    providers: [
      {
        family: 'tickets',
        actions: [
          {
            name: 'tickets.close',
            resource: 'other',
            effect: 'write',
            description: 'Close a ticket.',
            params,
          },
          { name: 'tickets.delete', resource: 'other', effect: 'destructive', params },
        ],
        execute: ({ resource }) => ({ data: resource.value, labels: [] }),
      },
    ],
  });
});
afterEach(() => kernel.close());

const found = async (goal: string) =>
  (await kernel.requestCapabilities({ goal })).map(({ id }) => id);

it('is found, granted and used as it was found', async () => {
  const [ticket, ...others] = await kernel.requestCapabilities({ goal: 'close the ticket' });
  expect(others).toEqual([]);
  expect(ticket).toMatchObject({
    id: 'tickets.close',
    description: 'Close a ticket.',
    safety: 'write',
    resource_from: 'resource',
    args: { properties: { resource: { type: 'string' }, note: { type: 'string' } } },
  });
  const { token = '', decision } = await kernel.grant({ capability: ticket?.id ?? '' });
  expect(decision.code).toBe('permitted');
  expect((await kernel.invoke({ token, args: { resource: '7' } })).frame?.data).toBe('7');
});

it('is found once: the built-in class of an action stands for it', async () => {
  expect(await found('directory')).toContain('fs.list');
  expect((await found('read a file'))[0]).toBe('file.read');
  expect(await found('tickets')).toEqual(['tickets.close']);
  const listed = (await kernel.capabilities()).map(({ id }) => id);
  expect(listed).toContain('tickets.delete');
  expect(listed).not.toContain('fs.read');
  expect(new Set(listed).size).toBe(listed.length);
});
