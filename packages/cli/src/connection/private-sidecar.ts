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

/** What the child says on its first line of stdout. */
export type Announcement =
  | { readonly ready: string }
  | { readonly failed: { readonly code: string; readonly message: string } };

const START_MS = 30_000;
const MOST_NOISE = 16_384;

export async function startPrivateSidecar(options: Options): Promise<Private | 'already_running'> {
  const bin = fileURLToPath(new URL('../portcullis.mjs', import.meta.url));
  const child = spawn(process.execPath, [bin, 'serve', '--private', ...passed(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let noise = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    noise = (noise + text).slice(-MOST_NOISE);
  });
  child.stdin.on('error', () => {});
  const end = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };

  const said = await firstLine(child.stdout, exited);
  if (said !== undefined && 'ready' in said) {
    // What it says later is of no use, but it must not fill the pipe, nor keep this process alive.
    child.stdout.resume();
    return { address: said.ready, end };
  }
  await end();
  if (said?.failed.code === 'already_running') return 'already_running';
  throw new Fault(
    said?.failed.code ?? 'unavailable',
    said?.failed.message ?? `the sidecar did not start: ${noise.trim() || 'it said nothing'}`,
  );
}

const passed = (options: Options): string[] =>
  (['config', 'dataDir'] as const).flatMap((name) => {
    const value = textOption(options, name);
    return value === undefined ? [] : [`--${name === 'dataDir' ? 'data-dir' : name}`, value];
  });

async function firstLine(
  stream: NodeJS.ReadableStream,
  exited: Promise<void>,
): Promise<Announcement | undefined> {
  const lines = createInterface({ input: stream });
  const timer = new AbortController();
  try {
    const line = await Promise.race([
      new Promise<string>((resolve) => lines.once('line', resolve)),
      exited.then(() => undefined),
      new Promise<undefined>((resolve) => {
        const wait = setTimeout(() => resolve(undefined), START_MS);
        timer.signal.addEventListener('abort', () => clearTimeout(wait));
      }),
    ]);
    return line === undefined ? undefined : (JSON.parse(line) as Announcement);
  } finally {
    timer.abort();
    lines.close();
  }
}
