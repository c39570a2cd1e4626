/**
 * What loads and yet is probably not meant. Warnings, but for one: a deny that an earlier permit covers wholly never denies, and a
 * policy that says no and does yes is refused.
 */
import { PRIORITY } from '../compile/rule.ts';
import type { Diagnostics, Path } from '../document/diagnostics.ts';
import {
  EFFECTS,
  isPermission,
  type ParamTests,
  type PolicyDocument,
  type Rule,
  strictness,
  type When,
} from '../document/schema.ts';
import { many } from '../document/terms.ts';
import { compilePattern } from '../pattern/pattern.ts';
import { lintBehaviour } from './behaviour.ts';
import { covers, isAlwaysKnown } from './cover.ts';
import { lintFiles } from './files.ts';
import { impossibleInvariant, impossibleRule } from './impossible.ts';
import { lintNames } from './names.ts';

/** A rule and where what is wrong with it is said. */
export interface Placed {
  readonly rule: Rule;
  readonly at: Path;
  readonly into: Diagnostics;
}

/** What one document shows by itself. */
export function lintDocument(document: PolicyDocument, into: Diagnostics): void {
  if ((document.rules ?? []).length === 0) {
    into.warning('denies_everything', [], 'there are no rules: everything is denied');
  }
  document.rules?.forEach((rule, index) => {
    lintRule(rule, ['rules', index], into);
  });
  document.behaviour?.forEach((behaviour, index) => {
    lintBehaviour(behaviour, ['behaviour', index], into);
  });
  document.invariants?.forEach((invariant, index) => {
    const why = impossibleInvariant(invariant);
    if (why !== undefined) into.warning('impossible_rule', ['invariants', index], why);
    for (const key of ['action', 'allowed_actions', 'blocked_actions'] as const)
      lintNames(invariant[key], ['invariants', index, key], into);
  });
}

function lintRule(rule: Rule, at: Path, into: Diagnostics): void {
  const { when = {}, effect } = rule;
  const said = Object.keys(when).filter(
    (key) => key !== 'action' || !many(when.action).includes('**'),
  );
  if (effect === 'permit' && said.length === 0) {
    into.warning('unconditional_permit', at, `"${rule.name}" permits everything to everyone`);
  }
  for (const { path, message } of impossibleRule(rule)) {
    into.warning('impossible_rule', [...at, ...path], `never holds: ${message}`);
  }
  if (isPermission(effect)) lintPermission(when, at, into);
  lintNames(when.action, [...at, 'when', 'action'], into);
  lintPatterns(when, at, into);
  const { resource } = when;
  const patterns = typeof resource === 'object' && 'glob' in resource ? resource.glob : resource;
  lintFiles(many(when.action), many<string>(patterns), [...at, 'when', 'resource'], into);
}

function lintPermission(when: When, at: Path, into: Diagnostics): void {
  for (const [pointer, given] of Object.entries(when.params ?? {})) {
    if (pointer === 'other') continue;
    const tests = given as ParamTests;
    const path = [...at, 'when', 'params', pointer];
    const bounded =
      tests.min !== undefined ||
      tests.over !== undefined ||
      tests.in !== undefined ||
      tests.eq !== undefined;
    if ((tests.max !== undefined || tests.under !== undefined) && !bounded) {
      into.warning('unbounded_below', path, 'negative numbers pass: say min as well');
    }
    if (tests.matches === undefined) continue;
    const pattern = compilePattern(tests.matches);
    if (!('wrong' in pattern) && !pattern.anchored) {
      into.warning(
        'unanchored_pattern',
        path,
        'the pattern is found anywhere in the text: anchor it with ^ and $ to permit only what it describes',
      );
    }
  }
}

function lintPatterns(when: When, at: Path, into: Diagnostics): void {
  for (const [pointer, given] of Object.entries(when.params ?? {})) {
    const source = pointer === 'other' ? undefined : (given as ParamTests).matches;
    if (source === undefined) continue;
    const pattern = compilePattern(source);
    if ('wrong' in pattern || !Number.isFinite(pattern.longest)) continue;
    const message = `texts longer than ${pattern.longest} characters are unknown to this pattern`;
    into.warning('complex_pattern', [...at, 'when', 'params', pointer], message);
  }
}

/** Pairs that are compared before the lint gives up and says so. */
const MOST_PAIRS = 2_000_000;

/** What all rules of a layer show together. */
export function lintLayer(placed: readonly Placed[]): void {
  const ordered = [...placed].sort((a, b) => rank(a.rule) - rank(b.rule));
  const byAction = new Map<string, Placed[]>();
  const wide: Placed[] = [];
  let pairs = 0;
  for (const inner of ordered) {
    const actions = many(inner.rule.when?.action);
    // What covers a rule covers its first action: by that name, or by a pattern.
    const named = actions[0] === undefined ? [] : (byAction.get(actions[0]) ?? []);
    for (const outer of inner.rule.final === true ? [] : [...wide, ...named]) {
      if (++pairs > MOST_PAIRS) {
        const message = 'there are too many rules to compare all of them with one another';
        inner.into.warning('lint_limited', inner.at, message);
        return;
      }
      if (shadows(outer.rule, inner)) break;
    }
    if (actions.length === 0 || actions.some((action) => action.includes('*'))) wide.push(inner);
    for (const action of actions) {
      const members = byAction.get(action);
      if (members === undefined) byAction.set(action, [inner]);
      else members.push(inner);
    }
  }
}

/** Final denies, then classes ascending, in a class the strictest first. */
function rank(rule: Rule): number {
  if (rule.final === true) return -1;
  return (rule.priority ?? PRIORITY) * EFFECTS.length - strictness(rule.effect);
}

function shadows(outer: Rule, { rule: inner, at, into }: Placed): boolean {
  const [wide, narrow] = [outer.when ?? {}, inner.when ?? {}];
  // Where arguments come from is known of an action only: one such rule is not measured against another.
  const asksFlow = wide.labels !== undefined || wide.flow !== undefined;
  if (wide.rate !== undefined || asksFlow || outer.then?.set !== undefined) return false;
  if (!covers(wide, narrow)) return false;
  const sameClass = (outer.priority ?? PRIORITY) === (inner.priority ?? PRIORITY);
  const accumulate =
    ['require_approval', 'modify'].includes(outer.effect) && outer.effect === inner.effect;
  if (sameClass && outer.final !== true && accumulate) return false;
  const never = isAlwaysKnown(wide);
  if (inner.effect === 'deny' && isPermission(outer.effect) && never) {
    into.error(
      'covered_deny',
      at,
      `"${inner.name}" never denies: "${outer.name}" permits all of it first; give the deny a lower priority number, or make it final`,
    );
    return true;
  }
  if (!never && !isPermission(inner.effect) && isPermission(outer.effect)) {
    into.warning(
      'shadowed_rule',
      at,
      `"${inner.name}" matches only where a field is missing: "${outer.name}" permits the rest first`,
    );
    return true;
  }
  into.warning(
    'shadowed_rule',
    at,
    `"${inner.name}" never decides: "${outer.name}" decides all of it first`,
  );
  return true;
}
