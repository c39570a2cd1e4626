/** A batch decides what its requests would be told one by one, in their order, with a record each; what cannot be written is denied. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DecideRequest, Kernel, Result } from '@portcullis/wire';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { SegmentWriter } from '../../journal/writing/writer.ts';
import { createKernel } from '../../kernel.ts';

const POLICY = `
rules:
  - {name: ok, effect: permit, when: {action: ok}}
  - {name: few, effect: permit, when: {action: few, rate: {max: 3, per: 1h, by: [principal]}}}
  - {name: held, effect: require_approval, when: {action: held}}
  - {name: less, effect: modify, when: {action: less}, then: {set: {/amount: {cap: 10}}}}
`;

const folders: string[] = [];
const kernels: Kernel[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const kernel of kernels.splice(0)) await kernel.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function made(dataDir?: string): Promise<Kernel> {
  const kernel = await createKernel({
    builtins: [],
    policy: POLICY,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  kernels.push(kernel);
  return kernel;
}

const told = ({ decision, permit, action, outcome, record, approval }: Result) => ({
  effect: decision.effect,
  code: decision.code,
  reason: decision.reason,
  permit: permit !== undefined,
  approval: approval?.status,
  action,
  outcome,
  recorded: record !== undefined,
});

const request = fc.oneof(
  fc.record({
    action: fc.constantFrom('ok', 'few', 'held', 'less', 'other', 'Not An Action'),
    params: fc.dictionary(fc.constantFrom('amount', 'x', '__proto__'), fc.jsonValue()),
    execution: fc.constantFrom('none', 'host'),
  }),
  fc.anything(),
) as fc.Arbitrary<DecideRequest>;

test('the answers of a batch are those of its requests one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (requests) => {
      const [together, apart] = [await made(), await made()];
      const one: Result[] = [];
      for (const each of requests) one.push(await apart.decide(each));
      const all = await together.decideBatch(requests);
      expect(all.map(told)).toEqual(one.map(told));
      const seqs = all.map(({ record }) => record?.seq);
      expect(new Set(seqs).size).toBe(requests.length);
      for (const kernel of kernels.splice(0)) await kernel.close();
    }),
    { numRuns: 40 },
  );
});

test('where the journal writes again, what it could not write before stays denied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-batch-'));
  folders.push(folder);
  const kernel = await made(folder);
  const write = vi.spyOn(SegmentWriter.prototype, 'write').mockImplementationOnce(() => {
    throw new Error('the disk is gone');
  });
  const requests = ['ok', 'few', 'held', 'other', 'ok'].map((action) => ({ action }));
  const lost = await kernel.decideBatch(requests);
  expect(write).toHaveBeenCalled();
  expect(lost[0]).toMatchObject({ decision: { effect: 'deny', code: 'journal_unavailable' } });
  for (const { decision, permit, record } of lost) {
    expect(decision.effect).toBe('deny');
    expect([permit, record]).toEqual([undefined, undefined]);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const codes = (await kernel.decideBatch(requests)).map(({ decision }) => decision.code);
  expect(codes).toEqual([
    'permitted',
    'permitted',
    'approval_required',
    'no_matching_rule',
    'permitted',
  ]);
});

test('a single decision that could not be written is denied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-batch-'));
  folders.push(folder);
  const kernel = await made(folder);
  vi.spyOn(SegmentWriter.prototype, 'write').mockImplementationOnce(() => {
    throw new Error('the disk is gone');
  });
  const lost = await kernel.decide({ action: 'ok' });
  expect(lost).toMatchObject({ decision: { effect: 'deny', code: 'journal_unavailable' } });
  expect([lost.permit, lost.record]).toEqual([undefined, undefined]);
});
