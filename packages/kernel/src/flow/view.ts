/** What flow knows of the action under judgement, worked out when a guard or a rule first asks and kept while the action stays the same. */
import type { Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import { summary } from '../session/labels.ts';
import type { SessionState } from '../session/state.ts';
import type { DelegatedUse, Taken } from './delegations.ts';
import type { Facts } from './facts.ts';
import type { Flows } from './flows.ts';
import type { ActionLabels } from './label-files/label-set.ts';

export class FlowView {
  readonly #flows: Flows;
  readonly #session: SessionState;
  readonly #said: Label | undefined;
  #action: Action | undefined;
  #facts: Facts | undefined;

  /** `said`: what the caller says of the arguments. */
  constructor(flows: Flows, session: SessionState, said?: readonly Label[]) {
    this.#flows = flows;
    this.#session = session;
    this.#said = said === undefined ? undefined : summary(said);
  }

  facts(action: Action): Facts {
    if (this.#facts === undefined || this.#action !== action) {
      this.#facts = this.#flows.facts(this.#session, action, this.#said);
      this.#action = action;
    }
    return this.#facts;
  }

  /** The labels of every value at and below a place of the params; none where there is nothing. */
  labelsAt(action: Action, steps: readonly string[]): readonly Label[] {
    const found = this.#flows.labelsAt(this.#session, action, steps);
    // Who wrote a value is the index's to say, where it knows; how private it is, the caller's too.
    return this.#said === undefined || found.length === 0
      ? found
      : [...found, { ...this.#said, integrity: 'trusted' }];
  }

  /** Everything that the session has seen was learned: what is not found was not there. */
  get knows(): boolean {
    return this.#flows.knows(this.#session.id);
  }

  /** Whether the user typed a token, as far as this process knows. */
  get typed(): (hash: number) => boolean {
    return this.#flows.typedIn(this.#session.id);
  }

  labelled(action: Action): ActionLabels | undefined {
    return this.#flows.labels.get(action.name);
  }

  /** Whether a cap on what named sources supply has room for it. */
  hasRoom(use: DelegatedUse): boolean {
    return this.#flows.delegations.room(this.#session.id, use);
  }

  /** Undefined where there is none left. */
  take(uses: readonly DelegatedUse[]): Taken | undefined {
    return this.#flows.delegations.take(this.#session.id, uses);
  }

  /** In words, for who judges or audits: place, role, standing and source of each argument that is not trusted. */
  chains(action: Action): readonly string[] {
    const { arguments: args } = this.facts(action);
    return args
      .filter(({ standing }) => standing !== 'user' && standing !== 'platform')
      .slice(0, 8)
      .map((argument) => this.#flows.explain(this.#session, argument));
  }
}
