/** How a program is started, with a sandbox and without: what was found and checked is what runs. */
import { systemCallFilter } from './filter.ts';
import type { Program } from './program.ts';
import type { RunRequest } from './run.ts';
import type { Sandbox } from './sandbox.ts';
import type { Settings } from './settings.ts';
import type { WorkingDirectory } from './surroundings.ts';

export interface Call {
  readonly program: Program;
  readonly args: readonly string[];
  readonly cwd: WorkingDirectory;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
}

/** Without a sandbox a binary runs by its descriptor, and a script by its name, for its interpreter opens it by name. */
export function plainRequest(call: Call, settings: Settings): RunRequest {
  const { program, args, cwd, env, stdin } = call;
  const byDescriptor = program.fd !== undefined && !program.isScript;
  return {
    file: byDescriptor ? `/proc/self/fd/${program.fd}` : program.path,
    argv0: program.path,
    args,
    cwd: cwd.fd === undefined ? cwd.path : `/proc/self/fd/${cwd.fd}`,
    env,
    stdin,
    extra: [],
    cap: settings.cap,
  };
}

const PASSWD = 'sandbox:x:65534:65534:sandbox:/tmp:/usr/sbin/nologin\n';

/**
 * Descriptor 3 tells how it went, 4 holds /etc/passwd, 5 holds the box until it is bounded, 6 is the filter of system calls, and the next the program,
 * bound over its own path: the file that was checked.
 */
export function sandboxedRequest(call: Call, sandbox: Sandbox, settings: Settings): RunRequest {
  const { program, args, cwd, env, stdin } = call;
  const byDescriptor = settings.bindsDescriptors && program.fd !== undefined;
  const isShown = sandbox.shows(program.path);
  const place = isShown ? program.real : program.path;
  const filter = systemCallFilter();
  const bind = byDescriptor
    ? ['--ro-bind-fd', filter === undefined ? '6' : '7', place]
    : isShown
      ? []
      : ['--ro-bind', program.real, place];
  return {
    file: settings.bwrap,
    argv0: 'bwrap',
    args: [
      ...sandbox.args(),
      '--json-status-fd',
      '3',
      '--ro-bind-data',
      '4',
      '/etc/passwd',
      '--block-fd',
      '5',
      ...(filter === undefined ? [] : ['--seccomp', '6']),
      ...bind,
      // Last: the root itself is memory that nobody counts.
      '--remount-ro',
      '/',
      '--chdir',
      cwd.path,
      '--',
      program.path,
      ...args,
    ],
    cwd: '/',
    env,
    stdin,
    extra: [
      'collect',
      { give: PASSWD },
      'hold',
      ...(filter === undefined ? [] : [{ give: filter }]),
      ...(byDescriptor ? [program.fd as number] : []),
    ],
    bounds: settings.bounds,
    cap: settings.cap,
  };
}
