/** Every verb wants the right that it is for: whoever has all the others is refused. A row for each, so that none is forgotten. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import { RIGHTS, type Right } from '../rights.ts';
import type { Bound } from './bind.ts';

let host: KernelHost;
beforeAll(async () => {
  host = await openHost({ builtins: [] });
});
afterAll(() => host.close());

const as = (rights: readonly Right[]): Bound => {
  const caller: Caller = { ...ownerCaller({ id: 'bot' }), rights: new Set(rights) };
  return host.as(caller);
};

const first = (stream: AsyncIterable<unknown>) => stream[Symbol.asyncIterator]().next();
const ask = { action: 'a.b' };
const reason = 'a test';
const POLICY = 'version: 1\nrules: []\n';
const target = { target: 'role', id: 'r', reason } as const;
const ACT: readonly Right[] = ['submit', 'decide'];

/** Any of these rights opens it; none: whose it is decides, or it is for everybody. */
const VERBS: Readonly<
  Record<keyof Bound, readonly [rights: readonly Right[], call: (kernel: Bound) => unknown]>
> = {
  submit: [['submit'], (k) => k.submit(ask)],
  submitStream: [['submit'], (k) => first(k.submitStream(ask))],
  decide: [['decide'], (k) => k.decide(ask)],
  decideBatch: [['decide'], (k) => k.decideBatch([ask])],
  report: [['outcomes'], (k) => k.report({ permit: 'x', status: 'ok' })],
  verifyPermit: [['outcomes'], (k) => k.verifyPermit({ permit: 'x' })],
  redeemPermit: [['outcomes'], (k) => k.redeemPermit({ permit: 'x' })],
  explain: [['explain'], (k) => k.explain('act_x')],
  grant: [ACT, (k) => k.grant({ capability: 'x' })],
  attenuate: [[], (k) => k.attenuate({ token: 'x', caveats: {} })],
  grants: [['explain'], (k) => k.grants()],
  revokeGrant: [[], (k) => k.revokeGrant('x')],
  revoke: [['quarantine'], (k) => k.revoke({ grant: 'x', reason })],
  invoke: [ACT, (k) => k.invoke({ token: 'x' })],
  invokeStream: [ACT, (k) => first(k.invokeStream({ token: 'x' }))],
  expand: [['submit', 'outcomes'], (k) => k.expand({ handle: 'x' })],
  capabilities: [[...ACT, 'policy'], (k) => k.capabilities()],
  requestCapabilities: [ACT, (k) => k.requestCapabilities({ goal: 'x' })],
  registerCapability: [['policy'], (k) => k.registerCapability({} as never)],
  approveCapability: [['policy'], (k) => k.approveCapability('x', 'y')],
  deleteCapability: [['policy'], (k) => k.deleteCapability('x')],
  budgets: [['explain'], (k) => k.budgets()],
  approvals: [[], (k) => k.approvals()],
  approval: [[], (k) => k.approval('x')],
  answerApproval: [['approve'], (k) => k.answerApproval('x', { decision: 'approve' })],
  answerApprovals: [['approve'], (k) => k.answerApprovals([{ id: 'x', decision: 'approve' }])],
  withdrawApproval: [[], (k) => k.withdrawApproval('x')],
  resume: [[], (k) => k.resume('x')],
  openSession: [['sessions:open'], (k) => k.openSession()],
  session: [[], (k) => k.session()],
  closeSession: [['sessions:open'], (k) => k.closeSession('x')],
  addTurn: [ACT, (k) => k.addTurn('x', { role: 'user', text: 'x' })],
  quarantine: [['quarantine'], (k) => k.quarantine('x', 'frozen', reason)],
  endorse: [['approve'], (k) => k.endorse('x', { value: 'x', reason })],
  declassify: [['approve'], (k) => k.declassify('x', { value: 'x', reason })],
  invalidate: [['quarantine'], (k) => k.invalidate(target)],
  restore: [['quarantine'], (k) => k.restore(target)],
  invalidations: [['explain'], (k) => k.invalidations()],
  onInvalidation: [['explain'], (k) => k.onInvalidation(() => {})],
  policy: [['policy', 'journal'], (k) => k.policy()],
  replacePolicy: [['policy'], (k) => k.replacePolicy('version: 7')],
  checkPolicy: [['policy'], (k) => k.checkPolicy(POLICY)],
  createScope: [['policy'], (k) => k.createScope({ policy: POLICY })],
  replaceScope: [['policy'], (k) => k.replaceScope('x', POLICY)],
  dropScope: [['policy'], (k) => k.dropScope('x')],
  freeze: [['freeze'], (k) => k.freeze(false, reason)],
  journal: [['explain'], (k) => k.journal()],
  record: [['explain'], (k) => k.record(1)],
  proof: [['journal'], (k) => k.proof(1)],
  checkpoint: [[], (k) => k.checkpoint()],
  verify: [['journal'], (k) => k.verify()],
  resolve: [['resolve'], (k) => k.resolve('act_x', 'not')],
  status: [[], (k) => k.status()],
  events: [[], (k) => k.events()],
  close: [[], () => {}],
};

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

it('has a row for every verb', () => {
  expect(Object.keys(VERBS).sort()).toEqual(Object.keys(as(RIGHTS)).sort());
});

const rows = Object.entries(VERBS).map(([verb, [rights, call]]) => ({ verb, rights, call }));
const guarded = rows.filter(({ rights }) => rights.length > 0);
const each = guarded.flatMap(({ verb, rights, call }) =>
  rights.map((right) => ({ verb, right, call })),
);

it.each(guarded)('$verb is for who has its right', async ({ rights, call }) => {
  const others = RIGHTS.filter((right) => !rights.includes(right));
  expect(await codeOf(() => call(as(others)))).toBe('forbidden');
});

it.each(each)('$verb is open to who has no right but $right', async ({ right, call }) => {
  expect(await codeOf(() => call(as([right])))).not.toBe('forbidden');
});

it.each(rows.filter(({ rights }) => rights.length === 0))(
  '$verb is for everybody',
  async ({ call }) => {
    expect(await codeOf(() => call(as([])))).not.toBe('forbidden');
  },
);

it('a batch is a list of at most a thousand, and who quarantines says why', async () => {
  const kernel = as(RIGHTS);
  const { id } = await kernel.openSession();
  const many = (length: number) => Array.from({ length }, () => ask);
  expect(await kernel.decideBatch(many(1_000))).toHaveLength(1_000);
  for (const [code, run] of [
    ['too_large', () => kernel.decideBatch(many(1_001))],
    ['malformed_request', () => kernel.decideBatch({ 0: ask, length: 1 } as never)],
    ['malformed_request', () => kernel.quarantine(id, 'frozen', ' ')],
  ] as const)
    expect(await codeOf(run)).toBe(code);
  expect((await kernel.session(id)).quarantine).toBe('none');
});
