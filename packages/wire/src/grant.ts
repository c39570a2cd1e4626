/** Grants: the right to ask for a class of actions, as a token. A grant only narrows: policy still decides at each use. */
import type { Caveats } from './caveats.ts';
import type { Decision } from './decision.ts';
import type { ResponseMode } from './frame.ts';
import type { JsonObject } from './json.ts';
import type { Context } from './principal.ts';
import type { RecordRef } from './result.ts';

/** Caveats; `ttl` may stand in place of `expires`. */
export interface Constraints extends Caveats {
  /** Seconds. */
  ttl?: number;
}

export interface GrantRequest {
  /** Id of the capability. Left out if `token` says it. */
  capability?: string;
  justification?: string;
  constraints?: Constraints;
  session?: string;
  context?: Context;
  /** The principal that the new grant is for. Needs `token`, the grant it is cut from. */
  delegate_to?: string;
  /** A grant of your own, to delegate. */
  token?: string;
  /** Needed if that token names a key. */
  proof?: string;
  /** As `constraints.proof_key`. */
  proof_key?: string;
  /** A pure check: the decision is recorded like any other, and no grant is made. */
  execution?: 'none';
}

export interface Grant {
  readonly id: string;
  readonly token: string;
  readonly capability: string;
  readonly principal: string;
  /** All of them must hold. */
  readonly caveats: readonly Caveats[];
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly uses: number;
  /** The grant that it was delegated from. */
  readonly parent?: string;
}

/** The answer to `grant`: a decision, and the grant if it is permitted. */
export interface GrantAnswer extends Partial<Grant> {
  readonly decision: Decision;
  readonly session: string;
  readonly record?: RecordRef;
}

export interface AttenuateRequest {
  token: string;
  caveats: Constraints;
  /** Nobody can narrow it further. */
  seal?: boolean;
}

export interface Attenuated {
  readonly token: string;
  /** Id of the new block: what `revoke` names. */
  readonly block: string;
}

/** What is known of a grant: its token is not kept. */
export interface GrantView {
  readonly id: string;
  readonly capability: string;
  readonly principal: string;
  /** All of them must hold. */
  readonly caveats: readonly Caveats[];
  /** Milliseconds since the epoch. */
  readonly issued: number;
  readonly expires: number;
  readonly uses: number;
  /** Uses of it, and of what was delegated from it. */
  readonly used: number;
  readonly parent?: string;
  readonly justification?: string;
  readonly revoked: boolean;
}

export interface GrantQuery {
  principal?: string;
  capability?: string;
  /** Grants after the one of this id. */
  after?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
}

/** Oldest first. An auditor sees all of the tenant's, others their own and what was delegated from them. */
export interface GrantPage {
  readonly grants: readonly GrantView[];
  /** Pass as `after` for the next page. */
  readonly next?: string;
}

/** Name one of the four: a grant with what was delegated from it, all of a principal, all of a capability, or every token with this block. */
export interface RevokeRequest {
  grant?: string;
  principal?: string;
  capability?: string;
  block?: string;
  reason: string;
}

export interface Revocation {
  /** How many live grants were revoked. */
  readonly grants: number;
  readonly record: RecordRef;
}

export interface InvokeRequest {
  token: string;
  args?: JsonObject;
  session?: string;
  context?: Context;
  justification?: string;
  idempotency_key?: string;
  /** Id of a held action to ask for again. */
  resume?: string;
  response_mode?: ResponseMode;
  /** Over the wire, answer with frames as the result comes, the last one final. In a program use `invokeStream`. */
  stream?: boolean;
  /** `<milliseconds>.<nonce>.<signature>`; docs/grants.md. */
  proof?: string;
}
