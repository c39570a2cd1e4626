/** From the plans that rules leave open to help that was tried: a plan that the whole gate does not bear out is told to nobody. */
import type { ArgumentHelp, Help, JsonObject } from '@portcullis/wire';
import type { Code } from '../errors.ts';
import type { Evaluation } from '../gate/guard.ts';
import { permits } from '../gate/judgement.ts';
import type { Change, Plan } from '../policy/remedy.ts';
import { type Different, type Rehearsal, rehearse } from './rehearse.ts';
import { LEFT_OUT, type Sample, samplesFor } from './samples.ts';

/** Rehearsals for one refusal, over all its plans. */
const MOST_TRIES = 24;

export class Attempts {
  readonly #rehearsal: Rehearsal;
  readonly #ev: Evaluation;
  #left = MOST_TRIES;

  constructor(rehearsal: Rehearsal, ev: Evaluation) {
    this.#rehearsal = rehearsal;
    this.#ev = ev;
  }

  /** Permitted as it would be then. */
  permits(different: Different): boolean {
    const effect = this.#try(different);
    return effect !== undefined && permits(effect);
  }

  /** Permitted, or held for people: what was asked of the requester is settled. */
  settles(different: Different): boolean {
    const effect = this.#try(different);
    return effect !== undefined && (permits(effect) || effect === 'require_approval');
  }

  #try(different: Different): ReturnType<typeof rehearse> {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    return rehearse(this.#rehearsal, this.#ev, different);
  }
}

/** Undefined where the plan comes to nothing. */
export function helpOf(
  code: Code,
  plan: Plan,
  ev: Evaluation,
  attempts: Attempts,
  capability: () => string | undefined,
): Help | undefined {
  if (plan.session) return helpBySession(code, plan, ev, attempts);
  if (plan.times.length > 0) return helpByTime(code, plan, ev, attempts);
  if (plan.changes.length === 0 && !plan.grant) return undefined;
  const args = argumentsOf(plan, attempts);
  if (args === undefined) return undefined;
  const told = args.length === 0 ? {} : { arguments: args };
  if (!plan.grant) return { code, retry: 'change_arguments', ...told };
  const id = capability();
  return id === undefined ? undefined : { code, retry: 'get_grant', capability: id, ...told };
}

function helpBySession(
  code: Code,
  plan: Plan,
  ev: Evaluation,
  attempts: Attempts,
): Help | undefined {
  if (plan.changes.length > 0 || plan.grant || plan.times.length > 0) return undefined;
  if (!ev.caller.rights.has('sessions:open')) return undefined;
  return attempts.permits({ session: 'new' }) ? { code, retry: 'new_session' } : undefined;
}

function helpByTime(code: Code, plan: Plan, ev: Evaluation, attempts: Attempts): Help | undefined {
  if (plan.changes.length > 0 || plan.grant) return undefined;
  const at = plan.times.find((moment) => attempts.permits({ at: moment }));
  if (at === undefined) return undefined;
  const seconds = Math.ceil((at - ev.now) / 1_000);
  return { code, retry: 'after', after: { seconds, at: new Date(at).toISOString() } };
}

/** What each argument has to be, with a value of each that was tried together with the others. */
function argumentsOf(plan: Plan, attempts: Attempts): ArgumentHelp[] | undefined {
  const { changes, grant: granted } = plan;
  const only = changes.find(({ argument }) => argument === '/params')?.permitted[0]?.tests.only;
  const shared = only === undefined ? { granted } : { granted, only: only as string[] };
  const samples = changes.map(samplesFor);
  const most = Math.max(1, ...samples.map(({ length }) => length));
  const tried = new Map<string, Sample>();
  for (let at = 0; at < most && tried.size === 0; at++) {
    const values = new Map<string, Sample>();
    for (const [index, { argument }] of changes.entries()) {
      const mine = samples[index] as Sample[];
      const value = mine[Math.min(at, mine.length - 1)];
      if (value === undefined) return undefined;
      values.set(argument, value);
    }
    if (!attempts.permits({ ...shared, values })) continue;
    for (const [argument, value] of values) tried.set(argument, value);
  }
  if (changes.length > 0 && tried.size === 0) return undefined;
  if (changes.length === 0 && !attempts.permits(shared)) return undefined;
  return changes.map((change) => told(plan, change, tried.get(change.argument) as Sample));
}

function told(plan: Plan, change: Change, example: Sample): ArgumentHelp {
  const { argument } = change;
  const permitted = change.permitted.map(({ tests }) => shortened(tests));
  if (argument === '/params') return { argument, permitted };
  if (example === LEFT_OUT) return { argument, permitted: [{ present: false }] };
  // A sample of a reason is none.
  if (argument === '/justification') return { argument, permitted };
  const all = change.unless.map(({ tests }) => tests);
  const unless = all.filter((tests) => JSON.stringify(tests).length <= LONGEST_UNLESS);
  return {
    argument,
    permitted,
    ...(unless.length === 0 ? {} : { unless }),
    ...(plan.exact && unless.length === all.length ? {} : { partial: true }),
    example,
  };
}

/** Characters of what one restriction takes away, as JSON: a list of names that is longer tells a model little. */
const LONGEST_UNLESS = 512;
const MOST_LISTED = 16;

/** Of what may be chosen from, some are enough. */
const shortened = (tests: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(tests).map(([name, operand]) => [
      name,
      (name === 'in' || name === 'glob') && Array.isArray(operand)
        ? operand.slice(0, MOST_LISTED)
        : operand,
    ]),
  );
