/**
 * One layer against one action: priority classes ascending, the first in which a rule matches decides, in it the strictest effect.
 * Permit and modify rules match on true alone, restrictions on unknown as well.
 */
import type { Action } from '../action/index.ts';
import type { Evaluation, RateUse } from '../gate/guard.ts';
import type { Bucket } from './compile/index-by-action.ts';
import type { CompiledRule } from './compile/rule.ts';
import type { Effect } from './document/schema.ts';
import type { RateLookup } from './rates.ts';
import { FALSE, TRUE, type Truth, UNKNOWN } from './value/truth.ts';

export interface CompiledLayer {
  readonly layer: 'server' | 'tenant' | 'session';
  readonly rules: readonly CompiledRule[];
  readonly bucket: (action: string) => Bucket;
  /** For the requester where no rule matches. */
  readonly remedy: string | undefined;
  /** A rule asks for a grant or a reason: where nothing matches, that may be what is missing. */
  readonly asksMore: boolean;
}

export interface LayerOutcome {
  /** undefined where no rule matches. */
  effect: Effect | undefined;
  /** The rules that decided: of permits, denies and defers the first; of approvals and modifications all. */
  readonly decided: CompiledRule[];
  /** What is counted if the action goes through. */
  readonly uses: RateUse[];
  /** Rates that alone kept a permit rule from matching. */
  readonly full: RateUse[];
  /** Rules that hung on a rate whose store did not answer. */
  readonly silent: CompiledRule[];
}

/** More than any count: an action that is let through though over the limit is counted all the same. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export function evaluateLayer(
  layer: CompiledLayer,
  ev: Evaluation,
  action: Action,
  rates: RateLookup,
): LayerOutcome {
  const outcome: LayerOutcome = {
    effect: undefined,
    decided: [],
    uses: [],
    full: [],
    silent: [],
  };
  const bucket = layer.bucket(action.name);
  for (const rule of bucket.final) {
    if (matches(rule, ev, action, rates, outcome)) return decide(outcome, rule);
  }
  for (const members of bucket.classes) {
    for (const rule of members) {
      if (outcome.effect !== undefined && rule.effect !== outcome.effect) return outcome;
      if (!matches(rule, ev, action, rates, outcome)) continue;
      decide(outcome, rule);
      if (rule.effect !== 'require_approval' && rule.effect !== 'modify') return outcome;
    }
    if (outcome.effect !== undefined) return outcome;
  }
  return outcome;
}

function decide(outcome: LayerOutcome, rule: CompiledRule): LayerOutcome {
  outcome.effect = rule.effect;
  outcome.decided.push(rule);
  return outcome;
}

function matches(
  rule: CompiledRule,
  ev: Evaluation,
  action: Action,
  rates: RateLookup,
  outcome: LayerOutcome,
): boolean {
  const others = rule.test(ev, action);
  if (others === FALSE) return false;
  const enough = rule.permission || rule.needsAll ? TRUE : UNKNOWN;
  if (rule.rate === undefined || others < enough) return others >= enough;
  const rate = rateTruth(rule, ev, action, rates, outcome);
  return Math.min(others, rate) >= enough;
}

function rateTruth(
  rule: CompiledRule,
  ev: Evaluation,
  action: Action,
  rates: RateLookup,
  outcome: LayerOutcome,
): Truth {
  const use = rule.rate?.use(ev, action);
  if (use === undefined) return UNKNOWN;
  const count = rates.count(use);
  if (count === undefined) {
    outcome.silent.push(rule);
    return UNKNOWN;
  }
  const room = count < use.max;
  if (!rule.permission) {
    outcome.uses.push(room ? use : { ...use, max: UNLIMITED });
    return room ? FALSE : TRUE;
  }
  (room ? outcome.uses : outcome.full).push(use);
  return room ? TRUE : FALSE;
}
