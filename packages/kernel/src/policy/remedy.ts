/**
 * What would have to be different for a policy to permit an action that it refuses: which arguments, within what, or when, or in which session. Read off
 * the conditions of the rules, so each plan says what the rules say; whether the whole gate agrees is for who tries it (denial/rehearse.ts).
 */
import type { JsonObject } from '@portcullis/wire';
import type { Action } from '../action/index.ts';
import { formatPointer } from '../action/json/pointer.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { Condition } from './compile/condition.ts';
import type { Bucket } from './compile/index-by-action.ts';
import type { CompiledInvariant } from './compile/invariants.ts';
import type { CompiledRule } from './compile/rule.ts';
import { nextTimes } from './value/clock.ts';
import { FALSE, TRUE } from './value/truth.ts';

export interface Change {
  /** `/resource`, `/justification`, `/params`, or `/params` and a pointer. */
  readonly argument: string;
  /** All of them have to hold. */
  readonly permitted: readonly Said[];
  /** Of each, one test must not. */
  readonly unless: readonly Said[];
}

/** Tests, and whether the rule that they are of may be told to anybody. */
interface Said {
  readonly tests: JsonObject;
  readonly visible: boolean;
}

/** One way that the rules leave open. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly grant: boolean;
  /** Moments to try, soonest first; empty where time is not what it wants for. */
  readonly times: readonly number[];
  /** The session is too old or has too many actions. */
  readonly session: boolean;
  /** That there is this way may be told to anybody, with what of it is visible. */
  readonly visible: boolean;
  /** Every value that fits is permitted by the rules. */
  readonly exact: boolean;
}

/** A rule that could permit the action, and what of it did not hold. */
export interface Unmet {
  readonly rule: CompiledRule;
  readonly conditions: readonly Condition[];
}

interface Layer {
  readonly bucket: (action: string) => Bucket;
}

/** Ways worked out for one refusal. */
const MOST_PLANS = 6;

interface Rules {
  readonly layers: readonly Layer[];
  readonly invariants: readonly CompiledInvariant[];
  readonly behaviours: readonly unknown[];
  readonly asksOrigins: boolean;
}

const isArgument = ({ path: [where, kind], wants }: Condition): boolean =>
  where === 'when' &&
  wants !== undefined &&
  (kind === 'params' || kind === 'resource' || kind === 'justification');

/** Its truth may change with any argument, in ways that nobody can read off. */
const isOpaque = ({ path: [where, kind] }: Condition): boolean =>
  where === 'then' ||
  kind === 'expr' ||
  kind === 'labels' ||
  kind === 'flow' ||
  kind === 'runs_others';

const argumentOf = ({ path }: Condition): string =>
  formatPointer([path[1] as string]) + (path[2] === undefined ? '' : String(path[2]));

function fails(rule: CompiledRule, ev: Evaluation, action: Action): Condition[] {
  const failed: Condition[] = [];
  for (const condition of rule.conditions)
    if (condition.test(ev, action) !== TRUE) failed.push(condition);
  return failed;
}

/** Rules of the first layer that did not let it through, with what kept them; the restrictions that matched, whole. */
export function unmet({ layers }: Rules, ev: Evaluation, action: Action): Unmet[] {
  const found: Unmet[] = [];
  for (const { bucket } of layers) {
    for (const rule of bucket(action.name).permissions) {
      const conditions = fails(rule, ev, action);
      if (conditions.length > 0) found.push({ rule, conditions });
    }
  }
  // The nearest first.
  return found.sort((a, b) => a.conditions.length - b.conditions.length);
}

export const opens = ({ layers }: Rules, action: string): boolean =>
  layers.length > 0 && layers.every(({ bucket }) => bucket(action).permissions.length > 0);

