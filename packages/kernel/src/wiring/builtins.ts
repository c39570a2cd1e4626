/** The providers that come with the kernel, made as the options say. */
import { resolve } from 'node:path';
import type { HostOptions } from '../host.ts';
import { realPath } from '../provider/fs/reach.ts';
import {
  createFsProvider,
  createHttpProvider,
  createProcProvider,
  probeSandbox,
} from '../provider/index.ts';
import type { Provider } from '../provider/types.ts';

export function builtins(
  options: HostOptions,
  startDir: string,
  outOfReach: readonly string[],
): Provider[] {
  const wanted = options.builtins ?? ['fs', 'proc', 'http'];
  const { allowRunners, maxRunning, bounds, ...sandboxPolicy } = options.proc ?? {};
  const make: Record<'fs' | 'proc' | 'http', () => Provider> = {
    fs: () =>
      createFsProvider({ outOfReach, allowUnsafePlatform: options.allowUnsafePlatform ?? false }),
    proc: () =>
      createProcProvider({
        startDir,
        outOfReach,
        sandbox: options.sandbox ?? 'required',
        sandboxPolicy,
        allowRunners: allowRunners ?? [],
        ...(maxRunning === undefined ? {} : { maxRunning }),
        ...(bounds === undefined ? {} : { bounds }),
      }),
    http: () => createHttpProvider({ privateHosts: options.privateHosts ?? [] }),
  };
  return wanted.map((name) => make[name]());
}

/** Where sandboxed programs may write. Without a sandbox that is everywhere, and nobody follows it. */
export const programsWrite = ({ proc, sandbox }: HostOptions, startDir: string): string[] =>
  sandbox === 'off' ? [] : (proc?.write ?? []).map((path) => realPath(resolve(startDir, path)));

/** What `status` says of the sandbox. */
export function sandboxOf(options: HostOptions): 'required' | 'off' | 'unavailable' {
  if (options.sandbox === 'off') return 'off';
  if (options.builtins !== undefined && !options.builtins.includes('proc')) return 'required';
  return probeSandbox().available ? 'required' : 'unavailable';
}
