/** What differs between two sets of configured definitions: what a record of the change says. */
import { hash } from 'node:crypto';
import type { CapabilityView } from '@portcullis/wire';
import type { ReadDefinition } from './definition.ts';

/** By id. */
export type Fixed = ReadonlyMap<
  string,
  { readonly read: ReadDefinition; readonly source: CapabilityView['source'] }
>;

export interface CapabilityChange {
  /** Digests over all that code and files define. */
  readonly from: string;
  readonly to: string;
  /** What was added, changed or taken away, by id; the digest is what holds now, null where nothing does. */
  readonly changes: readonly (readonly [id: string, digest: string | null])[];
}

/** Undefined where nothing differs. */
export function changeOf(before: Fixed, after: Fixed): CapabilityChange | undefined {
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changes = ids
    .filter((id) => digestOf(before, id) !== digestOf(after, id))
    .map((id) => [id, digestOf(after, id)] as const);
  if (changes.length === 0) return undefined;
  return { from: digestOfAll(before), to: digestOfAll(after), changes };
}

const digestOf = (fixed: Fixed, id: string): string | null => fixed.get(id)?.read.digest ?? null;

const digestOfAll = (fixed: Fixed): string => {
  const lines = [...fixed].map(([id, { read }]) => `${id} ${read.digest}\n`).sort();
  return hash('sha256', `portcullis/capabilities/v1\0${lines.join('')}`);
};
