/** What answering, withdrawing and looking for held actions refuse, and what a search leaves out. */
import type { ApprovalAnswer, ApprovalQuery } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import type { Right } from '../../rights.ts';
import type { Bound } from '../bind.ts';

const POLICY = `version: 1
rules:
  - {name: pay, effect: require_approval, when: {action: pay.*}}
`;
const DAY = 86_400_000;

let host: KernelHost;
let clock: number;
beforeEach(async () => {
  clock = Date.parse('2026-01-05T12:00:00Z');
  host = await openHost({ builtins: [], policy: POLICY, now: () => clock });
});
afterEach(() => host.close());

const caller = (id: string, ...rights: Right[]): Caller => ({
  ...ownerCaller({ id }),
  credential: `key-${id}`,
  rights: new Set(rights),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const agent = (id = 'agent', ...more: Right[]): Bound =>
  host.as(caller(id, 'decide', 'sessions:open', 'explain', ...more));
const person = (): Bound => host.as(caller('person', 'approve', 'journal'));

async function held(resource = 'bob', who = agent(), session?: string): Promise<string> {
  const asked = { action: 'pay.out', resource, ...(session === undefined ? {} : { session }) };
  return (await who.decide(asked)).approval?.id as string;
}

const refused = (answer: Promise<unknown>, code = 'malformed_request') =>
  expect(answer).rejects.toMatchObject({ code });

const until = (more: object): ApprovalAnswer =>
  ({ decision: 'approve', for: { until: clock + DAY, ...more } }) as never;

it.each<[string, () => unknown]>([
  ['another decision', () => ({ decision: 'perhaps' })],
  ['a reason that is no text', () => ({ decision: 'deny', reason: 7 })],
  ['a reason that is too long', () => ({ decision: 'deny', reason: 'x'.repeat(1_001) })],
  ['a denial for longer', () => ({ decision: 'deny', for: 'session' })],
  ['another term', () => ({ decision: 'approve', for: 'ever' })],
  ['an end and something else', () => until({ uses: 3 })],
  ['an end that is over', () => until({ until: clock })],
  ['an end beyond a day', () => until({ until: clock + DAY + 1 })],
  ['once, narrowed', () => ({ decision: 'approve', narrow: { uses: 1 } })],
  ['a denial, narrowed', () => ({ decision: 'deny', narrow: { uses: 1 } })],
  ['caveats that are none', () => ({ decision: 'approve', for: 'session', narrow: { use: 1 } })],
  [
    'caveats that want a key proven',
    () => ({ decision: 'approve', for: 'session', narrow: { proof_key: 'A'.repeat(43) } }),
  ],
])('%s is no answer', async (_, answer) => {
  const id = await held();
  await refused(person().answerApproval(id, answer() as ApprovalAnswer));
  expect(await person().approval(id)).toMatchObject({ status: 'open', answers: [] });
});

it('takes what lies just within: a day, a thousand characters, and no reason at all', async () => {
  const [one, two] = [await held('a'), await held('b')];
  await person().answerApproval(one, until({}));
  const reason = 'x'.repeat(1_000);
  await person().answerApproval(two, { decision: 'deny', reason });
  expect((await person().approval(two)).answers).toMatchObject([{ reason }]);
  const three = await held('c');
  await person().answerApproval(three, { decision: 'deny', reason: '' });
  expect((await person().approval(three)).answers[0]).not.toHaveProperty('reason');
});

it('takes a batch of one to a thousand answers, each to another action', async () => {
  const id = await held();
  const yes = { id, decision: 'approve' } as const;
  const many = Array.from({ length: 1_001 }, (_, at) => ({ ...yes, id: `act_${at}` }));
  for (const batch of [[], many, [yes, yes], { 0: yes, length: 1 } as never])
    await refused(person().answerApprovals(batch));
  await refused(person().answerApprovals(many.slice(1)), 'not_found');
  expect((await person().approval(id)).status).toBe('open');
});

it('nothing that is over is answered or withdrawn, and a denial takes back only what was approved', async () => {
  const id = await held();
  await agent().withdrawApproval(id);
  for (const decision of ['approve', 'deny'] as const)
    await refused(person().answerApproval(id, { decision }), 'conflict');
  await refused(agent().withdrawApproval(id), 'conflict');
  const denied = await held('carol');
  await person().answerApproval(denied, { decision: 'deny' });
  await refused(agent().withdrawApproval(denied), 'conflict');
  const late = await held('dave');
  clock += DAY;
  await refused(person().answerApproval(late, { decision: 'deny' }), 'conflict');
});

it('resumes with the right that the action took', async () => {
  const id = await held();
  await person().answerApproval(id, { decision: 'approve' });
  const same = { ...caller('agent', 'submit', 'explain') };
  await refused(host.as(same).resume(id), 'forbidden');
  expect((await agent().resume(id)).decision.code).toBe('permitted');
});

it('finds by status, session and principal, so many, and only of whom it is', async () => {
  const session = (await agent().openSession()).id;
  const ids = [
    await held('a'),
    await held('b', agent(), session),
    await held('c', agent('other')),
    await held('d'),
  ];
  await person().answerApproval(ids[3] as string, { decision: 'deny' });
  const found = async (query: ApprovalQuery, who = person()) =>
    (await who.approvals(query)).map(({ id }) => ids.indexOf(id));
  expect(await found({})).toEqual([0, 1, 2, 3]);
  expect(await found({ status: 'open' })).toEqual([0, 1, 2]);
  expect(await found({ status: 'denied' })).toEqual([3]);
  expect(await found({ session })).toEqual([1]);
  expect(await found({ principal: 'other' })).toEqual([2]);
  expect(await found({ limit: 1 })).toEqual([0]);
  expect(await found({ limit: 2 })).toEqual([0, 1]);
  expect(await found({}, agent())).toEqual([0, 1, 3]);
  expect(await found({ principal: 'agent' }, agent('other'))).toEqual([]);
  for (const query of [{ limit: 0 }, { limit: 1.5 }, { limit: 1_001 }, { status: 'held' }])
    await refused(person().approvals(query as never));
  expect(await found({ limit: 1_000 })).toHaveLength(4);
});
