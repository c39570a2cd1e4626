/**
 * An action that nobody asked for: a principal, an action and its surroundings, written down to see what a policy makes of them. Judged
 * by the policy alone, with rates of its own; nothing is executed and nothing is recorded.
 */
import type { Json, JsonObject, Principal, Quarantine } from '@portcullis/wire';
import { canonicalAction } from '../action/index.ts';
import { Flows } from '../flow/flows.ts';
import { NO_LABELS } from '../flow/label-files/label-set.ts';
import { FlowView } from '../flow/view.ts';
import { type Answer, type Environment, Evaluation } from '../gate/guard.ts';
import { newSession, type SessionState } from '../session/state.ts';
import { parseDuration, parseInstant } from '../time/index.ts';
import type { Effect } from './document/schema.ts';
import { modified } from './modify.ts';
import type { Policy, RateStore } from './types.ts';

export interface Situation {
  readonly principal: { readonly id: string } & Partial<Principal>;
  readonly on_behalf_of?: string;
  readonly action: string;
  /** Read as the gate reads it where the host executes: no file is looked at. */
  readonly resource?: string;
  readonly params?: JsonObject;
  readonly session?: {
    /** A duration. */
    readonly age?: string;
    readonly actions?: number;
    readonly denied?: number;
    readonly quarantine?: Quarantine;
    readonly label?: string;
    /** Whether it has read what strangers wrote. Left out, conditions on that are unknown. */
    readonly tainted?: boolean;
  };
  readonly env?: Environment;
  /** Milliseconds since the epoch, or RFC 3339; the present where left out. */
  readonly now?: number | string;
  readonly tenant?: string;
  /** Where relative paths begin; `/` where left out. */
  readonly start_dir?: string;
}

export interface Judged {
  readonly effect: Effect;
  readonly code: string;
  readonly rule: string | undefined;
  /** Every rule that had a part in it. */
  readonly rules: readonly string[];
  readonly remedy: string | undefined;
  readonly note: string | undefined;
  readonly retryAfter: number | undefined;
  /** As they would run. */
  readonly params: Readonly<JsonObject>;
}

export type Staged =
  | { readonly ok: true; readonly evaluation: Evaluation }
  | { readonly ok: false; readonly code: string; readonly message: string };

export function stage(situation: Situation): Staged {
  const now = timeOf(situation.now);
  if (now === undefined)
    return { ok: false, code: 'malformed_request', message: 'now is no RFC 3339 time' };
  const principal: Principal = { kind: 'agent', roles: [], attributes: {}, ...situation.principal };
  const tenant = situation.tenant ?? 'default';
  const read = canonicalAction({
    tenant,
    principalId: principal.id,
    onBehalfOf: situation.on_behalf_of,
    definition: undefined,
    request: {
      action: situation.action,
      resource: situation.resource,
      params: situation.params ?? {},
    },
    startDir: situation.start_dir ?? '/',
    hostExecuted: true,
  });
  if (!read.ok) return { ok: false, code: read.code, message: read.message };
  const evaluation = new Evaluation(
    'case',
    now,
    callerOf(tenant, principal),
    undefined,
    'enforce',
    'none',
  );
  evaluation.onBehalfOf = situation.on_behalf_of;
  evaluation.environment = situation.env ?? {};
  evaluation.action = read.action;
  const session = sessionOf(situation, tenant, now);
  evaluation.session = session;
  if (situation.session?.tainted !== undefined)
    evaluation.flow = new FlowView(new Flows(NO_LABELS), session);
  return { ok: true, evaluation };
}

function timeOf(given: Situation['now']): number | undefined {
  if (given === undefined) return Date.now();
  if (typeof given === 'string') return parseInstant(given);
  return Number.isFinite(given) ? given : undefined;
}

function callerOf(tenant: string, principal: Principal): Evaluation['caller'] {
  const nothing: readonly string[] = [];
  return {
    tenant,
    credential: 'case',
    principal,
    rights: new Set(),
    mayAssert: {
      principals: nothing,
      roles: nothing,
      onBehalfOf: nothing,
      context: nothing,
      userTurns: false,
    },
  };
}

