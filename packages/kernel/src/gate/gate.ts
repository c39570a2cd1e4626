/**
 * Runs the guards in their order over one evaluation. Only a terminal answer ends the list; demands accumulate; what throws is
 * deny `kernel_fault`. Synchronous while every guard is: a promise is made only where a guard answers with one.
 */
import type { MaybePromise } from '../action/types.ts';
import { PortcullisError } from '../errors.ts';
import { type Answer, type Evaluation, type Guard, PASS } from './guard.ts';
import { type Judgement, permission, refusal } from './judgement.ts';
import { REJUDGE_FROM, type Stage } from './order.ts';

/** Applies the modification demanded, if any: whether the action changed, or the refusal of the changed action. */
export type Modify = (ev: Evaluation) => 'unchanged' | 'changed' | Judgement;

/** Guards that observe mode does not soften. */
const HARD_GUARDS: ReadonlySet<string> = new Set(['admission', 'invariants', 'permit']);
const HARD_CODES: ReadonlySet<string> = new Set([
  'unknown_session',
  'session_closed',
  'invalidated',
  'kernel_fault',
  'outcomes_full',
]);

export class Gate {
  readonly #guards: readonly Guard[];
  readonly #modify: Modify;
  readonly #restart: number;

  constructor(guards: readonly Guard[], modify: Modify) {
    this.#guards = guards;
    this.#modify = modify;
    this.#restart = guards.findIndex((guard) => guard.name === REJUDGE_FROM);
  }

  /** The same list without some stages: for asking what would be said of an action that nobody asked for. */
  without(...stages: readonly Stage[]): Gate {
    const left = this.#guards.filter(({ name }) => !stages.includes(name as Stage));
    return new Gate(left, this.#modify);
  }

  /** The first stage alone: undefined where the action is admitted. */
  admit(ev: Evaluation): MaybePromise<Judgement | undefined> {
    const first = this.#guards[0] as Guard;
    try {
      const answer = first.check(ev);
      if (answer instanceof Promise) {
        return answer.then(
          (settled) => refused(this.#step(ev, first, settled, undefined)),
          (error) => this.#fault(ev, first, error),
        );
      }
      return refused(this.#step(ev, first, answer, undefined));
    } catch (error) {
      return this.#fault(ev, first, error);
    }
  }

  /** The stages after admission. */
  judge(ev: Evaluation): MaybePromise<Judgement> {
    return this.#run(ev, 1, undefined);
  }

  #run(ev: Evaluation, from: number, would: Judgement['would']): MaybePromise<Judgement> {
    let softened = would;
    for (let at = from; at < this.#guards.length; at++) {
      const guard = this.#guards[at] as Guard;
      let answer: MaybePromise<Answer>;
      try {
        answer = guard.check(ev);
      } catch (error) {
        return this.#fault(ev, guard, error);
      }
      if (answer instanceof Promise) {
        const here = at;
        const before = softened;
        return answer.then(
          (settled) => {
            const step = this.#step(ev, guard, settled, before);
            return 'effect' in step
              ? step
              : this.#run(ev, step.again ? this.#restart : here + 1, step.would);
          },
          (error) => this.#fault(ev, guard, error),
        );
      }
      // Most say this, and nothing more.
      if (answer === PASS) continue;
      const step = this.#step(ev, guard, answer, softened);
      if ('effect' in step) return step;
      softened = step.would;
      if (step.again) at = this.#restart - 1;
    }
    return permission(ev.modified ? 'modify' : 'permit', softened);
  }

  /** A judgement where the list ends here; else how it goes on. */
  #step(ev: Evaluation, guard: Guard, answer: Answer, would: Judgement['would']): Step {
    if (answer.kind !== 'pass') {
      const { kind, code, note, reason, remedy, retryAfter } = answer;
      ev.answers.push(
        note === undefined
          ? { guard: guard.name, answer: kind, code }
          : { guard: guard.name, answer: kind, code, note },
      );
      const more = { effect: kind, reason, remedy, retryAfter, note };
      const judgement = refusal(guard.name, code, more);
      if (ev.mode === 'enforce' || HARD_GUARDS.has(guard.name) || HARD_CODES.has(code))
        return judgement;
      return { again: false, would: would ?? { effect: judgement.effect, code: judgement.code } };
    }
    if (answer.demands === undefined || answer.demands.length === 0) {
      if (answer.note !== undefined)
        ev.answers.push({ guard: guard.name, answer: 'pass', note: answer.note });
      return { again: false, would };
    }
    const { note } = answer;
    ev.answers.push(
      note === undefined
        ? { guard: guard.name, answer: 'demand' }
        : { guard: guard.name, answer: 'demand', note },
    );
    ev.demands.push(...answer.demands);
    return this.#changed(ev, guard, would);
  }

  /** A rule that changes the action does so at once: every later guard sees the action as it would run. */
  #changed(ev: Evaluation, guard: Guard, would: Judgement['would']): Step {
    if (!ev.demands.some((demand) => demand.kind === 'modification'))
      return { again: false, would };
    if (ev.mode === 'observe') {
      ev.demands = ev.demands.filter((demand) => demand.kind !== 'modification');
      return { again: false, would: would ?? { effect: 'modify', code: 'modified' } };
    }
    const before = ev.modified;
    const outcome = this.#modify(ev);
    ev.demands = ev.demands.filter((demand) => demand.kind !== 'modification');
    if (outcome === 'unchanged') return { again: false, would };
    if (typeof outcome === 'object') return outcome;
    if (before) return refusal(guard.name, 'modify_loop');
    ev.modified = true;
    // Judged again from the start of the rules: what the first reading demanded belongs to the action that it read.
    ev.demands = [];
    return { again: true, would };
  }

  #fault(ev: Evaluation, guard: Guard, error: unknown): Judgement {
    const code = error instanceof PortcullisError ? error.code : 'kernel_fault';
    const note =
      error instanceof Error
        ? `${error.name}: ${error.message}`
        : 'something that is no Error was thrown';
    ev.answers.push({ guard: guard.name, answer: 'deny', code, note });
    return refusal(guard.name, code, { note });
  }
}

type Step = Judgement | { readonly again: boolean; readonly would: Judgement['would'] };

const refused = (step: Step): Judgement | undefined => ('effect' in step ? step : undefined);
