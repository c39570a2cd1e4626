/**
 * The provider `proc`: runs one program without a shell, in a sandbox unless the configuration says `off`. The environment
 * is made, not inherited. Programs that run other programs are refused unless they are named in the configuration.
 */
import { closeSync, fstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { posix } from 'node:path';
import type { Json } from '@portcullis/wire';
import type { Action } from '../../action/types.ts';
import { type Deadline, startDeadline } from '../deadline.ts';
import { canHold, checkName, openVerified } from '../fs/directories.ts';
import { fsFailure, refused } from '../fs/failure.ts';
import { createReach, type Reach, realPath } from '../fs/reach.ts';
import { countParam, textListParam, textMapParam, textParam } from '../params.ts';
import { textMember } from '../text.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
} from '../types.ts';
import { PROC_ACTIONS } from './definitions.ts';
import { findProgram, type Program, SEARCH_PATH } from './program.ts';
import { isMultiCall, programName, type Runner, runsOthers } from './program-knowledge.ts';
import { type RunRequest, type RunResult, runProcess } from './run.ts';
import { createSandbox, probeSandbox, type Sandbox, type SandboxPolicy } from './sandbox.ts';

export interface ProcProviderOptions {
  /** Where programs start, and what the sandbox shows read-only by default. Default: the working directory. */
  readonly startDir?: string;
  /** `required` (default): no sandbox, no program. `off`: programs run with all rights of this process. */
  readonly sandbox?: 'required' | 'off';
  /** What the sandbox shows. */
  readonly sandboxPolicy?: SandboxPolicy;
  /** Files and directories that stay masked even below what is shown. */
  readonly outOfReach?: readonly string[];
  /** Programs that run other programs and may: names as `programName` gives them, `python`, `npm`. Default: none. */
  readonly allowRunners?: readonly string[];
  /** Names of variables that params may set. Default: locale, time zone, colour, CI. */
  readonly allowEnv?: readonly string[];
  /** Directories where bare names are looked up, in order. */
  readonly searchPath?: readonly string[];
  /** Milliseconds for a call that says nothing of it. Default 30,000. */
  readonly timeout?: number;
  /** The most that a call may ask for. Default 600,000. */
  readonly maxTimeout?: number;
  /** Bytes kept of standard output, and of standard error. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  /** Where bubblewrap is. Default `/usr/bin/bwrap`. */
  readonly bwrap?: string;
}

const DEFAULT_ENV: readonly string[] = [
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_CTYPE',
  'LC_COLLATE',
  'LC_MESSAGES',
  'LC_NUMERIC',
  'LC_TIME',
  'TZ',
  'TERM',
  'COLUMNS',
  'LINES',
  'NO_COLOR',
  'FORCE_COLOR',
  'CI',
];

interface Settings {
  readonly startDir: string;
  readonly sandbox: Sandbox | undefined;
  readonly bwrap: string;
  readonly bindsDescriptors: boolean;
  readonly reach: Reach;
  readonly runners: ReadonlySet<string>;
  readonly allowEnv: ReadonlySet<string>;
  readonly searchPath: readonly string[];
  readonly timeout: number;
  readonly maxTimeout: number;
  readonly cap: number;
}

export function createProcProvider(options: ProcProviderOptions = {}): Provider {
  const reach = createReach(options.outOfReach ?? []);
  const startDir = realPath(options.startDir ?? process.cwd());
  const off = options.sandbox === 'off';
  const probe = off ? undefined : probeSandbox(options.bwrap);
  const maxTimeout = options.maxTimeout ?? 600_000;
  const settings: Settings = Object.freeze({
    startDir,
    sandbox:
      probe?.available === true
        ? createSandbox(options.sandboxPolicy ?? {}, startDir, reach.own, probe)
        : undefined,
    bwrap: probe?.bwrap ?? '',
    bindsDescriptors: probe?.bindsDescriptors ?? false,
    reach,
    runners: new Set((options.allowRunners ?? []).map(programName)),
    allowEnv: new Set(options.allowEnv ?? DEFAULT_ENV),
    searchPath: options.searchPath ?? SEARCH_PATH,
    timeout: Math.min(options.timeout ?? 30_000, maxTimeout),
    maxTimeout,
    cap: options.maxOutputBytes ?? 1024 * 1024,
  });

  const execute = async (action: Action, context: ProviderContext): Promise<ProviderOutput> => {
    if (action.name !== 'proc.exec')
      throw new ProviderError('no_provider', 'proc has no such action');
    if (context.signal.aborted) throw new ProviderError('cancelled', 'the caller went away');
    if (!off && settings.sandbox === undefined) {
      throw new ProviderError('sandbox_unavailable', 'the sandbox that is required is not there');
    }
    const data = await execProgram(action, context, settings);
    // A program's output may hold anything it read, and nobody vouches for it.
    const label = {
      source: 'proc',
      origin: action.resource.value,
      integrity: 'untrusted',
      confidentiality: 'private',
    } as const;
    return { data, labels: [label] };
  };

  return Object.freeze({
    family: 'proc',
    actions: PROC_ACTIONS,
    limits: limitsOf(off, probe?.reason, settings.sandbox, startDir),
    execute,
  });
}

