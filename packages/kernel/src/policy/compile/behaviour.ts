/** Rules over the order of calls, made ready: steps in a row, the bounds between the first and the last, and what comes of it. */

import type { Label, Quarantine } from '@portcullis/wire';
import type { Action } from '../../action/index.ts';
import { fitsEnds } from '../../action/move.ts';
import { integrityOf } from '../../flow/standing.ts';
import type { Evaluation } from '../../gate/guard.ts';
import type { Whom } from '../../session/quarantine.ts';
import { sequenceDigest } from '../digest.ts';
import type { Behaviour, BehaviourStep } from '../document/schema.ts';
import { parseSequence } from '../document/sequence.ts';
import { many } from '../document/terms.ts';
import { compileResource } from '../glob/resource.ts';
import { type Joint, jointsOf } from './joint.ts';
import { isOf, RULE_SOURCE, type Sight } from './sight.ts';
import { sure, sureAction } from './sure.ts';

export type Decided = 'permitted' | 'denied' | 'any';

export interface CompiledStep {
  /** Data of the step before has to be in it. */
  readonly arrow: boolean;
  readonly decided: Decided;
  /** Over several sessions: what it has in common with the step before. */
  readonly joints: readonly Joint[];
  /** And in what it differs from it. */
  readonly other: 'principal' | 'session' | undefined;
  /** One of these its principal has seen, within the rule's time. */
  readonly seen: readonly Sight[];
  /** Whether an action of this name can be it. */
  takes(action: string): boolean;
  matches(evaluation: Evaluation, action: Action): boolean;
}

export interface CompiledBehaviour {
  readonly name: string;
  /** Layer, name and what it looks for: what its state is kept under. */
  readonly key: string;
  /** Over all sessions of a principal, or all principals of a tenant; of one session where left out. */
  readonly across: 'sessions' | 'principals' | undefined;
  /** It is about so many different ones taking its only step; 0 for all others. */
  readonly distinct: number;
  readonly steps: readonly CompiledStep[];
  /** One of them is led to by an arrow. */
  readonly arrows: boolean;
  /** Calls of the session between the first step and the last, the last included; infinite where none are said. */
  readonly calls: number;
  /** Milliseconds; infinite where none are said. */
  readonly time: number;
  readonly effect: Behaviour['effect'];
  readonly level: Quarantine;
  /** Whose quarantine it is. */
  readonly whom: Whom;
  /** What the session bears from then on. */
  readonly label: Label;
  readonly reason: string | undefined;
}

export function compileBehaviour(behaviour: Behaviour, scope: string): CompiledBehaviour {
  const { across, name, label } = behaviour;
  const { names, arrows, calls, time } = sure(parseSequence(behaviour.sequence));
  const only = behaviour.steps[names[0] ?? ''];
  const distinct = names.length === 1 && only?.other !== undefined ? (only.times ?? 2) : 0;
  const steps = names.flatMap((step, index) => {
    const written = behaviour.steps[step] as BehaviourStep;
    const compiled = compileStep(written, index === names.length - 1, across);
    if (distinct > 0) return [compiled];
    const first = Object.freeze({ ...compiled, arrow: arrows[index - 1] === true });
    return [first, ...Array.from({ length: (written.times ?? 1) - 1 }, () => compiled)];
  });
  return Object.freeze({
    name,
    key: `${scope}/${name}@${sequenceDigest(behaviour).slice(0, 12)}`,
    across,
    distinct,
    steps,
    arrows: arrows.includes(true),
    calls,
    time,
    effect: behaviour.effect,
    level: behaviour.level ?? 'isolated',
    whom: behaviour.whom ?? 'session',
    label: Object.freeze({
      source: RULE_SOURCE,
      origin: name,
      integrity: label?.integrity ?? 'untrusted',
      confidentiality: label?.confidentiality ?? 'private',
    }),
    reason: behaviour.reason,
  });
}

/** An earlier step is one that was let through, the last one any attempt, unless a step says otherwise. */
function compileStep(
  step: BehaviourStep,
  last: boolean,
  across: Behaviour['across'],
): CompiledStep {
  const actions = many(step.action).map(sureAction);
  const resource = step.resource === undefined ? undefined : globs(step.resource);
  const except = step.except === undefined ? undefined : globs(step.except);
  const sees = many(step.session_has_seen);
  const carries = many(step.carries);
  const byName = resource === undefined && except === undefined && carries.length === 0;
  const takes = (name: string): boolean =>
    actions.length === 0 || actions.some((one) => one.matches(name));
  return Object.freeze({
    arrow: false,
    takes,
    decided: step.decided ?? (last ? 'any' : 'permitted'),
    joints: across === undefined ? [] : jointsOf(step, across),
    other: step.other,
    seen: many(step.principal_has_seen),
    matches(ev: Evaluation, action: Action): boolean {
      if (!takes(action.name)) return false;
      // What admission refused has a name and no more that could be asked about.
      if (ev.action === undefined && !byName) return false;
      if (resource !== undefined && !fitsEnds(action, resource, false)) return false;
      if (except !== undefined && fitsEnds(action, except, true)) return false;
      const labels = ev.session?.labels ?? [];
      if (!sees.every((sight) => labels.some((label) => isOf(label, sight)))) return false;
      return carries.length === 0 || carries.some((sight) => carried(ev, action, sight));
    },
  });
}

const globs = (patterns: BehaviourStep['resource']) =>
  compileResource({ patterns: many(patterns), ignoreCase: true, strict: false });

/** As far as labels of its arguments tell; where they do not, whatever the session has seen. */
function carried(ev: Evaluation, action: Action, sight: Sight): boolean {
  const labels = ev.session?.labels ?? [];
  const facts = ev.flow?.knows === true ? ev.flow.facts(action) : undefined;
  if (sight === 'derived' || facts?.labelled !== true)
    return labels.some((label) => isOf(label, sight));
  if (sight === 'private') return facts.private;
  if (sight === 'secret') return facts.secret;
  return facts.arguments.some(
    ({ standing }) => integrityOf(standing, facts.tainted) === 'untrusted',
  );
}

/** Names that are remembered: whoever asks for more of them pays for the look. */
const MOST_NAMES = 1_000;

/** The rules that an action of a name can be a step of; with an arrow, every action may carry its data on. */
export function behavioursByAction(
  rules: readonly CompiledBehaviour[],
): (action: string) => readonly CompiledBehaviour[] {
  const known = new Map<string, readonly CompiledBehaviour[]>();
  return (action) => {
    let found = known.get(action);
    if (found !== undefined) return found;
    found = rules.filter(({ steps }) => steps.some((step) => step.arrow || step.takes(action)));
    if (known.size < MOST_NAMES) known.set(action, found);
    return found;
  };
}
