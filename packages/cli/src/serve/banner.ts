/** What `serve` says when it is up: where it is, where the keys are, what is permitted, and what to try. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Listening } from '@portcullis/sidecar';
import type { Configuration } from '../config/effective.ts';
import { facts } from '../terminal/facts.ts';
import { counted } from '../terminal/numbers.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function banner(terminal: Terminal, configuration: Configuration, sidecar: Listening): void {
  const { settings } = configuration;
  const { bold, dim, yellow, green } = terminal.colour;
  const status = sidecar.host.status();
  const dataDir = settings.data_dir ?? '';
  const apiKey = join(dataDir, 'api-key');

  terminal.line();
  terminal.line(
    `${bold('portcullis')} ${printable(status.version)} is up${status.frozen ? yellow(', frozen: everything is denied') : ''}`,
  );
  terminal.line();
  facts(terminal, [
    ['http', sidecar.url],
    ['socket', sidecar.socketPath && printable(sidecar.socketPath)],
    [
      'keys',
      `${printable(apiKey)}  ${dim('asks for actions')}${sidecar.firstKeys ? dim(' (made now)') : ''}`,
    ],
    ['', `${printable(join(dataDir, 'admin-key'))}  ${dim('administers')}`],
    [
      'config',
      printable(configuration.file ?? 'none; the defaults hold (portcullis init writes one)'),
    ],
    ['policy', printable(policyWords(configuration))],
    ...policyLines(configuration).map((line) => ['', printable(line)] as const),
    [
      'mode',
      status.mode === 'enforce' ? green('enforce') : yellow('observe: nothing is held back'),
    ],
    ['sandbox', status.sandbox === 'required' ? green('required') : yellow(status.sandbox)],
    ['journal', `${counted(status.journal.seq, 'record')}, durability ${status.durability}`],
    ...status.limits.map((limit) => ['limit', yellow(printable(limit))] as const),
  ]);
  tries(terminal, settings.start_dir ?? '.', sidecar.url, apiKey);
  terminal.line(dim('Ctrl-C stops it.'));
}

function policyWords({ settings }: Configuration): string {
  if (settings['policy.file'] !== undefined) return `${settings['policy.file']} (watched)`;
  if (settings['policy.preset'] !== undefined) return `the preset ${settings['policy.preset']}`;
  if (settings['policy.managed']) return 'managed over HTTP';
  return 'workspace-read, the default:';
}

const policyLines = ({ settings }: Configuration): string[] =>
  settings['policy.file'] !== undefined || settings['policy.managed'] || settings['policy.preset']
    ? []
    : [
        `reading and listing below ${settings.start_dir}, except what looks like a secret,`,
        'and GET of public web addresses; everything else is denied',
      ];

function tries(terminal: Terminal, startDir: string, url: string, apiKey: string): void {
  const { dim } = terminal.colour;
  const json = `-H 'Content-Type: application/json'`;
  const curl = 'curl -s -H "Authorization: Bearer $KEY"';
  const submit = (action: string, resource: string): string =>
    `${curl} ${json} ${url}/v1/submit -d ${printable(shellQuoted(JSON.stringify({ action, resource })))}`;
  terminal.line();
  terminal.line(dim('Try: something permitted, something denied, and why (ID: its decision.id)'));
  terminal.line();
  terminal.line(`  KEY=$(cat ${printable(shellQuoted(apiKey))})`);
  terminal.line(`  ${submit(...something(startDir))}`);
  terminal.line(`  ${submit('fs.read', '/etc/shadow')}`);
  terminal.line(`  ${curl} ${url}/v1/explain/ID`);
  terminal.line();
}

/** A file that is there to be read, else a listing. */
function something(startDir: string): [action: string, resource: string] {
  try {
    const names = readdirSync(startDir);
    const likely = [
      'README.md',
      'package.json',
      ...names.filter((n) => /^[A-Za-z][\w-]*\.(md|txt)$/.test(n)),
    ];
    const found = likely.find(
      (name) => names.includes(name) && statSync(join(startDir, name)).isFile(),
    );
    return found === undefined ? ['fs.list', '.'] : ['fs.read', found];
  } catch {
    return ['fs.list', '.'];
  }
}

/** For a POSIX shell. */
const shellQuoted = (text: string): string =>
  /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
