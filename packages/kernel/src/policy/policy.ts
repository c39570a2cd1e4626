/**
 * All layers of a policy as one: every layer must permit, the strictest effect of the layers wins, and what they demand adds up.
 * Immutable; a changed policy is another one.
 */
import type { InvalidationTarget, PolicyLayerView } from '@portcullis/wire';
import type { Action, MaybePromise } from '../action/index.ts';
import type { DelegatedUse } from '../flow/delegations.ts';
import {
  type Answer,
  type Demand,
  type Evaluation,
  PASS,
  type RuleVerdict,
} from '../gate/guard.ts';
import { behavioursByAction, type CompiledBehaviour } from './compile/behaviour.ts';
import type { BudgetUse, CompiledBudget } from './compile/budget.ts';
import type { Condition } from './compile/condition.ts';
import type { CompiledInvariant } from './compile/invariants.ts';
import type { CompiledRule } from './compile/rule.ts';
import { type Effect, strictness } from './document/schema.ts';
import { type CompiledLayer, evaluateLayer, type LayerOutcome } from './evaluate.ts';
import { lacking } from './lacking.ts';
import { possibilityOf } from './possibility.ts';
import { RateLookup, waitFor } from './rates.ts';
import { opens, plans, unmet } from './remedy.ts';
import type { Policy, RateStore, Settled } from './types.ts';
import { TRUE } from './value/truth.ts';

export interface CompiledPolicy extends Policy {
  readonly layers: readonly CompiledLayer[];
  readonly invariants: readonly CompiledInvariant[];
  readonly budgets: readonly CompiledBudget[];
  readonly behaviours: readonly CompiledBehaviour[];
  readonly views: readonly PolicyLayerView[];
}

interface Parts {
  readonly digest: string;
  readonly asksOrigins: boolean;
  readonly layers: readonly CompiledLayer[];
  readonly invariants: readonly CompiledInvariant[];
  readonly budgets: readonly CompiledBudget[];
  readonly behaviours: readonly CompiledBehaviour[];
  readonly views: readonly PolicyLayerView[];
}

export function makePolicy(parts: Parts): CompiledPolicy {
  const { layers, invariants, budgets } = parts;
  return Object.freeze({
    ...parts,
    behavioursOf: behavioursByAction(parts.behaviours),
    rules: layers.reduce((sum, layer) => sum + layer.rules.length, 0),
    checkInvariants: (ev: Evaluation): Answer => checkInvariants(invariants, ev),
    spends: (ev: Evaluation): readonly BudgetUse[] | 'unknown' => spends(budgets, ev),
    showsAny:
      layers.some((layer) => layer.rules.some(({ visible }) => visible)) ||
      invariants.some(({ visible }) => visible),
    showsAll:
      layers.every((layer) => layer.rules.every(({ visible }) => visible)) &&
      invariants.every(({ visible }) => visible),
    opens: (action: string) => opens(parts, action),
    unmet: (ev: Evaluation) => unmet(parts, ev, actionOf(ev)),
    plans: (ev: Evaluation) => plans(parts, ev, actionOf(ev)),
    couldPermit: (ev: Evaluation, settled: Settled): Answer => couldPermit(layers, ev, settled),
    evaluate: (ev: Evaluation, rates: RateStore): MaybePromise<Answer> =>
      attempt(layers, ev, rates, new RateLookup(rates, ev.now)),
  });
}

function actionOf(ev: Evaluation): Action {
  if (ev.action === undefined) throw new TypeError('no action has been admitted');
  return ev.action;
}

function checkInvariants(invariants: readonly CompiledInvariant[], ev: Evaluation): Answer {
  if (invariants.length === 0) return PASS;
  const action = actionOf(ev);
  for (const invariant of invariants) {
    const wrong = invariant.violated(ev, action);
    if (wrong !== undefined) {
      return {
        kind: 'deny',
        code: 'invariant_violated',
        note: `invariant ${invariant.name}: ${wrong}`,
      };
    }
  }
  return PASS;
}

