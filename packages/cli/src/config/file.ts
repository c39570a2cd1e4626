/** `portcullis.yaml`: read, checked against the schema, every mistake with its line, its column and the valid keys. */
import { readFileSync, statSync } from 'node:fs';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type * as z from 'zod';
import { UsageError } from '../exit.ts';
import { printable } from '../terminal/printable.ts';
import { FILE_SCHEMA, keysAt, SETTING_KEYS, type SettingKey, settingOf } from './settings.ts';
import { nearest } from './suggest.ts';

const MOST_BYTES = 1_048_576;

export interface FileSettings {
  readonly path: string;
  /** Values by setting, and the line each stands on. */
  readonly values: ReadonlyMap<SettingKey, { readonly value: unknown; readonly line: number }>;
}

/** Throws UsageError with one line per mistake. */
export function readConfigFile(path: string): FileSettings {
  const text = trusted(path);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Of keys that stand twice the rest of the file is looked at as well, below.
    uniqueKeys: false,
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const refuse = (mistakes: readonly string[]): never => {
    throw new UsageError(
      `${path} has ${mistakes.length === 1 ? 'a mistake' : 'mistakes'}`,
      mistakes,
    );
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) refuse(broken.map((e) => `${at(e.pos[0])}  ${printable(e.message)}`));

  const content: unknown = document.contents === null ? {} : plain(document, refuse);
  const parsed = FILE_SCHEMA.safeParse(content);
  const issues = parsed.error?.issues ?? [];
  const wrong = [
    ...repeatedKeys(document).map(
      ({ range, value }) => `${at(range?.[0] ?? 0)}  ${printable(String(value))} stands twice`,
    ),
    ...issues.flatMap((issue) => mistakes(document, issue, at)),
  ];
  if (wrong.length > 0) refuse(wrong);
  const values = new Map<SettingKey, { value: unknown; line: number }>();
  for (const key of SETTING_KEYS) {
    const way = key.split('.');
    const value = way.reduce<unknown>(
      (level, name) => (level as Record<string, unknown> | undefined)?.[name],
      content,
    );
    if (value === undefined) continue;
    values.set(key, { value, line: lines.linePos(keyOffset(document, way)).line });
  }
  return { path, values };
}

/** Keys that their map already has. */
function repeatedKeys(document: Document.Parsed): Scalar[] {
  const repeated: Scalar[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) repeated.push(key);
        seen.add(key.value);
      }
    },
  });
  return repeated;
}

function plain(document: Document, refuse: (mistakes: readonly string[]) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refuse([`1:1  ${printable((error as Error).message)}`]);
  }
}

/** The text, if nobody but its owner can have written it: who writes this file turns the sandbox off. */
function trusted(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new UsageError(`${path} is not a file`);
    if (stat.size > MOST_BYTES) throw new UsageError(`${path} is larger than ${MOST_BYTES} bytes`);
    const me = process.getuid?.();
    if (me !== undefined && stat.uid !== me && stat.uid !== 0) {
      throw new UsageError(`${path} belongs to another user and is not read`);
    }
    if (me !== undefined && (stat.mode & 0o002) !== 0) {
      throw new UsageError(`${path} can be written by everybody and is not read`, [
        `chmod o-w ${path}`,
      ]);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

function mistakes(
  document: Document,
  issue: z.core.$ZodIssue,
  at: (offset: number) => string,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    const valid = membersAt(issue.path) ?? keysAt(issue.path);
    return issue.keys.map((key) => {
      const meant = nearest(key, valid);
      const place = at(keyOffset(document, [...issue.path, key]));
      return `${place}  unknown key ${printable(key)}${meant ? `: did you mean ${meant}?` : ''} (valid here: ${valid.join(', ')})`;
    });
  }
  if (issue.code === 'invalid_union') {
    const typos = issue.errors.flat().filter(({ code }) => code === 'unrecognized_keys');
    if (typos.length > 0)
      return typos.flatMap((typo) =>
        mistakes(document, { ...typo, path: [...issue.path, ...typo.path] }, at),
      );
  }
  const place = at(keyOffset(document, issue.path));
  const key = keyOf(issue.path);
  const name = issue.path.length === 0 ? 'the file' : issue.path.map(String).join('.');
  const expected = key === undefined ? 'a map of settings' : settingOf(key).expects;
  return [`${place}  ${printable(name)}: expected ${expected}`];
}

/** The setting that a path leads to, or into. */
const keyOf = (path: readonly PropertyKey[]): SettingKey | undefined =>
  SETTING_KEYS.find(
    (candidate) => candidate === path.slice(0, candidate.split('.').length).map(String).join('.'),
  );

/** The valid keys within the value of a setting; undefined above. */
function membersAt(path: readonly PropertyKey[]): readonly string[] | undefined {
  const key = keyOf(path);
  return key === undefined ? undefined : settingOf(key).members;
}

/** Where the key at the end of `path` stands; the nearest enclosing place where it does not. */
function keyOffset(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (!isMap(node)) {
      node =
        isNode(node) && 'get' in node
          ? (node as { get(k: unknown, keep: true): unknown }).get(step, true)
          : undefined;
      if (isNode(node)) offset = node.range?.[0] ?? offset;
      continue;
    }
    const pair: Pair | undefined = node.items.find(
      (item) => isNode(item.key) && String(item.key.toJS(document)) === String(step),
    );
    if (pair === undefined) return offset;
    if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
