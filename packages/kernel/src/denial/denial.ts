/**
 * What a refusal tells beside its code: to the requester what it may know, to who may read the policy what the rules say, and for the record which conditions
 * did not hold. Worked out only where an action is not permitted.
 */
import type { ArgumentHelp, Help, Json } from '@portcullis/wire';
import type { Granting } from '../capability/grants/granting.ts';
import type { CapabilityRegistry } from '../capability/registry/registry.ts';
import type { Code } from '../errors.ts';
import type { Denial, Evaluation } from '../gate/guard.ts';
import type { Judgement } from '../gate/judgement.ts';
import type { CurrentPolicy } from '../policy/in-force/current.ts';
import { pathOf, visibleOf } from '../policy/remedy.ts';
import type { Policy } from '../policy/types.ts';
import { afterSeconds, helpByCode, never } from './by-code.ts';
import { readsPolicy } from './entitled.ts';
import type { Different, Rehearsal } from './rehearse.ts';
import { Attempts, helpOf } from './ways.ts';

export interface DenialParts {
  readonly rehearsal: Rehearsal;
  readonly policies: CurrentPolicy;
  readonly capabilities: CapabilityRegistry;
  readonly granting: Granting;
}

/** Rules that a record names, and conditions of each. */
const MOST_UNMET = 4;
const MOST_CONDITIONS = 8;

/** Codes behind which stand rules that may leave a way. */
const OF_RULES: ReadonlySet<Code> = new Set([
  'no_matching_rule',
  'denied_by_rule',
  'deferred',
  'invariant_violated',
  'grant_required',
  'justification_required',
]);

/** Codes after which nothing but a grant is a way. */
const ASKS_FOR_GRANT: ReadonlySet<Code> = new Set([
  'grant_required',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'token_exhausted',
  'token_scope',
]);

export function denialOf(
  parts: DenialParts,
  ev: Evaluation,
  judged: Judgement,
): Denial | undefined {
  const { code } = judged;
  // Approvals, admission and faults say all there is by their code.
  if (ev.action === undefined || ev.session === undefined || code === 'approval_required')
    return undefined;
  // What administers is asked for by verbs of its own, with arguments that no rule names.
  if (ev.action.name.startsWith('portcullis.')) return undefined;
  if (OF_RULES.has(code)) {
    const policy = parts.policies.for(ev.session.preset);
    // No rule could permit it, whatever is changed.
    if (!policy.opens(ev.action.name) && code !== 'deferred')
      return { code, help: never(code), unmet: undefined };
    return denial(ev, code, unmetOf(policy, ev), () => ofRules(parts, policy, ev, code));
  }
  const settled = situation(parts, ev, judged);
  return settled === undefined ? undefined : denial(ev, code, undefined, settled);
}

/** Worked out at once for who may not read the policy: its record says what it was told. */
function denial(ev: Evaluation, code: Code, unmet: Json | undefined, work: () => Help): Denial {
  if (!readsPolicy(ev.caller.rights)) return { code, help: work(), unmet };
  let known: Help | undefined;
  const help = (): Help => {
    try {
      known ??= work();
    } catch {
      // The refusal stands whatever becomes of the help for it.
      known = helpByCode(code);
    }
    return known;
  };
  return { code, help, unmet };
}

function ofRules(parts: DenialParts, policy: Policy, ev: Evaluation, code: Code): Help {
  const least = code === 'deferred' ? helpByCode(code) : never(code);
  const entitled = readsPolicy(ev.caller.rights);
  const asked = code === 'grant_required' || code === 'justification_required';
  // Changed by a rule on its way: what was asked for is not what was judged.
  if (ev.modified || !(entitled || asked || policy.showsAny)) return least;
  const attempts = new Attempts(parts.rehearsal, ev);
  const capability = () => capabilityFor(parts, ev);
  for (const found of policy.plans(ev)) {
    // A capability that destroys asks for a grant though no rule does, and so does a call with a token.
    const plan = ASKS_FOR_GRANT.has(code) ? { ...found, grant: true } : found;
    const open = entitled ? plan : visibleOf(plan);
    const help =
      open === undefined
        ? asked
          ? bare(helpOf(code, plan, ev, attempts, capability), code)
          : undefined
        : helpOf(code, open, ev, attempts, capability);
    if (help !== undefined) return help;
  }
  return least;
}

/** What the code itself says: that a grant or a reason is missing, and no more of the rule. */
function bare(from: Help | undefined, code: Code): Help | undefined {
  if (from === undefined) return undefined;
  const { arguments: changes, ...help } = from;
  const reasonOnly = changes?.every(({ argument }) => argument === '/justification') ?? true;
  if (!reasonOnly) return undefined;
  if (changes === undefined) return help;
  const told: ArgumentHelp[] = changes.map(({ argument }) => ({ argument }));
  return { ...help, code, arguments: told };
}

