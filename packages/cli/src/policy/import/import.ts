/** Another system's policy as one of ours, checked as ours are, with every mistake at its place in their text. */
import { checkPolicy, type PolicyFormat, readForeignPolicy } from '@portcullis/kernel';
import type { JsonObject, PolicyDiagnostic } from '@portcullis/wire';
import { agentOs } from './agent-os.ts';
import { kavach } from './kavach.ts';
import type { System } from './system.ts';

const SYSTEMS = Object.freeze({ 'agent-os': agentOs, kavach });

export type SystemName = keyof typeof SYSTEMS;

export interface Imported {
  /** undefined where something has no equal here, or is no policy of theirs. */
  readonly document: JsonObject | undefined;
  readonly diagnostics: readonly PolicyDiagnostic[];
}

export function importPolicy(name: SystemName, text: string, format: PolicyFormat): Imported {
  return translated(SYSTEMS[name] as System<unknown>, text, format);
}

function translated<T>(system: System<T>, text: string, format: PolicyFormat): Imported {
  const { value, diagnostics } = readForeignPolicy(system.schema, { text, format });
  if (value === undefined) return { document: undefined, diagnostics: diagnostics.list() };
  const document: JsonObject = { version: 1, rules: system.translate(value, diagnostics) };
  if (diagnostics.ok) {
    for (const found of checkPolicy(JSON.stringify(document), 'json').diagnostics) {
      const index = /^\/rules\/(\d+)/.exec(found.path)?.[1];
      const place = index === undefined ? [] : [system.rules(value), Number(index)];
      if (found.severity === 'error') diagnostics.error(found.code, place, found.message);
      else diagnostics.warning(found.code, place, found.message);
    }
  }
  return { document: diagnostics.ok ? document : undefined, diagnostics: diagnostics.list() };
}
