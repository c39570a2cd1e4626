/**
 * For tests alone: the policy language once more, written from its description and from nothing else, without index, closures or any
 * care for speed. Where it and the evaluator differ, one of them is wrong.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import type { Evaluation } from '../../gate/guard.ts';
import type { Effect, ParamTests, PolicyDocument, Rule, When } from '../document/schema.ts';

export type T = 'true' | 'false' | 'unknown';

export interface OracleLayer {
  readonly layer: string;
  readonly documents: readonly PolicyDocument[];
}

export interface OracleVerdict {
  readonly effect: Effect;
  readonly code: string;
  readonly rule: string | undefined;
}

/** Uses of a rule's rate in its window; undefined where the store does not answer. */
export type Used = (layer: string, rule: string) => number | undefined;

const STRICTEST_FIRST: readonly Effect[] = [
  'deny',
  'require_approval',
  'defer',
  'modify',
  'permit',
];

/** What expressions mean, written out by hand. */
export type Meanings = { readonly [source: string]: (ev: Evaluation) => T };

export interface World {
  readonly used: Used;
  readonly meanings: Meanings;
}

export function oracle(
  layers: readonly OracleLayer[],
  ev: Evaluation,
  world: World,
): OracleVerdict {
  const verdicts = layers.map((layer) => judgeLayer(layer, ev, world));
  const denied = verdicts.find((verdict) => verdict.effect === 'deny');
  if (denied !== undefined) return denied;
  for (const effect of STRICTEST_FIRST) {
    const verdict = verdicts.find((one) => one.effect === effect);
    if (verdict !== undefined) return verdict;
  }
  return { effect: 'deny', code: 'no_matching_rule', rule: undefined };
}

function judgeLayer(
  { layer, documents }: OracleLayer,
  ev: Evaluation,
  world: World,
): OracleVerdict {
  const rules = documents.flatMap((document) => document.rules ?? []);
  const found = rules.map((rule) => ({ rule, ...judgeRule(rule, layer, ev, world) }));
  const decide = (rule: Rule, fault: boolean): OracleVerdict => {
    const codes = {
      permit: 'permitted',
      modify: 'permitted',
      require_approval: 'permitted',
      defer: 'deferred',
      deny: fault ? 'store_unavailable' : 'denied_by_rule',
    };
    return { effect: rule.effect, code: codes[rule.effect], rule: rule.name };
  };
  const final = found.find(({ rule, matches }) => rule.final === true && matches);
  if (final !== undefined) return decide(final.rule, final.fault);
  const priorities = [...new Set(rules.map((rule) => rule.priority ?? 100))].sort((a, b) => a - b);
  for (const priority of priorities) {
    for (const effect of STRICTEST_FIRST) {
      const winner = found.find(
        ({ rule, matches }) =>
          matches &&
          (rule.priority ?? 100) === priority &&
          rule.effect === effect &&
          rule.final !== true,
      );
      if (winner !== undefined) return decide(winner.rule, winner.fault);
    }
  }
  const code = found.some(({ full }) => full)
    ? 'rate_limited'
    : found.some(({ fault }) => fault)
      ? 'store_unavailable'
      : (missing(rules, priorities, ev, world) ?? 'no_matching_rule');
  return { effect: 'deny', code, rule: undefined };
}

/** The first rule that would permit if the request brought a grant, or a better reason. */
function missing(
  rules: readonly Rule[],
  priorities: readonly number[],
  ev: Evaluation,
  world: World,
): string | undefined {
  for (const priority of priorities) {
    for (const effect of ['modify', 'permit']) {
      for (const rule of rules) {
        if (rule.effect !== effect || (rule.priority ?? 100) !== priority) continue;
        const { grant, justification, ...others } = rule.when ?? {};
        const lacks = (when: When): boolean => all(conditions(when, true, ev, world)) === 'false';
        const noGrant = grant !== undefined && lacks({ grant });
        const noReason = justification !== undefined && lacks({ justification });
        if (!noGrant && !noReason) continue;
        if (all(conditions(others, true, ev, world)) !== 'true') continue;
        return noGrant ? 'grant_required' : 'justification_required';
      }
    }
  }
  return undefined;
}

function judgeRule(rule: Rule, layer: string, ev: Evaluation, world: World) {
  const permission = rule.effect === 'permit' || rule.effect === 'modify';
  const others = all(conditions(rule.when ?? {}, permission, ev, world));
  let rate: T = 'true';
  let fault = false;
  if (rule.when?.rate !== undefined) {
    const count = world.used(layer, rule.name);
    const { max, over } = rule.when.rate;
    if (count === undefined) {
      rate = 'unknown';
      fault = true;
    } else rate = is(permission ? count + 1 <= (max as number) : count + 1 > (over as number));
  }
  const truth = all([others, rate]);
  const certain = permission || rule.absent === 'no_match';
  const hung = certain ? others === 'true' : others !== 'false';
  return {
    matches: truth === 'true' || (truth === 'unknown' && !certain),
    full: permission && others === 'true' && rate === 'false',
    fault: fault && hung,
  };
}

