/** Why a policy says what it says of an action: every rule that the action meets, every condition of it, and what each comes to. */

import { formatPointer } from '../action/json/pointer.ts';
import { MemoryRates } from '../budget/index.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledRule } from './compile/rule.ts';
import type { CompiledPolicy } from './policy.ts';
import { RateLookup } from './rates.ts';
import { type Judged, judge, type Situation, stage } from './situation.ts';
import type { RateStore } from './types.ts';
import { and, FALSE, TRUE, TRUTH_NAMES, type Truth, UNKNOWN } from './value/truth.ts';

export type ExplainInput = Situation;
type TruthName = (typeof TRUTH_NAMES)[number];

export interface RuleExplanation {
  readonly layer: string;
  readonly name: string;
  readonly effect: string;
  readonly priority: number;
  readonly final: boolean;
  /** All conditions together. */
  readonly truth: TruthName;
  /** Permit and modify rules match on true, restrictions on unknown as well. */
  readonly matches: boolean;
  /** It had a part in the decision. */
  readonly decided: boolean;
  readonly conditions: readonly { readonly path: string; readonly truth: TruthName }[];
}

export interface PolicyExplanation {
  /** undefined where the action is not well-formed: `refused` says why. */
  readonly decision: Judged | undefined;
  readonly refused?: { readonly code: string; readonly message: string };
  readonly action?: { readonly name: string; readonly resource: string };
  readonly invariants: readonly { readonly name: string; readonly violated: string | undefined }[];
  /** In the order in which they are asked. */
  readonly rules: readonly RuleExplanation[];
  /** Rules for other actions. */
  readonly others: number;
}

export async function explainPolicy(
  policy: CompiledPolicy,
  input: ExplainInput,
  rates: RateStore = new MemoryRates(),
): Promise<PolicyExplanation> {
  const staged = stage(input);
  if (!staged.ok) {
    const { code, message } = staged;
    return {
      decision: undefined,
      refused: { code, message },
      invariants: [],
      rules: [],
      others: policy.rules,
    };
  }
  const { evaluation } = staged;
  const action = evaluation.action as NonNullable<Evaluation['action']>;
  const lookup = new RateLookup(rates, evaluation.now);
  const invariants = policy.invariants.map((invariant) => ({
    name: invariant.name,
    violated: invariant.violated(evaluation, action),
  }));
  const asked = (decided: readonly string[]): RuleExplanation[] =>
    policy.layers.flatMap(({ bucket }) => {
      const { final, classes } = bucket(action.name);
      return [...final, ...classes.flat()].map((rule) =>
        explainRule(rule, evaluation, lookup, decided),
      );
    });
  asked([]);
  await lookup.settle();
  // Explained as it came: judging may change the action.
  const before = asked([]);
  const decision = await judge(policy, evaluation, rates);
  const rules = before.map((rule) => ({ ...rule, decided: decision.rules.includes(rule.name) }));
  return {
    decision,
    action: { name: action.name, resource: action.resource.value },
    invariants,
    rules,
    others: policy.rules - rules.length,
  };
}

function explainRule(
  rule: CompiledRule,
  ev: Evaluation,
  lookup: RateLookup,
  decided: readonly string[],
): RuleExplanation {
  const action = ev.action as NonNullable<Evaluation['action']>;
  const conditions = rule.conditions.map(({ path, test }) => ({
    path: formatPointer(path),
    value: test(ev, action),
  }));
  if (rule.rate !== undefined) {
    conditions.push({ path: '/when/rate', value: rateTruth(rule, ev, lookup) });
  }
  const truth = conditions.reduce<Truth>((least, { value }) => and(least, value), TRUE);
  const enough = rule.permission || rule.needsAll ? TRUE : UNKNOWN;
  return {
    layer: rule.layer,
    name: rule.name,
    effect: rule.effect,
    priority: rule.priority,
    final: rule.final,
    truth: TRUTH_NAMES[truth],
    matches: truth >= enough,
    decided: decided.includes(rule.name),
    conditions: conditions.map(({ path, value }) => ({ path, truth: TRUTH_NAMES[value] })),
  };
}

function rateTruth(rule: CompiledRule, ev: Evaluation, lookup: RateLookup): Truth {
  const use = rule.rate?.use(ev, ev.action as NonNullable<Evaluation['action']>);
  const count = use === undefined ? undefined : lookup.count(use);
  if (use === undefined || count === undefined) return UNKNOWN;
  return count < use.max === rule.permission ? TRUE : FALSE;
}
