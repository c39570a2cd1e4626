import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteVerifier } from '../crypto/note.ts';
import { openCheckpoint } from './format/checkpoint.ts';
import type { FileJournal } from './journal.ts';
import { verifyConsistency, verifyInclusion } from './merkle/proof.ts';
import {
  add,
  addMany,
  KEY,
  type Kit,
  linesOf,
  makeKit,
  range,
  START,
  segmentsOf,
} from './testing/kit.ts';
import { verifyJournal } from './verifying/verify.ts';

let kit: Kit;
beforeEach(() => {
  kit = makeKit();
});
afterEach(() => kit.remove());

const publicKey = KEY.publicKey;

describe('a journal', () => {
  it('writes one JSON record a line, with the fixed members where the format has them', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1, { fields: { text: 'ünï\u2028code "quoted" \\ \n' } });
    const { seq, hash } = journal.append({
      kind: 'outcome',
      tenant: 'tenänt "2"',
      at: START + 5,
      members: '',
    });
    await journal.close();
    const lines = linesOf(segmentsOf(kit)[0] as string);
    expect(lines).toHaveLength(2);
    const [first, second] = lines.map((line) => JSON.parse(line));
    expect(Object.keys(first)).toEqual([
      'v',
      'seq',
      'ts',
      'kind',
      'origin',
      'tenant',
      'id',
      'n',
      'text',
      'prev',
      'hash',
    ]);
    expect(first).toMatchObject({
      v: 1,
      seq: 1,
      ts: '2026-01-01T00:00:00.001Z',
      kind: 'decision',
      origin: `node-1/${journal.id}`,
      tenant: 'default',
      text: 'ünï\u2028code "quoted" \\ \n',
    });
    expect(second).toMatchObject({ seq, hash, prev: first.hash, tenant: 'tenänt "2"' });
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({
      ok: true,
      records: 2,
      covered: 2,
      first: 1,
      last: 2,
    });
  });

  it('refuses a record of two lines or beyond the largest size, and stays whole', async () => {
    const { journal, state } = await kit.open();
    const record = { kind: 'system', tenant: 'default', at: START } as const;
    expect(() => journal.append({ ...record, members: '"a":1\n' })).toThrow(/one line/);
    const huge = `"a":"${'x'.repeat(1 << 20)}"`;
    expect(() => journal.append({ ...record, members: huge })).toThrow(/larger/);
    const wide = `"a":"${'€'.repeat(400_000)}"`;
    expect(() => journal.append({ ...record, members: wide })).toThrow(/larger/);
    const most = `"a":"${'€'.repeat(340_000)}"`;
    await journal.append({ ...record, members: most }).durable;
    await add(journal, state, 2);
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, records: 2 });
  });

  it('keeps its files to their owner', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1);
    await journal.close();
    expect(statSync(kit.dir).mode & 0o777).toBe(0o700);
    const files = ['checkpoints', 'reserve', '0000000000000001.jsonl'].map((f) => join(kit.dir, f));
    for (const file of [...files, join(kit.root, 'index.sqlite'), join(kit.root, 'lock.sqlite')]) {
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
    }
  });

  it.each(['os', 'fsync'] as const)('goes on where it stopped, under %s', async (durability) => {
    for (let run = 0; run < 4; run++) {
      const { journal, state, recovery } = await kit.open({ durability });
      expect(recovery).toMatchObject({ created: run === 0, records: run * 100 });
      expect(state.seen).toEqual(range(1, run * 100));
      expect(journal.seq).toBe(run * 100);
      await addMany(journal, state, run * 100 + 1, run * 100 + 100);
      await journal.close();
    }
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, records: 400 });
  });

  it('folds from the newest state that is whole, else from the records', async () => {
    const first = await kit.open();
    await addMany(first.journal, first.state, 1, 50);
    await first.journal.close();
    const second = await kit.open();
    expect(second.recovery).toMatchObject({ from: 50, folded: 0 });
    expect(second.state.loads).toBe(1);
    await addMany(second.journal, second.state, 51, 60);
    const cut = kit.copy(); // what is on disk before a clean close
    await second.journal.close();
    const third = await cut.open();
    expect(third.recovery).toMatchObject({ from: 50, folded: 10 });
    expect(third.state.seen).toEqual(range(1, 60));
    await third.journal.close();
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(cut.root, `index.sqlite${suffix}`), { force: true });
    const fourth = await cut.open();
    expect(fourth.recovery).toMatchObject({ from: 0, folded: 60 });
    expect(fourth.state.seen).toEqual(range(1, 60));
    await fourth.journal.close();
    cut.remove();
  });

  it('has one writer: the second says so, and the lock goes with the first', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1);
    await expect(kit.open()).rejects.toMatchObject({ code: 'already_running' });
    await expect(kit.open()).rejects.toMatchObject({ code: 'already_running' });
    await add(journal, state, 2);
    await journal.close();
    const again = await kit.open();
    expect(again.state.seen).toEqual(['1', '2']);
    await again.journal.close();
  });

  it('refuses everything after close, and closes once', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1);
    await Promise.all([journal.close(), journal.close()]);
    expect(() => add(journal, state, 2)).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
    expect(() => journal.reserveOutcome()).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
    await expect(journal.query('default', {})).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(journal.writable).toBe(false);
  });

  it('refuses intents beyond the room for outcomes, and nothing else', async () => {
    const { journal, state } = await kit.open({ reserveBytes: 4 << 20 });
    let taken = 0;
    const reserve = (): void => {
      for (;;) {
        journal.reserveOutcome();
        taken++;
      }
    };
    expect(reserve).toThrow(expect.objectContaining({ code: 'journal_unavailable' }));
    expect(taken).toBeGreaterThan(1_000);
    expect(journal.writable).toBe(true);
    await add(journal, state, 1);
    await add(journal, state, 1, { kind: 'outcome' });
    journal.reserveOutcome();
    journal.forgoOutcome();
    journal.reserveOutcome();
    await journal.close();
  });

  it('never stamps a record earlier than the one before, and marks the clock that fell back', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1, { at: START + 10_000 });
    await add(journal, state, 2, { at: START });
    await add(journal, state, 3, { at: START + 10_000 });
    await journal.close();
    const again = await kit.open();
    await add(again.journal, again.state, 4, { at: START - 86_400_000 });
    await add(again.journal, again.state, 5, { at: START + 20_000 });
    const { records } = await again.journal.query('default', {});
    expect(records.map((r) => [r.ts.slice(11, 19), r.clock])).toEqual([
      ['00:00:10', undefined],
      ['00:00:10', '2026-01-01T00:00:00.000Z'],
      ['00:00:10', undefined],
      ['00:00:10', '2025-12-31T00:00:00.000Z'],
      ['00:00:20', undefined],
    ]);
    await again.journal.close();
  });
});

