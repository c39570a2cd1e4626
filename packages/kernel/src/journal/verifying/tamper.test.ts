import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { VerifyReport } from '@portcullis/wire';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../crypto/ed25519.ts';
import { signCheckpoint } from '../format/checkpoint.ts';
import { genesis } from '../format/format.ts';
import { BODY_AT, RecordHasher } from '../format/record.ts';
import { add, KEY, type Kit, linesOf, makeKit, segmentsOf, writeLines } from '../testing/kit.ts';
import { verifyJournal } from './verify.ts';

const publicKey = KEY.publicKey;

/** 60 records in several segments, checkpoints between them; every test works on its own copy. */
let original: Kit;
let kit: Kit;
let id: string;

beforeAll(async () => {
  original = makeKit();
  const { journal, state } = await original.open({ segmentBytes: 6_300 });
  id = journal.id;
  for (let n = 1; n <= 60; n++) {
    await add(journal, state, n);
    if (n % 7 === 0) await journal.checkpoint();
  }
  await journal.close();
});
afterAll(() => original.remove());
beforeEach(() => {
  kit = original.copy();
});
afterEach(() => kit.remove());

const verify = (): Promise<VerifyReport> => verifyJournal(kit.dir, { publicKey });
const segment = (i: number): string => segmentsOf(kit)[i] as string;
const checkpoints = (): string => join(kit.dir, 'checkpoints');

async function expectProblem(what: string, seq?: number): Promise<void> {
  const report = await verify();
  expect(report.ok).toBe(false);
  expect(report.problem).toMatchObject(seq === undefined ? { what } : { what, seq });
  // What does not verify is not gone on with either: a cut is acknowledged, all else opens for reading only.
  const { journal, state, recovery } = await kit.open();
  if (recovery.problem !== undefined) {
    expect(journal.writable).toBe(false);
    expect(() => add(journal, state, 99)).toThrow(
      expect.objectContaining({ code: 'journal_unavailable' }),
    );
    expect((await journal.verify()).ok).toBe(false);
  }
  await journal.close();
}

/** Changes a segment's lines, and renames it after its first record where that changed. */
function edit(i: number, change: (lines: string[]) => string[]): void {
  const path = segment(i);
  writeLines(path, change(linesOf(path)));
}

/** Writes record hashes anew from line `from` on, as somebody can who knows the format but not the key. */
function rechain(lines: readonly string[], from: number, prev: string): string[] {
  const hasher = new RecordHasher();
  let before = prev;
  return lines.map((line, i) => {
    if (i < from) {
      before = JSON.parse(line).hash;
      return line;
    }
    const cut = line.replace(/,"prev":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}$/, '');
    const body = `${cut},"prev":"${before}"}`;
    hasher.previous = before;
    const length = hasher.bytes.write(body, BODY_AT);
    before = hasher.hash(length);
    return `${body.slice(0, -1)},"hash":"${before}"}`;
  });
}

