/** One call against rules over calls, of one session and across several: which steps of a rule it is, and whether it completes it. */
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour, CompiledStep } from '../policy/compile/behaviour.ts';
import { CallDataFlow } from './call-data-flow.ts';
import { CrossSessionCall, type Neighbours } from './cross-session.ts';
import type { DataFlow, SequenceStart } from './data-flow.ts';
import type { Sequences } from './sequences.ts';

/** What behaviour rules rest on. */
export interface Behaviours extends Neighbours {
  readonly sequences: Sequences;
  readonly dataFlow: DataFlow;
}

export class CallMatcher {
  #dataFlow: CallDataFlow | undefined;
  #crossSession: CrossSessionCall | undefined;
  readonly #near: Behaviours;
  readonly #ev: Evaluation;
  readonly #action: Action;
  readonly #session: string;

  constructor(near: Behaviours, ev: Evaluation, action: Action, session: string) {
    this.#near = near;
    this.#ev = ev;
    this.#action = action;
    this.#session = session;
  }

  get dataFlow(): CallDataFlow {
    this.#dataFlow ??= new CallDataFlow(this.#near.dataFlow, this.#ev, this.#action, this.#session);
    return this.#dataFlow;
  }

  get crossSession(): CrossSessionCall {
    this.#crossSession ??= new CrossSessionCall(this.#near, this.#ev, this.#action, this.#session);
    return this.#crossSession;
  }

  is(rule: CompiledBehaviour, step: CompiledStep): boolean {
    return rule.across === undefined
      ? step.matches(this.#ev, this.#action)
      : this.crossSession.is(rule, step);
  }

  completes(rule: CompiledBehaviour): boolean {
    if (rule.across !== undefined) return this.crossSession.completes(rule);
    const carries = this.dataFlow.of(rule);
    return this.#near.sequences.completes(this.#session, rule, this.#ev.now, carries);
  }

  goesOn(rule: CompiledBehaviour, step: number): SequenceStart | undefined {
    const carries = this.dataFlow.of(rule);
    return this.#near.sequences.goesOn(this.#session, rule, step, this.#ev.now, carries);
  }
}
