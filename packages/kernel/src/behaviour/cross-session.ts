/** Rules over several sessions and principals, asked of one call: whether it would complete one, and what it leaves for the calls to come. */
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour, CompiledStep } from '../policy/compile/behaviour.ts';
import type { Correlations, Taken } from './correlations.ts';
import { joinKeysOf } from './join-keys.ts';
import type { PrincipalSights } from './principal-sights.ts';

export interface Neighbours {
  readonly correlations: Correlations;
  readonly sights: PrincipalSights;
  /** A salted commitment: what calls are joined by stands in no record. */
  commit(text: string): string;
}

/** Who came so far, for a step that asks for another than whom. Two are enough to find one that is another. */
const PAIR = 2;

export class CrossSessionCall {
  readonly #near: Neighbours;
  readonly #ev: Evaluation;
  readonly #action: Action;
  /** CallMatcher by the guard and once more when the decision is recorded. */
  readonly #session: string;

  constructor(near: Neighbours, ev: Evaluation, action: Action, session: string) {
    this.#near = near;
    this.#ev = ev;
    this.#action = action;
    this.#session = session;
  }

  /** Whether the call is such a step, what its principal has seen included. */
  is(rule: CompiledBehaviour, step: CompiledStep): boolean {
    if (!step.matches(this.#ev, this.#action)) return false;
    if (step.seen.length === 0) return true;
    const { caller, principal, now } = this.#ev;
    return step.seen.some((sight) => {
      const last = this.#near.sights.last(caller.tenant, principal.id, sight);
      return last !== undefined && now - last <= rule.time;
    });
  }

  /** Whether the call, being the last step, completes it. */
  completes(rule: CompiledBehaviour): boolean {
    const last = rule.steps.length - 1;
    const step = rule.steps[last] as CompiledStep;
    if (rule.distinct === 0) return last === 0 || this.#goesOn(rule, last) !== undefined;
    return this.#joins(step).some((join) => {
      const others = this.#came(rule, 0, join).filter(({ who }) => who !== this.#who(step));
      return others.length + 1 >= rule.distinct;
    });
  }

  /** What the call leaves behind as this step. */
  takes(rule: CompiledBehaviour, index: number): Taken | undefined {
    const { time, distinct } = rule;
    const next = rule.steps[distinct > 0 ? 0 : index + 1];
    if (next === undefined) return undefined;
    const began = index === 0 ? this.#ev.now : this.#goesOn(rule, index);
    if (began === undefined) return undefined;
    const joins = this.#joins(next);
    if (joins.length === 0) return undefined;
    const link = linkOf(rule, distinct > 0 ? 0 : index + 1);
    const keep = Math.max(PAIR, distinct);
    return { link, time, keep, joins, who: this.#who(next), began };
  }

  /** The latest beginning that the call goes on with as this step. */
  #goesOn(rule: CompiledBehaviour, index: number): number | undefined {
    const step = rule.steps[index] as CompiledStep;
    let latest: number | undefined;
    for (const join of this.#joins(step)) {
      const came = this.#came(rule, index, join);
      const other =
        step.other === undefined ? came[0] : came.find(({ who }) => who !== this.#who(step));
      if (other !== undefined && other.began > (latest ?? Number.NEGATIVE_INFINITY))
        latest = other.began;
    }
    return latest;
  }

  #came(rule: CompiledBehaviour, index: number, join: string) {
    const { caller, now } = this.#ev;
    return this.#near.correlations.arrivals(caller.tenant, linkOf(rule, index), join, now);
  }

  #who(step: CompiledStep): string {
    return step.other === 'session' ? this.#session : this.#ev.principal.id;
  }

  #joins(step: CompiledStep): readonly string[] {
    return joinKeysOf(step.joints, this.#ev, this.#action).map((text) => this.#near.commit(text));
  }
}

/** What waits for a step. */
const linkOf = ({ key }: CompiledBehaviour, step: number): string => `${key}#${step}`;
