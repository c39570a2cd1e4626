/** `portcullis serve`: the sidecar, until it is told to stop. With --private it serves one command and ends with it. */
import type { Listening } from '@portcullis/sidecar';
import type { PolicyDiagnostic } from '@portcullis/wire';
import type { Settings } from '../../config/settings.ts';
import type { Announcement } from '../../connection/private-sidecar.ts';
import { type Context, has, type Run } from '../../context.ts';
import { EXIT, type ExitCode, Fault, UsageError } from '../../exit.ts';
import { banner } from '../../serve/banner.ts';
import { outliveReaders } from '../../terminal/terminal.ts';

export const run: Run = (context) => {
  outliveReaders();
  return has(context.options, 'private') ? privately(context) : publicly(context);
};

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
      throw friendly(error, configuration.settings);
    });
  banner(terminal, configuration, sidecar);
  await told('SIGINT', 'SIGTERM');
  terminal.note('portcullis: stopping; what is under way is finished first');
  await sidecar.close();
  terminal.note('portcullis: stopped');
  return EXIT.fine;
}

/** How long the connection of the command that is done may take to close. */
const PARTING_MS = 200;
const GLANCE_MS = 50;

/**
 * No port that others could mistake for the real one, no banner: one line of JSON, and an end when stdin ends. Commands that
 * found it meanwhile are served to their end.
 */
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
      logLevel: 'silent',
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
  process.stdin.resume();
  await Promise.race([
    new Promise((resolve) => process.stdin.once('close', resolve).once('end', resolve)),
    told('SIGTERM', 'SIGINT', 'SIGHUP'),
  ]);
  process.stdin.destroy();
  await alone(sidecar, () => say({ lingering: true }));
  await sidecar.close();
  return EXIT.fine;
}

/** Until nobody is connected; `lingering` is called once if that takes longer than a parting does. */
async function alone(sidecar: Listening, lingering: () => void): Promise<void> {
  for (let waited = 0; sidecar.connections() > 0; waited += GLANCE_MS) {
    if (waited === PARTING_MS) lingering();
    await new Promise((resolve) => setTimeout(resolve, GLANCE_MS));
  }
}

const sidecarModules = () =>
  Promise.all([import('@portcullis/sidecar'), import('../../config/sidecar-options.ts')]);

/** The second signal of a kind ends the process at once, as it does by default. */
const told = (...signals: NodeJS.Signals[]): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });

function friendly(error: unknown, settings: Settings): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'already_running') {
    return new Fault(
      'already_running',
      `another process has ${settings.data_dir} open; it answers portcullis status`,
    );
  }
  if (code === 'EADDRINUSE') {
    return new Fault(
      'EADDRINUSE',
      `port ${settings['listen.port']} is taken: choose another with --port, or 0 for any`,
    );
  }
  if (code === 'invalid_policy') {
    return invalidPolicy(error as InvalidPolicy, settings['policy.file'] ?? 'the policy');
  }
  if (code === 'tls_required') {
    return new UsageError((error as Error).message, [
      'say tls.cert and tls.key in portcullis.yaml, or listen on 127.0.0.1',
    ]);
  }
  return error;
}

interface InvalidPolicy extends Error {
  readonly diagnostics?: readonly PolicyDiagnostic[];
}

/** All of its mistakes, as `policy check` names them. */
function invalidPolicy({ diagnostics = [] }: InvalidPolicy, name: string): UsageError {
  const lines = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(
      ({ line, column, path, message: what }) =>
        `${line === undefined ? path : `${line}:${column}`}  ${what}`,
    );
  return new UsageError(`${name} does not load`, lines);
}
