/** A permit that is out when its session is stopped or ends starts nothing any more; what was started before is reported all the same. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import type { Right } from '../../rights.ts';

const caller = (id: string, ...rights: Right[]): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(rights),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
let host: KernelHost;
beforeEach(async () => {
  host = await openHost({
    builtins: [],
    providers: [
      {
        family: 'log',
        actions: ['read', 'write'].map((effect) => ({
          name: `log.${effect}`,
          resource: 'other',
          params: {},
          effect: effect as 'read' | 'write',
        })),
        execute: () => ({ data: null, labels: [] }),
      },
    ],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
  });
});
afterEach(() => host.close());
const bot = () => host.as(caller('bot', 'decide', 'outcomes', 'sessions:open'));
const admin = () => host.as(caller('admin', 'quarantine'));

const quarantine = (level: 'read_only' | 'isolated') => (id: string) =>
  admin().quarantine(id, level, 'odd');

it.each<[string, (session: string) => Promise<unknown>, read: string, write: string]>([
  ['nothing', async () => {}, 'permit_ok', 'permit_ok'],
  ['a quarantine', quarantine('isolated'), 'permit_invalid', 'permit_invalid'],
  ['one that leaves reading', quarantine('read_only'), 'permit_ok', 'permit_invalid'],
  ['its end', (id) => bot().closeSession(id), 'permit_invalid', 'permit_invalid'],
])('after %s', async (_, stop, read, write) => {
  const { id: session } = await bot().openSession();
  const permitted = async (action: string): Promise<string> =>
    (await bot().decide({ action, resource: 'it', session })).permit ?? '';
  const [reading, writing] = [await permitted('log.read'), await permitted('log.write')];
  const begun = await permitted('log.write');
  expect((await bot().redeemPermit({ permit: begun })).code).toBe('permit_ok');
  await stop(session);
  expect((await bot().verifyPermit({ permit: reading })).code).toBe(read);
  expect((await bot().redeemPermit({ permit: reading })).code).toBe(read);
  expect((await bot().redeemPermit({ permit: writing })).code).toBe(write);
  expect((await bot().report({ permit: begun, status: 'ok' })).outcome.status).toBe('ok');
});
