/** What the gate came to: the inside of a decision. */
import type { Decision, DecisionDetail, Effect, Help } from '@portcullis/wire';
import { helpByCode } from '../denial/by-code.ts';
import { withLazyMember } from '../denial/lazy-member.ts';
import { CODES, type Code } from '../errors.ts';
import { redactText } from '../frame/index.ts';
import { toldTo } from '../session/invalidation.ts';
import type { Evaluation } from './guard.ts';

export interface Judgement {
  readonly effect: Effect;
  readonly code: Code;
  readonly guard: string;
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly retryAfter: number | undefined;
  readonly note: string | undefined;
  /** In observe mode: what enforcing would have said. */
  readonly would: { readonly effect: Effect; readonly code: Code } | undefined;
}

export function refusal(
  guard: string,
  code: Code,
  more: {
    effect?: Effect;
    reason?: string | undefined;
    remedy?: string | undefined;
    retryAfter?: number | undefined;
    note?: string | undefined;
  } = {},
): Judgement {
  return {
    effect: more.effect ?? 'deny',
    code,
    guard,
    reason: more.reason ?? CODES[code].title,
    remedy: more.remedy ?? (CODES[code] as { remedy?: string }).remedy,
    retryAfter: more.retryAfter,
    note: more.note,
    would: undefined,
  };
}

export function permission(effect: 'permit' | 'modify', would?: Judgement['would']): Judgement {
  const code: Code = effect === 'permit' ? 'permitted' : 'modified';
  return {
    effect,
    code,
    guard: 'permit',
    reason: CODES[code].title,
    remedy: (CODES[code] as { remedy?: string }).remedy,
    retryAfter: undefined,
    note: undefined,
    would,
  };
}

export const permits = (effect: Effect): boolean => effect === 'permit' || effect === 'modify';

type Told = { -readonly [K in keyof Decision]: Decision[K] };

/** The requester's view, or the auditor's with the detail. */
export function toDecision(ev: Evaluation, judgement: Judgement, auditor: boolean): Decision {
  const { effect, code, reason } = judgement;
  const decision: Told = permits(effect)
    ? { id: ev.id, effect, code, reason }
    : refused(ev, judgement);
  if (judgement.remedy !== undefined) decision.remedy = judgement.remedy;
  if (judgement.retryAfter !== undefined) decision.retry_after = judgement.retryAfter;
  if (judgement.would !== undefined) decision.would = judgement.would;
  if (ev.over !== undefined && effect === 'deny') decision.invalidated = toldTo(ev.over, auditor);
  if (auditor) decision.detail = detail(ev, judgement);
  return decision;
}

/** What helps is worked out when it is looked at, where it was not before. */
function refused(ev: Evaluation, { effect, code, reason }: Judgement): Told {
  const { denial } = ev;
  if (denial?.code !== code) return { id: ev.id, effect, code, reason, help: byCode(ev, code) };
  const work = denial.help;
  if (typeof work !== 'function') return { id: ev.id, effect, code, reason, help: work };
  return withLazyMember({ id: ev.id, effect, code, reason }, 'help', work);
}

/** Characters of a pointer: its names are the request's. */
const FAULT_CAP = 256;

function byCode({ hold, fault }: Evaluation, code: Code): Help {
  const help = helpByCode(code);
  if (code === 'approval_required') {
    const approval = hold?.shares?.id;
    return approval === undefined ? help : { ...help, approval };
  }
  if (fault === undefined || fault === '' || help.retry !== 'change_arguments') return help;
  return { ...help, arguments: [{ argument: redactText(fault, FAULT_CAP).text }] };
}

function detail(ev: Evaluation, judgement: Judgement): DecisionDetail {
  const { guard } = judgement;
  const { policyDigest: policy, labels, answers: guards, verdict } = ev;
  const rule = verdict?.rule;
  const ruleReason = verdict?.reason;
  if (rule === undefined && ruleReason === undefined) return { guard, policy, labels, guards };
  return {
    guard,
    ...(rule === undefined ? {} : { rule }),
    ...(ruleReason === undefined ? {} : { rule_reason: ruleReason }),
    policy,
    labels,
    guards,
  };
}
