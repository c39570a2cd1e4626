/** What a host says of its own actions is bounded: nothing in a report takes back what was spent, or leaves the journal unreadable. */
import type { OutcomeReport } from '@portcullis/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KernelHost } from '../../host.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';

const HOUR = 3_600_000;
let host: KernelHost;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-11-21T12:00:00Z');
  host = await openHost({
    builtins: [],
    now: () => now,
    policy: {
      version: 1,
      rules: [{ name: 'all', effect: 'permit' }],
      budgets: [
        { name: 'time', of: 'time', max: '10s', per: '1h' },
        { name: 'words', of: 'tokens', max: 1_000, per: '1h' },
      ],
    },
  });
});
afterEach(() => host.close());

const kernel = () => host.as(ownerCaller({ id: 'bot' }));

/** What the decision says, or what the report of it does. */
async function reported(said: object): Promise<string> {
  const { permit, decision } = await kernel().decide({ action: 'host.work' });
  if (permit === undefined) return decision.code;
  return kernel()
    .report({ permit, status: 'ok', ...said } as OutcomeReport)
    .then(
      () => 'reported',
      (error: { code: string }) => error.code,
    );
}

it.each([1e308, Number.POSITIVE_INFINITY, Number.NaN, -1, '1', null])(
  'a duration or a number of tokens of %j is refused',
  async (odd) => {
    expect(await reported({ duration_ms: odd })).toBe('malformed_request');
    expect(await reported({ usage: { tokens: odd } })).toBe('malformed_request');
  },
);

it('a status that is none is refused', async () => {
  expect(await reported({ status: 'ok","status":"error' })).toBe('malformed_request');
});

it('the largest that is taken leaves every budget exact once its window is over', async () => {
  const most = { duration_ms: 1e12, usage: { tokens: 1e12 } };
  for (let i = 0; i < 3; i++, now += HOUR + 1) {
    const permits = await Promise.all(
      [1, 2].map(async () => (await kernel().decide({ action: 'host.work' })).permit ?? ''),
    );
    for (const permit of permits) await kernel().report({ permit, status: 'ok', ...most });
    expect(await reported({})).toBe('budget_exhausted');
  }
  const codes = [];
  for (let i = 0; i < 12; i++, now += 1) codes.push(await reported({ duration_ms: 1_000 }));
  expect(codes).toEqual([...Array(10).fill('reported'), ...Array(2).fill('budget_exhausted')]);
  expect((await kernel().verify()).ok).toBe(true);
});
