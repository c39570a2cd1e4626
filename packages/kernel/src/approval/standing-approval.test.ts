/** What an approval is worth beyond once, and what the guard takes of it. */
import type { ApprovalTerm } from '@portcullis/wire';
import { expect, it } from 'vitest';
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import { Approvals } from './approvals.ts';
import { approvalGuard } from './guard.ts';
import { type Ask, type Held, type RecordedAnswer, statusOf } from './held.ts';
import { LONGEST, StandingApproval, standingOf } from './standing-approval.ts';

const ask = (digest: string): Ask => ({ rule: digest, digest, approvers: [], quorum: 1 });
const PAY = ask('pay');

const held = (more: Partial<Held> = {}): Held => ({
  id: 'act_1',
  tenant: 'default',
  principal: 'bot',
  onBehalfOf: undefined,
  session: 'ses_1',
  credential: 'key-bot',
  by: [],
  action: 'pay.out',
  params: 'digest',
  resource: 'bob',
  asks: [PAY],
  value: 'v',
  at: 0,
  expires: 1_000,
  answers: [],
  status: 'open',
  taken: false,
  ...more,
});
const yes = (
  term: ApprovalTerm,
  by = 'alice',
  more: Partial<RecordedAnswer> = {},
): RecordedAnswer => ({
  by,
  credential: `key-${by}`,
  roles: [],
  decision: 'approve',
  at: 500,
  for: term,
  ...more,
});
const action = (name = 'pay.out'): Action =>
  ({ name, digest: 'digest', resource: { kind: 'other', value: 'bob' }, params: {} }) as never;

const standing = (...answers: RecordedAnswer[]): StandingApproval => {
  const terms = standingOf(held(), answers, 500);
  if (terms === undefined) throw new Error('it stands for nothing');
  return new StandingApproval(terms);
};

it('covers the same action, on the same resource, in its session, for the rules that asked, and to its end', () => {
  const one = standing(yes('session'), yes({ until: 900 }, 'carol'));
  const covers = (
    name = 'pay.out',
    resource = 'bob',
    session = 'ses_1',
    asks: readonly Ask[] = [PAY],
    now = 900,
  ) => one.covers(action(name), resource, session, asks, now);
  expect(covers()).toBe(true);
  expect(covers('pay.in')).toBe(false);
  expect(covers('pay.out', 'eve')).toBe(false);
  expect(covers('pay.out', 'bob', 'ses_2')).toBe(false);
  expect(covers('pay.out', 'bob', 'ses_1', [PAY, ask('another')])).toBe(false);
  expect(covers('pay.out', 'bob', 'ses_1', [PAY], 901)).toBe(false);
});

it('of several answers the narrowest holds', () => {
  expect(standingOf(held(), [yes('session'), yes('once', 'carol')], 500)).toBeUndefined();
  const terms = standingOf(
    held(),
    [yes({ until: 900 }), yes('session', 'carol', { narrow: { uses: 2 } })],
    500,
  );
  expect(terms).toMatchObject({ session: 'ses_1', until: 900, uses: 2 });
  expect(standingOf(held(), [yes({ until: 3 * LONGEST })], 500)).toMatchObject({
    session: undefined,
    until: 500 + LONGEST,
    uses: 10,
  });
});

it('what is answered or used is not called expired later', () => {
  for (const status of ['denied', 'used', 'withdrawn'] as const)
    expect(statusOf(held({ status }), 5_000)).toBe(status);
  for (const status of ['open', 'approved'] as const) {
    expect(statusOf(held({ status }), 1_000)).toBe(status);
    expect(statusOf(held({ status }), 1_001)).toBe('expired');
  }
});

function world(...answers: RecordedAnswer[]) {
  return asking([PAY], ...answers);
}

