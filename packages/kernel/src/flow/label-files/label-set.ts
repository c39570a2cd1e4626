/** Label files read and made ready: one entry by action. A file that does not load is an error that names the place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { stepsOf } from '../../action/json/pointer.ts';
import { RESOURCE } from '../leaves.ts';
import type { IntentWords } from '../provenance/intent.ts';
import { stems } from '../provenance/intent.ts';
import type { StoredObject } from '../stored/object.ts';
import type { Format } from '../text/shape.ts';
import { BUILT_IN_LABELS } from './builtin-labels.ts';
import {
  type Author,
  type LabelFile,
  labelFileSchema,
  type ObjectLabel,
  type ResultLabel,
  type Role,
  type Sink,
  type ToolLabel,
} from './label-file.ts';

export type LabelOption =
  | { readonly dir: string }
  | { readonly files: readonly string[] }
  | { readonly objects: readonly unknown[] };

interface ArgPath {
  readonly steps: readonly string[];
  readonly role: Role;
}

/** What is known of one action. */
export interface ActionLabels {
  readonly action: string;
  readonly set: string;
  readonly sinks: readonly Sink[];
  readonly args: readonly ArgPath[];
  readonly intent: IntentWords | undefined;
  readonly url: readonly string[] | undefined;
  readonly redeems: ReadonlySet<string> | undefined;
  readonly result: ResultLabels;
  readonly object: StoredObject | undefined;
}

export interface ResultLabels {
  readonly author: Author;
  readonly format: Format | undefined;
  readonly keys: Author;
  readonly fields: ReadonlyMap<string, Author>;
  readonly by: string | undefined;
  /** Undefined: what the provider says. */
  readonly confidentiality: 'public' | 'private' | 'secret' | undefined;
  readonly secret: ReadonlySet<string>;
}

type Actions = ReadonlyMap<string, ActionLabels>;
const NOBODY: Actions = new Map();

export class LabelSet {
  readonly #actions: Actions;
  readonly #builtIn: Actions;
  /** By place: the last names of the arguments that tools keep there. */
  readonly #kept = new Map<string, Set<string>>();

  /** Where an integrator describes tools, what the built-in providers do is described too. */
  constructor(actions: Actions) {
    this.#actions = actions;
    this.#builtIn = actions.size === 0 ? NOBODY : builtIn();
    for (const { object, args } of [...builtIn().values(), ...actions.values()]) {
      if (object?.changes !== true) continue;
      const kept = this.#kept.get(object.in) ?? new Set();
      for (const path of [...args.map((arg) => arg.steps), ...object.key])
        kept.add(path.findLast((step) => step !== '*') ?? '');
      this.#kept.set(object.in, kept);
    }
  }

  /** Whether any tool has labels. */
  get empty(): boolean {
    return this.#actions.size === 0;
  }

  get(action: string): ActionLabels | undefined {
    return this.#actions.get(action) ?? this.#builtIn.get(action);
  }

  /** What it reads and changes of things that stay, whether or not anybody described tools. */
  object(action: string): StoredObject | undefined {
    return this.#actions.get(action)?.object ?? builtIn().get(action)?.object;
  }

  /** A field of this name holds what a tool was given to keep there. */
  keeps(place: string, field: string): boolean {
    return this.#kept.get(place)?.has(field) === true;
  }

  get size(): number {
    return this.#actions.size;
  }
}

let shipped: Actions | undefined;
function builtIn(): Actions {
  shipped ??= compileAll([['the labels of the built-in providers', BUILT_IN_LABELS]], true);
  return shipped;
}

export const NO_LABELS = new LabelSet(NOBODY);

/** Throws an Error that names file and place. Two entries for one action are an error. */
export function loadLabels(option: LabelOption | undefined): LabelSet {
  if (option === undefined) return NO_LABELS;
  return new LabelSet(compileAll(files(option), false));
}

