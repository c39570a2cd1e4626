/** `grant`: asks policy whether such an action could be permitted at all, records the answer, and makes the token where it could. */
import type { ArgumentHelp, Caveats, GrantAnswer, JsonObject, Principal } from '@portcullis/wire';
import { canonicalAction, plainObject } from '../../action/index.ts';
import { pointerStep } from '../../action/refusal.ts';
import { recordText } from '../../capability/grants/grant.ts';
import type { Granting } from '../../capability/grants/granting.ts';
import { type ReadGrant, readGrant } from '../../capability/grants/request.ts';
import { type Source, type Terms, termsFor } from '../../capability/grants/terms.ts';
import { holds, proofFault } from '../../capability/guard.ts';
import type { GrantedCapability } from '../../capability/port.ts';
import { settledBy } from '../../capability/token/pinned.ts';
import { helpByCode } from '../../denial/by-code.ts';
import { grantDenial } from '../../denial/of-grant.ts';
import { PortcullisError } from '../../errors.ts';
import { mostForTenant } from '../../fair-share.ts';
import { redactText } from '../../frame/index.ts';
import { type Answer, type Caller, type Denial, Evaluation } from '../../gate/guard.ts';
import { identify, ownIdentity } from '../../gate/identity.ts';
import { type Judgement, permission, permits, refusal, toDecision } from '../../gate/judgement.ts';
import type { Parts } from '../../parts.ts';
import { mintGrantId } from '../call/ids.ts';
import { evaluation, type Recorded, recordDecision } from '../call/record-decision.ts';
import { sessionOf } from '../session/sessions.ts';

const JUSTIFICATION_CAP = 1_024;
const NO_CONSTRAINTS: JsonObject = Object.freeze(plainObject());

export async function grant(parts: Parts, caller: Caller, input: unknown): Promise<GrantAnswer> {
  const ev = evaluation(parts, caller, input, 'none');
  const read = readGrant(input);
  if (!read.ok) {
    const judged = refusal('admission', read.code, { reason: read.message });
    const { judgement, record } = await recordDecision(parts, ev, judged);
    const ref = record === undefined ? {} : { record: { seq: record.seq, hash: record.hash } };
    throw new PortcullisError(judgement.code, read.message, ref);
  }
  const made = judge(parts, ev, read.request);
  const recorded = await recordDecision(parts, ev, made.judged);
  if (!permits(recorded.judgement.effect) || made.granted === undefined) return answerOf(recorded);
  const { token, terms } = made.granted;
  const answer: Told = answerOf(recorded);
  answer.id = terms.terms.id;
  answer.token = token;
  answer.capability = terms.terms.capability;
  answer.principal = terms.terms.principal;
  answer.caveats = saidBy(terms);
  answer.expires = terms.terms.expires;
  answer.uses = terms.terms.uses;
  const parent = terms.terms.by[0]?.grant;
  if (parent !== undefined) answer.parent = parent;
  return answer;
}

type Told = { -readonly [K in keyof GrantAnswer]: GrantAnswer[K] };

const NO_CAVEATS: readonly Caveats[] = Object.freeze([]);
const saysAnything = (caveats: Caveats): boolean => Object.keys(caveats).length > 0;

/** What each block says, where it says anything. */
const saidBy = ({ own, inherited }: Terms): readonly Caveats[] =>
  inherited.length === 0 && !saysAnything(own.caveats)
    ? NO_CAVEATS
    : [own, ...inherited].map((one) => one.caveats).filter(saysAnything);

function answerOf({ ev, judgement, record }: Recorded): Told {
  const answer: Told = {
    decision: toDecision(ev, judgement, ev.caller.rights.has('journal')),
    session: ev.session?.id ?? '',
  };
  if (record !== undefined) answer.record = { seq: record.seq, hash: record.hash };
  return answer;
}

interface Made {
  readonly judged: Judgement;
  readonly granted?: { readonly token: string; readonly terms: Terms };
}

const refused = (answer: Answer): Made => {
  if (answer.kind === 'pass') throw new Error('a pass is no refusal');
  const { kind: effect, code, ...more } = answer;
  return { judged: refusal('capability', code, { effect, ...more }) };
};

