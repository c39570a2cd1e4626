/** Evaluation of a compiled policy on a compiled action: 100 rules, and 10,000 of which as many concern the action. */
import { MemoryRates } from '../packages/kernel/src/budget/index.ts';
import { loadPolicy } from '../packages/kernel/src/policy/index.ts';
import { evaluationOf } from '../packages/kernel/src/policy/testing/fixtures.ts';
import { main, type Size } from './figure.ts';
import { inTurn, timePerCall } from './measure.ts';

const rule = (at: number) => ({
  name: `rule-${at}`,
  effect: 'permit',
  when: {
    action: at % 10 === 0 ? 'issue_refund' : `action_${at}.run`,
    principal: { roles: ['support'] },
    params: { '/amount': { min: at, max: at + 1 } },
  },
});

/** Ten rules are for the action, whatever the size of the policy. */
function policyOf(rules: number) {
  const own = Array.from({ length: 10 }, (_, at) => rule(at * 10));
  const others = Array.from({ length: rules - 10 }, (_, at) => rule(at * 10 + 1));
  const document = { version: 1, rules: [...own, ...others] };
  return loadPolicy([{ layer: 'server', name: 'bench', document: document as never }]);
}

export async function measure(size: Size) {
  const calls = size === 'small' ? 20_000 : 200_000;
  const rates = new MemoryRates();
  const ev = evaluationOf({ params: { amount: 90 }, principal: { roles: ['support'] } });
  const perCall = (rules: number) => {
    const policy = policyOf(rules);
    return () => timePerCall(calls, () => policy.evaluate(ev, rates));
  };
  const { theirs, ratio } = await inTurn(9, perCall(10_000), perCall(100));
  return [
    { name: 'policy evaluation, 100 rules', wanted: ['<', 3], unit: 'us', measured: theirs },
    { name: 'the same, 10,000 rules, as a ratio', wanted: ['<', 1.5], unit: 'x', measured: ratio },
  ] as const;
}

await main(import.meta, measure);
