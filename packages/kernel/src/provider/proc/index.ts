/**
 * The provider `proc`: runs one program without a shell, in a sandbox unless the configuration says `off`. The environment
 * is made, not inherited. Programs that run other programs are refused unless they are named in the configuration.
 */

import type { Label } from '@portcullis/wire';
import { programName } from '../../action/program/program-knowledge.ts';
import type { Action } from '../../action/types.ts';
import { createReach, realPath } from '../fs/reach.ts';
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderOutput,
  type ProviderPiece,
} from '../types.ts';
import { type Bounds, canLimit, DEFAULT_BOUNDS, limitsProcesses } from './bounds.ts';
import { PROC_ACTIONS } from './definitions.ts';
import { execProgram, execProgramStream } from './exec.ts';
import { systemCallFilter } from './filter.ts';
import { SEARCH_PATH } from './program.ts';
import {
  createSandbox,
  probeSandbox,
  type Sandbox,
  type SandboxPolicy,
  type SandboxProbe,
} from './sandbox.ts';
import type { Settings } from './settings.ts';
import { createSlots } from './slots.ts';
import { DEFAULT_ENV } from './surroundings.ts';

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
  /** Programs that run at once; more wait their turn, within their time. Default 32. */
  readonly maxRunning?: number;
  /** What a sandboxed program and all it starts may take. Default: memory 2 GiB, 256 processes, files of 1 GiB, 10 minutes of processor time. */
  readonly bounds?: Partial<Bounds>;
  /** Bytes kept of standard output, and of standard error. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  /** Where bubblewrap is. Default `/usr/bin/bwrap`. */
  readonly bwrap?: string;
}

export const PROC_DEFAULTS = Object.freeze({
  timeout: 30_000,
  maxTimeout: 600_000,
  running: 32,
  outputBytes: 1024 * 1024,
});

export function createProcProvider(options: ProcProviderOptions = {}): Provider {
  const reach = createReach(options.outOfReach ?? []);
  const startDir = realPath(options.startDir ?? process.cwd());
  const off = options.sandbox === 'off';
  const probe = off ? undefined : probeSandbox(options.bwrap);
  const maxTimeout = options.maxTimeout ?? PROC_DEFAULTS.maxTimeout;
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
    slots: createSlots(options.maxRunning ?? PROC_DEFAULTS.running),
    bounds: Object.freeze({ ...DEFAULT_BOUNDS, ...options.bounds }),
    timeout: Math.min(options.timeout ?? PROC_DEFAULTS.timeout, maxTimeout),
    maxTimeout,
    cap: options.maxOutputBytes ?? PROC_DEFAULTS.outputBytes,
  });

  const check = (action: Action, context: ProviderContext): readonly Label[] => {
    if (action.name !== 'proc.exec')
      throw new ProviderError('no_provider', 'proc has no such action');
    if (context.signal.aborted) throw new ProviderError('cancelled', 'the caller went away');
    if (!off && settings.sandbox === undefined) {
      throw new ProviderError('sandbox_unavailable', 'the sandbox that is required is not there');
    }
    // A program's output may hold anything it read, and nobody vouches for it.
    const label = {
      source: 'proc',
      origin: action.resource.value,
      integrity: 'untrusted',
      confidentiality: 'private',
    } as const;
    return [label];
  };

  const execute = async (action: Action, context: ProviderContext): Promise<ProviderOutput> => {
    const labels = check(action, context);
    return { data: await execProgram(action, context, settings), labels };
  };

  /** Standard output in pieces; standard error comes with the rest. */
  async function* executeStream(
    action: Action,
    context: ProviderContext,
  ): AsyncGenerator<ProviderPiece, ProviderOutput, undefined> {
    const labels = check(action, context);
    const pieces = execProgramStream(action, context, settings);
    try {
      for (;;) {
        const next = await pieces.next();
        if (next.done === true) return { data: next.value, labels };
        yield { data: next.value, labels };
      }
    } finally {
      await pieces.return(null);
    }
  }

  return Object.freeze({
    family: 'proc',
    actions: PROC_ACTIONS,
    limits: limitsOf(probe, settings.sandbox, startDir),
    execute,
    executeStream,
  });
}

/** `probe`: of the sandbox, undefined where it is off. */
function limitsOf(
  probe: SandboxProbe | undefined,
  sandbox: Sandbox | undefined,
  startDir: string,
): readonly string[] {
  if (probe === undefined)
    return ['proc: the sandbox is off; programs run with all rights of this process, unbounded'];
  if (sandbox === undefined)
    return [`proc: proc.exec answers sandbox_unavailable: ${probe.reason ?? 'unknown'}`];
  const limits: string[] = [];
  if (!probe.namesHost) limits.push('proc: sandboxed programs are told the name of this machine');
  if (!probe.disablesUserns)
    limits.push('proc: sandboxed programs can make further user namespaces');
  if (!canLimit())
    limits.push(
      'proc: prlimit is not there; what a program takes is measured, and no file bounded',
    );
  if (!sandbox.shows(startDir)) {
    limits.push(
      'proc: the start directory is the home directory or above it, and the sandbox does not show it',
    );
  }
  if (canLimit() && !limitsProcesses())
    limits.push(
      'proc: how many processes a box runs is measured, for the operating system does not limit it here',
    );
  if (systemCallFilter() === undefined)
    limits.push('proc: sandboxed programs may use every system call; this machine has no filter');
  if (process.getuid?.() === 0) {
    limits.push(
      'proc: this process is root, so sandboxed programs own the files of root in what they are shown',
    );
  }
  return limits;
}
