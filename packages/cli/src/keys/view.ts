/** API keys as the sidecar shows them: read with care, printed aligned. */
import { moment } from '../terminal/numbers.ts';
import { safe } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
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
  table(terminal, {
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
    rows: safe(keys).map((key) => [
      key.id,
      key.label || '-',
      key.principal.id,
      key.principal.kind,
      key.principal.roles.join(',') || '-',
      key.rights.join(',') || '-',
      moment(key.created),
      key.expires === undefined ? 'never' : moment(key.expires),
    ]),
  });
}

/** The secret to stdout, alone, so that it can be piped into a file; what it is for to stderr. */
export function printMadeKey(terminal: Terminal, made: MadeKey): void {
  const { principal, rights, id, key } = safe(made);
  terminal.note(
    `key ${id} for ${principal.kind} ${principal.id}, rights ${rights.join(', ') || 'none'}`,
  );
  terminal.note('This is the only time that it is shown:');
  terminal.line(key);
}
