/** What one call carries of the outputs before it: its texts are read once, and only where a rule has an arrow that was begun. */
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import { type ActionText, actionTextOf, hasUntyped, passedThrough } from './action-text.ts';
import { type ArrowFeed, type DataFlow, later } from './data-flow.ts';
import type { Typed } from './output-index.ts';
import type { Carries } from './sequences.ts';

/** The arrow that leads to a step. */
export const arrowOf = ({ key }: CompiledBehaviour, step: number): string => `${key}#${step}`;

const NOTHING_TYPED: Typed = () => false;

export class CallDataFlow {
  readonly #dataFlow: DataFlow;
  readonly #ev: Evaluation;
  readonly #action: Action;
  readonly #session: string;
  #text: ActionText | undefined;

  constructor(dataFlow: DataFlow, ev: Evaluation, action: Action, session: string) {
    this.#dataFlow = dataFlow;
    this.#ev = ev;
    this.#action = action;
    this.#session = session;
  }

  of(rule: CompiledBehaviour): Carries {
    return (step, lost) => {
      const arrow = arrowOf(rule, step);
      const known = this.#dataFlow.has(this.#session, arrow);
      if (!known && lost === undefined) return undefined;
      const text = this.#read();
      const found = known ? this.#dataFlow.in(this.#session, arrow, text, this.#typed) : undefined;
      if (lost === undefined || !hasUntyped(text, this.#typed)) return found;
      return later(found, lost);
    };
  }

  /** What goes in may come out again: the output of a call that carries data carries it on. */
  passesOn(rule: CompiledBehaviour, step: number): readonly ArrowFeed[] {
    const arrow = arrowOf(rule, step);
    if (!this.#dataFlow.has(this.#session, arrow)) return NONE;
    const text = passedThrough(this.#read());
    const began = this.#dataFlow.in(this.#session, arrow, text, this.#typed);
    return began === undefined ? NONE : [{ arrow, began }];
  }

  #read(): ActionText {
    this.#text ??= actionTextOf(this.#action, this.#ev.flow?.labelled(this.#action));
    return this.#text;
  }

  get #typed(): Typed {
    return this.#ev.flow?.typed ?? NOTHING_TYPED;
  }
}

const NONE: readonly ArrowFeed[] = Object.freeze([]);
