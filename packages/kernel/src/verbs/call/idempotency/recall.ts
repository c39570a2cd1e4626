/**
 * Idempotency keys: per tenant and principal, 24 hours, bound to the action's digest. Concurrent equals wait for the first; an action that reached
 * a provider answers from memory; an unknown outcome answers itself and never runs again.
 */
import { hash } from 'node:crypto';
import type { Result } from '@portcullis/wire';
import type { Evaluation } from '../../../gate/guard.ts';
import { refusal } from '../../../gate/judgement.ts';
import type { Parts } from '../../../parts.ts';
import { REMEMBER_FOR, type Remembered } from '../../../state/idempotency.ts';
import { recordDecision, toResult } from '../record-decision.ts';
import { answerBytes, readAnswer } from './kept-answer.ts';
import { replay } from './replay.ts';

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
    { readonly digest: string; readonly ev: Evaluation; readonly result: Promise<Result> }
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
      const result = await before.result;
      const { caller, grant } = before.ev;
      return replay(parts, ev, { result, grant: grant?.id, by: caller.credential });
    }
    const remembered = parts.state.idempotency.get(key.commitment, ev.now);
    if (remembered !== undefined) {
      if (remembered.digest !== key.digest) return conflict(parts, ev);
      return answerOf(parts, ev, remembered);
    }
    const result = run();
    this.#underWay.set(key.commitment, { digest: key.digest, ev, result });
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
    const { tenant } = ev.caller;
    const bytes = answerBytes({ result, grant: ev.grant?.id, by: ev.caller.credential });
    if (!parts.answers.takes(bytes.length)) return undefined;
    const name = await parts.vault.put(tenant, 'answer', bytes, REMEMBER_FOR);
    const who = JSON.stringify([tenant, ev.principal.id]);
    for (const going of parts.answers.keep(who, name, bytes.length, parts.now()))
      await parts.vault.letGo(tenant, going);
    return name;
  } catch (error) {
    parts.onMessage(
      'fault',
      `an answer could not be kept for its idempotency key: ${String(error)}`,
    );
    return undefined;
  }
}

/** What was answered then; where the vault no longer has it, that it ran, and nothing more. */
async function answerOf(parts: Parts, ev: Evaluation, remembered: Remembered): Promise<Result> {
  const bytes =
    remembered.kept === undefined
      ? undefined
      : await parts.vault.get(ev.caller.tenant, remembered.kept);
  if (bytes !== undefined) return replay(parts, ev, readAnswer(bytes));
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