function spends(
  budgets: readonly CompiledBudget[],
  ev: Evaluation,
): readonly BudgetUse[] | 'unknown' {
  if (budgets.length === 0) return NO_BUDGETS;
  const action = actionOf(ev);
  const all: BudgetUse[] = [];
  for (const budget of budgets) {
    const uses = budget.uses(ev, action);
    if (uses === 'unknown') return uses;
    all.push(...uses);
  }
  return all;
}

const NO_BUDGETS: readonly BudgetUse[] = Object.freeze([]);

function couldPermit(layers: readonly CompiledLayer[], ev: Evaluation, settled: Settled): Answer {
  const { answer, rule } = possibilityOf(layers, ev, actionOf(ev), settled);
  ev.verdict = {
    effect: rule?.effect ?? 'deny',
    rule: rule?.name,
    reason: rule?.reason,
    notify: undefined,
    rates: [],
  };
  return answer;
}

/** Judged with what is known of rates; judged again when a slower store has answered. */
function attempt(
  layers: readonly CompiledLayer[],
  ev: Evaluation,
  rates: RateStore,
  lookup: RateLookup,
): MaybePromise<Answer> {
  const action = actionOf(ev);
  const outcomes: LayerOutcome[] = [];
  for (const layer of layers) {
    const outcome = evaluateLayer(layer, ev, action, lookup);
    outcomes.push(outcome);
    if (outcome.effect === undefined || outcome.effect === 'deny') break;
  }
  const settled = lookup.settle();
  if (settled !== undefined) return settled.then(() => attempt(layers, ev, rates, lookup));
  const last = outcomes.at(-1);
  if (last === undefined || last.effect === undefined) {
    return noMatch(layers[outcomes.length - 1], last, ev, rates);
  }
  return conclude(ev, outcomes);
}

function conclude(ev: Evaluation, outcomes: readonly LayerOutcome[]): Answer {
  const decisive = outcomes.length === 1 ? (outcomes[0] as LayerOutcome) : strictest(outcomes);
  const effect = decisive.effect as Effect;
  const rule = decisive.decided[0];
  ev.verdict = {
    effect,
    rule: rule?.name,
    reason: rule?.reason,
    notify: notifyOf(decisive, outcomes),
    rates: outcomes.length === 1 ? decisive.uses : outcomes.flatMap((outcome) => outcome.uses),
  };
  if (rule?.invalidate !== undefined) ev.verdict = { ...ev.verdict, ...endsOf(rule, decisive, ev) };
  if (outcomes.some(({ decided }) => decided.some((by) => by.flow)))
    ev.verdict = { ...ev.verdict, flow: true, ...delegatedOf(outcomes, ev) };
  if (effect === 'deny' || effect === 'defer') {
    const silent = rule !== undefined && decisive.silent.includes(rule);
    const note = `rule ${rule?.name ?? ''} of layer ${rule?.layer ?? ''}`;
    const code = effect === 'defer' ? 'deferred' : silent ? 'store_unavailable' : 'denied_by_rule';
    return {
      kind: effect,
      code,
      note,
      ...(rule?.remedy === undefined ? {} : { remedy: rule.remedy }),
    };
  }
  const demands = demandsOf(outcomes);
  return demands === undefined ? PASS : { kind: 'pass', demands };
}

const strictest = (outcomes: readonly LayerOutcome[]): LayerOutcome =>
  outcomes.reduce((most, outcome) =>
    strictness(outcome.effect as Effect) > strictness(most.effect as Effect) ? outcome : most,
  );

