/**
 * A state that was saved before held actions said who delegated, longer approvals who gave them, and the vault's values of whom they are: it loads, and
 * permits no more than it says.
 */
import type { Json } from '@portcullis/wire';
import { expect, it } from 'vitest';
import { Approvals } from './approvals.ts';
import { isSettled } from './approvers.ts';
import type { Held, RecordedAnswer } from './held.ts';

const ask = { rule: 'pay', digest: 'd'.repeat(64), approvers: ['boss'], quorum: 1 };
const given: RecordedAnswer = {
  by: 'boss',
  credential: 'key-boss',
  roles: [],
  decision: 'approve',
  at: 1_000,
  for: 'session',
};
const held = (id: string): Held => ({
  id,
  tenant: 'default',
  principal: 'worker',
  onBehalfOf: undefined,
  session: 'ses_1',
  credential: 'key-worker',
  by: [],
  action: 'pay.out',
  params: id,
  resource: 'r',
  asks: [ask],
  value: 'v',
  at: 500,
  expires: 9_000,
  answers: [],
  status: 'open',
  taken: false,
});

/** As it was written then. */
function savedBefore(): Json {
  const approvals = new Approvals();
  approvals.hold(held('open'));
  approvals.hold(held('approved'));
  approvals.answer('approved', given);
  const state = JSON.parse(JSON.stringify(approvals.save()));
  for (const one of state.held) delete one.by;
  for (const { terms } of state.standing) {
    for (const name of ['asks', 'answers', 'by', 'credential']) delete terms[name];
    terms.rules = [ask.digest];
  }
  return state;
}

it('loads: what is held can be answered and resumed, and people are asked again where nobody knows who gave a longer approval', () => {
  const approvals = new Approvals();
  approvals.load(savedBefore());
  expect(approvals.standing.of('default', 'worker', undefined)).toEqual([]);
  const approved = approvals.get('approved', 'default') as Held;
  expect(isSettled(approved, approved.answers)).toBe(true);
  approvals.answer('open', given);
  expect(approvals.get('open', 'default')?.status).toBe('approved');
});

it('what equal actions share in the vault is not let go with one of them', () => {
  const approvals = new Approvals({ ttl: 1_000, perPrincipal: 1, perTenant: 10 });
  const shared = ['first', 'second'].map((id) => ({ ...held(id), params: 'same', value: 'both' }));
  approvals.load({
    held: [{ ...shared[0], status: 'withdrawn' }, shared[1]],
    standing: [],
  } as never);
  const dropped: string[] = [];
  approvals.onDropped(({ value }) => dropped.push(value));
  for (const id of ['a', 'b', 'c']) {
    approvals.hold({ ...held(id), value: id });
    approvals.withdraw(id);
  }
  expect(dropped).toEqual(['a', 'b']);
});
