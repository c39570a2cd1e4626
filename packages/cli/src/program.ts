/** Long because it is one list: every subcommand with its options, in the order of the help. What a subcommand does is loaded when it runs. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Options, Run } from './context.ts';
import { printable, printableLines } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Runs a loaded subcommand with its positional arguments. */
export type Runner = (run: Run, args: string[], options: Options) => Promise<void>;

type Load = () => Promise<{ run: Run }>;

/** How a subcommand is made: below its parent, and with what it loads when it runs. */
interface Commands {
  readonly root: Command;
  readonly add: (
    parent: Command,
    usage: string,
    about: string,
    options?: { hidden?: boolean },
  ) => Command;
  readonly runs: (command: Command, load: Load) => Command;
}

export function program(runner: Runner, terminal: Terminal): Command {
  const root = new Command('portcullis')
    .description('One gate between AI agents and the world.')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.line(text.trimEnd()),
      writeErr: (text) => terminal.note(printableLines(text.trimEnd())),
      outputError: (text, write) =>
        write(
          `portcullis: ${printable(
            text
              .trim()
              .replace(/^error: /, '')
              .replaceAll('\n', ' '),
          )}`,
        ),
    });
  const runs = (command: Command, load: Load): Command =>
    command.action(async (...given: unknown[]) => {
      const positional = given
        .slice(0, -2)
        .flat()
        .filter((arg) => arg !== undefined);
      await runner((await load()).run, positional.map(String), command.optsWithGlobals());
    });

  const add = (
    parent: Command,
    usage: string,
    about: string,
    options: { hidden?: boolean } = {},
  ): Command => {
    const command = parent.command(usage, options).description(about);
    return command.helpCommand(false).exitOverride().configureOutput(root.configureOutput());
  };

  const commands: Commands = { root, add, runs };
  addRunning(commands);
  addActing(commands);
  addLooking(commands);
  addRules(commands);
  addKeys(commands);
  addStopping(commands);
  addRights(commands);
  addPeople(commands);
  addSessions(commands);
  runs(
    json(add(root, 'version', 'The version of this command.')),
    () => import('./commands/version.ts'),
  );
  return root;
}

/** What runs a sidecar, or shows and sets up one. */
function addRunning({ root, add, runs }: Commands): void {
  runs(
    hosting(add(root, 'serve', 'Start the sidecar and stay.')),
    () => import('./commands/serve.ts'),
  ).addOption(new Option('--private').hideHelp());
  runs(
    add(root, 'gates', 'Hold the own-policy gates of one program.', { hidden: true }),
    () => import('./commands/gates.ts'),
  );
  runs(
    add(root, 'demo', 'A story: an agent, a hostile page, a gate and its journal. Twenty seconds.'),
    () => import('./commands/demo.ts'),
  );
  runs(
    json(
      located(
        add(
          root,
          'simulate [scenarios...]',
          'Attacks by name, against a policy: what gets through.',
        ),
      ),
    )
      .option('--policy <file>', 'the configured one where left out')
      .option('--preset <name>', 'a policy that comes with Portcullis')
      .option('--list', 'name the scenarios and run none'),
    () => import('./commands/simulate.ts'),
  );
  runs(
    add(root, 'init', 'Write a commented portcullis.yaml and a policy, after a few questions.')
      .option('--dir <dir>', 'where to write', '.')
      .option(
        '--policy <name>',
        'the worked policy to begin with: restrictive, example or permissive',
      )
      .option('--yes', 'ask nothing and take the defaults')
      .option('--force', 'overwrite files that are there'),
    () => import('./commands/init.ts'),
  );
  runs(
    json(client(add(root, 'status', 'How the kernel is.'))),
    () => import('./commands/status.ts'),
  );
  runs(
    json(
      hosting(
        add(root, 'config', 'The whole effective configuration, and where each value comes from.'),
      ),
    ),
    () => import('./commands/config.ts'),
  );
}