function asking(asks: readonly Ask[], ...answers: RecordedAnswer[]) {
  const approvals = new Approvals({ ttl: 10_000, perPrincipal: 20, perTenant: 1_000 });
  approvals.hold(held({ asks }));
  for (const given of answers) approvals.answer('act_1', given);
  const guard = approvalGuard({
    approvals,
    commit: (digest) => digest,
    commitText: (text) => text,
    over: () => false,
  });
  const request = (more: object = {}): Evaluation =>
    ({
      demands: asks.map((one) => ({ kind: 'approval', ...one })),
      request: { action: 'pay.out' },
      caller: { tenant: 'default' },
      principal: { id: 'bot' },
      session: { id: 'ses_1' },
      action: action(),
      now: 600,
      execution: 'provider',
      reservations: [],
      members: {},
      ...more,
    }) as never;
  return { approvals, guard, request };
}
const release = (ev: Evaluation): void => {
  for (const { release } of ev.reservations) release();
};

it('the time to resume begins with the answer', () => {
  const { approvals } = world(yes('once'));
  expect(approvals.get('act_1', 'default')?.expires).toBe(10_500);
});

it('an approval is taken by one at a time, and is there again when what took it is refused after all', () => {
  const { guard, request } = world(yes('once'));
  const resume = { request: { action: 'pay.out', resume: 'act_1' } };
  const first = request(resume);
  expect(guard.check(first)).toMatchObject({ kind: 'pass' });
  expect(first.members).toEqual({ approval: { id: 'act_1' } });
  expect(guard.check(request(resume))).toMatchObject({ kind: 'deny', code: 'approval_used' });
  release(first);
  expect(guard.check(request({ ...resume, execution: 'none' }))).toMatchObject({ kind: 'pass' });
  expect(guard.check(request(resume))).toMatchObject({ kind: 'pass' });
});

it('of several rules each is one that asked then', () => {
  const { guard, request } = asking([PAY, ask('tax')], yes('once'));
  const resume = { action: 'pay.out', resume: 'act_1' };
  const another = { kind: 'approval', ...ask('another') };
  expect(guard.check(request({ request: resume, demands: [another] }))).toMatchObject({
    kind: 'deny',
    code: 'approval_void',
  });
  expect(guard.check(request({ request: resume }))).toMatchObject({ kind: 'pass' });
});

it('what is answered or taken back waits for nobody', () => {
  expect(world().approvals.size).toBe(1);
  expect(world(yes('once')).approvals.size).toBe(0);
  expect(world(yes('once', 'alice', { decision: 'deny' })).approvals.size).toBe(0);
  const { approvals } = world();
  approvals.withdraw('act_1');
  expect(approvals.size).toBe(0);
});

it('a use of a longer approval is on record, and given back when what took it is refused after all', () => {
  const { guard, request } = world(yes('session', 'alice', { narrow: { uses: 1 } }));
  expect(guard.check(request({ execution: 'none' }))).toMatchObject({ kind: 'pass' });
  const first = request();
  expect(guard.check(first)).toMatchObject({ kind: 'pass' });
  expect(first.members).toEqual({ approval: { id: 'act_1', standing: true } });
  expect(guard.check(request())).toMatchObject({ kind: 'require_approval' });
  release(first);
  expect(guard.check(request())).toMatchObject({ kind: 'pass' });
});

it('a refusal says why it was refused, and not why somebody else approved', () => {
  const { guard, request } = world(
    yes('once', 'alice', { reason: 'fine' }),
    yes('once', 'carol', { decision: 'deny', reason: 'not to bob' }),
  );
  expect(guard.check(request({ request: { action: 'pay.out', resume: 'act_1' } }))).toEqual({
    kind: 'deny',
    code: 'approval_denied',
    reason: 'not to bob',
  });
});

it('room is counted of what waits, of the tenant that asks', () => {
  const approvals = new Approvals({ ttl: 10_000, perPrincipal: 2, perTenant: 3 });
  const put = (id: string, more: Partial<Held>) =>
    approvals.hold(held({ id, params: id, ...more }));
  put('a', { tenant: 'other' });
  put('b', { tenant: 'other' });
  put('c', { expires: 100 });
  put('d', { principal: 'else' });
  expect(approvals.full('default', 'bot', 600)).toBe(false);
  put('e', {});
  expect(approvals.full('default', 'bot', 600)).toBe(false);
  put('f', {});
  expect(approvals.full('default', 'bot', 600)).toBe(true);
  expect(approvals.full('default', 'anybody', 600)).toBe(true);
  expect(approvals.full('other', 'else', 600)).toBe(false);
  expect(approvals.full('other', 'bot', 600)).toBe(true);
});