/** Nothing in here waits: from what is asked to the grant that is taken up in the state, in one go. */
function judge(parts: Parts, ev: Evaluation, asked: ReadGrant): Made {
  const { granting } = parts;
  const wrong = admit(parts, ev, asked);
  if (wrong !== undefined) return wrong;
  const found = sourceOf(granting, ev, asked);
  if (found !== undefined && 'kind' in found) return refused(found);
  const capability = capabilityOf(granting, ev, asked, found);
  if ('kind' in capability) return refused(capability);
  const odd = ofResource(asked.caveats, capability);
  if (odd !== undefined) {
    ev.fault = '/constraints/params';
    return refused({ kind: 'deny', code: 'malformed_request', reason: odd });
  }
  const wanted = {
    id: mintGrantId(),
    caveats: asked.caveats,
    ttl: asked.ttl,
    tenant: ev.caller.tenant,
    principal: asked.delegateTo ?? ev.principal.id,
    onBehalfOf: ev.onBehalfOf,
    justification: ev.request?.justification,
    now: ev.now,
  };
  const terms = termsFor(wanted, capability, granting.limits, found);
  if ('answer' in terms) {
    ev.denial = fitting(terms.fits);
    return refused(terms.answer);
  }
  const full = roomFor(granting, { ...wanted, principal: ev.principal.id });
  if (full !== undefined) return refused(full);
  const policy = askPolicy(parts, ev, capability, terms);
  if (policy !== undefined && ev.mode === 'enforce') return { judged: policy };
  if (asked.checks) return { judged: permission('permit', wouldOf(policy)) };
  const token = granting.mint.issue(terms.terms, terms.own, terms.inherited);
  if (token === undefined)
    return refused({ kind: 'deny', code: 'grant_too_wide', reason: 'its caveats are too long' });
  granting.grants.issue(terms.terms);
  // Given back where the record cannot be written.
  ev.reservations.push({
    release: () => granting.grants.withdraw(terms.terms.id),
  });
  ev.issued = recordText(terms.terms);
  return { judged: permission('permit', wouldOf(policy)), granted: { token, terms } };
}

const fitting = (fits: ArgumentHelp | undefined): Denial | undefined =>
  fits && {
    code: 'grant_too_wide',
    help: { ...helpByCode('grant_too_wide'), arguments: [fits] },
    unmet: undefined,
  };

/** A caveat on an argument that no parameter has would never hold: the token would be for nothing. */
function ofResource({ params }: Caveats, { resourceFrom: from }: GrantedCapability) {
  if (from === undefined || params === undefined) return undefined;
  const step = pointerStep(from);
  const found = Object.keys(params).find((at) => at === step || at.startsWith(`${step}/`));
  return found && `constraints: ${found} becomes the resource: say in resources what it may be`;
}

const wouldOf = (policy: Judgement | undefined): Judgement['would'] =>
  policy && { effect: policy.effect, code: policy.code };

/** Who asks, in which session, and the request as an action that its record can name. */
function admit(parts: Parts, ev: Evaluation, asked: ReadGrant): Made | undefined {
  const { context } = asked;
  const identity = context === undefined ? ownIdentity(ev.caller) : identify(ev.caller, context);
  if ('code' in identity)
    return { judged: refusal('admission', identity.code, { note: `context.${identity.field}` }) };
  ev.principal = identity.principal;
  ev.onBehalfOf = identity.onBehalfOf;
  ev.environment = identity.environment;
  const session = sessionOf(parts, ev, asked.session);
  if (session === undefined) return { judged: refusal('admission', 'unknown_session') };
  ev.session = session;
  ev.onBehalfOf ??= session.onBehalfOf;
  ev.labels = session.labels;
  const { constraints = {}, delegate_to: to } = asked.asked;
  const plain = asked.asked.constraints === undefined && to === undefined;
  const params: JsonObject = plain
    ? NO_CONSTRAINTS
    : to === undefined
      ? { constraints }
      : { constraints, delegate_to: to };
  const action = canonicalAction({
    tenant: ev.caller.tenant,
    principalId: ev.principal.id,
    onBehalfOf: ev.onBehalfOf,
    request: {
      action: 'portcullis.grant',
      resource: asked.capability,
      params,
      paramsText: plain ? '{}' : undefined,
    },
    definition: undefined,
    startDir: '/',
    hostExecuted: false,
  });
  if (!action.ok) return { judged: refusal('admission', action.code, { reason: action.message }) };
  ev.action = action.action;
  const justification =
    asked.justification === undefined
      ? {}
      : { justification: redactText(asked.justification, JUSTIFICATION_CAP).text };
  const { name, paramsText } = action.action;
  ev.request = Object.freeze({ action: name, params, paramsText, ...justification });
  const frozen = parts.state.freezes.stops(ev.caller.tenant);
  return frozen ? { judged: refusal('admission', 'frozen') } : undefined;
}