/** What an agent does. */
function addActing({ root, add, runs }: Commands): void {
  runs(
    asking(
      add(root, 'submit', 'Ask for one action, and have it executed if it is permitted.'),
    ).option('--stream', 'the result as it comes, piece by piece'),
    () => import('./commands/submit.ts'),
  );
  runs(
    asking(add(root, 'decide', 'Ask for a decision and a permit; nothing is executed here.'))
      .addOption(
        new Option('--execution <who>', 'host: a permit comes back; none: a pure check').choices([
          'host',
          'none',
        ]),
      )
      .option('--audience <name>', 'who may redeem the permit'),
    () => import('./commands/decide.ts'),
  );
}

/** What is on record. */
function addLooking({ root, add, runs }: Commands): void {
  runs(
    filters(json(client(add(root, 'log', 'One line per action, oldest first.'))))
      .option('--follow', 'stay, and print actions as they are settled')
      .option('--limit <n>', 'the newest n actions that fit', whole(1, 1_000_000), 50),
    () => import('./commands/log.ts'),
  );
  runs(
    json(client(add(root, 'trace [session]', "One session's calls as a tree."))).option(
      '--latest',
      'the session that acted last',
    ),
    () => import('./commands/trace.ts'),
  );
  runs(
    json(
      client(
        add(root, 'explain <id>', 'The story of one action: who, what, why, and what came of it.'),
      ),
    ),
    () => import('./commands/explain.ts'),
  );
  runs(
    json(
      located(
        add(
          root,
          'verify [dir]',
          'Check the whole journal of a data directory, offline, without its keys.',
        ),
      ),
    )
      .option('--key <key>', 'public key of the checkpoints, as PEM file or verifier key')
      .option('--anchor <file>', 'a checkpoint kept elsewhere, which the journal must hold')
      .option('--accept-lost', 'take a tail that was lost, and acknowledged, for no problem')
      .option('--print-key', 'print the public key of the data directory, for auditors')
      .option('--remote', 'ask the running sidecar instead'),
    () => import('./commands/verify.ts'),
  );

  runs(
    json(
      client(
        add(
          root,
          'replay [what...]',
          'Recorded runs through the gate; a data directory against another policy; or one session, step by step.',
        ),
      )
        .option('--labels <dir>', 'for runs: label files, one for each tool set')
        .option('--policy <file>', 'for runs and journals: the policy that decides')
        .option('--out <file>', 'a JSON line for each decision')
        .option('--explain', 'for runs: with rule, code and where arguments came from in each line')
        .option(
          '--workers <count>',
          'for runs: how many at once; all cores where left out',
          whole(1, 256),
        )
        .option('--latest', 'the session that acted last')
        .option('--verbose', 'every guard of every step; every decision that would change'),
    ),
    () => import('./commands/replay.ts'),
  );
}

/** What decides: label files and policies. */
function addRules({ root, add, runs }: Commands): void {
  const labels = add(
    root,
    'labels',
    'Label files: where results come from, what arguments are for.',
  );
  runs(
    add(labels, 'suggest <tools>', 'A draft from a file of tool schemas.')
      .option('--set <name>', 'the tool set, where the file has several')
      .option('--out <dir>', 'write a file for each set; nothing is overwritten'),
    () => import('./commands/labels-suggest.ts'),
  );
  runs(
    add(labels, 'check <paths...>', 'Whether label files load.'),
    () => import('./commands/labels-check.ts'),
  );

  const policy = add(root, 'policy', 'Check, test, explain and import policy documents.');
  runs(
    json(located(add(policy, 'check [file]', 'Every mistake with line and column.'))),
    () => import('./commands/policy-check.ts'),
  );
  runs(
    json(
      located(
        add(
          policy,
          'test [files...]',
          'Run tables of cases (NAME.cases.yaml beside NAME.yaml), with coverage of rules.',
        ),
      ),
    )
      .option('--junit <file>', 'write a JUnit report')
      .option(
        '--min-coverage <percent>',
        'fail below this share of rules that a case reached',
        whole(0, 100),
      ),
    () => import('./commands/policy-test.ts'),
  );
  runs(
    json(
      located(
        add(
          policy,
          'explain [action] [resource]',
          'What a policy would say of an action, rule by rule; without an action, its rules.',
        ),
      ),
    )
      .option('--policy <file>', 'the configured one where left out')
      .option('--params <json>', 'parameters as JSON; @FILE reads a file, - reads stdin')
      .option('--principal <id>', 'who asks', 'local')
      .addOption(kindOption())
      .option('--roles <role...>', 'roles of the principal')
      .option('--on-behalf-of <id>', 'the user behind the agent')
      .option('--now <time>', 'RFC 3339; the present where left out'),
    () => import('./commands/policy-explain.ts'),
  );
  runs(
    json(add(policy, 'import <file>', "Another system's policy as one of ours, on stdout."))
      .addOption(
        new Option('--from <system>', 'whose policy it is')
          .choices(['agent-os', 'kavach'])
          .makeOptionMandatory(),
      )
      .addOption(
        new Option('--format <format>', "by the file's ending where left out").choices([
          'yaml',
          'json',
          'toml',
        ]),
      ),
    () => import('./commands/policy-import.ts'),
  );
}

