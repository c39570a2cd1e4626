/** Processes of a measurement: started here, ended by the handle that started them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export interface Started {
  readonly process: ChildProcess;
  /** The first line that it printed. */
  readonly said: string;
}

/** Runs a file of this folder until it has printed its first line. */
export async function start(file: string, ...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, said };
}

export async function stop({ process: child }: Started): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Runs a file of this folder to its end and gives the number that it printed, or the JSON. */
export async function answerOf<T>(
  file: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<T> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [
    ...flags,
    join(import.meta.dirname, file),
    ...args,
  ]);
  return JSON.parse(stdout) as T;
}