const is = (definite: boolean): T => (definite ? 'true' : 'false');

function all(truths: readonly T[]): T {
  if (truths.includes('false')) return 'false';
  return truths.includes('unknown') ? 'unknown' : 'true';
}

function any(truths: readonly T[]): T {
  if (truths.includes('true')) return 'true';
  return truths.includes('unknown') ? 'unknown' : 'false';
}

const list = <X>(value: X | readonly X[]): readonly X[] =>
  Array.isArray(value) ? (value as readonly X[]) : [value as X];

function conditions(when: When, permission: boolean, ev: Evaluation, { meanings }: World): T[] {
  const action = ev.action as NonNullable<Evaluation['action']>;
  const truths: T[] = [];
  if (when.action !== undefined && list(when.action).length > 0) {
    truths.push(
      is(list(when.action).some((pattern) => parts(pattern.split('.'), action.name.split('.')))),
    );
  }
  const { principal = {}, session, env = {}, time } = when;
  if (principal.kind !== undefined)
    truths.push(is(list<string>(principal.kind).includes(ev.principal.kind)));
  if (principal.id !== undefined) truths.push(is(list(principal.id).includes(ev.principal.id)));
  if (principal.roles !== undefined) {
    const roles = list(principal.roles);
    truths.push(is(ev.principal.roles.some((role) => roles.includes(role))));
  }
  for (const [name, wanted] of Object.entries(principal.attributes ?? {})) {
    const value = ev.principal.attributes[name];
    truths.push(
      value === undefined ? 'unknown' : any(list<Json>(wanted).map((one) => equal(value, one))),
    );
  }
  if (when.resource !== undefined) {
    const given = when.resource;
    const globs =
      typeof given === 'object' && 'glob' in given
        ? list(given.glob)
        : list<string>(given as string);
    const fold = typeof given === 'object' && 'ignore_case' in given && given.ignore_case === true;
    const fits = (end: Json | undefined): boolean => {
      if (typeof end !== 'string') return !permission;
      const text = fold ? end.toLowerCase() : end;
      return globs.some((glob) =>
        parts((fold ? glob.toLowerCase() : glob).split('/'), text.split('/')),
      );
    };
    const ends = [action.resource.value, ...(action.name === 'fs.move' ? [action.params.to] : [])];
    truths.push(is(permission ? ends.every(fits) : ends.some(fits)));
  }
  if (session !== undefined) truths.push(...sessionTruths(session, ev));
  if (env.country !== undefined) {
    const { country } = ev.environment;
    truths.push(country === undefined ? 'unknown' : is(list(env.country).includes(country)));
  }
  if (time !== undefined) {
    const [from, to] = time.between.split('-') as [string, string];
    const clock = new Date(ev.now).toISOString().slice(11, 16);
    truths.push(is(from <= to ? clock >= from && clock <= to : clock >= from || clock <= to));
  }
  if (when.grant !== undefined)
    truths.push(is((when.grant === 'required') === (ev.grant !== undefined)));
  if (when.justification !== undefined) {
    const { min, under } = when.justification;
    const said = (ev.request?.justification ?? ev.grant?.justification ?? '').trim();
    const length = [...said.split(/\s+/).join(' ')].length;
    if (min !== undefined) truths.push(is(length >= min));
    if (under !== undefined) truths.push(is(length < under));
  }
  if (when.params !== undefined)
    truths.push(...paramTruths(when.params, permission, action.params));
  if (when.runs_others !== undefined) truths.push('unknown');
  if (when.flow !== undefined) truths.push(...Object.keys(when.flow).map((): T => 'unknown'));
  if (when.labels !== undefined) truths.push(...Object.keys(when.labels).map((): T => 'unknown'));
  if (when.expr !== undefined) truths.push(meanings[when.expr]?.(ev) ?? 'unknown');
  return truths;
}

function sessionTruths(session: NonNullable<When['session']>, ev: Evaluation): T[] {
  return Object.entries(session).map(([key, wanted]) => {
    if (ev.session === undefined) return 'unknown';
    const age = ev.now - ev.session.opened;
    const seconds = Number.parseInt(String(wanted), 10) * 1_000;
    if (key === 'age_max') return is(age <= seconds);
    if (key === 'age_over') return is(age > seconds);
    if (key === 'actions_max') return is(ev.session.actions + 1 <= Number(wanted));
    if (key === 'actions_over') return is(ev.session.actions + 1 > Number(wanted));
    return is((ev.session.quarantine !== 'none') === wanted);
  });
}

