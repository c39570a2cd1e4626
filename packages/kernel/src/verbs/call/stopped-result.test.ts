/** A call that is under way when its grant, its session, its principal, or everything, is stopped: what happened is told and recorded, and nothing of what came is shown. */
import type { ActionRequest, Result } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import type { Provider, ProviderOutput } from '../../provider/types.ts';

const SECRET = 'what nobody may see';
let host: KernelHost;
/** Run by the provider in the middle of its work. */
let meanwhile: () => Promise<unknown>;
let ran: number;
const provider: Provider = {
  family: 'log',
  actions: [
    { name: 'log.read', resource: 'other', params: {}, effect: 'read' },
    { name: 'log.write', resource: 'other', params: {}, effect: 'write' },
  ],
  async execute({ resource }): Promise<ProviderOutput> {
    ran += 1;
    await meanwhile();
    if (resource.value === 'odd') throw new Error(SECRET);
    return { data: [{ line: SECRET }], labels: [] };
  },
};

beforeEach(async () => {
  ran = 0;
  meanwhile = async () => {};
  const rules = [{ name: 'a', effect: 'permit', when: { action: 'log.*' } }];
  host = await openHost({
    builtins: [],
    providers: [provider],
    policy: { version: 1, rules } as never,
  });
});
afterEach(() => host.close());
const kernel = (id = 'bot') => host.as(ownerCaller({ id }));

/** That it ran is told and on record, and nothing that it gave. */
async function nothingOf(result: Result, code: string, status = 'ok'): Promise<void> {
  expect(result).toMatchObject({
    decision: { code: 'permitted' },
    outcome: { status },
    withheld: code,
  });
  expect(JSON.stringify(result)).not.toContain(SECRET);
  expect(result.frame?.handle).toBeUndefined();
  const { records } = await kernel().journal({ kind: 'outcome', limit: 1_000 });
  const outcome = records.find(({ id }) => id === result.decision.id);
  expect(outcome).toMatchObject({ status });
  expect(outcome).not.toHaveProperty('handle');
}

const stops: [string, code: string, (session: string) => Promise<unknown>, action?: string][] = [
  ['a freeze', 'frozen', () => kernel().freeze(true, 'stop')],
  ['the end of its session', 'session_closed', (id) => kernel().closeSession(id)],
  ['a quarantine', 'session_quarantined', (id) => kernel().quarantine(id, 'isolated', 'odd')],
  [
    'a quarantine that leaves reading, of more than that',
    'session_quarantined',
    (id) => kernel().quarantine(id, 'read_only', 'odd'),
    'log.write',
  ],
  [
    'an invalidation of its session',
    'invalidated',
    (id) => kernel().invalidate({ target: 'session', id, reason: 'odd' }),
  ],
  [
    'an invalidation of its principal',
    'invalidated',
    () => kernel('admin').invalidate({ target: 'principal', id: 'bot', reason: 'odd' }),
  ],
];

it.each(stops)('%s withholds what came', async (_, code, stop, action = 'log.read') => {
  const { id: session } = await kernel().openSession();
  let stopped: Promise<unknown> | undefined;
  // All of them run before the first is stopped.
  meanwhile = async () => {
    if (ran === 3) stopped ??= stop(session);
    await vi.waitUntil(() => stopped, { timeout: 30_000 });
    await stopped;
  };
  const modes = [{}, { response_mode: 'handle_only' }, { idempotency_key: 'once' }];
  const asked = modes.map((more) => {
    return kernel().submit({ action, resource: 'it', session, ...more } as ActionRequest);
  });
  for (const result of await Promise.all(asked)) await nothingOf(result, code);
});

it.each(stops)('%s withholds what a provider says of a failure', async (_, code, stop, action) => {
  const { id: session } = await kernel().openSession();
  meanwhile = () => stop(session);
  const ask = { action: action ?? 'log.read', resource: 'odd', session };
  await nothingOf(await kernel().submit(ask), code, 'error');
});

it('a quarantine that leaves reading leaves what was read', async () => {
  const { id: session } = await kernel().openSession();
  meanwhile = () => kernel().quarantine(session, 'read_only', 'odd');
  const result = await kernel().submit({ action: 'log.read', resource: 'it', session });
  expect(result.frame?.data).toEqual([{ line: SECRET }]);
  expect(result).not.toHaveProperty('withheld');
});

it.each(['grant', 'block', 'above', 'delegator'] as const)(
  'a revocation (%s) does, of what was invoked',
  async (which) => {
    const { id: session } = await kernel('boss').openSession();
    const above = await kernel('boss').grant({ capability: 'log.read', session });
    const given = await kernel('boss').grant({
      token: above.token as string,
      delegate_to: 'bot',
      session,
    });
    const narrowed = await kernel().attenuate({
      token: given.token as string,
      caveats: { uses: 5 },
    });
    const targets = {
      grant: { grant: given.id as string },
      block: { block: narrowed.block },
      above: { grant: above.id as string },
    };
    const ask = { token: narrowed.token, args: { resource: 'it' }, idempotency_key: 'once' };
    meanwhile = () =>
      which === 'delegator'
        ? kernel('admin').quarantine(session, 'isolated', 'odd')
        : kernel('admin').revoke({ ...targets[which], reason: 'stolen' });
    const code = which === 'delegator' ? 'session_quarantined' : 'token_revoked';
    await nothingOf(await kernel().invoke(ask), code);
    const again = await kernel().invoke(ask);
    expect([again.replayed, again.withheld, ran]).toEqual([true, code, 1]);
    expect(JSON.stringify(again)).not.toContain(SECRET);
  },
);

it('an answer that another call waits for is not shown to what was frozen meanwhile', async () => {
  const { id: session } = await kernel().openSession();
  const ask = { action: 'log.read', resource: 'it', session, idempotency_key: 'once' };
  meanwhile = () => kernel().freeze(true, 'stop');
  const both = await Promise.all([kernel().submit(ask), kernel().submit(ask)]);
  expect(both.map(({ withheld, replayed }) => [withheld, replayed])).toEqual([
    ['frozen', undefined],
    ['frozen', true],
  ]);
  expect(JSON.stringify(both)).not.toContain(SECRET);
});

it('that the time of a token is over by now withholds nothing', async () => {
  let now = Date.now();
  const later = await openHost({
    builtins: [],
    providers: [provider],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
    now: () => now,
  });
  try {
    const bot = later.as(ownerCaller({ id: 'bot' }));
    const { token = '' } = await bot.grant({ capability: 'log.read' });
    meanwhile = async () => {
      now += 3_600_000;
      for (let i = 0; i < 8; i++) await bot.grant({ capability: 'log.read' });
    };
    const result = await bot.invoke({ token, args: { resource: 'it' } });
    expect(result.frame?.data).toEqual([{ line: SECRET }]);
  } finally {
    await later.close();
  }
});
