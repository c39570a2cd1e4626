/**
 * The capability stage: the grant presented covers this action. A token only narrows; whoever shows a good one is judged by the rules like anybody
 * else. Uses are taken here, at once, and given back where the action is not permitted.
 */
import type { Json, Principal } from '@portcullis/wire';
import type { AdmittedRequest } from '../action/index.ts';
import { canonicalize } from '../action/index.ts';
import type { Action } from '../action/types.ts';
import type { Code } from '../errors.ts';
import { type Answer, type Evaluation, type Guard, PASS, type RateUse } from '../gate/guard.ts';
import type { Stopped } from './grants/delegators.ts';
import type { LiveGrant } from './grants/grant.ts';
import type { Grants } from './grants/grants.ts';
import type { KnownToken } from './grants/known.ts';
import type { Mint } from './grants/mint.ts';
import type { Proofs } from './grants/proof.ts';
import type { CapabilityBook, GrantedCapability } from './port.ts';
import { useRates } from './rates.ts';
import type { TokenFault } from './token/types.ts';

/** Milliseconds that another node's clock may be ahead. */
const SKEW = 60_000;

export interface GrantChecks {
  readonly mint: Mint;
  readonly grants: Grants;
  readonly proofs: Proofs;
  readonly book: CapabilityBook;
  readonly stopped: Stopped;
}

const deny = (code: Code, note: string): Answer => ({ kind: 'deny', code, note });

/** Who shows the token may read it: it is told what of it does not hold. Principal and signature were looked at before. */
const scope = (reason: string, note: string): Answer => ({
  kind: 'deny',
  code: 'token_scope',
  note,
  reason,
});

const outOf = (caveat: string, note: string): Answer =>
  scope(`the token is for something else: its caveat ${caveat} does not hold`, note);

const CHANGED = 'the capability changed since the token was granted';

export function capabilityGuard(checks: GrantChecks): Guard {
  const { book } = checks;
  return {
    name: 'capability',
    check(ev): Answer {
      const { action, request } = ev;
      if (action === undefined || request === undefined)
        return deny('kernel_fault', 'no action reached the capability stage');
      if (request.token === undefined)
        return book.takesGrant(action.name, ev.caller.tenant) ? UNGRANTED : PASS;
      return presented(checks, ev, action, request, request.token);
    },
  };
}

const UNGRANTED: Answer = Object.freeze({
  kind: 'deny',
  code: 'grant_required',
  note: 'a capability that is destructive',
});

function presented(
  checks: GrantChecks,
  ev: Evaluation,
  action: Action,
  request: AdmittedRequest,
  text: string,
): Answer {
  const found = holds(checks, ev, text);
  if ('answer' in found) return found.answer;
  const { token, grant } = found;
  const stopped = grant.terms.by.length === 0 ? undefined : checks.stopped(ev, grant.terms.by);
  if (stopped !== undefined) return stopped;
  const capability = checks.book.find(grant.terms.capability, ev.caller.tenant);
  if (capability?.digest !== grant.terms.definition)
    return scope(CHANGED, `capability ${grant.terms.capability} is not what was granted`);
  if (capability.action !== action.name)
    return deny('token_scope', `a grant for ${capability.action}`);
  const outside = capability.outside(action);
  if (outside !== undefined) return deny('invalid_params', outside);
  const use = { action, session: ev.session?.id, now: ev.now };
  for (const [block, test] of token.tests.entries()) {
    const wrong = test(use);
    if (wrong === 'expires') return deny('token_expired', `block ${block}`);
    if (wrong !== undefined) return outOf(wrong, `block ${block}: ${wrong}`);
  }
  return proven(checks, ev, token, request) ?? taken(checks, ev, token, grant, capability);
}

/** What the text reads as, which is asked at more than one stage of an evaluation and is the same at each. */
export function tokenOf(mint: Mint, ev: Evaluation, text: string): KnownToken | TokenFault {
  const { shown } = ev;
  if (shown?.text === text) return shown.token;
  const token = mint.read(text);
  if (!('fault' in token)) ev.shown = { text, token };
  return token;
}

