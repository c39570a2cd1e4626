/** `decide`: a decision and, where the host is to execute, a signed permit. Its life bounds the start, `report_within` the report. */
import type { Result } from '@portcullis/wire';
import type { Caller, Evaluation } from '../../gate/guard.ts';
import { type Judgement, permits } from '../../gate/judgement.ts';
import type { Appended } from '../../journal/types.ts';
import type { Parts } from '../../parts.ts';
import { scopeIdOf } from '../../policy/in-force/scopes.ts';
import {
  chainDecision,
  type Extra,
  evaluation,
  judgeAll,
  lostDecision,
  type Recorded,
  recordDecision,
  settleDecision,
  toResult,
} from './record-decision.ts';

export const DEFAULT_AUDIENCE = 'portcullis';

export function decide(parts: Parts, caller: Caller, input: unknown): Promise<Result> {
  try {
    return decided(parts, evaluation(parts, caller, input, 'host'));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** One after the other within one run, so that the journal writes them as one group and one promise is waited for. */
export async function decideAll(
  parts: Parts,
  caller: Caller,
  inputs: readonly unknown[],
): Promise<Result[]> {
  const begun = Array.from(inputs, (input) =>
    begin(parts, evaluation(parts, caller, input, 'host')),
  );
  // What fails before its turn comes is no crash.
  for (const one of begun) if (one instanceof Promise) one.catch(() => {});
  const results: Result[] = [];
  let durable: Promise<void> | undefined;
  for (const one of begun) {
    if (one instanceof Promise) {
      results.push(await one);
      continue;
    }
    const { record, ev } = one.chained;
    if (record.durable !== durable && (await succeeds(record.durable))) durable = record.durable;
    const recorded = record.durable === durable ? one.chained : await lostDecision(parts, ev);
    results.push(answered(parts, recorded, one.extra));
  }
  return results;
}

const succeeds = (promise: Promise<void>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );

/** Of a scope: nobody else takes its permits for good. */
const ownAudience = ({ session }: Evaluation): string | undefined =>
  scopeIdOf(session?.preset) === undefined ? undefined : session?.preset;

/** The same, of an evaluation that is made already. */
export function decided(parts: Parts, ev: Evaluation): Promise<Result> {
  const begun = begin(parts, ev);
  if (begun instanceof Promise) return begun;
  const { chained, extra } = begun;
  return chained.record.durable.then(
    () => answered(parts, chained, extra),
    () => lostDecision(parts, ev).then((lost) => answered(parts, lost, extra)),
  );
}

/** A decision that waits for nothing but the journal. */
interface Begun {
  readonly chained: Recorded & { readonly record: Appended };
  readonly extra: Extra;
}

/** Most are judged and chained at once, and each promise more costs them a turn of the queue. The others come as results. */
function begin(parts: Parts, ev: Evaluation): Begun | Promise<Result> {
  const judging = judgeAll(parts, ev);
  if (judging instanceof Promise)
    return judging.then((judged) => recorded(parts, ev, judged, permitOf(parts, ev, judged)));
  const extra = permitOf(parts, ev, judging);
  const chained = chainDecision(parts, ev, judging, extra);
  if (chained === undefined) return recorded(parts, ev, judging, extra);
  const { record } = chained;
  if (record === undefined || (ev.reservations.length > 0 && !permits(chained.judgement.effect)))
    return settleDecision(parts, chained).then((settled) => answered(parts, settled, extra));
  return { chained: chained as Begun['chained'], extra };
}

async function recorded(
  parts: Parts,
  ev: Evaluation,
  judged: Judgement,
  extra: Extra,
): Promise<Result> {
  return answered(parts, await recordDecision(parts, ev, judged, extra), extra);
}

const NO_PERMIT: Extra = Object.freeze({});

function permitOf(parts: Parts, ev: Evaluation, judged: Judgement): Extra {
  if (!permits(judged.effect) || ev.execution !== 'host') return NO_PERMIT;
  return {
    permit: {
      audience: ev.request?.audience ?? ownAudience(ev) ?? DEFAULT_AUDIENCE,
      expires: ev.now + parts.settings.permitTtl,
    },
  };
}

function answered(parts: Parts, recorded: Recorded, { permit }: Extra): Result {
  const { ev, judgement } = recorded;
  const result = toResult(recorded);
  if (permit !== undefined && permits(judgement.effect) && ev.action !== undefined) {
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