describe('checkpoints', () => {
  const verifier = (id: string) => noteVerifier(`portcullis/${id}`, publicKey);

  it('stand after every 1,000 records, even where the event loop gets no turn', async () => {
    const { journal, state } = await kit.open();
    for (let n = 1; n <= 5_300; n++) await add(journal, state, n);
    const sizes = readFileSync(join(kit.dir, 'checkpoints'), 'utf8')
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number);
    sizes.reduce((before, size) => {
      expect(size - before).toBeLessThanOrEqual(1_000);
      return size;
    }, 0);
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(4_300);
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, covered: 5_300 });
  });

  it('stand within about a second of the first new record', async () => {
    const { journal, state } = await kit.open();
    await add(journal, state, 1);
    await expect
      .poll(() => readFileSync(join(kit.dir, 'checkpoints'), 'utf8').match(/^1$/m))
      .not.toBeNull();
    await journal.close();
  });

  it('bind journal, size and root, and prove records and growth', async () => {
    const { journal, state } = await kit.open();
    await addMany(journal, state, 1, 300);
    const old = openCheckpoint(await journal.checkpoint(), verifier(journal.id));
    await addMany(journal, state, 301, 777);
    for (const seq of [777, 1, 2, 255, 256, 257, 300, 512]) {
      const proof = await journal.proof(seq);
      const checkpoint = openCheckpoint(proof.checkpoint, verifier(journal.id));
      expect(checkpoint?.size).toBe(777);
      const { leaf, index, size, path } = proof;
      expect(verifyInclusion(leaf, index, size, path, checkpoint?.root ?? '')).toBe(true);
    }
    const now = openCheckpoint(await journal.checkpoint(), verifier(journal.id));
    const path = await (journal as FileJournal).consistency(300, 777);
    expect(verifyConsistency(300, old?.root ?? '', 777, now?.root ?? '', path)).toBe(true);
    for (const bad of [0, -1, 778, 1.5, Number.NaN]) {
      await expect(journal.proof(bad)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(openCheckpoint(await journal.checkpoint(), verifier('0'.repeat(32)))).toBeUndefined();
    await journal.close();
  });

  it('are there for the empty journal', async () => {
    const { journal } = await kit.open();
    expect(openCheckpoint(await journal.checkpoint(), verifier(journal.id))?.size).toBe(0);
    expect(await journal.verify()).toMatchObject({ ok: true, records: 0, checkpoints: 1 });
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, records: 0 });
  });

  it('let a journal verify while it is written', async () => {
    const { journal, state } = await kit.open({
      segmentBytes: 20_000,
      retention: { bytes: 60_000 },
    });
    let n = 0;
    let done = false;
    const writing = (async () => {
      while (!done) {
        await addMany(journal, state, n + 1, n + 50);
        n += 50;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let i = 0; i < 10; i++) expect(await journal.verify()).toMatchObject({ ok: true });
    done = true;
    await writing;
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true });
  });
});

