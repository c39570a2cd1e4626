/** The command line as a whole: what each subcommand is called, takes and says of itself is in usage/, one file for each heading of the help. */
import { Command, Help, type HelpConfiguration } from 'commander';
import { printable, printableLines } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { addActing } from './usage/acting.ts';
import type { Declare, Load, Runner } from './usage/declare.ts';
import { addKeys } from './usage/keys.ts';
import { addLooking } from './usage/looking.ts';
import { ELSEWHERE } from './usage/options.ts';
import { addPeople } from './usage/people.ts';
import { addRights } from './usage/rights.ts';
import { addRules } from './usage/rules.ts';
import { addRunning } from './usage/running.ts';
import { addSessions } from './usage/sessions.ts';
import { addStopping } from './usage/stopping.ts';
import { version } from './version.ts';

/** In the order of the help. */
const HEADINGS: readonly [heading: string, ...add: ((declare: Declare) => void)[]][] = [
  ['Run it:', addRunning],
  ['Act:', addActing],
  ['See what happened:', addLooking],
  ['Say what is permitted:', addRules],
  ['Say who may ask:', addKeys, addRights],
  ['Keep people in it:', addPeople, addSessions],
  ['Stop and settle:', addStopping],
];

export function program(runner: Runner, terminal: Terminal): Command {
  const root = new Command('portcullis')
    .description('One gate between AI agents and the world.')
    .version(`portcullis ${version()}`, '-V, --version', 'show the version')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureHelp(HELP)
    .configureOutput({
      writeOut: (text) => terminal.line(text.trimEnd()),
      writeErr: (text) => terminal.note(printableLines(text.trimEnd())),
      outputError: (text, write) =>
        write(
          `portcullis: ${printable(
            text
              .trim()
              .replace(/^error: /, '')
              .replaceAll('\n', ' '),
          )}`,
        ),
    });
  const runs = (command: Command, load: Load): Command =>
    command.action(async (...given: unknown[]) => {
      const positional = given
        .slice(0, -2)
        .flat()
        .filter((arg) => arg !== undefined);
      await runner((await load()).run, positional.map(String), command.optsWithGlobals());
    });

  const add: Declare['add'] = (parent, usage, about, options = {}) => {
    const command = parent.command(usage, options).description(about);
    return command.helpCommand(false).exitOverride().configureOutput(root.configureOutput());
  };

  for (const [heading, ...parts] of HEADINGS) {
    root.commandsGroup(heading);
    for (const part of parts) part({ root, add, runs });
  }
  return root;
}

/** Wraps beside a wide first column too, and puts what nearly all subcommands share last. */
const HELP: HelpConfiguration = {
  minWidthToWrap: 24,
  subcommandTerm: (command) => new Help().subcommandTerm(command).replace(' [options]', ''),
  groupItems(_all, visible, heading) {
    const groups = Map.groupBy(visible, heading);
    const shared = groups.get(ELSEWHERE);
    if (shared !== undefined && groups.delete(ELSEWHERE)) groups.set(ELSEWHERE, shared);
    return groups;
  },
};
