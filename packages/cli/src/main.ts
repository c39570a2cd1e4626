/** One run of the command: reads the command line, runs the subcommand, and turns every way to fail into an exit code. */
import type { Context, Options } from './context.ts';
import { EXIT, type ExitCode, Fault, UsageError } from './exit.ts';
import { program } from './program.ts';
import { printable } from './terminal/printable.ts';
import { openTerminal, type Terminal } from './terminal/terminal.ts';

export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await exitCodeOf(argv, openTerminal());
}

/** The same without touching the process but for its standard input. */
export async function exitCodeOf(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await runCommandLine(argv, terminal);
  } catch (error) {
    return report(error, terminal);
  }
}

async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const commands = program(async (run, args, options) => {
    code = await run(contextOf(terminal, options), ...args);
  }, terminal);
  await commands.parseAsync([...argv], { from: 'user' });
  return code;
}

function contextOf(terminal: Terminal, options: Options): Context {
  let read: ReturnType<Context['configuration']> | undefined;
  return {
    terminal,
    options,
    configuration: () => {
      read ??= import('./config/flags.ts').then(({ configurationFrom }) =>
        configurationFrom(options),
      );
      return read;
    },
  };
}

/** Says what went wrong, once. Only what nobody foresaw comes with the top of its stack: that is ours to mend. */
function report(error: unknown, terminal: Terminal): ExitCode {
  const ended = commanderEnd(error);
  if (ended !== undefined) return ended;
  const say = (message: string, lines: readonly string[] = []): void => {
    terminal.note(`portcullis: ${printable(message)}`);
    for (const line of lines) terminal.note(`  ${printable(line)}`);
  };
  if (error instanceof UsageError) {
    say(error.message, error.lines);
    return EXIT.usage;
  }
  const mistakes = mistakesOf(error);
  if (mistakes !== undefined) {
    say('what the configuration names has mistakes', mistakes);
    return EXIT.usage;
  }
  const code = codeOf(error);
  say(error instanceof Error ? error.message : String(error), code === undefined ? [] : [code]);
  if (!(error instanceof Fault) && code === undefined && error instanceof Error) {
    terminal.note(printable(error.stack?.split('\n').slice(1, 6).join(' ') ?? ''));
  }
  return EXIT.fault;
}

/** Of files that the configuration names, read where they are used: `file:line:column  what`. */
function mistakesOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Error) || !('mistakes' in error)) return undefined;
  return Array.isArray(error.mistakes) ? error.mistakes.map(String) : undefined;
}

/** The stable code of a fault or of a refusal that a verb threw. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Help and version end well; everything else that the reader of the command line refuses is usage. */
function commanderEnd(error: unknown): ExitCode | undefined {
  if (!(error instanceof Error) || !('exitCode' in error) || !('code' in error)) return undefined;
  if (!String(error.code).startsWith('commander.')) return undefined;
  return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
}
