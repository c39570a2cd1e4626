/** Handles as their holders and others meet them: pages, limits, strangers, restarts, races, a session that is over, tokens that run out. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionRequest, Frame, Json, Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { HostOptions, KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import type { Provider } from '../../provider/types.ts';
import type { Right } from '../../rights.ts';

const ROWS = Array.from({ length: 500 }, (_, id) => ({
  id,
  kind: id % 2 === 0 ? 'even' : 'odd',
  note: 'password=hunter2',
  at: { city: id % 10 === 0 ? 'Lyon' : 'Oslo' },
}));

let folder: string;
let host: KernelHost;
let now: number;
let answer: unknown;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-expand-'));
  now = Date.now();
  answer = ROWS;
  await start();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<HostOptions> = {}): Promise<void> {
  const label = {
    source: 'sql',
    origin: 'crm',
    integrity: 'untrusted',
    confidentiality: 'private',
  } as const;
  const provider: Provider = {
    family: 'crm',
    actions: [{ name: 'crm.list', resource: 'other', params: { type: 'object' }, effect: 'read' }],
    execute: () => ({ data: answer as Json, labels: [label] }),
  };
  host = await openHost({
    dataDir: join(folder, 'data'),
    startDir: folder,
    builtins: [],
    providers: [provider],
    now: () => now,
    policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: {} }] },
    ...options,
  });
}

async function restart(options: Partial<HostOptions> = {}): Promise<void> {
  await host.close();
  await start(options);
}

function as(id: string, more: Partial<Caller> = {}): Kernel {
  return host.as({
    tenant: 'default',
    credential: `key-${id}`,
    principal: { id, kind: 'agent', roles: [], attributes: {} },
    rights: new Set<Right>([
      'submit',
      'decide',
      'outcomes',
      'sessions:open',
      'explain',
      'quarantine',
      'freeze',
      'journal',
    ]),
    mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
    ...more,
  });
}

async function handleOf(
  kernel: Kernel,
  mode: 'summary' | 'handle_only' = 'summary',
): Promise<string> {
  const { frame } = await kernel.submit({ action: 'crm.list', response_mode: mode });
  return frame?.handle as string;
}

const ids = ({ data }: Frame): number[] => (data as { id: number }[]).map(({ id }) => id);
const code = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );

describe('a page', () => {
  test('is filtered, then cut out, then cut down; masked, labelled, recorded', async () => {
    const bot = as('bot');
    const handle = await handleOf(bot);
    const frame = await bot.expand({
      handle,
      query: {
        filter: { kind: 'even', '/at/city': 'Oslo' },
        offset: 2,
        limit: 3,
        fields: ['id', 'note'],
      },
    });
    expect(frame).toMatchObject({
      data: [6, 8, 12].map((id) => ({ id, note: 'password=[masked:assigned_secret]' })),
      rows: 200,
      mode: 'table',
      handle,
      labels: [{ source: 'sql', origin: 'crm', integrity: 'untrusted' }],
      notes: ['more rows: go on at offset 5'],
    });
    const { records } = await bot.journal({ kind: 'state', reverse: true, limit: 1 });
    expect(records[0]).toMatchObject({
      event: 'handle.expanded',
      rows: 3,
      offset: 2,
      principal: 'bot',
    });
    expect(JSON.stringify(records)).not.toContain(handle);
  });
  test('pages together are all rows, each once', async () => {
    const bot = as('bot');
    const handle = await handleOf(bot, 'handle_only');
    const seen: number[] = [];
    for (let offset = 0; offset < 500; offset += 128)
      seen.push(...ids(await bot.expand({ handle, query: { offset, limit: 128 } })));
    expect(seen).toEqual(ROWS.map(({ id }) => id));
    expect((await bot.expand({ handle, query: { offset: 500 } })).data).toEqual([]);
  });
  test('of megabytes comes in frames, and the rows of a text are the text', async () => {
    answer = Array.from({ length: 300 }, (_, line) => `${line} ${'é'.repeat(20_000)}\n`).join('');
    const bot = as('bot');
    const { frame } = await bot.submit({ action: 'crm.list' });
    expect(frame?.notes[0]).toMatch(/^cut/);
    const handle = frame?.handle as string;
    let text = '';
    for (let offset = 0; ; ) {
      const page = await bot.expand({ handle, query: { offset } });
      const rows = page.data as string[];
      if (rows.length === 0) break;
      expect(JSON.stringify(page.data).length).toBeLessThanOrEqual(262_144);
      text += rows.join('');
      offset += rows.length;
    }
    expect(text).toBe(answer);
  });
  test('filters compare types, never follow what is inherited, and find nothing in a text', async () => {
    answer = [{ a: '1' }, { a: 1 }, { a: null }, [1], 'a', null];
    const bot = as('bot');
    const handle = await handleOf(bot);
    const found = async (filter: Record<string, never>) =>
      (await bot.expand({ handle, query: { filter } })).data;
    expect(await found({ a: 1 } as never)).toEqual([{ a: 1 }]);
    expect(await found({ a: '1' } as never)).toEqual([{ a: '1' }]);
    expect(await found({ a: null } as never)).toEqual([{ a: null }]);
    expect(await found({ '/constructor/name': 'Object' } as never)).toEqual([]);
    expect(await found({ length: 1 } as never)).toEqual([]);
  });
  test('a secret cannot be guessed by a filter', async () => {
    answer = [{ id: 1, password: 'hunter2' }];
    const bot = as('bot');
    const handle = await handleOf(bot);
    expect((await bot.expand({ handle, query: { filter: { password: 'hunter2' } } })).data).toEqual(
      [],
    );
  });
  test.each([
    [{ offset: -1 }],
    [{ offset: 1.5 }],
    [{ limit: 0 }],
    [{ limit: 10_001 }],
    [{ limit: '5' }],
    [{ fields: 'id' }],
    [{ fields: [1] }],
    [{ fields: Array.from({ length: 101 }, () => 'a') }],
    [{ filter: [] }],
    [{ filter: { a: {} } }],
    [{ filter: { ['a'.repeat(2_000)]: 1 } }],
    [7],
  ])('what is no query is refused: %j', async (query) => {
    const bot = as('bot');
    const handle = await handleOf(bot);
    expect(await code(bot.expand({ handle, query: query as never }))).toBe('malformed_request');
  });
  test('what is no request is refused', async () => {
    const bot = as('bot');
    expect(await code(bot.expand(7 as never))).toBe('malformed_request');
    expect(await code(bot.expand({ handle: 7 as never }))).toBe('malformed_request');
    expect(await code(bot.expand({ handle: 'x', more: 1 } as never))).toBe('unknown_field');
    expect(await code(bot.expand({ handle: 'x', query: { sort: 'id' } as never }))).toBe(
      'unknown_field',
    );
  });
});

describe('who may', () => {
  test('nobody but who got it: another looks like none', async () => {
    const handle = await handleOf(as('bot'));
    const none = await code(as('bot').expand({ handle: 'hdl_AAAAAAAAAAAAAAAAAAAAAA' }));
    expect(none).toBe('unknown_handle');
    expect(await code(as('eve').expand({ handle }))).toBe(none);
    expect(await code(as('bot', { tenant: 'other' }).expand({ handle }))).toBe(none);
    const may = { principals: ['bot'], roles: [], onBehalfOf: [], context: [], userTurns: false };
    expect((await as('lead', { mayAssert: may }).expand({ handle })).rows).toBe(500);
  });
  test('raw needs a role that the credential has', async () => {
    const may = { principals: [], roles: ['*'], onBehalfOf: [], context: [], userTurns: false };
    const asks = {
      action: 'crm.list',
      response_mode: 'raw',
      context: { roles: ['admin'] },
    } satisfies ActionRequest;
    const refused = await as('bot', { mayAssert: may }).submit(asks);
    expect(refused).toMatchObject({
      decision: { effect: 'deny', code: 'raw_not_allowed' },
      outcome: { status: 'not_executed' },
    });
    const admin = as('root', {
      principal: { id: 'root', kind: 'user', roles: ['admin'], attributes: {} },
    });
    const { frame } = await admin.submit({ action: 'crm.list', response_mode: 'raw' });
    expect(frame?.data).toHaveLength(500);
    expect(JSON.stringify(frame)).not.toContain('hunter2');
  });
  test('not of a session that is over, quarantined or frozen', async () => {
    const bot = as('bot');
    const session = (await bot.openSession()).id;
    const { frame } = await bot.submit({ action: 'crm.list', response_mode: 'summary', session });
    const handle = frame?.handle as string;
    await bot.quarantine(session, 'isolated', 'test');
    expect(await code(bot.expand({ handle }))).toBe('session_quarantined');
    await as('root').quarantine(session, 'none', 'test');
    await bot.freeze(true, 'test');
    expect(await code(bot.expand({ handle }))).toBe('frozen');
    await bot.freeze(false, 'test');
    expect(await code(bot.expand({ handle }))).toBe('none');
    await bot.closeSession(session);
    expect(await code(bot.expand({ handle }))).toBe('session_closed');
  });
});

describe('another session that reads', () => {
  const seen = async (kernel: Kernel, id: string): Promise<string[]> =>
    (await kernel.session(id)).labels.map(({ source }) => source);

  test('bears the labels, says so on record, and still bears them after a restart', async () => {
    const bot = as('bot');
    const handle = await handleOf(bot);
    const session = (await bot.openSession()).id;
    await bot.expand({ handle, query: { limit: 1 } });
    expect(await seen(bot, session)).toEqual([]);
    await bot.expand({ handle, query: { limit: 1 }, session });
    expect(await seen(bot, session)).toEqual(['sql']);
    const { records } = await bot.journal({ kind: 'state', reverse: true, limit: 1 });
    expect(records[0]).toMatchObject({
      event: 'handle.expanded',
      session,
      labels: [{ source: 'sql' }],
    });
    // As after a crash: no snapshot of the state, the records alone.
    cpSync(join(folder, 'data'), join(folder, 'crashed'), { recursive: true });
    await restart();
    expect(await seen(as('bot'), session)).toEqual(['sql']);
    await restart({ dataDir: join(folder, 'crashed') });
    expect(await seen(as('bot'), session)).toEqual(['sql']);
  });

  test('is of the same principal, and neither over nor quarantined', async () => {
    const bot = as('bot');
    const handle = await handleOf(bot);
    const foreign = (await as('other').openSession()).id;
    for (const session of [foreign, 'ses_nobody', ''])
      expect(await code(bot.expand({ handle, session }))).toBe('unknown_session');
    expect(await code(bot.expand({ handle, session: 7 as never }))).toBe('malformed_request');
    const session = (await bot.openSession()).id;
    await bot.quarantine(session, 'read_only', 'test');
    expect(await code(bot.expand({ handle, session }))).toBe('session_quarantined');
    await as('root').quarantine(session, 'none', 'test');
    await bot.closeSession(session);
    expect(await code(bot.expand({ handle, session }))).toBe('session_closed');
  });

  test('pays with its own tokens', async () => {
    await restart({ sessionTokens: { total: 2_000 } });
    const bot = as('bot');
    const handle = await handleOf(bot, 'handle_only');
    const session = (await bot.openSession()).id;
    let pages = 0;
    while ((await bot.expand({ handle, query: { limit: 10 }, session })).data !== null) pages += 1;
    expect(pages).toBeGreaterThan(0);
    expect((await bot.expand({ handle, query: { limit: 10 } })).data).not.toBeNull();
  });
});

describe('life', () => {
  test('a handle outlives a restart, not its time', async () => {
    const handle = await handleOf(as('bot'));
    await restart();
    expect((await as('bot').expand({ handle, query: { limit: 1 } })).data).toHaveLength(1);
    now += 3_600_001;
    expect(await code(as('bot').expand({ handle }))).toBe('unknown_handle');
  });
  test('what the vault lost is expired', async () => {
    const handle = await handleOf(as('bot'));
    await host.close();
    rmSync(join(folder, 'data', 'vault.sqlite'));
    await start();
    expect(await code(as('bot').expand({ handle }))).toBe('handle_expired');
  });
  test('there is room for so many, and the oldest goes', async () => {
    await restart({ handles: { perPrincipal: 3, perTenant: 5 } });
    const bot = as('bot');
    const first = await handleOf(bot);
    const more = [await handleOf(bot), await handleOf(bot), await handleOf(bot)];
    expect(await code(bot.expand({ handle: first }))).toBe('unknown_handle');
    for (const handle of more) expect(await code(bot.expand({ handle }))).toBe('none');
    const eve = as('eve');
    await handleOf(eve);
    await handleOf(eve);
    await handleOf(eve);
    expect(await code(bot.expand({ handle: more[0] as string }))).toBe('unknown_handle');
    expect(await code(bot.expand({ handle: more[1] as string }))).toBe('none');
    await restart({ handles: { perPrincipal: 3, perTenant: 5 } });
    expect(await code(as('bot').expand({ handle: more[0] as string }))).toBe('unknown_handle');
    expect(await code(as('bot').expand({ handle: more[1] as string }))).toBe('none');
  });
  test('a full vault costs the handle, not the result', async () => {
    await restart({ vaultBytes: 10_000 });
    const { frame, outcome } = await as('bot').submit({
      action: 'crm.list',
      response_mode: 'summary',
    });
    expect(outcome.status).toBe('ok');
    expect(frame?.handle).toBeUndefined();
    expect(frame?.notes).toContain('no handle: the vault has no room');
  });
  test('an answer from memory names the same handle', async () => {
    const bot = as('bot');
    const asks = { action: 'crm.list', response_mode: 'summary', idempotency_key: 'k' } as const;
    const first = await bot.submit(asks);
    const second = await bot.submit(asks);
    expect(second).toMatchObject({ replayed: true, frame: { handle: first.frame?.handle } });
  });
});

describe('tokens of a session', () => {
  test('little left shows less, nothing left shows handles, over a restart', async () => {
    const sessionTokens = { total: 4_000, low: 0.5 };
    await restart({ sessionTokens });
    const shown: string[] = [];
    for (let at = 0; at < 60; at++) {
      const { frame } = await as('bot').submit({ action: 'crm.list', response_mode: 'table' });
      shown.push(`${frame?.mode} ${frame?.tier ?? 'normal'}`);
      if (at === 7) await restart({ sessionTokens });
    }
    expect(shown[0]).toBe('table normal');
    expect(shown).toContain('summary low');
    expect(shown.at(-1)).toBe('handle_only exhausted');
    expect(shown.indexOf('summary low')).toBeGreaterThan(0);
    const { frame } = await as('bot').submit({ action: 'crm.list' });
    expect(frame).toMatchObject({ data: null, mode: 'handle_only', tier: 'exhausted' });
    const page = await as('bot').expand({ handle: frame?.handle as string });
    expect(page).toMatchObject({ data: null, tier: 'exhausted' });
  });
  test('frames made at the same time do not all take the last of it', async () => {
    const total = 10_000;
    await restart({ sessionTokens: { total } });
    answer = ['x'.repeat(4_000)];
    const results = await Promise.all(
      Array.from({ length: 40 }, () => as('bot').submit({ action: 'crm.list' })),
    );
    const whole = results.filter(({ frame }) => frame?.mode === undefined);
    const data = results.filter(({ frame }) => frame?.data !== null);
    expect(whole.length).toBeGreaterThan(2);
    const spent = data.reduce((all, { frame }) => all + JSON.stringify(frame?.data).length / 4, 0);
    expect(spent).toBeLessThanOrEqual(total);
  });
});
