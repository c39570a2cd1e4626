/**
 * Finds the fields in a result that came as text: JSON, YAML or Python's repr, as its label says. What does not parse has no fields,
 * and so no field that the platform vouches for. Bounded in size and depth.
 */
import type { Json } from '@portcullis/wire';
import { parseDocument } from 'yaml';
import { readPythonLiteral } from './python-literal.ts';

export type Format = 'json' | 'yaml' | 'python' | 'lines' | 'text';

/** Longer texts are not taken apart. */
const LONGEST = 1024 * 1024;
const LONGEST_YAML = 256 * 1024;

export interface Shape {
  readonly value: Json;
  /** Text behind it that has no fields: nobody vouches for it. */
  readonly rest: string;
}

export function shapeOf(data: Json, format: Format | undefined): Shape | undefined {
  if (typeof data !== 'string') return whole(data);
  if (format === undefined || format === 'text' || data.length > LONGEST) return undefined;
  return read(data, format);
}

function read(text: string, format: Format): Shape | undefined {
  switch (format) {
    case 'json':
      return whole(readJson(text));
    case 'python':
      return whole(readPythonLiteral(text));
    case 'yaml':
      return text.length > LONGEST_YAML ? undefined : readYaml(text);
    case 'lines':
      return whole(lines(text));
    case 'text':
      return undefined;
  }
}

const whole = (value: Json | undefined): Shape | undefined =>
  value === undefined ? undefined : { value, rest: '' };

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Every scalar as its text: dates and numbers stay as they were written. A list that was cut is read up to its last whole item. */
function readYaml(text: string): Shape | undefined {
  const all = parseYaml(text);
  if (all !== undefined || !text.startsWith('- ')) return whole(all);
  const cut = text.lastIndexOf('\n- ');
  const value = cut < 0 ? undefined : parseYaml(text.slice(0, cut));
  return value === undefined ? undefined : { value, rest: text.slice(cut) };
}

function parseYaml(text: string): Json | undefined {
  try {
    const document = parseDocument(text, {
      schema: 'failsafe',
      stringKeys: true,
      uniqueKeys: false,
      logLevel: 'silent',
    });
    if (document.errors.length > 0) return undefined;
    const value = document.toJS({ maxAliasCount: 0 }) as Json;
    return typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A line of names has no more words than this: what has is prose, and the whole is nobody's list. */
const MOST_WORDS = 10;

/** `Hotels in Paris: A\nB` as [`A`, `B`], with what stands before the colon as a line of its own. */
function lines(text: string): Json {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const clean = line.replace(/^\s*[-*•]\s+/, '').trim();
    if (clean === '') continue;
    const colon = clean.indexOf(': ');
    if (clean.split(/\s+/).length > MOST_WORDS) return text;
    if (colon > 0) found.push(clean.slice(0, colon), clean.slice(colon + 2));
    else found.push(clean);
  }
  return found;
}
