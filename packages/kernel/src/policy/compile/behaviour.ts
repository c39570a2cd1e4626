/** Rules over the order of a session's calls, made ready: steps in a row, the bounds between the first and the last, and what comes of it. */
import type { Quarantine } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { Whom } from '../../session/quarantine.ts';
import { sequenceDigest } from '../digest.ts';
import type { Behaviour, BehaviourStep } from '../document/schema.ts';
import { parseSequence } from '../document/sequence.ts';
import { many } from '../document/terms.ts';
import { parseActionPattern } from '../glob/action.ts';
import { compileResource } from '../glob/resource.ts';
import { sure } from './around.ts';

export type Decided = 'permitted' | 'denied' | 'any';

interface CompiledStep {
  /** Data of the step before has to be in it. */
  readonly arrow: boolean;
  readonly decided: Decided;
  matches(evaluation: Evaluation, action: Action): boolean;
}

export interface CompiledBehaviour {
  readonly name: string;
  /** Layer, name and what it looks for: what its state is kept under. */
  readonly key: string;
  readonly steps: readonly CompiledStep[];
  /** Calls of the session between the first step and the last, the last included; infinite where none are said. */
  readonly calls: number;
  /** Milliseconds; infinite where none are said. */
  readonly time: number;
  readonly effect: 'deny' | 'require_approval' | 'quarantine';
  readonly level: Quarantine;
  /** Whose quarantine it is. */
  readonly whom: Whom;
  readonly reason: string | undefined;
}

export function compileBehaviour(behaviour: Behaviour, scope: string): CompiledBehaviour {
  const { names, arrows, calls, time } = sure(parseSequence(behaviour.sequence));
  const steps = names.flatMap((name, index) => {
    const step = behaviour.steps[name] as BehaviourStep;
    const compiled = compileStep(step, index === names.length - 1);
    const first = Object.freeze({ ...compiled, arrow: arrows[index - 1] === true });
    return [first, ...Array.from({ length: (step.times ?? 1) - 1 }, () => compiled)];
  });
  return Object.freeze({
    name: behaviour.name,
    key: `${scope}/${behaviour.name}@${sequenceDigest(behaviour).slice(0, 12)}`,
    steps,
    calls,
    time,
    effect: behaviour.effect,
    level: behaviour.level ?? 'isolated',
    whom: behaviour.whom ?? 'session',
    reason: behaviour.reason,
  });
}

/** An earlier step is one that was let through, the last one any attempt, unless a step says otherwise. */
function compileStep(step: BehaviourStep, last: boolean): CompiledStep {
  const actions = many(step.action).map((text) => {
    const pattern = parseActionPattern(text);
    if ('wrong' in pattern) throw new TypeError(pattern.wrong);
    return pattern;
  });
  const resource =
    step.resource === undefined
      ? undefined
      : compileResource({ patterns: many(step.resource), ignoreCase: true, strict: false });
  const sees = many(step.session_has_seen);
  return Object.freeze({
    arrow: false,
    decided: step.decided ?? (last ? 'any' : 'permitted'),
    matches({ session }: Evaluation, action: Action): boolean {
      if (actions.length > 0 && !actions.some((one) => one.matches(action.name))) return false;
      if (resource !== undefined && !resource(action.resource.value)) return false;
      return sees.every((what) =>
        (session?.labels ?? []).some(
          ({ integrity, confidentiality }) => integrity === what || confidentiality === what,
        ),
      );
    },
  });
}
