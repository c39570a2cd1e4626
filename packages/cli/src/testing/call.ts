/**
 * For tests: the command in this process, where nothing is asked of a process of its own: no signal, no standard input, nothing that
 * goes on. It costs a hundredth of a start.
 */
import { exitCodeOf } from '../main.ts';
import { terminalOn } from '../terminal/terminal.ts';
import type { Place, Ran } from './run.ts';

/** They change what there is one of in a process, so they take turns. */
let before: Promise<unknown> = Promise.resolve();

export function call(here: Place, args: readonly string[]): Promise<Ran> {
  const ran = before.then(() => callNow(here, args));
  before = ran.catch(() => undefined);
  return ran;
}

async function callNow(here: Place, args: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const stream = (to: 'out' | 'err') => ({
    isTTY: false,
    columns: 80,
    write: (text: string) => {
      said[to] += text;
    },
  });
  const { env } = process;
  const cwd = process.cwd();
  process.env = { ...here.env };
  process.chdir(here.dir);
  try {
    const code = await exitCodeOf(args, terminalOn(stream('out'), stream('err')));
    return { code, ...said };
  } finally {
    process.chdir(cwd);
    process.env = env;
  }
}
