/**
 * Tables of cases beside a policy: who asks for what, and what must come of it. They run against the compiled policy alone, each
 * with rates of its own, and say which rules no case reaches.
 */
import type { JsonObject, PolicyDiagnostic } from '@portcullis/wire';
import { z } from 'zod';
import { MemoryRates } from '../budget/index.ts';
import { Diagnostics, reportIssues } from './document/diagnostics.ts';
import { EFFECTS } from './document/schema.ts';
import { checked, closed } from './document/terms.ts';
import { type Parsed, parseYaml } from './document/yaml.ts';
import type { CompiledPolicy } from './policy.ts';
import { type Judged, judge, type Situation, stage } from './situation.ts';
import { DURATION_HELP, parseDuration } from './value/duration.ts';

const json = z.record(z.string(), z.json());
const word = z.string().min(1).max(256);
const duration = checked('bad_duration', DURATION_HELP, (text) =>
  parseDuration(text) === undefined ? `not a duration: expected ${DURATION_HELP}` : undefined,
);
const instant = checked('bad_time', 'an RFC 3339 time', (text) =>
  Number.isNaN(Date.parse(text)) ? 'not an RFC 3339 time, such as 2026-01-05T12:00:00Z' : undefined,
);

const principal = closed({
  id: word,
  kind: z.enum(['user', 'agent', 'service', 'scheduler', 'external']).optional(),
  roles: z.array(word).optional(),
  attributes: json.optional(),
});
const action = closed({ action: word, resource: z.string().optional(), params: json.optional() });

const surroundings = {
  on_behalf_of: word.optional(),
  session: closed({
    age: duration.optional(),
    actions: z.int().min(0).optional(),
    denied: z.int().min(0).optional(),
    quarantine: z.enum(['none', 'read_only', 'isolated', 'frozen']).optional(),
    label: word.optional(),
    /** Whether it has read what strangers wrote; left out, nobody can tell. */
    tainted: z.boolean().optional(),
  }).optional(),
  env: closed({
    ip: word.optional(),
    country: word.optional(),
    region: word.optional(),
    city: word.optional(),
    latitude: z.number().optional(),
    longitude: z.number().optional(),
    device: word.optional(),
    user_agent: word.optional(),
  }).optional(),
  now: instant.optional(),
};

const testCase = closed({
  name: word,
  /** What a reader of the table should know. */
  note: z.string().min(1).max(1_000).optional(),
  principal: z.union([word, principal]),
  action: z.union([word, action]),
  /** In place of the action's. */
  resource: z.string().optional(),
  /** Over the action's. */
  params: json.optional(),
  ...surroundings,
  /** Asked so often; the last answer is the one expected, all before it must go through. */
  times: z.int().min(1).max(100_000).optional(),
  /** Time between two of them. */
  every: duration.optional(),
  expect: closed({
    effect: z.enum(EFFECTS),
    code: word.optional(),
    rule: word.optional(),
    /** As they would run. */
    params: json.optional(),
  }),
});

const casesSchema = closed({
  version: z.literal(1, 'expected 1').optional(),
  description: z.string().optional(),
  /** The policy beside this table; for whoever runs it. */
  policy: z.string().optional(),
  /** Where relative paths begin. */
  start_dir: z.string().startsWith('/').optional(),
  /** For every case that says no other. */
  now: instant.optional(),
  principals: z.record(word, principal).optional(),
  actions: z.record(word, action).optional(),
  cases: z.array(testCase),
});

type Table = z.infer<typeof casesSchema>;
type Case = Table['cases'][number];

export interface CasesOptions {
  /** Where the table says no other: relative paths begin here. */
  readonly startDir?: string;
}

export interface CaseReport {
  readonly name: string;
  readonly ok: boolean;
  /** What differs, in words; empty where nothing does. */
  readonly differences: readonly string[];
  readonly got: {
    readonly effect: string;
    readonly code: string;
    readonly rule: string | undefined;
  };
  /** 1-based. */
  readonly line?: number;
  readonly duration_ms: number;
}

