/** `portcullis init`: a few questions, then a commented configuration and a policy. Overwrites nothing unless told to. */

import { existsSync, lstatSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeDir } from '@portcullis/kernel';
import { type Context, has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { type Choices, configText } from '../../init/config-text.ts';
import { isWorked, policyText, WORKED, type WorkedPolicy } from '../../init/policies.ts';
import { printable } from '../../terminal/printable.ts';

interface Chosen {
  readonly startDir: string;
  readonly policy: WorkedPolicy;
  readonly mode: 'enforce' | 'observe';
  readonly durability: 'os' | 'fsync';
}

const CONFIG = 'portcullis.yaml';
const POLICY = 'policy.yaml';

export const run: Run = async (context) => {
  const { terminal, options } = context;
  const dir = resolve(textOption(options, 'dir') ?? '.');
  refuseToOverwrite(dir, has(options, 'force'));
  const chosen = await choose(context, dir);
  if (chosen === undefined) {
    terminal.note('nothing was written');
    return EXIT.refused;
  }
  makeDir(dir);
  write(join(dir, POLICY), policyText(chosen.policy, chosen.startDir));
  write(
    join(dir, CONFIG),
    configText({
      start_dir: chosen.startDir,
      'policy.file': POLICY,
      mode: chosen.mode,
      durability: chosen.durability,
      ...needs(chosen),
    }),
  );
  terminal.line(`wrote ${printable(join(dir, CONFIG))}`);
  terminal.line(
    `wrote ${printable(join(dir, POLICY))}  (${chosen.policy}: ${WORKED[chosen.policy]})`,
  );
  terminal.line('next: portcullis policy check, then portcullis serve');
  return EXIT.fine;
};

/** What the programs of a policy need besides its permission. */
const needs = ({ policy, startDir }: Chosen): Choices =>
  policy === 'permissive'
    ? {
        'proc.write': [startDir],
        // The rules keep files from these; only the sandbox keeps programs from them.
        out_of_reach: ['.env', '.git/hooks', '.github'].map((name) => join(startDir, name)),
        'proc.allow_runners': ['git', 'python', 'pip', 'uv', 'node', 'npm', 'make', 'pytest'],
      }
    : {};

function refuseToOverwrite(dir: string, force: boolean): void {
  const there = [CONFIG, POLICY].map((name) => join(dir, name)).filter((path) => existsSync(path));
  if (there.length > 0 && !force) {
    throw new UsageError('files are there already', [...there, 'overwrite them with --force']);
  }
}

/** Not through a link: what it points at is not what was asked to be overwritten. */
function write(path: string, text: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new UsageError(`${path} is a symbolic link and is not written through`);
  }
  writeFileSync(path, text, { mode: 0o644 });
}

async function choose({ options }: Context, dir: string): Promise<Chosen | undefined> {
  const here = existsSync(dir) ? realpathSync(dir) : dir;
  const policy = textOption(options, 'policy') ?? 'example';
  if (!isWorked(policy)) {
    throw new UsageError(`no such policy: ${printable(policy)}`, [
      `there are ${Object.keys(WORKED).join(', ')}`,
    ]);
  }
  if (has(options, 'yes')) return { startDir: here, policy, mode: 'enforce', durability: 'os' };
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw new UsageError('init asks questions and this is not a terminal', [
      'take the defaults with --yes, and choose a policy with --policy',
    ]);
  }
  return ask(here, policy);
}

const CANCELLED = new Error('cancelled');

async function ask(here: string, policy: WorkedPolicy): Promise<Chosen | undefined> {
  const { group, intro, outro, select, text } = await import('@clack/prompts');
  intro('portcullis');
  const answering = group(
    {
      startDir: () =>
        text({
          message: 'Which directory do the agents work in?',
          initialValue: here,
          validate: (path) =>
            path && existsSync(resolve(path)) ? undefined : 'There is no such directory.',
        }),
      policy: () =>
        select({
          message: 'Which policy do you want to begin with?',
          initialValue: policy,
          options: (Object.keys(WORKED) as WorkedPolicy[]).map((value) => ({
            value,
            hint: WORKED[value],
          })),
        }),
      mode: () =>
        select({
          message: 'Enforce it, or watch first?',
          initialValue: 'enforce' as const,
          options: [
            { value: 'enforce' as const, hint: 'what is not permitted is denied' },
            {
              value: 'observe' as const,
              hint: 'everything runs; the journal says what would have been denied',
            },
          ],
        }),
      durability: () =>
        select({
          message: 'What must the journal survive?',
          initialValue: 'os' as const,
          options: [
            { value: 'os' as const, label: 'a killed process' },
            { value: 'fsync' as const, label: 'a power failure', hint: 'slower' },
          ],
        }),
    },
    {
      // Anything but an exception goes on with the next question.
      onCancel: () => {
        throw CANCELLED;
      },
    },
  );
  const answers = await answering.catch((error: unknown) => {
    if (error === CANCELLED) return undefined;
    throw error;
  });
  if (answers === undefined) return undefined;
  outro('done');
  return { ...answers, startDir: realpathSync(resolve(answers.startDir)) };
}
