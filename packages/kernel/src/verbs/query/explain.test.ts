/** The story of an action holds what happened, in counts and commitments, and of rules only what the one who asks may know. */
import type { Kernel } from '@portcullis/wire';
import { afterEach, expect, it } from 'vitest';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import type { Provider } from '../../provider/types.ts';
import type { Right } from '../../rights.ts';

let host: KernelHost | undefined;
afterEach(async () => {
  await host?.as(ownerCaller(undefined)).close();
});

const ROWS = [{ name: 'canary-value' }, { name: 'b' }, { name: 'c' }];
const list: Provider = {
  family: 'shelf',
  actions: [{ name: 'shelf.list', resource: 'other', params: { type: 'object' }, effect: 'read' }],
  execute: () => ({ data: ROWS, labels: [] }),
};

const AGENT: Right[] = ['submit', 'decide', 'explain', 'outcomes'];
const as = (id: string, ...more: Right[]): Kernel =>
  (host as KernelHost).as({
    ...ownerCaller({ id, kind: 'agent' }),
    rights: new Set([...AGENT, ...more]),
  });

const POLICY = {
  version: 1,
  rules: [
    { name: 'lists', effect: 'permit', when: { action: 'shelf.list' } },
    {
      name: 'far-rule',
      effect: 'permit',
      when: { action: 'shelf.burn', params: { '/a': { eq: 1 }, '/b': { eq: 2 } } },
    },
    {
      name: 'near-rule',
      effect: 'permit',
      when: { action: 'shelf.burn', params: { '/a': { eq: 1 } } },
    },
    { name: 'why', effect: 'permit', when: { action: 'shelf.move', justification: { min: 20 } } },
  ],
} as never;

const open = async (): Promise<KernelHost> =>
  openHost({
    policy: POLICY,
    builtins: [],
    drift: false,
    providers: [list],
    capabilities: [
      {
        id: 'shelves',
        name: 'Shelves',
        description: 'List the shelves.',
        action: 'shelf.list',
        safety: 'read',
        sensitivity: 'secrets',
      },
      { id: 'moves', name: 'Move', description: 'Move it.', action: 'shelf.move', safety: 'write' },
    ],
  });

it('what was asked with, what came of it, what was shown, what was paged later', async () => {
  host = await open();
  const agent = as('agent');
  const { token, id } = await agent.grant({ capability: 'shelves' });
  const asked = { token: token as string, args: { q: 'canary-value' }, justification: 'to see it' };
  const { decision, frame } = await agent.invoke({ ...asked, response_mode: 'summary' });
  await agent.expand({ handle: frame?.handle as string, query: { limit: 2 } });
  const told = await agent.explain(decision.id);
  expect(told).toMatchObject({
    view: 'requester',
    effect: 'permit',
    execution: 'provider',
    provider: 'shelf',
    params: expect.stringMatching(/^[0-9a-f]{64}$/),
    justification: 'to see it',
    grant: { id, capability: 'shelves', sensitivity: 'secrets' },
    outcome: { status: 'ok' },
    shown: { mode: 'summary', rows: 3, handle: expect.stringMatching(/^[0-9a-f]{64}$/) },
    expansions: [{ rows: 2 }],
  });
  expect(told.shown?.facts).toBeGreaterThan(0);
  expect(told.help).toBeUndefined();
  // The handle itself pages the result: whoever reads the story cannot.
  expect(JSON.stringify(told)).not.toContain(frame?.handle);
  expect(JSON.stringify(told)).not.toContain('canary-value');
  await expect(as('other').explain(decision.id)).rejects.toMatchObject({ code: 'not_found' });
});

it('why the grant was given, as long as its record is there', async () => {
  const clock = { now: Date.UTC(2026, 0, 5) };
  host = await openHost({
    now: () => clock.now,
    policy: POLICY,
    builtins: [],
    drift: false,
    providers: [list],
  });
  const agent = as('agent');
  const justification = 'the shelf is empty';
  await agent.grant({ capability: 'shelf.list', justification: 'another one' });
  const { token, id } = await agent.grant({ capability: 'shelf.list', justification });
  const { decision } = await agent.invoke({ token: token as string });
  const grant = { id, capability: 'shelf.list', justification };
  expect((await agent.explain(decision.id)).grant).toEqual(grant);
  // The kernel forgets grants whose time has passed when the next is given.
  clock.now += 86_400_000;
  await agent.grant({ capability: 'shelf.list' });
  expect((await agent.grants()).grants).toHaveLength(1);
  expect((await agent.explain(decision.id)).grant).toEqual(grant);
});

it('which permissions it did not meet, nearest first, to who may read the policy', async () => {
  host = await open();
  const params = { b: 3 };
  const { decision } = await as('agent').decide({ action: 'shelf.burn', params });
  const mine = await as('agent').explain(decision.id);
  expect(mine.help).toEqual({ code: 'no_matching_rule', retry: 'never' });
  expect([mine.unmet, mine.records]).toEqual([undefined, undefined]);
  expect(JSON.stringify(mine)).not.toMatch(/near-rule|far-rule/);
  for (const reader of [as('auditor', 'journal'), as('agent', 'policy')]) {
    const { unmet, help } = await reader.explain(decision.id);
    expect(unmet).toEqual([
      { rule: 'far-rule', conditions: ['/when/params/~1a', '/when/params/~1b'] },
      { rule: 'near-rule', conditions: ['/when/params/~1a', '/when/params'] },
    ]);
    expect(help).toEqual({ code: 'no_matching_rule', retry: 'never' });
  }
});

it('what who may read the policy was told is not told to another key of the same principal', async () => {
  host = await open();
  const owner = as('agent', 'policy');
  const { decision } = await owner.decide({ action: 'shelf.burn', params: { a: 2 } });
  expect(decision.help).toMatchObject({ retry: 'change_arguments' });
  const mine = await as('agent').explain(decision.id);
  expect(mine.help).toBeUndefined();
  expect(JSON.stringify(mine)).not.toMatch(/near-rule|change_arguments/);
});

it('a grant can be asked for without being granted', async () => {
  host = await open();
  const agent = as('agent');
  const yes = await agent.grant({ capability: 'shelves', execution: 'none' });
  expect([yes.decision.effect, yes.token, yes.id]).toEqual(['permit', undefined, undefined]);
  expect((await agent.grants()).grants).toEqual([]);
  const no = await agent.grant({ capability: 'moves', execution: 'none', justification: 'short' });
  expect(no.decision.help).toEqual({
    code: 'justification_required',
    retry: 'change_arguments',
    arguments: [{ argument: '/justification' }],
  });
  const owner = await as('owner', 'policy').grant({ capability: 'moves', execution: 'none' });
  expect(owner.decision.help?.arguments).toEqual([
    { argument: '/justification', permitted: [{ length: { min: 20 } }] },
  ]);
  const odd = { capability: 'moves', execution: 'host' } as never;
  await expect(agent.grant(odd)).rejects.toMatchObject({ code: 'malformed_request' });
});
