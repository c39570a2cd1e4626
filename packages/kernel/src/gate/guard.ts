/**
 * The interface between the gate and its guards. A guard sees one evaluation and answers; it never
 * executes anything, and it keeps nothing of what it reserves unless the permit is made.
 */
import type {
  Effect,
  GuardAnswer,
  Help,
  InvalidationScope,
  Json,
  JsonObject,
  Label,
  Mode,
  Principal,
} from '@portcullis/wire';
import type { AdmittedRequest } from '../action/index.ts';
import type { Action, MaybePromise } from '../action/types.ts';
import type { Ask, Held } from '../approval/held.ts';
import type { Spend } from '../budget/ledger.ts';
import type { KnownToken } from '../capability/grants/known.ts';
import type { Code } from '../errors.ts';
import type { DelegatedUse } from '../flow/delegations.ts';
import type { FlowView } from '../flow/view.ts';
import type { ViewLimits } from '../frame/types.ts';
import type { Right } from '../rights.ts';
import type { Ended } from '../session/invalidation.ts';
import type { Origin, SessionState } from '../session/state.ts';
import type { Permit } from './permit.ts';

/** Who authenticated, and what that credential may do. Made by the host, never by a request. */
export interface Caller {
  readonly tenant: string;
  /** The credential's id: a key id, or `in-process`. */
  readonly credential: string;
  readonly principal: Principal;
  readonly rights: ReadonlySet<Right>;
  readonly mayAssert: {
    readonly principals: readonly string[];
    readonly roles: readonly string[];
    readonly onBehalfOf: readonly string[];
    readonly context: readonly string[];
    readonly userTurns: boolean;
  };
}

/** The surroundings as checked against the credential; those of a session's first action are its origin. */
export type Environment = Origin;

/** What a guard asks for beyond pass. */
export type Demand =
  | {
      readonly kind: 'approval';
      readonly rule: string;
      /** Of the rule as it was read: an approval is for this one. */
      readonly digest: string;
      readonly approvers: readonly string[];
      readonly quorum: number;
    }
  | { readonly kind: 'modification'; readonly rule: string; readonly set: JsonObject }
  | { readonly kind: 'judgement'; readonly rule: string; readonly tier: 'L1' | 'L2' | 'L3' };

export type Answer =
  | { readonly kind: 'pass'; readonly note?: string; readonly demands?: readonly Demand[] }
  | {
      readonly kind: 'deny' | 'defer' | 'require_approval';
      readonly code: Code;
      /** For the requester; tells no policy. The code's title where left out. */
      readonly reason?: string;
      readonly remedy?: string;
      readonly retryAfter?: number;
      /** For an auditor. */
      readonly note?: string;
    };

export interface Guard {
  readonly name: string;
  check(evaluation: Evaluation): MaybePromise<Answer>;
}

/** Something a guard took for this action: kept, unless a later guard or the journal refuses it. */
export interface Reservation {
  release(): MaybePromise<void>;
}

/** What the winning rule said, for the record and for an auditor. */
export interface RuleVerdict {
  readonly effect: Effect;
  readonly rule: string | undefined;
  readonly reason: string | undefined;
  readonly notify: string | undefined;
  /** Rates that the winning rules count: one key each, ready for the store. */
  readonly rates: readonly RateUse[];
  /** The rules that decided looked at where the arguments came from. */
  readonly flow?: boolean;
  /** What its denial ends. */
  readonly ends?: readonly Ended[];
  /** What it takes of caps on what named sources may supply. */
  readonly delegated?: readonly DelegatedUse[];
}

export interface RateUse {
  /** Unambiguous: rule and by-values as a JSON array text. */
  readonly key: string;
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
  /** Whose rate it is, where it is no rule's. */
  readonly capability?: string;
}

/** The grant that an action comes with, once the capability stage has found that it covers it. */
export interface PresentedGrant {
  readonly id: string;
  readonly justification: string | undefined;
  /** Who delegated it, nearest first: policy has to permit the action to them too. */
  readonly by: readonly Principal[];
  /** What its capability counts, whatever the rules count. */
  readonly rates?: readonly RateUse[];
}