/** `provided`: the provider says how private what comes back is, where a label does not. */
function compileAll(given: Iterable<[string, unknown]>, provided: boolean): Actions {
  const actions = new Map<string, ActionLabels>();
  for (const [place, value] of given) {
    const file = check(place, value);
    for (const [action, tool] of Object.entries(file.tools)) {
      const other = actions.get(action);
      if (other !== undefined)
        throw new Error(`${place}: ${action} has labels already, in the set ${other.set}`);
      actions.set(action, compile(action, file, tool, provided));
    }
  }
  return actions;
}

/** What no action may change: the directory, or the files. */
export function labelPaths(option: LabelOption | undefined): readonly string[] {
  if (option === undefined || 'objects' in option) return [];
  return ('files' in option ? option.files : [option.dir]).map((path) => resolve(path));
}

function* files(option: LabelOption): Generator<[string, unknown]> {
  if ('objects' in option) {
    for (const [i, object] of option.objects.entries()) yield [`labels ${i}`, object];
    return;
  }
  const paths =
    'files' in option
      ? option.files
      : readdirSync(option.dir)
          .filter((name) => /\.(?:ya?ml|json)$/.test(name))
          .sort()
          .map((name) => join(option.dir, name));
  for (const path of paths) yield [path, parse(readFileSync(path, 'utf8'), { uniqueKeys: true })];
}

function check(place: string, value: unknown): LabelFile {
  const read = labelFileSchema.safeParse(value);
  if (read.success) return read.data;
  const told = read.error.issues.map((issue) => {
    const why = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
    return `${pointer(issue)}: ${why ?? issue.message}`;
  });
  throw new Error(`${place}: ${told.join('; ')}`);
}

const pointer = (issue: z.core.$ZodIssue): string => `/${issue.path.map(String).join('/')}`;

function compile(
  action: string,
  file: LabelFile,
  tool: ToolLabel,
  provided: boolean,
): ActionLabels {
  const given: ResultLabel = { ...file.defaults?.result, ...tool.result };
  const fields = new Map(
    Object.entries({ ...file.defaults?.result?.fields, ...tool.result?.fields }),
  );
  return Object.freeze({
    action,
    set: file.set,
    sinks: Object.freeze([tool.sink ?? []].flat()),
    args: Object.freeze(
      Object.entries(tool.args ?? {}).map(([at, role]) => ({ steps: steps(at), role })),
    ),
    intent:
      tool.intent === undefined
        ? undefined
        : { does: stems(tool.intent.does), about: stems(tool.intent.about ?? []) },
    url: tool.url === undefined ? undefined : steps(tool.url),
    redeems: tool.redeems === undefined ? undefined : new Set(tool.redeems),
    result: Object.freeze({
      author: given.author ?? 'free',
      format: given.format,
      keys: given.keys ?? (fields.size > 0 ? 'platform' : (given.author ?? 'free')),
      fields,
      by: given.by,
      confidentiality: given.confidentiality ?? (provided ? undefined : 'private'),
      secret: new Set(given.secret ?? []),
    }),
    object: tool.object === undefined ? undefined : objectOf(tool.object, file.set),
  });
}

function objectOf(given: ObjectLabel, set: string): StoredObject {
  const path = given.path === true;
  const key = [given.key ?? []].flat();
  const does = new Set([given.does].flat());
  const shows = does.has('read') || does.has('list');
  return Object.freeze({
    does,
    changes: [...does].some((one) => one !== 'read' && one !== 'list'),
    shows,
    in: given.in ?? set,
    key: key.map(steps),
    path,
    to: given.to === undefined ? undefined : steps(given.to),
    content: given.content === undefined ? undefined : [given.content].flat().map(steps),
    // A file shows nothing but itself.
    deep: given.in !== 'fs',
  });
}

function steps(text: string): readonly string[] {
  return text === 'resource' ? RESOURCE : stepsOf(text);
}
