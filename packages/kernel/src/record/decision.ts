/**
 * The members of a decision record, as text. Built by hand: the shape is fixed, and this is on the path of every decision.
 * Free text is redacted and capped; values stand as salted commitments only.
 */
import type { Label } from '@portcullis/wire';
import { readsPolicy } from '../denial/entitled.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { Judgement } from '../gate/judgement.ts';
import { clean } from './clean.ts';

const quote = JSON.stringify as (text: string) => string;

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
  const action = ev.action;
  const effect = judgement.effect;
  // Ids of actions and sessions are the kernel's own, and plain.
  let text = `"id":"${ev.id}"`;
  if (ev.session !== undefined) text += `,"session":"${ev.session.id}"`;
  text += `,"caller":${quote(ev.caller.credential)},"principal":${quote(ev.principal.id)}`;
  if (ev.onBehalfOf !== undefined) text += `,"on_behalf_of":${quote(ev.onBehalfOf)}`;
  if (action !== undefined) {
    const value = clean(action.resource.value, RESOURCE_CAP);
    // Admission let only plain names through.
    text += `,"action":"${action.name}","resource":{"kind":"${action.resource.kind}","value":${quote(value)}}`;
    text += `,"params":"${facts.params}"`;
  } else {
    text += ',"action":""';
  }
  text += `,"effect":"${effect}","code":"${judgement.code}","guard":"${judgement.guard}"`;
  if (judgement.would !== undefined) {
    text += `,"would":{"effect":"${judgement.would.effect}","code":"${judgement.would.code}"}`;
  }
  const verdict = ev.verdict;
  if (verdict?.rule !== undefined) text += `,"rule":${quote(verdict.rule)}`;
  if (verdict?.reason !== undefined)
    text += `,"rule_reason":${quote(clean(verdict.reason, TEXT_CAP))}`;
  text += `,"policy":"${ev.policyDigest}","mode":"${ev.mode}","execution":"${ev.execution}"`;
  if (effect !== 'permit' && effect !== 'modify') {
    text += `,"reason":${quote(clean(judgement.reason, TEXT_CAP))}`;
    if (judgement.remedy !== undefined)
      text += `,"remedy":${quote(clean(judgement.remedy, TEXT_CAP))}`;
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
  if (justification !== undefined)
    text += `,"justification":${quote(clean(justification, TEXT_CAP))}`;
  if (facts.idempotency !== undefined) text += `,"idempotency":"${facts.idempotency}"`;
  if (facts.permit !== undefined) {
    text += `,"permit":{"audience":${quote(facts.permit.audience)},"expires":${facts.permit.expires}}`;
  }
  for (const name in ev.members) text += `,${quote(name)}:${JSON.stringify(ev.members[name])}`;
  return text;
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

function answers(ev: Evaluation): string {
  let text = '[';
  for (const { guard, answer, code = '', note = '' } of ev.answers) {
    const shown = clean(note, TEXT_CAP);
    // Names of guards, answers and codes are the kernel's own, and plain.
    if (text !== '[') text += ',';
    text += `["${guard}","${answer}"`;
    if (code !== '' || shown !== '') text += `,"${code}"`;
    text += shown === '' ? ']' : `,${quote(shown)}]`;
  }
  return `${text}]`;
}