/** Who may ask. */
function addKeys({ root, add, runs }: Commands): void {
  const keys = add(root, 'keys', 'API keys of the sidecar.');
  runs(
    json(sidecar(add(keys, 'create', 'Make a key; it is shown once.')))
      .requiredOption('--principal <id>', 'who the key is')
      .addOption(kindOption())
      .option('--roles <role...>', 'roles of the principal')
      .option(
        '--rights <right...>',
        'rights of the key: submit, decide, outcomes and explain where left out',
      )
      .option('--label <text>', 'a name for people')
      .option('--expires <time>', 'RFC 3339; never where left out')
      .option('--may-assert-principals <id...>', 'principals it may act as')
      .option('--may-assert-roles <role...>', 'roles it may act with')
      .option('--may-assert-on-behalf-of <id...>', 'users it may act for')
      .option('--may-assert-context <field...>', 'context fields it may state')
      .option('--may-assert-user-turns', "may pass the user's own turns")
      .option(
        '--certificate <file>',
        'a client certificate, PEM: over TLS nobody else is this key',
      ),
    () => import('./commands/keys-create.ts'),
  );
  runs(
    json(sidecar(add(keys, 'list', 'Keys, without their secrets.'))),
    () => import('./commands/keys-list.ts'),
  );
  runs(
    json(sidecar(add(keys, 'rotate <id>', 'A new secret for a key; the old one ends at once.'))),
    () => import('./commands/keys-rotate.ts'),
  );
  runs(
    json(sidecar(add(keys, 'revoke <id>', 'End a key at once.'))),
    () => import('./commands/keys-revoke.ts'),
  );
}

/** What ends or settles something. */
function addStopping({ root, add, runs }: Commands): void {
  runs(
    json(client(add(root, 'freeze', 'Deny everything until it is lifted, across restarts.')))
      .option('--lift', 'let decisions be made again')
      .option('--reason <text>', 'for the journal'),
    () => import('./commands/freeze.ts'),
  );
  runs(
    json(
      client(
        add(
          root,
          'invalidate [target] [id]',
          'End a session, principal or role at once; without arguments, list what is over.',
        ),
      ),
    )
      .option('--lift', 'restore it')
      .option('--reason <text>', 'for the journal'),
    () => import('./commands/invalidate.ts'),
  );
  runs(
    json(client(add(root, 'resolve <id>', 'Settle an action whose outcome nobody knows.')))
      .addOption(new Option('--happened', 'it took effect').conflicts('not'))
      .option('--not', 'it did not take effect'),
    () => import('./commands/resolve.ts'),
  );
}