/** Where the rule is sure to hold: what denies for want of knowledge ends nothing. */
function endsOf(
  rule: CompiledRule,
  outcome: LayerOutcome,
  ev: Evaluation,
): Pick<RuleVerdict, 'ends'> {
  const target = rule.invalidate as InvalidationTarget;
  if (outcome.silent.includes(rule) || rule.test(ev, actionOf(ev)) !== TRUE) return NOTHING;
  const { principal, session } = ev;
  const ids =
    target === 'role'
      ? rule.endsRoles.filter((role) => principal.roles.includes(role))
      : [target === 'principal' ? principal.id : session?.id];
  const ends = ids.flatMap((id) => (id === undefined ? [] : [{ target, id, guard: 'policy' }]));
  return ends.length === 0 ? NOTHING : { ends };
}

/** What the rules that let it through take of the caps on delegation. */
function delegatedOf(
  outcomes: readonly LayerOutcome[],
  ev: Evaluation,
): Pick<RuleVerdict, 'delegated'> {
  let uses: DelegatedUse[] | undefined;
  for (const { decided } of outcomes) {
    for (const rule of decided) {
      const use = rule.delegation?.(ev, actionOf(ev));
      if (use === undefined || use === 'nothing') continue;
      uses ??= [];
      uses.push(use);
    }
  }
  return uses === undefined ? NOTHING : { delegated: uses };
}

const NOTHING = Object.freeze({});

function notifyOf(decisive: LayerOutcome, outcomes: readonly LayerOutcome[]): string | undefined {
  for (const rule of decisive.decided) if (rule.notify !== undefined) return rule.notify;
  for (const { decided } of outcomes) {
    for (const rule of decided) if (rule.notify !== undefined) return rule.notify;
  }
  return undefined;
}

function demandsOf(outcomes: readonly LayerOutcome[]): readonly Demand[] | undefined {
  let demands: Demand[] | undefined;
  for (const { decided } of outcomes) {
    for (const rule of decided) {
      if (rule.demands.length === 0) continue;
      demands ??= [];
      demands.push(...rule.demands);
    }
  }
  return demands;
}

/** Nothing permits this: for a rate that is used up, for a store that is silent, or for want of a rule. */
function noMatch(
  layer: CompiledLayer | undefined,
  outcome: LayerOutcome | undefined,
  ev: Evaluation,
  rates: RateStore,
): MaybePromise<Answer> {
  ev.verdict = { effect: 'deny', rule: undefined, reason: undefined, notify: undefined, rates: [] };
  const note = UNPERMITTED[layer?.layer ?? 'server'];
  const full = outcome?.full ?? [];
  if (full.length > 0) {
    const answer = (wait: number | undefined): Answer => ({
      kind: 'deny',
      code: 'rate_limited',
      note: `${note}: the rate of ${full.map((use) => use.key).join(', ')} is full`,
      ...(wait === undefined ? {} : { retryAfter: wait }),
    });
    const wait = waitFor(rates, full, ev.now);
    return wait instanceof Promise ? wait.then(answer) : answer(wait);
  }
  if (outcome !== undefined && outcome.silent.length > 0) {
    return {
      kind: 'deny',
      code: 'store_unavailable',
      note: `${note}: the rate store did not answer`,
    };
  }
  const missing = layer?.asksMore === true ? missingOf(layer, ev) : undefined;
  if (missing !== undefined) return { kind: 'deny', code: missing, note };
  const remedy = layer?.remedy;
  return remedy === undefined
    ? { kind: 'deny', code: 'no_matching_rule', note }
    : { kind: 'deny', code: 'no_matching_rule', note, remedy };
}

const UNPERMITTED = Object.freeze({
  server: 'no rule of layer server permits this',
  tenant: 'no rule of layer tenant permits this',
  session: 'no rule of layer session permits this',
});

/** What would have made a rule of the layer match. */
function missingOf(layer: CompiledLayer, ev: Evaluation): ReturnType<typeof lacking> {
  const action = actionOf(ev);
  const holds = (leftOut: (condition: Condition) => boolean) => (one: Condition) =>
    leftOut(one) || one.test(ev, action) === TRUE;
  return lacking(layer.bucket(action.name), ev, (rule, leftOut) =>
    rule.conditions.every(holds(leftOut)),
  );
}
