/**
 * The behaviour stage: the order of calls against the rules over it, of this session and of its neighbours. A call that would complete a sequence is denied,
 * held for people, or ends the session's freedom; what has begun goes on when the call is decided.
 */
import type { Label } from '@portcullis/wire';
import type { Action } from '../action/types.ts';
import { type Answer, type Demand, type Evaluation, type Guard, PASS } from '../gate/guard.ts';
import type { CompiledBehaviour } from '../policy/compile/behaviour.ts';
import type { CurrentPolicy } from '../policy/in-force/current.ts';
import type { Policy } from '../policy/types.ts';
import { Across, type Neighbours } from './across.ts';
import type { Began, Carried, Feeds } from './carried.ts';
import { arrowOf, Carrying } from './carrying.ts';
import { acrossOf, type Taken } from './correlations.ts';
import { isDecided, membersOf, type Sequences, type Walked } from './sequences.ts';

/** What behaviour rules rest on. */
export interface Behaviours extends Neighbours {
  readonly sequences: Sequences;
  readonly carried: Carried;
}

export function behaviourGuard(policies: CurrentPolicy, near: Behaviours): Guard {
  return {
    name: 'behaviour',
    check(ev): Answer {
      const { action, session } = ev;
      const policy = policies.for(session?.preset);
      if (policy.behaviours.length === 0) return PASS;
      if (action === undefined || session === undefined) return PASS;
      const rules = policy.behavioursOf(action.name);
      if (rules.length === 0) return PASS;
      const demands: Demand[] = [];
      const asked = new Asked(near, ev, action, session.id);
      for (const rule of rules) {
        const last = rule.steps[rule.steps.length - 1];
        // Whether it is denied nobody knows yet: that is for whoever records it. A label stops nothing.
        if (last === undefined || last.decided === 'denied' || rule.effect === 'label') continue;
        if (!asked.is(rule, last) || !asked.completes(rule)) continue;
        const note = `rule ${rule.name}`;
        if (rule.effect === 'deny') return { kind: 'deny', code: 'behaviour_denied', note };
        if (rule.effect === 'quarantine') {
          end(ev, rule);
          return { kind: 'deny', code: 'session_quarantined', note };
        }
        const { name, key } = rule;
        demands.push({ kind: 'approval', rule: name, digest: key, approvers: [], quorum: 1 });
      }
      return demands.length === 0 ? PASS : { kind: 'pass', demands };
    },
  };
}

function end(ev: Evaluation, { level, name, whom }: CompiledBehaviour): void {
  // Observing changes nothing.
  if (ev.mode !== 'enforce') return;
  const quarantines = { level, rule: name, ...(whom === 'session' ? {} : { whom }) };
  ev.members = { ...ev.members, quarantines };
}

/** One call, asked about rules of both kinds. */
class Asked {
  #carrying: Carrying | undefined;
  #across: Across | undefined;
  readonly #near: Behaviours;
  readonly #ev: Evaluation;
  readonly #action: NonNullable<Evaluation['action']>;
  readonly #session: string;

  constructor(
    near: Behaviours,
    ev: Evaluation,
    action: NonNullable<Evaluation['action']>,
    session: string,
  ) {
    this.#near = near;
    this.#ev = ev;
    this.#action = action;
    this.#session = session;
  }

  get carrying(): Carrying {
    this.#carrying ??= new Carrying(this.#near.carried, this.#ev, this.#action, this.#session);
    return this.#carrying;
  }

  get across(): Across {
    this.#across ??= new Across(this.#near, this.#ev, this.#action, this.#session);
    return this.#across;
  }

  is(rule: CompiledBehaviour, step: CompiledBehaviour['steps'][number]): boolean {
    return rule.across === undefined
      ? step.matches(this.#ev, this.#action)
      : this.across.is(rule, step);
  }

  completes(rule: CompiledBehaviour): boolean {
    if (rule.across !== undefined) return this.across.completes(rule);
    const carries = this.carrying.of(rule);
    return this.#near.sequences.completes(this.#session, rule, this.#ev.now, carries);
  }

  goesOn(rule: CompiledBehaviour, step: number): Began | undefined {
    const carries = this.carrying.of(rule);
    return this.#near.sequences.goesOn(this.#session, rule, step, this.#ev.now, carries);
  }
}

/** What a decision does to sequences, once it is recorded. */
export interface SettledSteps {
  readonly walked: readonly Walked[];
  readonly feeds: readonly Feeds[];
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
  const feeds: Feeds[] = [];
  const taken: Taken[] = [];
  const labels: Label[] = [];
  const asked = new Asked(near, ev, action, session.id);
  for (const rule of rules) {
    const length = rule.steps.length;
    const steps = stepsOf(rule, asked, permitted);
    if (steps.length === 0 && !rule.arrows) continue;
    if (rule.across !== undefined) {
      for (const index of steps) taken.push(...listed(asked.across.takes(rule, index)));
    } else {
      if (permitted) feeds.push(...passedOn(rule, asked));
      const own = walkOf(rule, asked, steps, permitted);
      if (own !== undefined) {
        walked.push(own.walked);
        feeds.push(...own.feeds);
      }
    }
    if (!steps.includes(length - 1)) continue;
    if (rule.effect === 'label') {
      if (permitted && asked.completes(rule)) labels.push(rule.label);
    } else if (rule.steps[length - 1]?.decided === 'denied' && asked.completes(rule)) end(ev, rule);
  }
  if (walked.length > 0) ev.members = { ...ev.members, steps: membersOf(walked) };
  if (taken.length > 0) ev.members = { ...ev.members, across: acrossOf(taken, session.id) };
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
function stepsOf(rule: CompiledBehaviour, asked: Asked, permitted: boolean): readonly number[] {
  if (rule.distinct > 0 && !permitted && rule.steps[0]?.decided === 'any') return NO_STEPS;
  let steps: number[] | undefined;
  for (let index = 0; index < rule.steps.length; index++) {
    const step = rule.steps[index] as CompiledBehaviour['steps'][number];
    if (!isDecided(step.decided, permitted) || !asked.is(rule, step)) continue;
    steps ??= [];
    steps.push(index);
  }
  return steps ?? NO_STEPS;
}

/** What comes out of a call that carries data of an arrow. */
const passedOn = (rule: CompiledBehaviour, asked: Asked): readonly Feeds[] =>
  rule.steps.flatMap((step, index) => (step.arrow ? asked.carrying.passesOn(rule, index) : []));

function walkOf(
  rule: CompiledBehaviour,
  asked: Asked,
  steps: readonly number[],
  permitted: boolean,
): { walked: Walked; feeds: readonly Feeds[] } | undefined {
  const taken: number[] = [];
  const feeds: Feeds[] = [];
  let began: Map<number, Began> | undefined;
  for (const index of steps) {
    const arrow = rule.steps[index]?.arrow === true;
    const onward = rule.steps[index + 1]?.arrow === true;
    if (arrow || onward) {
      const from = asked.goesOn(rule, index);
      if (from === undefined) continue;
      if (arrow) began = (began ?? new Map<number, Began>()).set(index, from);
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
