/** What one principal has held takes a bounded room of what all share, whatever it asks and withdraws. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Provider } from '../provider/types.ts';
import type { Right } from '../rights.ts';

const caller = (id: string, ...rights: Right[]): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(['submit', 'sessions:open', ...rights]),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const provider: Provider = {
  family: 'pay',
  actions: [{ name: 'pay.out', resource: 'other', params: {}, effect: 'write' }],
  execute: () => ({ data: 'done', labels: [] }),
};

let dir: string;
let host: KernelHost;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-room-'));
  await open();
});
afterEach(async () => {
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});
const open = async (): Promise<void> => {
  host = await openHost({
    dataDir: dir,
    builtins: [],
    providers: [provider],
    policy: 'version: 1\nrules: [{name: pay, effect: require_approval, when: {action: pay.*}}]',
    approvals: { perPrincipal: 3 },
    vaultBytes: 1_000_000,
  });
};
const agent = () => host.as(caller('agent'));
const person = () => host.as(caller('person', 'approve'));
const ask = async (resource: string, session?: string, who = agent()) => {
  const params = { text: 'x'.repeat(50_000) };
  const request = session === undefined ? {} : { session };
  const result = await who.submit({ action: 'pay.out', resource, params, ...request });
  return result.approval?.id ?? result.decision.code;
};
const othersHold = async () => (await ask('bob', undefined, host.as(caller('other')))).slice(0, 4);

it('what was withdrawn makes room', async () => {
  for (let i = 0; i < 30; i++) await agent().withdrawApproval(await ask(`bob ${i}`));
  expect(await othersHold()).toBe('act_');
  const shown = await agent().approvals();
  expect(shown.map(({ status, action }) => [status, action.resource])).toEqual(
    [27, 28, 29].map((i) => ['withdrawn', `bob ${i}`]),
  );
  await host.close();
  await open();
  expect(await agent().approvals()).toEqual(shown);
});

it('what was answered makes room, and can be taken back for as long as it lasts', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 30; i++) {
    const id = await ask('bob', (await agent().openSession()).id);
    ids.push(id);
    const answer = i === 0 ? { decision: 'approve', for: 'session' } : { decision: 'deny' };
    await person().answerApproval(id, answer as never);
  }
  expect(await othersHold()).toBe('act_');
  const [first = ''] = ids;
  const { session } = await person().approval(first);
  expect((await agent().resume(ids[29] as string)).decision.code).toBe('approval_denied');
  expect(await ask('bob', session)).toBe('permitted');
  await person().answerApproval(first, { decision: 'deny' });
  expect(await ask('bob', session)).toMatch(/^act_/);
});

it('what was asked at once and found no place makes room', async () => {
  for (let i = 0; i < 5; i++) {
    const asked = await Promise.all(Array.from({ length: 12 }, (_, n) => ask(`bob ${i} ${n % 6}`)));
    const held = new Set(asked.filter((id) => id.startsWith('act_')));
    expect(held.size).toBe(3);
    for (const id of held) await agent().withdrawApproval(id);
  }
  expect(await othersHold()).toBe('act_');
});

it('what is held is let go with its own, not with another that is equal', async () => {
  const first = await ask('bob');
  const { id: session } = await agent().openSession();
  const second = await ask('bob', session);
  const other = await ask('bob', undefined, host.as(caller('other')));
  await agent().withdrawApproval(first);
  for (let i = 0; i < 6; i++) await agent().withdrawApproval(await ask('bob'));
  for (const id of [second, other])
    expect((await person().approval(id)).action.resource).toBe('bob');
});

it('what the vault cannot delete now stops nobody who withdraws', async () => {
  const inDatabase = (sql: string): void => {
    const db = new DatabaseSync(join(dir, 'vault.sqlite'));
    db.exec(sql);
    db.close();
  };
  inDatabase("CREATE TRIGGER no BEFORE INSERT ON vault BEGIN SELECT RAISE(ABORT, 'no'); END");
  for (let i = 0; i < 40; i++) {
    const held = await agent().submit({ action: 'pay.out', resource: `bob ${i}` });
    await agent().withdrawApproval(held.approval?.id ?? held.decision.code);
  }
  const shown = (await agent().approvals()).map(({ status, action }) => [status, action.resource]);
  expect(shown).toEqual([37, 38, 39].map((i) => ['withdrawn', `bob ${i}`]));
  inDatabase('DROP TRIGGER no');
  expect(await othersHold()).toBe('act_');
});
