/** Action lines from records: joined, filtered, followed, and printed so that nothing in a record reaches the terminal raw. */
import type { JournalPage, JournalQuery, JournalRecord, Kernel, Result } from '@portcullis/wire';
import { describe, expect, test } from 'vitest';
import { printExplanation } from '../answer/explanation.ts';
import { exitOf, printAnswer } from '../answer/print.ts';
import { keptTerminal } from '../testing/terminal.ts';
import { actionLine } from './action-line.ts';
import { filterFrom } from './filter.ts';
import { newestActions } from './newest.ts';
import { printActions } from './print.ts';

const record = (seq: number, fields: object): JournalRecord =>
  ({
    v: 1,
    seq,
    ts: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString(),
    tenant: 'default',
    prev: '',
    hash: 'ab',
    ...fields,
  }) as JournalRecord;

const decision = (seq: number, id: string, fields: object = {}): JournalRecord =>
  record(seq, {
    kind: 'decision',
    id,
    session: 's',
    principal: 'p',
    action: 'fs.read',
    resource: { kind: 'fs', value: '/w/a' },
    effect: 'permit',
    code: 'permitted',
    execution: 'provider',
    ...fields,
  });

const outcome = (seq: number, id: string, status: string): JournalRecord =>
  record(seq, { kind: 'outcome', id, status, duration_ms: 1.25 });

/** The journal's query as it is documented, over records in memory, in small pages. */
function journalOf(records: readonly JournalRecord[], page = 3): Pick<Kernel, 'journal'> {
  return {
    async journal(query: JournalQuery = {}): Promise<JournalPage> {
      const { after, reverse = false, since, kind, id, effect, status } = query;
      const fit = records
        .filter((r) => kind === undefined || r.kind === kind)
        .filter((r) => id === undefined || r.id === id)
        .filter((r) => effect === undefined || r.effect === effect)
        .filter((r) => status === undefined || r.status === status)
        .filter((r) => after === undefined || (reverse ? r.seq < after : r.seq > after))
        .filter((r) => since === undefined || r.ts >= since)
        .toSorted((a, b) => (reverse ? b.seq - a.seq : a.seq - b.seq));
      const part = fit.slice(0, page);
      const last = part.at(-1);
      return { records: part, ...(fit.length > page && last ? { next: last.seq } : {}) };
    },
  };
}

const read = (records: readonly JournalRecord[], options: object = {}, limit = 100) =>
  newestActions(journalOf(records) as Kernel, filterFrom(options as never, Date.now()), limit);

