/** Freezes of everything and of single tenants: kept over restarts, by records and by snapshots, those of older journals as well. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from '@portcullis/wire';
import { expect, it } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';
import { Freezes } from './freezes.ts';

const record = (tenant: string, more: object) =>
  ({ kind: 'state', event: 'freeze', tenant, ...more }) as unknown as JournalRecord;

it('what older journals and snapshots froze is everything', () => {
  const one = new Freezes();
  one.apply(record('acme', { on: true }));
  expect([one.of(), one.stops('other')]).toEqual([['all'], true]);
  one.load(false);
  expect(one.stops('acme')).toBe(false);
  one.load(true);
  expect(one.of('acme')).toEqual(['all']);
});

it('comes back as it was saved', () => {
  const one = new Freezes();
  one.apply(record('acme', { on: true, scope: 'tenant' }));
  one.apply(record('default', { on: true, scope: 'all' }));
  one.apply(record('default', { on: false, scope: 'all' }));
  const again = new Freezes();
  again.load(JSON.parse(JSON.stringify(one.save())));
  for (const each of [one, again])
    expect([each.of(), each.of('acme'), each.stops('acme'), each.stops('other')]).toEqual([
      [],
      ['tenant'],
      true,
      false,
    ]);
});

it('each outlives a restart, and is lifted by itself', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'freezes-'));
  const open = () => openHost({ builtins: [], dataDir: dir });
  const caller = (tenant: string) => ({ ...ownerCaller({ id: 'boss' }), tenant });
  const codes = (host: KernelHost) =>
    Promise.all(
      ['default', 'acme', 'other'].map(async (tenant) => {
        const { decision } = await host.as(caller(tenant)).decide({ action: 'any.thing' });
        return decision.code === 'frozen';
      }),
    );
  try {
    let host = await open();
    const restarted = async () => {
      await host.close();
      host = await open();
      return codes(host);
    };
    await host.as(caller('acme')).freeze(true, 'theirs');
    expect(await codes(host)).toEqual([false, true, false]);
    await host.as(caller('default')).freeze(true, 'ours');
    expect(await restarted()).toEqual([true, true, true]);
    await host.as(caller('default')).freeze(false, 'over');
    expect(await restarted()).toEqual([false, true, false]);
    const { records } = await host.as(caller('acme')).journal({ kind: 'state' });
    expect(records.filter(({ event }) => event === 'freeze')).toMatchObject([
      { on: true, scope: 'tenant' },
    ]);
    await host.as(caller('acme')).freeze(false, 'over');
    expect(await restarted()).toEqual([false, false, false]);
    await host.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
