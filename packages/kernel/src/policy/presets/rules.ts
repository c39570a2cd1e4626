/** Rules that several presets share, as YAML. A restriction on where data came from also holds where nobody can tell: it fails closed. */
import { below } from './text.ts';

export const READS = '[fs.read, fs.list, fs.stat]';
const FILE_WRITES = '[fs.write, fs.append, fs.delete, fs.move]';
const SENDS = '[http.post, http.put, http.patch, http.delete]';

const rule = (text: string): string =>
  `${text.trim()}\n`.replace(/^/gm, '  ').trimEnd().concat('\n');

const deny = (name: string, actions: string, reason: string, remedy: string): string =>
  rule(`- name: ${name}
  effect: deny
  priority: 20
  when: {action: ${actions}}
  reason: ${reason}
  remedy: ${remedy}`);

export const noShell = deny(
  'no-programs',
  'proc.*',
  'no program runs here',
  'Say what the program would tell you; a person can run it.',
);
export const noFileWrites = deny(
  'no-file-writes',
  FILE_WRITES,
  'files are read here and not written',
  'Put what you would write into your answer.',
);
export const noFiles = deny(
  'no-files',
  'fs.*',
  'files are not part of this work',
  'Ask for what you need from the file.',
);
export const noSends = deny(
  'no-sending',
  SENDS,
  'nothing is sent from here',
  'Put what you would send into your answer.',
);
export const noDatabaseWrites = deny(
  'no-database-writes',
  '[sql.exec, sql.mutate]',
  'the database is read here and not changed',
  'Describe the change; a person makes it.',
);
export const noDatabase = deny(
  'no-database',
  'sql.*',
  'databases are not part of this work',
  'Ask for what you need from the database.',
);

export const readBelow = (startDir: string, ...children: readonly string[]): string =>
  rule(`- name: read-files
  effect: permit
  when:
    action: ${READS}
    resource: [${children.map((child) => below(startDir, child)).join(', ')}]
  reason: reading where this work is`);

export const writeBelow = (startDir: string): string =>
  rule(`- name: write-files
  effect: permit
  when:
    action: [fs.write, fs.append]
    resource: ${below(startDir)}
  reason: writing where this work is`);

/** Hooks, workflows and settings of editors run with the rights of whoever uses them next. */
export const noPlantedCode = rule(`- name: no-code-for-others-to-run
  effect: deny
  priority: 10
  when:
    action: ${FILE_WRITES}
    resource:
      ignore_case: true
      glob: ["**/.git/**", "**/.github/**", "**/.vscode/**", "**/.envrc", "**/.*rc", "**/.*profile"]
  reason: it would run with somebody else's rights
  remedy: Describe the change; a person makes it.`);

export const getFromTheWeb = rule(`- name: get-from-the-web
  effect: permit
  when: {action: [http.get, http.head, http.options]}
  reason: the http provider reaches public addresses only`);

export const queryDatabase = rule(`- name: query-databases
  effect: permit
  when: {action: sql.query}
  reason: reading is what a query is for`);

export const changeDatabase = rule(`- name: change-databases
  effect: permit
  priority: 90
  when: {action: [sql.exec, sql.mutate]}
  reason: changing records is this work`);

/** While the session has seen nothing of strangers; afterwards a person is asked. */
export const sendWhileClean = (actions: string): string =>
  rule(`- name: sending-after-strangers-is-held
  effect: require_approval
  priority: 30
  when:
    action: ${actions}
    flow: {tainted: true}
  reason: what strangers wrote may have chosen what is sent
- name: send
  effect: permit
  when:
    action: ${actions}
    flow: {tainted: false}
  reason: sending is this work`);

export const approvedShell = rule(`- name: no-programs-after-strangers
  effect: deny
  priority: 10
  when:
    action: proc.*
    flow: {tainted: true}
  reason: what strangers wrote may have chosen the program
  remedy: Run programs in a session that has read nothing from outside.
- name: programs-are-held
  effect: require_approval
  priority: 50
  when: {action: proc.*}
  reason: a person looks at each program first`);

/** Many refusals are a search for a way around: what could carry data out or change something stops. */
export const afterRefusals = (count: number, actions: string): string =>
  rule(`- name: too-many-refusals
  effect: deny
  priority: 5
  when:
    action: ${actions}
    expr: session.denied >= ${count}
  reason: the session was refused ${count} times
  remedy: Begin a new session, and ask a person what is permitted.`);
