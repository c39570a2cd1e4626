/** Ari Kernel's tool classes and capability classes, as actions of ours. */
import type { JsonObject } from '@portcullis/wire';

export interface ToolCall {
  readonly toolClass: string;
  readonly action: string;
  readonly parameters: JsonObject;
}

interface Family {
  readonly family: string;
  /** The parameter that names the resource; of several the first that is given. */
  readonly resource: readonly string[];
}

export const ACTIONS: ReadonlyMap<string, Family> = new Map([
  ['file', { family: 'fs', resource: ['path'] }],
  ['http', { family: 'http', resource: ['url'] }],
  ['shell', { family: 'proc', resource: ['program', 'executable'] }],
  ['database', { family: 'sql', resource: ['database'] }],
]);

/** Capability class and the action that is asked for. */
export const CLASSES: ReadonlyMap<string, string> = new Map([
  ['http.read', 'http.get'],
  ['http.write', 'http.post'],
  ['shell.exec', 'proc.exec'],
  ['database.read', 'sql.query'],
  ['database.write', 'sql.exec'],
  ['file.read', 'fs.read'],
  ['file.write', 'fs.write'],
]);

/** What a shell would act on, and quotes: a line that has any is for `program` and `args`. */
const FOR_A_SHELL = /[;&|<>()$`\\\n\r*?[\]{}!#~'"]/;

export function toAction({ toolClass, action, parameters }: ToolCall): {
  action: string;
  resource?: string;
  params: JsonObject;
} {
  const known = ACTIONS.get(toolClass);
  const verb = action.toLowerCase();
  const name = `${known?.family ?? toolClass}.${toolClass === 'database' && verb === 'mutate' ? 'exec' : verb}`;
  const params: JsonObject = { ...parameters };
  if (toolClass === 'shell') split(params);
  for (const key of known?.resource ?? ['resource']) {
    const value = params[key];
    if (value === undefined) continue;
    if (typeof value !== 'string') throw new TypeError(`${key} names the resource and is text`);
    delete params[key];
    return { action: name, resource: value, params };
  }
  return { action: name, params };
}

/** A whole line is its words. Beside a program it stays, for the gate to refuse: what is judged is what runs. */
function split(params: JsonObject): void {
  const { command } = params;
  if (command === undefined || params.program !== undefined || params.executable !== undefined)
    return;
  if (typeof command !== 'string' || FOR_A_SHELL.test(command))
    throw new TypeError(
      'command has what only a shell understands, and there is none: give program and args',
    );
  const words = command.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) throw new TypeError('command names no program');
  delete params.command;
  const [program = '', ...args] = words;
  params.program = program;
  if (params.args === undefined) params.args = args;
  else if (args.length > 0) throw new TypeError('command has arguments, and args has too');
}
