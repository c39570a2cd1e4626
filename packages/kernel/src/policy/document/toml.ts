/**
 * TOML: the value by smol-toml, the places by reading the text once more line by line. A part that stands inside an inline table
 * is found at the line of that table.
 */
import { parse, TomlError } from 'smol-toml';
import { formatPointer } from '../../action/json/pointer.ts';
import type { Diagnostics, Locate, Position } from './diagnostics.ts';
import type { Parsed } from './yaml.ts';

export function parseToml(
  text: string,
  diagnose: (locate: Locate) => Diagnostics,
): Parsed & { into: Diagnostics } {
  const places = readPlaces(text);
  const locate: Locate = (path) => {
    for (let length = path.length; length >= 0; length--) {
      const place = places.get(formatPointer(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return undefined;
  };
  const into = diagnose(locate);
  try {
    return { value: parse(text), locate, into };
  } catch (error) {
    if (error instanceof TomlError) {
      const message = error.message.split('\n')[0] ?? 'not TOML';
      into.error('syntax', [], message, { line: error.line, column: error.column });
    } else {
      into.error('syntax', [], 'not TOML');
    }
    return { value: null, locate, into };
  }
}

// No two parts of a pattern that follow one another take the same character: a hostile line is read once.
const HEADER = /^(\s*)(\[\[?)([^[\]]*)\]\]?\s*(#.*)?$/;
const KEY =
  /^(\s*)((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=/;

/** Pointer to place, for headers and for keys at the start of a line. */
function readPlaces(text: string): Map<string, Position> {
  const places = new Map<string, Position>();
  const counts = new Map<string, number>();
  let table: (string | number)[] = [];
  text.split('\n').forEach((line, index) => {
    const header = HEADER.exec(line);
    if (header !== null) {
      const at = { line: index + 1, column: (header[1] as string).length + 1 };
      table = openTable(keyParts(header[3] as string), header[2] === '[[', counts);
      places.set(formatPointer(table), at);
      return;
    }
    const key = KEY.exec(line);
    if (key === null) return;
    const at = { line: index + 1, column: (key[1] as string).length + 1 };
    const path = [...table, ...keyParts(key[2] as string)];
    const pointer = formatPointer(path);
    if (!places.has(pointer)) places.set(pointer, at);
  });
  return places;
}

/** Arrays of tables are entered at their newest element. */
function openTable(
  parts: readonly string[],
  array: boolean,
  counts: Map<string, number>,
): (string | number)[] {
  const path: (string | number)[] = [];
  parts.forEach((part, index) => {
    path.push(part);
    const pointer = formatPointer(path);
    const count = counts.get(pointer);
    if (array && index === parts.length - 1) {
      counts.set(pointer, (count ?? -1) + 1);
      path.push((count ?? -1) + 1);
    } else if (count !== undefined) {
      path.push(count);
    }
  });
  return path;
}

function keyParts(text: string): string[] {
  const parts = text.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+/g) ?? [];
  return parts.map((part) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    if (!part.startsWith('"')) return part;
    try {
      return String(JSON.parse(part));
    } catch {
      return part.slice(1, -1);
    }
  });
}
