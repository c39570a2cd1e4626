/**
 * Runs one process to its end, and everything it started with it: bounded time, bounded output, and its whole process
 * group killed at the deadline and after its own exit. In the sandbox the pid namespace dies too, so nothing stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Deadline } from '../deadline.ts';
import { Gathered } from '../gathered.ts';
import { ProviderError } from '../types.ts';
import { coverInherited } from './descriptors.ts';

export interface RunRequest {
  readonly file: string;
  readonly argv0: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
  /** Further descriptors from 3 on: one to hand down, a text to give, or a pipe to read to its end. */
  readonly extra: readonly (number | { readonly give: string } | 'collect')[];
  /** Bytes kept of each output. */
  readonly cap: number;
}

interface Captured {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

export interface RunResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: Captured;
  readonly stderr: Captured;
  /** What came through the pipe that `collect` made. */
  readonly collected: string;
}

/** A program that keeps writing beyond this many times the cap is stopped. */
const OVERRUN = 64;
/** Milliseconds that pipes may stay open after the exit, where a process escaped its group. */
const LINGER_MS = 500;
const MAX_COLLECTED = 65_536;

export async function runProcess(request: RunRequest, deadline: Deadline): Promise<RunResult> {
  const run = await begin(request);
  const { child, exited, stopped } = run;
  const stdout = capture(child.stdout, request.cap, run.flood);
  try {
    const { code, signal } = await deadline.race(Promise.race([exited, stopped]));
    killGroup(child);
    await Promise.race([run.closed, pause(LINGER_MS)]);
    return resultOf(run, code, signal, stdout());
  } finally {
    finish(child);
  }
}

/**
 * The same, its standard output in pieces, at the pace of who takes them; the result has none of it. Once nobody wants more, the program may go on
 * writing as much as it may beyond the cap else.
 */
export async function* streamProcess(
  request: RunRequest,
  deadline: Deadline,
  wanted: () => boolean,
): AsyncGenerator<Buffer, RunResult, undefined> {
  const run = await begin(request);
  const { child, exited, stopped } = run;
  const out = (child.stdout as Readable)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const gone = new AbortController();
  exited.then(() => {
    killGroup(child);
    gone.abort();
  });
  const halted = new AbortController();
  stopped.catch((error: unknown) => halted.abort(error));
  let unwanted = 0;
  try {
    for (;;) {
      const next = await deadline.race(pieceOf(out, gone.signal, halted.signal));
      if (next?.done !== false) break;
      yield next.value;
      if (wanted()) continue;
      unwanted += next.value.length;
      if (unwanted > request.cap * OVERRUN) run.flood();
    }
    const { code, signal } = await deadline.race(Promise.race([exited, stopped]));
    await Promise.race([run.closed, pause(LINGER_MS)]);
    return resultOf(run, code, signal, { bytes: Buffer.alloc(0), truncated: false });
  } finally {
    finish(child);
  }
}

/** undefined where nothing came for a while after the program was gone: somebody else holds its output open. */
async function pieceOf(
  out: AsyncIterator<Buffer>,
  gone: AbortSignal,
  halted: AbortSignal,
): Promise<IteratorResult<Buffer> | undefined> {
  const next = out.next();
  const cleanup: (() => void)[] = [];
  const over = new Promise<undefined>((resolve, reject) => {
    const on = (signal: AbortSignal, fire: () => void): void => {
      if (signal.aborted) fire();
      signal.addEventListener('abort', fire, { once: true });
      cleanup.push(() => signal.removeEventListener('abort', fire));
    };
    on(halted, () => reject(halted.reason));
    on(gone, () => {
      const timer = setTimeout(() => resolve(undefined), LINGER_MS);
      cleanup.push(() => clearTimeout(timer));
    });
  });
  try {
    return await Promise.race([next, over]);
  } finally {
    for (const clean of cleanup) clean();
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly closed: Promise<void>;
  /** Rejects where it cannot be followed, or does not stop writing. */
  readonly stopped: Promise<never>;
  readonly stderr: () => Captured;
  readonly collected: () => string;
  readonly flood: () => void;
}

async function begin(request: RunRequest): Promise<Running> {
  const child = start(request);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) =>
      reject(child.pid === undefined ? startFailure(error) : midwayFailure(error)),
    );
  });
  failed.catch(() => undefined);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (child.pid === undefined) await failed;
  const overrun = new AbortController();
  const flood = (): void => overrun.abort();
  const flooded = new Promise<never>((_, reject) =>
    overrun.signal.addEventListener('abort', () =>
      reject(
        new ProviderError('output_too_large', 'the program does not stop writing', 'possible'),
      ),
    ),
  );
  flooded.catch(() => undefined);
  const stderr = capture(child.stderr, request.cap, flood);
  const collected = feed(child, request);
  const stopped = Promise.race([flooded, failed]);
  stopped.catch(() => undefined);
  return { child, exited, closed, stopped, stderr, collected, flood };
}

const resultOf = (
  { stderr, collected }: Running,
  exitCode: number | null,
  signal: string | null,
  stdout: Captured,
): RunResult => ({ exitCode, signal, stdout, stderr: stderr(), collected: collected() });

function finish(child: ChildProcess): void {
  killGroup(child);
  for (const stream of child.stdio) stream?.destroy();
}

function start(request: RunRequest): ChildProcess {
  try {
    return spawn(request.file, request.args, {
      argv0: request.argv0,
      cwd: request.cwd,
      env: request.env,
      detached: true,
      windowsHide: true,
      stdio: [
        request.stdin === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...coverInherited(request.extra.map((one) => (typeof one === 'number' ? one : 'pipe'))),
      ],
    });
  } catch (error) {
    throw startFailure(error);
  }
}

function startFailure(error: unknown): ProviderError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why =
    code === 'E2BIG'
      ? 'its arguments and variables are too long'
      : code === 'ENOENT'
        ? 'it, its interpreter or the working directory is not there'
        : 'the operating system refused';
  return new ProviderError(
    'provider_error',
    `the program could not be started: ${why} (${code})`,
    'none',
    error,
  );
}

const midwayFailure = (error: unknown): ProviderError =>
  new ProviderError(
    'provider_error',
    'the program could not be followed to its end',
    'possible',
    error,
  );

function feed(child: ChildProcess, request: RunRequest): () => string {
  let collected = '';
  // Who reads nothing makes writing fail; that is its affair.
  child.stdin?.on('error', () => undefined).end(request.stdin);
  request.extra.forEach((one, index) => {
    const stream = child.stdio[index + 3] as (Readable & Writable) | null | undefined;
    if (typeof one === 'number' || stream === null || stream === undefined) return;
    stream.on('error', () => undefined);
    if (one === 'collect') {
      stream.on('data', (chunk: Buffer) => {
        if (collected.length < MAX_COLLECTED) collected += chunk.toString('utf8');
      });
    } else {
      stream.end(one.give);
    }
  });
  return () => collected;
}

function capture(stream: Readable | null, cap: number, stop: () => void): () => Captured {
  const gathered = new Gathered(cap);
  let total = 0;
  stream
    ?.on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      gathered.add(chunk);
      total += chunk.length;
      if (total > cap * OVERRUN) stop();
    });
  return () => ({ bytes: gathered.bytes, truncated: total > cap });
}

/** The group that only this child leads: it was started with a session of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
