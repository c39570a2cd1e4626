/** `portcullis replay`: recorded runs through the real gate, decisions out, and a table of what would have been stopped and kept. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { has, numberOption, type Run, textOption } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { type Answers, readAnswers } from '../replay/answers.ts';
import type { Decided } from '../replay/engine.ts';
import { replayAll } from '../replay/pool.ts';
import { linesOf } from '../replay/read.ts';
import { type Run as RecordedRun, readRun } from '../replay/run.ts';
import { summarise } from '../replay/summary.ts';
import { printSummary } from '../replay/table.ts';

export const run: Run = async ({ terminal, options }, ...files) => {
  const labels = textOption(options, 'labels');
  const policy = textOption(options, 'policy');
  if (labels === undefined || policy === undefined || files.length === 0)
    throw new UsageError('replay takes files of runs, --labels DIR and --policy FILE');
  const runs: RecordedRun[] = [];
  const answers: Answers[] = [];
  for (const file of files) {
    let line = 0;
    for await (const text of linesOf(file)) {
      line++;
      try {
        runs.push(readRun(text));
        answers.push(readAnswers(text));
      } catch (error) {
        throw new UsageError(
          `${file}:${line}: ${error instanceof Error ? error.message : 'not a run'}`,
        );
      }
    }
  }
  const watched = process.stderr.isTTY === true;
  const decided = await replayAll(
    runs,
    { labels, policy: await readFile(policy, 'utf8') },
    numberOption(options, 'workers'),
    (done) => {
      if (watched) process.stderr.write(`\r${done} of ${runs.length} runs`);
    },
  );
  if (watched) process.stderr.write('\r\u001b[K');
  const out = textOption(options, 'out');
  if (out !== undefined) await write(out, decided, has(options, 'explain'));
  const rows = summarise(answers, decided);
  if (has(options, 'json')) terminal.json({ runs: runs.length, calls: decided.length, rows });
  else printSummary(terminal, runs.length, decided, rows);
  return EXIT.fine;
};

async function write(path: string, decided: readonly Decided[], explain: boolean): Promise<void> {
  const file = createWriteStream(path);
  for (const { id, call, decision, rule, code, why } of decided) {
    const line = explain ? { id, call, decision, rule, code, why } : { id, call, decision };
    file.write(`${JSON.stringify(line)}\n`);
  }
  file.end();
  await finished(file);
}
