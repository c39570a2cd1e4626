/** Approvals beside delegation: who delegated a grant asks too, so it approves nothing that comes with it, and people see whose grant it is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Provider } from '../provider/types.ts';
import type { Right } from '../rights.ts';

const caller = (id: string, ...rights: Right[]): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: id === 'worker' ? [] : ['boss'], attributes: {} },
  rights: new Set(['submit', 'sessions:open', 'explain', ...rights]),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const provider: Provider = {
  family: 'pay',
  actions: [{ name: 'pay.out', resource: 'other', params: {}, effect: 'write' }],
  execute: () => ({ data: 'done', labels: [] }),
};
const policy = (then: string) => `version: 1
rules:
  - {name: pay, effect: require_approval, when: {action: pay.*}${then}}
`;
const BOSS = policy(', then: {approvers: ["role:boss"]}');

let dir: string;
let host: KernelHost;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-delegated-'));
});
afterEach(async () => {
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});
const open = async (text = BOSS): Promise<void> => {
  host = await openHost({ dataDir: dir, builtins: [], providers: [provider], policy: text });
};

const lead = () => host.as(caller('lead', 'approve'));
const other = () => host.as(caller('other', 'approve'));
const worker = () => host.as(caller('worker'));

/** A token that the lead had and the worker got, over `between`. */
async function delegated(...between: string[]): Promise<string> {
  let { token } = await lead().grant({ capability: 'pay.out' });
  for (const [at, to] of [...between, 'worker'].entries()) {
    const from = at === 0 ? lead() : host.as(caller(between[at - 1] as string));
    token = (await from.grant({ token: token as string, delegate_to: to })).token;
  }
  return token as string;
}
const pay = async (token?: string, resume?: string) => {
  const request = token === undefined ? {} : { token };
  const asked = { action: 'pay.out', resource: 'bob', params: { amount: 5 }, ...request };
  const result = await worker().submit(resume === undefined ? asked : { ...asked, resume });
  return { code: result.decision.code, id: result.approval?.id ?? '' };
};
const approve = (kernel: ReturnType<typeof lead>, id: string) =>
  kernel.answerApproval(id, { decision: 'approve' }).then(
    ({ status }) => status,
    (error: { code?: string }) => error.code,
  );

it('none of those who delegated the grant approves what comes with it, after a restart neither', async () => {
  await open();
  const { id } = await pay(await delegated('middle'));
  const seen = await other().approval(id);
  expect(seen).toMatchObject({ principal: 'worker', delegated_by: ['middle', 'lead'] });
  expect(seen.asks).toHaveLength(1);
  for (let i = 0; i < 2; i++) {
    expect((await lead().approval(id)).answerable).toBe(false);
    expect(await approve(lead(), id)).toBe('self_approval');
    expect(await approve(host.as(caller('middle', 'approve')), id)).toBe('self_approval');
    await host.close();
    await open();
  }
  expect(await approve(other(), id)).toBe('approved');
  expect((await worker().resume(id)).decision.code).toBe('permitted');
});

it('what the lead approved of the worker’s own is void with a grant of the lead’s', async () => {
  await open();
  const token = await delegated();
  const { id } = await pay();
  expect(await approve(lead(), id)).toBe('approved');
  expect((await pay(token, id)).code).toBe('approval_void');
  expect((await pay(undefined, id)).code).toBe('permitted');
});

it('a longer approval of the lead’s is none for a grant of the lead’s, and ends with who gave it', async () => {
  await open();
  const token = await delegated();
  const { id } = await pay();
  await lead().answerApproval(id, { decision: 'approve', for: 'session' });
  expect((await pay()).code).toBe('permitted');
  expect((await pay(token)).code).toBe('approval_required');
  await host.close();
  await open();
  expect((await pay()).code).toBe('permitted');
  const admin = host.as(caller('admin', 'quarantine'));
  await admin.invalidate({ target: 'principal', id: 'lead', reason: 'left' });
  expect((await pay()).code).toBe('approval_required');
  await admin.restore({ target: 'principal', id: 'lead', reason: 'is back' });
  expect((await pay()).code).toBe('permitted');
});

it('where a rule names nobody, who delegated may answer as the key that asked may', async () => {
  await open(policy(''));
  const { id } = await pay(await delegated());
  expect(await approve(lead(), id)).toBe('approved');
  expect((await worker().resume(id)).decision.code).toBe('permitted');
});
