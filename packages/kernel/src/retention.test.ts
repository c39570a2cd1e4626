/** Retention drops records, never what they did: a kernel that begins from a sealed summary goes on where the records left it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKernel } from './kernel.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-retention-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const POLICY = `version: 1
rules:
  - {name: five, effect: permit, when: {action: five.times, rate: {max: 5, per: 30d, by: [principal]}}}
  - {name: any, effect: permit, when: {action: any.times}}
`;

it('keeps rates, quarantine and freeze beyond the records that made them', async () => {
  const segmentBytes = 65_536;
  const open = () =>
    createKernel({
      dataDir: folder,
      builtins: [],
      policy: POLICY,
      segmentBytes,
      retention: { bytes: segmentBytes },
    });
  const first = await open();
  const five = { action: 'five.times' } as const;
  for (let i = 0; i < 5; i++) expect((await first.decide(five)).decision.effect).toBe('permit');
  const held = await first.openSession({ label: 'held' });
  await first.quarantine(held.id, 'frozen', 'it looked wrong');
  const early = (await first.decide(five)).record?.seq ?? 0;
  for (let i = 0; i < 10; i++) {
    const batch = Array.from({ length: 100 }, () => ({
      action: 'any.times',
      execution: 'none' as const,
    }));
    await first.decideBatch(batch);
  }
  await first.close();
  expect(readdirSync(join(folder, 'journal')).some((name) => name.includes('summary'))).toBe(true);

  const second = await open();
  try {
    await expect(second.record(early)).rejects.toMatchObject({ code: 'not_found' });
    expect((await second.decide(five)).decision.code).toBe('rate_limited');
    const refused = await second.decide({ action: 'any.times', session: held.id });
    expect(refused.decision.code).toBe('session_quarantined');
    expect(await second.verify()).toMatchObject({ ok: true });
  } finally {
    await second.close();
  }
});