describe('rotation and retention', () => {
  it('rotates between records, and reads and verifies across segments', async () => {
    const { journal, state } = await kit.open({ segmentBytes: 10_000 });
    for (let n = 1; n <= 300; n++) await add(journal, state, n);
    expect(segmentsOf(kit).length).toBeGreaterThan(5);
    const { records } = await journal.query('default', { limit: 1_000 });
    expect(records.map((r) => String(r.n))).toEqual(range(1, 300));
    expect((await journal.record(150))?.n).toBe(150);
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, records: 300 });
    rmSync(join(kit.root, 'index.sqlite'));
    const again = await kit.open({ segmentBytes: 10_000 });
    expect(again.recovery.from).toBeGreaterThan(200);
    expect(again.state.seen).toEqual(range(1, 300));
    await again.journal.close();
  });

  it('drops what retention does not keep, and goes on from the summary', async () => {
    const options = { segmentBytes: 10_000, retention: { bytes: 30_000 } };
    const { journal, state } = await kit.open(options);
    for (let n = 1; n <= 1_000; n++) await add(journal, state, n);
    const bytes = () => segmentsOf(kit).reduce((sum, path) => sum + statSync(path).size, 0);
    await (journal as FileJournal).boundariesPlaced();
    expect(bytes()).toBeLessThan(45_000);
    const report = await journal.verify();
    expect(report).toMatchObject({ ok: true, last: 1_000 });
    const first = report.first as number;
    expect(first).toBeGreaterThan(800);
    expect(await journal.record(first - 1)).toBeUndefined();
    expect((await journal.record(first))?.n).toBe(first);
    const { records } = await journal.query('default', { limit: 3 });
    expect(records.map((r) => r.n)).toEqual([first, first + 1, first + 2]);
    const proof = await journal.proof(first);
    expect(proof.path.length).toBeGreaterThan(0);
    await journal.close();

    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(kit.root, `index.sqlite${suffix}`), { force: true });
    const again = await kit.open(options);
    expect(again.state.seen).toEqual(range(1, 1_000)); // nothing that was dropped is forgotten
    const rebuilt = await again.journal.proof(first);
    const verifier = noteVerifier(`portcullis/${again.journal.id}`, publicKey);
    const root = openCheckpoint(rebuilt.checkpoint, verifier)?.root ?? '';
    const { leaf, index, size, path } = rebuilt;
    expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
    await again.journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, first });
  });

  it('drops by age', async () => {
    const options = { segmentBytes: 10_000, retention: { age: 60_000 } };
    const { journal, state } = await kit.open(options);
    kit.now = Date.now();
    for (let n = 1; n <= 200; n++) await add(journal, state, n);
    expect(segmentsOf(kit).length).toBeGreaterThan(3);
    kit.now = Date.now() + 120_000;
    for (let n = 201; n <= 300; n++) await add(journal, state, n);
    await (journal as FileJournal).boundariesPlaced();
    expect(segmentsOf(kit).length).toBeLessThan(3);
    await journal.close();
    expect(await verifyJournal(kit.dir, { publicKey })).toMatchObject({ ok: true, last: 300 });
  });
});