/** What agents were given, and have left. */
function addRights({ root, add, runs }: Commands): void {
  const grants = add(root, 'grants', 'Grants: what is live, and an end to it.');
  runs(
    json(client(add(grants, 'list', 'Live grants, oldest first.')))
      .option('--principal <id>', 'of one principal')
      .option('--capability <id>', 'for one capability')
      .option('--limit <n>', 'at most this many', whole(1, 1000), 100),
    () => import('./commands/grants-list.ts'),
  );
  runs(
    json(client(add(grants, 'revoke [id]', 'Revoke a grant, with all that was delegated from it.')))
      .option('--principal <id>', 'all grants of one principal')
      .option('--capability <id>', 'all grants for one capability')
      .option('--block <id>', 'every token that holds this block')
      .option('--reason <text>', 'for the journal'),
    () => import('./commands/grants-revoke.ts'),
  );

  runs(
    client(add(root, 'expand <handle>', 'A page of what a handle names, as JSON.'))
      .option('--offset <n>', 'rows to skip', whole(0, 999_999_999))
      .option('--limit <n>', 'rows at most', whole(1, 10_000))
      .option('--fields <name...>', 'only these members')
      .option('--where <member=value...>', 'rows whose member is this text; a JSON value after :='),
    () => import('./commands/expand.ts'),
  );

  runs(
    json(client(add(root, 'budgets', 'What was taken of each budget, and what is left.'))),
    () => import('./commands/budgets.ts'),
  );

  const capabilities = add(root, 'capabilities', 'What agents may ask for.');
  runs(
    json(client(add(capabilities, 'list', 'All of them, and what waits to be approved.'))),
    async () => ({ run: (await import('./commands/capabilities.ts')).list }),
  );
  runs(
    json(client(add(capabilities, 'search <words...>', 'What fits a goal, best first.')))
      .option('--tags <tag...>', 'with all of these tags')
      .option('--limit <n>', 'at most this many', whole(1, 100), 10),
    async () => ({ run: (await import('./commands/capabilities.ts')).search }),
  );
  runs(
    json(client(add(capabilities, 'put <file>', 'Register the definitions of a file.'))),
    async () => ({ run: (await import('./commands/capabilities.ts')).put }),
  );
  runs(
    json(client(add(capabilities, 'approve <id> <digest>', 'Approve a changed definition.'))),
    async () => ({ run: (await import('./commands/capabilities.ts')).approve }),
  );
}

/** What waits for people. */
function addPeople({ root, add, runs }: Commands): void {
  const approvals = add(root, 'approvals', 'Actions that wait for people.');
  runs(
    json(client(add(approvals, 'list', 'What waits, oldest first.')))
      .option(
        '--status <status>',
        'open, approved, denied, expired, withdrawn, used or all',
        'open',
      )
      .option('--limit <n>', 'at most this many', whole(1, 1000), 100),
    () => import('./commands/approvals-list.ts'),
  );
  runs(
    json(client(add(approvals, 'show <id>', 'One of them, as an approver sees it.'))),
    () => import('./commands/approvals-show.ts'),
  );
  runs(
    json(client(add(approvals, 'approve <id...>', 'Approve: all of them or none.')))
      .option('--for <term>', 'once, session, or how long: 2h', 'once')
      .option('--reason <text>', 'for who asked and the journal'),
    async () => ({ run: (await import('./commands/approvals-answer.ts')).approve }),
  );
  runs(
    json(client(add(approvals, 'deny <id...>', 'Deny: all of them or none.'))).option(
      '--reason <text>',
      'for who asked and the journal',
    ),
    async () => ({ run: (await import('./commands/approvals-answer.ts')).deny }),
  );
  runs(
    client(add(approvals, 'review', 'Look at what is open, one after the other, and answer.')),
    async () => ({ run: (await import('./commands/approvals-answer.ts')).review }),
  );
  runs(
    json(client(add(approvals, 'watch', 'Say what begins to wait, until interrupted.'))),
    () => import('./commands/approvals-watch.ts'),
  );
  runs(
    json(client(add(root, 'resume <id>', 'Take a held action up again.'))),
    () => import('./commands/resume.ts'),
  );
}

