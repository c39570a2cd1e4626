/**
 * What sources that the user named have supplied since the user's last turn: how many actions, and how much of what, for each rule that caps
 * it. Taken at once when the rule lets an action through, given back where something else refuses it; rebuilt from the journal.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { Fold } from '../state/fold.ts';
import type { ArgumentFact } from './facts.ts';

/** What was taken is kept, unless it is given back. */
export interface Taken {
  release(): void;
}

/** One action's share of a rule's cap. */
export interface DelegatedUse {
  /** Layer and rule, as a JSON array text. */
  readonly key: string;
  /** Actions of one turn; undefined for any number. */
  readonly actions: number | undefined;
  readonly amounts: readonly Amount[];
}

export interface Amount {
  /** JSON Pointer into the params. */
  readonly pointer: string;
  readonly amount: number;
  readonly max: number;
}

interface Used {
  actions: number;
  readonly amounts: Map<string, number>;
}

/** Sums of doubles are off in their last digits. */
const ROUNDING = 1 + 1e-12;

/** Where something that the user named chose the value. */
export const isSupplied = ({ standing }: ArgumentFact): boolean =>
  standing === 'named' || standing === 'link';

export class Delegations implements Fold {
  readonly name = 'delegations';
  readonly #sessions = new Map<string, Map<string, Used>>();

  /** Whether this action and all before it since the user's last turn are within the cap. */
  room(session: string, use: DelegatedUse): boolean {
    const used = this.#sessions.get(session)?.get(use.key);
    if (use.actions !== undefined && (used?.actions ?? 0) + 1 > use.actions) return false;
    return use.amounts.every(
      ({ pointer, amount, max }) =>
        amount >= 0 && (used?.amounts.get(pointer) ?? 0) + amount <= max * ROUNDING,
    );
  }

  /** All of them or none; undefined where there is no room. */
  take(session: string, uses: readonly DelegatedUse[]): Taken | undefined {
    if (!uses.every((use) => this.room(session, use))) return undefined;
    const back = uses.map((use) => this.#add(session, use.key, use.amounts));
    return {
      release: () => {
        for (const giveBack of back) giveBack();
      },
    };
  }

  #add(
    session: string,
    key: string,
    amounts: readonly Pick<Amount, 'pointer' | 'amount'>[],
  ): () => void {
    const used = this.#used(session, key);
    used.actions += 1;
    const add = (sign: 1 | -1): void => {
      for (const { pointer, amount } of amounts)
        used.amounts.set(pointer, (used.amounts.get(pointer) ?? 0) + sign * amount);
    };
    add(1);
    // A turn that came meanwhile has begun counts of its own: these are then nobody's.
    return () => {
      used.actions -= 1;
      add(-1);
    };
  }

  #used(session: string, key: string): Used {
    let rules = this.#sessions.get(session);
    if (rules === undefined) {
      rules = new Map();
      this.#sessions.set(session, rules);
    }
    let used = rules.get(key);
    if (used === undefined) {
      used = { actions: 0, amounts: new Map() };
      rules.set(key, used);
    }
    return used;
  }

  /** The user spoke, or the session ended: what was delegated before is done. */
  begin(session: string): void {
    this.#sessions.delete(session);
  }

  apply(record: JournalRecord): void {
    const session = record.session as string;
    if (record.kind === 'state') {
      if (record.event === 'session.turn' || record.event === 'session.closed') this.begin(session);
      return;
    }
    const permitted = record.effect === 'permit' || record.effect === 'modify';
    if (record.kind !== 'decision' || !permitted) return;
    const taken = (record.delegated ?? []) as [string, [string, number][]][];
    for (const [key, amounts] of taken)
      this.#add(
        session,
        key,
        amounts.map(([pointer, amount]) => ({ pointer, amount })),
      );
  }

  save(): Json {
    return [...this.#sessions].map(([session, rules]) => [
      session,
      [...rules].map(([key, { actions, amounts }]) => [key, actions, [...amounts]]),
    ]);
  }

  load(json: Json): void {
    this.#sessions.clear();
    for (const [session, rules] of json as [string, [string, number, [string, number][]][]][])
      this.#sessions.set(
        session,
        new Map(
          rules.map(([key, actions, amounts]) => [key, { actions, amounts: new Map(amounts) }]),
        ),
      );
  }
}

/** For the decision's record: what a restart counts again. */
export const delegatedMember = (uses: readonly DelegatedUse[]): Json =>
  uses.map(({ key, amounts }) => [key, amounts.map(({ pointer, amount }) => [pointer, amount])]);