const STRANGERS: SessionState['labels'] = Object.freeze([
  Object.freeze({
    source: 'case',
    origin: 'case',
    integrity: 'untrusted',
    confidentiality: 'public',
  } as const),
]);

function sessionOf(situation: Situation, tenant: string, now: number): SessionState {
  const { session = {}, principal } = situation;
  const age = session.age === undefined ? 0 : (parseDuration(session.age) ?? 0);
  const quarantine = session.quarantine ?? 'none';
  return {
    ...newSession({
      id: 'case',
      tenant,
      principal: principal.id,
      onBehalfOf: situation.on_behalf_of,
      label: session.label,
      opened: now - age,
    }),
    quarantine,
    held: quarantine,
    actions: session.actions ?? 0,
    denied: session.denied ?? 0,
    ...(session.tainted === true ? { labels: STRANGERS } : {}),
  };
}

/** As the gate has it: hard caps, rules, and a changed action judged once more. Uses are taken where it goes through. */
export async function judge(policy: Policy, ev: Evaluation, rates: RateStore): Promise<Judged> {
  const rules = new Set<string>();
  for (let round = 0; ; round++) {
    const answer = await ask(policy, ev, rates, rules);
    if (answer.kind === 'deny' || answer.kind === 'defer') return refused(ev, answer, rules);
    const changed = change(ev, answer);
    if (changed === undefined) return passed(ev, answer, rates, rules, round > 0);
    if (round > 0) return refused(ev, { kind: 'deny', code: 'modify_loop' }, rules);
    ev.action = { ...(ev.action as NonNullable<Evaluation['action']>), params: changed };
  }
}

async function ask(
  policy: Policy,
  ev: Evaluation,
  rates: RateStore,
  rules: Set<string>,
): Promise<Answer> {
  const capped = policy.checkInvariants(ev);
  if (capped.kind !== 'pass') return capped;
  const answer = await policy.evaluate(ev, rates);
  if (ev.verdict?.rule !== undefined) rules.add(ev.verdict.rule);
  for (const demand of answer.kind === 'pass' ? (answer.demands ?? []) : []) rules.add(demand.rule);
  return answer;
}

/** The changed parameters; undefined where nothing changes. */
function change(ev: Evaluation, answer: Answer): Readonly<JsonObject> | undefined {
  const before = ev.action?.params ?? {};
  let params = before;
  for (const demand of answer.kind === 'pass' ? (answer.demands ?? []) : []) {
    if (demand.kind !== 'modification') continue;
    params = modified(params, demand.set as Record<string, { value?: Json }> as never) ?? params;
  }
  return params === before ? undefined : params;
}

function refused(
  ev: Evaluation,
  answer: Extract<Answer, { code: string }>,
  rules: Set<string>,
): Judged {
  return {
    effect: answer.kind,
    code: answer.code,
    rule: ev.verdict?.rule,
    rules: [...rules],
    remedy: answer.remedy,
    note: answer.note,
    retryAfter: answer.retryAfter,
    params: ev.action?.params ?? {},
  };
}

async function passed(
  ev: Evaluation,
  answer: Answer,
  rates: RateStore,
  rules: Set<string>,
  wasModified: boolean,
): Promise<Judged> {
  const demands = answer.kind === 'pass' ? (answer.demands ?? []) : [];
  const held = demands.some((demand) => demand.kind === 'approval');
  const effect: Effect = held ? 'require_approval' : wasModified ? 'modify' : 'permit';
  const code = held ? 'approval_required' : wasModified ? 'modified' : 'permitted';
  if (!held) {
    const taken = await rates.reserve(ev.verdict?.rates ?? [], ev.now);
    if ('full' in taken) {
      return refused(
        ev,
        { kind: 'deny', code: 'rate_limited', retryAfter: taken.wait / 1_000 },
        rules,
      );
    }
  }
  return {
    effect,
    code,
    rule: ev.verdict?.rule,
    rules: [...rules],
    remedy: undefined,
    note: undefined,
    retryAfter: undefined,
    params: ev.action?.params ?? {},
  };
}
