/** What the gate asks of policy. */

import type { Json } from '@portcullis/wire';
import type { MaybePromise } from '../action/types.ts';
import type { Answer, Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour } from './compile/behaviour.ts';
import type { BudgetUse, CompiledBudget } from './compile/budget.ts';
import type { Plan, Unmet } from './remedy.ts';

/** Actions of a principal for a rule within a window: exact, atomic, one authority per deployment. */
export interface RateStore {
  /** How many uses of the key fall in (now - window, now]. */
  count(key: string, now: number, window: number): MaybePromise<number>;
  /**
   * Takes one use of every key, or of none: undefined when taken, else the index of the first full key and the milliseconds until it
   * has room. Atomic over concurrent callers.
   */
  reserve(
    uses: readonly { key: string; max: number; window: number }[],
    now: number,
  ): MaybePromise<{ full: number; wait: number } | RateReservation>;
}

export interface RateReservation {
  release(): MaybePromise<void>;
}

/** What is settled of an action beside its name. */
export interface Settled {
  readonly resource: boolean;
  /** JSON Pointers whose values stand in the action. */
  readonly params: ReadonlySet<string>;
  /** Nobody has said yet why. */
  readonly reasonOpen?: boolean;
}

/** A compiled, immutable policy: all layers. */
export interface Policy {
  readonly digest: string;
  readonly rules: number;
  /** A rule looks at labels or flow: what sessions see has to be learned. */
  readonly asksOrigins: boolean;
  /** Hard caps; sets nothing. */
  checkInvariants(evaluation: Evaluation): Answer;
  /** What an action takes of budgets; `unknown` where an amount that one counts is none. */
  spends(evaluation: Evaluation): readonly BudgetUse[] | 'unknown';
  readonly budgets: readonly CompiledBudget[];
  readonly behaviours: readonly CompiledBehaviour[];
  /** Those that an action of this name can be a step of. */
  behavioursOf(action: string): readonly CompiledBehaviour[];
  /** Whether any action could be permitted of which only so much is settled; sets `evaluation.verdict`. For grants: no use is decided by it. */
  couldPermit(evaluation: Evaluation, settled: Settled): Answer;
  /** Some rule or invariant may be told to whoever it refuses. */
  readonly showsAny: boolean;
  /** And so may each of them. */
  readonly showsAll: boolean;
  /** Whether each layer has a rule that permits such an action under some condition. */
  opens(action: string): boolean;
  /** The permissions that the action did not meet, the nearest first. Of a refused action. */
  unmet(evaluation: Evaluation): readonly Unmet[];
  /** What would have to be different for it to be permitted, as far as the rules say. Nothing of it is tried. */
  plans(evaluation: Evaluation): Iterable<Plan>;
  /** The rules; sets `evaluation.verdict` and answers pass, pass with demands, or a terminal deny or defer. */
  evaluate(evaluation: Evaluation, rates: RateStore): MaybePromise<Answer>;
}

/** A rate store that a restart rebuilds from the journal. */
export interface RebuildableRates extends RateStore {
  /** A use that the journal recorded. */
  apply(key: string, max: number, window: number, at: number): void;
  save(): Json;
  load(json: Json): void;
}