/** Runs, and what is said of them. */
function addSessions({ root, add, runs }: Commands): void {
  const sessions = add(root, 'sessions', 'Sessions.');
  runs(
    json(client(add(sessions, 'list', 'Sessions that acted last, newest first.'))).option(
      '--limit <n>',
      'at most this many',
      whole(1, 1000),
      20,
    ),
    () => import('./commands/sessions-list.ts'),
  );
  runs(
    json(client(add(sessions, 'show [id]', 'One session.'))),
    () => import('./commands/sessions-show.ts'),
  );
  runs(
    json(
      client(add(sessions, 'endorse <id> <value>', 'Vouch for a value, as if the user typed it.')),
    ).option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('./commands/sessions-vouch.ts')).endorse }),
  );
  runs(
    json(client(add(sessions, 'declassify <id> <value>', 'Call a value public.'))).option(
      '--reason <text>',
      'for the journal',
    ),
    async () => ({ run: (await import('./commands/sessions-vouch.ts')).declassify }),
  );

  runs(
    json(
      client(
        add(sessions, 'quarantine <id>', 'Take freedom from a session, and from all below it.'),
      ),
    )
      .addOption(
        new Option('--level <level>', 'what it may still do').choices([
          'read_only',
          'isolated',
          'frozen',
        ]),
      )
      .option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('./commands/sessions-quarantine.ts')).quarantine }),
  );
  runs(
    json(
      client(add(sessions, 'release <id>', 'End the quarantine of a session that is not yours.')),
    )
      .addOption(
        new Option('--level <level>', 'the milder one that stays').choices([
          'none',
          'read_only',
          'isolated',
        ]),
      )
      .option('--reason <text>', 'for the journal'),
    async () => ({ run: (await import('./commands/sessions-quarantine.ts')).release }),
  );
}

const json = (command: Command): Command => command.option('--json', 'print JSON');

const kindOption = (): Option =>
  new Option('--kind <kind>', 'what the principal is')
    .choices(['user', 'agent', 'service', 'scheduler', 'external'])
    .default('agent');

/** Options of what finds a data directory. */
const located = (command: Command): Command =>
  command
    .option('--config <file>', 'configuration file')
    .option('--data-dir <dir>', 'data directory');

/** Options of what speaks to a sidecar. */
const sidecar = (command: Command): Command =>
  located(command).option(
    '--url <url>',
    'a running sidecar: https://…, http://127.0.0.1:…, unix:/path',
  );

/** Options of what speaks to a kernel. */
const client = (command: Command): Command =>
  sidecar(command).option('--local', 'open the journal here, without a sidecar');

/** Flags over environment over file: the settings that `serve` takes. */
const hosting = (command: Command): Command =>
  located(command)
    .option('--start-dir <dir>', 'where relative paths start')
    .option('--host <host>', 'address to listen on')
    .option('--port <port>', 'port to listen on')
    .option('--socket <path>', 'unix socket to listen on, or false')
    .option('--policy <file>', 'policy document')
    .option('--preset <name>', 'a policy that comes with Portcullis')
    .option('--mode <mode>', 'enforce or observe')
    .option('--durability <level>', 'os or fsync')
    .option('--log-level <level>', 'how much goes to stderr');

/** What `submit` and `decide` take. */
const asking = (command: Command): Command =>
  json(client(command))
    .argument('<action>', 'such as fs.read')
    .argument('[resource]', 'such as notes.txt or https://example.com/')
    .option('--params <json>', 'parameters as JSON; @FILE reads a file, - reads stdin')
    .option('--session <id>', 'session to act in')
    .option('--justification <text>', 'why, for the record')
    .option('--idempotency-key <key>', 'the same key and action execute once in 24 h');

const filters = (command: Command): Command =>
  command
    .option(
      '--status <status...>',
      'permit, modify, require_approval, defer, deny; ok, error, unknown, not_executed, not_reported, pending',
    )
    .option('--action <name>', 'only this action')
    .option('--principal <id>', 'only this principal')
    .option('--session <id>', 'only this session')
    .option('--since <time>', 'RFC 3339, or how long ago: 2h')
    .option('--until <time>', 'RFC 3339, or how long ago');

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
