/** Whose a session is stands in its record as it is, though it looks like a secret: after a crash it is the same principal's, for the same user, and held as it was. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';

const NAMES = ['password=hunter2', 'ghp_0123456789abcdefghijABCDEFGHIJ012345', '__proto__'];
const policy = `version: 1
rules: [{name: all, effect: permit}]
behaviour:
  - {name: once, sequence: bad, steps: {bad: {action: bad}}, effect: quarantine, level: isolated, whom: principal}
`;
const caller = (id: string): Caller => ({
  tenant: 'default',
  credential: 'key',
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(['decide', 'sessions:open']),
  mayAssert: { principals: [], roles: [], onBehalfOf: ['*'], context: [], userTurns: false },
});
let folder: string;
const hosts: KernelHost[] = [];
const open = async (dataDir: string): Promise<KernelHost> => {
  const host = await openHost({ dataDir: join(folder, dataDir), builtins: [], policy });
  hosts.push(host);
  return host;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-names-'));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each(NAMES)('%s', async (name) => {
  const bot = (await open('data')).as(caller(name));
  const code = async (kernel: typeof bot, action: string, more: object) =>
    (await kernel.decide({ action, execution: 'none', ...more })).decision.code;
  const context = { on_behalf_of: name };
  const { id: session } = await bot.openSession({ context });
  const standing = await bot.decide({ action: 'good', context });
  const crashed = async (to: string) => {
    cpSync(join(folder, 'data'), join(folder, to), { recursive: true });
    return (await open(to)).as(caller(name));
  };
  const again = await crashed('first');
  expect(await code(again, 'good', { session, context })).toBe('permitted');
  expect((await again.decide({ action: 'good', context })).session).toBe(standing.session);
  await bot.decide({ action: 'bad', session });
  expect(await code(bot, 'good', { context })).toBe('session_quarantined');
  expect(await code(await crashed('second'), 'good', { context })).toBe('session_quarantined');
});
