/** An action that waits for people: what the journal says of it. The action itself lies in the vault. */
import type {
  ApprovalAnswerView,
  ApprovalStatus,
  ApprovalTerm,
  Caveats,
  JournalRecord,
  Json,
} from '@portcullis/wire';
import { visible, visibleJson } from '../frame/screen.ts';
import { timeOf } from '../record/time.ts';

/** A rule that asks for people. */
export interface Ask {
  readonly rule: string;
  /** Of the rule as it was read: another digest is another rule. */
  readonly digest: string;
  /** `role:NAME` or the id of a principal; nobody named: every key with the right `approve`. */
  readonly approvers: readonly string[];
  readonly quorum: number;
}

export interface RecordedAnswer {
  /** Principal and credential of who answered. */
  readonly by: string;
  readonly credential: string;
  readonly roles: readonly string[];
  readonly decision: 'approve' | 'deny';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly for: ApprovalTerm;
  readonly narrow?: Caveats;
  readonly reason?: string;
}

export interface Held {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly onBehalfOf: string | undefined;
  readonly session: string;
  /** The credential that asked. */
  readonly credential: string;
  /** Who delegated the grant that it came with, nearest first. */
  readonly by: readonly string[];
  readonly action: string;
  /** Salted commitment to the action's digest, as its record has it. */
  readonly params: string;
  /** Salted commitment to the canonical resource. */
  readonly resource: string;
  readonly asks: readonly Ask[];
  /** Name in the vault. */
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  expires: number;
  answers: readonly RecordedAnswer[];
  status: Exclude<ApprovalStatus, 'expired'>;
  /** Id of the action that took it up. */
  resumedBy?: string;
  /** Somebody resumes it at this moment. */
  taken: boolean;
}

/** What a decision record says of an action that it holds. */
export interface HeldMember {
  readonly resource: string;
  readonly value: string;
  readonly expires: number;
  readonly asks: readonly Ask[];
  readonly by?: readonly string[];
}

export const statusOf = (held: Held, now: number): ApprovalStatus =>
  (held.status === 'open' || held.status === 'approved') && now > held.expires
    ? 'expired'
    : held.status;

/** A held action as its decision record has it. */
export function heldBy(record: JournalRecord): Held {
  const { value, expires, asks, resource, by = [] } = record.held as unknown as HeldMember;
  return {
    id: record.id as string,
    tenant: record.tenant,
    principal: record.principal as string,
    onBehalfOf: record.on_behalf_of as string | undefined,
    session: record.session as string,
    credential: record.caller as string,
    by,
    action: record.action as string,
    params: record.params as string,
    resource,
    asks,
    value,
    at: timeOf(record),
    expires,
    answers: [],
    status: 'open',
    taken: false,
  };
}

/** An answer as the journal has it; the caveats and the roles count, the reason is for people. */
export const givenMember = (given: RecordedAnswer): { [name: string]: Json } => ({
  by: given.by,
  credential: given.credential,
  roles: [...given.roles],
  decision: given.decision,
  for: given.for as Json,
  ...(given.narrow === undefined ? {} : { narrow: given.narrow as unknown as Json }),
});

export const givenBy = (record: JournalRecord): RecordedAnswer => ({
  by: record.by as string,
  credential: record.credential as string,
  roles: record.roles as unknown as string[],
  decision: record.decision as 'approve' | 'deny',
  at: timeOf(record),
  for: record.for as ApprovalTerm,
  ...(record.narrow === undefined ? {} : { narrow: record.narrow as unknown as Caveats }),
  ...(record.reason === undefined ? {} : { reason: record.reason as string }),
});

export const answerView = (given: RecordedAnswer): ApprovalAnswerView => ({
  by: visible(given.by),
  decision: given.decision,
  at: new Date(given.at).toISOString(),
  for: given.for,
  ...(given.narrow === undefined
    ? {}
    : { narrow: visibleJson(given.narrow as unknown as Json) as unknown as Caveats }),
  ...(given.reason === undefined ? {} : { reason: visible(given.reason) }),
});
