/** API keys as the sidecar shows them: read with care, printed aligned. */
import { columns } from '../terminal/columns.ts';
import { moment } from '../terminal/numbers.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface KeyView {
  readonly id: string;
  readonly label: string;
  readonly principal: {
    readonly id: string;
    readonly kind: string;
    readonly roles: readonly string[];
  };
  readonly rights: readonly string[];
  readonly created: string;
  readonly expires?: string;
}

/** The answer that makes a key: the only one with its text. */
export interface MadeKey extends KeyView {
  readonly key: string;
}

export function printKeys(terminal: Terminal, keys: readonly KeyView[]): void {
  const lines = columns(
    {
      columns: [
        { title: 'id' },
        { title: 'label' },
        { title: 'principal' },
        { title: 'kind' },
        { title: 'roles' },
        { title: 'rights', gives: true },
        { title: 'created' },
        { title: 'expires' },
      ],
      rows: keys.map((key) => [
        printable(key.id),
        printable(key.label || '-'),
        printable(key.principal.id),
        printable(key.principal.kind),
        printable(key.principal.roles.join(',') || '-'),
        printable(key.rights.join(',') || '-'),
        printable(moment(key.created)),
        printable(key.expires === undefined ? 'never' : moment(key.expires)),
      ]),
      ...(terminal.interactive ? { head: terminal.colour.dim } : {}),
    },
    terminal.width,
  );
  for (const line of lines) terminal.line(line);
}

/** The secret to stdout, alone, so that it can be piped into a file; what it is for to stderr. */
export function printMadeKey(terminal: Terminal, made: MadeKey): void {
  const { principal, rights, id } = made;
  terminal.note(
    `key ${printable(id)} for ${printable(principal.kind)} ${printable(principal.id)}, rights ${printable(rights.join(', ') || 'none')}`,
  );
  terminal.note('This is the only time that it is shown:');
  terminal.line(printable(made.key));
}
