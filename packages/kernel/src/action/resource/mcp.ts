/** An MCP tool as `server/tool`: case kept, ASCII letters, digits and `_ - . :` only, so that no two names look alike. A tool's name may have parts. */
import type { Refusal } from '../refusal.ts';
import { badResource, type Named, named } from './named.ts';

const LONGEST = 512;
const PART = '[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,127}';
const GRAMMAR = new RegExp(`^${PART}(?:/${PART}){1,8}$`);

export function canonicalTool(raw: string): Named | Refusal {
  if (raw.length > LONGEST || !GRAMMAR.test(raw)) {
    return badResource('an MCP resource is server/tool, in letters, digits and _ - . :');
  }
  return named(raw);
}
