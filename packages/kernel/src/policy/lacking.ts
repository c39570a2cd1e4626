/** What a request has to bring for a permit rule to match that matches in all else: a grant, or a reason. */
import type { Evaluation } from '../gate/guard.ts';
import type { Condition } from './compile/condition.ts';
import type { Bucket } from './compile/index-by-action.ts';
import type { CompiledRule } from './compile/rule.ts';
import { FALSE } from './value/truth.ts';

const CODES = Object.freeze({
  grant: 'grant_required',
  justification: 'justification_required',
} as const);

const codeOf = ({ path }: Condition): (typeof CODES)[keyof typeof CODES] | undefined =>
  CODES[path[1] as keyof typeof CODES];

/** `holds` says whether a rule would match but for the conditions that are left out. */
export function lacking(
  { classes }: Bucket,
  ev: Evaluation,
  holds: (rule: CompiledRule, leftOut: (condition: Condition) => boolean) => boolean,
): 'grant_required' | 'justification_required' | undefined {
  const action = ev.action;
  if (action === undefined) return undefined;
  for (const rule of classes.flat()) {
    if (!rule.permission) continue;
    const missing = rule.conditions.filter(
      (one) => codeOf(one) !== undefined && one.test(ev, action) === FALSE,
    );
    const [first] = missing;
    if (first !== undefined && holds(rule, (one) => missing.includes(one))) return codeOf(first);
  }
  return undefined;
}
