/** The form of a table of cases: fixtures, and rows that say who asks for what, after what, and what must come of it. */
import { z } from 'zod';
import { DURATION_HELP, parseDuration } from '../../time/duration.ts';
import { parseInstant } from '../../time/instant.ts';
import { sure } from '../compile/sure.ts';
import { Diagnostics, reportIssues } from '../document/diagnostics.ts';
import { EFFECTS } from '../document/schema.ts';
import { checked, closedObject } from '../document/terms.ts';
import { type Parsed, parseYaml } from '../document/yaml.ts';
import type { Situation } from '../situation.ts';

const json = z.record(z.string(), z.json());
const word = z.string().min(1).max(256);
const duration = checked('bad_duration', DURATION_HELP, (text) =>
  parseDuration(text) === undefined ? `not a duration: expected ${DURATION_HELP}` : undefined,
);
const instant = checked('bad_time', 'an RFC 3339 time', (text) =>
  parseInstant(text) === undefined
    ? 'not an RFC 3339 time, such as 2026-01-05T12:00:00Z'
    : undefined,
);

const principal = closedObject({
  id: word,
  kind: z.enum(['user', 'agent', 'service', 'scheduler', 'external']).optional(),
  roles: z.array(word).optional(),
  attributes: json.optional(),
});
const action = closedObject({
  action: word,
  resource: z.string().optional(),
  params: json.optional(),
});
const env = closedObject({
  ip: word.optional(),
  country: word.optional(),
  region: word.optional(),
  city: word.optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  device: word.optional(),
  user_agent: word.optional(),
});

/** A fixture's name, or what it would be; over the action's own: `resource`, `params`. */
const call = {
  action: z.union([word, action]),
  resource: z.string().optional(),
  params: json.optional(),
};

const most = 100_000;
const times = z.int().min(1).max(most);

/** What happened before: a call and what came back of it, or the user's own words. */
const step = closedObject({
  ...call,
  action: call.action.optional(),
  /** The user says this. In place of an action. */
  turn: z.string().min(1).max(most).optional(),
  /** In place of the case's. */
  principal: z.union([word, principal]).optional(),
  /** A name that tells the sessions of one case apart. */
  in: word.optional(),
  times: times.optional(),
  /** What comes back. */
  result: z.json().optional(),
  /** Time since the call before: a second where nothing is said. */
  wait: duration.optional(),
  /** Where it is not let through. */
  expect: z.enum(EFFECTS).optional(),
});

const testCase = closedObject({
  name: word,
  /** What a reader of the table should know. */
  note: z.string().min(1).max(1_000).optional(),
  principal: z.union([word, principal]),
  ...call,
  on_behalf_of: word.optional(),
  session: closedObject({
    age: duration.optional(),
    actions: z.int().min(0).optional(),
    denied: z.int().min(0).optional(),
    quarantine: z.enum(['none', 'read_only', 'isolated', 'frozen']).optional(),
    label: word.optional(),
    /** Whether it has read what strangers wrote; left out, nobody can tell. */
    tainted: z.boolean().optional(),
  }).optional(),
  env: env.optional(),
  now: instant.optional(),
  /** Asked so often; the last answer is the one expected, all before it must go through. */
  times: times.optional(),
  /** Time between two of them. */
  every: duration.optional(),
  /** What happened before, in this order. Then all of the gate judges, and not the rules alone. */
  before: z.array(step).max(1_000).optional(),
  /** Of a case with `before`: the session of this name. */
  in: word.optional(),
  /** Of a case with `before`: time since the last call. */
  wait: duration.optional(),
  expect: closedObject({
    effect: z.enum(EFFECTS),
    code: word.optional(),
    rule: word.optional(),
    /** As they would run. */
    params: json.optional(),
  }),
});

const schema = closedObject({
  version: z.literal(1, 'expected 1').optional(),
  description: z.string().optional(),
  /** The policy beside this table; for whoever runs it. */
  policy: z.string().optional(),
  /** Where relative paths begin. */
  start_dir: z.string().startsWith('/').optional(),
  /** For every case that says no other. */
  now: instant.optional(),
  /** Label documents, for cases with `before`. */
  labels: z.array(json).optional(),
  principals: z.record(word, principal).optional(),
  actions: z.record(word, action).optional(),
  cases: z.array(testCase),
});

export type Table = z.infer<typeof schema>;
export type Case = Table['cases'][number];
export type Step = NonNullable<Case['before']>[number];

export type Read = Parsed & { readonly table: Table | undefined; readonly into: Diagnostics };

/** YAML or JSON. Never throws on what is in it. */
export function readTable(text: string): Read {
  const parsed = parseYaml(text, (locate) => new Diagnostics(locate));
  const { into } = parsed;
  if (!into.ok) return { ...parsed, table: undefined };
  const read = schema.safeParse(parsed.value ?? {}, { reportInput: true });
  if (!read.success) {
    reportIssues(read.error.issues, into);
    return { ...parsed, table: undefined };
  }
  checkCases(read.data, into);
  return { ...parsed, table: into.ok ? read.data : undefined };
}

/** The path that a table names its policy by; undefined where it names none or does not load. */
export function policyOfCases(text: string): string | undefined {
  return readTable(text).table?.policy;
}

function checkCases(table: Table, into: Diagnostics): void {
  const named = (given: Case | Step, path: readonly (string | number)[]): void => {
    for (const [key, fixtures] of [
      ['principal', table.principals],
      ['action', table.actions],
    ] as const) {
      const name = given[key];
      if (typeof name !== 'string' || Object.hasOwn(fixtures ?? {}, name)) continue;
      const known = Object.keys(fixtures ?? {}).join(', ') || 'none';
      into.error('unknown_fixture', [...path, key], `no ${key} ${name}. Known: ${known}`);
    }
  };
  for (const [index, entry] of table.cases.entries()) {
    const path = ['cases', index];
    named(entry, path);
    checkStory(entry, path, into);
    for (const [at, one] of (entry.before ?? []).entries()) {
      const here = [...path, 'before', at];
      named(one, here);
      if ((one.action === undefined) === (one.turn === undefined))
        into.error('bad_step', here, 'a step is an action, or a turn of the user');
    }
  }
}

/** What happened makes the session what it is. */
function checkStory(entry: Case, path: readonly (string | number)[], into: Diagnostics): void {
  const wrong = entry.before === undefined ? (['in', 'wait'] as const) : (['session'] as const);
  for (const key of wrong) {
    if (entry[key] === undefined) continue;
    const message =
      key === 'session'
        ? 'with before, the session is what happened in it'
        : `${key} belongs to a case with before`;
    into.error('bad_case', [...path, key], message);
  }
}

export interface Asked {
  readonly principal: Situation['principal'];
  readonly action: string;
  readonly resource?: string;
  readonly params: NonNullable<Situation['params']>;
}

/** Who asks, and for what, with fixtures looked up. */
export function askedOf(table: Table, entry: Case | Step, by: Case): Asked {
  const named = entry.principal ?? by.principal;
  const who = typeof named === 'string' ? table.principals?.[named] : named;
  const what = typeof entry.action === 'string' ? table.actions?.[entry.action] : entry.action;
  const resource = entry.resource ?? what?.resource;
  return {
    principal: who as Situation['principal'],
    action: what?.action ?? '',
    params: { ...what?.params, ...entry.params },
    ...(resource === undefined ? {} : { resource }),
  };
}

/** Milliseconds since the epoch. */
export function startOf(table: Table, { now }: Case): number {
  const at = now ?? table.now;
  return at === undefined ? Date.now() : sure(parseInstant(at));
}

export const millisecondsOf = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
