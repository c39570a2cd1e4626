/**
 * Tables of cases beside a policy: who asks for what, and what must come of it. A case runs against the compiled policy alone, with rates of its own;
 * one that says what happened before, through all of the gate. The report says which rules no case reaches.
 */
import type { JsonObject, PolicyDiagnostic } from '@portcullis/wire';
import { MemoryRates } from '../../budget/index.ts';
import type { CompiledPolicy } from '../policy.ts';
import { judge, type Situation, stage } from '../situation.ts';
import { askedOf, type Case, millisecondsOf, readTable, startOf, type Table } from './table.ts';

export { policyOfCases } from './table.ts';

/** What a case came to. */
export interface CaseOutcome {
  readonly effect: string;
  readonly code: string;
  readonly rule: string | undefined;
  /** Every rule that had a part in it. */
  readonly rules: readonly string[];
  /** As they would run. */
  readonly params: Readonly<JsonObject>;
  /** What went otherwise before the call that the case is about. */
  readonly wrong?: string;
}

/** Runs a case with `before`. */
export type CasePlayer = (table: Table, entry: Case, startDir: string) => Promise<CaseOutcome>;

export interface CasesOptions {
  /** Where the table says no other: relative paths begin here. */
  readonly startDir?: string;
  readonly player?: CasePlayer;
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
  const startDir = table.start_dir ?? options.startDir ?? '/';
  for (const [index, entry] of table.cases.entries()) {
    const line = locate(['cases', index])?.line;
    const start = performance.now();
    const got =
      entry.before === undefined
        ? await alone(policy, table, entry, startDir)
        : await played(options.player, table, entry, startDir);
    for (const rule of got.rules) reached.add(rule);
    const differences = got.wrong === undefined ? compare(entry.expect, got) : [got.wrong];
    const { effect, code, rule } = got;
    cases.push({
      name: entry.name,
      ok: differences.length === 0,
      differences,
      got: { effect, code, rule },
      ...(line === undefined ? {} : { line }),
      duration_ms: performance.now() - start,
    });
  }
  return report(policy, cases, reached, into.list());
}

async function played(
  player: CasePlayer | undefined,
  table: Table,
  entry: Case,
  startDir: string,
): Promise<CaseOutcome> {
  const nothing = { effect: 'deny', code: 'not_run', rule: undefined, rules: [], params: {} };
  if (player === undefined) return { ...nothing, wrong: 'nobody here runs cases with before' };
  try {
    return await player(table, entry, startDir);
  } catch (error) {
    return { ...nothing, wrong: error instanceof Error ? error.message : String(error) };
  }
}

/** The last of its turns; a turn before it that does not go through is the end. */
async function alone(
  policy: CompiledPolicy,
  table: Table,
  entry: Case,
  startDir: string,
): Promise<CaseOutcome> {
  const rates = new MemoryRates();
  const base = situationOf(table, entry, startDir);
  const first = startOf(table, entry);
  const step = millisecondsOf(entry.every, 0);
  const times = entry.times ?? 1;
  const rules = new Set<string>();
  for (let turn = 1; ; turn++) {
    const staged = stage({ ...base, now: first + (turn - 1) * step });
    const got = staged.ok
      ? await judge(policy, staged.evaluation, rates)
      : { effect: 'deny', code: staged.code, rule: undefined, rules: [], params: {} };
    for (const rule of got.rules) rules.add(rule);
    const came = { ...got, rules: [...rules] };
    if (turn === times) return came;
    if (got.effect !== 'permit' && got.effect !== 'modify')
      return { ...came, wrong: `turn ${turn} of ${times} came to ${got.effect} (${got.code})` };
  }
}

function situationOf(table: Table, entry: Case, startDir: string): Situation {
  const { on_behalf_of, session, env } = entry;
  return {
    ...askedOf(table, entry, entry),
    start_dir: startDir,
    ...(on_behalf_of === undefined ? {} : { on_behalf_of }),
    ...(session === undefined ? {} : { session }),
    ...(env === undefined ? {} : { env }),
  } as Situation;
}

function compare(expected: Case['expect'], got: CaseOutcome): string[] {
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
  const names = [...policy.layers.flatMap(({ rules }) => rules), ...policy.behaviours].map(
    ({ name }) => name,
  );
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
