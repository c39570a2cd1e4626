/** Quarantine: who bears it besides the session itself, who may end it, what is recorded, and that no way round it holds, over restarts too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Right } from '../rights.ts';
import { SessionRegistry } from './registry.ts';
import type { SessionState } from './state.ts';

let folder: string;
let host: KernelHost;
const POLICY = `version: 1
rules:
  - {name: no, effect: deny, when: {action: no.*}}
  - {name: all, effect: permit}
behaviour:
  - {name: probing, sequence: denied within 1h, steps: {denied: {decided: denied, times: 2}}, effect: quarantine, level: read_only}
  - {name: twice, sequence: bad, steps: {bad: {action: bad}}, effect: quarantine, level: isolated, whom: principal}
`;
const open = async () => {
  host = await openHost({ dataDir: folder, builtins: [], policy: POLICY });
};
const restart = async () => {
  await host.close();
  await open();
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-quarantine-'));
  await open();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

const caller = (id: string, rights: readonly Right[], tenant = 'default'): Caller => ({
  tenant,
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: [], attributes: {} },
  rights: new Set(rights),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
const AGENT: readonly Right[] = ['decide', 'sessions:open', 'quarantine'];
const bot = () => host.as(caller('bot', AGENT));
const child = () => host.as(caller('child', AGENT));
const admin = () => host.as(caller('admin', ['quarantine', 'journal', 'explain']));
const code = async (who: ReturnType<typeof bot>, session?: string, action = 'x') =>
  (await who.decide({ action, ...(session === undefined ? {} : { session }) })).decision.code;
const STOPPED = 'session_quarantined';

describe('children', () => {
  it('inherit what their parent has, and what it gets later, over restarts', async () => {
    const { id: parent } = await bot().openSession();
    const { id: below, parent: said } = await bot().openSession({ parent });
    const { id: grandchild } = await bot().openSession({ parent: below });
    expect(said).toBe(parent);
    expect(await code(bot(), grandchild)).toBe('permitted');
    await admin().quarantine(parent, 'frozen', 'odd');
    expect(await code(bot(), below)).toBe(STOPPED);
    await restart();
    expect(await code(bot(), grandchild)).toBe(STOPPED);
    const { id: late, quarantine } = await bot().openSession({ parent: grandchild });
    expect(quarantine).toBe('frozen');
    await admin().quarantine(parent, 'none', 'looked at');
    for (const one of [parent, below, grandchild, late])
      expect(await code(bot(), one)).toBe('permitted');
  });

  it('keep it when the parent is closed, and get it of the one above', async () => {
    const { id: top } = await bot().openSession();
    const { id: middle } = await bot().openSession({ parent: top });
    const { id: below } = await bot().openSession({ parent: middle });
    await admin().quarantine(middle, 'read_only', 'odd');
    await bot().closeSession(middle);
    expect((await bot().session(below)).quarantine).toBe('read_only');
    await restart();
    expect((await bot().session(below)).parent).toBe(top);
    await admin().quarantine(top, 'isolated', 'odd');
    expect((await bot().session(below)).quarantine).toBe('isolated');
    await admin().quarantine(top, 'none', 'fine');
    expect((await bot().session(below)).quarantine).toBe('read_only');
    await expect(bot().quarantine(below, 'none', 'mine')).rejects.toMatchObject({
      code: 'self_approval',
    });
    await admin().quarantine(below, 'none', 'fine');
    expect(await code(bot(), below)).toBe('permitted');
  });

  it('are not released while the parent is held', async () => {
    const { id: parent } = await bot().openSession();
    const { id: below } = await bot().openSession({ parent });
    await admin().quarantine(parent, 'isolated', 'odd');
    await expect(admin().quarantine(below, 'none', 'but')).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await code(bot(), below)).toBe(STOPPED);
  });

  it('are below sessions that their opener finds, alive, and not too many', async () => {
    const { id: mine } = await bot().openSession();
    const other = host.as(caller('other', ['sessions:open']));
    await expect(other.openSession({ parent: mine })).rejects.toMatchObject({
      code: 'unknown_session',
    });
    const foreign = host.as(caller('bot', AGENT, 'elsewhere'));
    await expect(foreign.openSession({ parent: mine })).rejects.toMatchObject({
      code: 'unknown_session',
    });
    let parent = mine;
    for (let i = 1; i < 32; i++) parent = (await bot().openSession({ parent })).id;
    await expect(bot().openSession({ parent })).rejects.toMatchObject({ code: 'conflict' });
    await bot().closeSession(mine);
    await expect(bot().openSession({ parent: mine })).rejects.toMatchObject({
      code: 'session_closed',
    });
  });
});

describe('release', () => {
  it('is never of oneself, refused by a record of its own', async () => {
    const { id } = await bot().openSession();
    await bot().quarantine(id, 'frozen', 'I was odd');
    for (const level of ['none', 'read_only', 'isolated'] as const)
      await expect(bot().quarantine(id, level, 'I am fine')).rejects.toMatchObject({
        code: 'self_approval',
      });
    const { id: standing } = await bot().session();
    await admin().quarantine(standing, 'frozen', 'odd');
    await expect(bot().quarantine(standing, 'none', 'me')).rejects.toMatchObject({
      code: 'self_approval',
    });
    const { records } = await admin().journal({ action: 'portcullis.release' });
    expect(records.map(({ effect, code: said }) => [effect, said])).toContainEqual([
      'deny',
      'self_approval',
    ]);
    expect(await code(bot(), id)).toBe(STOPPED);
  });

  it('needs the right, a reason, and is an action with its outcome', async () => {
    const { id } = await bot().openSession();
    await admin().quarantine(id, 'frozen', 'odd');
    const helper = host.as(caller('helper', ['decide', 'approve']));
    await expect(helper.quarantine(id, 'none', 'please')).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(admin().quarantine(id, 'none', '')).rejects.toMatchObject({
      code: 'malformed_request',
    });
    await admin().quarantine(id, 'read_only', 'half of it');
    expect((await bot().session(id)).quarantine).toBe('read_only');
    await admin().quarantine(id, 'none', 'looked at');
    const { records } = await admin().journal({ action: 'portcullis.release' });
    expect(records.filter(({ kind }) => kind === 'outcome')).toHaveLength(2);
    await restart();
    expect(await code(bot(), id)).toBe('permitted');
  });

  it.each([
    ['by hand', (id: string) => admin().quarantine(id, 'isolated', 'odder')],
    // Of all that its principal has.
    ['by a rule', () => bot().decide({ action: 'bad' })],
  ] as const)('leaves what comes while its record is written: %s', async (_, again) => {
    await host.close();
    host = await openHost({ dataDir: folder, builtins: [], policy: POLICY, durability: 'fsync' });
    const { id } = await bot().openSession();
    await admin().quarantine(id, 'read_only', 'odd');
    const { seq } = host.status().journal;
    const released = admin().quarantine(id, 'none', 'looked at');
    // The decision, then the release.
    while (host.status().journal.seq < seq + 2) await new Promise(setImmediate);
    await Promise.all([released, again(id)]);
    expect((await bot().session(id)).quarantine).toBe('isolated');
    await restart();
    expect((await bot().session(id)).quarantine).toBe('isolated');
  });

  it('is of what was there when it was asked for', async () => {
    const { id } = await bot().openSession();
    await admin().quarantine(id, 'read_only', 'odd');
    const released = admin().quarantine(id, 'none', 'looked at');
    await admin().quarantine(id, 'frozen', 'odder');
    await expect(released).rejects.toMatchObject({ code: 'conflict' });
    expect((await bot().session(id)).quarantine).toBe('frozen');
  });

  it('is nothing that a rule gives by being milder', async () => {
    const { id } = await bot().openSession();
    await admin().quarantine(id, 'frozen', 'odd');
    for (let i = 0; i < 3; i++) await code(bot(), id, 'no.way');
    expect((await bot().session(id)).quarantine).toBe('frozen');
    await restart();
    expect((await bot().session(id)).quarantine).toBe('frozen');
  });
});

describe('a principal', () => {
  it('is held in all its sessions, new ones, children and standing ones included', async () => {
    const { id: before } = await bot().openSession();
    const { id: cause } = await bot().openSession();
    const { id: standing } = await bot().session();
    expect(await code(bot(), cause, 'bad')).toBe(STOPPED);
    for (const session of [before, cause, standing])
      expect(await code(bot(), session)).toBe(STOPPED);
    await restart();
    const { id: after } = await bot().openSession();
    expect(await code(bot(), after)).toBe(STOPPED);
    expect(await code(child())).toBe('permitted');
    await expect(bot().quarantine(after, 'none', 'me')).rejects.toMatchObject({
      code: 'self_approval',
    });
    await admin().quarantine(after, 'none', 'looked at');
    await restart();
    for (const session of [before, after, standing])
      expect(await code(bot(), session)).toBe('permitted');
  });

  it('holds what is below its sessions, whoever it belongs to', async () => {
    const spawner = host.as({
      ...caller('bot', AGENT),
      mayAssert: { ...caller('bot', AGENT).mayAssert, principals: ['child'] },
    });
    const { id: parent } = await spawner.openSession();
    const { id: below } = await spawner.openSession({
      parent,
      context: { principal: 'child' },
    });
    expect(await code(child(), below)).toBe('permitted');
    await code(bot(), undefined, 'bad');
    expect(await code(child(), below)).toBe(STOPPED);
    await expect(bot().quarantine(below, 'none', 'mine too')).rejects.toMatchObject({
      code: 'self_approval',
    });
    await expect(child().quarantine(below, 'none', 'mine')).rejects.toMatchObject({
      code: 'self_approval',
    });
  });
});

it('a level that is none is refused: on record it would look as if it held something', async () => {
  const { id } = await bot().openSession();
  for (const level of ['isolate', 'toString', undefined])
    await expect(admin().quarantine(id, level as never, 'odd')).rejects.toMatchObject({
      code: 'malformed_request',
    });
  expect(await code(bot(), id)).toBe('permitted');
});

it('what holds is the strictest of the line, whatever happens in whatever order', () => {
  const LEVELS = ['none', 'read_only', 'isolated', 'frozen'] as const;
  const step = fc.record({
    what: fc.constantFrom('open', 'quarantine', 'release', 'close', 'principal'),
    at: fc.nat(9),
    level: fc.constantFrom(...LEVELS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const registry = new SessionRegistry();
      const all: SessionState[] = [];
      for (const { what, at, level } of steps) {
        const one = all[at % Math.max(1, all.length)];
        if (what === 'open' || one === undefined) {
          const parent = at % 3 === 0 || one === undefined || one.closed ? undefined : one.id;
          const made = { id: `s${all.length}`, tenant: 't', principal: `p${at % 3}`, opened: 0 };
          all.push(registry.open({ ...made, onBehalfOf: undefined, parent }));
        } else if (what === 'close') registry.close(one.id, 0);
        else if (what === 'release') registry.release(one.id, level);
        else registry.quarantine(one.id, level, what === 'principal' ? 'principal' : 'session');
        const principals = new Map(registry.quarantined);
        for (const session of all) {
          if (session.closed) continue;
          const levels = [...registry.line(session)].flatMap((up) => [
            up.held,
            up.inherited,
            principals.get(JSON.stringify([up.tenant, up.principal])) ?? 'none',
          ]);
          const strictest = Math.max(...levels.map((found) => LEVELS.indexOf(found)));
          expect(session.quarantine).toBe(LEVELS[strictest]);
        }
      }
    }),
  );
});
