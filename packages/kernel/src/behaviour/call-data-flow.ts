/** What one call carries of the outputs before it: its texts are read once, and only where a rule has an arrow that was begun. */
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import { type Carried, type Feeds, later } from './carried.ts';
import { passedOn, type Said, saidBy, saysAnything } from './said.ts';
import type { Carries } from './sequences.ts';
import type { Typed } from './stamps.ts';

/** The arrow that leads to a step. */
export const arrowOf = ({ key }: CompiledBehaviour, step: number): string => `${key}#${step}`;

const NOTHING_TYPED: Typed = () => false;

export class Carrying {
  readonly #carried: Carried;
  readonly #ev: Evaluation;
  readonly #action: Action;
  readonly #session: string;
  #said: Said | undefined;

  constructor(carried: Carried, ev: Evaluation, action: Action, session: string) {
    this.#carried = carried;
    this.#ev = ev;
    this.#action = action;
    this.#session = session;
  }

  of(rule: CompiledBehaviour): Carries {
    return (step, lost) => {
      const arrow = arrowOf(rule, step);
      const known = this.#carried.has(this.#session, arrow);
      if (!known && lost === undefined) return undefined;
      const said = this.#read();
      const found = known ? this.#carried.in(this.#session, arrow, said, this.#typed) : undefined;
      if (lost === undefined || !saysAnything(said, this.#typed)) return found;
      return later(found, lost);
    };
  }

  /** What goes in may come out again: the output of a call that carries data carries it on. */
  passesOn(rule: CompiledBehaviour, step: number): readonly Feeds[] {
    const arrow = arrowOf(rule, step);
    if (!this.#carried.has(this.#session, arrow)) return NONE;
    const said = passedOn(this.#read());
    const began = this.#carried.in(this.#session, arrow, said, this.#typed);
    return began === undefined ? NONE : [{ arrow, began }];
  }

  #read(): Said {
    this.#said ??= saidBy(this.#action, this.#ev.flow?.labelled(this.#action));
    return this.#said;
  }

  get #typed(): Typed {
    return this.#ev.flow?.typed ?? NOTHING_TYPED;
  }
}

const NONE: readonly Feeds[] = Object.freeze([]);
