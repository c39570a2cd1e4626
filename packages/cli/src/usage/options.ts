/** Options that several subcommands share, under one name and with one meaning each. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export const json = (command: Command): Command => command.option('--json', 'print JSON');

export const kindOption = (): Option =>
  new Option('--kind <kind>', 'kind of principal')
    .choices(['user', 'agent', 'service', 'scheduler', 'external'])
    .default('agent');

/** The heading of the options that most subcommands share; their help ends with it. */
export const ELSEWHERE = 'Which kernel:';

const elsewhere = (flags: string, about: string): Option =>
  new Option(flags, about).helpGroup(ELSEWHERE);

/** Options of what finds a data directory. */
export const located = (command: Command): Command =>
  command
    .addOption(elsewhere('--config <file>', 'configuration file'))
    .addOption(elsewhere('--data-dir <dir>', 'data directory'));

/** What another system's command calls `--data-dir`: taken, and in no help. */
export const formerly = (command: Command, name: string): Command =>
  command
    .addOption(new Option(`--${name} <dir>`).hideHelp())
    .on(`option:${name}`, (dir: string) => command.setOptionValue('dataDir', dir));

/** Options of what speaks to a sidecar. */
export const sidecar = (command: Command): Command =>
  located(command).addOption(
    elsewhere('--url <url>', 'a running sidecar: https://…, http://127.0.0.1:…, unix:/path'),
  );

/** Options of what speaks to a kernel. */
export const client = (command: Command): Command =>
  sidecar(command).addOption(elsewhere('--local', 'open the journal here, without a sidecar'));

/** Flags over environment over file: the settings that `serve` takes. */
export const hosting = (command: Command): Command =>
  located(command)
    .option('--start-dir <dir>', 'where relative paths start (default: here)')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on (default: 8787)')
    .option('--socket <path>', 'unix socket, or false (default: in the data directory)')
    .option('--policy <file>', 'policy document')
    .option('--preset <name>', 'a policy that comes with Portcullis (default: workspace-read)')
    .option('--mode <mode>', 'enforce or observe (default: enforce)')
    .option('--durability <level>', 'os outlives kill -9, fsync power loss (default: os)')
    .option('--log-level <level>', 'how much goes to stderr (default: warn)');

/** What `submit` and `decide` take. */
export const asking = (command: Command): Command =>
  json(client(command))
    .argument('<action>', 'such as fs.read')
    .argument('[resource]', 'such as notes.txt or https://example.com/')
    .option('--params <json>', 'parameters as JSON; @FILE reads a file, - reads stdin')
    .option('--session <id>', 'session to act in (default: the standing one)')
    .option('--justification <text>', 'why, for the record')
    .option('--idempotency-key <key>', 'run at most once in 24 h for this key and action');

/** How a result is shown, of `submit` and `invoke`. */
export const showing = (command: Command): Command =>
  command
    .addOption(
      new Option('--response-mode <mode>', 'how much of the result is shown').choices([
        'summary',
        'table',
        'handle_only',
        'raw',
      ]),
    )
    .option('--stream', 'print the result piece by piece, as it comes');

export const filters = (command: Command): Command =>
  command
    .option(
      '--status <status...>',
      'permit, modify, require_approval, defer, deny; ok, error, unknown, not_executed, not_reported, pending',
    )
    .option('--action <name>', 'only this action, or those of a pattern: fs.*')
    .option('--principal <id>', 'only this principal')
    .option('--session <id>', 'only this session')
    .option('--since <time>', 'RFC 3339, or how long ago: 2h')
    .option('--until <time>', 'RFC 3339, or how long ago');

export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