/** Worked out one after the other, for most of the time the first will do. */
export function* plans(rules: Rules, ev: Evaluation, action: Action): Generator<Plan> {
  if (rules.layers.length === 0) return;
  const options = rules.layers.map((layer) =>
    layer.bucket(action.name).permissions.flatMap((rule) => {
      const conditions = fails(rule, ev, action);
      return conditions.every(isRemediable) ? [{ rule, conditions, layer }] : [];
    }),
  );
  const nearest = options.map((of) =>
    of.reduce<Option | undefined>(
      (best, one) =>
        best === undefined || one.conditions.length < best.conditions.length ? one : best,
      undefined,
    ),
  );
  if (nearest.includes(undefined)) return;
  // The layer that has no rule that fits as it is: each of its rules is a way; of the other layers the nearest one.
  const refusing = Math.max(
    0,
    nearest.findIndex((one) => (one as Option).conditions.length > 0),
  );
  let left = MOST_PLANS;
  for (const option of options[refusing] as Option[]) {
    const chosen = nearest.map((one, at) => (at === refusing ? option : (one as Option)));
    const plan = planFor(rules, chosen, ev, action);
    if (plan === undefined) continue;
    yield plan;
    left -= 1;
    if (left === 0) return;
  }
}

interface Option extends Unmet {
  readonly layer: Layer;
}

const isRemediable = (condition: Condition): boolean =>
  isArgument(condition) || isGrant(condition) || isTime(condition) || isOfSession(condition);

const isGrant = ({ path }: Condition): boolean => path[1] === 'grant';
const isTime = ({ path }: Condition): boolean => path[1] === 'time';
const isOfSession = ({ path }: Condition): boolean =>
  path[1] === 'session' && (path[2] === 'age_max' || path[2] === 'actions_max');

function planFor(
  rules: Rules,
  chosen: readonly Option[],
  ev: Evaluation,
  action: Action,
): Plan | undefined {
  const failing = chosen.flatMap(({ conditions }) => conditions);
  const changed = new Set(failing.filter(isArgument).map(argumentOf));
  const times: number[] = failing
    .filter(isTime)
    .flatMap(({ wants }) => nextTimes(wants as JsonObject, ev.now, true));
  let session = failing.some(isOfSession);
  const told: { readonly visible: boolean }[] = chosen.map(({ rule }) => rule);
  const invariants = rules.invariants.filter(({ concerns }) => concerns(action.name));
  for (const invariant of invariants) {
    if (invariant.violated(ev, action) === undefined) continue;
    told.push(invariant);
    if (invariant.bound !== undefined) changed.add(`/params${invariant.bound.param}`);
    else if (invariant.ofSession) session = true;
    else return undefined;
  }
  const restrictions = chosen.flatMap(({ layer, rule }) => restrictionsOn(layer, rule, action));
  for (const restriction of restrictions) {
    if (!matches(restriction, ev, action)) continue;
    const way = wayAround(restriction, changed);
    if (way === undefined) return undefined;
    told.push(restriction);
    if (isTime(way)) times.push(...nextTimes(way.wants as JsonObject, ev.now, false));
    else changed.add(argumentOf(way));
  }
  const left = leftOut(chosen, changed);
  // A hard cap asks for an argument that no rule of this way lets in.
  if ([...changed].some(left)) return undefined;
  let exact = chosen.every(({ rule }) => !rule.conditions.some(isOpaque));
  const unless = new Map<string, Said[]>();
  for (const restriction of restrictions) {
    const cut = cutBy(restriction, changed, left, ev, action);
    if (cut === undefined) continue;
    if (cut === 'unclear') exact = false;
    else {
      const said = { tests: cut.tests, visible: restriction.visible };
      unless.set(cut.argument, [...(unless.get(cut.argument) ?? []), said]);
    }
  }
  const changes = [...changed].map(
    (argument): Change => ({
      argument,
      permitted: [
        ...chosen.flatMap(({ rule }) => testsOn(rule, argument)),
        ...invariants.flatMap(({ bound, visible }) =>
          bound !== undefined && `/params${bound.param}` === argument
            ? [{ tests: bound.tests as JsonObject, visible }]
            : [],
        ),
      ],
      unless: unless.get(argument) ?? [],
    }),
  );
  return {
    changes,
    grant: failing.some(isGrant),
    times: [...new Set(times)].sort((a, b) => a - b),
    session,
    visible: told.every(({ visible }) => visible),
    // The order of calls and the origin of values are judged too, and differ with each value.
    exact: exact && rules.behaviours.length === 0 && !rules.asksOrigins,
  };
}

