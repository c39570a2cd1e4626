import { describe, expect, it } from 'vitest';
import { PortcullisError } from '../errors.ts';
import { Gate } from './gate.ts';
import { type Answer, type Caller, Evaluation, type Guard, PASS } from './guard.ts';
import { refusal } from './judgement.ts';
import { arrange, ORDER, type Stage } from './order.ts';

const caller: Caller = {
  tenant: 'default',
  credential: 'test',
  principal: { id: 'bot', kind: 'agent', roles: [], attributes: {} },
  rights: new Set(['submit']),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
};

const evaluation = (mode: 'enforce' | 'observe' = 'enforce') =>
  new Evaluation('act_1', 1_000, caller, {}, mode, 'provider');

const guard = (name: Stage, check: (ev: Evaluation) => Answer | Promise<Answer>): Guard => ({
  name,
  check,
});
/** Passes, after saying that it was asked. */
const passing =
  (ask: (ev: Evaluation) => void) =>
  (ev: Evaluation): Answer => {
    ask(ev);
    return PASS;
  };
const never = () => {
  throw new Error('no modification expected');
};

function gate(
  guards: Partial<Record<Stage, Guard['check']>>,
  modify: ConstructorParameters<typeof Gate>[1] = never,
) {
  const all: Partial<Record<Stage, Guard>> = {};
  for (const stage of ['admission', 'invariants', 'policy', 'permit'] as const)
    all[stage] = guard(stage, () => PASS);
  for (const [stage, check] of Object.entries(guards))
    all[stage as Stage] = guard(stage as Stage, check as Guard['check']);
  return new Gate(arrange(all), modify);
}

describe('the gate', () => {
  it('asks the guards in the order of the list, whatever order they were given in', async () => {
    const seen: string[] = [];
    const all: Partial<Record<Stage, Guard>> = {};
    for (const stage of [...ORDER].reverse())
      all[stage] = guard(
        stage,
        passing(() => seen.push(stage)),
      );
    const ev = evaluation();
    const it = new Gate(arrange(all), never);
    await it.admit(ev);
    expect(await it.judge(ev)).toMatchObject({ effect: 'permit', code: 'permitted' });
    expect(seen).toEqual([...ORDER]);
  });

  it('stays synchronous while every guard is', () => {
    expect(gate({}).judge(evaluation())).not.toBeInstanceOf(Promise);
    expect(gate({ policy: async () => PASS }).judge(evaluation())).toBeInstanceOf(Promise);
  });

  it.each(['deny', 'defer'] as const)(
    'ends at a terminal %s, and later guards never see the action',
    async (kind) => {
      let later = false;
      const judged = await gate({
        policy: () => ({ kind, code: 'denied_by_rule' }),
        budget: passing(() => {
          later = true;
        }),
      }).judge(evaluation());
      expect(judged).toMatchObject({ effect: kind, code: 'denied_by_rule', guard: 'policy' });
      expect(later).toBe(false);
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws what is no error',
      () => {
        throw 'boom';
      },
    ],
  ])('turns a guard that %s into deny kernel_fault', async (_, check) => {
    expect(await gate({ policy: check as Guard['check'] }).judge(evaluation())).toMatchObject({
      effect: 'deny',
      code: 'kernel_fault',
    });
  });

  it('keeps the code of a store that did not answer', async () => {
    const check = () => Promise.reject(new PortcullisError('store_unavailable'));
    expect(await gate({ budget: check }).judge(evaluation())).toMatchObject({
      effect: 'deny',
      code: 'store_unavailable',
    });
  });

  describe('demands', () => {
    const approval = {
      kind: 'approval',
      rule: 'r',
      digest: 'd',
      approvers: [],
      quorum: 1,
    } as const;

    it('accumulate, and later guards still see the action', async () => {
      let demanded = 0;
      await gate({
        policy: () => ({ kind: 'pass', demands: [approval] }),
        flow: () => ({ kind: 'pass', demands: [approval] }),
        budget: passing((ev) => {
          demanded = ev.demands.length;
        }),
      }).judge(evaluation());
      expect(demanded).toBe(2);
    });
  });

  describe('modification', () => {
    const demand = { kind: 'modification', rule: 'r', set: {} } as const;

    it('is judged again from the invariants, once', async () => {
      const seen: string[] = [];
      let times = 0;
      const judged = await gate(
        {
          session: passing(() => seen.push('session')),
          invariants: passing(() => seen.push('invariants')),
          policy: () => {
            seen.push('policy');
            return { kind: 'pass', demands: [demand] };
          },
        },
        () => (times++ === 0 ? 'changed' : 'unchanged'),
      ).judge(evaluation());
      expect(judged).toMatchObject({ effect: 'modify', code: 'modified' });
      expect(seen).toEqual(['session', 'invariants', 'policy', 'invariants', 'policy']);
    });

    it('denies modify_loop at a second change', async () => {
      const judged = await gate(
        { policy: () => ({ kind: 'pass', demands: [demand] }) },
        () => 'changed',
      ).judge(evaluation());
      expect(judged).toMatchObject({ effect: 'deny', code: 'modify_loop' });
    });

    it('refuses what cannot be made canonical again', async () => {
      const judged = await gate({ policy: () => ({ kind: 'pass', demands: [demand] }) }, () =>
        refusal('policy', 'invalid_params'),
      ).judge(evaluation());
      expect(judged).toMatchObject({ effect: 'deny', code: 'invalid_params' });
    });
  });

  describe('observe mode', () => {
    it('goes on past a refusal and says what would have been', async () => {
      const judged = await gate({
        policy: () => ({ kind: 'deny', code: 'no_matching_rule' }),
      }).judge(evaluation('observe'));
      expect(judged).toMatchObject({
        effect: 'permit',
        would: { effect: 'deny', code: 'no_matching_rule' },
      });
    });

    it('names the first refusal, not the last', async () => {
      const judged = await gate({
        policy: () => ({ kind: 'deny', code: 'no_matching_rule' }),
        budget: () => ({ kind: 'deny', code: 'rate_limited' }),
      }).judge(evaluation('observe'));
      expect(judged.would?.code).toBe('no_matching_rule');
    });

    it.each(['invariants', 'permit'] as const)('never softens %s', async (stage) => {
      const judged = await gate({
        [stage]: () => ({ kind: 'deny', code: 'invariant_violated' }),
      }).judge(evaluation('observe'));
      expect(judged).toMatchObject({ effect: 'deny' });
    });

    it.each(['unknown_session', 'session_closed'] as const)('never softens %s', async (code) => {
      expect(
        await gate({ session: () => ({ kind: 'deny', code }) }).judge(evaluation('observe')),
      ).toMatchObject({ effect: 'deny', code });
    });

    it('never softens admission', async () => {
      const refused = await gate({
        admission: () => ({ kind: 'deny', code: 'malformed_request' }),
      }).admit(evaluation('observe'));
      expect(refused).toMatchObject({ effect: 'deny', code: 'malformed_request' });
    });
  });

  it('refuses a guard that stands in for another stage', () => {
    expect(() => arrange({ policy: guard('budget', () => PASS) })).toThrow(/stands in/);
  });
});
