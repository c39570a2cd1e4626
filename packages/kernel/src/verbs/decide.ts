/** `decide`: a decision and, where the host is to execute, a signed permit. Its life bounds the start, `report_within` the report. */
import type { Result } from '@portcullis/wire';
import type { Caller, Evaluation } from '../gate/guard.ts';
import { permits } from '../gate/judgement.ts';
import type { Parts } from '../parts.ts';
import { scopeIdOf } from '../policy/in-force/scopes.ts';
import { evaluation, judgeAll, recordDecision, toResult } from './record-decision.ts';

export const DEFAULT_AUDIENCE = 'portcullis';

export function decide(parts: Parts, caller: Caller, input: unknown): Promise<Result> {
  return decided(parts, evaluation(parts, caller, input, 'host'));
}

/** Of a scope: nobody else takes its permits for good. */
const ownAudience = ({ session }: Evaluation): string | undefined =>
  scopeIdOf(session?.preset) === undefined ? undefined : session?.preset;

/** The same, of an evaluation that is made already. */
export async function decided(parts: Parts, ev: Evaluation): Promise<Result> {
  const judging = judgeAll(parts, ev);
  // Most are judged at once, and waiting for nothing costs a turn of the queue.
  const judged = judging instanceof Promise ? await judging : judging;
  const hosted = permits(judged.effect) && ev.execution === 'host';
  const permit = {
    audience: ev.request?.audience ?? ownAudience(ev) ?? DEFAULT_AUDIENCE,
    expires: ev.now + parts.settings.permitTtl,
  };
  const recorded = await recordDecision(parts, ev, judged, hosted ? { permit } : {});
  const result = toResult(recorded);
  if (hosted && permits(recorded.judgement.effect) && ev.action !== undefined) {
    result.permit = parts.signPermit({
      id: ev.id,
      tenant: ev.caller.tenant,
      principal: ev.principal.id,
      audience: permit.audience,
      digest: ev.action.digest,
      policy: ev.policyDigest,
      mode: ev.mode,
      issued: ev.now,
      expires: permit.expires,
    });
  }
  return result;
}
