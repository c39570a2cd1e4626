/** An idempotency key is no way to be shown what one may not see any more, nor to be shown more than the session's tokens allow. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../../../gate/guard.ts';
import type { KernelHost } from '../../../host.ts';
import { openHost } from '../../../kernel.ts';
import type { Provider } from '../../../provider/types.ts';
import type { Right } from '../../../rights.ts';

const DATA = 'the whole answer '.repeat(40);
const provider: Provider = {
  family: 'thing',
  actions: [{ name: 'thing.do', resource: 'other', params: { type: 'object' }, effect: 'write' }],
  execute: () => ({ data: DATA, labels: [] }),
};
const caller = (id: string, rights: readonly Right[]): Caller => ({
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
    providers: [provider],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
    sessionTokens: { total: 1_000, low: 0.01 },
  });
});
afterEach(() => host.close());
const bot = () => host.as(caller('bot', ['submit', 'sessions:open']));
const admin = () => host.as(caller('admin', ['quarantine', 'journal', 'explain']));
const ask = (session: string) =>
  bot().submit({ action: 'thing.do', session, idempotency_key: 'once' });

it.each<[string, (session: string) => Promise<unknown>]>([
  ['quarantined', (id) => admin().quarantine(id, 'read_only', 'odd')],
  ['closed', (id) => bot().closeSession(id)],
  ['over', (id) => admin().invalidate({ target: 'session', id, reason: 'odd' })],
  [
    'of a principal that is over',
    () => admin().invalidate({ target: 'principal', id: 'bot', reason: 'odd' }),
  ],
])('a session that is %s is told what happened, and shown nothing', async (_, stop) => {
  const { id: first } = await bot().openSession();
  const { id } = await bot().openSession();
  expect((await ask(first)).frame?.data).toBe(DATA);
  await stop(id);
  const again = await ask(id);
  expect(again).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
  expect(again).not.toHaveProperty('frame');
});

it('what a role was shown raw another key of the principal is not', async () => {
  const seer: Caller = {
    ...caller('bot', ['submit']),
    principal: { id: 'bot', kind: 'agent', roles: ['admin'], attributes: {} },
  };
  const asked = { action: 'thing.do', idempotency_key: 'raw', response_mode: 'raw' } as const;
  expect((await host.as(seer).submit(asked)).frame).toMatchObject({ mode: 'raw', data: DATA });
  const { response_mode: _, ...plain } = asked;
  const again = await bot().submit(plain);
  expect(again).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
  expect(again).not.toHaveProperty('frame');
  expect((await host.as(seer).submit(asked)).frame?.data).toBe(DATA);
});

it('what an auditor was told of the rules another key of the principal is not', async () => {
  const auditor = (rights: readonly Right[]) =>
    host.as({ ...caller('bot', ['submit', ...rights]), credential: 'key-auditor' });
  const asked = { action: 'thing.do', idempotency_key: 'told' } as const;
  const first = await auditor(['journal']).submit(asked);
  expect(first.decision.detail).toBeDefined();
  const { detail: _, ...plain } = first.decision;
  expect((await bot().submit(asked)).decision).toEqual(plain);
  expect((await auditor(['journal']).submit(asked)).decision).toEqual(first.decision);
  expect((await auditor([]).submit(asked)).decision).toEqual(plain);
});

it('what an auditor is refused at the same moment is told to others in general words', async () => {
  const policy = 'version: 1\nrules: [{name: secret-limit, effect: deny}]';
  const own = await openHost({ builtins: [], providers: [provider], policy });
  const auditor = { ...caller('bot', ['submit', 'journal', 'policy']), credential: 'key-auditor' };
  const asked = { action: 'thing.do', resource: 'other', idempotency_key: 'told' } as const;
  const [first, second] = await Promise.all(
    [auditor, caller('bot', ['submit'])].map((who) => own.as(who).submit(asked)),
  );
  expect(JSON.stringify(first)).toContain('secret-limit');
  expect(JSON.stringify(second)).not.toContain('secret-limit');
  expect(second?.decision).toMatchObject({ code: first?.decision.code, help: {} });
  await own.close();
});

it('what is shown again counts again, until nothing is left', async () => {
  const { id } = await bot().openSession();
  const shown = [];
  for (let i = 0; i < 8; i++) shown.push((await ask(id)).frame);
  expect(shown.filter((frame) => frame?.data === DATA).length).toBeLessThanOrEqual(5);
  expect(shown.at(-1)).toMatchObject({ data: null, tier: 'exhausted' });
});
