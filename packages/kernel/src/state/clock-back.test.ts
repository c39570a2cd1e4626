/** A clock that ran ahead and was set right: the journal's stamps never go back, yet a restart must not give anything the time between. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';

const POLICY = `version: 1
rules:
  - {name: ask, effect: require_approval, when: {action: pay}}
  - {name: young, effect: permit, when: {action: young, session: {age_max: 1h}}}
  - {name: few, effect: permit, when: {action: few, rate: {max: 2, per: 1h}}}
  - {name: rest, effect: permit, when: {action: x}}
`;
const HOUR = 3_600_000;
const AHEAD = 365 * 24 * HOUR;

let folder: string;
let host: KernelHost;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-clock-'));
  now = Date.parse('2026-01-01T00:00:00Z');
  host = await open();
  // An hour of the far future, and back: from here on stamps stand still.
  now += AHEAD;
  await as('bot').decide({ action: 'x' });
  now -= AHEAD;
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

let runs = 0;
const open = () =>
  openHost({ dataDir: join(folder, `run-${runs}`), builtins: [], policy: POLICY, now: () => now });

/** As after kill -9: what the journal says, and no saved state. */
async function crashed(): Promise<void> {
  const from = join(folder, `run-${runs}`);
  await host.as(caller('admin')).checkpoint();
  runs += 1;
  cpSync(from, join(folder, `run-${runs}`), {
    recursive: true,
    filter: (path) => !/(index|lock)\.sqlite/.test(path),
  });
  await host.close();
  host = await open();
}

const caller = (id: string): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set<Right>(['decide', 'outcomes', 'sessions:open', 'explain', 'approve', 'journal']),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const as = (id: string): Kernel => host.as(caller(id));

test('an approval that ran out stays out', async () => {
  const { approval, session } = await as('bot').decide({ action: 'pay', params: { n: 1 } });
  const id = approval?.id as string;
  await as('boss').answerApproval(id, { decision: 'approve' });
  const { expires } = await as('bot').approval(id);
  now = expires + 1;
  const asked = { action: 'pay', params: { n: 1 }, resume: id, session };
  expect((await as('bot').decide({ ...asked, execution: 'none' })).decision.code).toBe(
    'approval_expired',
  );
  await crashed();
  expect(await as('bot').approval(id)).toMatchObject({ expires, status: 'expired' });
  expect((await as('bot').decide(asked)).decision.code).toBe('approval_expired');
});

test('a session is as old as it was', async () => {
  const { id: session } = await as('bot').openSession();
  now += HOUR + 1;
  const asked = { action: 'young', session };
  expect((await as('bot').decide(asked)).decision.effect).toBe('deny');
  await crashed();
  expect((await as('bot').decide(asked)).decision.effect).toBe('deny');
});

test('a rate is as full as it was, and has room again when it had', async () => {
  const asked = async () => (await as('bot').decide({ action: 'few' })).decision.code;
  expect([await asked(), await asked(), await asked()]).toEqual([
    'permitted',
    'permitted',
    'rate_limited',
  ]);
  await crashed();
  expect(await asked()).toBe('rate_limited');
  now += HOUR + 1;
  expect(await asked()).toBe('permitted');
});
