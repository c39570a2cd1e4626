/** Reads a document in any of its formats: one schema, one list of what is wrong, with places where there is a text. */
import type { JsonObject } from '@portcullis/wire';
import { checkDocument } from './check.ts';
import { Diagnostics, type Locate, reportIssues } from './diagnostics.ts';
import { Lines } from './position.ts';
import { documentSchema, type PolicyDocument } from './schema.ts';
import { parseToml } from './toml.ts';
import { jsonLocator, parseYaml } from './yaml.ts';

export type PolicyFormat = 'yaml' | 'json' | 'toml';

/** A document as it comes: a text in a format, or an object. */
export type PolicySource =
  | { readonly text: string; readonly format?: PolicyFormat }
  | { readonly document: JsonObject };

export interface ReadDocument {
  /** Empty, and so denying everything, where the text is empty; undefined where something is wrong. */
  readonly document: PolicyDocument | undefined;
  readonly diagnostics: Diagnostics;
}

/** Longer than ten thousand rules of the common size. */
const LONGEST = 8 * 1024 * 1024;

export function readDocument(source: PolicySource): ReadDocument {
  const { value, into } = 'document' in source ? plainObject(source.document) : parseText(source);
  if (!into.ok) return { document: undefined, diagnostics: into };
  const read = documentSchema.safeParse(value ?? {}, { reportInput: true });
  if (!read.success) {
    reportIssues(read.error.issues, into);
    return { document: undefined, diagnostics: into };
  }
  checkDocument(read.data, into);
  return { document: into.ok ? read.data : undefined, diagnostics: into };
}

interface Read {
  readonly value: unknown;
  readonly into: Diagnostics;
}

function plainObject(document: JsonObject): Read {
  try {
    // A copy: what is judged by is not what somebody still holds. JSON leaves out what is no data.
    return { value: JSON.parse(JSON.stringify(document)), into: new Diagnostics() };
  } catch {
    const into = new Diagnostics();
    into.error('syntax', [], 'the document is not plain data');
    return { value: null, into };
  }
}

function parseText(source: { readonly text: string; readonly format?: PolicyFormat }): Read {
  const { text, format = 'yaml' } = source;
  const diagnose = (locate: Locate) => new Diagnostics(locate);
  if (typeof text !== 'string' || text.length > LONGEST) {
    const into = new Diagnostics();
    into.error('too_large', [], `a policy is a text of at most ${LONGEST} characters`);
    return { value: null, into };
  }
  if (format === 'toml') return parseToml(text, diagnose);
  if (format === 'yaml') return parseYaml(text, diagnose);
  return parseJson(text);
}

/** JSON's own reader decides what is JSON; YAML's tells where things stand and whether a key comes twice. */
function parseJson(text: string): Read {
  if (text.trim() === '') return { value: undefined, into: new Diagnostics() };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const into = new Diagnostics();
    const message = error instanceof Error ? error.message : 'not JSON';
    const offset = /at position (\d+)/.exec(message)?.[1];
    const at = new Lines(text).at(offset === undefined ? text.length : Number(offset));
    into.error('syntax', [], message.replace(/ in JSON at position.*$/s, ''), at);
    return { value: null, into };
  }
  const twice = parseYaml(text, (locate) => new Diagnostics(locate)).into;
  const duplicates = twice.list().filter((found) => found.code === 'duplicate_key');
  const into = new Diagnostics(jsonLocator(text));
  for (const found of duplicates) {
    into.error('duplicate_key', [], found.message, {
      line: found.line ?? 1,
      column: found.column ?? 1,
    });
  }
  return { value, into };
}