/** An action that waits for people, or will with its record. */
export interface Hold {
  readonly asks: readonly Ask[];
  /** Salted commitment to the canonical resource. */
  readonly resource: string;
  /** The one that waits already. */
  shares: Held | undefined;
}

/** What a refusal tells beside its code. */
export interface Denial {
  /** Of the judgement that it is for. */
  readonly code: Code;
  /** For the caller. Who may read the policy has it worked out when it is looked at, for that takes longer than the decision: its record has none. */
  readonly help: Help | (() => Help);
  /** For the record: [[rule, [conditions that did not hold…]]…]. */
  readonly unmet: Json | undefined;
}

export type Execution = 'provider' | 'host' | 'none';

/** One action on its way through the gate. Fixed shape; only the gate and its guards write it. */
export class Evaluation {
  readonly id: string;
  /** Milliseconds since the epoch: the one clock of this evaluation. */
  readonly now: number;
  readonly caller: Caller;
  /** What came in: unknown until admission has read it. */
  readonly input: unknown;
  principal: Principal;
  onBehalfOf: string | undefined = undefined;
  environment: Environment = EMPTY_ENVIRONMENT;
  session: SessionState | undefined = undefined;
  /** As admission read it: a frozen copy. */
  request: AdmittedRequest | undefined = undefined;
  /** Canonical; a modification replaces it. */
  action: Action | undefined = undefined;
  /** A rule changed the action. */
  modified = false;
  /** Who would execute: the kernel's provider, the host, or nobody. */
  execution: Execution;
  mode: Mode;
  grant: PresentedGrant | undefined = undefined;
  /** The request of `invoke` that this action was made of, without its proof. */
  invoked: (() => Readonly<JsonObject>) | undefined = undefined;
  /** What the token of the request was read as, so that it is read once. */
  shown: { readonly text: string; readonly token: KnownToken } | undefined = undefined;
  policyDigest = '';
  verdict: RuleVerdict | undefined = undefined;
  labels: readonly Label[] = EMPTY_LABELS;
  /** Where the arguments could have come from: read only by who asks. */
  flow: FlowView | undefined = undefined;
  demands: Demand[] = [];
  /** What it takes of budgets, once the budget stage has taken it. */
  spends: readonly Spend[] | undefined = undefined;
  /** People have to see it: what is held where the decision says so, or already is. */
  hold: Hold | undefined = undefined;
  answers: GuardAnswer[] = [];
  reservations: Reservation[] = [];
  /** What guards add to the decision's record, by the names that docs/journal-format.md lists: what a fold needs to do it again. */
  members: Record<string, Json> | undefined = undefined;
  /** What a decision for a grant granted, as its record says it: JSON text. */
  issued: string | undefined = undefined;
  /** What is over, where that is why it is denied. */
  over: InvalidationScope | undefined = undefined;
  /** Where it is not permitted: what helps. */
  denial: Denial | undefined = undefined;
  /** JSON Pointer to what admission refused in the request. */
  fault: string | undefined = undefined;
  /** What the capability lets the frame show, where one was presented: the guard that admits the grant says it. */
  view: ViewLimits | undefined = undefined;
  /** Made by the last stage; used up by the executor. */
  permit: Permit | undefined = undefined;

  constructor(
    id: string,
    now: number,
    caller: Caller,
    input: unknown,
    mode: Mode,
    execution: Execution,
  ) {
    this.id = id;
    this.now = now;
    this.caller = caller;
    this.input = input;
    this.principal = caller.principal;
    this.mode = mode;
    this.execution = execution;
  }
}

const EMPTY_ENVIRONMENT: Environment = Object.freeze({});
const EMPTY_LABELS: readonly Label[] = Object.freeze([]);

/** The answer of a guard that has nothing to say: one object, so that the common path allocates none. */
export const PASS: Answer = Object.freeze({ kind: 'pass' });
