/** `proc.exec`: from the params to one run of one program, and its result. */
import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import type { Json } from '@portcullis/wire';
import { isMultiCall, type Runner, runsOthers } from '../../action/program/program-knowledge.ts';
import type { Action } from '../../action/types.ts';
import { type Deadline, startDeadline } from '../deadline.ts';
import { fsFailure, refused } from '../fs/failure.ts';
import { countParam, textListParam, textMapParam, textParam } from '../params.ts';
import { textMember } from '../text.ts';
import { type ProviderContext, ProviderError } from '../types.ts';
import { boundOf } from './bounds.ts';
import { findProgram, type Program } from './program.ts';
import { plainRequest, sandboxedRequest } from './request.ts';
import { type RunRequest, type RunResult, runProcess, streamProcess } from './run.ts';
import { setAside } from './set-aside.ts';
import type { Settings } from './settings.ts';
import { environment, holdWorkingDirectory, type WorkingDirectory } from './surroundings.ts';

export async function execProgram(
  action: Action,
  context: ProviderContext,
  settings: Settings,
): Promise<Json> {
  const prepared = prepare(action, context, settings);
  try {
    prepared.leave = await settings.slots.take(prepared.deadline, whoOf(context));
    const request = requestOf(prepared, action, settings);
    const result = await runProcess(request, prepared.deadline);
    const { truncated, ...rest } = report(result, settings);
    return {
      ...rest,
      ...stdoutOf(result),
      truncated: { stdout: result.stdout.truncated, ...truncated },
    };
  } catch (error) {
    throw failureOf(error, prepared.deadline);
  } finally {
    release(prepared);
  }
}

/** The same, its standard output in pieces. */
export async function* execProgramStream(
  action: Action,
  context: ProviderContext,
  settings: Settings,
): AsyncGenerator<Buffer, Json, undefined> {
  const prepared = prepare(action, context, settings);
  try {
    prepared.leave = await settings.slots.take(prepared.deadline, whoOf(context));
    const request = requestOf(prepared, action, settings);
    const wanted = context.wanted ?? (() => true);
    const result = yield* streamProcess(request, prepared.deadline, wanted);
    return report(result, settings);
  } catch (error) {
    throw failureOf(error, prepared.deadline);
  } finally {
    release(prepared);
  }
}

const whoOf = ({ tenant, principal }: ProviderContext): string =>
  JSON.stringify([tenant, principal]);

/** What is open while it runs. */
interface Prepared {
  readonly deadline: Deadline;
  readonly args: readonly string[];
  readonly stdin: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Gives back its place among those that run. */
  leave: (() => void) | undefined;
  program: Program | undefined;
  cwd: WorkingDirectory | undefined;
  /** Where the program must not have put anything. */
  vacant: readonly string[];
}

function prepare({ params }: Action, context: ProviderContext, settings: Settings): Prepared {
  const args = textListParam(params, 'args');
  const stdin = textParam(params, 'stdin');
  const env = environment(textMapParam(params, 'env'), settings);
  const limit = countParam(params, 'timeout_ms', 1, settings.maxTimeout) ?? settings.timeout;
  if (args.some((arg) => arg.includes('\0'))) {
    throw new ProviderError('invalid_params', 'an argument holds no NUL');
  }
  const deadline = startDeadline(context.signal, limit);
  return {
    deadline,
    args,
    stdin,
    env,
    leave: undefined,
    program: undefined,
    cwd: undefined,
    vacant: [],
  };
}

function requestOf(prepared: Prepared, action: Action, settings: Settings): RunRequest {
  const { args, env, stdin } = prepared;
  const program = findProgram(action.resource.value, settings.searchPath, settings.reach);
  prepared.program = program;
  checkRunner(action.resource.value, program, args, settings);
  const cwd = holdWorkingDirectory(textParam(action.params, 'cwd'), settings);
  prepared.cwd = cwd;
  const call = { program, args, cwd, env, stdin };
  const { sandbox } = settings;
  if (sandbox === undefined) return plainRequest(call, settings);
  prepared.vacant = sandbox.vacant();
  return sandboxedRequest(call, sandbox, settings);
}

function release({ deadline, leave, program, cwd, vacant }: Prepared): void {
  setAside(vacant);
  deadline.release();
  leave?.();
  if (program?.fd !== undefined) closeSync(program.fd);
  if (cwd?.fd !== undefined) closeSync(cwd.fd);
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

/** All but its standard output. */
function report(result: RunResult, { sandbox }: Settings) {
  let { exitCode } = result;
  if (sandbox !== undefined) {
    // bubblewrap tells the exit code only of a program that it started.
    const told = /"exit-code":\s*(\d+)/.exec(result.collected)?.[1];
    if (told === undefined && result.signal === null) {
      throw result.stderr.bytes.includes('execvp')
        ? new ProviderError('provider_error', 'the program could not be started in the sandbox')
        : new ProviderError('sandbox_unavailable', 'the sandbox could not be set up for this call');
    }
    if (told !== undefined) exitCode = Number(told);
  }
  const limit = result.reached ?? (sandbox === undefined ? undefined : boundOf(exitCode));
  return {
    exit_code: exitCode,
    signal: result.signal,
    ...(limit === undefined ? {} : { limit }),
    ...textMember('stderr', result.stderr.bytes, result.stderr.truncated),
    truncated: { stderr: result.stderr.truncated },
  };
}

const stdoutOf = ({ stdout }: RunResult): Record<string, string> =>
  textMember('stdout', stdout.bytes, stdout.truncated);

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
