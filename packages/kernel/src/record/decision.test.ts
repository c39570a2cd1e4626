/** The writer by hand and with what it remembers, against an object and JSON.stringify. */
import type { Label } from '@portcullis/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactText } from '../frame/index.ts';
import type { Evaluation } from '../gate/guard.ts';
import type { Judgement } from '../gate/judgement.ts';
import { type DecisionFacts, decisionMembers } from './decision.ts';

const CAP = 1_024;
const free = (text: string, cap = CAP): string => redactText(text, cap).text;

function plainly(ev: Evaluation, judged: Judgement, facts: DecisionFacts): string {
  const { action, verdict, denial } = ev;
  const permitted = judged.effect === 'permit' || judged.effect === 'modify';
  const told = !permitted && denial?.code === judged.code ? denial : undefined;
  const rates = permitted && ev.execution !== 'none' ? (verdict?.rates ?? []) : [];
  const members = {
    id: ev.id,
    session: ev.session?.id,
    caller: ev.caller.credential,
    principal: ev.principal.id,
    on_behalf_of: ev.onBehalfOf,
    action: action?.name ?? '',
    resource: action && { kind: action.resource.kind, value: free(action.resource.value, 2_048) },
    params: action && facts.params,
    effect: judged.effect,
    code: judged.code,
    guard: judged.guard,
    would: judged.would,
    rule: verdict?.rule,
    rule_reason: verdict?.reason === undefined ? undefined : free(verdict.reason),
    policy: ev.policyDigest,
    mode: ev.mode,
    execution: ev.execution,
    reason: permitted ? undefined : free(judged.reason),
    remedy: permitted || judged.remedy === undefined ? undefined : free(judged.remedy),
    help: typeof told?.help === 'function' ? undefined : told?.help,
    unmet: told?.unmet,
    rates: rates.length === 0 ? undefined : rates.map((use) => [use.key, use.max, use.window]),
    labels: ev.labels.length === 0 ? undefined : ev.labels,
    answers:
      ev.answers.length === 0
        ? undefined
        : ev.answers.map(({ guard, answer, code = '', note = '' }) => {
            const shown = free(note);
            if (shown !== '') return [guard, answer, code, shown];
            return code === '' ? [guard, answer] : [guard, answer, code];
          }),
    env: Object.keys(ev.environment).length === 0 ? undefined : ev.environment,
    justification:
      ev.request?.justification === undefined ? undefined : free(ev.request.justification),
    idempotency: facts.idempotency,
    permit: facts.permit,
    issued: ev.issued === undefined ? undefined : JSON.parse(ev.issued),
    ...ev.members,
  };
  return JSON.stringify(members).slice(1, -1);
}

/** Few enough to come again, next to whatever else there is. */
const few = fc.constantFrom('a', 'b', 'say "it"', '\\', 'line\nbreak', '\u2028', '\ud800', '');
const hostile = fc.oneof(few, fc.string({ unit: 'binary', maxLength: 40 }));
const text = fc.oneof(
  hostile,
  fc.constant('key AKIAIOSFODNN7EXAMPLE'),
  fc.constant('x'.repeat(3_000)),
);
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const plain = fc.constantFrom('a', 'b.c', 'deny', 'policy');

const label: fc.Arbitrary<Label> = fc.record({
  source: few,
  origin: hostile,
  integrity: fc.constantFrom('trusted', 'untrusted'),
  confidentiality: fc.constantFrom('public', 'secret'),
});

/** Of the two that nearly every use says, with more and with others in their place. */
const grant = fc.record(
  {
    id: fc.oneof(hostile, fc.nat()),
    capability: hostile,
    block: hostile,
    counted: fc.array(hostile, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const evaluation = fc.record({
  id: plain,
  session: some(fc.record({ id: plain })),
  caller: fc.record({ credential: few, rights: fc.constant(new Set<string>()) }),
  principal: fc.record({ id: few }),
  onBehalfOf: some(few),
  action: some(fc.record({ name: plain, resource: fc.record({ kind: plain, value: text }) })),
  verdict: some(
    fc.record({
      rule: some(few),
      reason: some(text),
      rates: fc.array(fc.record({ key: hostile, max: fc.nat(), window: fc.nat() }), {
        maxLength: 2,
      }),
    }),
  ),
  policyDigest: plain,
  mode: fc.constantFrom('enforce', 'observe'),
  execution: fc.constantFrom('provider', 'host', 'none'),
  denial: some(
    fc.record({
      code: plain,
      help: fc.oneof(
        fc.record({ code: plain, retry: few }),
        fc.constant(() => 'not yet'),
      ),
      unmet: some(fc.array(fc.array(hostile))),
    }),
  ),
  labels: fc.array(label, { maxLength: 2 }),
  answers: fc.array(
    fc.record({ guard: plain, answer: plain, code: some(plain), note: some(text) }),
    { maxLength: 3 },
  ),
  environment: fc.dictionary(plain, hostile, { maxKeys: 2 }),
  request: some(fc.record({ justification: some(text) })),
  members: some(
    fc
      .tuple(fc.dictionary(fc.constantFrom('x', 'y"'), fc.jsonValue(), { maxKeys: 2 }), some(grant))
      .map(([members, one]) => (one === undefined ? members : { ...members, grant: one })),
  ),
  issued: some(fc.constantFrom('{}', '{"id":"g"}')),
}) as unknown as fc.Arbitrary<Evaluation>;

const judgement = fc.record({
  effect: fc.constantFrom('permit', 'modify', 'deny', 'defer', 'require_approval'),
  code: plain,
  guard: plain,
  reason: text,
  remedy: some(text),
  would: some(fc.record({ effect: plain, code: plain })),
}) as unknown as fc.Arbitrary<Judgement>;

const facts = fc.record({
  params: plain,
  idempotency: some(plain),
  permit: some(fc.record({ audience: hostile, expires: fc.nat() })),
});

it('writes what JSON.stringify writes, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(evaluation, judgement, facts), { maxLength: 12 }), (all) => {
      // One after the other and again: what is remembered of one is not said of the next.
      for (const [ev, judged, known] of [...all, ...all])
        expect(decisionMembers(ev, judged, known)).toBe(plainly(ev, judged, known));
    }),
    { numRuns: 300 },
  );
});

it('says of more sessions, actions and rules than it remembers what it says of one', () => {
  const [[ev, judged, known]] = fc.sample(fc.tuple(evaluation, judgement, facts), 1) as [
    [Evaluation, Judgement, DecisionFacts],
  ];
  for (let n = 0; n < 3_000; n++) {
    const one = {
      ...ev,
      session: { id: `ses_${n}` },
      action: { name: `do.${n}`, resource: { kind: 'other', value: `${n}` } },
      verdict: { rule: `rule ${n}`, reason: undefined, rates: [] },
    } as unknown as Evaluation;
    expect(decisionMembers(one, judged, known)).toBe(plainly(one, judged, known));
  }
});
