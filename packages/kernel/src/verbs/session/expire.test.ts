/** Sessions at their end: by use, by the sweep, over a restart. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DataFlow } from '../../behaviour/data-flow.ts';
import { Sequences } from '../../behaviour/sequences.ts';
import { MemoryRates } from '../../budget/index.ts';
import { EventStream } from '../../events.ts';
import { Flows } from '../../flow/flows.ts';
import { NO_LABELS } from '../../flow/label-files/label-set.ts';
import type { HostOptions, KernelHost } from '../../host.ts';
import { openMemoryJournal } from '../../journal/index.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import type { Parts } from '../../parts.ts';
import { lifeOf } from '../../session/life.ts';
import { KernelState } from '../../state/state.ts';
import { SessionSweep } from './expire.ts';

const DAY = 86_400_000;
const owner = ownerCaller({ id: 'agent' });
const ask = { action: 'issue_refund', execution: 'none' } as const;
const hosts: KernelHost[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function open(options: HostOptions): Promise<KernelHost> {
  const policy = { version: 1, rules: [{ name: 'all', effect: 'permit' }] };
  const host = await openHost({ builtins: [], policy, ...options });
  hosts.push(host);
  return host;
}

it('an idle session is closed when it is used again, recorded, and over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-expire-'));
  folders.push(folder);
  let now = Date.parse('2026-01-01T00:00:00Z');
  const options = { dataDir: join(folder, 'data'), now: () => now };
  const first = await open(options);
  const kernel = first.as(owner);
  const { id } = await kernel.openSession();
  const kept = await kernel.openSession();
  now += 5 * DAY;
  await kernel.addTurn(kept.id, { role: 'user', text: 'go on' });
  now += 5 * DAY;
  expect((await kernel.decide({ ...ask, session: kept.id })).decision.code).toBe('permitted');
  expect((await kernel.decide({ ...ask, session: id })).decision.code).toBe('session_closed');
  const { records } = await kernel.journal({ session: id, kind: 'state', reverse: true });
  expect(records[0]).toMatchObject({ event: 'session.closed', cause: 'idle' });
  await first.close();
  const again = (await open(options)).as(owner);
  expect((await again.decide({ ...ask, session: kept.id })).decision.code).toBe('permitted');
  expect((await again.decide({ ...ask, session: id })).decision.code).not.toBe('permitted');
});

it('there is a bound on how many are open', async () => {
  const kernel = (await open({ sessions: { most: 3 } })).as(owner);
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.push((await kernel.openSession()).id);
  await expect(kernel.openSession()).rejects.toMatchObject({ code: 'too_many_requests' });
  await kernel.closeSession(ids[0] as string);
  await kernel.openSession();
  await expect(openHost({ builtins: [], sessions: { idle: -1 } })).rejects.toThrow('sessions.idle');
});

it('the sweep goes round all of them in bounded steps, closes, and forgets', () => {
  const journal = openMemoryJournal({
    node: 'n',
    signer: { key: generateKeyPairSync('ed25519'), name: 'portcullis' },
  });
  const state = new KernelState(new MemoryRates());
  const parts = {
    journal,
    state,
    events: new EventStream(),
    flows: new Flows(NO_LABELS),
    behaviours: { dataFlow: new DataFlow(), sequences: new Sequences() } as Parts['behaviours'],
    life: lifeOf({ idle: DAY, closedFor: 1_000 }),
  };
  const many = 25_000;
  for (let i = 0; i < many; i++) {
    const session = {
      id: `s${i}`,
      tenant: 'default',
      principal: 'bot',
      onBehalfOf: undefined,
      opened: 0,
    };
    const made = state.sessions.open(session);
    if (i % 2 === 1) made.used = 2 * DAY;
  }
  const sweep = new SessionSweep();
  const now = 2 * DAY;
  const open: number[] = [];
  for (let i = 0; i < 4; i++) {
    sweep.step(parts, now);
    open.push(state.sessions.size);
  }
  expect(open[0]).toBeLessThan(many);
  expect(open[0]).toBeGreaterThan(many - 10_000);
  expect(open.at(-1)).toBe(many / 2);
  expect(state.sessions.findAny('s24998', 'default')?.closed).toBe(true);
  sweep.step(parts, now + 1_001);
  expect(state.sessions.findAny('s24998', 'default')).toBeUndefined();
  expect([...state.sessions.all()]).toHaveLength(many / 2);
});
