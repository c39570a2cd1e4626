/** What a decision does to sequences: which steps the call was, what it leaves for later calls, and whether that ends or labels the session. */
import type { Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { CompiledBehaviour, CompiledStep } from '../policy/compile/behaviour.ts';
import type { Policy } from '../policy/types.ts';
import { arrowOf } from './call-data-flow.ts';
import { type Behaviours, CallMatcher } from './call-matcher.ts';
import { arrivalsMember, type Taken } from './correlations.ts';
import type { ArrowFeed, SequenceStart } from './data-flow.ts';
import { quarantineBy } from './quarantine.ts';
import { isDecided, membersOf, type Walked } from './sequences.ts';

/** To be done once the decision is recorded. */
export interface SettledSteps {
  readonly walked: readonly Walked[];
  readonly feeds: readonly ArrowFeed[];
  readonly taken: readonly Taken[];
  /** What the session bears from then on. */
  readonly labels: readonly Label[];
}

/** Right before the decision is recorded: which steps it was, what it leaves for later calls, and whether that ends or labels the session. */
export function settleSteps(
  policy: Policy,
  near: Behaviours,
  ev: Evaluation,
  permitted: boolean,
): SettledSteps {
  const { session } = ev;
  if (policy.behaviours.length === 0 || session === undefined || session.closed) return NOTHING;
  const action = ev.action ?? unformed(ev);
  if (action === undefined) return NOTHING;
  const taking = policy.behavioursOf(action.name);
  const rules = ev.action === undefined ? taking.filter(isOfOneSession) : taking;
  if (rules.length === 0) return NOTHING;
  const walked: Walked[] = [];
  const feeds: ArrowFeed[] = [];
  const taken: Taken[] = [];
  const labels: Label[] = [];
  const call = new CallMatcher(near, ev, action, session.id);
  for (const rule of rules) {
    const length = rule.steps.length;
    const steps = stepsOf(rule, call, permitted);
    if (steps.length === 0 && !rule.arrows) continue;
    if (rule.across !== undefined) {
      for (const index of steps) taken.push(...listed(call.crossSession.takes(rule, index)));
    } else {
      if (permitted) feeds.push(...passedOn(rule, call));
      const own = walkOf(rule, call, steps, permitted);
      if (own !== undefined) {
        walked.push(own.walked);
        feeds.push(...own.feeds);
      }
    }
    if (!steps.includes(length - 1)) continue;
    if (rule.effect === 'label') {
      if (permitted && call.completes(rule)) labels.push(rule.label);
    } else if (rule.steps[length - 1]?.decided === 'denied' && call.completes(rule))
      quarantineBy(rule, ev);
  }
  if (walked.length > 0) ev.members = { ...ev.members, steps: membersOf(walked) };
  if (taken.length > 0) ev.members = { ...ev.members, across: arrivalsMember(taken, session.id) };
  if (labels.length > 0) {
    // Beside what the caller said of this action.
    const said = (ev.request?.labels ?? []) as readonly Label[];
    ev.members = { ...ev.members, bears: [...said, ...labels].map((one) => ({ ...one })) };
  }
  return { walked, feeds, taken, labels };
}

/** What admission refused after its session was known: its name, for rules that ask for no more. */
function unformed({ request }: Evaluation): Action | undefined {
  if (request === undefined) return undefined;
  const resource = { kind: 'other', value: '' } as const;
  return {
    name: request.action,
    resource,
    params: {},
    paramsText: '{}',
    digest: '',
    hostPath: false,
  };
}

const isOfOneSession = ({ across, arrows }: CompiledBehaviour): boolean =>
  across === undefined && !arrows;

/** Of a rule about different ones, only who was let through counts besides the call at hand. */
function stepsOf(
  rule: CompiledBehaviour,
  call: CallMatcher,
  permitted: boolean,
): readonly number[] {
  if (rule.distinct > 0 && !permitted && rule.steps[0]?.decided === 'any') return NO_STEPS;
  let steps: number[] | undefined;
  for (let index = 0; index < rule.steps.length; index++) {
    const step = rule.steps[index] as CompiledStep;
    if (!isDecided(step.decided, permitted) || !call.is(rule, step)) continue;
    steps ??= [];
    steps.push(index);
  }
  return steps ?? NO_STEPS;
}

/** What comes out of a call that carries data of an arrow. */
const passedOn = (rule: CompiledBehaviour, call: CallMatcher): readonly ArrowFeed[] =>
  rule.steps.flatMap((step, index) => (step.arrow ? call.dataFlow.passesOn(rule, index) : []));

function walkOf(
  rule: CompiledBehaviour,
  call: CallMatcher,
  steps: readonly number[],
  permitted: boolean,
): { walked: Walked; feeds: readonly ArrowFeed[] } | undefined {
  const taken: number[] = [];
  const feeds: ArrowFeed[] = [];
  let began: Map<number, SequenceStart> | undefined;
  for (const index of steps) {
    const arrow = rule.steps[index]?.arrow === true;
    const onward = rule.steps[index + 1]?.arrow === true;
    if (arrow || onward) {
      const from = call.goesOn(rule, index);
      if (from === undefined) continue;
      if (arrow) began = (began ?? new Map<number, SequenceStart>()).set(index, from);
      if (onward && permitted) feeds.push({ arrow: arrowOf(rule, index + 1), began: from });
    }
    taken.push(index);
  }
  if (taken.length === 0) return undefined;
  const walked = { key: rule.key, length: rule.steps.length, steps: taken };
  return { walked: began === undefined ? walked : { ...walked, began }, feeds };
}

const NO_STEPS: readonly number[] = Object.freeze([]);

const listed = <T>(one: T | undefined): readonly T[] => (one === undefined ? [] : [one]);

const NOTHING: SettledSteps = Object.freeze({
  walked: Object.freeze([]),
  feeds: Object.freeze([]),
  taken: Object.freeze([]),
  labels: Object.freeze([]),
});
