/** What the shape of a rule over calls cannot say: its steps named once, arrows and joins where they mean something, keys that only some effects take. */
import type { Diagnostics, Path } from './diagnostics.ts';
import type { Behaviour, BehaviourStep } from './schema.ts';
import { type ParsedSequence, parseSequence } from './sequence.ts';
import { many } from './terms.ts';

/** Steps of a sequence, `times` counted. */
const MOST_STEPS = 32;
/** What several sessions have in common is not kept for longer: 30 days. */
const LONGEST = 30 * 86_400_000;

export function checkBehaviour(behaviour: Behaviour, at: Path, into: Diagnostics): void {
  const { steps } = behaviour;
  const parsed = parseSequence(behaviour.sequence);
  if (parsed === undefined) {
    const message =
      'write it as `a then b within 10 calls`, `within 5m`, or `a -> b` where data of the one is in the other';
    into.error('bad_value', [...at, 'sequence'], message);
    return;
  }
  for (const name of parsed.names) {
    if (!Object.hasOwn(steps, name))
      into.error('bad_value', [...at, 'sequence'], `there is no step ${name} among the steps`);
  }
  for (const name of Object.keys(steps)) {
    if (!parsed.names.includes(name))
      into.error('bad_value', [...at, 'steps', name], 'the sequence does not name this step');
  }
  const count = parsed.names.reduce((sum, name) => sum + (steps[name]?.times ?? 1), 0);
  if (count > MOST_STEPS)
    into.error('bad_value', [...at, 'sequence'], `a sequence has at most ${MOST_STEPS} steps`);
  checkArrows(behaviour, parsed, at, into);
  checkEffect(behaviour, steps[parsed.names.at(-1) ?? ''], at, into);
  if (behaviour.across === undefined) checkOneSession(behaviour, at, into);
  else checkAcross(behaviour, parsed, at, into);
}

function checkArrows(
  { steps }: Behaviour,
  parsed: ParsedSequence,
  at: Path,
  into: Diagnostics,
): void {
  parsed.arrows.forEach((arrow, index) => {
    const from = parsed.names[index] ?? '';
    const decided = steps[from]?.decided;
    if (arrow && decided !== undefined && decided !== 'permitted')
      into.error(
        'bad_value',
        [...at, 'steps', from, 'decided'],
        'an arrow goes out from what was let through: nothing else has an output',
      );
  });
}

function checkEffect(
  { effect, level, whom, label }: Behaviour,
  last: BehaviourStep | undefined,
  at: Path,
  into: Diagnostics,
): void {
  if (last?.decided === 'denied' && effect !== 'quarantine')
    into.error(
      'bad_value',
      [...at, 'effect'],
      'what is denied already can only be followed by quarantine',
    );
  for (const [key, said] of Object.entries({ level, whom })) {
    if (said !== undefined && effect !== 'quarantine')
      into.error('misplaced_key', [...at, key], `only quarantine has a ${key}`);
  }
  if (label !== undefined && effect !== 'label')
    into.error('misplaced_key', [...at, 'label'], 'only the effect label gives one');
}

/** Keys that compare calls of several sessions. */
const JOINING = ['same', 'other', 'principal_has_seen'] as const;

function checkOneSession({ steps }: Behaviour, at: Path, into: Diagnostics): void {
  for (const [name, step] of Object.entries(steps)) {
    for (const key of JOINING) {
      if (step[key] === undefined) continue;
      const message = `${key} is of rules over several sessions: say across`;
      into.error('misplaced_key', [...at, 'steps', name, key], message);
    }
  }
}

function checkAcross(
  { across, steps }: Behaviour,
  parsed: ParsedSequence,
  at: Path,
  into: Diagnostics,
): void {
  if (!Number.isFinite(parsed.time) || parsed.time > LONGEST)
    into.error(
      'bad_value',
      [...at, 'sequence'],
      'a rule over several sessions says within what time, at most 30d',
    );
  if (parsed.arrows.includes(true))
    into.error(
      'bad_value',
      [...at, 'sequence'],
      'an arrow is of one session: say then, and what the steps carry',
    );
  parsed.names.forEach((name, index) => {
    const step = steps[name] as BehaviourStep | undefined;
    if (step === undefined) return;
    const path = [...at, 'steps', name];
    const only = parsed.names.length === 1;
    const times = step.times ?? 1;
    if (index === 0 && !only && times === 1) {
      for (const key of ['same', 'other'] as const) {
        if (step[key] === undefined) continue;
        into.error(
          'misplaced_key',
          [...path, key],
          `${key} is as to the step before; this is the first`,
        );
      }
    }
    if (step.other !== undefined && times > 1 && !only)
      into.error('bad_value', [...path, 'times'], 'so many different ones are a rule of one step');
    if (only && step.other === undefined && step.same !== undefined && times === 1)
      into.error('misplaced_key', [...path, 'same'], 'say times, or other, for there is one step');
    if (across === 'sessions' && step.other === 'principal')
      into.error('bad_value', [...path, 'other'], 'the sessions are all of one principal');
    if (step.other === 'principal' && many(step.same).includes('principal'))
      into.error('bad_value', [...path, 'other'], 'a principal is not the same and another');
  });
}
