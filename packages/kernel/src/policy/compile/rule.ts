/** A rule made ready: everything it compares with is bound, its conditions stand cheapest first. */
import type { InvalidationTarget, JsonObject } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import { fitsEnds, MOVE } from '../../action/move.ts';
import type { Demand, Evaluation } from '../../gate/guard.ts';
import { ExprError } from '../cel/types.ts';
import { ruleDigest } from '../digest.ts';
import type { Diagnostics, Path } from '../document/diagnostics.ts';
import { type Effect, isPermission, type Rule, type When } from '../document/schema.ts';
import { many } from '../document/terms.ts';
import type { ActionPattern } from '../glob/action.ts';
import { compileResource, type ResourceMatch } from '../glob/resource.ts';
import { modified } from '../modify.ts';
import { FALSE, TRUE, type Truth, truth, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';
import { compileDelegation, type Delegation, delegationCondition } from './delegation.ts';
import { exprCondition } from './expression.ts';
import { flowConditions, labelConditions } from './flow.ts';
import { paramConditions } from './params.ts';
import { principalConditions } from './principal.ts';
import { runsOthersCondition } from './program.ts';
import { compileRate, type Rate } from './rate.ts';
import { grantCondition, justificationCondition } from './request-conditions.ts';
import { sureAction } from './sure.ts';
import { envConditions, sessionConditions, timeCondition } from './surroundings.ts';

export interface CompiledRule {
  readonly name: string;
  readonly layer: string;
  readonly effect: Effect;
  readonly permission: boolean;
  readonly priority: number;
  readonly final: boolean;
  /** A restriction that an unknown condition keeps from matching. */
  readonly needsAll: boolean;
  /** Empty for every action. */
  readonly actions: readonly ActionPattern[];
  readonly conditions: readonly Condition[];
  readonly rate: Rate | undefined;
  readonly demands: readonly Demand[];
  /** It looks at where arguments come from. */
  readonly flow: boolean;
  readonly notify: string | undefined;
  /** What it ends where it is sure to hold; of roles, these. */
  readonly invalidate: InvalidationTarget | undefined;
  readonly endsRoles: readonly string[];
  readonly delegation: Delegation | undefined;
  readonly reason: string | undefined;
  readonly remedy: string | undefined;
  /** What it permits and denies may be told to whoever it refuses. */
  readonly visible: boolean;
  /** All but the rate. The action is one of the rule's. */
  test(evaluation: Evaluation, action: Action): Truth;
}

export const PRIORITY = 100;

const NOBODY: readonly string[] = Object.freeze([]);

/** undefined where an expression is refused; what is wrong was said. */
export function compileRule(
  rule: Rule,
  layer: string,
  at: Path,
  into: Diagnostics,
  visible = false,
): CompiledRule | undefined {
  const { effect, when = {}, then = {} } = rule;
  const permission = isPermission(effect);
  const capped = when.flow?.delegation;
  const delegation = capped === undefined ? undefined : compileDelegation(capped, layer, rule.name);
  let conditions: Condition[];
  try {
    conditions = conditionsOf(rule, when, permission);
    if (delegation !== undefined) conditions.push(delegationCondition(delegation));
  } catch (error) {
    refusedExpression(error, at, into);
    return undefined;
  }
  return Object.freeze({
    name: rule.name,
    layer,
    effect,
    permission,
    priority: rule.priority ?? PRIORITY,
    final: rule.final === true,
    needsAll: rule.absent === 'no_match',
    actions: many(when.action).map(sureAction),
    conditions,
    rate: when.rate === undefined ? undefined : compileRate(when.rate, layer, rule.name),
    demands: demandsOf(rule, effect, then),
    flow: when.flow !== undefined || when.labels !== undefined,
    notify: then.notify,
    invalidate: then.invalidate,
    endsRoles: then.invalidate === 'role' ? many(when.principal?.roles) : NOBODY,
    delegation,
    reason: rule.reason,
    remedy: rule.remedy,
    visible: rule.visible ?? visible,
    test: conjunction(conditions.map(({ test }) => test)),
  });
}

/** Of a rule that is not to be compiled, because other things are wrong: its expression alone. */
export function checkExpression({ when }: Rule, at: Path, into: Diagnostics): void {
  try {
    if (when?.expr !== undefined) exprCondition(when.expr);
  } catch (error) {
    refusedExpression(error, at, into);
  }
}

function refusedExpression(error: unknown, at: Path, into: Diagnostics): void {
  if (!(error instanceof ExprError)) throw error;
  const message = `${error.message} (at character ${error.offset + 1} of the expression)`;
  into.error(error.code, [...at, 'when', 'expr'], message);
}

function conjunction(tests: readonly Condition['test'][]): Condition['test'] {
  const [first, second] = tests;
  if (first === undefined) return () => TRUE;
  if (second === undefined) return first;
  const others = tests.slice(1);
  return (ev, action) => {
    let result = first(ev, action);
    if (result === FALSE) return FALSE;
    for (const test of others) {
      const holds = test(ev, action);
      if (holds === FALSE) return FALSE;
      if (holds < result) result = holds;
    }
    return result;
  };
}

/** Cheapest first: the first that is false settles it. */
function conditionsOf(rule: Rule, when: When, permission: boolean): Condition[] {
  const conditions: Condition[] = [];
  if (when.resource !== undefined) {
    const matches = resourceMatch(when.resource, permission);
    conditions.push(
      condition(
        ['when', 'resource'],
        judgesMoves(when)
          ? (_ev, action) => truth(fitsEnds(action, matches, permission))
          : (_ev, action) => truth(matches(action.resource.value)),
        wantedResource(when.resource),
      ),
    );
  }
  if (when.principal !== undefined) conditions.push(...principalConditions(when.principal));
  if (when.grant !== undefined) conditions.push(grantCondition(when.grant));
  if (when.session !== undefined) conditions.push(...sessionConditions(when.session));
  if (when.env !== undefined) conditions.push(...envConditions(when.env));
  if (when.time !== undefined) conditions.push(timeCondition(when.time));
  if (when.justification !== undefined) conditions.push(justificationCondition(when.justification));
  if (when.params !== undefined) conditions.push(...paramConditions(when.params, permission));
  if (when.runs_others !== undefined) conditions.push(runsOthersCondition(when.runs_others));
  if (when.flow !== undefined) conditions.push(...flowConditions(when.flow, permission));
  if (when.labels !== undefined) conditions.push(...labelConditions(when.labels, permission));
  if (when.expr !== undefined) conditions.push(exprCondition(when.expr));
  const { set } = rule.then ?? {};
  if (set !== undefined) {
    const fits = (params: Action['params']) =>
      modified(params, set) === undefined ? UNKNOWN : TRUE;
    conditions.push(condition(['then', 'set'], (_ev, action) => fits(action.params)));
  }
  return conditions;
}

function judgesMoves({ action }: When): boolean {
  const patterns = many(action).map(sureAction);
  return patterns.length === 0 || patterns.some(({ matches }) => matches(MOVE));
}

function resourceMatch(resource: NonNullable<When['resource']>, strict: boolean): ResourceMatch {
  const written =
    typeof resource === 'string' || Array.isArray(resource) ? { glob: resource } : resource;
  return compileResource({
    patterns: many(written.glob),
    ignoreCase: 'ignore_case' in written && written.ignore_case === true,
    strict,
  });
}

const wantedResource = (resource: NonNullable<When['resource']>): JsonObject =>
  typeof resource === 'string' || Array.isArray(resource)
    ? { glob: [...many(resource)] }
    : {
        glob: [...many(resource.glob)],
        ...(resource.ignore_case === true ? { ignore_case: true } : {}),
      };

function demandsOf(
  { name: rule, ...written }: Rule,
  effect: Effect,
  then: NonNullable<Rule['then']>,
): readonly Demand[] {
  const demands: Demand[] = [];
  if (then.set !== undefined) {
    const set = then.set as Extract<Demand, { kind: 'modification' }>['set'];
    demands.push(Object.freeze({ kind: 'modification', rule, set }));
  }
  if (then.judge !== undefined) {
    demands.push(Object.freeze({ kind: 'judgement', rule, tier: then.judge }));
  }
  if (effect === 'require_approval') {
    const approvers = Object.freeze([...many(then.approvers)]);
    const digest = ruleDigest({ name: rule, ...written });
    const quorum = then.quorum ?? 1;
    demands.push(Object.freeze({ kind: 'approval', rule, digest, approvers, quorum }));
  }
  return Object.freeze(demands);
}
