/** What the shape of a document cannot say: names used once, and keys that only some effects take. */
import { checkBehaviour } from './check-behaviour.ts';
import type { Diagnostics, Path } from './diagnostics.ts';
import {
  type Budget,
  type Invariant,
  isPermission,
  type PolicyDocument,
  type Rule,
} from './schema.ts';
import { many } from './terms.ts';

export function checkDocument(document: PolicyDocument, into: Diagnostics): void {
  uniqueNames(document.rules ?? [], ['rules'], into);
  uniqueNames(document.invariants ?? [], ['invariants'], into);
  uniqueNames(document.behaviour ?? [], ['behaviour'], into);
  document.behaviour?.forEach((behaviour, index) => {
    checkBehaviour(behaviour, ['behaviour', index], into);
  });
  uniqueNames(document.budgets ?? [], ['budgets'], into);
  document.budgets?.forEach((budget, index) => {
    checkBudget(budget, ['budgets', index], into);
  });
  document.rules?.forEach((rule, index) => {
    checkRule(rule, ['rules', index], into);
  });
  document.invariants?.forEach((invariant, index) => {
    checkInvariant(invariant, ['invariants', index], into);
  });
}

function uniqueNames(
  named: readonly { readonly name: string }[],
  at: Path,
  into: Diagnostics,
): void {
  const seen = new Map<string, number>();
  named.forEach(({ name }, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else {
      const message = `"${name}" is taken: element ${first} of ${at.join('/')} has this name`;
      into.error('duplicate_name', [...at, index, 'name'], message);
    }
  });
}

function checkRule(rule: Rule, at: Path, into: Diagnostics): void {
  const { effect } = rule;
  const misplaced = (path: Path, message: string): void =>
    into.error('misplaced_key', [...at, ...path], message);
  if (rule.final !== undefined && effect !== 'deny')
    misplaced(['final'], 'only a deny rule is final');
  if (rule.absent !== undefined && isPermission(effect)) {
    misplaced(
      ['absent'],
      'permit and modify rules never match on what is absent; only restrictions say so',
    );
  }
  checkWhen(rule, at, misplaced, into);
  checkThen(rule, misplaced);
}

type Misplaced = (path: Path, message: string) => void;

function checkWhen(rule: Rule, at: Path, misplaced: Misplaced, into: Diagnostics): void {
  const { when = {}, effect } = rule;
  const permission = isPermission(effect);
  const [mine, other] = permission ? ['max', 'over'] : ['over', 'max'];
  const said = permission ? 'permit and modify rules' : 'restrictions';
  if (when.rate !== undefined) {
    if (when.rate[other as 'max'] !== undefined)
      misplaced(['when', 'rate', other], `${said} say ${mine}`);
    else if (when.rate[mine as 'max'] === undefined) {
      into.error(
        'missing_key',
        [...at, 'when', 'rate'],
        `"${mine}" is missing: ${said} say ${mine}`,
      );
    }
  }
  for (const field of ['age', 'actions'] as const) {
    if (when.session?.[`${field}_${other as 'max'}`] !== undefined) {
      misplaced(['when', 'session', `${field}_${other}`], `${said} say ${field}_${mine}`);
    }
  }
  const [least, most] = permission ? (['min', 'under'] as const) : (['under', 'min'] as const);
  if (when.justification?.[most] !== undefined) {
    misplaced(['when', 'justification', most], `${said} say ${least}`);
  } else if (when.justification !== undefined && when.justification[least] === undefined) {
    into.error(
      'missing_key',
      [...at, 'when', 'justification'],
      `"${least}" is missing: ${said} say ${least}`,
    );
  }
  const { delegation } = when.flow ?? {};
  if (delegation !== undefined && !permission) {
    misplaced(['when', 'flow', 'delegation'], 'only permit and modify rules cap a delegation');
  } else if (
    delegation?.actions === undefined &&
    delegation !== undefined &&
    Object.keys(delegation.amount ?? {}).length === 0
  ) {
    into.error('missing_key', [...at, 'when', 'flow', 'delegation'], 'say actions or amount');
  }
  if (when.params?.other !== undefined && !permission) {
    misplaced(
      ['when', 'params', 'other'],
      'restrictions do not ask about parameters that they do not list',
    );
  }
}

function checkThen(rule: Rule, misplaced: Misplaced): void {
  const { then = {}, effect } = rule;
  if (effect === 'modify') {
    if (Object.keys(then.set ?? {}).length === 0)
      misplaced(['then'], 'a modify rule says what it sets');
  } else if (then.set !== undefined)
    misplaced(['then', 'set'], 'only a modify rule sets parameters');
  for (const [pointer, change] of Object.entries(then.set ?? {})) {
    const said = Object.keys(change);
    if (said.length === 0) misplaced(['then', 'set', pointer], 'say cap, floor, value or remove');
    else if (said.length > 1 && said.some((key) => key === 'value' || key === 'remove')) {
      misplaced(['then', 'set', pointer], 'value and remove stand alone');
    }
  }
  if (effect !== 'require_approval') {
    for (const key of ['approvers', 'quorum'] as const) {
      if (then[key] !== undefined)
        misplaced(['then', key], 'only a require_approval rule names approvers');
    }
  }
  if (then.invalidate !== undefined && effect !== 'deny')
    misplaced(['then', 'invalidate'], 'only a deny rule ends something');
  else if (then.invalidate === 'role' && many(rule.when?.principal?.roles).length === 0) {
    misplaced(['then', 'invalidate'], 'say in when.principal.roles which roles it ends');
  }
  if (then.judge !== undefined && (effect === 'deny' || effect === 'defer')) {
    misplaced(['then', 'judge'], 'what is refused needs no judge');
  }
}

function checkBudget({ of, max, amount }: Budget, at: Path, into: Diagnostics): void {
  if (of === 'time' && typeof max !== 'string')
    into.error('bad_value', [...at, 'max'], 'a budget of time has a duration, such as 10m');
  if (of !== 'time' && typeof max === 'string')
    into.error('bad_value', [...at, 'max'], `a budget of ${of} has a number`);
  if (of !== 'money' && typeof max === 'number' && !Number.isInteger(max))
    into.error('bad_value', [...at, 'max'], `a budget of ${of} has a whole number`);
  if (of === 'money' && amount === undefined)
    into.error('missing_key', at, '"amount" is missing: say which parameter is the money');
  if (of !== 'money' && amount !== undefined)
    into.error('misplaced_key', [...at, 'amount'], 'only a budget of money reads a parameter');
}

function checkInvariant(invariant: Invariant, at: Path, into: Diagnostics): void {
  const { param, action, min, max, session, allowed_actions, blocked_actions } = invariant;
  const bounds = min !== undefined || max !== undefined || invariant.in !== undefined;
  if (param !== undefined && !bounds) {
    into.error('missing_key', [...at, 'param'], 'say min, max or in for the parameter');
  }
  if (param === undefined && bounds) {
    into.error('missing_key', at, '"param" is missing: min, max and in are of a parameter');
  }
  const says = [param, session, allowed_actions, blocked_actions].filter(
    (part) => part !== undefined,
  );
  if (says.length === 0) {
    into.error('missing_key', at, 'say param, session, allowed_actions or blocked_actions');
  }
  if (session !== undefined && Object.keys(session).length === 0) {
    into.error('missing_key', [...at, 'session'], 'say age_max or actions_max');
  }
  if (action !== undefined && many(action).length === 0) {
    into.error(
      'bad_value',
      [...at, 'action'],
      'an empty list of actions is no action: leave it out for any',
    );
  }
}
