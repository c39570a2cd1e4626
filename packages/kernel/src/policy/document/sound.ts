/**
 * What of a document has its shape where the whole has not, each element at its own place: so one mistake hides no other. For further
 * checks only; such a document is never put in force.
 */
import type { z } from 'zod';
import { isJsonObject } from '../../action/plain.ts';
import type { PolicyDocument } from './schema.ts';

type Issue = z.core.$ZodIssue;
type Members = { readonly [key: string]: unknown };

const LISTS = ['rules', 'invariants', 'budgets', 'behaviour'] as const;

export function soundPart(value: unknown, issues: readonly Issue[]): PolicyDocument {
  const sound: { [list: string]: unknown[] } = {};
  for (const list of LISTS) {
    const given = isJsonObject(value) ? value[list] : undefined;
    const mine = issues.filter(({ path }) => path[0] === list);
    if (!Array.isArray(given) || mine.some(({ path }) => path.length === 1)) continue;
    const broken = Map.groupBy(mine, ({ path }) => path[1]);
    // What is left out leaves a hole, which whoever walks the list passes over.
    const kept: unknown[] = [];
    given.forEach((element, index) => {
      const wrong = broken.get(index) ?? [];
      // Elsewhere than in a rule an unknown key is mostly a known one misspelt, which a further check would say is missing.
      const misspelt = list !== 'rules' && wrong.some(({ code }) => code === 'unrecognized_keys');
      const rest = misspelt ? undefined : without(element, wrong);
      if (rest !== undefined) kept[index] = rest;
    });
    sound[list] = kept;
  }
  return sound as PolicyDocument;
}

/** The element without unknown keys and broken conditions; undefined where anything else is wrong with it. */
function without(element: unknown, issues: readonly Issue[]): unknown {
  if (issues.length === 0) return element;
  if (!isJsonObject(element)) return undefined;
  const own = new Set<PropertyKey>();
  const conditions = new Set<PropertyKey>();
  for (const issue of issues) {
    const [first, condition] = issue.path.slice(2);
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    if (first === 'when' && condition !== undefined) conditions.add(condition);
    else if (unknown === undefined || (first !== undefined && first !== 'when')) return undefined;
    else for (const key of unknown) (first === undefined ? own : conditions).add(key);
  }
  const rest = omit(element, own);
  return isJsonObject(rest.when) ? { ...rest, when: omit(rest.when, conditions) } : rest;
}

const omit = (from: Members, keys: ReadonlySet<PropertyKey>): Members =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.has(key)));
