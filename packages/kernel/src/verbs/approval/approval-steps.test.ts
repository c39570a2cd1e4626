/** What people are shown to have led to a held action is what came before it, whatever comes behind it in the same moment. */
import type { Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import type { Right } from '../../rights.ts';

const POLICY = `version: 1
rules:
  - {name: ask, effect: require_approval, when: {action: pay}}
  - {name: rest, effect: permit, when: {action: [page.read, fine]}}
`;

let host: KernelHost;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z');
  host = await openHost({ builtins: [], policy: POLICY, now: () => now });
});
afterEach(() => host.close());

const as = (id: string): Kernel =>
  host.as({
    tenant: 'default',
    credential: `key-${id}`,
    principal: { id, kind: 'agent', roles: [], attributes: {} },
    rights: new Set<Right>(['decide', 'approve', 'explain']),
    mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
  } satisfies Caller);

const shown = async () => {
  const [held] = await as('boss').approvals();
  return held?.steps.map(({ action }) => action);
};

test('a crowd of harmless calls behind it, in the same millisecond', async () => {
  const harmless = Array.from({ length: 50 }, () => ({ action: 'fine' }));
  await as('bot').decide({ action: 'page.read' });
  await as('bot').decide({ action: 'pay' });
  await as('bot').decideBatch(harmless);
  expect(await shown()).toEqual(['page.read']);
});

test('a clock that was set back hides none of them', async () => {
  now += 3_600_000;
  await as('bot').decide({ action: 'page.read' });
  now -= 3_600_000;
  await as('bot').decide({ action: 'pay' });
  expect(await shown()).toEqual(['page.read']);
});
