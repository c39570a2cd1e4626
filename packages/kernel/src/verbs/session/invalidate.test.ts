/** Invalidation and drift from outside: races, restarts, whoever tries to get round it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvalidationScope, JsonObject, Result } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../gate/guard.ts';
import type { HostOptions, KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import type { Provider } from '../../provider/types.ts';
import type { Right } from '../../rights.ts';
import { eventually } from '../../testing/eventually.ts';

const RIGHTS: readonly Right[] = [
  'submit',
  'decide',
  'outcomes',
  'sessions:open',
  'explain',
  'approve',
];
const OPEN: JsonObject = { version: 1, rules: [{ name: 'all', effect: 'permit' }] };

let folder: string;
let hosts: KernelHost[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-invalidate-'));
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: HostOptions = {}): Promise<KernelHost> {
  const host = await openHost({ policy: OPEN, builtins: [], ...options });
  hosts.push(host);
  return host;
}

const caller = (id: string, more: Partial<Caller> = {}, may: object = {}): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(RIGHTS),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false, ...may },
  ...more,
});
const admin = ownerCaller({ id: 'admin' });
const anywhere = { context: ['*'] };
const ask = { action: 'issue_refund', execution: 'host' } as const;
const reason = 'a test';

const until = (holds: () => boolean): Promise<void> => eventually(() => expect(holds()).toBe(true));

describe('an invalidated session', () => {
  it('is over at the very next decision, for whoever speaks in it, and permits that are out are void', async () => {
    const host = await open();
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    const { permit = '' } = await agent.decide({ ...ask, session: id });
    const other = await agent.openSession();
    await host.as(admin).invalidate({ target: 'session', id, reason });
    const refused = await agent.decide({ ...ask, session: id });
    expect(refused.decision).toMatchObject({
      effect: 'deny',
      code: 'invalidated',
      invalidated: { target: 'session', id, reason, guard: 'administrator' },
    });
    expect(refused.permit).toBeUndefined();
    expect(await agent.verifyPermit({ permit })).toMatchObject({
      valid: false,
      code: 'permit_invalid',
    });
    expect(await agent.redeemPermit({ permit })).toMatchObject({
      valid: false,
      code: 'permit_invalid',
    });
    expect((await agent.session(id)).status).toBe('invalidated');
    expect((await agent.decide({ ...ask, session: other.id })).decision.code).toBe('permitted');
    // What was started before is reported all the same.
    expect((await agent.report({ permit, status: 'ok' })).outcome.status).toBe('ok');
  });

  it('comes back when it is restored, but its old permits do not', async () => {
    const host = await open();
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    const { permit = '' } = await agent.decide({ ...ask, session: id });
    const owner = host.as(admin);
    await owner.invalidate({ target: 'session', id, reason });
    await owner.restore({ target: 'session', id, reason });
    expect((await agent.decide({ ...ask, session: id })).decision.code).toBe('permitted');
    expect((await agent.redeemPermit({ permit })).code).toBe('permit_invalid');
    await expect(owner.restore({ target: 'session', id, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('is nobody’s to end but who may', async () => {
    const host = await open();
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    for (const verb of ['invalidate', 'restore'] as const)
      await expect(agent[verb]({ target: 'session', id, reason })).rejects.toMatchObject({
        code: 'forbidden',
      });
    const owner = host.as(admin);
    await expect(
      owner.invalidate({ target: 'session', id: 'ses_none', reason }),
    ).rejects.toMatchObject({
      code: 'unknown_session',
    });
    for (const wrong of [
      { target: 'tenant' },
      { id: '' },
      { id: 7 },
      { id: 'a​b' },
      { id: 'x'.repeat(257) },
      { reason: ' ' },
    ])
      await expect(
        owner.invalidate({ target: 'principal', id: 'bot', reason, ...wrong } as never),
      ).rejects.toMatchObject({ code: 'malformed_request' });
    await expect(owner.invalidate(undefined as never)).rejects.toMatchObject({
      code: 'malformed_request',
    });
  });
});

describe('an invalidated principal or role', () => {
  it('is over in every session, new ones and those of others on its behalf', async () => {
    const host = await open();
    const bot = host.as(caller('bot'));
    const { id } = await bot.openSession();
    await host.as(admin).invalidate({ target: 'principal', id: 'bot', reason });
    for (const session of [id, (await bot.openSession()).id, undefined])
      expect(
        (await bot.decide({ ...ask, ...(session === undefined ? {} : { session }) })).decision.code,
      ).toBe('invalidated');
    const helper = host.as(caller('helper', {}, { onBehalfOf: ['bot'], principals: ['bot'] }));
    expect((await helper.decide({ ...ask, context: { on_behalf_of: 'bot' } })).decision.code).toBe(
      'invalidated',
    );
    expect((await helper.decide({ ...ask, context: { principal: 'bot' } })).decision.code).toBe(
      'invalidated',
    );
    expect((await helper.decide(ask)).decision.code).toBe('permitted');
  });

  it('cannot hide behind one it asserts, nor drop the role', async () => {
    const host = await open();
    const support = { id: 'bot', kind: 'agent', roles: ['support'], attributes: {} } as const;
    const bot = host.as(caller('bot', { principal: support }, { principals: ['*'], roles: ['*'] }));
    const owner = host.as(admin);
    await owner.invalidate({ target: 'role', id: 'support', reason });
    for (const context of [
      undefined,
      { roles: [] },
      { roles: ['other'] },
      { principal: 'mallory' },
    ])
      expect(
        (await bot.decide({ ...ask, ...(context === undefined ? {} : { context }) })).decision.code,
      ).toBe('invalidated');
    expect((await host.as(caller('plain')).decide(ask)).decision.code).toBe('permitted');
    const asserting = host.as(caller('plain', {}, { roles: ['*'] }));
    expect(
      (await asserting.decide({ ...ask, context: { roles: ['support'] } })).decision.code,
    ).toBe('invalidated');
    await owner.restore({ target: 'role', id: 'support', reason });
    expect((await bot.decide(ask)).decision.code).toBe('permitted');
    await owner.invalidate({ target: 'principal', id: 'bot', reason });
    expect((await bot.decide({ ...ask, context: { principal: 'mallory' } })).decision.code).toBe(
      'invalidated',
    );
  });

  it('is a name, told apart from look-alikes and other tenants', async () => {
    const host = await open();
    await host.as(admin).invalidate({ target: 'principal', id: 'bot', reason });
    expect((await host.as(caller('bоt')).decide(ask)).decision.code).toBe('permitted');
    const elsewhere = host.as(caller('bot', { tenant: 'acme' }));
    expect((await elsewhere.decide(ask)).decision.code).toBe('permitted');
    expect(await elsewhere.invalidations()).toEqual([]);
  });

  it('voids the permits of its bearers, and of no others', async () => {
    const host = await open();
    const roles = (id: string, role: string) =>
      host.as(caller(id, { principal: { id, kind: 'agent', roles: [role], attributes: {} } }));
    const [bad, good] = [roles('bad', 'ops'), roles('good', 'sales')];
    const permits = await Promise.all([bad.decide(ask), good.decide(ask)]);
    await host.as(admin).invalidate({ target: 'role', id: 'ops', reason });
    const executor = host.as(caller('executor'));
    const codes = await Promise.all(
      permits.map(({ permit = '' }) => executor.redeemPermit({ permit })),
    );
    expect(codes.map(({ code }) => code)).toEqual(['permit_invalid', 'permit_ok']);
    expect((await bad.redeemPermit({ permit: permits[1]?.permit ?? '' })).code).toBe(
      'permit_invalid',
    );
  });
});

describe('a race', () => {
  it('permits no intent after the record of the invalidation', async () => {
    let ran = 0;
    const slow: Provider = {
      family: 'thing',
      actions: [
        { name: 'thing.do', resource: 'other', params: { type: 'object' }, effect: 'write' },
      ],
      execute: async () => {
        ran += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return { data: null, labels: [] };
      },
    };
    const host = await open({ providers: [slow] });
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    const flood = Array.from({ length: 20 }, async () => {
      const results: Result[] = [];
      do results.push(await agent.submit({ action: 'thing.do', session: id }));
      while (results.at(-1)?.decision.effect === 'permit' && results.length < 10_000);
      return results;
    });
    while (ran < 50) await new Promise((resolve) => setImmediate(resolve));
    const held = await host.as(admin).invalidate({ target: 'session', id, reason });
    const results = (await Promise.all(flood)).flat();
    const { records } = await host
      .as(admin)
      .journal({ session: id, kind: 'decision', limit: 1000 });
    for (const { seq, effect } of records)
      if (effect === 'permit') expect(seq).toBeLessThan(held.record);
    expect(results.filter(({ decision }) => decision.effect === 'permit')).toHaveLength(ran);
    expect(results.some(({ decision }) => decision.code === 'invalidated')).toBe(true);
  });

  it('is settled in the order of the records where all are asked in one turn', async () => {
    const host = await open({
      policy: {
        version: 1,
        rules: [{ name: 'all', effect: 'permit', when: { rate: { max: 1000, per: '1h' } } }],
      },
    });
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    const asked = Array.from({ length: 20 }, () => agent.decide({ ...ask, session: id }));
    const held = await host.as(admin).invalidate({ target: 'session', id, reason });
    await Promise.all(asked);
    const { records } = await host
      .as(admin)
      .journal({ session: id, kind: 'decision', limit: 1000 });
    expect(records).toHaveLength(20);
    for (const { seq, effect } of records)
      if (effect === 'permit') expect(seq).toBeLessThan(held.record);
  });
});

describe('a restart', () => {
  it('forgets nothing', async () => {
    const dataDir = join(folder, 'data');
    const first = await open({ dataDir });
    const agent = first.as(caller('bot'));
    const { id } = await agent.openSession();
    const owner = first.as(admin);
    await owner.invalidate({ target: 'session', id, reason: 'stolen' });
    await owner.invalidate({ target: 'principal', id: 'eve', reason });
    await owner.invalidate({ target: 'role', id: 'ops', reason });
    await owner.invalidate({ target: 'principal', id: 'adam', reason });
    await owner.restore({ target: 'principal', id: 'adam', reason });
    const before = await owner.invalidations();
    await first.close();
    const second = await open({ dataDir });
    expect(await second.as(admin).invalidations()).toEqual(before);
    expect((await second.as(caller('bot')).decide({ ...ask, session: id })).decision).toMatchObject(
      {
        code: 'invalidated',
        invalidated: { reason: 'stolen' },
      },
    );
    expect((await second.as(caller('eve')).decide(ask)).decision.code).toBe('invalidated');
    expect((await second.as(caller('adam')).decide(ask)).decision.code).toBe('permitted');
    expect((await second.as(admin).verify()).ok).toBe(true);
  });

  it('after kill -9 right behind the record: it holds', async () => {
    const dataDir = join(folder, 'data');
    const kernel = new URL('../../kernel.ts', import.meta.url).pathname;
    const program = `
      const { createKernel } = await import(${JSON.stringify(kernel)});
      const k = await createKernel({ dataDir: ${JSON.stringify(dataDir)}, builtins: [], policy: ${JSON.stringify(OPEN)}, principal: { id: 'admin' } });
      const s = await k.openSession({ context: { ip: '10.0.0.1', device: 'bob@laptop.example' } });
      const t = await k.openSession({ context: { ip: '10.0.0.1' } });
      await k.decide({ action: 'issue_refund', session: t.id, context: { ip: '10.6.6.6' } });
      await k.invalidate({ target: 'principal', id: 'eve', reason: 'a test' });
      process.stdout.write(JSON.stringify([s.id, t.id]), () => process.kill(process.pid, 'SIGKILL'));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    const [kept, drifted] = JSON.parse(said) as [string, string];
    const host = await open({ dataDir });
    expect((await host.as(caller('eve')).decide(ask)).decision.code).toBe('invalidated');
    const owner = host.as(admin);
    expect((await owner.decide({ ...ask, session: drifted })).decision).toMatchObject({
      code: 'invalidated',
      invalidated: { target: 'session', guard: 'drift' },
    });
    // The origin came back as it was said.
    const same = { ip: '10.0.0.1', device: 'bob@laptop.example' };
    expect((await owner.decide({ ...ask, session: kept, context: same })).decision.code).toBe(
      'permitted',
    );
    const moved = { ...same, ip: '10.0.0.9' };
    expect((await owner.decide({ ...ask, session: kept, context: moved })).decision.code).toBe(
      'drift_violation',
    );
  });
});

describe('drift', () => {
  it('ends the session, tells an auditor why and others that', async () => {
    const host = await open();
    const agent = host.as(caller('bot', {}, anywhere));
    const { id } = await agent.openSession({ context: { ip: '10.0.0.1' } });
    expect(
      (await agent.decide({ ...ask, session: id, context: { ip: '::ffff:10.0.0.1' } })).decision
        .code,
    ).toBe('permitted');
    const moved = await agent.decide({ ...ask, session: id, context: { ip: '10.0.0.2' } });
    expect(moved.decision).toMatchObject({
      code: 'drift_violation',
      invalidated: { target: 'session', id, guard: 'drift' },
    });
    expect(JSON.stringify(moved)).not.toContain('10.0.0.1');
    const { records = [] } = await host.as(admin).explain(moved.decision.id);
    expect(records[0]).toMatchObject({
      effect: 'deny',
      code: 'drift_violation',
      invalidates: [{ target: 'session', id, guard: 'drift' }],
    });
    expect(JSON.stringify(records[0]?.answers)).toContain('10.0.0.1 -> 10.0.0.2');
    expect(
      (await agent.decide({ ...ask, session: id, context: { ip: '10.0.0.1' } })).decision.code,
    ).toBe('invalidated');
  });

  it('notes a warning for the auditor and lets it pass', async () => {
    const host = await open({ drift: { geoKm: 500 } });
    const owner = host.as(admin);
    const from = { ip: '10.0.0.1', latitude: 12.97, longitude: 77.59 };
    const { id } = await owner.openSession({ context: from });
    const to = { ip: '10.0.0.2', latitude: 13.08, longitude: 80.27 };
    const { decision } = await owner.decide({ ...ask, session: id, context: to });
    expect(decision.code).toBe('permitted');
    expect(decision.detail?.guards).toContainEqual(
      expect.objectContaining({ guard: 'session', note: expect.stringContaining('291 km') }),
    );
    const far = { ...to, latitude: 28.61, longitude: 77.21 };
    expect((await owner.decide({ ...ask, session: id, context: far })).decision.code).toBe(
      'drift_violation',
    );
  });

  it('refuses, and ends nothing, at three warnings', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const host = await open({ now: () => now });
    const owner = host.as(admin);
    const began = { ip: '10.0.0.1', city: 'Pune', user_agent: 'a' };
    const { id } = await owner.openSession({ context: began });
    now += 3.5 * 3_600_000;
    const changed = { ...began, city: 'Goa', user_agent: 'b' };
    expect((await owner.decide({ ...ask, session: id, context: changed })).decision.code).toBe(
      'drift_detected',
    );
    expect((await owner.decide({ ...ask, session: id, context: began })).decision.code).toBe(
      'permitted',
    );
  });

  it('is not caused by who may not say where it is', async () => {
    const host = await open();
    const agent = host.as(caller('bot', {}, anywhere));
    const { id } = await agent.openSession({ context: { ip: '10.0.0.1' } });
    const plain = host.as(caller('bot', { credential: 'stolen' }));
    const said = await plain.decide({ ...ask, session: id, context: { ip: '10.6.6.6' } });
    expect(said.decision.code).toBe('assertion_not_allowed');
    const stranger = host.as(caller('eve', {}, anywhere));
    const guessed = await stranger.decide({ ...ask, session: id, context: { ip: '10.6.6.6' } });
    expect(guessed.decision.code).toBe('unknown_session');
    expect(
      (await agent.decide({ ...ask, session: id, context: { ip: '10.0.0.1' } })).decision.code,
    ).toBe('permitted');
  });

  it('ends a session that another key of its principal took over', async () => {
    const host = await open({ drift: { require: ['ip'] } });
    const agent = host.as(caller('bot', {}, anywhere));
    const { id } = await agent.openSession({ context: { ip: '10.0.0.1' } });
    const thief = host.as(caller('bot', { credential: 'stolen' }));
    expect((await thief.decide({ ...ask, session: id })).decision.code).toBe('drift_violation');
    expect(
      (await agent.decide({ ...ask, session: id, context: { ip: '10.0.0.1' } })).decision.code,
    ).toBe('invalidated');
  });

  it('takes the first that says where it is for the beginning, once', async () => {
    const host = await open();
    const owner = host.as(admin);
    const { id } = await owner.openSession();
    const at = (ip?: string) =>
      owner.decide({ ...ask, session: id, ...(ip === undefined ? {} : { context: { ip } }) });
    const codes: string[] = [];
    for (const ip of [undefined, '10.0.0.1', undefined, '10.0.0.1', '10.0.0.2'])
      codes.push((await at(ip)).decision.code);
    expect(codes).toEqual(['permitted', 'permitted', 'permitted', 'permitted', 'drift_violation']);
  });

  it('leaves a plain user’s long session and a standing one alone', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const host = await open({ now: () => now });
    const agent = host.as(caller('bot'));
    const { id } = await agent.openSession();
    for (let i = 0; i < 200; i++, now += 24 * 3_600_000)
      expect((await agent.decide({ ...ask, session: id })).decision.code).toBe('permitted');
    const owner = host.as(admin);
    for (const ip of ['10.0.0.1', '10.0.0.2'])
      expect((await owner.decide({ ...ask, context: { ip } })).decision.code).toBe('permitted');
  });

  it('only notes in observe mode', async () => {
    const host = await open({ mode: 'observe' });
    const owner = host.as(admin);
    const { id } = await owner.openSession({ context: { ip: '10.0.0.1' } });
    for (let i = 0; i < 2; i++) {
      const { decision } = await owner.decide({ ...ask, session: id, context: { ip: '10.0.0.2' } });
      expect(decision).toMatchObject({
        effect: 'permit',
        would: { effect: 'deny', code: 'drift_violation' },
      });
    }
    expect(await owner.invalidations()).toEqual([]);
  });

  it('can be turned off, and is not with a wrong option', async () => {
    const host = await open({ drift: false });
    const owner = host.as(admin);
    const { id } = await owner.openSession({ context: { ip: '10.0.0.1' } });
    expect(
      (await owner.decide({ ...ask, session: id, context: { ip: '10.0.0.2' } })).decision.code,
    ).toBe('permitted');
    await expect(openHost({ builtins: [], drift: { geoKm: -1 } })).rejects.toThrow('drift.geoKm');
  });
});

describe('listeners', () => {
  it('hear what concerns them, once, in order, and not what does not', async () => {
    const host = await open();
    const heard: Record<string, InvalidationScope[]> = {
      bot: [],
      eve: [],
      admin: [],
      host: [],
      ops: [],
    };
    const ops = { id: 'o', kind: 'agent', roles: ['ops'], attributes: {} } as const;
    const listeners = {
      bot: caller('bot'),
      eve: caller('eve'),
      admin,
      host: caller('host', {}, { principals: ['bot'] }),
      ops: caller('ops', { principal: ops }),
    };
    for (const [name, who] of Object.entries(listeners))
      host.as(who).onInvalidation((scope) => void heard[name]?.push(scope));
    const { id } = await host.as(caller('bot')).openSession();
    const owner = host.as(admin);
    await owner.invalidate({ target: 'session', id, reason: 'one' });
    await owner.invalidate({ target: 'principal', id: 'bot', reason: 'two' });
    await owner.invalidate({ target: 'role', id: 'ops', reason: 'three' });
    await until(() => heard.admin?.length === 3 && heard.ops?.length === 1);
    const reasons = (name: string) => heard[name]?.map((scope) => scope.reason);
    expect(reasons('admin')).toEqual(['one', 'two', 'three']);
    expect(reasons('bot')).toEqual(['one', 'two']);
    expect(reasons('host')).toEqual(['one', 'two']);
    expect(reasons('ops')).toEqual(['three']);
    expect(reasons('eve')).toEqual([]);
    expect(heard.bot?.[0]).toEqual({
      target: 'session',
      id,
      reason: 'one',
      guard: 'administrator',
    });
    expect((await host.as(caller('eve')).invalidations()).length).toBe(0);
    expect((await host.as(listeners.host).invalidations()).length).toBe(2);
  });

  it('that throw are reported and go on; those that leave hear no more', async () => {
    const host = await open();
    const owner = host.as(admin);
    const errors: unknown[] = [];
    const heard: string[] = [];
    const thrower = owner.onInvalidation(
      ({ id }) => {
        heard.push(id);
        throw new Error('no');
      },
      {
        onError: (error) => {
          errors.push(error);
          throw error;
        },
      },
    );
    const rejecting = owner.onInvalidation(() => Promise.reject(new Error('late')), {
      onError: (error) => errors.push(error),
    });
    await Promise.all([thrower.ready, rejecting.ready]);
    for (const id of ['a', 'b', 'c']) await owner.invalidate({ target: 'principal', id, reason });
    await until(() => heard.length === 3 && errors.length === 6);
    thrower();
    thrower();
    rejecting();
    await owner.invalidate({ target: 'principal', id: 'd', reason });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['a', 'b', 'c']);
    expect(() => owner.onInvalidation(undefined as never)).toThrow('function');
  });

  it('too slow for a flood hold nobody up, and are told what they lost', async () => {
    const messages: string[] = [];
    const host = await open({ onMessage: (_, message) => messages.push(message) });
    const owner = host.as(admin);
    let release = (): void => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    let heard = 0;
    owner.onInvalidation(async () => {
      heard += 1;
      await blocked;
    });
    const many = 1_500;
    await Promise.all(
      Array.from({ length: many }, (_, i) =>
        owner.invalidate({ target: 'principal', id: `p${i}`, reason }),
      ),
    );
    expect(heard).toBe(1);
    release();
    await until(() => messages.length > 0 && heard >= 1_024);
    expect(messages[0]).toContain(`${many - heard} invalidations`);
    expect(await owner.invalidations()).toHaveLength(many);
  });
});
