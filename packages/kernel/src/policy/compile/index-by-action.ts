/**
 * The rules of a layer by action name: an action meets only rules that name it, or that name none. What a name meets is worked
 * out once and kept, for names come back; rules for other names cost nothing.
 */
import { strictness } from '../document/schema.ts';
import type { CompiledRule } from './rule.ts';

/** The rules of one action. */
export interface Bucket {
  /** Denies that beat every class. */
  readonly final: readonly CompiledRule[];
  /** Priority classes, ascending; in a class the strictest effect first, then as written. */
  readonly classes: readonly (readonly CompiledRule[])[];
  /** Those that permit, in the order of their classes: as many as are looked at for one refusal. */
  readonly permissions: readonly CompiledRule[];
}

const MOST_PERMISSIONS = 64;

/** Names kept; a flood of others makes room for itself. */
const MOST_NAMES = 2_048;

export function indexByAction(rules: readonly CompiledRule[]): (action: string) => Bucket {
  const any: number[] = [];
  const exact = new Map<string, number[]>();
  const heads = new Map<string, number[]>();
  const headless: number[] = [];
  const put = (map: Map<string, number[]>, key: string, rule: number): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [rule]);
    else list.push(rule);
  };
  rules.forEach((rule, number) => {
    if (rule.actions.length === 0) any.push(number);
    for (const pattern of rule.actions) {
      if (pattern.exact !== undefined) put(exact, pattern.exact, number);
      else if (pattern.head !== undefined) put(heads, pattern.head, number);
      else headless.push(number);
    }
  });
  const known = new Map<string, Bucket>();
  return (action) => {
    let bucket = known.get(action);
    if (bucket === undefined) {
      const head = action.split('.', 1)[0] as string;
      const wild = [...(heads.get(head) ?? []), ...headless].filter((number) =>
        (rules[number] as CompiledRule).actions.some((pattern) => pattern.matches(action)),
      );
      const numbers = [...new Set([...any, ...(exact.get(action) ?? []), ...wild])];
      numbers.sort((a, b) => a - b);
      bucket = arrange(numbers.map((number) => rules[number] as CompiledRule));
      if (known.size >= MOST_NAMES) known.clear();
      known.set(action, bucket);
    }
    return bucket;
  };
}

function arrange(rules: readonly CompiledRule[]): Bucket {
  const classes = new Map<number, CompiledRule[]>();
  for (const rule of rules) {
    if (rule.final) continue;
    const members = classes.get(rule.priority);
    if (members === undefined) classes.set(rule.priority, [rule]);
    else members.push(rule);
  }
  const ordered = [...classes].sort(([a], [b]) => a - b);
  const sorted = ordered.map(([, members]) =>
    members.sort((a, b) => strictness(b.effect) - strictness(a.effect)),
  );
  return {
    final: rules.filter((rule) => rule.final),
    classes: sorted,
    permissions: sorted
      .flat()
      .filter(({ permission }) => permission)
      .slice(0, MOST_PERMISSIONS),
  };
}