function limitsOf(
  off: boolean,
  reason: string | undefined,
  sandbox: Sandbox | undefined,
  startDir: string,
): readonly string[] {
  if (off) return ['proc: the sandbox is off; programs run with all rights of this process'];
  if (sandbox === undefined)
    return [`proc: proc.exec answers sandbox_unavailable: ${reason ?? 'unknown'}`];
  const limits: string[] = [];
  if (!sandbox.shows(startDir)) {
    limits.push(
      'proc: the start directory is the home directory or above it, and the sandbox does not show it',
    );
  }
  if (process.getuid?.() === 0) {
    limits.push(
      'proc: this process is root, so sandboxed programs own the files of root in what they are shown',
    );
  }
  return limits;
}

async function execProgram(
  action: Action,
  context: ProviderContext,
  settings: Settings,
): Promise<Json> {
  const { params } = action;
  const args = textListParam(params, 'args');
  const stdin = textParam(params, 'stdin');
  const env = environment(textMapParam(params, 'env'), settings);
  const limit = countParam(params, 'timeout_ms', 1, settings.maxTimeout) ?? settings.timeout;
  if (args.some((arg) => arg.includes('\0'))) {
    throw new ProviderError('invalid_params', 'an argument holds no NUL');
  }
  let program: Program | undefined;
  let cwd: WorkingDirectory | undefined;
  const deadline = startDeadline(context.signal, limit);
  try {
    program = findProgram(action.resource.value, settings.searchPath, settings.reach);
    checkRunner(action.resource.value, program, args, settings);
    cwd = holdWorkingDirectory(textParam(params, 'cwd'), settings);
    const request =
      settings.sandbox === undefined
        ? plainRequest(program, args, cwd, env, stdin, settings)
        : sandboxedRequest(settings.sandbox, program, args, cwd, env, stdin, settings);
    return report(await runProcess(request, deadline), settings.sandbox !== undefined);
  } catch (error) {
    throw failureOf(error, deadline);
  } finally {
    deadline.release();
    if (program?.fd !== undefined) closeSync(program.fd);
    if (cwd?.fd !== undefined) closeSync(cwd.fd);
  }
}

/**
 * Both names count: the one it is called by, and the file's own. In a directory of the system the first settles it, for
 * the distribution made the link (`sh` is `dash` there); elsewhere anybody may have.
 */
function checkRunner(
  called: string,
  program: Program,
  args: readonly string[],
  settings: Settings,
): void {
  const byName = runsOthers(called, args);
  if (byName !== undefined) checkAllowed(byName, settings);
  const isSystem = settings.searchPath.includes(posix.dirname(program.path));
  if (isSystem && (byName !== undefined || isMultiCall(program.real))) return;
  const byFile = runsOthers(program.real, args);
  if (byFile !== undefined) checkAllowed(byFile, settings);
}

function checkAllowed(runner: Runner, settings: Settings): void {
  if (settings.runners.has(runner.program)) return;
  throw refused(
    `${runner.program} runs other programs (${runner.kind}: ${runner.detail}) and is not allowed to`,
  );
}

