/** What an agent is told of a grant or a use that is refused: enough to ask for what would be granted, in the words of its own request. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';

let host: KernelHost;
let now = Date.parse('2026-11-21T10:00:00Z');
beforeEach(async () => {
  host = await openHost({
    now: () => now,
    policy: {
      version: 1,
      rules: [{ name: 'a', effect: 'permit', when: { action: 'crm.pay' } }],
    } as never,
    capabilities: [
      {
        id: 'pay.out',
        name: 'Pay',
        description: 'Pay out.',
        action: 'crm.pay',
        safety: 'write',
        resource_from: 'customer',
        args: {
          type: 'object',
          properties: {
            customer: { type: 'string' },
            amount: { type: 'number', maximum: 100 },
            to: { type: 'object', additionalProperties: false },
          },
          required: ['customer'],
          additionalProperties: false,
        },
      },
    ],
  });
});
afterEach(() => host.close());

/** Without the right to read the policy. */
const agent = () =>
  host.as({ ...ownerCaller({ id: 'bot' }), rights: new Set(['submit', 'decide'] as const) });
const refusedGrant = async (constraints: object, more: object = {}) => {
  const { decision } = await agent().grant({ capability: 'pay.out', constraints, ...more });
  return [decision.code, decision.reason, decision.help?.arguments];
};
const invoked = async (args: object, constraints: object = {}) => {
  const { token } = await agent().grant({ capability: 'pay.out', constraints });
  return (await agent().invoke({ token: token as string, args: args as never })).decision;
};

it('how long and how often a grant may be', async () => {
  const uses = { argument: '/constraints/uses', permitted: [{ min: 1, max: 1000 }], example: 1000 };
  expect(await refusedGrant({ uses: 1001 })).toEqual([
    'grant_too_wide',
    'a grant has at most 1000 uses',
    [uses],
  ]);
  const ttl = { argument: '/constraints/ttl', permitted: [{ min: 1, max: 3600 }], example: 3600 };
  for (const longer of [{ ttl: 3601 }, { expires: now + 3_600_001 }])
    expect((await refusedGrant(longer))[2]).toEqual([ttl]);
  expect((await refusedGrant({ uses: 1000, ttl: 3600 }))[0]).toBe('permitted');
});

it('of a delegated one, what is left of what it is cut from', async () => {
  const { token } = await agent().grant({
    capability: 'pay.out',
    constraints: { uses: 3, ttl: 60 },
  });
  now += 20_500;
  const cut = { token, delegate_to: 'child' };
  expect((await refusedGrant({ uses: 4 }, cut))[2]).toEqual([
    { argument: '/constraints/uses', permitted: [{ min: 1, max: 3 }], example: 3 },
  ]);
  expect((await refusedGrant({ ttl: 60 }, cut))[2]).toEqual([
    { argument: '/constraints/ttl', permitted: [{ min: 1, max: 39 }], example: 39 },
  ]);
  expect((await refusedGrant({ ttl: 39 }, cut))[0]).toBe('permitted');
});

it('that the argument which becomes the resource is no parameter', async () => {
  for (const at of ['/customer', '/customer/name'])
    expect(await refusedGrant({ params: { [at]: { eq: 'bob' } } })).toEqual([
      'malformed_request',
      `constraints: ${at} becomes the resource: say in resources what it may be`,
      [{ argument: '/constraints/params' }],
    ]);
  expect((await refusedGrant({ params: { '/customers': { eq: 'bob' } } }))[0]).toBe('permitted');
});

it('which caveat does not hold, and that another grant would', async () => {
  const outside = await invoked(
    { customer: 'bob', amount: 7 },
    { params: { '/amount': { max: 5 } } },
  );
  expect(outside).toMatchObject({
    code: 'token_scope',
    reason: 'the token is for something else: its caveat params/amount does not hold',
    help: { retry: 'get_grant' },
  });
  const elsewhere = await invoked({ customer: 'bob' }, { resources: ['alice'] });
  expect(elsewhere.reason).toContain('its caveat resources does not hold');
  const { token } = await agent().grant({ capability: 'pay.out' });
  const thief = host.as({ ...ownerCaller({ id: 'eve' }), rights: new Set(['submit'] as const) });
  const stolen = await thief.invoke({ token: token as string, args: { customer: 'bob' } });
  expect([stolen.decision.code, stolen.decision.reason]).toEqual([
    'token_scope',
    'the token is for something else',
  ]);
});

it('which argument does not fit, as the request has it', async () => {
  for (const [args, reason, argument] of [
    [{ customer: 7 }, 'args/customer must be string', '/args/customer'],
    [{}, "args must have required property 'customer'", '/args/customer'],
    [{ customer: 'bob', x: 1 }, 'args has the unknown member "x"', '/args/x'],
    [{ customer: 'bob', amount: 101 }, 'args/amount must be <= 100', '/args/amount'],
    [{ customer: 'b', to: { 'a/b': 1 } }, 'args/to has the unknown member "a/b"', '/args/to/a~1b'],
  ] as const) {
    const { code, reason: said, help } = await invoked(args);
    expect([code, said, help?.retry, help?.arguments]).toEqual([
      'invalid_params',
      reason,
      'change_arguments',
      [{ argument }],
    ]);
  }
  const { decision } = await agent().submit({ action: 'fs.read', resource: 'a', params: { x: 1 } });
  expect(decision.help?.arguments).toEqual([{ argument: '/params/x' }]);
});
