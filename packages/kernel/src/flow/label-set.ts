/** Label files read and made ready: one entry by action. A file that does not load is an error that names the place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import type { IntentWords } from './intent.ts';
import { stems } from './intent.ts';
import {
  type Author,
  type LabelFile,
  labelFileSchema,
  type ResultLabel,
  type Role,
  type Sink,
  type ToolLabel,
} from './label-file.ts';
import type { Format } from './shape.ts';

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
}

export interface ResultLabels {
  readonly author: Author;
  readonly format: Format | undefined;
  readonly keys: Author;
  readonly fields: ReadonlyMap<string, Author>;
  readonly by: string | undefined;
  readonly confidentiality: 'public' | 'private' | 'secret';
  readonly secret: ReadonlySet<string>;
}

export class LabelSet {
  readonly #actions: ReadonlyMap<string, ActionLabels>;

  constructor(actions: ReadonlyMap<string, ActionLabels>) {
    this.#actions = actions;
  }

  /** Whether any tool has labels. */
  get empty(): boolean {
    return this.#actions.size === 0;
  }

  get(action: string): ActionLabels | undefined {
    return this.#actions.get(action);
  }

  get size(): number {
    return this.#actions.size;
  }
}

export const NO_LABELS = new LabelSet(new Map());

/** Throws an Error that names file and place. Two entries for one action are an error. */
export function loadLabels(option: LabelOption | undefined): LabelSet {
  if (option === undefined) return NO_LABELS;
  const actions = new Map<string, ActionLabels>();
  for (const [place, file] of files(option)) {
    for (const [action, tool] of Object.entries(file.tools)) {
      const other = actions.get(action);
      if (other !== undefined)
        throw new Error(`${place}: ${action} has labels already, in the set ${other.set}`);
      actions.set(action, compile(action, file, tool));
    }
  }
  return new LabelSet(actions);
}

/** What no action may change: the directory, or the files. */
export function labelPaths(option: LabelOption | undefined): readonly string[] {
  if (option === undefined || 'objects' in option) return [];
  return ('files' in option ? option.files : [option.dir]).map((path) => resolve(path));
}

function* files(option: LabelOption): Generator<[string, LabelFile]> {
  if ('objects' in option) {
    for (const [i, object] of option.objects.entries())
      yield [`labels ${i}`, check(`labels ${i}`, object)];
    return;
  }
  const paths =
    'files' in option
      ? option.files
      : readdirSync(option.dir)
          .filter((name) => /\.(?:ya?ml|json)$/.test(name))
          .sort()
          .map((name) => join(option.dir, name));
  for (const path of paths)
    yield [path, check(path, parse(readFileSync(path, 'utf8'), { uniqueKeys: true }))];
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

function compile(action: string, file: LabelFile, tool: ToolLabel): ActionLabels {
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
      confidentiality: given.confidentiality ?? 'private',
      secret: new Set(given.secret ?? []),
    }),
  });
}

const steps = (text: string): readonly string[] =>
  text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
