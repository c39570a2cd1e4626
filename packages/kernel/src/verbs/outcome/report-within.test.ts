/** How long a host may take to report is the capability's to say, for what was asked for with a grant of it; also after a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CapabilityDefinition, Kernel } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from '../../kernel.ts';
import { eventually } from '../../testing/eventually.ts';

const TTL = 1_000;
const MINUTE = 60_000;
let dir: string;
let kernel: Kernel;
let now: number;

const capability = (id: string, report_within?: string): CapabilityDefinition => ({
  id,
  name: id,
  description: id,
  action: 'pay.out',
  safety: 'write',
  rate: false,
  ...(report_within === undefined ? {} : { report_within }),
});

const open = () =>
  createKernel({
    builtins: [],
    dataDir: join(dir, 'data'),
    now: () => now,
    permitTtl: TTL,
    reportWithin: MINUTE,
    policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'pay.out' } }] },
    capabilities: [
      capability('pay.quick', '2s'),
      capability('pay.plain'),
      capability('pay.slow', '1h'),
    ],
  });

async function invoked(id: string) {
  const { token = '' } = await kernel.grant({ capability: id });
  const { decision, permit = '' } = await kernel.invoke({ token });
  return { id: decision.id, permit };
}
const outcome = async (id: string) => (await kernel.explain(id)).outcome?.status;
const lost = (id: string) => eventually(async () => expect(await outcome(id)).toBe('not_reported'));
const reported = ({ permit }: { readonly permit: string }) =>
  kernel.report({ permit, status: 'ok' }).then(
    ({ outcome: { status } }) => status,
    ({ code }) => code,
  );

beforeEach(async () => {
  now = Date.now();
  dir = mkdtempSync(join(tmpdir(), 'within-'));
  kernel = await open();
});
afterEach(async () => {
  await kernel.close();
  rmSync(dir, { recursive: true });
});

it('bounds the report of its own grants, and of no others', async () => {
  const slow = await invoked('pay.slow');
  const [plain, quick, late] = [
    await invoked('pay.plain'),
    await invoked('pay.quick'),
    await invoked('pay.quick'),
  ];
  const { permit = '' } = await kernel.decide({ action: 'pay.out' });
  now += TTL + 2_001;
  expect(await reported(late)).toBe('conflict');
  expect(await outcome(late.id)).toBe('not_reported');
  await lost(quick.id);
  expect(await outcome(plain.id)).toBeUndefined();
  expect(await reported({ permit })).toBe('ok');
  now += MINUTE;
  await lost(plain.id);
  expect(await outcome(slow.id)).toBeUndefined();
  expect(await reported(slow)).toBe('ok');
});

it('holds across a restart', async () => {
  const [slow, quick] = [await invoked('pay.slow'), await invoked('pay.quick')];
  await kernel.close();
  kernel = await open();
  now += TTL + 2_001;
  await lost(quick.id);
  now += MINUTE;
  expect(await reported(slow)).toBe('ok');
});
