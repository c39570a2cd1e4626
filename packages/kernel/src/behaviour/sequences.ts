/**
 * How far each session has come in each rule over its calls: for every length of a beginning, the latest call it could have begun at, which is all that a
 * bound asks for. Nothing looks back over the calls themselves; a decision's record holds which steps it was, and a restart walks the same way.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { CompiledBehaviour, Decided } from '../policy/compile/behaviour.ts';
import { timeOf } from '../record/time.ts';
import type { Fold } from '../state/fold.ts';
import { later, type SequenceStart } from './data-flow.ts';

/** Which steps of a rule an action is, first step 0; with what is needed to walk on without the rule. */
export interface Walked {
  readonly key: string;
  /** Steps of the rule. */
  readonly length: number;
  readonly steps: readonly number[];
  /** Of steps that an arrow leads to: which beginning they go on with. */
  readonly began?: ReadonlyMap<number, SequenceStart>;
}

interface Progress {
  calls: number;
  /** By rule; one entry for each length of a beginning, all but the whole. */
  readonly rules: Map<string, Beginnings>;
}

type Beginnings = (SequenceStart | undefined)[];

/** Of an arrow's step: the beginning that the call carries data of. `lost` is the latest one whose data nobody knows any more. */
export type Carries = (step: number, lost: SequenceStart | undefined) => SequenceStart | undefined;

const NOTHING_CARRIED: Carries = () => undefined;

/** Rules that one session walks. */
const MOST_RULES = 1_000;

export class Sequences implements Fold {
  readonly name = 'behaviour';
  readonly #sessions = new Map<string, Progress>();
  /** Beginnings of before this process was, whose data it has not seen. */
  readonly #lost = new Map<string, Map<string, Beginnings>>();

  /** Whether this call would be the last step, within the bounds of the rule. */
  completes(
    session: string,
    rule: CompiledBehaviour,
    now: number,
    carries: Carries = NOTHING_CARRIED,
  ): boolean {
    const last = rule.steps.length - 1;
    if (last === 0) return true;
    const began = this.goesOn(session, rule, last, now, carries);
    if (began === undefined) return false;
    const calls = this.#sessions.get(session)?.calls ?? 0;
    return calls + 1 - began.call <= rule.calls && now - began.at <= rule.time;
  }

  /** The latest beginning that a call goes on with as this step. */
  goesOn(
    session: string,
    rule: CompiledBehaviour,
    step: number,
    now: number,
    carries: Carries = NOTHING_CARRIED,
  ): SequenceStart | undefined {
    const progress = this.#sessions.get(session);
    if (step === 0) return { at: now, call: (progress?.calls ?? 0) + 1 };
    if (rule.steps[step]?.arrow !== true) return progress?.rules.get(rule.key)?.[step - 1];
    return carries(step, this.#lost.get(session)?.get(rule.key)?.[step - 1]);
  }

  /** A call was decided: every rule that it is a step of goes on. Longest beginnings first, so that one call is one step of each. */
  walk(session: string, walked: readonly Walked[], at: number): void {
    const known = this.#sessions.get(session);
    if (known === undefined && walked.length === 0) return;
    const progress = known ?? { calls: 0, rules: new Map() };
    if (known === undefined) this.#sessions.set(session, progress);
    progress.calls += 1;
    for (const { key, length, steps, began } of walked) {
      const begun: Beginnings =
        progress.rules.get(key) ?? Array.from({ length: length - 1 }, () => undefined);
      for (const step of [...steps].sort((a, b) => b - a)) {
        if (step >= length - 1) continue;
        const carried = began?.get(step);
        begun[step] =
          step === 0
            ? { at, call: progress.calls }
            : later(begun[step], carried ?? begun[step - 1]);
      }
      // A rule that is not in force any more goes first.
      progress.rules.delete(key);
      progress.rules.set(key, begun);
      if (progress.rules.size > MOST_RULES) {
        const [oldest] = progress.rules.keys();
        if (oldest !== undefined) progress.rules.delete(oldest);
      }
    }
  }

  /** No call of it comes any more. Before that nothing is forgotten: sessions are bounded where they are opened. */
  close(session: string): void {
    this.#sessions.delete(session);
    this.#lost.delete(session);
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.session === undefined) return;
    const session = record.session as string;
    if (record.event === 'session.closed') this.close(session);
    if (record.kind !== 'decision') return;
    const walked = walkedOf(record.steps ?? []);
    this.walk(session, walked, timeOf(record));
    for (const { key } of walked) this.#lose(session, key);
  }

  /** What these calls gave is not kept: whatever comes may carry data of it. */
  #lose(session: string, key: string): void {
    const begun = this.#sessions.get(session)?.rules.get(key);
    if (begun === undefined) return;
    const lost = this.#lost.get(session) ?? new Map<string, Beginnings>();
    lost.set(key, [...begun]);
    this.#lost.set(session, lost);
  }

  save(): Json {
    return [...this.#sessions].map(([id, { calls, rules }]) => [
      id,
      calls,
      [...rules].map(([key, begun]) => [
        key,
        begun.map((one) => (one === undefined ? null : [one.at, one.call])),
      ]),
    ]) as unknown as Json;
  }

  load(json: Json): void {
    type Saved = [string, number, [string, ([number, number] | null)[]][]][];
    this.#sessions.clear();
    this.#lost.clear();
    for (const [id, calls, rules] of json as unknown as Saved) {
      const made = rules.map(([key, begun]): [string, (SequenceStart | undefined)[]] => [
        key,
        begun.map((one) => (one === null ? undefined : { at: one[0], call: one[1] })),
      ]);
      this.#sessions.set(id, { calls, rules: new Map(made) });
      for (const [key] of rules) this.#lose(id, key);
    }
  }
}

/** Of a decision's record: rows of [rule, its length, steps…]; a step that an arrow leads to is [step, call, time] of the beginning it goes on with. */
export const membersOf = (walked: readonly Walked[]): Json =>
  walked.map(({ key, length, steps, began }) => [
    key,
    length,
    ...steps.map((step): Json => {
      const carried = began?.get(step);
      return carried === undefined ? step : [step, carried.call, carried.at];
    }),
  ]);

type Row = [string, number, ...(number | [number, number, number])[]];

const walkedOf = (members: Json): readonly Walked[] =>
  (members as unknown as Row[]).map(([key, length, ...steps]) => ({
    key,
    length,
    steps: steps.map((step) => (typeof step === 'number' ? step : step[0])),
    began: new Map(
      steps.flatMap((step) =>
        typeof step === 'number' ? [] : [[step[0], { call: step[1], at: step[2] }] as const],
      ),
    ),
  }));

/** Whether a step is of a call that was decided so. */
export const isDecided = (wanted: Decided, permitted: boolean): boolean =>
  wanted === 'any' || (wanted === 'permitted') === permitted;
