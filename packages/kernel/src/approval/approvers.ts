/**
 * Who may answer, and when enough have. A rule that names approvers wants others than who asked, and who delegated a grant asks too; one that names
 * nobody trusts the right `approve`.
 */
import type { Principal } from '@portcullis/wire';
import type { Ask, Held, RecordedAnswer } from './held.ts';

export interface Answerer {
  readonly principal: Pick<Principal, 'id' | 'roles'>;
  readonly credential: string;
  readonly mayApprove: boolean;
}

export type Requested = Pick<Held, 'asks' | 'principal' | 'credential' | 'by'>;

const ROLE = 'role:';

const isSelf = ({ principal, credential, by }: Requested, id: string, key: string): boolean =>
  id === principal || key === credential || by.includes(id);

export const isNamed = (
  approvers: readonly string[],
  id: string,
  roles: readonly string[],
): boolean =>
  approvers.some((one) =>
    one.startsWith(ROLE) ? roles.includes(one.slice(ROLE.length)) : one === id,
  );

/** Undefined where this one may answer; else why not. */
export function notAnApprover(
  held: Requested,
  who: Answerer,
): 'not_an_approver' | 'self_approval' | undefined {
  if (!who.mayApprove) return 'not_an_approver';
  const { id, roles } = who.principal;
  const named = held.asks.filter(({ approvers }) => approvers.length > 0);
  if (named.length === 0) return undefined;
  const counts =
    named.length < held.asks.length || named.some((ask) => isNamed(ask.approvers, id, roles));
  if (!counts) return 'not_an_approver';
  const self = isSelf(held, id, who.credential);
  return self && named.length === held.asks.length ? 'self_approval' : undefined;
}

/** Whether this answer counts for this rule. */
function counts(ask: Ask, held: Requested, given: RecordedAnswer): boolean {
  if (given.decision !== 'approve') return false;
  if (ask.approvers.length === 0) return true;
  if (isSelf(held, given.by, given.credential)) return false;
  return isNamed(ask.approvers, given.by, given.roles);
}

/** Every rule has its quorum of different people. */
export function isSettled(held: Requested, answers: readonly RecordedAnswer[]): boolean {
  return held.asks.every((ask) => {
    const people = answers.filter((given) => counts(ask, held, given)).map(({ by }) => by);
    return new Set(people).size >= ask.quorum;
  });
}
