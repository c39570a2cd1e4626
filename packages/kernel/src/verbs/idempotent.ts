/**
 * Idempotency keys: per tenant and principal, 24 hours, bound to the action's digest. Concurrent equals wait for the first; an action that reached
 * a provider answers from memory; an unknown outcome answers itself and never runs again. Another session that gets the answer has seen it from then on.
 */
import { hash } from 'node:crypto';
import type { Json, Result } from '@portcullis/wire';
import type { Evaluation } from '../gate/guard.ts';
import { refusal } from '../gate/judgement.ts';
import type { Parts } from '../parts.ts';
import { eventMembers } from '../record/event.ts';
import { REMEMBER_FOR, type Remembered } from '../state/idempotency.ts';
import { recordDecision, toResult } from './record-decision.ts';

export interface Keyed {
  /** Commitment to tenant, principal and key. */
  readonly commitment: string;
  /** Commitment to the action's digest. */
  readonly digest: string;
}

export function keyOf(parts: Parts, ev: Evaluation): Keyed | undefined {
  const key = ev.request?.idempotency_key;
  if (key === undefined || ev.action === undefined) return undefined;
  const name = JSON.stringify([ev.caller.tenant, ev.principal.id, key]);
  return {
    commitment: parts.commit(hash('sha256', name, 'hex')),
    digest: parts.commit(ev.action.digest),
  };
}

/** The calls under way, so that equals wait instead of running twice. */
export class Recall {
  readonly #underWay = new Map<
    string,
    { readonly digest: string; readonly result: Promise<Result> }
  >();

  async once(
    parts: Parts,
    ev: Evaluation,
    key: Keyed,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const before = this.#underWay.get(key.commitment);
    if (before !== undefined) {
      if (before.digest !== key.digest) return conflict(parts, ev);
      return again(parts, ev, await before.result);
    }
    const remembered = parts.state.idempotency.get(key.commitment, ev.now);
    if (remembered !== undefined) {
      if (remembered.digest !== key.digest) return conflict(parts, ev);
      return answerOf(parts, ev, remembered);
    }
    const result = run();
    this.#underWay.set(key.commitment, { digest: key.digest, result });
    try {
      return await result;
    } finally {
      this.#underWay.delete(key.commitment);
    }
  }
}

async function conflict(parts: Parts, ev: Evaluation): Promise<Result> {
  return toResult(await recordDecision(parts, ev, refusal('admission', 'idempotency_conflict')));
}

/** Keeps the whole answer for as long as the key is remembered. */
export async function keepAnswer(
  parts: Parts,
  ev: Evaluation,
  result: Result,
): Promise<string | undefined> {
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(result));
    return await parts.vault.put(ev.caller.tenant, 'answer', bytes, REMEMBER_FOR);
  } catch (error) {
    parts.onMessage(
      'fault',
      `an answer could not be kept for its idempotency key: ${String(error)}`,
    );
    return undefined;
  }
}

/** What it shows is seen by the session that asked now, and that is on record before it is shown. */
async function again(parts: Parts, ev: Evaluation, result: Result): Promise<Result> {
  const { action, session, caller, principal } = ev;
  const labels = result.frame?.labels ?? [];
  const [first, ...made] = labels;
  if (action !== undefined && session !== undefined && session.id !== result.session && first) {
    const at = parts.now();
    const fields = { id: result.decision.id, session: session.id, principal: principal.id };
    const appended = parts.journal.append({
      kind: 'state',
      tenant: caller.tenant,
      at,
      members: eventMembers('answer.replayed', fields, { labels: labels as unknown as Json }),
    });
    parts.state.sees(caller.tenant, session.id, labels, at);
    if (parts.flows.learns(session))
      parts.flows.outcome({
        id: ev.id,
        tenant: caller.tenant,
        session,
        action: action.name,
        data: result.frame?.data ?? null,
        labels: [first, ...made],
        again: true,
      });
    await appended.durable;
  }
  return { ...result, replayed: true };
}

/** What was answered then; where the vault no longer has it, that it ran, and nothing more. */
async function answerOf(parts: Parts, ev: Evaluation, remembered: Remembered): Promise<Result> {
  const bytes =
    remembered.kept === undefined
      ? undefined
      : await parts.vault.get(ev.caller.tenant, remembered.kept);
  if (bytes !== undefined) {
    return again(parts, ev, JSON.parse(new TextDecoder().decode(bytes)) as Result);
  }
  const action = ev.action;
  const known = remembered.status === 'ok' || remembered.status === 'error';
  return {
    ...(action === undefined
      ? {}
      : { action: { name: action.name, resource: action.resource, params: action.params } }),
    decision: {
      id: remembered.id,
      effect: 'permit',
      code: 'permitted',
      reason: 'this was decided before',
    },
    session: ev.session?.id ?? '',
    mode: ev.mode,
    outcome: known
      ? { status: remembered.status as 'ok' | 'error', duration_ms: 0 }
      : {
          status: 'unknown',
          error: { code: 'unknown_outcome', message: 'nobody knows whether this happened' },
          duration_ms: 0,
        },
    replayed: true,
  };
}
