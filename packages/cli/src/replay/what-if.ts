/**
 * What another policy would have decided of actions in a journal. A journal holds no parameters and no roles: a condition on them could have
 * gone either way, and where that matters the answer is that nobody can know.
 */
import type { PolicyExplanation, RuleExplanation } from '@portcullis/kernel';

/** Conditions that hang on what a journal does not hold. */
const NOT_RECORDED =
  /^\/(?:when\/(?:params|labels|flow|expr|rate|session|principal\/(?:kind|roles|attributes))|then\/set)(?:\/|$)/;

export interface Possible {
  /** Every effect that the policy could have come to; more than one where it cannot be known. */
  readonly effects: readonly string[];
  /** The conditions that it hangs on: `rule: condition`. */
  readonly because: readonly string[];
}

export function possibleEffects(explained: PolicyExplanation): Possible {
  if (explained.decision === undefined) return { effects: ['deny'], because: [] };
  const effects = new Set<string>();
  const because: string[] = [];
  for (const { name, violated } of explained.invariants) {
    if (violated === undefined) continue;
    effects.add('deny');
    because.push(`invariant ${name}`);
  }
  for (const rule of explained.rules) {
    const truth = truthOf(rule);
    if (truth === 'no') continue;
    effects.add(rule.effect);
    if (truth === 'yes') return { effects: [...effects], because };
    because.push(...hidden(rule).map((path) => `${rule.name}: ${path}`));
  }
  effects.add('deny');
  return { effects: [...effects], because };
}

const hidden = (rule: RuleExplanation): string[] =>
  rule.conditions.map(({ path }) => path).filter((path) => NOT_RECORDED.test(path));

function truthOf(rule: RuleExplanation): 'yes' | 'no' | 'maybe' {
  const known = rule.conditions.filter(({ path }) => !NOT_RECORDED.test(path));
  if (known.some(({ truth }) => truth === 'false')) return 'no';
  if (known.length < rule.conditions.length) return 'maybe';
  if (known.every(({ truth }) => truth === 'true')) return 'yes';
  return rule.matches ? 'yes' : 'no';
}
