/** Kills a kernel in the middle of its work, opens its journal again, and says what does not add up. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JournalRecord } from '@portcullis/wire';
import { createKernel } from '../kernel.ts';

export interface CrashReport {
  readonly kills: number;
  readonly effects: number;
  readonly answered: number;
  readonly unknown: number;
  /** Empty where every promise held. */
  readonly broken: readonly string[];
}

/** `pick(n)` chooses how many answers to wait for before each kill: 0 to n-1. */
export async function crashAgainAndAgain(
  kills: number,
  pick: (below: number) => number,
): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-crash-'));
  const dataDir = join(folder, 'data');
  const effectsFile = join(folder, 'effects');
  const answered = new Map<string, string>();
  try {
    for (let kill = 0; kill < kills; kill++)
      await killOnce(dataDir, effectsFile, pick(40), answered);
    const effects = existsSync(effectsFile)
      ? readFileSync(effectsFile, 'utf8').split('\n').filter(Boolean)
      : [];
    return await audit(dataDir, kills, effects, answered);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function killOnce(
  dataDir: string,
  effects: string,
  after: number,
  answered: Map<string, string>,
): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crash-child.ts'), dataDir, effects],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let left = after + 1;
  for await (const line of createInterface({ input: child.stdout })) {
    const [id, status] = line.split(' ');
    if (id !== undefined && status !== undefined) answered.set(id, status);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  }
  await exited;
}

async function audit(
  dataDir: string,
  kills: number,
  effects: readonly string[],
  answered: ReadonlyMap<string, string>,
): Promise<CrashReport> {
  const kernel = await createKernel({ dataDir, builtins: [] });
  try {
    const broken: string[] = [];
    const verified = await kernel.verify();
    if (!verified.ok) broken.push(`the journal does not verify: ${verified.problem?.message}`);
    const decisions = new Map<string, JournalRecord>();
    const outcomes = new Map<string, JournalRecord>();
    let after: number | undefined = 0;
    while (after !== undefined) {
      const page = await kernel.journal({ after, limit: 1_000 });
      for (const record of page.records) {
        const id = record.id as string;
        const seen =
          record.kind === 'decision' ? decisions : record.kind === 'outcome' ? outcomes : undefined;
        if (seen?.has(id)) broken.push(`${record.kind} ${id} stands twice`);
        seen?.set(id, record);
      }
      after = page.next;
    }
    for (const [at, id] of effects.entries()) {
      if (!decisions.has(id)) broken.push(`the effect ${id} has no intent`);
      if (effects.indexOf(id) !== at) broken.push(`the effect ${id} happened twice`);
    }
    for (const [id, status] of answered) {
      if (outcomes.get(id)?.status !== status)
        broken.push(`${id} was answered ${status} and is recorded ${outcomes.get(id)?.status}`);
    }
    for (const id of decisions.keys())
      if (!outcomes.has(id)) broken.push(`${id} has no outcome, not even unknown`);
    const unknown = [...outcomes.values()].filter((record) => record.status === 'unknown').length;
    if (unknown !== (await kernel.status()).unknown)
      broken.push('the unknown outcomes are counted wrong');
    return { kills, effects: effects.length, answered: answered.size, unknown, broken };
  } finally {
    await kernel.close();
  }
}
