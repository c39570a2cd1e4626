/** `portcullis verify`: the whole journal, from its files and a public key. Exit 1 names the first place that is wrong. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { VerifyReport } from '@portcullis/wire';
import { writtenUpTo } from '../../connection/running.ts';
import { type Context, has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { whole } from '../../terminal/numbers.ts';
import { progress } from '../../terminal/progress.ts';
import { namedKey, ownKey } from '../../verify/public-key.ts';
import { printVerdict } from '../../verify/verdict.ts';

export const run: Run = async (context, dir) => {
  const { terminal, options } = context;
  if (has(options, 'printKey')) {
    const key = ownKey(await dataDirOf(context, dir));
    terminal.line(String(key.export({ type: 'spki', format: 'pem' })).trimEnd());
    return EXIT.fine;
  }
  const report = has(options, 'remote') ? await remote(context) : await offline(context, dir);
  if (has(options, 'json')) terminal.json(report);
  else printVerdict(terminal, report);
  return report.ok ? EXIT.fine : EXIT.refused;
};

const dataDirOf = async (context: Context, dir: string | undefined): Promise<string> =>
  dir === undefined ? ((await context.configuration()).settings.data_dir ?? '.') : resolve(dir);

async function remote(context: Context): Promise<VerifyReport> {
  const { withSidecar } = await import('../../connection/open.ts');
  return withSidecar(context, 'administrator', ({ kernel }) => kernel.verify());
}

/** Of a data directory, or of a directory of segments alone, as an auditor may have been given it. */
async function offline(context: Context, dir: string | undefined): Promise<VerifyReport> {
  const base = await dataDirOf(context, dir);
  const journal = existsSync(join(base, 'journal')) ? join(base, 'journal') : base;
  if (!existsSync(journal)) throw new UsageError(`there is no journal in ${base}`);
  const named = textOption(context.options, 'key');
  if (named === undefined && journal === base) {
    if (!holdsJournal(base)) throw new UsageError(`there is no journal in ${base}`);
    throw new UsageError('a journal without its data directory needs --key');
  }
  const publicKey = named === undefined ? ownKey(base) : await namedKey(named);
  const anchor = await anchorOf(context);
  // Where somebody is writing, what comes after this moment is not looked at: it may be half there.
  const until = dir === undefined ? await writtenUpTo(context) : undefined;
  const { verifyJournal } = await import('@portcullis/kernel');
  const shown = progress();
  try {
    return await verifyJournal(journal, {
      publicKey,
      onProgress: (records) => shown.report(`${whole(records)} records`),
      ...(anchor === undefined ? {} : { anchor }),
      ...(until === undefined ? {} : { until }),
      acceptLost: has(context.options, 'acceptLost'),
    });
  } finally {
    shown.done();
  }
}

const holdsJournal = (dir: string): boolean =>
  readdirSync(dir).some((name) => name === 'checkpoints' || name.endsWith('.jsonl'));

async function anchorOf({ options }: Context): Promise<string | undefined> {
  const path = textOption(options, 'anchor');
  if (path === undefined) return undefined;
  const { readFileSync } = await import('node:fs');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--anchor: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
