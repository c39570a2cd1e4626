/** Permits whose outcome nobody reports take room that all share: who leaves them open fills a part of it, and waits. */
import { expect, it } from 'vitest';
import type { Evaluation } from '../gate/guard.ts';
import { permitGuard } from '../gate/permit-guard.ts';
import { MOST_OF_ONE, type PendingAction, PendingActions } from './pending.ts';

const open = (id: string, more: Partial<PendingAction> = {}): PendingAction => ({
  id,
  tenant: 't',
  session: 's',
  principal: 'bot',
  action: 'pay.out',
  execution: 'host',
  at: 0,
  redeemed: false,
  ...more,
});

it('nobody fills the room for outcomes of others', () => {
  const pending = new PendingActions();
  const guard = permitGuard({ mint: () => ({}) } as never, 1, (...who) => pending.full(...who));
  const asked = (more: Partial<Evaluation>, tenant = 't', id = 'bot') =>
    guard.check({ action: {}, caller: { tenant }, principal: { id }, ...more } as Evaluation);
  const host = { execution: 'host' } as const;
  expect(asked(host)).toEqual({ kind: 'pass' });
  for (let i = 0; i < MOST_OF_ONE; i++) {
    pending.add(open(`act_${i}`));
    pending.add(open(`run_${i}`, { execution: 'provider' }));
  }
  const full = { kind: 'defer', code: 'outcomes_full' };
  expect(asked(host)).toEqual(full);
  expect(asked(host, 't', 'other')).toEqual({ kind: 'pass' });
  expect(asked(host, 'other')).toEqual({ kind: 'pass' });
  for (const execution of ['provider', 'none'] as const)
    expect(asked({ execution })).toEqual({ kind: 'pass' });
  pending.settle('run_0');
  expect(asked(host)).toEqual(full);
  pending.settle('act_0');
  pending.settle('act_0');
  expect(asked(host)).toEqual({ kind: 'pass' });
});