describe('verification finds', () => {
  it('nothing in the untouched journal', async () => {
    expect(await verify()).toMatchObject({
      ok: true,
      records: 60,
      covered: 60,
      first: 1,
      last: 60,
    });
    expect(segmentsOf(kit).length).toBeGreaterThan(2);
  });

  it('an edited record', async () => {
    edit(1, (lines) => lines.with(3, (lines[3] as string).replace('"id":"id-', '"id":"ix-')));
    const seq = JSON.parse(linesOf(segment(1))[3] as string).seq;
    await expectProblem('edited', seq);
  });

  it('an edited record whose hash was written anew', async () => {
    edit(0, (lines) => {
      const forged = rechain(
        [(lines[4] as string).replace('"n":5', '"n":500')],
        0,
        JSON.parse(lines[3] as string).hash,
      );
      return lines.with(4, forged[0] as string);
    });
    await expectProblem('edited', 5);
  });

  it('an edited record with the whole chain written anew behind it', async () => {
    let prev = genesis(id);
    segmentsOf(kit).forEach((path, i) => {
      const lines = linesOf(path);
      if (i === 0) lines[4] = (lines[4] as string).replace('"n":5', '"n":500');
      const forged = rechain(lines, 0, prev);
      prev = JSON.parse(forged.at(-1) as string).hash;
      writeLines(path, forged);
    });
    const report = await verify();
    expect(report.problem).toMatchObject({ what: 'checkpoint_mismatch', seq: 1 });
    expect(report.problem?.message).toContain('records 1 to 7');
  });

  it('two records in each other’s place', async () => {
    edit(1, (l) => l.with(2, l[3] as string).with(3, l[2] as string));
    const seq = JSON.parse(linesOf(segment(1))[3] as string).seq;
    await expectProblem('reordered', seq);
  });

  it('a record twice', async () => {
    edit(1, (lines) => lines.toSpliced(3, 0, lines[2] as string));
    await expectProblem('duplicated', JSON.parse(linesOf(segment(1))[2] as string).seq);
  });

  it('a record again, later', async () => {
    edit(2, (lines) => [...lines.slice(0, 2), linesOf(segment(0))[1] as string, ...lines.slice(2)]);
    await expectProblem('duplicated', 2);
  });

  it('a record that is missing', async () => {
    const seq = JSON.parse(linesOf(segment(1))[3] as string).seq;
    edit(1, (lines) => lines.toSpliced(3, 1));
    await expectProblem('missing', seq);
  });

  it('a segment that is missing, first, middle or last', async () => {
    for (const i of [0, 1, segmentsOf(kit).length - 1]) {
      const copy = original.copy();
      rmSync(segmentsOf(copy)[i] as string);
      const { ok, problem } = await verifyJournal(copy.dir, { publicKey });
      expect(ok).toBe(false);
      expect(problem?.what).toMatch(i < 2 ? /missing/ : /truncated|missing/);
      copy.remove();
    }
  });

  it('all segments gone', async () => {
    for (const path of segmentsOf(kit)) rmSync(path);
    await expectProblem('truncated', 1);
  });

  it('a segment under another name', async () => {
    renameSync(segment(1), join(kit.dir, '0000000000000999.jsonl'));
    await expectProblem('missing');
  });

  it('a cut behind the last checkpoint, at a line and within one', async () => {
    const last = segmentsOf(kit).length - 1;
    edit(last, (lines) => lines.slice(0, -1));
    expect((await verify()).problem).toMatchObject({ what: 'truncated', seq: 60 });
    const text = readFileSync(segment(last), 'utf8');
    writeFileSync(segment(last), text.slice(0, -10));
    const report = await verify();
    expect(report.problem).toMatchObject({ what: 'truncated', seq: 59 });
    expect(report.torn_tail?.bytes).toBeGreaterThan(0);
  });

  it('a record of another journal', async () => {
    const other = makeKit();
    const opened = await other.open();
    for (let n = 1; n <= 20; n++) await add(opened.journal, opened.state, n);
    await opened.journal.close();
    const foreign = linesOf(segmentsOf(other)[0] as string);
    edit(0, (lines) => lines.with(4, foreign[4] as string));
    await expectProblem('fork', 5);
    other.remove();
  });

  it('a whole other journal under our checkpoints, or their checkpoints over our journal', async () => {
    const other = makeKit();
    const opened = await other.open();
    for (let n = 1; n <= 20; n++) await add(opened.journal, opened.state, n);
    await opened.journal.close();
    const theirs = readFileSync(join(other.dir, 'checkpoints'), 'utf8');
    const ours = readFileSync(checkpoints(), 'utf8');
    writeFileSync(checkpoints(), theirs);
    await expectProblem('fork', 1);
    writeFileSync(join(other.dir, 'checkpoints'), ours);
    const report = await verifyJournal(other.dir, { publicKey });
    expect(report).toMatchObject({ ok: false, problem: { what: 'fork', seq: 1 } });
    writeFileSync(checkpoints(), ours + theirs);
    await expectProblem('malformed');
    other.remove();
  });

  it('a second history under the same key', async () => {
    // The journal is copied, both go on, and the checkpoints of one are put behind those of the other.
    const copy = kit.copy();
    const one = await kit.open();
    await add(one.journal, one.state, 61);
    await one.journal.close();
    const two = await copy.open();
    await add(two.journal, two.state, 62);
    await two.journal.close();
    const tail = readFileSync(join(copy.dir, 'checkpoints'), 'utf8')
      .split('\n')
      .slice(-7)
      .join('\n');
    appendFileSync(checkpoints(), tail);
    expect((await verify()).problem?.what).toBe('fork');
    const anchor = await verifyJournal(copy.dir, { publicKey, anchor: tail.slice(0, -1) });
    expect(anchor.ok).toBe(true);
    writeFileSync(checkpoints(), readFileSync(checkpoints(), 'utf8').slice(0, -tail.length));
    expect((await verify()).ok).toBe(true);
    const forked = await verifyJournal(kit.dir, { publicKey, anchor: tail.slice(0, -1) });
    expect(forked.problem).toMatchObject({ what: 'fork', segment: 'anchor' });
    copy.remove();
  });

  it('a journal put back to an earlier day, where somebody kept a checkpoint', async () => {
    const later = kit.copy();
    const { journal, state } = await later.open();
    for (let n = 61; n <= 70; n++) await add(journal, state, n);
    const anchor = await journal.checkpoint();
    await journal.close();
    expect(await verifyJournal(later.dir, { publicKey, anchor })).toMatchObject({ ok: true });
    expect((await verify()).ok).toBe(true); // nothing in the files tells
    const report = await verifyJournal(kit.dir, { publicKey, anchor });
    expect(report.problem).toMatchObject({ what: 'truncated', segment: 'anchor' });
    later.remove();
  });

  it('checkpoints that are gone, of another key, forged, or in another order', async () => {
    const text = readFileSync(checkpoints(), 'utf8');
    const entries = text.split('\n\n\n').length;
    expect(entries).toBeGreaterThan(0);
    rmSync(checkpoints());
    expect((await verify()).problem).toMatchObject({ what: 'missing', segment: 'checkpoints' });
    await expect(kit.open()).rejects.toMatchObject({ code: 'journal_unavailable' });
    writeFileSync(checkpoints(), '');
    expect((await verify()).ok).toBe(false);
    writeFileSync(checkpoints(), text);
    const other = generateSigningKey();
    expect((await verifyJournal(kit.dir, { publicKey: other.publicKey })).problem?.what).toBe(
      'bad_signature',
    );
    const signer = { name: `portcullis/${id}`, key: other };
    const forged = signCheckpoint({ size: 60, root: '00'.repeat(32) }, signer);
    writeFileSync(checkpoints(), `${text}${forged}\n`);
    await expectProblem('bad_signature');
    const notes = text.match(/.*\n\d+\n.*\n\n.*\n\n/g) as string[];
    writeFileSync(
      checkpoints(),
      notes
        .toSpliced(2, 1)
        .toSpliced(4, 0, notes[2] as string)
        .join(''),
    );
    await expectProblem('fork');
  });

  it('neither an old checkpoint said again at the end, nor one left out', async () => {
    const notes = readFileSync(checkpoints(), 'utf8').match(/.*\n\d+\n.*\n\n.*\n\n/g) as string[];
    writeFileSync(checkpoints(), [...notes, notes[1]].join(''));
    await expectProblem('fork');
    writeFileSync(checkpoints(), notes.toSpliced(3, 2).join(''));
    expect((await verify()).ok).toBe(true); // the later ones cover the same records
    writeFileSync(checkpoints(), [...notes, notes.at(-1)].join(''));
    expect((await verify()).ok).toBe(true); // and once more says nothing new
  });

  it('a summary that is gone, edited, or put where no record was dropped', async () => {
    const kept = makeKit();
    const opened = await kept.open({ segmentBytes: 6_000, retention: { bytes: 15_000 } });
    for (let n = 1; n <= 150; n++) await add(opened.journal, opened.state, n);
    await opened.journal.close();
    const name = readdirSync(kept.dir).find((f) => f.endsWith('.summary')) as string;
    const text = readFileSync(join(kept.dir, name), 'utf8');
    const check = (): Promise<VerifyReport> => verifyJournal(kept.dir, { publicKey });
    expect(await check()).toMatchObject({ ok: true });
    writeFileSync(join(kept.dir, name), text.replace('"seen":["1"', '"seen":["0"'));
    expect((await check()).problem).toMatchObject({ what: 'bad_signature', segment: name });
    const edited = await kept.open();
    expect(edited.recovery.problem).toMatchObject({ what: 'bad_signature', segment: name });
    await edited.journal.close();
    for (const f of readdirSync(kept.root)) if (f.startsWith('index')) rmSync(join(kept.root, f));
    for (const f of readdirSync(kept.dir)) if (f.endsWith('.snapshot')) rmSync(join(kept.dir, f));
    // Without any state that can be trusted nothing opens: a revocation in what was dropped must not be forgotten.
    await expect(kept.open()).rejects.toMatchObject({ code: 'journal_unavailable' });
    rmSync(join(kept.dir, name));
    expect((await check()).problem).toMatchObject({ what: 'missing' });
    const gone = await kept.open();
    expect(gone.recovery.problem?.what).toBe('missing');
    await gone.journal.close();
    // A signed snapshot is no summary: who drops segments by hand cannot pass for retention.
    const snapshot = readdirSync(kit.dir).find((f) => f.endsWith('.snapshot')) as string;
    rmSync(segment(0));
    renameSync(join(kit.dir, snapshot), join(kit.dir, snapshot.replace('.snapshot', '.summary')));
    expect((await verify()).problem?.what).toBe('bad_signature');
    kept.remove();
  });

  it('what has no bound: an endless line, a directory of nothing', async () => {
    appendFileSync(segment(0), 'x'.repeat(3 << 20));
    await expectProblem('malformed');
    const empty = makeKit();
    writeFileSync(join(empty.root, 'x'), '');
    await expect(verifyJournal(empty.root, { publicKey })).resolves.toMatchObject({ ok: false });
    empty.remove();
  });
});

