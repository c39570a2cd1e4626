/**
 * How far each session has come in each rule over its calls: for every length of a beginning, the latest call it could have begun at, which is all that a
 * bound asks for. Nothing looks back over the calls themselves; a decision's record holds which steps it was, and a restart walks the same way.
 */
import type { JournalRecord, Json } from '@portcullis/wire';
import type { CompiledBehaviour, Decided } from '../policy/compile/behaviour.ts';
import type { Fold } from '../state/fold.ts';

/** Which steps of a rule an action is, first step 0; with what is needed to walk on without the rule. */
export interface Walked {
  readonly key: string;
  /** Steps of the rule. */
  readonly length: number;
  readonly steps: readonly number[];
}

interface Began {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Which call of the session, from 1. */
  readonly call: number;
}

interface Progress {
  calls: number;
  /** By rule; one entry for each length of a beginning, all but the whole. */
  readonly rules: Map<string, (Began | undefined)[]>;
}

/** Sessions that are kept: the one that acted longest ago goes. */
const MOST = 100_000;

export class Sequences implements Fold {
  readonly name = 'behaviour';
  readonly #sessions = new Map<string, Progress>();

  /** Whether this call would be the last step, within the bounds of the rule. */
  completes(session: string, rule: CompiledBehaviour, now: number): boolean {
    const last = rule.steps.length - 1;
    if (last === 0) return true;
    const progress = this.#sessions.get(session);
    const began = progress?.rules.get(rule.key)?.[last - 1];
    if (progress === undefined || began === undefined) return false;
    return progress.calls + 1 - began.call <= rule.calls && now - began.at <= rule.time;
  }

  /** A call was decided: every rule that it is a step of goes on. Longest beginnings first, so that one call is one step of each. */
  walk(session: string, walked: readonly Walked[], at: number): void {
    const known = this.#sessions.get(session);
    if (known === undefined && walked.length === 0) return;
    const progress = known ?? { calls: 0, rules: new Map() };
    if (known !== undefined) this.#sessions.delete(session);
    this.#sessions.set(session, progress);
    progress.calls += 1;
    for (const { key, length, steps } of walked) {
      const begun = progress.rules.get(key) ?? Array.from({ length: length - 1 }, () => undefined);
      for (const step of [...steps].sort((a, b) => b - a)) {
        if (step >= length - 1) continue;
        begun[step] = step === 0 ? { at, call: progress.calls } : (begun[step - 1] ?? begun[step]);
      }
      progress.rules.set(key, begun);
    }
    if (this.#sessions.size > MOST) {
      const [oldest] = this.#sessions.keys();
      if (oldest !== undefined) this.#sessions.delete(oldest);
    }
  }

  // ---- the fold

  apply(record: JournalRecord): void {
    if (record.kind !== 'decision' || record.session === undefined) return;
    const session = record.session as string;
    this.walk(session, walkedOf(record.steps ?? []), Date.parse(record.ts));
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
    for (const [id, calls, rules] of json as unknown as Saved) {
      const made = rules.map(([key, begun]): [string, (Began | undefined)[]] => [
        key,
        begun.map((one) => (one === null ? undefined : { at: one[0], call: one[1] })),
      ]);
      this.#sessions.set(id, { calls, rules: new Map(made) });
    }
  }
}

/** Of a decision's record: rows of [rule, its length, steps…]. */
export const membersOf = (walked: readonly Walked[]): Json =>
  walked.map(({ key, length, steps }) => [key, length, ...steps]);

const walkedOf = (members: Json): readonly Walked[] =>
  (members as unknown as [string, number, ...number[]][]).map(([key, length, ...steps]) => ({
    key,
    length,
    steps,
  }));

/** Whether a step is of a call that was decided so. */
export const isDecided = (wanted: Decided, permitted: boolean): boolean =>
  wanted === 'any' || (wanted === 'permitted') === permitted;