/** The token and its grant, where they are good whatever they are used for. */
export function holds(
  { mint, grants }: Pick<GrantChecks, 'mint' | 'grants'>,
  ev: Evaluation,
  text: string,
): { readonly token: KnownToken; readonly grant: LiveGrant } | { readonly answer: Answer } {
  const no = (code: Code, note: string) => ({ answer: deny(code, note) });
  const { tenant } = ev.caller;
  const { principal, onBehalfOf, now } = ev;
  const token = tokenOf(mint, ev, text);
  if ('fault' in token) return no('token_invalid', token.fault);
  const { claims } = token.verified;
  if (claims.tenant !== tenant) return no('token_invalid', 'of another tenant');
  if (now > claims.expires) return no('token_expired', `grant ${claims.grant}`);
  if (now < claims.issued - SKEW) return no('token_not_yet_valid', `grant ${claims.grant}`);
  const grant = grants.get(claims.grant);
  // Signed by us and yet unknown: its record is lost, and with it whether it was revoked.
  if (grant === undefined) return no('token_invalid', 'of a grant that is not known');
  if (claims.principal !== principal.id) return no('token_scope', 'of another principal');
  if (claims.on_behalf_of !== undefined && claims.on_behalf_of !== onBehalfOf)
    return no('token_scope', 'for another user');
  if (grants.isRevoked(grant, token.verified)) return no('token_revoked', `grant ${claims.grant}`);
  return { token, grant };
}

function proven(
  checks: GrantChecks,
  ev: Evaluation,
  { proofKeys }: KnownToken,
  request: AdmittedRequest,
): Answer | undefined {
  // Judged again because a rule changed it: it was proven as it was asked for.
  if (proofKeys.length === 0 || ev.grant !== undefined) return undefined;
  // How the result is sent is said by the verb in the process, and by a member on the wire.
  const { paramsText: _, stream: __, proof, ...asked } = request;
  return proofFault(checks, proofKeys, proof, ev.invoked?.() ?? asked, ev);
}

/** What is wrong with the proof of who shows a token; undefined where nothing is, and then its record says when it was made. `asked` is the request as it came in, without its proof. */
export function proofFault(
  { proofs, grants }: Pick<GrantChecks, 'proofs' | 'grants'>,
  keys: KnownToken['proofKeys'],
  proof: string | undefined,
  asked: object,
  ev: Evaluation,
): Answer | undefined {
  if (keys.length === 0) return undefined;
  if (proof === undefined) return deny('proof_required', 'the token names a key');
  const text = canonicalize(asked);
  if (!text.ok) return deny('proof_invalid', 'the request has no text');
  const who = JSON.stringify([ev.caller.tenant, ev.principal.id]);
  const proven = proofs.check(proof, keys, text.text, ev.now, who);
  if (typeof proven === 'string') return deny('proof_invalid', proven);
  grants.prove(proven.at);
  ev.members = { ...ev.members, proven: proven.at };
  return undefined;
}

const NOBODY: readonly Principal[] = Object.freeze([]);
const NO_USES: readonly RateUse[] = Object.freeze([]);

function taken(
  { grants }: GrantChecks,
  ev: Evaluation,
  { counted, verified }: KnownToken,
  grant: LiveGrant,
  capability: GrantedCapability,
): Answer {
  const { id, by, capability: of, justification } = grant.terms;
  if (ev.grant === undefined) {
    const count = { grant: id, counted };
    if (ev.execution === 'none') {
      if (!grants.hasUse(count)) return deny('token_exhausted', `grant ${id}`);
    } else {
      if (!grants.take(count)) return deny('token_exhausted', `grant ${id}`);
      ev.reservations.push({ release: () => grants.giveBack(count) });
    }
    const member: Record<string, Json> = { id, capability: of };
    if (verified.caveats.length > 1) member.block = verified.blocks.at(-1) as string;
    if (counted.length > 0) member.counted = counted.map(({ block }) => block);
    ev.members = { ...ev.members, grant: member };
    ev.view =
      ev.view === undefined && capability.view === undefined
        ? { grant: id }
        : { ...ev.view, ...capability.view, grant: id };
    const delegators = by.length === 0 ? NOBODY : by.map(({ principal }) => principal);
    const rates =
      capability.rate === undefined
        ? NO_USES
        : useRates(ev.caller.tenant, capability, [ev.principal, ...delegators]);
    ev.grant = { id, justification, by: delegators, rates };
  }
  return PASS;
}
