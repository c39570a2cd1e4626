/** Files of definitions, YAML or JSON: `{version: 1, capabilities: [...]}`. One reading names every mistake with file, line and column. */
import type { CapabilityDefinition } from '@portcullis/wire';
import { Diagnostics } from '../../policy/document/diagnostics.ts';
import { parseYaml } from '../../policy/document/yaml.ts';
import { readWatched } from '../../store/watched-file.ts';
import { reportDefinition } from './definition.ts';

/** Characters of a file. */
const LONGEST = 8 * 1024 * 1024;

class MistakenFiles extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : '';
    super(`capabilities cannot be read: ${mistakes[0]}${more}`);
    this.mistakes = mistakes;
  }
}

/** Throws an Error whose `mistakes` list what is wrong, one line for each mistake. Two definitions of one id are a mistake. */
export function readCapabilityFiles(paths: readonly string[]): readonly CapabilityDefinition[] {
  const seen = new Map<string, string>();
  const wrong: string[] = [];
  const found = paths.flatMap((path) => {
    const text = textOf(path);
    if (typeof text !== 'string') {
      wrong.push(`${path}:1:1  /: cannot be read: ${text.code}`);
      return [];
    }
    const { definitions, mistakes } = readCapabilityText(text, path, seen);
    wrong.push(...mistakes);
    return definitions;
  });
  if (wrong.length > 0) throw new MistakenFiles(wrong);
  return Object.freeze(found);
}

function textOf(path: string): string | { readonly code: string } {
  try {
    return readWatched(path);
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
}

interface ReadText {
  readonly definitions: readonly CapabilityDefinition[];
  /** `file:line:column  /place: what` */
  readonly mistakes: readonly string[];
}

/** `seen`: ids so far, and where each stands. */
function readCapabilityText(text: string, path: string, seen: Map<string, string>): ReadText {
  if (text.length > LONGEST)
    return { definitions: [], mistakes: [`${path}:1:1  longer than ${LONGEST} characters`] };
  const { value, into, locate } = parseYaml(text, (locate) => new Diagnostics(locate));
  const list = into.ok ? listOf(value, into) : [];
  for (const [index, definition] of list.entries()) {
    const at = ['capabilities', index] as const;
    reportDefinition(definition, into, at);
    const id = (definition as { id?: unknown } | null)?.id;
    if (typeof id !== 'string') continue;
    const before = seen.get(id);
    if (before !== undefined) into.error('conflict', [...at, 'id'], `${id} stands in ${before}`);
    else seen.set(id, `${path}:${locate(at)?.line ?? 1}`);
  }
  const mistakes = into.list().map(({ line = 1, column = 1, path: place, message }) => {
    return `${path}:${line}:${column}  ${place || '/'}: ${message}`;
  });
  return { definitions: list as CapabilityDefinition[], mistakes };
}

function listOf(value: unknown, into: Diagnostics): readonly unknown[] {
  if (value === undefined || value === null) return [];
  const { version, capabilities, ...others } = value as Record<string, unknown>;
  if (typeof value !== 'object' || Array.isArray(value)) {
    into.error('wrong_type', [], 'expected a map of version and capabilities');
    return [];
  }
  for (const key of Object.keys(others))
    into.error('unknown_key', [key], `unknown key "${key}". Valid keys: version, capabilities`);
  if (version !== 1) into.error('bad_value', ['version'], 'expected version 1');
  if (capabilities === undefined || capabilities === null) return [];
  if (Array.isArray(capabilities)) return capabilities;
  into.error('wrong_type', ['capabilities'], 'expected a list of definitions');
  return [];
}
