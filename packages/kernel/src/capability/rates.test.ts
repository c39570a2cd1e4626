/** How often a capability may be used: by safety class, by definition, for everybody who delegated it, over callers at once and a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CapabilityDefinition, Kernel, Result } from '@portcullis/wire';
import { afterEach, describe, expect, test } from 'vitest';
import type { HostOptions, KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import type { Provider } from '../provider/types.ts';
import { CLASS_RATES, classRates, rateOf, useRates } from './rates.ts';

const open: KernelHost[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

const definition = (
  safety: CapabilityDefinition['safety'],
  more: Partial<CapabilityDefinition> = {},
): CapabilityDefinition => ({
  id: `test.${safety}`,
  name: safety,
  description: 'Marks.',
  action: 'mark',
  safety,
  ...more,
});
const provider: Provider = {
  family: 'mark',
  actions: [{ name: 'mark', resource: 'other', params: { type: 'object' }, effect: 'write' }],
  execute: async () => ({ data: null, labels: [] }),
};

async function hostOf(options: Partial<HostOptions>): Promise<KernelHost> {
  const host = await openHost({
    builtins: [],
    providers: [provider],
    policy: {
      version: 1,
      rules: [{ name: 'all', effect: 'permit', when: { action: 'mark' } }],
    } as never,
    ...options,
  });
  open.push(host);
  return host;
}
const agent = (host: KernelHost, id: string, kind: 'agent' | 'service' = 'agent'): Kernel =>
  host.as({ ...ownerCaller({ id, kind }), credential: id });

const granted = async (kernel: Kernel, capability: string): Promise<string> =>
  (await kernel.grant({ capability, constraints: { uses: 1_000 } })).token as string;
const use = (kernel: Kernel, token: string): Promise<Result> => kernel.invoke({ token, args: {} });
const effects = (results: readonly Result[]) =>
  results.map(({ decision }) => `${decision.effect} ${decision.code}`);

describe('by safety class', () => {
  test.each([
    ['read', 60],
    ['write', 10],
    ['destructive', 2],
  ] as const)('%s: %d a minute, and not one more though all ask at once', async (safety, max) => {
    const host = await hostOf({ capabilities: [definition(safety)] });
    const kernel = agent(host, 'bot');
    const token = await granted(kernel, `test.${safety}`);
    const results = await Promise.all(Array.from({ length: max + 3 }, () => use(kernel, token)));
    const permitted = results.filter(({ decision }) => decision.effect === 'permit');
    expect(permitted).toHaveLength(max);
    const late = results.find(({ decision }) => decision.effect !== 'permit')?.decision;
    expect(late).toMatchObject({ effect: 'defer', code: 'rate_limited' });
    expect(late?.retry_after).toBeGreaterThan(50);
  });

  test('ten times that for a service, each principal for itself', async () => {
    const host = await hostOf({ capabilities: [definition('destructive')] });
    const [service, bot] = [agent(host, 'svc', 'service'), agent(host, 'bot')];
    const ofService = await granted(service, 'test.destructive');
    const results = [];
    for (let i = 0; i < 21; i++) results.push(await use(service, ofService));
    expect(effects(results).filter((one) => one === 'permit permitted')).toHaveLength(20);
    const ofBot = await granted(bot, 'test.destructive');
    expect((await use(bot, ofBot)).decision.effect).toBe('permit');
  });

  test('another grant of the same capability makes no room, another capability does', async () => {
    const host = await hostOf({
      capabilities: [definition('destructive'), definition('destructive', { id: 'test.second' })],
    });
    const kernel = agent(host, 'bot');
    const results = [];
    for (let i = 0; i < 3; i++)
      results.push(await use(kernel, await granted(kernel, 'test.destructive')));
    results.push(await use(kernel, await granted(kernel, 'test.second')));
    expect(results.map(({ decision }) => decision.effect)).toEqual([
      'permit',
      'permit',
      'defer',
      'permit',
    ]);
  });

  test('the window slides by the kernel’s clock; a refused use costs nothing', async () => {
    let now = Date.UTC(2026, 0, 1);
    const host = await hostOf({ capabilities: [definition('destructive')], now: () => now });
    const kernel = agent(host, 'bot');
    const token = await granted(kernel, 'test.destructive');
    expect((await use(kernel, token)).decision.effect).toBe('permit');
    now += 30_000;
    expect((await use(kernel, token)).decision.effect).toBe('permit');
    for (let i = 0; i < 5; i++) expect((await use(kernel, token)).decision.retry_after).toBe(30);
    now += 30_001;
    expect((await use(kernel, token)).decision.effect).toBe('permit');
    expect((await use(kernel, token)).decision.effect).toBe('defer');
  });

  test('delegating to many makes no room: the delegator pays too', async () => {
    const host = await hostOf({ capabilities: [definition('destructive')] });
    const parent = agent(host, 'parent');
    const token = await granted(parent, 'test.destructive');
    const found: string[] = [];
    for (const child of ['a', 'b', 'c']) {
      const delegated = await parent.grant({
        capability: 'test.destructive',
        token,
        delegate_to: child,
      });
      const result = await use(agent(host, child), delegated.token as string);
      found.push(result.decision.effect);
    }
    expect(found).toEqual(['permit', 'permit', 'defer']);
  });

  test('a pure check counts nothing, and a restart forgets nothing', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'portcullis-rates-'));
    folders.push(dataDir);
    const options = { capabilities: [definition('destructive')], dataDir };
    const host = await hostOf(options);
    const kernel = agent(host, 'bot');
    const token = await granted(kernel, 'test.destructive');
    for (let i = 0; i < 5; i++)
      await kernel.decide({ action: 'mark', params: {}, token, execution: 'none' });
    await use(kernel, token);
    await use(kernel, token);
    await host.close();
    open.length = 0;
    const again = agent(await hostOf(options), 'bot');
    expect((await use(again, token)).decision).toMatchObject({
      effect: 'defer',
      code: 'rate_limited',
    });
  });
});

describe('unless something is said', () => {
  test('by the definition, for more, for fewer, and for none', async () => {
    const host = await hostOf({
      capabilities: [
        definition('read', { rate: { max: 1, per: '1h' } }),
        definition('destructive', { rate: false }),
      ],
    });
    const kernel = agent(host, 'bot');
    const [one, free] = [
      await granted(kernel, 'test.read'),
      await granted(kernel, 'test.destructive'),
    ];
    expect(effects([await use(kernel, one), await use(kernel, one)])).toEqual([
      'permit permitted',
      'defer rate_limited',
    ]);
    for (let i = 0; i < 8; i++) expect((await use(kernel, free)).decision.effect).toBe('permit');
  });

  test('by configuration, each class for itself', async () => {
    const host = await hostOf({
      capabilities: [definition('read'), definition('destructive')],
      capabilityRates: { read: { max: 1, window: 1_000_000 }, destructive: false },
    });
    const kernel = agent(host, 'bot');
    const [one, free] = [
      await granted(kernel, 'test.read'),
      await granted(kernel, 'test.destructive'),
    ];
    await use(kernel, one);
    expect((await use(kernel, one)).decision.effect).toBe('defer');
    for (let i = 0; i < 8; i++) expect((await use(kernel, free)).decision.effect).toBe('permit');
  });

  test.each([{ max: 0, window: 1 }, { max: 1, window: 0 }, { max: 1.5, window: 1 }, {}])(
    '%j is no rate',
    (rate) => expect(() => classRates({ read: rate as never })).toThrow(RangeError),
  );

  test('what is not registered has none: built-in classes and actions of providers', async () => {
    const host = await hostOf({});
    const kernel = agent(host, 'bot');
    const token = await granted(kernel, 'mark');
    for (let i = 0; i < 12; i++) expect((await use(kernel, token)).decision.effect).toBe('permit');
  });
});

test('keys cannot be confused, whatever the names', () => {
  const keyOf = (tenant: string, id: string, payer: string) =>
    useRates(tenant, { id, rate: { max: 1, window: 1 } }, [
      { id: payer, kind: 'agent', roles: [], attributes: {} },
    ])[0]?.key;
  expect(keyOf('t', 'a:b', 'c')).not.toBe(keyOf('t', 'a', 'b:c'));
  expect(keyOf('t', 'a', '","')).not.toBe(keyOf('t', 'a","', ''));
  expect(rateOf({ safety: 'write' }, CLASS_RATES)).toEqual({ max: 10, window: 60_000 });
});
