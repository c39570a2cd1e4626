/**
 * The members of a decision record, as text. Built by hand: the shape is fixed, and this is on the path of every decision.
 * Free text is redacted and capped; values stand as salted commitments only.
 */
import type { Json, Label } from '@portcullis/wire';
import { flat } from '../action/flat.ts';
import { Memo } from '../action/memo.ts';
import { quote } from '../action/quote.ts';
import type { Action } from '../action/types.ts';
import { readsPolicy } from '../denial/entitled.ts';
import type { Evaluation, Execution } from '../gate/guard.ts';
import type { Judgement } from '../gate/judgement.ts';
import { quoted } from './clean.ts';

/** Characters of a resource that a record holds. */
const RESOURCE_CAP = 2_048;
const TEXT_CAP = 1_024;

export interface DecisionFacts {
  /** Salted commitment to the digest, hex; empty where admission refused. */
  readonly params: string;
  readonly idempotency?: string | undefined;
  readonly permit?: { readonly audience: string; readonly expires: number } | undefined;
}

export function decisionMembers(
  ev: Evaluation,
  judgement: Judgement,
  facts: DecisionFacts,
): string {
  const { action, verdict } = ev;
  const { effect } = judgement;
  // Ids are the kernel's own, and plain.
  let text = `"id":"${ev.id}${whose(ev)}`;
  if (action === undefined) text += ',"action":"';
  else
    text += `${about(action)}${quoted(action.resource.value, RESOURCE_CAP)}},"params":"${facts.params}`;
  text += said(ev, judgement);
  if (effect !== 'permit' && effect !== 'modify') {
    text += `,"reason":${quoted(judgement.reason, TEXT_CAP)}`;
    if (judgement.remedy !== undefined) text += `,"remedy":${quoted(judgement.remedy, TEXT_CAP)}`;
    const { denial } = ev;
    if (denial?.code === judgement.code) {
      const { help } = denial;
      // What the rules say is in no record that others may read.
      if (typeof help !== 'function' && !readsPolicy(ev.caller.rights))
        text += `,"help":${JSON.stringify(help)}`;
      if (denial.unmet !== undefined) text += `,"unmet":${JSON.stringify(denial.unmet)}`;
    }
  } else if (verdict !== undefined && verdict.rates.length > 0 && ev.execution !== 'none') {
    text += `,"rates":${JSON.stringify(verdict.rates.map((use) => [use.key, use.max, use.window]))}`;
  }
  text += labelsMember(ev.labels);
  if (ev.answers.length > 0) text += `,"answers":${answers(ev)}`;
  for (const _ in ev.environment) {
    text += `,"env":${JSON.stringify(ev.environment)}`;
    break;
  }
  const justification = ev.request?.justification;
  if (justification !== undefined) text += `,"justification":${quoted(justification, TEXT_CAP)}`;
  if (facts.idempotency !== undefined) text += `,"idempotency":"${facts.idempotency}"`;
  if (facts.permit !== undefined) {
    text += `,"permit":{"audience":${quote(facts.permit.audience)},"expires":${facts.permit.expires}}`;
  }
  if (ev.issued !== undefined) text += `,"issued":${ev.issued}`;
  for (const name in ev.members) text += `,${quote(name)}:${memberText(name, ev.members[name])}`;
  return text;
}

/** Nearly every use of a grant says two things of it. */
function memberText(name: string, value: Json | undefined): string {
  if (name !== 'grant') return JSON.stringify(value);
  let members = 0;
  for (const _ in value as object) members += 1;
  const { id, capability } = value as { [member: string]: Json };
  return members === 2 && typeof id === 'string' && typeof capability === 'string'
    ? `{"id":${quote(id)},"capability":${quote(capability)}}`
    : JSON.stringify(value);
}

/** Of how many sessions, and of how many actions and rules, the same text is kept from record to record. */
const SESSIONS = 1_024;
const KEPT = 256;

interface Whose {
  readonly caller: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly text: string;
}

const bySession = new Memo<Whose>(SESSIONS);

