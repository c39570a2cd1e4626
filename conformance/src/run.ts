/** Runs one case against one target and says what differs, step by step; nothing means that it passed. */
import type { Json, JsonObject, Result } from '@portcullis/wire';
import { leakedIn, withoutOwnWords } from './canaries.ts';
import { type Case, type Expect, fill, generate, type Step } from './case.ts';
import { type Answer, at, compare } from './compare.ts';
import { closing } from './invariants.ts';
import type { Target } from './target.ts';
import { VERBS } from './verbs.ts';

export async function runCase(test: Case, target: Target): Promise<string[]> {
  const variables: JsonObject = { ...target.world.variables };
  const decided = new Set<string>();
  const wrong: string[] = [];
  for (const [index, step] of test.steps.entries()) {
    const where = `step ${index + 1} (${step.verb})`;
    const request = generate(fill(step.request ?? {}, variables));
    const expect = fill((step.expect ?? {}) as Json, variables) as Expect;
    const answers = await repeat(step, () => call(target, step, request));
    for (const answer of answers) note(decided, answer);
    const differences =
      expect.codes === undefined
        ? answers.flatMap((answer) => compare(expect, answer))
        : count(expect.codes, answers);
    if (step.verb !== 'world') differences.push(...answers.flatMap(leaks));
    const last = answers.at(-1) as Answer;
    if (expect.rule !== undefined) differences.push(...(await ruleOf(target, last, expect.rule)));
    wrong.push(...differences.map((difference) => `${where}: ${difference}`));
    if (differences.length > 0) break;
    if ('value' in last)
      for (const [name, pointer] of Object.entries(step.save ?? {}))
        variables[name] = at(last.value, pointer) ?? null;
  }
  if (wrong.length > 0 || test.closing === false) return wrong;
  return await closing(target, decided);
}

const leaks = (answer: Answer): string[] =>
  'value' in answer
    ? leakedIn(JSON.stringify(withoutOwnWords(answer.value))).map((canary) => `${canary} came out`)
    : [];

async function repeat(step: Step, once: () => Promise<Answer>): Promise<Answer[]> {
  if (step.at_once !== undefined)
    return await Promise.all(Array.from({ length: step.at_once }, once));
  const answers: Answer[] = [];
  for (let i = 0; i < (step.times ?? 1); i++) answers.push(await once());
  return answers;
}

async function call(target: Target, step: Step, request: Json): Promise<Answer> {
  const actor = step.as ?? (step.verb in ADMINISTRATIVE ? 'admin' : 'agent');
  if (step.verb === 'world') {
    if ((request as JsonObject).restart) await target.restart();
    return { value: target.world.act(request as JsonObject) };
  }
  if (step.verb === 'raw') {
    if (target.raw === undefined) throw new Error('a raw step needs a wire');
    return { value: await target.raw(request as JsonObject, actor) };
  }
  const verb = VERBS[step.verb];
  if (verb === undefined) throw new Error(`no such verb: ${step.verb}`);
  const kernel = await target.kernel(actor);
  try {
    const value = await verb(kernel, request);
    return { value: JSON.parse(JSON.stringify(value)) as Json };
  } catch (error) {
    return { error: codeOf(error) };
  }
}

/** Verbs that speak as `admin` unless the step says who. */
const ADMINISTRATIVE = {
  policy: true,
  replace_policy: true,
  check_policy: true,
  freeze: true,
  quarantine: true,
  journal: true,
  record: true,
  proof: true,
  checkpoint: true,
  verify: true,
  resolve: true,
  status: true,
  revoke: true,
  invalidate: true,
  restore: true,
  invalidations: true,
};

function codeOf(error: unknown): { code: string; status?: number } {
  if (error instanceof Error && error.name === 'PortcullisError' && 'code' in error) {
    const status = (error as { status?: unknown }).status;
    const code = String(error.code);
    return typeof status === 'number' ? { code, status } : { code };
  }
  throw error;
}

function note(decided: Set<string>, answer: Answer): void {
  if (!('value' in answer)) return;
  const results = at(answer.value, '/results');
  for (const result of Array.isArray(results) ? results : [answer.value]) {
    const id = at(result, '/decision/id');
    if (typeof id === 'string' && at(result, '/record') !== undefined) decided.add(id);
  }
}

function count(codes: Record<string, number>, answers: readonly Answer[]): string[] {
  const seen: Record<string, number> = {};
  for (const answer of answers) {
    const code = 'value' in answer ? String(at(answer.value, '/decision/code')) : answer.error.code;
    seen[code] = (seen[code] ?? 0) + 1;
  }
  return compare({ at: { '': codes } }, { value: seen });
}

/** The rule that settled it, as an auditor is told: the requester is not. */
async function ruleOf(target: Target, answer: Answer, rule: string): Promise<string[]> {
  if (!('value' in answer)) return ['there is no decision to have a rule'];
  const id = (answer.value as unknown as Result).decision.id;
  const explained = await (await target.kernel('admin')).explain(id);
  return compare(
    { at: { '/records/0/rule': rule } },
    { value: JSON.parse(JSON.stringify(explained)) },
  );
}
