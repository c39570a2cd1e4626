/** Reads a document in any of its formats: one schema, one list of what is wrong, with places where there is a text. */
import type { JsonObject } from '@portcullis/wire';
import { readJson } from '../../action/json/read.ts';
import { checkDocument } from './check.ts';
import { Diagnostics, type Locate, reportIssues } from './diagnostics.ts';
import { Lines } from './position.ts';
import { documentSchema, type PolicyDocument } from './schema.ts';
import { soundPart } from './sound.ts';
import { parseToml } from './toml.ts';
import { jsonLocator, parseYaml } from './yaml.ts';

export type PolicyFormat = 'yaml' | 'json' | 'toml';

/** A document as it comes: a text in a format, or an object. */
export type PolicySource =
  | { readonly text: string; readonly format?: PolicyFormat }
  | { readonly document: JsonObject };

export interface ReadDocument {
  /** Empty, and so denying everything, where the text is empty; undefined where nothing could be read. Good only where the diagnostics are ok. */
  readonly document: PolicyDocument | undefined;
  /** All of it has the shape of a document; else what is here are its sound parts. */
  readonly whole: boolean;
  readonly diagnostics: Diagnostics;
}

/** Longer than ten thousand rules of the common size. */
const LONGEST = 8 * 1024 * 1024;

export function readDocument(source: PolicySource): ReadDocument {
  const { value, into } = 'document' in source ? plainObject(source.document) : parseText(source);
  if (!into.ok) return { document: undefined, whole: false, diagnostics: into };
  const read = documentSchema.safeParse(value ?? {}, { reportInput: true });
  if (!read.success) reportIssues(read.error.issues, into);
  const document = read.success ? read.data : soundPart(value, read.error.issues);
  checkDocument(document, into);
  return { document, whole: read.success, diagnostics: into };
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

export function parseText(source: { readonly text: string; readonly format?: PolicyFormat }): Read {
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

/** What admission reads a request with, with room for a policy. */
const LIMITS = Object.freeze({
  bytes: 4 * LONGEST,
  depth: 64,
  keys: 2_000_000,
  string: 1_000_000,
  key: 1_024,
});

function parseJson(text: string): Read {
  const into = new Diagnostics(jsonLocator(text));
  if (text.trim() === '') return { value: undefined, into };
  const read = readJson(text, LIMITS);
  if (read.ok) return { value: read.value, into };
  const code = read.code === 'duplicate_key' ? read.code : 'syntax';
  into.error(code, [], read.message, new Lines(text).at(read.offset));
  return { value: null, into };
}
