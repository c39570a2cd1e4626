import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  add,
  addMany,
  KEY,
  type Kit,
  linesOf,
  makeKit,
  range,
  segmentsOf,
  writeLines,
} from '../testing/kit.ts';
import { verifyJournal } from '../verifying/verify.ts';

const publicKey = KEY.publicKey;
let kit: Kit;
let dead: Kit;

/** `dead` is what kill -9 leaves: the files of a journal that was never closed. */
beforeEach(async () => {
  kit = makeKit();
  const { journal, state } = await kit.open();
  await addMany(journal, state, 1, 20);
  await journal.checkpoint();
  await addMany(journal, state, 21, 30);
  dead = kit.copy();
  await journal.close();
});
afterEach(() => {
  kit.remove();
  dead.remove();
});

const segment = (): string => segmentsOf(dead)[0] as string;

describe('opening after a crash', () => {
  it('takes what was written, covered by a checkpoint or not, and covers it', async () => {
    const { journal, state, recovery } = await dead.open();
    expect(recovery).toEqual({ created: false, records: 30, from: 0, folded: 30 });
    expect(state.seen).toEqual(range(1, 30));
    expect(await verifyJournal(dead.dir, { publicKey })).toMatchObject({ ok: true, covered: 30 });
    await journal.close();
  });

  it('keeps a torn last line aside and says so in the journal', async () => {
    const torn = '{"v":1,"seq":31,"ts":"2026-01-01T00:00:00.031Z","kind":"decis';
    appendFileSync(segment(), torn);
    expect(await verifyJournal(dead.dir, { publicKey })).toMatchObject({
      ok: true,
      torn_tail: { segment: '0000000000000001.jsonl', bytes: torn.length },
    });
    const { journal, state, recovery } = await dead.open();
    expect(recovery).toMatchObject({ records: 30, torn: { bytes: torn.length } });
    expect(readFileSync(join(dead.dir, recovery.torn?.file as string), 'utf8')).toBe(torn);
    expect(await journal.record(31)).toMatchObject({
      kind: 'system',
      event: 'torn_tail',
      bytes: torn.length,
    });
    await add(journal, state, 32);
    await journal.close();
    const report = await verifyJournal(dead.dir, { publicKey });
    expect(report).toMatchObject({ ok: true, records: 32 });
    expect(report.torn_tail).toBeUndefined();
  });

  it('takes a whole last line whose line break is missing for torn', async () => {
    truncateSync(segment(), statSync(segment()).size - 1);
    const { journal, recovery } = await dead.open();
    expect(recovery).toMatchObject({ records: 29 });
    expect(recovery.torn?.bytes).toBeGreaterThan(100);
    await journal.close();
    expect(await verifyJournal(dead.dir, { publicKey })).toMatchObject({ ok: true, records: 30 });
  });

  it('takes the zeros that a file system leaves for torn, where no checkpoint knows better', async () => {
    appendFileSync(segment(), `${'\0'.repeat(3_000)}\n${'\0'.repeat(100)}`);
    const { journal, recovery } = await dead.open();
    expect(recovery).toMatchObject({ records: 30, torn: { bytes: 3_101 } });
    await journal.close();
    expect(await verifyJournal(dead.dir, { publicKey })).toMatchObject({ ok: true, records: 31 });
  });

  it('takes zeros where a checkpoint knows records for damage', async () => {
    const bytes = readFileSync(segment());
    bytes[bytes.indexOf('"id-15"') + 1] = 0;
    writeFileSync(segment(), bytes);
    const { journal, recovery } = await dead.open();
    expect(recovery.problem).toMatchObject({ what: 'malformed', seq: 15 });
    expect(journal.writable).toBe(false);
    await journal.close();
    expect(readdirSync(dead.dir).filter((f) => f.endsWith('.torn'))).toEqual([]);
    expect(readFileSync(segment())).toEqual(bytes);
  });

  it('tells a lost tail apart from tampering, and goes on', async () => {
    writeLines(segment(), linesOf(segment()).slice(0, 15));
    expect((await verifyJournal(dead.dir, { publicKey })).problem).toMatchObject({
      what: 'truncated',
      seq: 16,
    });
    const { journal, state, recovery } = await dead.open();
    expect(recovery).toMatchObject({ records: 15, lost: { have: 15, known: 20 } });
    expect(recovery.problem).toBeUndefined();
    expect(dead.messages.join()).toContain('records 16 to 20 are gone');
    expect(await journal.record(16)).toMatchObject({
      kind: 'system',
      event: 'lost_tail',
      have: 15,
      size: 20,
    });
    await addMany(journal, state, 17, 40);
    await journal.close();

    const report = await verifyJournal(dead.dir, { publicKey });
    expect(report).toMatchObject({
      ok: false,
      problem: { what: 'lost_tail', seq: 16 },
      covered: 40,
    });
    expect(report.lost_tail).toEqual([{ seq: 16, known: 20 }]);
    const accepted = await verifyJournal(dead.dir, { publicKey, acceptLost: true });
    expect(accepted).toMatchObject({ ok: true, records: 40, lost_tail: [{ seq: 16, known: 20 }] });

    // The acknowledgement hides nothing else, and cannot be forged or removed.
    const again = await dead.open();
    expect(again.recovery).toMatchObject({ records: 40 });
    expect(again.recovery.lost).toBeUndefined();
    await again.journal.close();
    writeLines(
      segment(),
      linesOf(segment()).map((line, i) => (i === 30 ? line.replace('id-', 'ix-') : line)),
    );
    const edited = await verifyJournal(dead.dir, { publicKey, acceptLost: true });
    expect(edited.problem).toMatchObject({ what: 'edited', seq: 31 });
  });

  it('tells a lost and torn tail', async () => {
    truncateSync(segment(), linesOf(segment()).slice(0, 15).join('\n').length + 40);
    const { journal, recovery } = await dead.open();
    expect(recovery).toMatchObject({
      records: 15,
      lost: { have: 15, known: 20 },
      torn: { bytes: 39 },
    });
    await journal.close();
    const accepted = await verifyJournal(dead.dir, { publicKey, acceptLost: true });
    expect(accepted).toMatchObject({ ok: true, records: 17 });
  });

  it('does not take a saved state that knows more than the records', async () => {
    // The journal was closed with its state saved; then its tail went.
    writeLines(segmentsOf(kit)[0] as string, linesOf(segmentsOf(kit)[0] as string).slice(0, 25));
    const { journal, state, recovery } = await kit.open();
    expect(recovery).toMatchObject({ from: 0, records: 25, lost: { have: 25, known: 30 } });
    expect(state.seen).toEqual(range(1, 25));
    await journal.close();
  });

  it('cuts off a checkpoint that was written by half', async () => {
    const path = join(dead.dir, 'checkpoints');
    const whole = readFileSync(path);
    appendFileSync(path, whole.subarray(0, 100));
    expect(await verifyJournal(dead.dir, { publicKey })).toMatchObject({
      ok: true,
      torn_tail: { segment: 'checkpoints', bytes: 100 },
    });
    const { journal } = await dead.open();
    await journal.close();
    const report = await verifyJournal(dead.dir, { publicKey });
    expect(report).toMatchObject({ ok: true, covered: 30 });
    expect(report.torn_tail).toBeUndefined();
  });

  it('makes a deleted, empty or damaged index anew', async () => {
    const path = join(dead.root, 'index.sqlite');
    const remove = (): void => {
      for (const f of readdirSync(dead.root)) if (f.startsWith('index')) rmSync(join(dead.root, f));
    };
    const spoils: (() => void)[] = [
      remove,
      () => {
        remove();
        writeFileSync(path, '');
      },
      () => {
        remove();
        writeFileSync(path, Buffer.alloc(20_000, 'not a database '));
      },
      () => {
        const bytes = readFileSync(path);
        bytes.fill(0x55, 100, Math.min(bytes.length, 8_000));
        remove();
        writeFileSync(path, bytes);
      },
    ];
    for (const spoil of spoils) {
      spoil();
      const { journal, state } = await dead.open();
      expect(state.seen).toEqual(range(1, 30));
      expect((await journal.query('default', { limit: 1_000 })).records).toHaveLength(30);
      expect(await journal.byAction('default', 'id-7')).toHaveLength(1);
      expect((await journal.proof(3)).path.length).toBeGreaterThan(0);
      await journal.close();
    }
    expect(readdirSync(dead.root)).toContain('index.sqlite.damaged');
  });

  it('takes no state that was not signed here', async () => {
    // Somebody edits the saved state in the index: the records are folded instead.
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(kit.root, 'index.sqlite'));
    db.exec(`UPDATE snapshots SET seal = replace(seal, '"1"', '"0"')`);
    db.close();
    const { journal, state, recovery } = await kit.open();
    expect(recovery).toMatchObject({ from: 0, folded: 30 });
    expect(state.seen).toEqual(range(1, 30));
    await journal.close();
  });

  it('falls back where a saved state is of another version, and keeps nothing of it', async () => {
    const { openJournal } = await import('./open.ts');
    let seen: unknown[] = [];
    const state = {
      apply: (record: object) => seen.push(record),
      save: () => [],
      load: (json: Json) => {
        seen = ['what is read first'];
        if (!Array.isArray(json)) throw new Error('of another version');
        seen = json;
      },
    };
    const { journal, recovery } = await openJournal(kit.options(state));
    expect(recovery).toMatchObject({ from: 0, folded: 30 });
    expect(seen).toHaveLength(30);
    await journal.close();
  });

  it('lets go of the lock where opening fails', async () => {
    const { openJournal } = await import('./open.ts');
    const state = {
      apply: () => {
        throw new Error('cannot fold');
      },
      save: () => null,
      load: () => {
        throw new Error('cannot load');
      },
    };
    await expect(openJournal(dead.options(state))).rejects.toThrow('cannot fold');
    const { journal } = await dead.open();
    await journal.close();
    await expect(dead.open({ node: 'no/slash' })).rejects.toThrow(/node/);
    await expect(dead.open({ signer: { key: KEY, name: 'white space' } })).rejects.toThrow(
      /signer/,
    );
  });

  it('does not go on with the checkpoints of another key or name', async () => {
    const { generateSigningKey } = await import('../../crypto/ed25519.ts');
    const key = generateSigningKey();
    const other = await dead.open({ signer: { key, name: 'portcullis' } });
    expect(other.recovery.problem?.what).toBe('bad_signature');
    await other.journal.close();
    const renamed = await dead.open({ signer: { key: KEY, name: 'elsewhere' } });
    expect(renamed.recovery.problem).toBeDefined();
    await renamed.journal.close();
  });
});

