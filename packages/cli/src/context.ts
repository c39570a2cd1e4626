/** What every subcommand is given: the terminal, its options, and the configuration that they lead to. */
import type { Configuration } from './config/effective.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal/terminal.ts';

/** As the command line was read: camel-cased names. */
export type Options = Readonly<Record<string, unknown>>;

export interface Context {
  readonly terminal: Terminal;
  readonly options: Options;
  /** Reads and checks it at the first call. */
  configuration(): Promise<Configuration>;
}

/** One subcommand: its positional arguments in, an exit code out. */
export type Run = (context: Context, ...args: string[]) => Promise<ExitCode>;

export const textOption = (options: Options, name: string): string | undefined => {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
};

export const textsOption = (options: Options, name: string): readonly string[] | undefined => {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : undefined;
};

export const numberOption = (options: Options, name: string): number | undefined => {
  const value = options[name];
  return typeof value === 'number' ? value : undefined;
};

export const has = (options: Options, name: string): boolean => options[name] === true;
