/** Kill -9 between a grant and its use, and between a use and its outcome: no use is lost, none is doubled. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JournalRecord } from '@portcullis/wire';
import { expect, test } from 'vitest';
import { createKernel } from '../kernel.ts';

const CHILD = join(import.meta.dirname, 'testing', 'crash-child.ts');

/** What the child was answered until it was killed after so many lines. */
async function killAfter(args: readonly string[], lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  await exited;
  return said;
}

test('a grant survives being killed with its uses counted, to the last', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-grant-crash-'));
  const [dataDir, effects, tokenFile] = ['data', 'effects', 'token'].map((one) =>
    join(folder, one),
  );
  const args = [dataDir, effects, tokenFile] as string[];
  try {
    const answered: string[] = [];
    // Right after the grant; then in the middle of uses; then with all of them used up.
    for (const lines of [1, 1, 9, 30, 400]) answered.push(...(await killAfter(args, lines)));
    const kernel = await createKernel({ dataDir: dataDir as string, builtins: [] });
    const [grant] = (await kernel.grants()).grants;
    const records: JournalRecord[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page = await kernel.journal({ after, limit: 1_000 });
      records.push(...page.records);
      after = page.next;
    }
    await kernel.close();
    const of = (kind: string) =>
      records.filter((record) => record.kind === kind && record.action === 'mark');
    const used = of('decision').filter((record) => record.effect === 'permit');
    const happened = readFileSync(effects as string, 'utf8')
      .split('\n')
      .filter(Boolean);
    expect(grant).toMatchObject({ uses: 150, used: 150 });
    expect(used).toHaveLength(150);
    expect(new Set(happened).size).toBe(happened.length);
    const known = new Set(used.map(({ id }) => id));
    expect(happened.filter((id) => !known.has(id))).toEqual([]);
    for (const line of answered) {
      const [id, code] = line.split(' ');
      if (code !== undefined)
        expect([code, known.has(id as string)]).toEqual([code, code === 'permitted']);
    }
    const outcomes = of('outcome');
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(outcomes.length);
    expect(outcomes).toHaveLength(150);
    expect(outcomes.filter(({ status }) => status === 'unknown').length).toBeLessThan(20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
