/** The `expr` of a rule: an expression about this evaluation. */
import { compileExpression } from '../cel/compile.ts';
import type { Subject } from '../cel/types.ts';
import { FALSE, TRUE, UNKNOWN } from '../value/truth.ts';
import { type Condition, condition } from './condition.ts';

/** Throws ExprError. */
export function exprCondition(source: string): Condition {
  const expression = compileExpression(source);
  return condition(['when', 'expr'], (ev, action) => {
    const holds = expression.evaluate({
      now: ev.now,
      principal: ev.principal as Subject['principal'],
      onBehalfOf: ev.onBehalfOf,
      action: action.name,
      resource: action.resource,
      params: action.params as Subject['params'],
      session: ev.session,
      environment: ev.environment as Subject['environment'],
    });
    return holds === undefined ? UNKNOWN : holds ? TRUE : FALSE;
  });
}