describe('newest actions', () => {
  const records = [
    decision(1, 'a'),
    decision(2, 'b', { effect: 'deny', code: 'no_matching_rule', execution: 'provider' }),
    outcome(3, 'a', 'ok'),
    decision(4, 'c'),
    record(5, { kind: 'system', event: 'recovered' }),
    outcome(6, 'c', 'unknown'),
    outcome(7, 'c', 'ok'),
    decision(8, 'd'),
    decision(9, 'e', { execution: 'none' }),
  ];

  test('each decision with its newest outcome, oldest first, over pages', async () => {
    const lines = await read(records);
    expect(lines.map(({ id, outcome: o }) => [id, o])).toEqual([
      ['a', 'ok'],
      ['b', ''],
      ['c', 'ok'],
      ['d', 'pending'],
      ['e', ''],
    ]);
  });

  test('the limit counts the newest that fit', async () => {
    expect((await read(records, {}, 2)).map(({ id }) => id)).toEqual(['d', 'e']);
    expect((await read(records, { status: ['permit'] }, 2)).map(({ id }) => id)).toEqual([
      'd',
      'e',
    ]);
    expect((await read(records, { status: ['ok'] }, 1)).map(({ id }) => id)).toEqual(['c']);
  });

  test('a rare outcome is asked of the index, and one that was settled since is not shown', async () => {
    expect(await read(records, { status: ['unknown'] })).toEqual([]);
    const failed = [
      ...records,
      decision(10, 'f'),
      decision(11, 'g'),
      outcome(12, 'g', 'error'),
      outcome(13, 'f', 'error'),
    ];
    expect((await read(failed, { status: ['error'] })).map(({ id }) => id)).toEqual(['f', 'g']);
    expect((await read(failed, { status: ['error'] }, 1)).map(({ id }) => id)).toEqual(['f']);
    expect((await read(failed, { status: ['deny'] })).map(({ id }) => id)).toEqual(['b']);
  });

  test('an action is a name, or a pattern as policies write them', async () => {
    const names = ['fs', 'fs.read', 'fs.read.all', 'fsx.read', 'http.get', 'issue_refund'];
    const some = names.map((action, n) => decision(n + 1, action, { action, effect: 'deny' }));
    const ids = async (action: string) => (await read(some, { action })).map(({ id }) => id);
    expect(await ids('fs.*')).toEqual(['fs.read']);
    expect(await ids('fs.**')).toEqual(['fs', 'fs.read', 'fs.read.all']);
    expect(await ids('*.read')).toEqual(['fs.read', 'fsx.read']);
    expect(await ids('**')).toEqual(names);
    expect(await ids('issue_*')).toEqual(['issue_refund']);
    expect(() => filterFrom({ action: 'fs.(*' } as never, 0)).toThrow('expected a name');
  });

  test('status is an effect or an outcome, times bound the decision', async () => {
    expect((await read(records, { status: ['deny,pending'] })).map(({ id }) => id)).toEqual([
      'b',
      'd',
    ]);
    const until = { until: '2026-01-01T00:00:04Z' };
    expect((await read(records, until)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const since = { since: '2026-01-01 00:00:04' };
    expect((await read(records, since)).map(({ id }) => id)).toEqual(['c', 'd', 'e']);
  });
});

const HOSTILE = 'x\u001b]0;owned\u0007\u001b[2J\u202egnp.exe\r\nforged line\u200b\u009b31m';
const RAW = /(?!\n)[\p{Cc}\p{Cf}]/u;

describe('hostile records', () => {
  const hostile = decision(1, HOSTILE, {
    session: HOSTILE,
    principal: HOSTILE,
    on_behalf_of: HOSTILE,
    caller: HOSTILE,
    action: HOSTILE,
    resource: { kind: HOSTILE, value: HOSTILE },
    effect: HOSTILE,
    code: HOSTILE,
    would: { effect: HOSTILE, code: HOSTILE },
    rule: HOSTILE,
    rule_reason: HOSTILE,
    policy: HOSTILE,
    justification: HOSTILE,
    params: HOSTILE,
    env: { user_agent: HOSTILE },
    answers: [[HOSTILE, HOSTILE, HOSTILE, HOSTILE], 'no list', [1, { a: HOSTILE }]],
    guard: HOSTILE,
    mode: HOSTILE,
    execution: HOSTILE,
  });
  const failed = record(2, {
    kind: 'outcome',
    id: HOSTILE,
    status: HOSTILE,
    duration_ms: HOSTILE,
    bytes: HOSTILE,
    error: { code: HOSTILE, message: HOSTILE },
    result: HOSTILE,
    labels: [{ source: HOSTILE }],
    resolved: { as: HOSTILE },
  });

  test('no control, ANSI or bidi character of a record reaches the terminal, and no line is forged', () => {
    const terminal = keptTerminal(120);
    printActions(terminal, [actionLine(hostile, failed)], true);
    expect(terminal.lines).toHaveLength(2);
    printExplanation(terminal, {
      id: HOSTILE,
      view: 'auditor',
      action: HOSTILE,
      resource: HOSTILE,
      principal: HOSTILE,
      session: HOSTILE,
      at: HOSTILE,
      effect: HOSTILE as never,
      code: HOSTILE,
      reason: HOSTILE,
      remedy: HOSTILE,
      records: [hostile, failed],
    });
    printAnswer(
      terminal,
      {
        decision: {
          id: HOSTILE,
          effect: 'deny',
          code: HOSTILE,
          reason: HOSTILE,
          remedy: HOSTILE,
        },
        session: HOSTILE,
        mode: 'enforce',
        outcome: { status: 'error', duration_ms: 0, error: { code: HOSTILE, message: HOSTILE } },
        frame: { data: { [HOSTILE]: HOSTILE }, labels: [], notes: [HOSTILE], bytes: 1 },
        permit: HOSTILE,
      },
      HOSTILE,
    );
    for (const line of terminal.lines) {
      expect(line).not.toMatch(RAW);
      expect(line).not.toMatch(/^forged/m);
    }
  });

  test('records that lack everything are still lines', () => {
    const terminal = keptTerminal();
    const bare = record(1, { kind: 'decision' });
    printActions(terminal, [actionLine(bare, undefined), actionLine(bare, record(2, {}))], false);
    expect(terminal.lines).toHaveLength(2);
  });

  test('a text result keeps its lines and loses its commands', () => {
    const terminal = keptTerminal();
    printAnswer(
      terminal,
      {
        decision: { id: 'i', effect: 'permit', code: 'permitted', reason: '' },
        session: 's',
        mode: 'enforce',
        outcome: { status: 'ok', duration_ms: 1 },
        frame: { data: 'one\ntwo\u001b[31m\n', labels: [], notes: [], bytes: 9 },
      },
      'fs.read',
    );
    expect(terminal.lines.at(-1)).toBe('one\ntwo\\u{1b}[31m');
  });

  test('what was stopped before it was shown is no result of null, and the command does not end as if it were', () => {
    const terminal = keptTerminal();
    const result: Result = {
      decision: { id: 'i', effect: 'permit', code: 'permitted', reason: '' },
      session: 's',
      mode: 'enforce',
      outcome: { status: 'ok', duration_ms: 1 },
      frame: { data: null, labels: [], notes: ['stopped: everything is frozen'], bytes: 9 },
      withheld: 'frozen',
    };
    printAnswer(terminal, result, 'fs.read');
    expect(terminal.lines.join('\n')).toMatch(/withheld +frozen/);
    expect(terminal.lines).not.toContain('null');
    expect(exitOf(result)).toBe(1);
    expect(exitOf({ ...result, outcome: { status: 'unknown', duration_ms: 1 } })).toBe(3);
  });
});
