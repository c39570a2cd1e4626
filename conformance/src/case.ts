/**
 * Cases as data: read from `cases/*.json`, tables unrolled, generated values made. What comes out is plain steps, the same for every
 * runner and every language; the format is in conformance/README.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '@portcullis/wire';

/** Who a step speaks as, besides `agent` and `admin`. */
export interface Actor {
  principal?: { id?: string; kind?: string; roles?: string[]; attributes?: JsonObject };
  rights?: string[];
  may_assert?: JsonObject;
}

export type FileSpec =
  | string
  | { base64: string }
  | { size: number }
  | { symlink: string }
  | { hardlink: string }
  | { fifo: true }
  | { dir: true };

export interface Setup extends Actor {
  /** A document; `null` is the default policy. */
  policy?: Json;
  /** Below the start directory, `{{dir}}`. */
  files?: Record<string, FileSpec>;
  /** Below a directory beside it, `{{outside}}`. */
  outside?: Record<string, FileSpec>;
  mode?: 'enforce' | 'observe';
  /** RFC 3339; the clock stands still until a step moves it. */
  clock?: string;
  actors?: Record<string, Actor>;
  /** Start the HTTP server that cases may call: `{{http}}` is its host and port. */
  http?: boolean;
  /** Keep the data directory, so that the case can restart the kernel. */
  durable?: boolean;
  sandbox?: 'required' | 'off';
  private_hosts?: string[];
  permit_ttl?: number;
  report_within?: number;
  frame?: { bytes?: number; depth?: number };
  /** As the kernel's options have it. */
  grants?: JsonObject;
  /** As the kernel's options have it. */
  drift?: JsonObject | false;
  /** Label files. */
  labels?: JsonObject[];
}

export interface Expect {
  effect?: string;
  code?: string;
  status?: string;
  error?: string;
  rule?: string;
  frame?: Json;
  http_status?: number;
  throws?: string;
  at?: Record<string, Json>;
  absent?: string[];
  contains?: Record<string, Json>;
  lacks?: string[];
  codes?: Record<string, number>;
}

export interface Step {
  verb: string;
  as?: string;
  request?: Json;
  /** How often, one after another. */
  times?: number;
  /** How often, all at once. */
  at_once?: number;
  expect?: Expect;
  /** Variable name to JSON Pointer into the answer. */
  save?: Record<string, string>;
}

export interface Case {
  name: string;
  why?: string;
  /** What the runner or the machine must have, else the case is skipped, visibly: `http`, `linux`, `sandbox`. */
  needs?: string[];
  setup: Setup;
  steps: Step[];
  /** False where the case spoils the journal itself: the closing checks are then left out. */
  closing?: boolean;
}

type CaseTemplate = Omit<Case, 'setup'> & { setup?: Setup; rows?: JsonObject[] };
interface CaseFile {
  about: string;
  setup?: Setup;
  needs?: string[];
  cases: CaseTemplate[];
}

const FOLDER = join(import.meta.dirname, '..', 'cases');

export function loadCases(folder = FOLDER): Case[] {
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CaseFile;
      return file.cases.flatMap((template) => unroll(name.slice(0, -5), file, template));
    });
  const names = new Set<string>();
  for (const { name } of cases) {
    if (names.has(name)) throw new Error(`two cases are called ${name}`);
    names.add(name);
  }
  return cases;
}

/** One case per row of its table; the members of the row are its variables. */
function unroll(stem: string, file: CaseFile, template: CaseTemplate): Case[] {
  const { rows, ...rest } = template;
  const one = {
    ...rest,
    name: `${stem}/${template.name}`,
    needs: [...(file.needs ?? []), ...(template.needs ?? [])],
    setup: { ...file.setup, ...template.setup },
  };
  if (rows === undefined) return [one as Case];
  return rows.map((row) => {
    const filled = fill(one as unknown as Json, row) as unknown as Case;
    return { ...filled, name: `${stem}/${template.name}: ${row.name}` };
  });
}

/**
 * Puts variables in place of `{{name}}`. A text that is nothing but one variable becomes its value, of whatever type; a member whose value
 * is a variable that the row lacks is left out. Names that nobody defines stay as they are.
 */
export function fill(value: Json, variables: JsonObject): Json {
  if (typeof value === 'string') {
    const whole = /^\{\{(\w+)\}\}$/.exec(value)?.[1];
    if (whole !== undefined && Object.hasOwn(variables, whole)) return variables[whole] as Json;
    return value.replace(/\{\{(\w+)\}\}/g, (all, name: string) =>
      Object.hasOwn(variables, name) ? String(variables[name]) : all,
    );
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (value === null || typeof value !== 'object') return value;
  const filled: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const optional = typeof member === 'string' ? /^\{\{(\w+)\?\}\}$/.exec(member)?.[1] : undefined;
    if (optional !== undefined && !Object.hasOwn(variables, optional)) continue;
    define(
      filled,
      String(fill(key, variables)),
      fill(optional === undefined ? member : `{{${optional}}}`, variables),
    );
  }
  return filled;
}

/** Makes the values that are too large to write down: `{"$repeat": ["ab", 500]}` and `{"$nest": [33, 1]}` (lists in lists). */
export function generate(value: Json): Json {
  if (Array.isArray(value)) return value.map(generate);
  if (value === null || typeof value !== 'object') return value;
  const repeat = value.$repeat;
  if (Array.isArray(repeat)) return String(repeat[0]).repeat(Number(repeat[1]));
  const nest = value.$nest;
  if (Array.isArray(nest)) {
    let nested = nest[1] as Json;
    for (let i = 0; i < Number(nest[0]); i++) nested = [nested];
    return nested;
  }
  const members = value.$members;
  if (Array.isArray(members)) {
    const [count, member] = members as [number, Json];
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, member]));
  }
  const made: JsonObject = {};
  for (const [key, member] of Object.entries(value)) define(made, key, generate(member));
  return made;
}

/** `__proto__` is a key like any other. */
function define(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