it('an older copy of the segments alone is told by the index, once; an older index alone is nothing', async () => {
  const kit = makeKit();
  const first = await kit.open();
  await addMany(first.journal, first.state, 1, 10);
  await first.journal.query('default', {});
  await first.journal.close();
  const old = kit.copy();
  const second = await kit.open();
  await addMany(second.journal, second.state, 11, 20);
  await second.journal.query('default', {});
  await second.journal.close();
  const newer = kit.copy();

  rmSync(kit.dir, { recursive: true });
  cpSync(old.dir, kit.dir, { recursive: true });
  const { journal, recovery } = await kit.open();
  expect(recovery.older).toEqual({ have: 10, known: 20 });
  expect(kit.messages.join()).toContain('the journal ends at record 10');
  expect((await journal.record(11))?.event).toBe('rolled_back');
  expect(await journal.verify()).toMatchObject({ ok: true });
  await journal.query('default', {});
  await journal.close();
  const again = await kit.open();
  expect(again.recovery.older).toBeUndefined();
  await again.journal.close();

  cpSync(join(old.root, 'index.sqlite'), join(newer.root, 'index.sqlite'));
  const { recovery: fine, journal: whole } = await newer.open();
  expect(fine).toMatchObject({ records: 20 });
  expect(fine.older).toBeUndefined();
  await whole.close();
  for (const one of [kit, old, newer]) one.remove();
});