function sourceOf(
  granting: Granting,
  ev: Evaluation,
  asked: ReadGrant,
): Source | Answer | undefined {
  if (asked.token === undefined) return undefined;
  const found = holds(granting, ev, asked.token);
  if ('answer' in found) return found.answer;
  const { token, grant } = found;
  const unproven = proofFault(granting, token.proofKeys, asked.proof, asked.asked, ev);
  if (unproven !== undefined) return unproven;
  const stopped = grant.terms.by.length === 0 ? undefined : granting.stopped(ev, grant.terms.by);
  if (stopped !== undefined) return stopped;
  if (asked.capability !== undefined && asked.capability !== grant.terms.capability)
    return { kind: 'deny', code: 'token_scope', note: `a grant for ${grant.terms.capability}` };
  const principal: Principal = ev.principal;
  const delegator = {
    principal,
    session: ev.session?.id ?? '',
    grant: grant.terms.id,
    blocks: token.verified.blocks,
    counted: token.counted,
  };
  return { token, grant, delegator };
}

function capabilityOf(
  { book }: Granting,
  ev: Evaluation,
  asked: ReadGrant,
  source: Source | undefined,
): GrantedCapability | Answer {
  const id = source?.grant.terms.capability ?? asked.capability ?? '';
  const found = book.find(id, ev.caller.tenant);
  if (found === undefined) return { kind: 'deny', code: 'unknown_capability' };
  if (source !== undefined && found.digest !== source.grant.terms.definition)
    return { kind: 'deny', code: 'token_scope', note: `capability ${id} is not what was granted` };
  return found;
}

function roomFor(
  { grants, limits }: Granting,
  { tenant, principal, now }: { tenant: string; principal: string; now: number },
): Answer | undefined {
  const full = () =>
    grants.size >= limits.total ||
    grants.heldByTenant(tenant) >= mostForTenant(limits.total) ||
    grants.heldBy(tenant, principal) >= limits.perPrincipal;
  if (!full()) return undefined;
  grants.sweep(now);
  return full() ? { kind: 'deny', code: 'grants_full' } : undefined;
}

/** Undefined where a use of the grant could be permitted, to who asks: at once, after an approval or later. */
function askPolicy(
  parts: Parts,
  ev: Evaluation,
  capability: GrantedCapability,
  terms: Terms,
): Judgement | undefined {
  const probe = new Evaluation(ev.id, ev.now, ev.caller, undefined, ev.mode, 'none');
  probe.principal = ev.principal;
  probe.onBehalfOf = ev.onBehalfOf;
  probe.environment = ev.environment;
  probe.session = ev.session;
  probe.request = ev.request;
  probe.grant = { id: terms.terms.id, justification: undefined, by: [] };
  const { action, settled } = settledBy(capability, [terms.own, ...terms.inherited]);
  probe.action = action;
  const session = parts.sessionStage.check(probe);
  if (session instanceof Promise) throw new Error('the session stage waits for nothing');
  if (session.kind !== 'pass') {
    ev.over = probe.over;
    ev.members = probe.members;
    return refusal('session', session.code, { effect: session.kind, ...session });
  }
  const policy = parts.policies.for(ev.session?.preset);
  ev.policyDigest = policy.digest;
  const answer = policy.couldPermit(probe, settled);
  ev.verdict = probe.verdict;
  if (answer.kind === 'pass') return undefined;
  ev.denial = grantDenial(policy, probe, answer.code);
  return refusal('policy', answer.code, { effect: answer.kind, ...answer });
}
