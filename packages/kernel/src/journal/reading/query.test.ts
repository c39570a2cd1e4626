import type { JournalQuery, JournalRecord } from '@portcullis/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../memory.ts';
import { add, KEY, type Kit, makeKit, SeenState, START } from '../testing/kit.ts';
import type { Journal } from '../types.ts';

const COUNT = 400;
const SESSIONS = ['s1', 's2', "s'3", 's"4', 's\\5', 'ş6'];
const ACTIONS = ['fs.read', 'http.get', 'issue_refund'];

let kit: Kit;
let disk: Journal;
const memory = openMemoryJournal({ node: 'node-1', signer: { key: KEY, name: 'portcullis' } });
const all: JournalRecord[] = [];

beforeAll(async () => {
  kit = makeKit();
  const opened = await kit.open({ segmentBytes: 30_000 });
  disk = opened.journal;
  for (let n = 1; n <= COUNT; n++) {
    const fields = {
      session: SESSIONS[n % 6] as string,
      principal: n % 5 === 0 ? 'alice' : 'bot-1',
      action: ACTIONS[n % 3] as string,
      ...(n % 2 === 0 ? { effect: n % 4 === 0 ? 'permit' : 'deny' } : { status: 'ok' }),
    };
    const kind = n % 2 === 0 ? 'decision' : 'outcome';
    const tenant = n % 10 === 0 ? 'other' : 'default';
    for (const journal of [disk, memory]) {
      await add(journal, new SeenState(), Math.ceil(n / 2), {
        kind,
        tenant,
        fields,
        at: START + n * 1_000,
      });
    }
  }
  for (let seq = 1; seq <= COUNT; seq++) all.push((await disk.record(seq)) as JournalRecord);
});
afterAll(async () => {
  await disk.close();
  kit.remove();
});

/** What a query means, without index or pages. */
function naive(tenant: string, query: JournalQuery): number[] {
  const fields = ['id', 'session', 'principal', 'action', 'effect', 'status', 'kind'] as const;
  const found = all.filter(
    (r) =>
      r.tenant === tenant &&
      fields.every((f) => query[f] === undefined || r[f] === query[f]) &&
      (query.since === undefined || Date.parse(r.ts) >= Date.parse(query.since)) &&
      (query.until === undefined || Date.parse(r.ts) <= Date.parse(query.until)),
  );
  const seqs = found.map((r) => r.seq);
  return query.reverse === true ? seqs.reverse() : seqs;
}

const time = fc
  .integer({ min: -5, max: COUNT + 5 })
  .map((n) => new Date(START + n * 1_000 + 300 * (n % 3)).toISOString());
const query = fc.record(
  {
    id: fc.constantFrom('id-1', 'id-7', 'id-200', 'nothing', "' OR 1=1 --"),
    session: fc.constantFrom(...SESSIONS, 'none'),
    principal: fc.constantFrom('alice', 'bot-1', '%'),
    action: fc.constantFrom(...ACTIONS),
    effect: fc.constantFrom('permit' as const, 'deny' as const),
    status: fc.constantFrom('ok', 'error'),
    kind: fc.constantFrom('decision' as const, 'outcome' as const, 'system' as const),
    since: time,
    until: time,
    limit: fc.integer({ min: 1, max: 50 }),
    reverse: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe.each([
  ['on disk', () => disk],
  ['in memory', () => memory],
])('queries %s', (_name, journal) => {
  it('answer what a scan would, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('default', 'other', 'none'),
        query,
        async (tenant, asked) => {
          const seqs: number[] = [];
          let after: number | undefined;
          for (let page = 0; page < COUNT + 2; page++) {
            const answer = await journal().query(
              tenant,
              after === undefined ? asked : { ...asked, after },
            );
            seqs.push(...answer.records.map((r) => r.seq));
            if (answer.next === undefined) break;
            expect(answer.records).toHaveLength(asked.limit ?? 100);
            after = answer.next;
          }
          expect(seqs).toEqual(naive(tenant, asked));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('find the records of an action, oldest first, in its tenant only', async () => {
    const records = await journal().byAction('default', 'id-7');
    expect(records.map((r) => [r.seq, r.kind])).toEqual([
      [13, 'outcome'],
      [14, 'decision'],
    ]);
    expect(await journal().byAction('other', 'id-7')).toEqual([]);
    expect(await journal().byAction('default', '')).toEqual([]);
  });

  it('answer single records, and undefined for what is none', async () => {
    expect((await journal().record(1))?.seq).toBe(1);
    for (const seq of [0, -1, COUNT + 1, 1.5, Number.NaN, Infinity, '1' as unknown as number]) {
      expect(await journal().record(seq)).toBeUndefined();
    }
  });

  it.each([
    { limit: 0 },
    { limit: 1_001 },
    { limit: 1.5 },
    { limit: '10' as unknown as number },
    { after: -1 },
    { after: Number.NaN },
    { since: 'yesterday' },
    { since: '2026-01-01' },
    { until: '2026-13-01T00:00:00Z' },
    { until: 5 as unknown as string },
    { session: { $ne: '' } as unknown as string },
    { id: ['a'] as unknown as string },
  ])('refuse %j', async (bad) => {
    await expect((async () => journal().query('default', bad))()).rejects.toMatchObject({
      code: 'malformed_request',
    });
  });
});
