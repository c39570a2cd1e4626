/** `portcullis serve`: the sidecar, until it is told to stop. With --private it serves one command and ends with it. */
import type { Listening } from '@portcullis/sidecar';
import type { Announcement } from '../connection/private-sidecar.ts';
import { type Context, has, type Run } from '../context.ts';
import { EXIT, type ExitCode, Fault } from '../exit.ts';
import { banner } from '../serve/banner.ts';

export const run: Run = (context) =>
  has(context.options, 'private') ? privately(context) : publicly(context);

async function publicly(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const configuration = await context.configuration();
  const [{ createSidecar }, { sidecarOptions }] = await sidecarModules();
  const sidecar = await createSidecar({
    ...sidecarOptions(configuration),
    onMessage: (level, message) => terminal.note(`portcullis: ${level}: ${message}`),
  })
    .listen()
    .catch((error: unknown) => {
      throw friendly(
        error,
        configuration.settings.data_dir ?? '',
        configuration.settings['listen.port'] ?? 0,
      );
    });
  banner(terminal, configuration, sidecar);
  await told('SIGINT', 'SIGTERM');
  terminal.note('portcullis: stopping; what is under way is finished first');
  await sidecar.close();
  terminal.note('portcullis: stopped');
  return EXIT.fine;
}

/** No port that others could mistake for the real one, no banner: one line of JSON, and an end when stdin ends. */
async function privately(context: Context): Promise<ExitCode> {
  const say = (announcement: Announcement): void => context.terminal.jsonLine(announcement);
  let sidecar: Listening;
  try {
    const configuration = await context.configuration();
    const [{ createSidecar }, { sidecarOptions }] = await sidecarModules();
    sidecar = await createSidecar({
      ...sidecarOptions(configuration),
      hostname: '127.0.0.1',
      port: 0,
      onMessage: (level, message) => context.terminal.note(`${level}: ${message}`),
    }).listen();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    say({
      failed: {
        code: typeof code === 'string' ? code : 'kernel_fault',
        message: String(message ?? error),
      },
    });
    return EXIT.fault;
  }
  say({ ready: sidecar.socketPath === undefined ? sidecar.url : `unix:${sidecar.socketPath}` });
  // The command that started it is asked to stop by the same keys; it ends this one when it is done.
  process.on('SIGINT', () => {});
  process.stdin.resume();
  await Promise.race([
    new Promise((resolve) => process.stdin.once('close', resolve).once('end', resolve)),
    told('SIGTERM'),
  ]);
  process.stdin.destroy();
  await sidecar.close();
  return EXIT.fine;
}

const sidecarModules = () =>
  Promise.all([import('@portcullis/sidecar'), import('../config/sidecar-options.ts')]);

/** The second signal of a kind ends the process at once, as it does by default. */
const told = (...signals: NodeJS.Signals[]): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });

function friendly(error: unknown, dataDir: string, port: number): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'already_running') {
    return new Fault(
      'already_running',
      `another process has ${dataDir} open; it answers portcullis status`,
    );
  }
  if (code === 'EADDRINUSE') {
    return new Fault(
      'EADDRINUSE',
      `port ${port} is taken: choose another with --port, or 0 for any`,
    );
  }
  return error;
}
