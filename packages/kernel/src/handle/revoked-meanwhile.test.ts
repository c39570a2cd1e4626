/** A grant that is revoked while an action runs with it: nothing of what came is shown from then on, or paged afterwards, after a restart neither. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kernel, StreamFrame } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';
import type { Provider, ProviderOutput, ProviderPiece } from '../provider/types.ts';
import { Handles } from './handles.ts';

let dir: string;
let kernel: Kernel;
let now: number;
/** Run by the provider in the middle of its work. */
let meanwhile: () => Promise<void>;
const line = (i: number): string => `line ${i} ${'x'.repeat(50)}\n`;
const provider: Provider = {
  family: 'log',
  actions: [{ name: 'log.read', resource: 'other', params: {}, effect: 'read' }],
  async execute(): Promise<ProviderOutput> {
    await meanwhile();
    return { data: [1, 2, 3].map((id) => ({ id })), labels: [] };
  },
  async *executeStream(): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    for (let i = 0; i < 6; i++) {
      if (i === 3) await meanwhile();
      yield { data: line(i), labels: [] };
    }
    return { data: { rest: 'of it' }, labels: [] };
  },
};
const open = async (): Promise<void> => {
  const rules = [{ name: 'a', effect: 'permit', when: { action: 'log.read' } }];
  const policy = { version: 1, rules } as never;
  kernel = await createKernel({
    dataDir: dir,
    builtins: [],
    providers: [provider],
    policy,
    now: () => now,
  });
};
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-meanwhile-'));
  meanwhile = async () => {};
  now = Date.parse('2026-11-21T12:00:00Z');
  await open();
});
afterEach(async () => {
  await kernel.close();
  rmSync(dir, { recursive: true, force: true });
});

async function granted() {
  const { id = '', token = '' } = await kernel.grant({ capability: 'log.read' });
  const revoke = async () => {
    await kernel.revoke({ grant: id, reason: 'stolen' });
  };
  return { token, revoke };
}
const expanded = (handle: string | undefined) =>
  kernel.expand({ handle: handle ?? '' }).then(
    () => 'shown',
    (error: { code?: string }) => error.code,
  );

it('the handle that it gets names nothing', async () => {
  const { token, revoke } = await granted();
  const ask = { token, args: { resource: 'it' }, response_mode: 'handle_only' } as const;
  expect(await expanded((await kernel.invoke(ask)).frame?.handle)).toBe('shown');
  meanwhile = revoke;
  const { decision, frame } = await kernel.invoke(ask);
  expect(decision.code).toBe('permitted');
  expect(await expanded(frame?.handle)).toBe('unknown_handle');
  await kernel.close();
  await open();
  expect(await expanded(frame?.handle)).toBe('unknown_handle');
});

it.each(['grant.revoked', 'capability.deleted'])(
  '%s takes no room of handles, as the journal is read again too',
  (event) => {
    const fallen = new Set<string>();
    const handles = new Handles({ perPrincipal: 9, perTenant: 9, bytes: 9 }, (id) =>
      fallen.has(id),
    );
    const record = (kind: string, more: object) =>
      handles.apply({ kind, tenant: 'default', principal: 'bot', ...more } as never);
    for (const grant of ['one', 'two'])
      record('outcome', { handle: { key: grant, value: grant, expires: now + 1, grant } });
    fallen.add('one');
    record('state', { event });
    expect([handles.get('one', now), handles.get('two', now)?.grant]).toEqual([undefined, 'two']);
  },
);

it('an answer is given again without what it showed, whoever asks and after a restart too', async () => {
  const { token, revoke } = await granted();
  const ask = { token, args: { resource: 'it' }, idempotency_key: 'once' } as const;
  const frames = async () => [
    (await kernel.invoke(ask)).frame,
    (await kernel.submit({ action: 'log.read', resource: 'it', idempotency_key: 'once' })).frame,
  ];
  expect((await kernel.invoke(ask)).frame?.data).toHaveLength(3);
  for (const frame of await frames()) expect(frame?.data).toHaveLength(3);
  await revoke();
  expect(await frames()).toEqual([undefined, undefined]);
  await kernel.close();
  await open();
  expect(await frames()).toEqual([undefined, undefined]);
  expect(await kernel.invoke(ask)).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
});

it.each([
  [true, 'nothing, though the grant would be over by now'],
  [false, 'what it showed, though the grant is over'],
])('an answer whose grant was revoked (%s) shows %s', async (revoked) => {
  const above = await granted();
  const { token = '' } = await kernel.grant({ token: above.token, delegate_to: 'owner' });
  await kernel.invoke({ token, args: { resource: 'it' }, idempotency_key: 'once' });
  if (revoked) await above.revoke();
  const again = async () => {
    // Others are made, and what has ended is forgotten.
    for (let i = 0; i < 8; i++) await granted();
    const asked = { action: 'log.read', resource: 'it', idempotency_key: 'once' };
    const { replayed, frame } = await kernel.submit(asked);
    expect(replayed).toBe(true);
    return frame !== undefined;
  };
  for (const hours of [0.5, 2, 20]) {
    now += hours * 3_600_000;
    expect(await again(), `${hours} h`).toBe(!revoked);
    await kernel.close();
    await open();
  }
});

it('an answer that another call waits for shows that call nothing', async () => {
  const { token, revoke } = await granted();
  const ask = { token, args: { resource: 'it' }, idempotency_key: 'once' } as const;
  meanwhile = revoke;
  const [, waited] = await Promise.all([kernel.invoke(ask), kernel.invoke(ask)]);
  expect(waited).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
  expect(waited).not.toHaveProperty('frame');
});

it('a stream shows nothing more, and says why', async () => {
  const streamed = async (token: string) => {
    const frames: StreamFrame[] = [];
    for await (const frame of kernel.invokeStream({ token, args: { resource: 'it' } }))
      frames.push(frame);
    const text = frames.map(({ final, data }) => (final ? '' : data)).join('');
    return { text, last: frames.at(-1) as StreamFrame };
  };
  const { token, revoke } = await granted();
  const whole = await streamed(token);
  expect(whole.text).toBe([0, 1, 2, 3, 4, 5].map(line).join(''));
  expect(whole.last.data).toEqual({ rest: 'of it' });
  meanwhile = revoke;
  const { text, last } = await streamed(token);
  expect(whole.text.startsWith(text)).toBe(true);
  expect(text).not.toContain('line 3');
  expect(last).toMatchObject({
    final: true,
    data: null,
    notes: ['stopped: the grant is over'],
    result: { decision: { code: 'permitted' }, outcome: { status: 'ok' } },
  });
  expect(last.handle).toBeUndefined();
});
