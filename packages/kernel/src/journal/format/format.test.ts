import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { publicKeyFromRaw, rawPublicKey, signingKeyFromPem } from '../../crypto/ed25519.ts';
import { decodeVerifierKey } from '../../crypto/note.ts';
import { addMany, linesOf, makeKit, segmentsOf, writeLines } from '../testing/kit.ts';
import { verifyJournal } from '../verifying/verify.ts';
import { Chain } from '../writing/chain.ts';
import { checkpointEntry, signCheckpoint } from './checkpoint.ts';
import { genesis } from './format.ts';

const DOC = readFileSync(new URL('../../../../../docs/journal-format.md', import.meta.url), 'utf8');
const SECOND = fileURLToPath(new URL('./second-verifier.py', import.meta.url));
const SEGMENT = /```jsonl\n([\s\S]*?)```/.exec(DOC)?.[1] as string;
const CHECKPOINTS = /`checkpoints`:\n\n```text\n([\s\S]*?)```/.exec(DOC)?.[1] as string;
const PUBLIC = /public half is `([0-9a-f]{64})`/.exec(DOC)?.[1] as string;
const VERIFIER_KEY = /verifier key\s+`([^`]+)`/.exec(DOC)?.[1] as string;
const hasPython = spawnSync('python3', ['--version']).status === 0;

function withExample<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-format-'));
  writeFileSync(join(dir, '0000000000000001.jsonl'), SEGMENT);
  writeFileSync(join(dir, 'checkpoints'), CHECKPOINTS);
  const result = use(dir);
  return result;
}

function second(dir: string): { ok: boolean; records?: number; root?: string; error?: string } {
  const { stdout, stderr } = spawnSync('python3', [SECOND, dir]);
  expect(stderr.toString()).toBe('');
  return JSON.parse(stdout.toString());
}

describe('the worked example of docs/journal-format.md', () => {
  const root = /the root `([0-9a-f]{64})`/.exec(DOC)?.[1] as string;

  it('verifies', async () => {
    const publicKey = publicKeyFromRaw(Buffer.from(PUBLIC, 'hex'));
    await withExample(async (dir) => {
      expect(await verifyJournal(dir, { publicKey })).toEqual({
        ok: true,
        records: 3,
        checkpoints: 2,
        covered: 3,
        first: 1,
        last: 3,
        root,
      });
      rmSync(dir, { recursive: true });
    });
    expect(rawPublicKey(decodeVerifierKey(VERIFIER_KEY)?.publicKey as never).toString('hex')).toBe(
      PUBLIC,
    );
  });

  it('is, byte for byte, what the journal writes: a change here is a new version of the format', () => {
    const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
    const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
    const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
      format: 'pem',
      type: 'pkcs8',
    });
    const key = signingKeyFromPem(pem as string);
    const id = '6f1ed002ab5595859014ebf0951522d9';
    const chain = Chain.start('node-1', id);
    const out = Buffer.alloc(1 << 21);
    let end = 0;
    for (const line of SEGMENT.split('\n').slice(0, -1)) {
      const { v, seq, ts, kind, origin, tenant, clock, prev, hash, ...rest } = JSON.parse(line);
      const members = JSON.stringify(rest).slice(1, -1);
      end = chain.add({ kind, tenant, at: Date.parse(clock ?? ts), members }, out, end);
      expect({ v, origin }).toEqual({ v: 1, origin: `node-1/${id}` });
      expect([seq, hash]).toEqual([chain.seq, chain.hash]);
      expect(prev).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(out.toString('utf8', 0, end)).toBe(SEGMENT);
    expect(DOC).toContain(genesis(id));
    const signer = { name: `portcullis/${id}`, key };
    const empty = signCheckpoint(
      { size: 0, root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      signer,
    );
    expect(
      checkpointEntry(empty) + checkpointEntry(signCheckpoint({ size: 3, root }, signer)),
    ).toBe(CHECKPOINTS);
  });

  it.skipIf(!hasPython)('verifies with the second verifier (skipped without python3)', () => {
    withExample((dir) => {
      expect(second(dir)).toEqual({ ok: true, records: 3, root });
      rmSync(dir, { recursive: true });
    });
  });
});

describe.skipIf(!hasPython)('the second verifier (skipped without python3)', () => {
  it('agrees on a journal of several segments, and on its damage', async () => {
    const kit = makeKit();
    const { journal, state } = await kit.open({ segmentBytes: 20_000 });
    for (let n = 1; n <= 500; n += 25) await addMany(journal, state, n, n + 24);
    await journal.checkpoint();
    const report = await journal.verify();
    await journal.close();
    expect(second(kit.dir)).toEqual({ ok: true, records: 500, root: report.root });
    const path = segmentsOf(kit)[1] as string;
    const lines = linesOf(path);
    writeLines(path, lines.toSpliced(5, 1));
    expect(second(kit.dir).error).toContain('record');
    writeLines(path, lines.with(5, (lines[5] as string).replace('"n":', '"m":')));
    expect(second(kit.dir).error).toContain('hash of record');
    writeLines(path, lines);
    const last = segmentsOf(kit).at(-1) as string;
    writeLines(last, linesOf(last).slice(0, -1));
    expect(second(kit.dir).error).toContain('a checkpoint knows 500 records');
    kit.remove();
  });
});