function environment(
  given: readonly [string, string][],
  settings: Settings,
): Record<string, string> {
  const inside = settings.sandbox !== undefined;
  const env: Record<string, string> = {
    PATH: settings.searchPath.join(':'),
    LANG: 'C.UTF-8',
    HOME: inside ? '/tmp' : '/nonexistent',
    TMPDIR: inside ? '/tmp' : tmpdir(),
  };
  for (const [name, value] of given) {
    if (!settings.allowEnv.has(name))
      throw refused('the configuration does not let params set this variable');
    if (value.includes('\0')) throw new ProviderError('invalid_params', 'a variable holds no NUL');
    env[name] = value;
  }
  return env;
}

interface WorkingDirectory {
  readonly path: string;
  readonly fd: number | undefined;
}

/** In the sandbox it must be something that is shown; a start directory that is not shown gives way to /tmp, by default only. */
function holdWorkingDirectory(asked: string | undefined, settings: Settings): WorkingDirectory {
  const { sandbox, reach, startDir } = settings;
  if (
    sandbox !== undefined &&
    (asked ?? startDir) !== '/tmp' &&
    !sandbox.shows(asked ?? startDir)
  ) {
    if (asked === undefined) return { path: '/tmp', fd: undefined };
    throw refused('the sandbox does not show this working directory');
  }
  const path = asked ?? startDir;
  if (sandbox !== undefined && path === '/tmp') return { path, fd: undefined };
  reach.path(path);
  checkName(path);
  if (!canHold()) {
    if (!statSync(path).isDirectory()) throw refused('the working directory is not a directory');
    return { path, fd: undefined };
  }
  const fd = openVerified(path);
  try {
    const stats = fstatSync(fd);
    if (!stats.isDirectory()) throw refused('the working directory is not a directory');
    reach.inode(stats);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { path, fd };
}

type Env = Readonly<Record<string, string>>;

/** Without a sandbox a binary runs by its descriptor, and a script by its name, for its interpreter opens it by name. */
function plainRequest(
  program: Program,
  args: readonly string[],
  cwd: WorkingDirectory,
  env: Env,
  stdin: string | undefined,
  settings: Settings,
): RunRequest {
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

/** Descriptor 3 tells how it went, 4 holds /etc/passwd, 5 is the program, bound over its own path: the file that was checked. */
function sandboxedRequest(
  sandbox: Sandbox,
  program: Program,
  args: readonly string[],
  cwd: WorkingDirectory,
  env: Env,
  stdin: string | undefined,
  settings: Settings,
): RunRequest {
  const byDescriptor = settings.bindsDescriptors && program.fd !== undefined;
  const isShown = sandbox.shows(program.path);
  const place = isShown ? program.real : program.path;
  const bind = byDescriptor
    ? ['--ro-bind-fd', '5', place]
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
      ...bind,
      '--chdir',
      cwd.path,
      '--',
      program.path,
      ...args,
    ],
    cwd: '/',
    env,
    stdin,
    extra: ['collect', { give: PASSWD }, ...(byDescriptor ? [program.fd as number] : [])],
    cap: settings.cap,
  };
}

function report(result: RunResult, sandboxed: boolean): Json {
  let { exitCode } = result;
  if (sandboxed) {
    // bubblewrap tells the exit code only of a program that it started.
    const told = /"exit-code":\s*(\d+)/.exec(result.collected)?.[1];
    if (told === undefined && result.signal === null) {
      throw result.stderr.bytes.includes('execvp')
        ? new ProviderError('provider_error', 'the program could not be started in the sandbox')
        : new ProviderError('sandbox_unavailable', 'the sandbox could not be set up for this call');
    }
    if (told !== undefined) exitCode = Number(told);
  }
  return {
    exit_code: exitCode,
    signal: result.signal,
    ...textMember('stdout', result.stdout.bytes, result.stdout.truncated),
    ...textMember('stderr', result.stderr.bytes, result.stderr.truncated),
    truncated: { stdout: result.stdout.truncated, stderr: result.stderr.truncated },
  };
}

function failureOf(error: unknown, deadline: Deadline): ProviderError {
  if (error instanceof ProviderError) return error;
  switch (deadline.ended()) {
    case 'cancelled':
      return new ProviderError(
        'cancelled',
        'the caller went away; the program was killed',
        'possible',
        error,
      );
    case 'timeout':
      return new ProviderError(
        'timeout',
        'the program took too long and was killed',
        'possible',
        error,
      );
    default:
      return fsFailure(error, 'none');
  }
}