/** One part after another; ** for any number of them. */
function parts(pattern: readonly string[], value: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return value.length === 0;
  if (first === '**') {
    if (parts(rest, value)) return true;
    return value.length > 0 && parts(pattern, value.slice(1));
  }
  const [part, ...others] = value;
  return part !== undefined && chars(first, part) && parts(rest, others);
}

function chars(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text;
  const star = pattern.indexOf('*');
  if (text === '' || !text.startsWith(pattern.slice(0, star))) return false;
  const rest = pattern.slice(star + 1);
  for (let at = star; at <= text.length; at++) {
    if (
      rest === ''
        ? at === text.length
        : rest.includes('*')
          ? chars(rest, text.slice(at))
          : rest === text.slice(at)
    )
      return true;
  }
  return false;
}

/** Of different types: nobody knows. */
function equal(a: Json, b: Json): T {
  const type = (value: Json) => (value === null ? 'null' : typeof value);
  return (type(a) === type(b) && typeof a !== 'object') || (a === null && b === null)
    ? is(a === b)
    : 'unknown';
}

function at(params: Readonly<JsonObject>, pointer: string): Json | undefined {
  let value: Json | undefined = params as JsonObject;
  for (const part of pointer.slice(1).split('/')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as JsonObject)[part];
  }
  return value;
}

function paramTruths(
  wanted: NonNullable<When['params']>,
  permission: boolean,
  params: Readonly<JsonObject>,
): T[] {
  const pointers = Object.keys(wanted).filter((key) => key !== 'other');
  const truths = pointers.map((pointer) =>
    paramTruth(wanted[pointer] as ParamTests, at(params, pointer), permission),
  );
  if (permission && wanted.other !== 'any') {
    truths.push(
      is(
        leaves(params, '').every((leaf) =>
          pointers.some(
            (pointer) =>
              leaf === pointer ||
              leaf.startsWith(`${pointer}/`) ||
              (leaf.endsWith('/') && pointer.startsWith(leaf)),
          ),
        ),
      ),
    );
  }
  return truths;
}

/** An object or list that is empty is a leaf too, with a slash at its end. */
function leaves(value: Json | Readonly<JsonObject>, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  if (path !== '' && Object.keys(value).length === 0) return [`${path}/`];
  return Object.entries(value).flatMap(([key, below]) => leaves(below as Json, `${path}/${key}`));
}

function paramTruth(tests: ParamTests, value: Json | undefined, permission: boolean): T {
  return all(
    Object.entries(tests)
      .map(([name, operand]) => {
        if (name === 'present') return is(operand === (value !== undefined));
        if (value === undefined) return 'unknown';
        if (name === 'type')
          return is(
            list(operand as string).includes(
              Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value,
            ),
          );
        return 'element';
      })
      .filter((truth): truth is T => truth !== 'element')
      .concat(value === undefined ? [] : elements(tests, value, permission)),
  );
}

function elements(tests: ParamTests, value: Json, permission: boolean): T[] {
  const of = Object.entries(tests).filter(([name]) => name !== 'present' && name !== 'type');
  if (of.length === 0) return [];
  const one = (element: Json): T =>
    all(of.map(([name, operand]) => elementTruth(name, operand as Json, element)));
  if (!Array.isArray(value)) return [one(value)];
  return [permission ? all(value.map(one)) : any(value.map(one))];
}

function elementTruth(name: string, operand: Json, value: Json): T {
  if (['min', 'max', 'over', 'under'].includes(name)) {
    if (typeof value !== 'number') return 'unknown';
    const bound = operand as number;
    return is(
      name === 'min'
        ? value >= bound
        : name === 'max'
          ? value <= bound
          : name === 'over'
            ? value > bound
            : value < bound,
    );
  }
  if (name === 'eq') return equal(value, operand);
  if (name === 'in') return any((operand as Json[]).map((one) => equal(value, one)));
  if (name === 'not_in')
    return all(
      (operand as Json[])
        .map((one) => equal(value, one))
        .map((t) => (t === 'true' ? 'false' : t === 'false' ? 'true' : t)),
    );
  if (typeof value !== 'string') return 'unknown';
  const text = operand as string;
  return is(
    name === 'prefix'
      ? value.startsWith(text)
      : name === 'suffix'
        ? value.endsWith(text)
        : value.includes(text),
  );
}
