/** What is left of budgets: a principal sees what it shares in, an auditor of the tenant everybody's that anything was taken of. */
import type { BudgetView } from '@portcullis/wire';
import type { Caller } from '../../gate/guard.ts';
import type { Parts } from '../../parts.ts';
import { type CompiledBudget, scaleOf } from '../../policy/compile/budget.ts';

type Part = readonly [part: string, value: string];

export function listBudgets(parts: Parts, caller: Caller): readonly BudgetView[] {
  const auditor = caller.rights.has('journal');
  const now = parts.now();
  return parts.policies.for(undefined).budgets.flatMap((budget) => {
    const keys = parts.ledger.keysOf(JSON.stringify([caller.tenant, budget.scope, budget.name]));
    const own = budget.by.every((part) => part === 'principal' || part === 'tenant');
    const mine = own ? [keyFor(caller, budget)] : [];
    return [...new Set([...keys, ...mine])]
      .map((key) => ({ key, subject: subjectOf(key) }))
      .filter(({ subject }) => auditor || concerns(parts, caller, subject))
      .map(({ key, subject }) =>
        viewOf(budget, subject, parts.ledger.used(key, budget.window, now)),
      );
  });
}

const keyFor = ({ tenant, principal }: Caller, { scope, name, by }: CompiledBudget): string =>
  JSON.stringify([
    tenant,
    scope,
    name,
    ...by.map((part) => [part, part === 'principal' ? principal.id : tenant]),
  ]);

const subjectOf = (key: string): readonly Part[] =>
  (JSON.parse(key) as unknown[]).slice(3) as unknown as readonly Part[];

/** Its own: of a session that it may look at, too. */
function concerns(parts: Parts, { tenant, principal }: Caller, subject: readonly Part[]): boolean {
  return subject.every(([part, value]) => {
    if (part === 'principal') return value === principal.id;
    if (part !== 'session') return true;
    return parts.state.sessions.findAny(value, tenant)?.principal === principal.id;
  });
}

function viewOf(budget: CompiledBudget, subject: readonly Part[], used: number): BudgetView {
  const scale = scaleOf(budget.of);
  return {
    name: budget.name,
    of: budget.of,
    subject: Object.fromEntries(subject),
    max: budget.max / scale,
    used: used / scale,
    remaining: (budget.max - used) / scale,
    ...(budget.window === 0 ? {} : { per: budget.window }),
  };
}