describe('what is no file', () => {
  const pipe = (path: string): void => {
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
  };
  const endless = (path: string): void => {
    rmSync(path, { force: true });
    symlinkSync('/dev/zero', path);
  };

  it.skipIf(process.platform === 'win32').each([
    ['a pipe', pipe],
    ['a device', endless],
  ])('%s holds verification up no longer than a file', async (_, put) => {
    const path = segment(1);
    const text = readFileSync(path);
    put(path);
    expect((await verify()).problem).toMatchObject({ what: 'malformed', segment: basename(path) });
    rmSync(path);
    writeFileSync(path, text);
    put(join(kit.dir, '0000000000000001.summary'));
    expect((await verify()).problem?.what).toBe('bad_signature');
    put(checkpoints());
    expect((await verify()).problem?.what).toBe('malformed');
  });

  it('a link that leads nowhere is named', async () => {
    const path = segment(1);
    rmSync(path);
    symlinkSync('nowhere', path);
    expect((await verify()).problem).toMatchObject({ what: 'malformed', segment: basename(path) });
  });
});

describe('any single byte', () => {
  /** Files whose bytes are evidence. A torn end of the checkpoints is named, and covers nothing less than before. */
  const files = (k: Kit): string[] => [...segmentsOf(k), join(k.dir, 'checkpoints')];

  it('of a segment or of the checkpoints, changed, is found', async () => {
    const sizes = files(original).map((path) => readFileSync(path));
    const total = sizes.reduce((sum, bytes) => sum + bytes.length, 0);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: total - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          let i = 0;
          let offset = at;
          while (offset >= (sizes[i] as Buffer).length) offset -= (sizes[i++] as Buffer).length;
          const path = files(kit)[i] as string;
          const bytes = Buffer.from(sizes[i] as Buffer);
          bytes[offset] = (bytes[offset] as number) ^ flip;
          writeFileSync(path, bytes);
          const report = await verify();
          writeFileSync(path, sizes[i] as Buffer);
          const harmless =
            report.ok && report.torn_tail?.segment === 'checkpoints' && report.records === 60;
          expect(!report.ok || harmless, `${path} at ${offset} by ${flip}`).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('of the last line and of the last checkpoint, changed in any bit, is found', async () => {
    const last = segmentsOf(kit).at(-1) as string;
    for (const [path, from] of [
      [last, linesOf(last).slice(0, -1).join('\n').length],
      [checkpoints(), readFileSync(checkpoints()).length - 240],
    ] as const) {
      const whole = readFileSync(path);
      for (let at = Math.max(from, 0); at < whole.length; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        writeFileSync(path, bytes);
        const report = await verify();
        const harmless = report.ok && report.torn_tail?.segment === 'checkpoints';
        expect(!report.ok || (harmless && report.records === 60), `${path} at ${at}`).toBe(true);
      }
      writeFileSync(path, whole);
    }
  });
});