function unmetOf(policy: Policy, ev: Evaluation): Json | undefined {
  const unmet: Json[] = [];
  for (const { rule, conditions } of policy.unmet(ev)) {
    if (unmet.length === MOST_UNMET) break;
    const paths = conditions.slice(0, MOST_CONDITIONS).map(pathOf);
    unmet.push([rule.name, paths]);
  }
  return unmet.length === 0 ? undefined : unmet;
}

/**
 * Of refusals that no rule stands behind: what is true of this one, tried where it can be. Where rules are hidden from who asks, what the code says,
 * tried or not: what stops it must not be a way to ask what they would permit.
 */
function situation(
  parts: DenialParts,
  ev: Evaluation,
  { code, retryAfter }: Judgement,
): (() => Help) | undefined {
  const policy = parts.policies.for(ev.session?.preset);
  const open = readsPolicy(ev.caller.rights) || policy.showsAll;
  const attempts = new Attempts(parts.rehearsal, ev);
  const settles = (different: Different): boolean => !open || attempts.settles(different);
  const kept = (holds: boolean, help: Help = helpByCode(code)): Help =>
    holds ? help : never(code);
  switch (code) {
    case 'rate_limited':
      if (retryAfter === undefined) return undefined;
      return () =>
        kept(settles({ at: ev.now + retryAfter * 1_000 }), afterSeconds(code, retryAfter, ev.now));
    case 'budget_exhausted':
      return () =>
        retryAfter === undefined ? never(code) : afterSeconds(code, retryAfter, ev.now);
    case 'approvals_full':
      return retryAfter === undefined ? undefined : () => afterSeconds(code, retryAfter, ev.now);
    case 'frozen':
      return () => kept(settles({}));
    case 'session_quarantined':
      return () => kept(settles({ session: 'released' }));
    case 'session_closed':
    case 'drift_violation':
    case 'drift_detected':
      return () => inNewSession(ev, code, settles);
    case 'invalidated':
      return () =>
        ev.over?.target === 'session'
          ? inNewSession(ev, code, settles)
          : { code, retry: 'after', after: { by: 'administrator' } };
    case 'raw_not_allowed':
      return () =>
        kept(settles({}), {
          ...helpByCode(code),
          arguments: [
            {
              argument: '/response_mode',
              permitted: [{ in: ['summary', 'table', 'handle_only'] }],
            },
          ],
        });
    case 'approval_expired':
    case 'approval_used':
    case 'approval_void':
    case 'unknown_approval':
      return () =>
        kept(settles({}), {
          ...helpByCode(code),
          arguments: [{ argument: '/resume', permitted: [{ present: false }] }],
        });
    case 'token_invalid':
    case 'token_expired':
    case 'token_revoked':
    case 'token_exhausted':
    case 'token_scope':
      return () => {
        if (!open) return helpByCode(code);
        // What else its rule asks for has to come with the next one, too: the reason that the last was given for is not the request's.
        if (!settles({ granted: true })) return ofRules(parts, policy, ev, code);
        const capability = capabilityFor(parts, ev);
        return capability === undefined ? never(code) : { code, retry: 'get_grant', capability };
      };
    default:
      return undefined;
  }
}

const inNewSession = (
  ev: Evaluation,
  code: Code,
  settles: (different: Different) => boolean,
): Help =>
  ev.caller.rights.has('sessions:open') && settles({ session: 'new' })
    ? { code, retry: 'new_session' }
    : never(code);

/** A capability that names the action, holds these arguments, and could be granted to who asks. */
function capabilityFor(
  { capabilities, granting }: DenialParts,
  ev: Evaluation,
): string | undefined {
  const action = ev.action as NonNullable<Evaluation['action']>;
  const { tenant } = ev.caller;
  const shown = capabilityOf(granting, ev);
  const all = capabilities.forAction(tenant, action.name);
  // Arguments are those of one capability: who invokes can send them with no other's token.
  const fit = ev.invoked === undefined ? all : [];
  for (const id of shown === undefined ? all : [shown, ...fit]) {
    const found = granting.book.find(id, tenant);
    if (found !== undefined && found.action === action.name && found.outside(action) === undefined)
      return id;
  }
  return undefined;
}

/** What the token is for that came with it, where it can be read. */
function capabilityOf({ mint }: Granting, { request }: Evaluation): string | undefined {
  const read = request?.token === undefined ? undefined : mint.read(request.token);
  return read === undefined || 'fault' in read ? undefined : read.verified.claims.capability;
}
