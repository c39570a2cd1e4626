/** Who may answer: never who asked, however it comes, where a rule names who else. */
import { expect, it } from 'vitest';
import { isSettled, notAnApprover, type Requested } from './approvers.ts';
import type { Ask, RecordedAnswer } from './held.ts';

const ask = (digest: string, ...approvers: string[]): Ask => ({
  rule: digest,
  digest,
  approvers,
  quorum: 1,
});
const BOSS = ask('boss', 'role:boss');
const CAROL = ask('carol', 'carol');
const ANYBODY = ask('anybody');

const asked = (...asks: Ask[]): Requested => ({
  asks,
  principal: 'bot',
  credential: 'key-bot',
  by: ['lead'],
});
const who = (id: string, credential = `key-${id}`, roles = ['boss']) => ({
  principal: { id, roles },
  credential,
  mayApprove: true,
});
const yes = (by: string, credential = `key-${by}`, roles = ['boss']): RecordedAnswer => ({
  by,
  credential,
  roles,
  decision: 'approve',
  at: 0,
  for: 'once',
});

it.each([
  ['the principal, with another key', 'bot', 'key-other'],
  ['another principal, with its key', 'alice', 'key-bot'],
  ['who delegated the grant', 'lead', 'key-lead'],
])('%s approves nothing of its own', (_, id, credential) => {
  expect(notAnApprover(asked(BOSS), who(id, credential))).toBe('self_approval');
  expect(isSettled(asked(BOSS), [yes(id, credential)])).toBe(false);
  expect(isSettled(asked(BOSS), [yes('alice')])).toBe(true);
});

it('of two rules one may name nobody: who is not named by the other may answer for it, and so may who asked', () => {
  const both = asked(BOSS, ANYBODY);
  expect(notAnApprover(both, who('alice', 'key-alice', []))).toBeUndefined();
  expect(notAnApprover(both, who('bot'))).toBeUndefined();
  for (const one of [yes('alice', 'key-alice', []), yes('bot')])
    expect(isSettled(both, [one])).toBe(false);
  expect(isSettled(both, [yes('bot'), yes('alice')])).toBe(true);
});

it('of two rules that name others each wants its own', () => {
  const both = asked(BOSS, CAROL);
  expect(notAnApprover(both, who('carol', 'key-carol', []))).toBeUndefined();
  expect(notAnApprover(both, who('alice'))).toBeUndefined();
  expect(notAnApprover(both, who('dave', 'key-dave', []))).toBe('not_an_approver');
  expect(isSettled(both, [yes('alice')])).toBe(false);
  expect(isSettled(both, [yes('alice'), yes('carol', 'key-carol', [])])).toBe(true);
});

it('takes the right, too', () => {
  expect(notAnApprover(asked(ANYBODY), { ...who('alice'), mayApprove: false })).toBe(
    'not_an_approver',
  );
});
