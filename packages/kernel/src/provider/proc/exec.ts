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
import { findProgram, type Program } from './program.ts';
import { plainRequest, sandboxedRequest } from './request.ts';
import { type RunResult, runProcess } from './run.ts';
import type { Settings } from './settings.ts';
import { environment, holdWorkingDirectory, type WorkingDirectory } from './surroundings.ts';

export async function execProgram(
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
    const call = { program, args, cwd, env, stdin };
    const { sandbox } = settings;
    const request =
      sandbox === undefined
        ? plainRequest(call, settings)
        : sandboxedRequest(call, sandbox, settings);
    return report(await runProcess(request, deadline), sandbox !== undefined);
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