/** From the end of the id to the principal and the user behind it. */
function whose({
  session,
  caller: { credential: caller },
  principal,
  onBehalfOf,
}: Evaluation): string {
  const known = session === undefined ? undefined : bySession.get(session.id);
  if (
    known !== undefined &&
    known.caller === caller &&
    known.principal === principal.id &&
    known.onBehalfOf === onBehalfOf
  )
    return known.text;
  const of = session === undefined ? '' : `,"session":"${session.id}"`;
  const behind = onBehalfOf === undefined ? '' : `,"on_behalf_of":${quote(onBehalfOf)}`;
  const text = `"${of},"caller":${quote(caller)},"principal":${quote(principal.id)}${behind}`;
  if (session === undefined) return text;
  const { id } = principal;
  return bySession.set(session.id, { caller, principal: id, onBehalfOf, text: flat(text) }).text;
}

const byName = new Memo<{ readonly kind: string; readonly text: string }>(KEPT);

/** From the action to its resource's value. Admission let only plain names through. */
function about({ name, resource: { kind } }: Action): string {
  const known = byName.get(name);
  if (known?.kind === kind) return known.text;
  const text = flat(`,"action":"${name}","resource":{"kind":"${kind}","value":`);
  return byName.set(name, { kind, text }).text;
}

interface Said {
  readonly effect: string;
  readonly code: string;
  readonly guard: string;
  readonly rule: string | undefined;
  readonly reason: string | undefined;
  readonly policy: string;
  readonly mode: string;
  readonly text: string;
}

/** A capability is granted and used by the same rule, and only one of the two executes anything. */
const byRule: Readonly<Record<Execution, Memo<Said>>> = Object.freeze({
  provider: new Memo<Said>(KEPT),
  host: new Memo<Said>(KEPT),
  none: new Memo<Said>(KEPT),
});

/** From the end of the params, or of the action, to how it would be executed: the same for all that a rule decides alike. */
function said(ev: Evaluation, { effect, code, guard, would }: Judgement): string {
  const { policyDigest: policy, mode, execution, verdict } = ev;
  const rule = verdict?.rule;
  const reason = verdict?.reason;
  const known = would === undefined ? byRule[execution].get(rule ?? code) : undefined;
  if (
    known !== undefined &&
    known.effect === effect &&
    known.code === code &&
    known.guard === guard &&
    known.rule === rule &&
    known.reason === reason &&
    known.policy === policy &&
    known.mode === mode
  )
    return known.text;
  let text = `","effect":"${effect}","code":"${code}","guard":"${guard}"`;
  if (would !== undefined) text += `,"would":{"effect":"${would.effect}","code":"${would.code}"}`;
  if (rule !== undefined) text += `,"rule":${quote(rule)}`;
  if (reason !== undefined) text += `,"rule_reason":${quoted(reason, TEXT_CAP)}`;
  text += `,"policy":"${policy}","mode":"${mode}","execution":"${execution}"`;
  if (would !== undefined) return text;
  const all = { effect, code, guard, rule, reason, policy, mode, text: flat(text) };
  return byRule[execution].set(rule ?? code, all).text;
}

/** Texts of lists that nobody can change: a session bears the same one for call after call. */
const written = new WeakMap<readonly Label[], string>();

export function labelsMember(labels: readonly Label[]): string {
  if (labels.length === 0) return '';
  let text = written.get(labels);
  if (text === undefined) {
    text = `,"labels":${JSON.stringify(labels)}`;
    if (Object.isFrozen(labels)) written.set(labels, text);
  }
  return text;
}

const NOTHING = '""';

function answers(ev: Evaluation): string {
  let text = '[';
  for (const { guard, answer, code = '', note = '' } of ev.answers) {
    const shown = quoted(note, TEXT_CAP);
    // Names of guards, answers and codes are the kernel's own, and plain.
    if (text !== '[') text += ',';
    text += `["${guard}","${answer}"`;
    if (code !== '' || shown !== NOTHING) text += `,"${code}"`;
    text += shown === NOTHING ? ']' : `,${shown}]`;
  }
  return `${text}]`;
}
