/** How a subcommand is declared: where it stands, what its help says, and what is loaded when it runs. */
import type { Command } from 'commander';
import type { Options, Run } from '../context.ts';

/** Runs a loaded subcommand with its positional arguments. */
export type Runner = (run: Run, args: string[], options: Options) => Promise<void>;

export type Load = () => Promise<{ run: Run }>;

export interface Declare {
  readonly root: Command;
  readonly add: (
    parent: Command,
    usage: string,
    about: string,
    options?: { hidden?: boolean },
  ) => Command;
  readonly runs: (command: Command, load: Load) => Command;
}
