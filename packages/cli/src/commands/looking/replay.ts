/**
 * `portcullis replay`: recorded runs through the real gate, with a table of what was stopped and kept; a journal against another policy;
 * or one session of the journal, step by step.
 */
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type Context, has, numberOption, type Run, textOption } from '../../context.ts';
import { EXIT, type ExitCode, UsageError } from '../../exit.ts';
import { type Answers, readAnswers } from '../../replay/answers.ts';
import { printComparison } from '../../replay/comparison.ts';
import type { Decided } from '../../replay/engine.ts';
import { compare } from '../../replay/journal.ts';
import { replayAll } from '../../replay/pool.ts';
import { linesOf } from '../../replay/read.ts';
import { type Run as RecordedRun, readRun } from '../../replay/run.ts';
import { replaySession } from '../../replay/session.ts';
import { summarise } from '../../replay/summary.ts';
import { printSummary } from '../../replay/table.ts';
import { progress } from '../../terminal/progress.ts';

export const run: Run = async (context, ...what) => {
  const [first] = what;
  const latest = has(context.options, 'latest');
  if (latest || (what.length === 1 && first?.startsWith('ses_')))
    return replaySession(context, latest ? undefined : first);
  if (first === undefined)
    throw new UsageError('name files of runs, a data directory or a session, or say --latest');
  if (what.length === 1 && existsSync(first) && statSync(first).isDirectory())
    return journal(context, first);
  return recordedRuns(context, what);
};

async function journal({ terminal, options }: Context, dir: string): Promise<ExitCode> {
  const inside = join(dir, 'journal');
  const found = [];
  const shown = progress();
  try {
    for await (const one of compare(existsSync(inside) ? inside : dir, await policyText(options))) {
      found.push(one);
      shown.report(`${found.length} decisions`);
    }
  } finally {
    shown.done();
  }
  const out = textOption(options, 'out');
  if (out !== undefined) await write(out, found);
  if (has(options, 'json')) terminal.json(found);
  else printComparison(terminal, found, has(options, 'verbose'));
  return EXIT.fine;
}

async function policyText(options: Context['options']): Promise<string> {
  const policy = textOption(options, 'policy');
  if (policy === undefined) throw new UsageError('say by --policy FILE which policy would decide');
  try {
    return await readFile(policy, 'utf8');
  } catch (error) {
    throw new UsageError(
      `--policy: cannot read ${policy}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}

async function recordedRuns(
  { terminal, options }: Context,
  files: readonly string[],
): Promise<ExitCode> {
  const labels = textOption(options, 'labels');
  if (labels === undefined) throw new UsageError('say by --labels DIR where the label files are');
  const policy = await policyText(options);
  const runs: RecordedRun[] = [];
  const answers: Answers[] = [];
  for (const file of files) await read(file, runs, answers);
  const shown = progress();
  let decided: Decided[];
  try {
    decided = await replayAll(runs, { labels, policy }, numberOption(options, 'workers'), (done) =>
      shown.report(`${done} of ${runs.length} runs`),
    );
  } finally {
    shown.done();
  }
  const out = textOption(options, 'out');
  const explain = has(options, 'explain');
  if (out !== undefined) {
    const lines = decided.map(({ id, call, decision, rule, code, why }) =>
      explain ? { id, call, decision, rule, code, why } : { id, call, decision },
    );
    await write(out, lines);
  }
  const rows = summarise(answers, decided);
  if (has(options, 'json')) terminal.json({ runs: runs.length, calls: decided.length, rows });
  else printSummary(terminal, runs.length, decided, rows);
  return EXIT.fine;
}

async function read(file: string, runs: RecordedRun[], answers: Answers[]): Promise<void> {
  let line = 0;
  try {
    for await (const text of linesOf(file)) {
      line++;
      runs.push(readRun(text));
      answers.push(readAnswers(text));
    }
  } catch (error) {
    throw new UsageError(
      `${file}:${line}: ${error instanceof Error ? error.message : 'not a run'}`,
    );
  }
}

async function write(path: string, lines: readonly object[]): Promise<void> {
  const file = createWriteStream(path);
  for (const line of lines) file.write(`${JSON.stringify(line)}\n`);
  file.end();
  await finished(file);
}
