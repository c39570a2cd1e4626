/** Who delegated a grant is stopped: what was got with it meanwhile is shown no more, by handle, answer, permit or stream, for as long as that lasts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamFrame } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../gate/guard.ts';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import type { Provider, ProviderOutput, ProviderPiece } from '../provider/types.ts';
import type { Right } from '../rights.ts';

const caller = (id: string, rights: readonly Right[] = []): Caller => ({
  tenant: 'default',
  credential: `key-${id}`,
  principal: { id, kind: 'agent', roles: id === 'lead' ? ['boss'] : [], attributes: {} },
  rights: new Set(['submit', 'decide', 'outcomes', 'sessions:open', ...rights]),
  mayAssert: { principals: [], roles: [], onBehalfOf: [], context: [], userTurns: false },
});
/** Run by the provider in the middle of a stream. */
let meanwhile: () => Promise<unknown>;
const provider: Provider = {
  family: 'log',
  actions: [{ name: 'log.read', resource: 'other', params: {}, effect: 'read' }],
  execute: (): ProviderOutput => ({ data: [{ id: 1 }, { id: 2 }], labels: [] }),
  async *executeStream(): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    yield { data: 'before\n', labels: [] };
    await meanwhile();
    yield { data: 'after\n', labels: [] };
    return { data: null, labels: [] };
  },
};

let dir: string;
let host: KernelHost;
let now: number;
const open = async (): Promise<void> => {
  host = await openHost({
    dataDir: dir,
    builtins: [],
    providers: [provider],
    policy: 'version: 1\nrules: [{name: all, effect: permit}]',
    now: () => now,
  });
};
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-stopped-'));
  now = Date.parse('2026-11-21T12:00:00Z');
  await open();
});
afterEach(async () => {
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});
const lead = () => host.as(caller('lead'));
const worker = () => host.as(caller('worker'));
const admin = () => host.as(caller('admin', ['quarantine']));

const STOPS: [
  string,
  (session: string) => Promise<unknown>,
  (session: string) => Promise<unknown>,
][] = [
  [
    'the session is quarantined',
    (id) => admin().quarantine(id, 'isolated', 'odd'),
    (id) => admin().quarantine(id, 'none', 'fine'),
  ],
  ...(['session', 'principal', 'role'] as const).map((target): (typeof STOPS)[number] => {
    const named = (session: string) =>
      ({
        target,
        id: { session, principal: 'lead', role: 'boss' }[target],
        reason: 'odd',
      }) as const;
    return [
      `the ${target} is over`,
      (session) => admin().invalidate(named(session)),
      (session) => admin().restore(named(session)),
    ];
  }),
];

async function delegated() {
  const { id: session } = await lead().openSession();
  const { token: own = '' } = await lead().grant({ capability: 'log.read', session });
  const made = await lead().grant({ token: own, delegate_to: 'worker', session });
  return { session, token: made.token ?? '' };
}

it.each(STOPS)('%s', async (_, stop, lift) => {
  const { session, token } = await delegated();
  const ask = { token, args: { resource: 'it' }, idempotency_key: 'once' } as const;
  const { frame } = await worker().invoke({ ...ask, response_mode: 'handle_only' });
  const { permit = '' } = await worker().decide({ action: 'log.read', resource: 'it', token });
  const shown = async () => ({
    page: await worker()
      .expand({ handle: frame?.handle ?? '' })
      .then(
        () => 'shown',
        (error: { code?: string }) => error.code,
      ),
    answer: (await worker().invoke(ask)).frame !== undefined,
    permit: (await worker().verifyPermit({ permit })).valid,
  });
  const all = { page: 'shown', answer: true, permit: true };
  const nothing = { page: 'unknown_handle', answer: false, permit: false };
  expect(await shown()).toEqual(all);
  await stop(session);
  expect(await shown()).toEqual(nothing);
  await host.close();
  await open();
  expect(await shown()).toEqual(nothing);
  // The grant's own time passes, others are made, and what has ended is forgotten.
  now += 1_800_000;
  for (let i = 0; i < 8; i++) await worker().grant({ capability: 'log.read' });
  expect(await shown()).toEqual(nothing);
  await lift(session);
  expect(await shown()).toMatchObject({ page: 'shown', answer: true });
});

it.each(STOPS)('%s, and who delegated closes it and a thousand others', async (_, stop) => {
  const { session, token } = await delegated();
  await stop(session);
  await lead().closeSession(session);
  const others = Array.from({ length: 1_001 }, async () =>
    lead().closeSession((await lead().openSession()).id),
  );
  await Promise.all(others);
  const ask = async () =>
    (await worker().invoke({ token, args: { resource: 'it' } })).decision.effect;
  expect(await ask()).toBe('deny');
  await host.close();
  await open();
  expect(await ask()).toBe('deny');
});

it.each(STOPS)('a stream shows nothing more from when %s', async (_, stop) => {
  const { session, token } = await delegated();
  meanwhile = () => stop(session);
  const frames: StreamFrame[] = [];
  for await (const frame of worker().invokeStream({ token, args: { resource: 'it' } }))
    frames.push(frame);
  const text = frames.map(({ data }) => data ?? '').join('');
  expect('before\n'.startsWith(text)).toBe(true);
  expect(frames.at(-1)).toMatchObject({ final: true, notes: ['stopped: the grant is over'] });
});