export interface CasesReport {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly cases: readonly CaseReport[];
  readonly coverage: {
    readonly rules: number;
    readonly covered: number;
    /** Rules that had a part in no case. */
    readonly missing: readonly string[];
  };
  /** What is wrong with the table; then no case has run. */
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/** Runs a table, YAML or JSON. Never throws on what is in it. */
export async function runPolicyCases(
  policy: CompiledPolicy,
  text: string,
  options: CasesOptions = {},
): Promise<CasesReport> {
  const { table, into, locate } = readTable(text);
  if (table === undefined) return report(policy, [], new Set(), into.list());
  const reached = new Set<string>();
  const cases: CaseReport[] = [];
  for (const [index, entry] of table.cases.entries()) {
    const line = locate(['cases', index])?.line;
    const done = await runCase(policy, table, entry, options, reached);
    cases.push({ ...done, ...(line === undefined ? {} : { line }) });
  }
  return report(policy, cases, reached, into.list());
}

/** The path that a table names its policy by; undefined where it names none or does not load. */
export function policyOfCases(text: string): string | undefined {
  return readTable(text).table?.policy;
}

function readTable(text: string): Parsed & { table: Table | undefined; into: Diagnostics } {
  const parsed = parseYaml(text, (locate) => new Diagnostics(locate));
  const { into } = parsed;
  if (!into.ok) return { ...parsed, table: undefined };
  const read = casesSchema.safeParse(parsed.value ?? {}, { reportInput: true });
  if (!read.success) {
    reportIssues(read.error.issues, into);
    return { ...parsed, table: undefined };
  }
  checkNames(read.data, into);
  return { ...parsed, table: into.ok ? read.data : undefined };
}

function checkNames(table: Table, into: Diagnostics): void {
  table.cases.forEach((entry, index) => {
    for (const [key, fixtures] of [
      ['principal', table.principals],
      ['action', table.actions],
    ] as const) {
      const name = entry[key];
      if (typeof name !== 'string' || Object.hasOwn(fixtures ?? {}, name)) continue;
      const known = Object.keys(fixtures ?? {}).join(', ') || 'none';
      into.error('unknown_fixture', ['cases', index, key], `no ${key} ${name}. Known: ${known}`);
    }
  });
}

async function runCase(
  policy: CompiledPolicy,
  table: Table,
  entry: Case,
  options: CasesOptions,
  reached: Set<string>,
): Promise<CaseReport> {
  const start = performance.now();
  const rates = new MemoryRates();
  const base = situationOf(table, entry, options);
  const first = base.now ?? Date.now();
  const step = entry.every === undefined ? 0 : (parseDuration(entry.every) ?? 0);
  const times = entry.times ?? 1;
  const differences: string[] = [];
  let got:
    | Judged
    | { effect: 'deny'; code: string; rule: undefined; params: JsonObject }
    | undefined;
  for (let turn = 0; turn < times && differences.length === 0; turn++) {
    const staged = stage({ ...base, now: first + turn * step });
    if (!staged.ok) {
      got = { effect: 'deny', code: staged.code, rule: undefined, params: {} };
    } else {
      const judged = await judge(policy, staged.evaluation, rates);
      for (const rule of judged.rules) reached.add(rule);
      got = judged;
    }
    const through = got.effect === 'permit' || got.effect === 'modify';
    if (turn < times - 1 && !through) {
      differences.push(`turn ${turn + 1} of ${times} came to ${got.effect} (${got.code})`);
    }
  }
  if (got === undefined) throw new TypeError('a case runs at least once');
  if (differences.length === 0) differences.push(...compare(entry.expect, got));
  return {
    name: entry.name,
    ok: differences.length === 0,
    differences,
    got: { effect: got.effect, code: got.code, rule: got.rule },
    duration_ms: performance.now() - start,
  };
}

function situationOf(
  table: Table,
  entry: Case,
  options: CasesOptions,
): Situation & { now?: number } {
  const who =
    typeof entry.principal === 'string' ? table.principals?.[entry.principal] : entry.principal;
  const what = typeof entry.action === 'string' ? table.actions?.[entry.action] : entry.action;
  const resource = entry.resource ?? what?.resource;
  const now = entry.now ?? table.now;
  const { on_behalf_of, session, env } = entry;
  return {
    principal: who,
    action: what?.action ?? '',
    params: { ...what?.params, ...entry.params },
    start_dir: table.start_dir ?? options.startDir ?? '/',
    ...(resource === undefined ? {} : { resource }),
    ...(on_behalf_of === undefined ? {} : { on_behalf_of }),
    ...(session === undefined ? {} : { session }),
    ...(env === undefined ? {} : { env }),
    ...(now === undefined ? {} : { now: Date.parse(now) }),
  } as Situation & { now?: number };
}

function compare(
  expected: Case['expect'],
  got: {
    readonly effect: string;
    readonly code: string;
    readonly rule: string | undefined;
    readonly params: Readonly<JsonObject>;
  },
): string[] {
  const differences: string[] = [];
  for (const key of ['effect', 'code', 'rule'] as const) {
    const wanted = expected[key];
    if (wanted !== undefined && wanted !== got[key]) {
      differences.push(`${key}: expected ${wanted}, got ${got[key] ?? 'none'}`);
    }
  }
  for (const [key, wanted] of Object.entries(expected.params ?? {})) {
    const value = Object.hasOwn(got.params, key) ? got.params[key] : undefined;
    if (JSON.stringify(value) === JSON.stringify(wanted)) continue;
    differences.push(
      `params.${key}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(value)}`,
    );
  }
  return differences;
}

function report(
  policy: CompiledPolicy,
  cases: readonly CaseReport[],
  reached: ReadonlySet<string>,
  diagnostics: readonly PolicyDiagnostic[],
): CasesReport {
  const names = policy.layers.flatMap(({ rules }) => rules.map(({ name }) => name));
  const missing = names.filter((name) => !reached.has(name));
  const passed = cases.filter(({ ok }) => ok).length;
  const failed = cases.length - passed;
  return {
    ok: failed === 0 && !diagnostics.some(({ severity }) => severity === 'error'),
    passed,
    failed,
    cases,
    coverage: { rules: names.length, covered: names.length - missing.length, missing },
    diagnostics,
  };
}
