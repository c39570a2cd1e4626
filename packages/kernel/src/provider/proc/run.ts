/**
 * Runs one process to its end, and everything it started with it: bounded time, bounded output, and its whole process
 * group killed at the deadline and after its own exit. In the sandbox the pid namespace dies too, so nothing stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { CappedBuffer } from '../capped-buffer.ts';
import type { Deadline } from '../deadline.ts';
import { ProviderError } from '../types.ts';
import { type Bound, type Bounds, limit } from './bounds.ts';
import { type Box, boxOf } from './box.ts';
import { coverInherited } from './descriptors.ts';

export interface RunRequest {
  readonly file: string;
  readonly argv0: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
  /**
   * Further descriptors from 3 on: one to hand down, something to give, a pipe to read to its end, or one that holds a box until it is bounded; what
   * is collected begins with its `child-pid` then.
   */
  readonly extra: readonly (number | { readonly give: string | Uint8Array } | 'collect' | 'hold')[];
  /** Of the box that is held. */
  readonly bounds?: Bounds;
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
  /** What its box was ended for. */
  readonly reached: Bound | undefined;
}

/** A program that keeps writing beyond this many times the cap is stopped. */
const OVERRUN = 64;
/** Milliseconds that pipes may stay open after the exit, where a process escaped its group. */
const LINGER_MS = 500;
const MAX_COLLECTED = 65_536;
/** Milliseconds between two looks at what a box takes. */
const LOOK_MS = 50;

export async function runProcess(request: RunRequest, deadline: Deadline): Promise<RunResult> {
  const run = await begin(request);
  const { child, exited, stopped } = run;
  const stdout = capture(child.stdout, request.cap, run.flood);
  try {
    await deadline.race(release(run, request));
    const { code, signal } = await deadline.race(Promise.race([exited, stopped]));
    killAll(run);
    await Promise.race([run.closed, pause(LINGER_MS)]);
    return resultOf(run, code, signal, stdout());
  } finally {
    await finish(run);
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
    killAll(run);
    gone.abort();
  });
  const halted = new AbortController();
  stopped.catch((error: unknown) => halted.abort(error));
  let unwanted = 0;
  try {
    await deadline.race(release(run, request));
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
    await finish(run);
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
  /** Settles when all that `collect` is to begin with has come, or nothing more will. */
  readonly begun: Promise<unknown>;
  /** Once it is known. */
  box: Box | undefined;
  reached: Bound | undefined;
  look: NodeJS.Timeout | undefined;
  /** All that it started was told to end. */
  over: boolean;
}

/** Bounds the box while it is held, lets it go, and watches it. What has none runs as it is. */
async function release(run: Running, { bounds, extra }: RunRequest): Promise<void> {
  if (bounds === undefined) return;
  await Promise.race([run.begun, run.exited, run.stopped]);
  const box = boxOf(Number(CHILD_PID.exec(run.collected())?.[1]));
  // It could not be set up: how it ended tells more.
  if (box === undefined) return;
  run.box = box;
  await limit(box.pid, bounds);
  // Its time may have ended meanwhile, and nobody would look away again.
  if (run.over) return killAll(run);
  run.look = setInterval(() => {
    run.reached ??= box.reached(bounds);
    if (run.reached !== undefined) box.kill();
  }, LOOK_MS);
  (run.child.stdio[extra.indexOf('hold') + 3] as Writable).end('.');
}

const CHILD_PID = /"child-pid":\s*(\d+)[\s,}]/;

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
  const { collected, begun } = feed(child, request);
  const stopped = Promise.race([flooded, failed]);
  stopped.catch(() => undefined);
  const unknown = { box: undefined, reached: undefined, look: undefined, over: false };
  return { child, exited, closed, stopped, stderr, collected, flood, begun, ...unknown };
}

const resultOf = (
  { stderr, collected, reached }: Running,
  exitCode: number | null,
  signal: string | null,
  stdout: Captured,
): RunResult => ({
  exitCode,
  signal,
  stdout,
  stderr: stderr(),
  collected: collected(),
  reached,
});

/** What ran in a box has ended when this is: whatever it wrote is written. */
async function finish(run: Running): Promise<void> {
  killAll(run);
  for (const stream of run.child.stdio) stream?.destroy();
  const until = performance.now() + LINGER_MS;
  while (run.box?.isThere() && performance.now() < until) await pause(1);
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

function feed(child: ChildProcess, request: RunRequest) {
  let collected = '';
  const begun = Promise.withResolvers<void>();
  // Who reads nothing makes writing fail; that is its affair.
  child.stdin?.on('error', () => undefined).end(request.stdin);
  request.extra.forEach((one, index) => {
    const stream = child.stdio[index + 3] as (Readable & Writable) | null | undefined;
    if (typeof one === 'number' || stream === null || stream === undefined) return;
    stream.on('error', () => undefined);
    if (one === 'collect') {
      stream.on('data', (chunk: Buffer) => {
        if (collected.length < MAX_COLLECTED) collected += chunk.toString('utf8');
        if (CHILD_PID.test(collected)) begun.resolve();
      });
    } else if (one !== 'hold') {
      stream.end(one.give);
    }
  });
  return { collected: () => collected, begun: begun.promise };
}

function capture(stream: Readable | null, cap: number, stop: () => void): () => Captured {
  const gathered = new CappedBuffer(cap);
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

/**
 * The box, by its first process: it is to die with its parent, but may have been killed before it asked for that, or talked out of it by what runs
 * in it. Then the group that only this child leads: it was started with a session of its own.
 */
function killAll(run: Running): void {
  const { child, box, look } = run;
  run.over = true;
  clearInterval(look);
  box?.kill();
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