/** What beats the rule where it matches: denies for good, and restrictions of its class and of those before. */
function restrictionsOn(layer: Layer, rule: CompiledRule, action: Action): CompiledRule[] {
  const { final, classes } = layer.bucket(action.name);
  const before = classes.flat().filter((one) => !one.permission && one.priority <= rule.priority);
  return [...final, ...before];
}

function matches(rule: CompiledRule, ev: Evaluation, action: Action): boolean {
  if (rule.rate !== undefined) return false;
  return rule.test(ev, action) > (rule.needsAll ? TRUE - 1 : FALSE);
}

/** The condition to break: one on an argument that changes anyway, else one on any, else the time. */
function wayAround(rule: CompiledRule, changed: ReadonlySet<string>): Condition | undefined {
  const ways = rule.conditions.filter(isArgument);
  return (
    ways.find((one) => changed.has(argumentOf(one))) ?? ways[0] ?? rule.conditions.find(isTime)
  );
}

/** What is gone once the parameters are left out that no permission knows: nothing is known of it then. */
function leftOut(
  chosen: readonly Option[],
  changed: ReadonlySet<string>,
): (argument: string) => boolean {
  if (!changed.has('/params')) return () => false;
  const lists = chosen.flatMap(({ conditions }) =>
    conditions.flatMap(({ wants }) => (Array.isArray(wants?.only) ? [wants.only] : [])),
  );
  const stays = (argument: string): boolean =>
    lists.every((only) => only.some((pointer) => topOf(`/params${pointer}`) === topOf(argument)));
  return (argument) => argument.startsWith('/params/') && !stays(argument);
}

const topOf = (argument: string): string | undefined => argument.split('/')[2];

/** The values that a restriction takes away from one argument, where it does; `unclear` where nobody can read that off. */
function cutBy(
  rule: CompiledRule,
  changed: ReadonlySet<string>,
  left: (argument: string) => boolean,
  ev: Evaluation,
  action: Action,
): { argument: string; tests: JsonObject } | 'unclear' | undefined {
  let cut: Condition | undefined;
  let unclear = false;
  for (const one of rule.conditions) {
    if (isOpaque(one)) unclear = true;
    else if (isArgument(one) && changed.has(argumentOf(one))) cut ??= one;
    else if (one.test(ev, action) === FALSE && !(isArgument(one) && left(argumentOf(one))))
      return undefined;
  }
  if (cut !== undefined) return { argument: argumentOf(cut), tests: cut.wants as JsonObject };
  return unclear ? 'unclear' : undefined;
}

const testsOn = (rule: CompiledRule, argument: string): Said[] =>
  rule.conditions
    .filter((one) => isArgument(one) && argumentOf(one) === argument)
    .map(({ wants }) => ({ tests: wants as JsonObject, visible: rule.visible }));

/** What of a plan may be told to anybody; undefined where nothing may. */
export function visibleOf(plan: Plan): Plan | undefined {
  if (!plan.visible) return undefined;
  const isVisible = ({ visible }: Said): boolean => visible;
  const whole = plan.changes.every(
    ({ permitted, unless }) => permitted.every(isVisible) && unless.every(isVisible),
  );
  if (whole) return plan;
  const changes = plan.changes.map(({ argument, permitted, unless }) => ({
    argument,
    permitted: permitted.filter(isVisible),
    unless: unless.filter(isVisible),
  }));
  return { ...plan, changes, exact: false };
}

const PATHS = new WeakMap<Condition, string>();

/** Where in its rule it stands, as a JSON Pointer: `/when/params/~1amount`. */
export function pathOf(condition: Condition): string {
  let path = PATHS.get(condition);
  if (path === undefined) {
    path = formatPointer(condition.path);
    PATHS.set(condition, path);
  }
  return path;
}
