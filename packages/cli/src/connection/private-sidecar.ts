/**
 * A sidecar for one command: a child that listens where the data directory says, and ends with the command, even when
 * that is killed, because it watches the pipe between them.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Options, textOption } from '../context.ts';
import { Fault } from '../exit.ts';

export interface Private {
  /** `unix:/path` or `http://127.0.0.1:port` */
  readonly address: string;
  end(): Promise<void>;
}

/** What the child says on stdout, a line each: that it is up or why not, and at the end that others still need it. */
export type Announcement =
  | { readonly ready: string }
  | { readonly lingering: true }
  | { readonly failed: { readonly code: string; readonly message: string } };

const START_MS = 30_000;
const MOST_NOISE = 16_384;

export async function startPrivateSidecar(options: Options): Promise<Private | 'already_running'> {
  const bin = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));
  // Detached, so that an interrupt meant for this command does not end it under the others that found it.
  const child = spawn(process.execPath, [bin, 'serve', '--private', ...passed(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<undefined>((resolve) => child.once('close', () => resolve(undefined)));
  let noise = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    noise = (noise + text).slice(-MOST_NOISE);
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  const next = (): Promise<Announcement | undefined> =>
    Promise.race([
      new Promise<Announcement>((resolve) =>
        lines.once('line', (line) => resolve(JSON.parse(line) as Announcement)),
      ),
      exited,
    ]);
  /** Waits until it is gone, or until it says that others still need it. */
  const end = async (): Promise<void> => {
    child.stdin.end();
    await next();
    lines.close();
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  };

  const said = await within(START_MS, next());
  if (said !== undefined && 'ready' in said) return { address: said.ready, end };
  await end();
  const failed = said !== undefined && 'failed' in said ? said.failed : undefined;
  if (failed?.code === 'already_running') return 'already_running';
  throw new Fault(
    failed?.code ?? 'unavailable',
    failed?.message ?? `the sidecar did not start: ${noise.trim() || 'it said nothing'}`,
  );
}

const passed = (options: Options): string[] =>
  (['config', 'dataDir'] as const).flatMap((name) => {
    const value = textOption(options, name);
    return value === undefined ? [] : [`--${name === 'dataDir' ? 'data-dir' : name}`, value];
  });

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
